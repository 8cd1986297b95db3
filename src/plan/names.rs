//! Names that do not resolve to an id.

use super::Blocked;
use crate::diagnostic::{Location, near_name};
use crate::tenant::names::{Named, Unresolved, is_guid};

/// Returns the complaint about a name that does not resolve to an id.
pub(super) fn unresolved(
    named: Named,
    text: &str,
    why: &Unresolved,
    location: Option<Location>,
) -> Blocked {
    let (slug_of_named, words) = named.slug_and_words();
    let (slug, message, help) = match why {
        Unresolved::Unknown { .. } if named == Named::ReusableSetting && is_guid(text) => (
            "unknown",
            format!("this tenant has no {words} with the id `{text}`"),
            "an id of another tenant means nothing here: create the setting in this tenant, and name it: `reference: { $ref: { displayName: … } }`"
                .to_owned(),
        ),
        Unresolved::Unknown { near } => (
            "unknown",
            format!("there is no {words} `{text}`"),
            if near.is_empty() {
                format!("create it, or correct the name; an id works too where the {words} has one")
            } else {
                let near: Vec<String> = near.iter().map(|near| described(text, near)).collect();
                format!("did you mean {}?", near.join(" or "))
            },
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
    Blocked::new(format!("{slug_of_named}/{slug}"), message, help, location)
}

/// Returns a similar name, and in what it differs where people do not see it at once.
fn described(text: &str, near: &str) -> String {
    match near_name::difference(text, near) {
        Some(difference) => format!("`{near}`, which differs in {difference}"),
        None => format!("`{near}`"),
    }
}
