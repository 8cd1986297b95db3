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
//! | module | what it is responsible for |
//! |---|---|
//! | [`yaml`] | text to trees that know their places; nothing else names the YAML crate |
//! | [`diagnostic`] | findings about what the user wrote, as data, with a writer for each format |
//! | [`schema`] | the type system: CSDL to JSON Schema to types, merged with curated facts |
//! | [`kinds`] | what is reconciled: one file a family, with its path, verbs and permissions |
//! | [`manifest`] | files to desired state: discovery, overlays, value references, checks |
//! | [`auth`] | where tokens come from |
//! | [`graph`] | the wire: clouds, requests as values, retries, limits, paging, `$batch`, errors |
//! | [`tenant`] | live state: reading it, finding objects, resolving names, counting whom they reach |
//! | [`plan`] | comparing by type, merging, requests, risks, digests |
//! | [`journal`] | the journal of a run: what it was about to write, what became of it, and the file that keeps it |
//! | [`apply`] | carrying out a plan: preconditions, one change at a time, reading back |
//! | [`recovery`] | journals of earlier runs: settling what a crashed run had under way, and taking a run back |
//! | [`drift`] | a plan read the other way round |
//! | [`diagnose`] | why something failed and what a run needs: the error catalogue, permissions, the doctor |
//! | [`secrets`] | the secrets that a run knows, kept out of whatever it writes |
//! | [`report`] | results as documents, one writer a format |
//! | [`sandbox`] | an emulator of the Graph subset that is used; it shares with the rest what the type documents say, and no curated fact |
//! | [`ui`] | the only writer to stdout and stderr |
//! | [`cli`] | arguments, and the calls into all of the above; one file a command |
//! | [`error`] | the one error that reaches `main`; its kind alone decides the exit code |
//! | [`clock`] | all waiting and all time |
//!
//! The library never prints and never exits; [`ui`] and [`cli`] do it for the program.

pub mod apply;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod diagnose;
pub mod diagnostic;
pub mod drift;
pub mod error;
pub mod graph;
pub mod journal;
pub mod kinds;
pub mod manifest;
pub mod plan;
pub mod reconcile;
pub mod recovery;
pub mod report;
pub mod sandbox;
pub mod schema;
pub mod secrets;
pub mod tenant;
pub mod ui;
pub mod values;
pub mod yaml;
