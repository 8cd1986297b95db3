//! The wire.
pub mod request;
