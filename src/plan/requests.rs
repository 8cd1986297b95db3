//! The exact calls of a change.

use serde_json::{Map, Value as Json, json};

use super::merge::echo;
use crate::graph::odata::segment;
use crate::graph::request::{Method, Request};
use crate::kinds::Family;
use crate::manifest::Manifest;
use crate::schema::model::{Model, Shape};
use crate::schema::types::{GraphVersion, odata_type};

/// What stands for the id of an object that does not exist yet in the path of a later call.
pub const NEW_ID: &str = "{id}";

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
    Request::with_body(
        Method::Patch,
        manifest.version,
        path,
        typed(manifest, properties),
    )
}

/// A whole replacement: what differs laid over the live values of everything that must be sent.
pub(super) fn put(manifest: &Manifest, live: &Json, properties: &Map<String, Json>) -> Request {
    let model = Model::of(manifest.version);
    let live = echo(model, &Shape::Complex(manifest.address.kind.clone()), live);
    let mut body = Map::new();
    for name in manifest.family.whole {
        let value = properties.get(*name).or_else(|| live.get(*name)).cloned();
        body.insert((*name).to_owned(), value.unwrap_or(Json::Null));
    }
    Request::with_body(
        Method::Put,
        manifest.version,
        manifest.family.path,
        body.into(),
    )
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
            let intent = target
                .as_object_mut()
                .and_then(|members| members.remove("intent"));
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
    let mut body = Map::from_iter([(
        "@odata.type".to_owned(),
        odata_type(&manifest.address.kind).into(),
    )]);
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
