//! Explains errors, determines the permissions that a run needs, and examines set-ups.
//!
//! The knowledge is data: `schemas/errors.yaml` and `schemas/permissions.yaml`. Nothing here writes to a tenant.

pub mod catalogue;
pub mod doctor;
pub mod evidence;
pub mod explanation;
pub mod failure;
pub mod needs;
pub mod paste;
pub mod permissions;
pub mod setup;
pub mod symptom;

pub use catalogue::{Catalogue, CatalogueEntry, Lack};
pub use explanation::{ExplainDocument, Explanation};
