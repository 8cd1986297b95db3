//! Who is told how an apply goes on.

use jiff::Timestamp;

use super::outcome::Item;
use crate::plan::Change;

/// Watches an apply.
pub trait Observer: Sync {
    /// A change is about to be written.
    fn started(&self, change: &Change);
    /// A change waits for an approval, under this code; the request for it may say when it expires.
    fn awaits(&self, _change: &Change, _code: &str, _expires: Option<Timestamp>) {}
    /// It is known what became of a change. Called once for each item of the outcome.
    fn finished(&self, item: &Item);
}
