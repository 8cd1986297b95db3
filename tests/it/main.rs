//! Black box: the real binary, against the sandbox over HTTP. One binary, so that it links once.
//!
//! A folder has the tests of one part of the product: `house` those of the sources themselves, `families` the life of an
//! object of each family. The modules beside the folders are what tests share.

#![allow(unreachable_pub, reason = "nothing uses a test binary from outside")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

#[cfg(debug_assertions)]
mod estate;
mod foreign;
/// The task of developers that the workflow of releases runs.
#[path = "../../xtask/src/packages.rs"]
mod packages;
mod samples;
mod served;
mod support;

mod accepted;

mod adopt {
    mod bases;
    mod every_kind;
    mod in_place;
}

mod apply {
    mod approvals;
    mod at_once;
    mod echoes;
    #[cfg(debug_assertions)]
    mod faults;
    mod ignored;
    mod lost_updates;
    #[cfg(debug_assertions)]
    mod throttling;
    mod whole_way;
}

mod auth {
    mod permissions;
    pub mod sign_in;
}

mod cli {
    mod catalog;
    mod ci_commands;
    mod command_line;
    #[cfg(unix)]
    mod completions;
    mod doctor;
    mod explain;
    mod first_hour;
    mod fmt;
    mod kinds;
    mod man;
    mod new;
    mod render;
    mod reports;
}

mod documents {
    mod readme;
    mod schemas;
}

mod drift {
    mod attribution;
    mod previous;
    mod rules;
}

mod families {
    mod added_collection;
    #[cfg(debug_assertions)]
    mod added_secret;
    mod all_kinds;
    mod compliance;
    mod create_defaults;
    mod known_settings;
    mod published_bodies;
    mod reusable_settings;
    mod settings_catalog;
}

mod formats;

mod forge {
    mod comment;
    mod telling;
}

mod house {
    pub mod floors;
    mod names;
    mod words;
}

mod import;

mod journal {
    #[cfg(debug_assertions)]
    mod crash;
    mod entries;
    #[cfg(debug_assertions)]
    mod resume;
    mod rollback;
    mod written_before;
}

#[cfg(target_os = "linux")]
mod limits {
    mod answers;
    mod files;
    mod measured;
    mod waits;
}

mod page {
    mod browser;
    mod documents;
    mod drift;
    mod pages;
}

#[cfg(unix)]
mod pipelines {
    mod azure;
    mod documents;
    mod github;
    mod installer;
    mod set_up;
    mod written;
}

mod plan {
    mod compare;
    mod derived_credentials;
    mod filter_platform;
    mod guards;
    mod lifecycle;
    mod like;
    mod masked;
    mod overlay;
    mod ownership;
    mod payload_secrets;
    mod previous;
    mod reach;
    #[cfg(debug_assertions)]
    mod reading;
    mod references;
    mod saved_plan;
    mod secret_is_set;
    mod unread;
    mod unverifiable;
    mod warnings;
}

mod release {
    #[cfg(unix)]
    mod archive;
    mod packages;
    #[cfg(target_os = "linux")]
    mod system;
    #[cfg(unix)]
    mod workflow;
}

mod sandbox {
    mod intunecd;
    mod practice;
    #[cfg(debug_assertions)]
    mod together;
}

mod validate {
    mod bad_input;
    mod command;
    mod remedies;
    mod variables;
}
