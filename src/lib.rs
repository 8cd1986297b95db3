//! Moorline keeps a Microsoft tenant's device settings where Git says they are.

pub mod apply;
pub mod auth;
pub mod clock;
pub mod diagnostic;
pub mod drift;
pub mod error;
pub mod graph;
pub mod kinds;
pub mod manifest;
pub mod plan;
pub mod report;
pub mod sandbox;
pub mod schema;
pub mod tenant;
pub mod ui;
pub mod yaml;
