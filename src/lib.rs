//! Moorline keeps a Microsoft tenant's device settings where Git says they are.
//!
//! YAML manifests become [`manifest::Desired`], Microsoft Graph becomes [`tenant::Live`], the two become a
//! [`plan::Plan`], and a plan becomes an [`apply::Outcome`] or a [`drift::DriftReport`]. Data flows one way
//! and no later step reaches back:
//!
//! ```text
//! YAML ──manifest──▶ Desired ─┐
//!                             ├─plan──▶ Plan ──apply──▶ Outcome ──report──▶ text, JSON, Markdown
//! Graph ──tenant──▶ Live ─────┘           └────drift──▶ DriftReport ┘
//! ```
//!
//! The table lists the floors, the top one first. A floor imports from the floors below it and from no other, and no
//! circle of files goes through two folders; a test reads the table and holds the sources to it.
//!
//! | module | what it is responsible for |
//! |---|---|
//! | [`cli`] | arguments, and the calls into all of the below; one file a command |
//! | [`report`] | results as documents, one writer a format |
//! | [`notify`] | telling people what drifted since they were told last: what moved, and the payloads of channels |
//! | [`recovery`] | journals of earlier runs: settling what a crashed run had under way, and taking a run back |
//! | [`apply`] | carrying out a plan: preconditions, one change at a time, reading back |
//! | [`as_built`] | the record of a tenant: every live object as it is, for an auditor |
//! | [`drift`] | a plan read the other way round |
//! | [`import`] | live objects to manifests: what is declared of them, where, and with which names |
//! | [`reconcile`] | reading and planning in turn, until nothing that the plan depends on is missing |
//! | [`journal`] | the journal of a run: what it was about to write, what became of it, and the file that keeps it |
//! | [`diagnose`] | why something failed and what a run needs: the error catalogue, permissions, the doctor |
//! | [`plan`] | comparing by type, merging, requests, risks, digests |
//! | [`scaffold`] | files for a person to go on with: the folder of a new tenant, skeletons of manifests |
//! | [`tenant`] | live state: reading it, finding objects, resolving names, counting whom they reach |
//! | [`manifest`] | files to desired state: discovery, overlays, value references, checks |
//! | [`kinds`] | what is reconciled: one file a family, with its path, verbs and permissions |
//! | [`graph`] | Microsoft Graph: requests as values, limits, paging, `$batch`, its errors |
//! | [`auth`] | where tokens come from |
//! | [`forge`] | pull requests and issues at GitHub, GitLab and Azure DevOps: the one comment, the one issue of a tenant |
//! | [`http`] | what Graph and the sign-in service share: clouds, verbs, sending once, the retry policy |
//! | [`ui`] | the only writer to stdout and stderr |
//! | [`secrets`] | the secrets that a run knows, kept out of whatever it writes |
//! | [`error`] | the one error that reaches `main`; its kind alone decides the exit code |
//! | [`values`] | values by type: canonical form, digests, the form of assignment targets, masked values |
//! | [`schema`] | the type system: CSDL to JSON Schema to types, merged with curated facts |
//! | [`definitions`] | the optional catalogue of setting definitions: its file, lookups, checks of settings |
//! | [`settings_catalog`] | settings catalog policies: settings by definition id, in place of Graph's list |
//! | [`yaml`] | text to trees that know their places, and back: writing, editing in place, layout; nothing else names the YAML crate |
//! | [`diagnostic`] | findings about what the user wrote, as data, with a writer for each format |
//! | [`text`] | text for people: made harmless for a terminal, and coloured |
//! | [`clock`] | all waiting and all time |
//! | [`disk`] | files: read within a limit, and replaced as a whole |
//!
//! Beside the floors stands [`sandbox`], an emulator of the Graph subset that is used. It imports [`schema::types`] alone,
//! and no curated fact, so that it shares no mistake with the client; only [`cli`] starts it.
//!
//! The library never prints and never exits; [`ui`] and [`cli`] do it for the program.

pub mod apply;
pub mod as_built;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod definitions;
pub mod diagnose;
pub mod diagnostic;
pub mod disk;
pub mod drift;
pub mod error;
pub mod forge;
pub mod graph;
pub mod http;
pub mod import;
pub mod journal;
pub mod kinds;
pub mod manifest;
pub mod notify;
pub mod plan;
pub mod reconcile;
pub mod recovery;
pub mod report;
pub mod sandbox;
pub mod scaffold;
pub mod schema;
pub mod secrets;
pub mod settings_catalog;
pub mod tenant;
pub mod text;
pub mod ui;
pub mod values;
pub mod yaml;
