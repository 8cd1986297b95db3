//! Black box: the real binary, against the sandbox over HTTP. One binary, so that it links once.

#![allow(unreachable_pub, reason = "nothing uses a test binary from outside")]

mod all_kinds;
mod compare;
mod doctor;
mod documents;
mod explain;
mod permissions;
mod samples;
mod schemas;
mod support;

mod validate;
mod whole_way;
