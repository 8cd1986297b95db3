//! Whether an object still holds what a change left in it.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::declare::{Declaration, Lost, holds_instruction, parts};
use super::entry::{Begun, Step};
use crate::apply::wording;
use crate::diagnostic::{Sources, Span};
use crate::kinds::{self, Cardinality};
use crate::manifest::value::Value;
use crate::manifest::{Address, Assignment, Manifest, Presence};
use crate::plan::{self, Action, FieldStatus};
use crate::schema::types::GraphVersion;
use crate::tenant::masked::Clear;
use crate::tenant::names::Names;
use crate::tenant::{Known, LiveObject};

/// How an object differs from what a change left in it. What nobody can compare is no difference.
#[derive(Debug, Default)]
pub(in crate::apply) struct Differences {
    /// What its settings were left at and are now, in words.
    pub(in crate::apply) settings: Vec<String>,
    /// Whether it is assigned to others.
    pub(in crate::apply) assignments: bool,
}

/// Compares an object with what a change left in it.
pub(in crate::apply) fn differences(
    begun: &Begun<'_>,
    live: &LiveObject,
    sources: &Sources,
    span: Span,
) -> Differences {
    let Some(left) = left(begun, span) else {
        return Differences::default();
    };
    let known = Known {
        names: &Names::of_ids(),
        clear: &Clear::default(),
    };
    let now = plan::compare(sources, known, &left, Some(live));
    let fields = now.with_status(FieldStatus::Change);
    let settings = match now.action {
        Action::Replace => vec![format!("it is a `{}` now", live.kind)],
        _ => fields.map(wording::left_and_is).collect(),
    };
    Differences {
        settings,
        assignments: !now.assignments.is_empty(),
    }
}

/// Returns whether an object is assigned as it was before a change; what is new is not assigned.
pub(in crate::apply) fn is_assigned_as_before(begun: &Begun<'_>, live: &LiveObject) -> bool {
    let forms = |targets: &[Json]| -> BTreeSet<String> {
        let forms = targets.iter().map(plan::target_form);
        forms.map(|form| form.to_string()).collect()
    };
    let before = begun.first.before.as_ref();
    let before = before.filter(|_| begun.step(Step::Create).is_none());
    let before = before.map_or(&[][..], |image| &image.assignments[..]);
    forms(&live.assignments) == forms(before)
}

/// Returns a manifest of what a change left.
fn left(begun: &Begun<'_>, span: Span) -> Option<Manifest> {
    let image = begun.fate.and_then(|fate| fate.left.as_ref());
    let steps = [Step::Create, Step::Patch, Step::Put];
    let wrote = steps.into_iter().find_map(|step| begun.step(step));
    let address = &begun.first.address;
    let spec = wrote.map(|intent| {
        let (version, body) = match (image, &intent.written) {
            (Some(image), _) => (GraphVersion::Beta, &image.body),
            (None, Some(written)) => (intent.api_version, written),
            (None, None) => (intent.api_version, &Json::Null),
        };
        let Declaration { spec, .. } = parts(version, &address.kind, body, &intent.managed, span);
        (version, spec)
    });
    let assigned = match (begun.step(Step::Assign), begun.step(Step::Create)) {
        (Some(_), _) if image.is_some() => image.map(|image| image.assignments.clone()),
        (Some(intent), _) => intent.written.as_ref().map(targets_of),
        (None, Some(_)) => Some(Vec::new()),
        (None, None) => None,
    };
    let (version, spec) = match spec {
        Some(known) => known,
        None => (
            GraphVersion::Beta,
            Value::from_json(&serde_json::json!({}), span),
        ),
    };
    let mut manifest = manifest(address, version, spec, span)?;
    // What cannot be declared is left out of the comparison.
    manifest.assignments = assigned.and_then(|targets| assignments(&targets, span).ok());
    Some(manifest)
}

/// Returns the targets in the body of an assignment.
pub(in crate::apply) fn targets_of(written: &Json) -> Vec<Json> {
    let assignments = written.get("assignments").and_then(Json::as_array);
    let targets = assignments.into_iter().flatten().map(plan::target_form);
    targets.collect()
}

/// Declares assignments by their targets.
pub(in crate::apply) fn assignments(targets: &[Json], span: Span) -> Result<Vec<Assignment>, Lost> {
    if targets.iter().any(holds_instruction) {
        return Err(Lost::Instruction);
    }
    let targets = targets.iter();
    Ok(targets
        .map(|target| Assignment::of_target(target, span))
        .collect())
}

/// Returns a manifest that declares so much, nothing where the kind is none.
pub(in crate::apply) fn manifest(
    address: &Address,
    version: GraphVersion,
    spec: Value,
    span: Span,
) -> Option<Manifest> {
    Some(Manifest {
        address: address.clone(),
        family: kinds::family_of(&address.kind)?,
        version,
        id: None,
        formerly: Vec::new(),
        presence: Presence::Present,
        protect: false,
        spec,
        assignments: None,
        span,
    })
}

/// Returns whether a kind has one object, which always exists.
pub(in crate::apply) fn is_singleton(kind: &str) -> bool {
    kinds::family_of(kind).is_some_and(|family| family.cardinality == Cardinality::Singleton)
}
