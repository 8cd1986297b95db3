//! Moorline keeps a Microsoft tenant's device settings where Git says they are.

pub mod diagnostic;
pub mod error;
pub mod graph;
pub mod manifest;
pub mod sandbox;
pub mod schema;
pub mod yaml;
