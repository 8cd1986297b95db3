//! Black box: the real binary, against the sandbox over HTTP. One binary, so that it links once.

mod support;

mod bad_input;
mod overlay;
mod validate;
