//! Tells what changed in the tenant from what changed in the manifests, by what earlier manifests declared.
//!
//! The tenant is compared twice: with the manifests, and with the earlier ones. A property that differs from both was changed
//! in the tenant; one that differs from the present manifests alone waits for an apply.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::attribution::{AssignmentOrigin, FieldOrigin};
use crate::manifest::Address;
use crate::plan::{
    Action, AssignmentChange, Change, Effect, FieldChange, FieldPath, FieldStatus, Plan, Segment,
    Shown,
};
use crate::tenant::matching;

/// Which side changed since the earlier manifests.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Since {
    /// The tenant: it is not as the earlier manifests declare.
    Drifted,
    /// The manifests: the tenant is as the earlier ones declare, and an apply is pending.
    Pending,
    /// Both.
    Both,
}

/// The differing objects by which side changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SinceSummary {
    /// Objects that changed in the tenant.
    pub drifted: usize,
    /// Objects whose manifests changed, those without a manifest any more among them.
    pub pending: usize,
    /// Objects of which both changed.
    pub both: usize,
}

/// Earlier manifests, compared with the tenant.
#[derive(Clone, Copy, Debug)]
pub struct Previous<'a> {
    /// The ref or folder, as it was given.
    pub name: &'a str,
    /// The changes that an apply of them would make, at least of the objects that differ from the present ones.
    pub changes: &'a [Change],
    /// The earlier display names that the present manifests have, `metadata.formerly`.
    pub formerly: &'a BTreeMap<Address, Vec<String>>,
}

/// Where the differences of an object come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ChangeOrigin {
    /// Of the object as a whole; `None` where the earlier manifest cannot be compared.
    pub(super) since: Option<Since>,
    /// Of each property that differs.
    pub(super) fields: Vec<FieldOrigin>,
    /// Of each assignment that differs.
    pub(super) assignments: Vec<AssignmentOrigin>,
}

/// Returns the manifests whose objects differ from them.
pub fn differing(plan: &Plan) -> BTreeSet<Address> {
    let differing = plan.changes.iter().filter(|change| super::differs(change));
    differing.map(|change| change.address.clone()).collect()
}

/// A difference that waits for an apply, or of which it is not known whether it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftPending {
    /// The manifest.
    pub address: Address,
    /// The path, empty for the object as a whole.
    pub path: String,
    /// The side that changed, or both; `None` where the earlier manifest cannot be compared.
    pub since: Option<Since>,
}

/// The differences of a plan, told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriftedParts {
    /// The differences that do not come from the tenant alone.
    pub pending: Vec<LeftPending>,
    /// The paths that do, of objects with both.
    pub parts: BTreeMap<Address, Vec<String>>,
}

/// Takes the objects and assignments out of a plan that did not change in the tenant alone, and tells which properties did.
pub fn keep_drifted(plan: &mut Plan, previous: &Previous<'_>) -> DriftedParts {
    let mut told = DriftedParts::default();
    let present = plan.changes.iter().map(|change| change.address.clone()).collect();
    plan.changes
        .retain_mut(|change| !super::differs(change) || told.keep(change, previous, &present));
    told
}

impl DriftedParts {
    /// Returns whether something of an object is kept.
    fn keep(
        &mut self,
        change: &mut Change,
        previous: &Previous<'_>,
        present: &BTreeSet<Address>,
    ) -> bool {
        let origin = origin(change, previous, present);
        if origin.since == Some(Since::Drifted) {
            return true;
        }
        let address = change.address.clone();
        let left = |path: String, since| LeftPending { address: address.clone(), path, since };
        let is_told_apart = whole(change) == WholeChange::Keep
            && origin.since.is_some()
            && counterpart(change, previous, present).is_some();
        if !is_told_apart {
            self.pending.push(left(String::new(), origin.since));
            return false;
        }
        let (mut parts, mut others) = (Vec::new(), Vec::new());
        for field in &origin.fields {
            let to = if field.since == Some(Since::Drifted) { &mut parts } else { &mut others };
            to.push(field.path.to_string());
        }
        let count = change.assignments.len();
        change.assignments.retain(|one| {
            let mut origins = origin.assignments.iter();
            let own = origins.find(|own| own.target == one.target && own.effect == one.effect);
            own.is_some_and(|own| own.since == Since::Drifted)
        });
        if change.assignments.len() < count {
            others.push("assignments".to_owned());
        }
        if !change.assignments.is_empty() {
            parts.push("assignments".to_owned());
        }
        self.pending.extend(others.into_iter().map(|path| left(path, origin.since)));
        let is_kept = !parts.is_empty();
        self.parts.insert(address, parts);
        is_kept
    }
}

/// The effect of a change on an object as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WholeChange {
    Make,
    Remake,
    Remove,
    Keep,
}

fn whole(change: &Change) -> WholeChange {
    match change.action {
        Action::Create => WholeChange::Make,
        Action::Replace => WholeChange::Remake,
        Action::Delete => WholeChange::Remove,
        _ if change.blocked.iter().any(|why| why.code == matching::ID_GONE) => WholeChange::Make,
        Action::Update | Action::None => WholeChange::Keep,
    }
}

/// Returns where the differences of an object come from. `present` are the addresses of the present manifests.
pub(super) fn origin(
    change: &Change,
    previous: &Previous<'_>,
    present: &BTreeSet<Address>,
) -> ChangeOrigin {
    let all = |since| ChangeOrigin {
        since: Some(since),
        fields: each(change, |_| Some(since)),
        assignments: each_target(change, |_| since),
    };
    let Some(before) = counterpart(change, previous, present) else {
        return all(Since::Pending);
    };
    if before.blocked.iter().any(|why| why.code != matching::ID_GONE) {
        return ChangeOrigin::default();
    }
    let since = match (whole(change), whole(before)) {
        (WholeChange::Keep, WholeChange::Keep) => return of_parts(change, before),
        // The object was not found by what the earlier manifest says of it, such as its name; its declared values tell more.
        (WholeChange::Keep, WholeChange::Make) if before.action == Action::Create => {
            return of_declared(change, before);
        }
        (WholeChange::Make, WholeChange::Make) if !declares_same(change, before) => Since::Both,
        (now, then) if now == then => Since::Drifted,
        _ if super::differs(before) => Since::Both,
        _ => Since::Pending,
    };
    all(since)
}

/// Returns the change that earlier manifests would make to the same object, or else for the same manifest, or else for one
/// that was given another name since and declares an object of the same display name.
fn counterpart<'a>(
    change: &Change,
    previous: &Previous<'a>,
    present: &BTreeSet<Address>,
) -> Option<&'a Change> {
    let is_same = |id: &String, other: &Change| {
        other.address.kind == change.address.kind
            && other.id.as_ref().is_some_and(|other| other.eq_ignore_ascii_case(id))
    };
    let formerly = previous.formerly.get(&change.address).map(Vec::as_slice).unwrap_or_default();
    let is_renamed = |other: &Change| {
        other.address.kind == change.address.kind
            && !present.contains(&other.address)
            && (other.display_name == change.display_name || formerly.contains(&other.display_name))
    };
    let all = || previous.changes.iter();
    let of_object = change.id.as_ref().and_then(|id| all().find(|other| is_same(id, other)));
    of_object
        .or_else(|| all().find(|other| other.address == change.address))
        .or_else(|| all().find(|other| is_renamed(other)))
}

/// Compares the parts of an object that is there, property by property.
fn of_parts(change: &Change, before: &Change) -> ChangeOrigin {
    of_each(
        change,
        |field| since_of(field, &before.fields),
        |one| since_of_target(one, &before.assignments),
    )
}

/// Compares the parts of an object that is there with those that an earlier manifest declares, where that manifest does not
/// find the object.
fn of_declared(change: &Change, before: &Change) -> ChangeOrigin {
    of_each(
        change,
        |field| since_declared(field, &before.fields),
        |one| since_target_declared(one, &before.assignments),
    )
}

fn of_each(
    change: &Change,
    since: impl Fn(&FieldChange) -> Since,
    since_target: impl Fn(&AssignmentChange) -> Since,
) -> ChangeOrigin {
    let fields = each(change, |field| Some(since(field)));
    let assignments = each_target(change, since_target);
    let of_fields = fields.iter().filter_map(|origin| origin.since);
    let of_targets = assignments.iter().map(|origin| origin.since);
    let found: BTreeSet<Since> = of_fields.chain(of_targets).collect();
    let since = match found.len() {
        0 => None,
        1 => found.into_iter().next(),
        _ => Some(Since::Both),
    };
    ChangeOrigin { since, fields, assignments }
}

fn each_target(
    change: &Change,
    since: impl Fn(&AssignmentChange) -> Since,
) -> Vec<AssignmentOrigin> {
    let origin = |one: &AssignmentChange| AssignmentOrigin {
        target: one.target.clone(),
        effect: one.effect,
        since: since(one),
    };
    change.assignments.iter().map(origin).collect()
}

fn each(change: &Change, since: impl Fn(&FieldChange) -> Option<Since>) -> Vec<FieldOrigin> {
    let differing = differing_fields(&change.fields);
    let origin = |field: &FieldChange| FieldOrigin {
        path: field.path.clone(),
        since: since(field),
        changed: None,
    };
    differing.map(origin).collect()
}

fn differing_fields(fields: &[FieldChange]) -> impl Iterator<Item = &FieldChange> {
    fields.iter().filter(|field| field.status != FieldStatus::Unverifiable)
}

fn since_of(field: &FieldChange, before: &[FieldChange]) -> Since {
    let mut found = before.iter().filter(|other| overlap(&field.path, &other.path)).peekable();
    if found.peek().is_none() {
        return Since::Pending;
    }
    // Of a value that could not be compared with the earlier manifest, it is not known whether it drifted.
    let is_same = |other: &FieldChange| {
        other.status != FieldStatus::Unverifiable
            && other.path == field.path
            && other.after == field.after
    };
    if found.any(is_same) { Since::Drifted } else { Since::Both }
}

/// As [`since_of`], by all that the earlier manifest declares.
fn since_declared(field: &FieldChange, declared: &[FieldChange]) -> Since {
    let Some(found) = declared.iter().find(|other| overlap(&field.path, &other.path)) else {
        return Since::Pending;
    };
    match value_at(&found.after, &field.path.0, found.path.depth()) {
        Some(Shown::Value(then)) if field.after == Shown::Value(then.clone()) => Since::Drifted,
        // The tenant is as it was declared.
        Some(Shown::Value(then)) if field.before == Shown::Value(then.clone()) => Since::Pending,
        _ => Since::Both,
    }
}

/// Returns the part at a path of a value that stands `depth` steps down that path, `None` where the path does not tell it.
fn value_at(value: &Shown, path: &[Segment], depth: usize) -> Option<Shown> {
    let (Shown::Value(value), Some(rest)) = (value, path.get(depth..)) else { return None };
    let part = rest.iter().try_fold(value, |value, step| match step {
        Segment::Name(name) => value.get(name),
        _ => None,
    });
    part.cloned().map(Shown::Value)
}

/// Returns whether one path is the other, or leads to it.
fn overlap(one: &FieldPath, other: &FieldPath) -> bool {
    one.0.iter().zip(&other.0).all(|(one, other)| one == other)
}

fn since_of_target(change: &AssignmentChange, before: &[AssignmentChange]) -> Since {
    match before.iter().find(|other| other.target == change.target) {
        None => Since::Pending,
        Some(other) if (other.effect, &other.after) == (change.effect, &change.after) => {
            Since::Drifted
        }
        Some(_) => Since::Both,
    }
}

/// As [`since_of_target`], by all assignments that the earlier manifest declares.
fn since_target_declared(change: &AssignmentChange, declared: &[AssignmentChange]) -> Since {
    let found = declared.iter().find(|other| other.target == change.target);
    match (change.effect, found) {
        (Effect::Add, None) => Since::Pending,
        (_, Some(other)) if other.after == change.after => Since::Drifted,
        (_, Some(other)) if other.after == change.before => Since::Pending,
        _ => Since::Both,
    }
}

/// Returns whether two manifests that no object is bound to declare the same.
fn declares_same(change: &Change, before: &Change) -> bool {
    let declared = |change: &Change| -> Vec<(String, Shown)> {
        change.fields.iter().map(|field| (field.path.to_string(), field.after.clone())).collect()
    };
    let targets = |change: &Change| -> Vec<(String, Option<String>)> {
        let assignments = change.assignments.iter();
        assignments.map(|one| (one.target.clone(), one.filter_after.clone())).collect()
    };
    declared(change) == declared(before) && targets(change) == targets(before)
}
