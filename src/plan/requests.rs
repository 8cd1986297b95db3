//! The requests of a change.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::merge::echo;
use crate::graph::request::Request;
use crate::http::Method;
use crate::http::odata::segment;
use crate::kinds::{Family, ODataAction};
use crate::manifest::{Link, Manifest};
use crate::schema::model::{Model, Shape};
use crate::schema::types::{GraphVersion, odata_type};
use crate::values::payload;

/// A request of a change, with its step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedRequest {
    /// The step. Plans of earlier releases have none; a saved plan is compared by its requests, never executed.
    #[serde(default)]
    pub step: Step,
    /// The property that a link, an unlink, an assignment or an action is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The request, with placeholders for ids that are not known yet.
    #[serde(flatten, serialize_with = "without_secrets")]
    pub request: Request,
}

/// Writes a request with a digest in the place of each text that holds a secret.
fn without_secrets<S: Serializer>(request: &Request, serializer: S) -> Result<S::Ok, S::Error> {
    readable(request).serialize(serializer)
}

/// Returns a request as it may be kept, with a digest in the place of each text that holds a secret.
pub(super) fn readable(request: &Request) -> Request {
    let body = request.body.as_ref().map(payload::with_digests);
    Request { body, ..request.clone() }
}

/// The step of a change that a request makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Creates the object.
    Create,
    /// Updates some of its properties.
    #[default]
    #[serde(rename = "patch")]
    Update,
    /// Replaces its properties.
    #[serde(rename = "put")]
    Replace,
    /// Adds a reference to another object.
    Link,
    /// Removes a reference to another object.
    Unlink,
    /// Replaces its assignments.
    Assign,
    /// Replaces one collection by its own action.
    Action,
    /// Deletes the object.
    Delete,
}

impl Step {
    /// Returns whether the step adds or removes a reference.
    pub fn is_link(self) -> bool {
        matches!(self, Self::Link | Self::Unlink)
    }

    /// Returns whether the step writes properties of the object.
    pub fn writes_properties(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Replace | Self::Action)
    }
}

impl PlannedRequest {
    fn new(step: Step, manifest: &Manifest, path: String, body: Option<Json>) -> Self {
        let (version, method) = match step {
            Step::Create | Step::Link => (manifest.version, Method::Post),
            Step::Update => (manifest.version, Method::Patch),
            Step::Replace => (manifest.version, Method::Put),
            Step::Unlink | Step::Delete => (manifest.version, Method::Delete),
            Step::Assign | Step::Action => (GraphVersion::Beta, Method::Post),
        };
        Self { step, property: None, request: Request { method, version, path, body } }
    }

    fn about(self, property: &str) -> Self {
        Self { property: Some(property.to_owned()), ..self }
    }

    /// Returns the navigation property of a step that adds or removes a reference.
    pub fn links(&self) -> Option<&str> {
        self.property.as_deref().filter(|_| self.step.is_link())
    }
}

/// The placeholder for the id of an object that does not exist yet in the path of a later request.
pub const NEW_ID: &str = "{id}";

/// The member that stands for an object's URL in a body until the request is sent.
pub(crate) const OBJECT: &str = "$object";

/// The member that stands for the id of a manifest's object until the request is sent.
pub(crate) const ID: &str = "$id";

/// The suffix of a navigation property's name in a body that binds it.
const BIND: &str = "@odata.bind";

/// The end of a path to a reference rather than to its target.
const REF: &str = "/$ref";

/// Returns the member of a new object's body that makes it refer to others, by their ids.
pub(super) fn bind<'a>(link: &Link, ids: impl Iterator<Item = &'a Json>) -> (String, Json) {
    let mut objects: Vec<Json> = ids.map(|id| json!({ OBJECT: id })).collect();
    let value = if link.many { objects.into() } else { objects.pop().unwrap_or_default() };
    (format!("{}{BIND}", link.property), value)
}

/// Makes an existing object refer to another one. A collection takes one more, and no PUT
/// (IntuneManagement#114).
pub(super) fn link(manifest: &Manifest, id: &str, link: &Link, to: &Json) -> PlannedRequest {
    let (path, body) =
        (link_path(manifest, id, link) + REF, json!({ "@odata.id": { OBJECT: to } }));
    let mut planned = PlannedRequest::new(Step::Link, manifest, path, Some(body));
    if !link.many {
        planned.request.method = Method::Put;
    }
    planned.about(&link.property)
}

/// Removes a reference.
pub(super) fn unlink(manifest: &Manifest, id: &str, link: &Link, to: &str) -> PlannedRequest {
    let element = if link.many { format!("/{}", segment(to)) } else { String::new() };
    let path = link_path(manifest, id, link) + &element + REF;
    PlannedRequest::new(Step::Unlink, manifest, path, None).about(&link.property)
}

/// Returns the path of a navigation property, which exists below the object's own type only (FACTS 12).
fn link_path(manifest: &Manifest, id: &str, link: &Link) -> String {
    let (family, kind) = (manifest.family, &manifest.address.kind);
    format!("{}/microsoft.graph.{kind}/{}", object_path(family, id), link.property)
}

/// Returns the navigation property that a member of a new object's body binds.
pub(crate) fn bound_by(member: &str) -> Option<&str> {
    member.strip_suffix(BIND)
}

/// Returns the path of an object, or of one that does not exist yet.
fn object_path(family: &Family, id: &str) -> String {
    let is_new = id == NEW_ID && !family.is_singleton();
    if is_new { format!("{}/{NEW_ID}", family.path) } else { family.object_path(id) }
}

/// Creates the object.
pub(super) fn create(manifest: &Manifest, properties: Map<String, Json>) -> PlannedRequest {
    let (path, body) = (manifest.family.path.to_owned(), typed(manifest, properties));
    PlannedRequest::new(Step::Create, manifest, path, Some(body))
}

/// Updates some properties.
pub(super) fn patch(
    manifest: &Manifest,
    id: &str,
    properties: Map<String, Json>,
) -> PlannedRequest {
    let (path, body) = (object_path(manifest.family, id), typed(manifest, properties));
    PlannedRequest::new(Step::Update, manifest, path, Some(body))
}

/// A whole replacement: what differs laid over the live values of everything that must be sent, and of
/// everything that no type tells of.
///
/// # Errors
/// The live members that it would unset because the manifest's version does not have them.
pub(super) fn put(
    manifest: &Manifest,
    id: &str,
    live: &Json,
    required: &[&str],
    properties: Map<String, Json>,
) -> Result<PlannedRequest, BTreeSet<String>> {
    let model = Model::of(manifest.version);
    let kind = &manifest.address.kind;
    let (mut live, left_out) = echo(model, &Shape::Complex(kind.clone()), live);
    if !left_out.is_empty() {
        return Err(left_out);
    }
    let structure = model.get(kind);
    let is_known = |name: &str| structure.iter().any(|known| known.properties.contains_key(name));
    let mut body = live.as_object_mut().map(std::mem::take).unwrap_or_default();
    body.retain(|name, _| required.contains(&name.as_str()) || !is_known(name));
    body.extend(properties);
    let path = object_path(manifest.family, id);
    Ok(PlannedRequest::new(Step::Replace, manifest, path, Some(body.into())))
}

/// Deletes the object.
pub(super) fn delete(manifest: &Manifest, id: &str) -> PlannedRequest {
    PlannedRequest::new(Step::Delete, manifest, object_path(manifest.family, id), None)
}

/// Replaces all assignments.
pub(super) fn assign(
    manifest: &Manifest,
    assign: &ODataAction,
    id: &str,
    targets: impl Iterator<Item = Json>,
) -> PlannedRequest {
    let assignments = targets.map(|mut target| {
        match target.as_object_mut().and_then(|members| members.remove("intent")) {
            Some(intent) => json!({ "intent": intent, "target": target }),
            None => json!({ "target": target }),
        }
    });
    call(Step::Assign, manifest, assign, id, assignments.collect())
}

/// Calls an action. Always beta: v1.0 has no filters of assignments and would drop them, and refuses members of enums
/// that only beta has, which another collection may hold.
pub(super) fn call(
    step: Step,
    manifest: &Manifest,
    action: &ODataAction,
    id: &str,
    value: Json,
) -> PlannedRequest {
    let path = format!("{}/{}", object_path(manifest.family, id), action.segment);
    let body = Json::Object(Map::from_iter([(action.body_key.to_owned(), value)]));
    PlannedRequest::new(step, manifest, path, Some(body)).about(action.property)
}

/// Returns the assignments that requests set, where one of them sets any.
pub(super) fn assigned<'a>(requests: &'a [PlannedRequest], family: &Family) -> Option<&'a [Json]> {
    let assign = requests.iter().find(|planned| planned.step == Step::Assign)?;
    let body = assign.request.body.as_ref()?;
    body.get(family.assign?.body_key)?.as_array().map(Vec::as_slice)
}

/// Returns a body of the manifest's type. With a secret goes the member that says whether it is set: while that is
/// false, the service ignores the secret (FACTS 12).
fn typed(manifest: &Manifest, properties: Map<String, Json>) -> Json {
    let kind = &manifest.address.kind;
    let mut body = Map::from_iter([("@odata.type".to_owned(), odata_type(kind).into())]);
    let structure = Model::of(manifest.version).get(kind);
    let known = structure.iter().flat_map(|structure| structure.properties.values());
    for property in known {
        if let (Some(twin), Some(value)) =
            (&property.facts.shown_by, properties.get(&property.name))
        {
            body.insert(twin.clone(), (!value.is_null()).into());
        }
    }
    body.extend(properties);
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn path_of_a_new_object_has_a_placeholder_for_its_id() {
        let family = kinds::FAMILIES[0];
        assert_eq!(object_path(family, NEW_ID), format!("{}/{{id}}", family.path));
        assert_eq!(object_path(family, "a/b"), family.object_path("a/b"));
    }
}
