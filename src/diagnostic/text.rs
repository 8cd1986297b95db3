//! rustc-like text.
