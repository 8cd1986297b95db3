//! The tenant's live state: reading it, and finding which object a manifest means.

pub mod names;
