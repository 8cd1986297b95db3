//! The progress of an apply.

use jiff::Timestamp;

use super::outcome::Item;
use crate::plan::Change;

/// Receives the progress of an apply.
pub trait Observer: Sync {
    /// A change waits for the approval with this code; `expires` is when the request expires, where it says so.
    fn awaits(&self, _change: &Change, _code: &str, _expires: Option<Timestamp>) {}
    /// A change has its result. Called once for each item of the outcome.
    fn finished(&self, item: &Item);
}
