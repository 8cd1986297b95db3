//! Reads a saved plan, and compares it with the plan of now. A saved plan is untrusted: it is never carried out.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::outcome::Item;
use super::wording;
use crate::plan::{self, Action, Blocked, Change, Plan, Shown};

/// Why a saved plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// The file is not JSON, or lacks a member of a plan.
    #[error("it is no plan")]
    Unreadable(#[source] serde_json::Error),
    /// The file is a list.
    #[error("it is no plan, which is a JSON object")]
    NoObject,
    /// The file is another document, or has a later format version.
    #[error("it is a `{kind}` document of format {format_version}, and no plan of format 1.0")]
    AnotherDocument {
        /// Its kind.
        kind: String,
        /// Its format version.
        format_version: String,
    },
    /// The plan does not match its digest.
    #[error("it was changed since it was saved: its digest is of another plan")]
    Edited,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    kind: String,
    format_version: String,
}

/// Reads a saved plan.
///
/// # Errors
/// When the text is not a plan, or was changed since it was saved.
pub fn read(text: &str) -> Result<Plan, SavedPlanError> {
    // A list would be read as the members of an object, in their order.
    if text.trim_start().starts_with('[') {
        return Err(SavedPlanError::NoObject);
    }
    let Head { kind, format_version } =
        serde_json::from_str(text).map_err(SavedPlanError::Unreadable)?;
    if kind != "plan" || format_version != "1.0" {
        return Err(SavedPlanError::AnotherDocument { kind, format_version });
    }
    let plan: Plan = serde_json::from_str(text).map_err(SavedPlanError::Unreadable)?;
    if plan::plan_digest(&plan) != plan.digest {
        return Err(SavedPlanError::Edited);
    }
    Ok(plan)
}

/// Returns the changes that differ from the saved plan, sorted by address. A change that the tenant has by now is not
/// among them.
pub fn moved(saved: &Plan, now: &Plan) -> Vec<Item> {
    // The file may list the changes in any order.
    let known: BTreeMap<_, _> =
        saved.changes.iter().map(|change| (&change.address, change)).collect();
    let mut moved = Vec::new();
    for change in &now.changes {
        let what = match known.get(&change.address) {
            Some(known) if !change.is_difference() && was_withdrawn(known, change) => {
                "it is no longer declared so".to_owned()
            }
            _ if !change.is_difference() => continue,
            Some(known) if plan::is_same(known, change) => continue,
            Some(known) => what_moved(known, change),
            None => "the saved plan does not have it".to_owned(),
        };
        moved.push(Item::left_out(change, &what));
    }
    let gone = saved.changes.iter().filter(|known| known.is_difference());
    for known in gone.filter(|known| now.change(&known.address).is_none()) {
        moved.push(Item::left_out(known, "it is no longer declared"));
    }
    moved.sort_by(|a, b| a.address.cmp(&b.address));
    moved
}

/// Returns whether a difference disappeared though the object did not change: then the manifest changed.
fn was_withdrawn(known: &Change, now: &Change) -> bool {
    let masked = known.fields.iter().any(|field| field.before == Shown::Withheld);
    known.is_difference() && !masked && known.precondition == now.precondition
}

fn what_moved(known: &Change, now: &Change) -> String {
    let is_new = |why: &&Blocked| !known.blocked.iter().any(|known| known.code == why.code);
    if let Some(why) = now.blocked.iter().find(is_new) {
        return why.message.clone();
    }
    if known.action != now.action {
        let words = |action| match action {
            Action::Create => "created",
            Action::Update => "updated",
            Action::Replace => "replaced",
            Action::Delete => "deleted",
            Action::None => "left as it is",
        };
        let (was, is) = (words(known.action), words(now.action));
        return format!("it was to be {was}, and would be {is} now");
    }
    wording::moved(known, now)
}
