//! A plan that was saved for later. It is untrusted: what is in it is compared, and never carried out.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::StaleChange;
use super::wording;
use crate::manifest::Address;
use crate::plan::{self, Action, Blocked, Change, Plan, Shown};

/// Why a saved plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// It is no JSON, or lacks what a plan has.
    #[error("it is no plan")]
    Unreadable(#[source] serde_json::Error),
    /// It is another document, or of a later form.
    #[error("it is a `{kind}` document of format {format_version}, and no plan of format 1.0")]
    AnotherDocument {
        /// What it says that it is.
        kind: String,
        /// The version of its form.
        format_version: String,
    },
    /// What it lists is not what its digest is of.
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
/// When it is no plan, or not what was saved.
pub fn read(text: &str) -> Result<Plan, SavedPlanError> {
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

/// Returns the changes that are no longer what was saved, sorted by address. What the tenant has by now as it
/// was to be is none of them.
pub fn moved(saved: &Plan, now: &Plan) -> Vec<StaleChange> {
    let mut moved = Vec::new();
    let (known, wanted) = (by_address(saved), by_address(now));
    for change in &now.changes {
        let known = known.get(&change.address).copied();
        let what = match known {
            Some(known) if !change.is_difference() && was_withdrawn(known, change) => {
                "it is no longer declared so".to_owned()
            }
            _ if !change.is_difference() => continue,
            Some(known) if plan::is_same(known, change) => continue,
            Some(known) => what_moved(known, change),
            None => "the saved plan does not have it".to_owned(),
        };
        moved.push(stale(change, what));
    }
    let gone = saved.changes.iter().filter(|known| known.is_difference());
    for known in gone.filter(|known| !wanted.contains_key(&known.address)) {
        moved.push(stale(known, "it is no longer declared".to_owned()));
    }
    moved.sort_by(|a, b| a.address.cmp(&b.address));
    moved
}

/// Returns whether a difference is none any more though the object is as it was: then not the tenant moved, but
/// what is wanted of it.
fn was_withdrawn(known: &Change, now: &Change) -> bool {
    let masked = known.fields.iter().any(|field| field.before == Shown::Withheld);
    known.is_difference() && !masked && known.precondition == now.precondition
}

/// Returns the changes of a plan by address: the file may have them in any order.
fn by_address(plan: &Plan) -> BTreeMap<&Address, &Change> {
    let changes = plan.changes.iter();
    changes.map(|change| (&change.address, change)).collect()
}

fn stale(change: &Change, what: String) -> StaleChange {
    StaleChange {
        address: change.address.clone(),
        display_name: change.display_name.clone(),
        action: change.action,
        what,
    }
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
        return format!(
            "it was to be {}, and would be {} now",
            words(known.action),
            words(now.action)
        );
    }
    wording::moved(known, now)
}
