//! Why something failed, and what a run needs: errors in plain words, permissions, and the examination of a
//! set-up.
//!
//! The knowledge is data: `schemas/errors.yaml` and `schemas/permissions.yaml`. The code matches what was
//! met against it. Nothing here writes to a tenant.

pub mod catalogue;
pub mod doctor;
pub mod evidence;
pub mod explanation;
pub mod failure;
pub mod needs;
pub mod paste;
pub mod permissions;
pub mod symptom;

pub use catalogue::{Catalogue, CatalogueEntry, Lack};
pub use explanation::{ExplainDocument, Explanation};
