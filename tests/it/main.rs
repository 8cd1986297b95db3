//! Black box: the real binary, against the sandbox over HTTP. One binary, so that it links once.

mod all_kinds;
mod documents;
mod samples;
mod schemas;
mod support;

mod validate;
