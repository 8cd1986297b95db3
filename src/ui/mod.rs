//! The only writer: results to stdout, everything else to stderr.

pub mod sanitize;
pub mod style;
