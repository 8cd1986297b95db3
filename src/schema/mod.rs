//! The type system: CSDL documents become JSON Schema, JSON Schema becomes types, and curated
//! semantics complete them.

pub mod csdl;
pub mod generate;
pub mod types;
