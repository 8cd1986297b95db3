//! What an object and a place are called.

use crate::diagnostic::Location;
use crate::manifest::Address;
use crate::text::sanitize;

/// Returns a place as `file:line`.
pub(in crate::report) fn place(location: &Location) -> String {
    sanitize::line(&location.to_string()).into_owned()
}

/// Returns an address.
pub(in crate::report) fn address(address: &Address) -> String {
    sanitize::line(&address.to_string()).into_owned()
}

/// Returns a display name in quotes, none where there is none.
pub(in crate::report) fn display_name(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| format!("\"{}\"", sanitize::line(name)))
}
