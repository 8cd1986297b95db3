//! Black box: the real binary, against the sandbox over HTTP. One binary, so that it links once.

#![allow(unreachable_pub, reason = "nothing uses a test binary from outside")]

mod all_kinds;
mod compare;
mod documents;
#[cfg(debug_assertions)]
mod estate;
#[cfg(debug_assertions)]
mod faults;
mod samples;
mod schemas;
mod support;
#[cfg(debug_assertions)]
mod throttling;

mod validate;
mod whole_way;
