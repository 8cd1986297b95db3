//! Builds the view of a plan or a drift report, and of each object in it.

use super::accepted;
use super::field::{self, Viewer};
use super::node::{DiffMark, DiffNode, Direction};
use super::payload::Payload;
use super::reach;
use super::value;
use crate::drift::{DriftItem, DriftReport, DriftStatus};
use crate::plan::{Action, Blocked, Change, Coverage, FieldStatus, Plan, Risk, Shown};
use crate::report::phrases;
use crate::text::sanitize;

/// The view of a plan or a drift report: everything that a format writes.
pub(crate) struct Story<'a> {
    /// The direction in which differences are shown.
    pub(in crate::report) direction: Direction,
    /// Whether everything is shown: whole diffs, each setting that is left alone, unmanaged objects.
    pub(in crate::report) verbose: bool,
    /// The summary line.
    pub(in crate::report) headline: String,
    /// The tenant, and the selected part of it.
    pub(in crate::report) tenant: String,
    /// When the tenant was read; none for a plan.
    pub(in crate::report) checked: Option<String>,
    /// The objects that differ, or that have something to report.
    pub(in crate::report) objects: Vec<ObjectView<'a>>,
    /// The risks of the plan as a whole.
    pub(in crate::report) limits: Vec<Risk>,
    /// A line for each declaration that was removed and stays in the tenant.
    pub(in crate::report) released: Vec<String>,
    /// The warnings.
    pub(in crate::report) warnings: &'a [String],
    /// A sentence for each sort of difference that an apply would leave.
    pub(in crate::report) remainder: Vec<String>,
    /// The live objects that no manifest manages.
    pub(in crate::report) coverage: &'a Coverage,
    /// The digest of a plan with changes.
    pub(in crate::report) digest: Option<&'a str>,
    /// Whether there are differences that an apply would change.
    pub(in crate::report) differs: bool,
}

/// A plan or a drift report, which is written as a story.
pub(crate) trait ToStory {
    /// Returns its view.
    fn story(&self, verbose: bool) -> Story<'_>;
}

impl ToStory for Plan {
    fn story(&self, verbose: bool) -> Story<'_> {
        let differs = !self.summary.is_empty();
        let is_noteworthy = |change: &&Change| {
            change.is_difference() || !change.fields.is_empty() || !change.accepted.is_empty()
        };
        let changes = self.changes.iter().filter(is_noteworthy);
        let limits = self.limits.iter().map(|limit| Risk::refused(&limit.code, &limit.message));
        Story {
            direction: Direction::Plan,
            verbose,
            headline: phrases::plan_summary(self),
            tenant: phrases::tenant(&self.tenant, &self.only),
            checked: None,
            objects: changes.map(|item| change(item, verbose)).collect(),
            limits: limits.collect(),
            released: released(self),
            warnings: &self.warnings,
            remainder: phrases::plan_remainder(self),
            coverage: &self.coverage,
            digest: differs.then_some(self.digest.as_str()),
            differs,
        }
    }
}

impl ToStory for DriftReport {
    /// Returns its view: drifted objects first, then those whose state is not known.
    fn story(&self, verbose: bool) -> Story<'_> {
        use DriftStatus::{Accepted, Drifted, Missing, Unknown, Unverifiable};
        let known = |item: &&DriftItem| matches!(item.status, Drifted | Missing);
        let untold = |item: &&DriftItem| matches!(item.status, Accepted | Unverifiable | Unknown);
        let items = &self.items;
        let out_of_sync = items.iter().filter(known).chain(items.iter().filter(untold));
        Story {
            direction: Direction::Drift,
            verbose,
            headline: phrases::drift_summary(self),
            tenant: phrases::tenant(&self.tenant, &self.only),
            checked: Some(phrases::moment(&self.checked_at)),
            objects: out_of_sync.map(|item| drift_item(item, verbose)).collect(),
            limits: Vec::new(),
            released: Vec::new(),
            warnings: &self.warnings,
            remainder: Vec::new(),
            coverage: &self.coverage,
            digest: None,
            differs: self.summary.drifted > 0,
        }
    }
}

fn released(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for released in &plan.released {
        let address = &released.address;
        lines.extend(released.fields.iter().map(|field| {
            let live = live_value(&field.live, field.encoded);
            let unset = if field.can_be_unset {
                ""
            } else {
                ": no value unsets it, so declare the one that it should have"
            };
            format!("released: {address} {}, live stays {live}{unset}", field.path)
        }));
        lines.extend(released.assignments.map(|kept| {
            let kept = phrases::count(kept, "assignment");
            format!("released: {address} assignments, live stays {kept}")
        }));
    }
    lines.extend(plan.no_longer_managed.iter().map(|object| {
        let name = display_name(&object.display_name).unwrap_or_default();
        format!(
            "no longer managed: {} {name}; to delete it, declare it with `metadata: {{ state: absent }}`",
            object.address
        )
    }));
    lines
}

/// The view of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct ObjectView<'a> {
    /// The action on the object.
    pub(in crate::report) mark: DiffMark,
    /// Whether the object differs from what is declared, or cannot be compared.
    pub(in crate::report) differs: bool,
    /// `kind/name`.
    pub(in crate::report) address: String,
    /// The display name in quotes.
    pub(in crate::report) display_name: Option<String>,
    /// The location of its manifest.
    pub(in crate::report) place: String,
    /// The action on the object as a whole, unless its parts show it.
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
fn change(change: &Change, verbose: bool) -> ObjectView<'_> {
    let viewer = Viewer { direction: Direction::Plan, verbose, file: &change.location.file };
    let blocked = !change.blocked.is_empty();
    // Nothing of a blocked change happens, so its fields are shown in verbose reports only.
    let hidden = blocked && !verbose;
    let mut nodes =
        if hidden { Vec::new() } else { viewer.nodes(&change.fields, &change.assignments) };
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
        Action::None if nodes.is_empty() && !change.accepted.is_empty() => {
            (DiffMark::Accepted, None)
        }
        Action::None if nodes.is_empty() => (DiffMark::Context, None),
        Action::None => (DiffMark::Unverifiable, None),
    };
    if !blocked {
        nodes.extend(accepted::nodes(&change.accepted, &change.void, Direction::Plan));
    }
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
        extent: accepted::with_count(
            phrases::extent(&change.fields, &change.assignments),
            &change.accepted,
        ),
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
fn drift_item(item: &DriftItem, verbose: bool) -> ObjectView<'_> {
    let viewer = Viewer { direction: Direction::Drift, verbose, file: &item.location.file };
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
        (DriftStatus::Accepted, _) => (DiffMark::Accepted, None),
        (DriftStatus::Unverifiable, _) => (DiffMark::Unverifiable, None),
        (DriftStatus::Unknown, _) => (DiffMark::Blocked, None),
        (DriftStatus::InSync, _) => (DiffMark::Context, None),
    };
    let mut nodes = viewer.nodes(&item.fields, &item.assignments);
    nodes.extend(accepted::nodes(&item.accepted, &item.void, Direction::Drift));
    ObjectView {
        mark,
        differs: item.status != DriftStatus::Accepted,
        address: item.address.to_string(),
        display_name: display_name(&item.display_name),
        place: item.location.to_string(),
        whole,
        modified: item.last_modified.as_deref().map(modified),
        reasons: &item.reasons,
        extent: accepted::with_count(
            phrases::extent(&item.fields, &item.assignments),
            &item.accepted,
        ),
        nodes,
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
fn live_value(live: &Shown, encoded: bool) -> String {
    let live = field::json(live).map(|live| match live.as_str() {
        Some(text) if encoded => Payload::read(text, true).summary(),
        _ => value::show("", &live, &Default::default()),
    });
    live.unwrap_or_default()
}

fn modified(at: &str) -> String {
    format!("last modified {}", phrases::moment(at))
}
