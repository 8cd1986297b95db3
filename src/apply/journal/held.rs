//! Whether an object still holds what a change left in it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::declare::{Declaration, Lost, holds_instruction, parts};
use super::entry::{Begun, Step};
use crate::apply::wording;
use crate::diagnostic::{Sources, Span};
use crate::kinds::{self, Cardinality};
use crate::manifest::reference::{Reference, Referent};
use crate::manifest::value::Value;
use crate::manifest::{Address, Assignment, Link, Manifest, Presence};
use crate::plan::{self, Action, FieldStatus};
use crate::schema::model::{Model, Shape};
use crate::schema::types::GraphVersion;
use crate::tenant::masked::Clear;
use crate::tenant::names::Names;
use crate::tenant::referents::Referents;
use crate::tenant::{Known, LiveObject};

/// Returns how an object differs from what a change left in it, in words; nothing where it does not. What
/// nobody can compare is no difference.
pub(in crate::apply) fn differences(
    begun: &Begun<'_>,
    live: &LiveObject,
    sources: &Sources,
    span: Span,
) -> Vec<String> {
    let Some(left) = left(begun, span) else {
        return Vec::new();
    };
    let known = Known {
        names: &Names::of_ids(),
        clear: &Clear::default(),
        referents: &Referents::of_ids(),
    };
    let now = plan::compare(sources, known, &left, Some(live));
    if now.action == Action::Replace {
        return vec![format!("it is a `{}` now", live.kind)];
    }
    let fields = now.with_status(FieldStatus::Change);
    let mut words: Vec<String> = fields.map(wording::left_and_is).collect();
    if !now.assignments.is_empty() {
        words.push("its assignments changed".to_owned());
    }
    words
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
    let mut linked = begun.links();
    for (property, ids) in &mut linked {
        if let Some(shown) = image.and_then(|image| image.links.get(property)) {
            ids.clone_from(shown);
        }
    }
    manifest.links = links(&address.kind, &linked, span);
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

/// Declares what an object refers to, by ids. A property that leads nowhere is not declared.
pub(in crate::apply) fn links(
    kind: &str,
    ids: &BTreeMap<String, Vec<String>>,
    span: Span,
) -> Vec<Link> {
    let Some(structure) = Model::of(GraphVersion::Beta).get(kind) else {
        return Vec::new();
    };
    let links = structure.references().filter_map(|(property, target)| {
        let references = ids.get(&property.name)?.iter().map(|id| Reference {
            to: Referent::Id(id.to_lowercase()),
            span,
        });
        let many = matches!(
            property.shape,
            Shape::Navigation {
                collection: true,
                ..
            }
        );
        Some(Link {
            property: property.name.clone(),
            many,
            target: target.to_owned(),
            references: references.collect(),
            span,
        })
    });
    links.collect()
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
        links: Vec::new(),
        assignments: None,
        span,
    })
}

/// Returns whether a kind has one object, which always exists.
pub(in crate::apply) fn is_singleton(kind: &str) -> bool {
    kinds::family_of(kind).is_some_and(|family| family.cardinality == Cardinality::Singleton)
}
