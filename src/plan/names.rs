//! Names that do not resolve to an id.

use super::Blocked;
use crate::diagnostic::{Location, near_name};
use crate::tenant::names::{AddingToSandbox, Named, Unresolved, is_guid};

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
        Unresolved::Unknown { .. } if is_guid(text) => (
            "unknown",
            format!("no {words} of this tenant has the id `{text}`"),
            "it was deleted, or is of another tenant: write the name of one that is there".to_owned(),
        ),
        Unresolved::Unknown { near, adding } => (
            "unknown",
            format!("there is no {words} `{text}`"),
            unknown(words, text, near, adding.as_ref()),
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

/// Returns what to do about a name that no object has.
fn unknown(words: &str, text: &str, near: &[String], adding: Option<&AddingToSandbox>) -> String {
    let near: Vec<String> = near.iter().map(|near| described(text, near)).collect();
    let meant = format!("did you mean {}?", near.join(" or "));
    let adds = adding.map(|AddingToSandbox { command, next_run }| {
        let next =
            next_run.as_ref().map(|argument| format!(", and the next run needs `{argument}`"));
        format!("`{command}` adds it to the sandbox{}", next.unwrap_or_default())
    });
    match adds {
        Some(adds) if near.is_empty() => format!("{adds}; or correct the name"),
        Some(adds) => format!("{meant} If not, {adds}"),
        None if near.is_empty() => {
            format!("create it, or correct the name; an id works too where the {words} has one")
        }
        None => meant,
    }
}

/// Returns a similar name, and in what it differs where people do not see it at once.
fn described(text: &str, near: &str) -> String {
    match near_name::difference(text, near) {
        Some(difference) => format!("`{near}`, which differs in {difference}"),
        None => format!("`{near}`"),
    }
}
