//! Objects as far as a journal may keep them: what somebody could declare of them, and no secrets.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::entry::Snapshot;
use crate::manifest::Manifest;
use crate::manifest::value::Declared;
use crate::schema::model::{Model, Shape, Structure};
use crate::schema::types::{GraphVersion, type_name};
use crate::tenant::{Linked, LiveObject};
use crate::values::{masked, target_form};

impl Snapshot {
    /// Returns a live object as far as it may be kept. What the manifest takes from the environment is a secret,
    /// whatever the type says.
    pub(crate) fn of(manifest: &Manifest, live: &LiveObject) -> Self {
        Self {
            kind: live.kind.clone(),
            body: of_body(GraphVersion::Beta, &live.kind, manifest, &live.body.value()),
            assignments: live.assignments.iter().map(target_form).collect(),
            links: live.links.iter().map(ids).collect(),
        }
    }
}

fn ids((property, linked): (&String, &Vec<Linked>)) -> (String, Vec<String>) {
    let ids = linked.iter().map(|linked| linked.id.clone());
    (property.clone(), ids.collect())
}

/// Returns the body of a request, or of an object, as far as it may be kept.
pub(super) fn of_body(version: GraphVersion, kind: &str, manifest: &Manifest, body: &Json) -> Json {
    let model = Model::of(version);
    let (Some(structure), Some(members)) = (model.get(kind), body.as_object()) else {
        return Json::Null;
    };
    let secrets_of = |name: &str| -> BTreeSet<String> {
        let Some(declared) = manifest.spec.get(name) else {
            return BTreeSet::new();
        };
        let mut secrets = declared.secret_members();
        if matches!(declared.declared, Declared::Env(_)) {
            secrets.insert(name.to_owned());
        }
        secrets
    };
    let kept = members.iter().filter_map(|(name, value)| {
        let keeper = Keeper { model, secrets: secrets_of(name) };
        Some((name.clone(), keeper.member(&structure, name, value)?))
    });
    kept.collect::<Map<_, _>>().into()
}

/// Walks one top-level property.
struct Keeper {
    model: &'static Model,
    /// The names of members that the manifest takes from the environment.
    secrets: BTreeSet<String>,
}

impl Keeper {
    /// Returns a member as far as it may be kept, nothing where it may not: of what no type declares, nobody can
    /// say whether it is a secret.
    fn member(&self, structure: &Structure, name: &str, value: &Json) -> Option<Json> {
        if name == "@odata.type" {
            return Some(value.clone());
        }
        let property = structure.properties.get(name)?;
        if property.computed || matches!(property.shape, Shape::Navigation { .. }) {
            return None;
        }
        let secret = property.facts.sensitive || self.secrets.contains(name);
        if secret && !value.is_null() {
            return Some(json!({ "$withheld": true }));
        }
        Some(self.value(&property.shape, value))
    }

    fn value(&self, shape: &Shape, value: &Json) -> Json {
        match (shape, value) {
            (Shape::Complex(_) | Shape::Poly(_), Json::Object(members)) => {
                let stated = members.get("@odata.type").and_then(Json::as_str);
                let Some(structure) = self.model.actual(shape, stated.and_then(type_name)) else {
                    return Json::Null;
                };
                let kept = members.iter().filter_map(|(name, value)| {
                    Some((name.clone(), self.member(&structure, name, value)?))
                });
                kept.collect::<Map<_, _>>().into()
            }
            (Shape::Collection(element, _), Json::Array(items)) => {
                items.iter().map(|item| self.value(element, item)).collect()
            }
            // What is masked is kept masked, even where this run could read it.
            (_, value) if masked::reference(value).is_some() => masked::MASK.into(),
            // An element that the manifest takes from the environment.
            (Shape::Scalar(_), Json::Object(_)) => json!({ "$withheld": true }),
            _ => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::bundle;

    /// Returns the manifest with this spec.
    fn manifest(kind: &str, spec: &str) -> Manifest {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!(
            "apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: contoso }}\nspec: {{ tenantId: contoso.com }}\n---\napiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: it }}\nspec: {spec}\n"
        );
        std::fs::write(folder.path().join("moorline.yaml"), text).expect("a file");
        let desired = bundle::load(folder.path()).into_desired().expect("valid");
        desired.manifests.into_iter().next().expect("a manifest")
    }

    fn kept(manifest: &Manifest, body: &Json) -> Json {
        of_body(GraphVersion::Beta, &manifest.address.kind, manifest, body)
    }

    #[test]
    fn neither_secrets_nor_what_nobody_declares_is_kept() {
        let wifi = manifest("windowsWifiConfiguration", "{ displayName: Wi-Fi }");
        let body = json!({
            "@odata.type": "#microsoft.graph.windowsWifiConfiguration", "@odata.context": "x", "id": "1", "version": 3,
            "displayName": "Wi-Fi", "description": null, "preSharedKey": "canary", "ofTomorrow": "canary",
        });
        let expected = json!({
            "@odata.type": "#microsoft.graph.windowsWifiConfiguration",
            "displayName": "Wi-Fi", "description": null, "preSharedKey": { "$withheld": true },
        });
        assert_eq!(kept(&wifi, &body), expected);
    }

    #[test]
    fn contained_entities_are_kept_without_ids_and_secrets() {
        let keeper = Keeper { model: crate::schema::fixture::model(), secrets: BTreeSet::new() };
        let live = json!({
            "id": "1",
            "displayName": "Order",
            "tasks@odata.context": "x",
            "tasks": [{ "id": "2", "label": null, "steps": [
                { "id": "3", "action": "block", "hours": 1, "pin": "canary" },
                { "id": "4", "@odata.type": "#microsoft.graph.timedStep", "action": "mail", "at": "08:00:00" },
            ] }],
            "seal": { "id": "5", "color": "red" },
            "log": [{ "id": "6" }],
        });
        let expected = json!({
            "displayName": "Order",
            "tasks": [{ "label": null, "steps": [
                { "action": "block", "hours": 1, "pin": { "$withheld": true } },
                { "@odata.type": "#microsoft.graph.timedStep", "action": "mail", "at": "08:00:00" },
            ] }],
            "seal": { "color": "red" },
        });
        assert_eq!(keeper.value(&Shape::Complex("workOrder".to_owned()), &live), expected);
    }

    #[test]
    fn what_one_element_takes_from_the_environment_is_kept_of_none() {
        let custom = manifest(
            "windows10CustomConfiguration",
            "{ displayName: Custom, omaSettings: [{ '@odata.type': '#microsoft.graph.omaSettingString', displayName: a, omaUri: ./a, value: { $env: A } }] }",
        );
        let oma = |uri: &str, value: Json| json!({ "@odata.type": "#microsoft.graph.omaSettingString", "omaUri": uri, "value": value });
        let body = json!({ "omaSettings": [oma("./a", json!({ "$secret": "env:A" })), oma("./b", "canary".into())] });
        let withheld = json!({ "$withheld": true });
        let expected =
            json!({ "omaSettings": [oma("./a", withheld.clone()), oma("./b", withheld)] });
        assert_eq!(kept(&custom, &body), expected);
    }
}
