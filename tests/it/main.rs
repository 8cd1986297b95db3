//! Black box: the real binary, against the sandbox over HTTP. One binary, so that it links once.

#![allow(unreachable_pub, reason = "nothing uses a test binary from outside")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod added_collection;
#[cfg(debug_assertions)]
mod added_secret;
mod all_kinds;
mod approvals;
mod at_once;
mod ci_commands;
mod command_line;
mod compare;
mod compliance;
#[cfg(debug_assertions)]
mod crash;
mod doctor;
mod documents;
mod echoes;
#[cfg(debug_assertions)]
mod estate;
mod explain;
#[cfg(debug_assertions)]
mod faults;
mod floors;
mod intunecd;
mod ownership;
mod permissions;
mod previous;
mod reach;
#[cfg(debug_assertions)]
mod reading;
mod readme;
mod references;
#[cfg(debug_assertions)]
mod resume;
mod rollback;
mod samples;
mod saved_plan;
mod schemas;
mod served;
mod sign_in;
mod support;
#[cfg(debug_assertions)]
mod throttling;
#[cfg(debug_assertions)]
mod together;

mod bad_input;
mod ignored;
mod journal;
mod masked;
mod names;
mod overlay;
mod unverifiable;
mod validate;
mod variables;
mod whole_way;
mod words;
mod workflows;
mod written_before;
