//! Builds the view of a plan or a drift report, and of each object in it.

use super::accepted;
use super::field::{self, Viewer};
use super::node::{DiffMark, DiffNode};
use super::origin;
use super::payload::Payload;
use super::reach;
use super::value;
use crate::diagnostic::Location;
use crate::drift::{DriftItem, DriftReport, DriftStatus};
use crate::kinds::portal::{self, Platform};
use crate::manifest::Address;
use crate::plan::{
    Action, Blocked, Change, Coverage, FieldChange, FieldStatus, LeftAlone, NoLongerManaged, Plan,
    Released, Risk, RiskLevel, Shown,
};
use crate::report::phrases;
use crate::text::sanitize;

/// The reports that are written as a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum StoryKind {
    /// A plan: the changes of an apply.
    Plan,
    /// A drift report: the differences from the manifests.
    Drift,
}

/// The view of a plan or a drift report: everything that a format writes.
pub(crate) struct Story<'a> {
    /// The sort of the report.
    pub(in crate::report) kind: StoryKind,
    /// Whether everything is shown: whole diffs, each setting that is left alone, unmanaged objects.
    pub(in crate::report) verbose: bool,
    /// The summary line.
    pub(in crate::report) headline: String,
    /// The tenant, and the selected part of it.
    pub(in crate::report) tenant: String,
    /// When the tenant was read; none for a plan.
    pub(in crate::report) checked: Option<String>,
    /// The objects that differ or have something to report, the most urgent first, those of the same urgency by address.
    pub(in crate::report) objects: Vec<ObjectView<'a>>,
    /// The risks of the plan as a whole.
    pub(in crate::report) limits: Vec<Risk>,
    /// A line for each declaration that was removed and stays in the tenant.
    pub(in crate::report) released: Vec<String>,
    /// The warnings.
    pub(in crate::report) warnings: &'a [String],
    /// A sentence for each sort of difference that an apply would leave.
    pub(in crate::report) remainder: Vec<String>,
    /// The settings that cannot be compared, by object.
    pub(in crate::report) not_compared: Vec<NotCompared<'a>>,
    /// The live objects that no manifest manages.
    pub(in crate::report) coverage: &'a Coverage,
    /// The digest of a plan with changes.
    pub(in crate::report) digest: Option<&'a str>,
    /// Whether there are differences that an apply would change.
    pub(in crate::report) differs: bool,
}

impl Story<'_> {
    /// Returns a sentence about the risks of objects that an apply refuses, none where there are none; `quoted` gives the
    /// flags that allow them their form.
    pub(in crate::report) fn refusal(&self, quoted: impl Fn(&str) -> String) -> Option<String> {
        // A report of drift leads to no apply.
        let objects = self.objects.iter().filter(|_| self.kind == StoryKind::Plan);
        let risks = objects.flat_map(|object| object.risks);
        let refused = risks.filter(|risk| risk.level == RiskLevel::Refused);
        let mut flags: Vec<String> = Vec::new();
        for risk in refused.clone() {
            let flag = format!("--allow {}", risk.code);
            if !flags.contains(&flag) {
                flags.push(flag);
            }
        }
        let risks = phrases::count(refused.count(), "risk");
        let flags = Some(flags.join(" ")).filter(|flags| !flags.is_empty());
        flags.map(|flags| {
            format!("An apply refuses {risks} until it is run with {}.", quoted(&flags))
        })
    }
}

/// A setting that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct NotCompared<'a> {
    /// The object, `kind/name`.
    pub(in crate::report) address: String,
    /// The property.
    pub(in crate::report) property: String,
    /// The reason.
    pub(in crate::report) reason: &'a str,
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
            change.is_difference()
                || is_shown(&change.fields, verbose)
                || !change.accepted.is_empty()
        };
        let changes = self.changes.iter().filter(is_noteworthy);
        let limits = self.limits.iter().map(|limit| Risk::refused(&limit.code, &limit.message));
        Story {
            kind: StoryKind::Plan,
            verbose,
            headline: phrases::plan_summary(self),
            tenant: phrases::tenant(&self.tenant, &self.only),
            checked: None,
            objects: by_urgency(changes.map(|item| change(item, verbose))),
            limits: limits.collect(),
            released: released(&self.released, &self.no_longer_managed),
            warnings: &self.warnings,
            remainder: phrases::plan_remainder(self),
            not_compared: self
                .changes
                .iter()
                .flat_map(|change| not_compared(&change.address, &change.fields))
                .collect(),
            coverage: &self.coverage,
            digest: differs.then_some(self.digest.as_str()),
            differs,
        }
    }
}

impl ToStory for DriftReport {
    fn story(&self, verbose: bool) -> Story<'_> {
        let is_noteworthy = |item: &&DriftItem| match item.status {
            _ if !item.undeclared.is_empty() => true,
            DriftStatus::InSync => false,
            DriftStatus::Unverifiable => is_shown(&item.fields, verbose),
            DriftStatus::Drifted
            | DriftStatus::Missing
            | DriftStatus::Accepted
            | DriftStatus::Unknown => true,
        };
        let items = self.items.iter().filter(is_noteworthy);
        let mut stays = released(&self.released, &self.no_longer_managed);
        stays.extend(self.unmanaged.iter().map(phrases::unmanaged_drift));
        Story {
            kind: StoryKind::Drift,
            verbose,
            headline: phrases::drift_summary(self),
            tenant: phrases::tenant(&self.tenant, &self.only),
            checked: Some(phrases::moment(&self.checked_at)),
            objects: by_urgency(items.map(|item| drift_item(item, verbose))),
            limits: Vec::new(),
            released: stays,
            warnings: &self.warnings,
            remainder: phrases::drift_remainder(self),
            not_compared: self
                .items
                .iter()
                .flat_map(|item| not_compared(&item.address, &item.fields))
                .collect(),
            coverage: &self.coverage,
            digest: None,
            differs: self.summary.drifted + self.summary.missing > 0,
        }
    }
}

/// Whether a report shows any of the fields of an object. What cannot be compared is named in a line of its own instead,
/// unless the report is verbose.
fn is_shown(fields: &[FieldChange], verbose: bool) -> bool {
    fields.iter().any(|field| verbose || field.status != FieldStatus::Unverifiable)
}

/// Returns objects that are sorted by address in the order of reports.
fn by_urgency<'a>(objects: impl Iterator<Item = ObjectView<'a>>) -> Vec<ObjectView<'a>> {
    let mut objects: Vec<ObjectView<'a>> = objects.collect();
    objects.sort_by_key(ObjectView::urgency);
    objects
}

/// Returns the fields of an object that cannot be compared.
fn not_compared<'a>(
    address: &'a Address,
    fields: &'a [FieldChange],
) -> impl Iterator<Item = NotCompared<'a>> {
    let unverifiable = fields.iter().filter(|field| field.status == FieldStatus::Unverifiable);
    unverifiable.map(|field| NotCompared {
        address: address.to_string(),
        property: field.path.to_string(),
        reason: field.reason.as_deref().unwrap_or_default(),
    })
}

fn released(released: &[Released], no_longer_managed: &[NoLongerManaged]) -> Vec<String> {
    let mut lines = Vec::new();
    for released in released {
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
    lines.extend(no_longer_managed.iter().map(|object| {
        let name = display_name(&object.display_name).unwrap_or_default();
        format!(
            "no longer managed: {} {name}; to delete it, declare it with `metadata: {{ state: absent }}`",
            object.address
        )
    }));
    lines
}

/// How much an object matters to the reader who decides, most first: the order of objects in every report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) enum Urgency {
    /// Its change cannot be made, or its state is not known.
    Blocked,
    /// An apply refuses a risk of the change.
    Refused,
    /// An apply warns of a risk of the change.
    Warned,
    /// It differs.
    Differs,
    /// An apply is pending.
    Pending,
    /// It differs in what cannot be changed, or has values that cannot be compared.
    Remains,
}

/// The view of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct ObjectView<'a> {
    /// The action on the object.
    pub(in crate::report) mark: DiffMark,
    /// Whether the object differs from what is declared, or that is not known.
    pub(in crate::report) differs: bool,
    /// `kind/name`.
    pub(in crate::report) address: String,
    /// The display name in quotes.
    pub(in crate::report) display_name: Option<String>,
    /// The console's name of its type: `Wi-Fi (windows)`.
    pub(in crate::report) portal: Option<String>,
    /// The location of its manifest.
    pub(in crate::report) place: &'a Location,
    /// The action on the object as a whole, unless its parts show it.
    pub(in crate::report) whole: Option<&'static str>,
    /// The time of the last modification.
    pub(in crate::report) modified: Option<String>,
    /// The author, the time and the operation of the last change.
    pub(in crate::report) changed: Option<String>,
    /// Whether it differs only because an apply is pending.
    pub(in crate::report) is_pending: bool,
    /// Whether nothing but assignments would change.
    pub(in crate::report) is_assigned_only: bool,
    /// Whether the tenant moved, or Git, or both.
    pub(in crate::report) since: Option<&'a str>,
    /// Why the change cannot be made or the difference cannot be determined.
    pub(in crate::report) reasons: &'a [Blocked],
    /// The differences.
    pub(in crate::report) nodes: Vec<DiffNode>,
    /// The counts of differing settings and assignments, in words.
    pub(in crate::report) extent: String,
    /// How many devices and users the object reaches.
    pub(in crate::report) reach: Option<ReachView>,
    /// Live settings that are not declared, `name = value`.
    pub(in crate::report) left_alone: Vec<String>,
    /// The risks.
    pub(in crate::report) risks: &'a [Risk],
}

/// How many devices and users an object reaches, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct ReachView {
    /// A sentence without subject and full stop.
    pub(in crate::report) sentence: String,
    /// The numbers alone.
    pub(in crate::report) brief: String,
}

impl ObjectView<'_> {
    /// Returns how much it matters.
    pub(in crate::report) fn urgency(&self) -> Urgency {
        let has = |level| self.risks.iter().any(|risk| risk.level == level);
        match self {
            _ if !self.reasons.is_empty() => Urgency::Blocked,
            _ if has(RiskLevel::Refused) => Urgency::Refused,
            _ if has(RiskLevel::Warned) => Urgency::Warned,
            _ if self.is_pending => Urgency::Pending,
            _ if self.differs => Urgency::Differs,
            _ => Urgency::Remains,
        }
    }

    /// Whether some of its differences are accepted.
    pub(in crate::report) fn has_accepted(&self) -> bool {
        self.nodes.iter().any(|node| node.mark == DiffMark::Accepted)
    }

    /// Returns the last change of the live object in words: when it was, unless its author and its time are known, and those.
    pub(in crate::report) fn last_change(&self) -> impl Iterator<Item = String> {
        let modified = self.modified.as_ref().map(|at| format!("last modified {at}"));
        modified.into_iter().chain(self.changed.clone())
    }
}

/// Returns the view of a planned change.
fn change(change: &Change, verbose: bool) -> ObjectView<'_> {
    let viewer = Viewer { kind: StoryKind::Plan, verbose, file: &change.location.file };
    let blocked = !change.blocked.is_empty();
    // Nothing of a blocked change happens, so its fields are shown in verbose reports only.
    let hidden = blocked && !verbose;
    let mut nodes =
        if hidden { Vec::new() } else { viewer.nodes(&change.fields, &change.assignments) };
    let unverifiable = change.with_status(FieldStatus::Unverifiable).next();
    let (mark, whole) = match change.action {
        _ if blocked => (DiffMark::Blocked, None),
        Action::Create => (DiffMark::Add, None),
        Action::Update => (DiffMark::Change, None),
        Action::Replace => (DiffMark::Replace, Some("to be deleted and made anew")),
        Action::Delete => (DiffMark::Remove, Some("to be deleted")),
        // An object without changes may have fields that are blocked or not comparable.
        Action::None if change.with_status(FieldStatus::Blocked).next().is_some() => {
            (DiffMark::Blocked, None)
        }
        Action::None if nodes.is_empty() && !change.accepted.is_empty() => {
            (DiffMark::Accepted, None)
        }
        Action::None => (DiffMark::Unverifiable, None),
    };
    if !blocked {
        nodes.extend(accepted::nodes(&change.accepted, &change.void, StoryKind::Plan));
    }
    ObjectView {
        mark,
        differs: change.is_difference(),
        address: change.address.to_string(),
        display_name: display_name(&change.display_name),
        portal: console_name(&change.address),
        place: &change.location,
        whole,
        // For values that cannot be compared, this is all that the tenant shows.
        modified: unverifiable.and(change.last_modified.as_deref()).map(phrases::moment),
        changed: None,
        is_pending: false,
        is_assigned_only: mark == DiffMark::Change
            && change.with_status(FieldStatus::Change).next().is_none(),
        since: None,
        reasons: &change.blocked,
        extent: accepted::with_count(
            phrases::extent(&change.fields, &change.assignments),
            &change.accepted,
        ),
        nodes,
        reach: change.reach.as_ref().map(|reach| ReachView {
            sentence: reach::sentence(reach),
            brief: reach::brief(reach),
        }),
        left_alone: if blocked { Vec::new() } else { left_alone(&change.left_alone) },
        risks: if blocked { &[] } else { &change.risks },
    }
}

/// Returns the view of a drift item.
fn drift_item(item: &DriftItem, verbose: bool) -> ObjectView<'_> {
    let viewer = Viewer { kind: StoryKind::Drift, verbose, file: &item.location.file };
    // An object without a manifest has its id as its name.
    let is_orphan = item.id.as_deref() == Some(&item.address.name);
    let (mark, whole) = match (item.status, item.action) {
        (DriftStatus::Missing, _) if item.renamed_id.is_some() => {
            (DiffMark::Add, Some("declared, and the tenant may have it by another name"))
        }
        (DriftStatus::Missing, _) => {
            (DiffMark::Add, Some("declared, and the tenant does not have it"))
        }
        (DriftStatus::Drifted, Action::Delete) if is_orphan => (
            DiffMark::Remove,
            Some("it carries the owner's scope tag, and no manifest declares it"),
        ),
        (DriftStatus::Drifted, Action::Delete) => {
            (DiffMark::Remove, Some("declared absent, and the tenant has it"))
        }
        (DriftStatus::Drifted, Action::Replace) => {
            (DiffMark::Replace, Some("of another type in the tenant"))
        }
        (DriftStatus::Drifted, Action::None) if item.differs_by_undeclared() => (
            DiffMark::Change,
            Some("has undeclared settings, which `spec.drift.undeclared` makes drift"),
        ),
        (DriftStatus::Drifted, _) => (DiffMark::Change, None),
        (DriftStatus::Accepted, _) => (DiffMark::Accepted, None),
        (DriftStatus::Unverifiable, _) => (DiffMark::Unverifiable, None),
        (DriftStatus::Unknown, _) => (DiffMark::Blocked, None),
        (DriftStatus::InSync, _) => (DiffMark::Context, None),
    };
    let nodes = viewer.nodes(&item.fields, &item.assignments);
    let mut nodes = origin::with_origins(nodes, &viewer, item);
    nodes.extend(accepted::nodes(&item.accepted, &item.void, StoryKind::Drift));
    ObjectView {
        mark,
        differs: ![DriftStatus::Accepted, DriftStatus::Unverifiable].contains(&item.status),
        address: item.address.to_string(),
        display_name: display_name(&item.display_name),
        portal: console_name(&item.address),
        place: &item.location,
        whole,
        modified: item
            .last_modified
            .as_deref()
            .filter(|at| !origin::tells_time(item.changed.as_ref(), Some(at)))
            .map(phrases::moment),
        changed: item.changed.as_ref().map(phrases::changed),
        is_pending: item.differs() && !item.is_drift(),
        is_assigned_only: false,
        since: item.since.map(phrases::since),
        reasons: &item.reasons,
        extent: accepted::with_count(
            phrases::extent(&item.fields, &item.assignments),
            &item.accepted,
        ),
        nodes,
        reach: None,
        left_alone: left_alone(&item.undeclared),
        risks: &item.risks,
    }
}

/// Returns the console's name of the type of an object, with the platform.
fn console_name(address: &Address) -> Option<String> {
    let known = portal::of(&address.kind)?;
    Some(match known.platform {
        Platform::CrossPlatform => known.name.clone(),
        platform => format!("{} ({})", known.name, platform.as_str()),
    })
}

/// Returns a display name in quotes, none where there is none.
pub(in crate::report) fn display_name(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| format!("\"{}\"", sanitize::line(name)))
}

/// Returns a live value on one line.
pub(in crate::report) fn live_value(live: &Shown, encoded: bool) -> String {
    let live = field::json(live).map(|live| match live.as_str() {
        Some(text) if encoded => Payload::read(text, true).summary(),
        _ => value::show("", &live, &Default::default()),
    });
    live.unwrap_or_default()
}

/// Returns settings that are not declared, `name = value`.
fn left_alone(settings: &[LeftAlone]) -> Vec<String> {
    let words = |setting: &LeftAlone| {
        let live = live_value(&setting.live, setting.encoded);
        sanitize::line(&format!("{} = {live}", setting.path)).into_owned()
    };
    settings.iter().map(words).collect()
}
