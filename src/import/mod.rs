//! Live objects to manifests.

pub mod foreign;
