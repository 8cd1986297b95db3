//! Builds the view of one object of a plan or a drift report.

use super::field::{self, Viewer};
use super::node::{DiffMark, DiffNode, Direction};
use super::payload::Payload;
use super::reach;
use super::value;
use crate::drift::{DriftItem, DriftStatus};
use crate::plan::{Action, Blocked, Change, FieldStatus, Risk, Shown};
use crate::report::{Verbosity, phrases};
use crate::text::sanitize;

/// The view of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct ObjectView<'a> {
    /// The mark for the change of the object.
    pub(in crate::report) mark: DiffMark,
    /// Whether the object differs from what is declared, or cannot be compared.
    pub(in crate::report) differs: bool,
    /// `kind/name`.
    pub(in crate::report) address: String,
    /// The display name in quotes.
    pub(in crate::report) display_name: Option<String>,
    /// The location of its manifest.
    pub(in crate::report) place: String,
    /// The change of the object as a whole, unless its parts say it.
    pub(in crate::report) whole: Option<&'static str>,
    /// The time of the last modification.
    pub(in crate::report) modified: Option<String>,
    /// Why the change cannot be made or the difference cannot be determined.
    pub(in crate::report) reasons: &'a [Blocked],
    /// The differences.
    pub(in crate::report) nodes: Vec<DiffNode>,
    /// The counts of differing settings and assignments, in words.
    pub(in crate::report) extent: String,
    /// How many devices and users the object reaches: a sentence without subject and full stop.
    pub(in crate::report) reach: Option<String>,
    /// Live settings that are not declared, `name = value`.
    pub(in crate::report) left_alone: Vec<String>,
    /// The risks.
    pub(in crate::report) risks: &'a [Risk],
}

/// Returns the view of a planned change.
pub(super) fn change(change: &Change, verbosity: Verbosity) -> ObjectView<'_> {
    let viewer = Viewer { direction: Direction::Plan, verbosity, file: &change.location.file };
    let blocked = !change.blocked.is_empty();
    // Nothing of a blocked change happens, so its fields are shown in verbose reports only.
    let hidden = blocked && verbosity == Verbosity::Normal;
    let nodes = if hidden { Vec::new() } else { viewer.nodes(&change.fields, &change.assignments) };
    let unverifiable = change.with_status(FieldStatus::Unverifiable).next();
    let left_alone = change.left_alone.iter().filter(|_| !blocked);
    let (mark, whole) = match change.action {
        _ if blocked => (DiffMark::Blocked, None),
        Action::Create => (DiffMark::Add, None),
        Action::Update => (DiffMark::Change, None),
        Action::Replace => (DiffMark::Replace, Some("to be deleted and made anew")),
        Action::Delete => (DiffMark::Remove, Some("to be deleted")),
        // An object without changes may have fields that are blocked or not comparable.
        Action::None if nodes.iter().any(|node| node.mark == DiffMark::Blocked) => {
            (DiffMark::Blocked, None)
        }
        Action::None if nodes.is_empty() => (DiffMark::Context, None),
        Action::None => (DiffMark::Unverifiable, None),
    };
    ObjectView {
        mark,
        differs: change.is_difference(),
        address: change.address.to_string(),
        display_name: display_name(&change.display_name),
        place: change.location.to_string(),
        whole,
        // For values that cannot be compared, this is all that the tenant shows.
        modified: unverifiable.and(change.last_modified.as_deref()).map(modified),
        reasons: &change.blocked,
        extent: phrases::extent(&change.fields, &change.assignments),
        nodes,
        reach: change.reach.as_ref().map(reach::sentence),
        left_alone: left_alone
            .map(|setting| {
                let live = live_value(&setting.live, setting.encoded);
                sanitize::line(&format!("{} = {live}", setting.path)).into_owned()
            })
            .collect(),
        risks: if blocked { &[] } else { &change.risks },
    }
}

/// Returns the view of a drift item.
pub(super) fn drift_item(item: &DriftItem, verbosity: Verbosity) -> ObjectView<'_> {
    let viewer = Viewer { direction: Direction::Drift, verbosity, file: &item.location.file };
    // An object without a manifest has its id as its name.
    let is_orphan = item.id.as_deref() == Some(&item.address.name);
    let (mark, whole) = match (item.status, item.action) {
        (DriftStatus::Missing, _) => {
            (DiffMark::Remove, Some("declared, and the tenant does not have it"))
        }
        (DriftStatus::Drifted, Action::Delete) if is_orphan => {
            (DiffMark::Add, Some("it carries the owner's scope tag, and no manifest declares it"))
        }
        (DriftStatus::Drifted, Action::Delete) => {
            (DiffMark::Add, Some("declared absent, and the tenant has it"))
        }
        (DriftStatus::Drifted, Action::Replace) => {
            (DiffMark::Change, Some("of another type in the tenant"))
        }
        (DriftStatus::Drifted, _) => (DiffMark::Change, None),
        (DriftStatus::Unverifiable, _) => (DiffMark::Unverifiable, None),
        (DriftStatus::Unknown, _) => (DiffMark::Blocked, None),
        (DriftStatus::InSync, _) => (DiffMark::Context, None),
    };
    ObjectView {
        mark,
        differs: true,
        address: item.address.to_string(),
        display_name: display_name(&item.display_name),
        place: item.location.to_string(),
        whole,
        modified: item.last_modified.as_deref().map(modified),
        reasons: &item.reasons,
        extent: phrases::extent(&item.fields, &item.assignments),
        nodes: viewer.nodes(&item.fields, &item.assignments),
        reach: None,
        left_alone: Vec::new(),
        risks: &[],
    }
}

/// Returns a display name in quotes, none where there is none.
pub(in crate::report) fn display_name(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| format!("\"{}\"", sanitize::line(name)))
}

/// Returns a live value on one line.
pub(super) fn live_value(live: &Shown, encoded: bool) -> String {
    let live = field::json(live).map(|live| match live.as_str() {
        Some(text) if encoded => Payload::read(text, true).summary(),
        _ => value::show("", &live, &Default::default()),
    });
    live.unwrap_or_default()
}

fn modified(at: &str) -> String {
    format!("last modified {}", phrases::moment(at))
}
