//! Snapshots of objects for the journal: the properties that a manifest could declare, without secrets.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::entry::Snapshot;
use crate::manifest::Manifest;
use crate::manifest::value::{Declared, Value};
use crate::schema::model::{Model, Property, Shape};
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::GraphVersion;
use crate::schema::walk::{CopyStep, TypedPlace, copy};
use crate::tenant::{Linked, LiveObject};
use crate::values::secret::{is_secret, may_be_from_environment, withheld};
use crate::values::{masked, payload, target_shown};

impl Snapshot {
    /// Returns the snapshot of a live object. Values that the manifest takes from the environment are secrets, whatever
    /// their type says.
    pub(crate) fn of(manifest: &Manifest, live: &LiveObject) -> Self {
        Self {
            kind: live.kind.clone(),
            body: kept_of(GraphVersion::Beta, &live.kind, manifest, &live.body.value(), true),
            assignments: live.assignments.iter().map(target_shown).collect(),
            links: live.links.iter().map(ids).collect(),
        }
    }
}

fn ids((property, linked): (&String, &Vec<Linked>)) -> (String, Vec<String>) {
    let ids = linked.iter().map(|linked| linked.id.clone());
    (property.clone(), ids.collect())
}

/// Returns the part of a body that may be kept, of one that is sent.
pub(super) fn of_body(version: GraphVersion, kind: &str, manifest: &Manifest, body: &Json) -> Json {
    kept_of(version, kind, manifest, body, false)
}

/// Returns the part of a body that may be kept; `is_live` says that the tenant has it.
fn kept_of(
    version: GraphVersion,
    kind: &str,
    manifest: &Manifest,
    body: &Json,
    is_live: bool,
) -> Json {
    let model = Model::of(version);
    if model.get(kind).is_none() || !body.is_object() {
        return Json::Null;
    }
    kept(model, kind, &manifest.spec, body, is_live)
}

fn kept(model: &Model, kind: &str, spec: &Value, body: &Json, is_live: bool) -> Json {
    let shape = Shape::Complex(kind.to_owned());
    // The names of members that the manifest takes from the environment in the top-level property under way.
    let mut secrets = BTreeSet::new();
    let mut step = |place: &TypedPlace<'_, Json>, value: &Json| {
        let Some(name) = place.name else {
            // An element that the manifest takes from the environment.
            let is_secret = matches!(place.shape, Some(Shape::Scalar(_))) && value.is_object();
            return if is_secret { CopyStep::Put(withheld()) } else { CopyStep::Enter };
        };
        if place.parent.is_some_and(|around| around.parent.is_none()) {
            secrets = secrets_of(name, spec);
        }
        match place.property {
            _ if name == "@odata.type" => CopyStep::Enter,
            // Of what no type declares, nothing says whether it is a secret.
            None => CopyStep::Omit,
            Some(property) if property.computed => CopyStep::Omit,
            Some(Property { shape: Shape::Navigation { .. }, .. }) => CopyStep::Omit,
            _ if is_secret(place, value, &secrets) => CopyStep::Put(withheld()),
            // What is masked is kept masked, even where this run could read it.
            _ if masked::reference(value).is_some() => CopyStep::Put(masked::MASK.into()),
            // What the tenant has may be what an earlier manifest took from the environment.
            Some(property)
                if is_live
                    && may_be_from_environment(property)
                    && value.as_str().is_some_and(|text| !is_placeholder(text)) =>
            {
                CopyStep::Put(withheld())
            }
            Some(Property { shape: Shape::Scalar(_), .. }) if value.is_object() => {
                CopyStep::Put(withheld())
            }
            _ => CopyStep::Enter,
        }
    };
    let kept = copy(&TypedPlace::root(model, &shape), body, &mut step).unwrap_or_default();
    // A text that holds a secret is withheld whole: the rest of it must not be written back.
    payload::without_secrets(&kept)
}

fn secrets_of(property: &str, spec: &Value) -> BTreeSet<String> {
    let Some(declared) = spec.get(property) else {
        return BTreeSet::new();
    };
    let mut secrets = declared.secret_members();
    if matches!(declared.declared, Declared::Env(_)) {
        secrets.insert(property.to_owned());
    }
    secrets
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::manifest::load;

    /// Returns the manifest with this spec.
    fn manifest(kind: &str, spec: &str) -> Manifest {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!(
            "apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: contoso }}\nspec: {{ tenantId: contoso.com }}\n---\napiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: it }}\nspec: {spec}\n"
        );
        std::fs::write(folder.path().join("moorline.yaml"), text).expect("a file");
        let desired = load::load(folder.path()).into_desired().expect("valid");
        desired.manifests.into_iter().next().expect("a manifest")
    }

    fn kept_of(manifest: &Manifest, body: &Json) -> Json {
        of_body(GraphVersion::Beta, &manifest.address.kind, manifest, body)
    }

    #[test]
    fn secrets_and_undeclarable_properties_are_not_kept() {
        let wifi = manifest("windowsWifiConfiguration", "{ displayName: Wi-Fi }");
        let body = json!({
            "@odata.type": "#microsoft.graph.windowsWifiConfiguration", "@odata.context": "x", "id": "1", "version": 3,
            "displayName": "Wi-Fi", "description": null, "preSharedKey": "canary", "ofTomorrow": "canary",
        });
        let expected = json!({
            "@odata.type": "#microsoft.graph.windowsWifiConfiguration",
            "displayName": "Wi-Fi", "description": null, "preSharedKey": { "$withheld": true },
        });
        assert_eq!(kept_of(&wifi, &body), expected);
    }

    #[test]
    fn contained_entities_are_kept_without_ids_and_secrets() {
        let spec = manifest("windowsWifiConfiguration", "{ displayName: Wi-Fi }").spec;
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
        assert_eq!(
            kept(crate::schema::testing::model(), "workOrder", &spec, &live, true),
            expected
        );
    }

    #[test]
    fn member_from_the_environment_in_one_element_is_withheld_in_all() {
        let custom = manifest(
            "windows10CustomConfiguration",
            "{ displayName: Custom, omaSettings: [{ '@odata.type': '#microsoft.graph.omaSettingString', displayName: a, omaUri: ./a, value: { $env: A } }] }",
        );
        let oma = |uri: &str, value: Json| json!({ "@odata.type": "#microsoft.graph.omaSettingString", "omaUri": uri, "value": value });
        let body = json!({ "omaSettings": [oma("./a", json!({ "$secret": "env:A" })), oma("./b", "canary".into())] });
        let withheld = json!({ "$withheld": true });
        let expected =
            json!({ "omaSettings": [oma("./a", withheld.clone()), oma("./b", withheld)] });
        assert_eq!(kept_of(&custom, &body), expected);
    }
}
