//! Names that do not resolve to an id.

use super::Blocked;
use crate::diagnostic::Location;
use crate::tenant::names::{Named, Unresolved};

/// Returns the help that suggests a similar name, where there is one.
pub(super) fn did_you_mean(near: &Option<String>) -> Option<String> {
    near.as_ref().map(|near| format!("did you mean `{near}`?"))
}

/// Returns the complaint about a name that does not resolve to an id.
pub(super) fn unresolved(
    named: Named,
    text: &str,
    why: &Unresolved,
    location: Option<Location>,
) -> Blocked {
    let (named, words) = named.slug_and_words();
    let (slug, message, help) = match why {
        Unresolved::Unknown { near } => (
            "unknown",
            format!("there is no {words} `{text}`"),
            did_you_mean(near).unwrap_or_else(|| {
                format!("create it, or correct the name; an id works too where the {words} has one")
            }),
        ),
        Unresolved::Ambiguous { ids } => (
            "ambiguous",
            format!("{} {words}s are called `{text}`: {}", ids.len(), ids.join(", ")),
            "write the id of the one that you mean".to_owned(),
        ),
        Unresolved::Unreadable { why } => (
            "unreadable",
            format!("the {words} `{text}` cannot be looked up: {why}"),
            "grant the permission if the message says that one lacks; or write the id".to_owned(),
        ),
    };
    Blocked::new(format!("{named}/{slug}"), message, help, location)
}
