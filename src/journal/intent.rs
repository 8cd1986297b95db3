//! The parts of the journal's intent that tell what a planned request writes.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::entry::RecordedCall;
use super::snapshot;
use crate::graph::Request;
use crate::manifest::Manifest;
use crate::plan::{Change, FieldStatus, PlannedRequest, Segment, Step};

impl RecordedCall {
    /// Returns the call of a link.
    pub(crate) fn of(planned: &PlannedRequest) -> Option<Self> {
        let Request { method, path, body, .. } = &planned.request;
        let call = || Self { method: *method, path: path.clone(), body: body.clone() };
        planned.step.is_link().then(call)
    }
}

/// Returns the values that a request writes, without secrets.
pub(crate) fn written(manifest: &Manifest, planned: &PlannedRequest) -> Option<Json> {
    let PlannedRequest { step, property, request } = planned;
    let body = request.body.as_ref()?;
    let of_body =
        |body: &Json| snapshot::of_body(request.version, &manifest.address.kind, manifest, body);
    Some(match step {
        Step::Link | Step::Unlink => return None,
        // Targets are names of groups and filters, and no secrets.
        Step::Assign => body.clone(),
        // The member of the action's body has the value of the property.
        Step::Action => {
            let value = body.as_object()?.values().next()?;
            of_body(&json!({ property.as_deref()?: value }))
        }
        Step::Create | Step::Update | Step::Replace | Step::Delete => of_body(body),
    })
}

/// Returns the paths of the properties that a request changes. A collection is changed as a whole.
pub(crate) fn managed(change: &Change, planned: &PlannedRequest) -> Vec<Vec<String>> {
    let members = planned.request.body.as_ref().and_then(Json::as_object);
    let sent = |name: &str| members.is_some_and(|members| members.contains_key(name));
    match planned.step {
        Step::Link | Step::Unlink | Step::Assign | Step::Delete => Vec::new(),
        Step::Action => vec![planned.property.iter().cloned().collect()],
        Step::Create => {
            let names = members.into_iter().flat_map(|members| members.keys());
            let names = names.filter(|name| !name.contains('@'));
            names.map(|name| vec![name.clone()]).collect()
        }
        Step::Update | Step::Replace => {
            // Values that cannot be compared are written again with those that differ.
            let written = change.fields.iter().filter(|field| {
                field.status != FieldStatus::Blocked && field.path.top().is_some_and(sent)
            });
            let paths: BTreeSet<Vec<String>> = written.map(|field| names(&field.path.0)).collect();
            let outermost = |path: &&Vec<String>| {
                !(1..path.len()).any(|length| paths.contains(&path[..length]))
            };
            paths.iter().filter(outermost).cloned().collect()
        }
    }
}

fn names(segments: &[Segment]) -> Vec<String> {
    let names = segments.iter().map_while(|segment| match segment {
        Segment::Name(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}
