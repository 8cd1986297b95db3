//! Files to desired state.
pub mod value;
