//! A planned request as a line of a journal.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::entry::{Call, Image, Intent, Step};
use super::image;
use crate::graph::Request;
use crate::http::Method;
use crate::manifest::Manifest;
use crate::plan::requests::linked_by;
use crate::plan::{Change, FieldStatus, Segment};
use crate::tenant::LiveObject;

/// A request that is about to be sent, and what is known around it.
pub(in crate::apply) struct Write<'a> {
    pub(in crate::apply) change: &'a Change,
    pub(in crate::apply) manifest: &'a Manifest,
    /// The request as the plan has it, without its secrets.
    pub(in crate::apply) planned: &'a Request,
    /// What the object refers to once it is done, of what it writes.
    pub(in crate::apply) links: BTreeMap<String, Vec<String>>,
    /// Whether the change has requests after this one.
    pub(in crate::apply) more: bool,
    /// The object's id, once it has one.
    pub(in crate::apply) id: Option<&'a str>,
    /// The object before the change, with its first request alone.
    pub(in crate::apply) before: Option<&'a LiveObject>,
}

impl Write<'_> {
    /// Returns what a journal says of it.
    pub(in crate::apply) fn intent(&self, at: String) -> Intent {
        let Self { change, manifest, planned, .. } = self;
        let step = step(planned, manifest);
        Intent {
            at,
            address: change.address.clone(),
            display_name: change.display_name.clone(),
            action: change.action,
            step,
            more: self.more,
            id: self.id.map(str::to_owned),
            twin_of: change.twin_of.clone(),
            api_version: manifest.version,
            managed: managed(change, planned, step),
            links: self.links.clone(),
            before: self.before.map(|live| Image::of(manifest, live)),
            written: written(manifest, planned, step),
            call: (step == Step::Link).then(|| Call {
                method: planned.method,
                path: planned.path.clone(),
                body: planned.body.clone(),
            }),
            approval: None,
        }
    }
}

fn step(planned: &Request, manifest: &Manifest) -> Step {
    match planned.method {
        _ if linked_by(&planned.path).is_some() => Step::Link,
        Method::Post if planned.path == manifest.family.path => Step::Create,
        Method::Patch => Step::Patch,
        Method::Put => Step::Put,
        Method::Delete => Step::Delete,
        // It is the one action that is called.
        Method::Post | Method::Get => Step::Assign,
    }
}

fn written(manifest: &Manifest, planned: &Request, step: Step) -> Option<Json> {
    let body = planned.body.as_ref()?;
    Some(match step {
        Step::Link => return None,
        // Targets are names of groups and filters, nothing else.
        Step::Assign => body.clone(),
        _ => image::of_body(planned.version, &manifest.address.kind, manifest, body),
    })
}

/// Returns the names that lead to what a request changes. A collection is changed as a whole.
fn managed(change: &Change, planned: &Request, step: Step) -> Vec<Vec<String>> {
    let members = planned.body.as_ref().and_then(Json::as_object);
    let sent = |name: &str| members.is_some_and(|members| members.contains_key(name));
    match step {
        Step::Link | Step::Assign | Step::Delete => Vec::new(),
        Step::Create => {
            let names = members.into_iter().flat_map(|members| members.keys());
            let names = names.filter(|name| !name.contains('@'));
            names.map(|name| vec![name.clone()]).collect()
        }
        Step::Patch | Step::Put => {
            // What cannot be compared is written again with what differs beside it.
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
