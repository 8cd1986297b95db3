//! Black box: the real binary, against the sandbox over HTTP. One binary, so that it links once.

#![allow(unreachable_pub, reason = "nothing uses a test binary from outside")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod all_kinds;
mod command_line;
mod compare;
mod doctor;
mod documents;
mod explain;
mod permissions;
mod readme;
mod samples;
mod schemas;
mod sign_in;
mod support;

mod bad_input;
mod overlay;
mod validate;
mod whole_way;
mod workflows;
