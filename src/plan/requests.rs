//! The exact calls of a change.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::merge::Echo;
use crate::graph::request::Request;
use crate::http::Method;
use crate::http::odata::segment;
use crate::kinds::Family;
use crate::manifest::{Address, Link, Manifest};
use crate::schema::model::{Model, Shape};
use crate::schema::types::{GraphVersion, odata_type};

/// What stands for the id of an object that does not exist yet in the path of a later call.
pub const NEW_ID: &str = "{id}";

/// What stands for an object's own address in a body until it is sent: its id, or its manifest's address.
pub(crate) const OBJECT: &str = "$object";

/// What stands for the id of a manifest's object: it may not exist yet, and another one may by then.
pub(crate) const ID: &str = "$id";

/// What follows the name of a navigation property in a body that binds it.
const BIND: &str = "@odata.bind";

/// The end of a path that stands for a reference, and not for what it leads to.
const REF: &str = "/$ref";

/// An object that is referred to.
pub(super) enum Bind {
    /// By its id.
    Id(String),
    /// By the address of its manifest.
    Manifest(Address),
}

impl Bind {
    /// Returns the id, or what stands for it.
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::Id(id) => id.as_str().into(),
            Self::Manifest(address) => json!({ ID: address.to_string() }),
        }
    }

    fn object(&self) -> Json {
        json!({ OBJECT: self.to_json() })
    }
}

/// Returns the member of a new object's body that makes it refer to others.
pub(super) fn bind<'a>(link: &Link, to: impl Iterator<Item = &'a Bind>) -> (String, Json) {
    let mut objects: Vec<Json> = to.map(Bind::object).collect();
    let value = match link.many {
        true => objects.into(),
        false => objects.pop().unwrap_or_default(),
    };
    (format!("{}{BIND}", link.property), value)
}

/// Makes an existing object refer to another one. A collection takes one more, and no PUT
/// (IntuneManagement#114).
pub(super) fn link(manifest: &Manifest, id: &str, link: &Link, to: &Bind) -> Request {
    let method = if link.many { Method::Post } else { Method::Put };
    let path = link_path(manifest, id, link) + REF;
    let body = json!({ "@odata.id": to.object() });
    Request::with_body(method, manifest.version, path, body)
}

/// Takes a reference away.
pub(super) fn unlink(manifest: &Manifest, id: &str, link: &Link, to: &str) -> Request {
    let mut path = link_path(manifest, id, link);
    if link.many {
        path = format!("{path}/{}", segment(to));
    }
    Request { method: Method::Delete, version: manifest.version, path: path + REF, body: None }
}

/// Only below its own type does an object have navigation properties (FACTS 12).
fn link_path(manifest: &Manifest, id: &str, link: &Link) -> String {
    let (family, kind) = (manifest.family, &manifest.address.kind);
    format!("{}/microsoft.graph.{kind}/{}", object_path(family, id), link.property)
}

/// Returns the navigation property that a call adds a reference to, or takes one from.
pub(crate) fn linked_by(path: &str) -> Option<&str> {
    let (_, below) = path.strip_suffix(REF)?.split_once("/microsoft.graph.")?;
    below.split('/').nth(1)
}

/// Returns the navigation property that a member of a new object's body binds.
pub(crate) fn bound_by(member: &str) -> Option<&str> {
    member.strip_suffix(BIND)
}

/// Returns the path of an object.
pub(crate) fn object_path(family: &Family, id: &str) -> String {
    match id {
        NEW_ID => format!("{}/{NEW_ID}", family.path),
        id => format!("{}/{}", family.path, segment(id)),
    }
}

pub(super) fn create(manifest: &Manifest, properties: Map<String, Json>) -> Request {
    let body = typed(manifest, properties);
    Request::with_body(Method::Post, manifest.version, manifest.family.path, body)
}

pub(super) fn patch(manifest: &Manifest, id: &str, properties: Map<String, Json>) -> Request {
    let path = object_path(manifest.family, id);
    Request::with_body(Method::Patch, manifest.version, path, typed(manifest, properties))
}

/// A whole replacement: what differs laid over the live values of everything that must be sent, and of
/// everything that no type tells of.
///
/// # Errors
/// The live members that it would unset because the manifest's version does not have them.
pub(super) fn put(
    manifest: &Manifest,
    live: &Json,
    properties: &Map<String, Json>,
) -> Result<Request, BTreeSet<String>> {
    let model = Model::of(manifest.version);
    let (kind, whole) = (&manifest.address.kind, manifest.family.whole);
    let mut echo = Echo::of(model);
    let live = echo.value(&Shape::Complex(kind.clone()), live);
    if !echo.left_out.is_empty() {
        return Err(echo.left_out);
    }
    let structure = model.get(kind);
    let is_known = |name: &str| {
        let mut structure = structure.iter();
        structure.any(|structure| structure.properties.contains_key(name))
    };
    let members = live.as_object().into_iter().flatten();
    let sent = members.filter(|(name, _)| whole.contains(&name.as_str()) || !is_known(name));
    let mut body: Map<String, Json> =
        sent.map(|(name, value)| (name.clone(), value.clone())).collect();
    let declared = properties.iter().filter(|(name, _)| whole.contains(&name.as_str()));
    body.extend(declared.map(|(name, value)| (name.clone(), value.clone())));
    let (version, path) = (manifest.version, manifest.family.path);
    Ok(Request::with_body(Method::Put, version, path, body.into()))
}

pub(super) fn delete(manifest: &Manifest, id: &str) -> Request {
    Request {
        method: Method::Delete,
        version: manifest.version,
        path: object_path(manifest.family, id),
        body: None,
    }
}

/// Replaces all assignments. Always beta: v1.0 has no filters and would drop them.
pub(super) fn assign(
    manifest: &Manifest,
    id: &str,
    targets: impl Iterator<Item = Json>,
) -> Request {
    let assignments: Vec<Json> = targets
        .map(|mut target| {
            let intent = target.as_object_mut().and_then(|members| members.remove("intent"));
            match intent {
                Some(intent) => json!({ "intent": intent, "target": target }),
                None => json!({ "target": target }),
            }
        })
        .collect();
    let path = format!("{}/assign", object_path(manifest.family, id));
    Request::with_body(
        Method::Post,
        GraphVersion::Beta,
        path,
        json!({ "assignments": assignments }),
    )
}

/// Returns the assignments that a call sets, where it sets any.
pub(super) fn assigned(request: &Request) -> Option<&[Json]> {
    let body = request.body.as_ref()?;
    let is_assign = request.path.ends_with("/assign");
    is_assign.then(|| body.get("assignments")?.as_array().map(Vec::as_slice))?
}

fn typed(manifest: &Manifest, properties: Map<String, Json>) -> Json {
    let mut body =
        Map::from_iter([("@odata.type".to_owned(), odata_type(&manifest.address.kind).into())]);
    body.extend(properties);
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn an_id_stays_one_segment_of_its_path() {
        let family = &kinds::FAMILIES[0];
        let path = |id| object_path(family, id)[family.path.len()..].to_owned();
        assert_eq!(path("a/../b?c"), "/a%2F..%2Fb%3Fc");
        assert_eq!(path(NEW_ID), "/{id}", "it is filled in later");
    }
}
