//! The type system: CSDL documents become JSON Schema, JSON Schema becomes types, and curated facts
//! complete them.

mod cache;
pub mod constraints;
pub mod csdl;
pub mod defaults;
pub mod editor;
mod form;
pub mod generate;
pub mod model;
pub mod placeholder;
pub mod reference;
pub mod semantics;
#[cfg(test)]
pub(crate) mod testing;
pub mod types;
pub mod validate;
pub mod walk;
