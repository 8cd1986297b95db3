//! Objects of every kind, from the facts about it: imported, planned to zero, imported again, and created anew from what
//! was imported.

use std::collections::{BTreeMap, BTreeSet};

use moorline::kinds::Kind;
use moorline::schema::model::{Model, Shape};
use moorline::schema::types::GraphVersion;
use moorline::values::canonical::{is_unset, object_form};
use serde_json::{Map, Value, json};

use super::{files, importing, secrets_of};
use crate::samples::{self, SECRET};
use crate::support::{Workspace, create_defaults};

/// The collections of a state that hold objects of families.
const FAMILIES: [&str; 3] =
    ["deviceConfigurations", "deviceCompliancePolicies", "configurationPolicies"];

type MakeSpec = fn(&Model, &str) -> Map<String, Value>;

/// Returns the state of a tenant with an object of every kind.
fn state_with(make: MakeSpec) -> Value {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&samples::directory());
    let model = Model::of(GraphVersion::Beta);
    let kinds: Vec<Kind> = samples::creatable()
        .into_iter()
        .filter(|kind| kind.versions[0] == GraphVersion::Beta)
        .collect();
    assert!(kinds.len() > 120, "{} kinds", kinds.len());
    for kind in &kinds {
        let manifest = json!({
            "apiVersion": "graph.microsoft.com/beta",
            "kind": kind.name,
            "metadata": { "name": "one" },
            "spec": make(model, &kind.name),
        });
        workspace.write(&format!("{}.yaml", kind.name), manifest.to_string());
    }
    // An object that is assigned in every way.
    let assigned = json!({
        "apiVersion": "graph.microsoft.com/beta",
        "kind": "windowsIdentityProtectionConfiguration",
        "metadata": { "name": "assigned" },
        "spec": { "displayName": "Assigned" },
        "assignments": [
            { "group": "Group A" },
            { "excludeGroup": "Group B" },
            { "allDevices": true },
            { "allUsers": true },
        ],
    });
    workspace.write("assigned.yaml", assigned.to_string());
    let arguments = [
        "apply",
        "--yes",
        "--sandbox=s.json",
        "--allow",
        "assign-all",
        "--allow",
        "registration/mfa-off",
        "--allow",
        "registration/opened",
        "--allow",
        "registration/laps-off",
        "--allow",
        "registration/local-admins-widened",
        "--allow",
        "registration/join-nobody",
    ];
    workspace.run_with(&arguments, &[(SECRET, "canary-a-sample")]).expect(0);
    workspace.json("s.json")
}

/// Imports a tenant, and what was imported into an empty one, and compares the two.
fn survives(make: MakeSpec) {
    let state = state_with(make);
    let workspace = importing(&state);
    let imported =
        workspace.run(&["import", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    assert_eq!(imported["plan"]["isEmpty"], true, "{:#}", imported["plan"]);
    let objects: usize = FAMILIES.iter().map(|family| objects(&state, family).len()).sum();
    // The registration policy is one more.
    assert_eq!(imported["items"].as_array().expect("a list").len(), objects + 1);
    workspace.run(&["validate"]).expect(0);
    let plan = workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
    assert!(plan.stdout.contains("No changes."), "{}", plan.stdout);

    let before = files(&workspace);
    let again = workspace.run(&["import", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    let mut items = again["items"].as_array().expect("a list").iter();
    assert!(items.all(|item| item["action"] == "managed"), "{again:#}");
    assert_eq!(files(&workspace), before, "a second import changes no byte");

    let secrets = secrets_of(&imported);
    let secrets: Vec<(&str, &str)> =
        secrets.iter().map(|secret| (secret.as_str(), "canary-a-sample")).collect();
    // Where no source says what a create yields, it yields something else in the new tenant.
    let mut seed = samples::directory();
    seed["createDefaults"] = create_defaults::perturbed();
    workspace.seed(&seed);
    let arguments = ["apply", "--yes", "--sandbox=new.json", "--allow", "assign-all"];
    workspace.run_with(&arguments, &secrets).expect(0);
    let lost = lost(&state, &workspace.json("new.json"), &imported);
    assert!(lost.is_empty(), "{} differ:\n{}", lost.len(), lost.join("\n"));
}

fn objects(state: &Value, family: &str) -> BTreeMap<(String, String), Value> {
    let objects = state[family].as_array().into_iter().flatten();
    let named = objects.map(|object| {
        let kind = object["@odata.type"].as_str().unwrap_or(family).to_owned();
        let name = object["displayName"].as_str().or(object["name"].as_str());
        ((kind, name.unwrap_or_default().to_owned()), object.clone())
    });
    named.collect()
}

/// Returns the properties in which the objects of two tenants differ, those apart that the import told to be left out.
fn lost(before: &Value, after: &Value, imported: &Value) -> Vec<String> {
    let model = Model::of(GraphVersion::Beta);
    let mut lost = Vec::new();
    for family in FAMILIES {
        let new = objects(after, family);
        for ((kind, name), object) in objects(before, family) {
            let kind = kind.rsplit('.').next().unwrap_or_default().to_owned();
            let kind = if family == "configurationPolicies" {
                "deviceManagementConfigurationPolicy".to_owned()
            } else {
                kind
            };
            let found = new.iter().find(|((of, called), _)| of.ends_with(&kind) && *called == name);
            let Some((_, found)) = found else {
                lost.push(format!("{kind} {name} is gone"));
                continue;
            };
            let structure = model.get(&kind).expect("a kind");
            let [was, is] = [&object, found].map(|object| object_form(&kind, object.clone()));
            for (property, facts) in &structure.properties {
                // What moves by itself is no wish, and what is never shown cannot be read.
                let is_told = left_out(imported, &kind, property) || facts.facts.readback.is_some();
                if !facts.is_comparable() || facts.is_secret() || is_told {
                    continue;
                }
                let unset = |value: &Value| is_unset(facts, &facts.shape, value);
                let [was, is] = [&was[property], &is[property]];
                if was != is && !(unset(was) && unset(is)) {
                    lost.push(format!("{kind}.{property}: {was} became {is}"));
                }
            }
            let targets = |object: &Value| -> BTreeSet<String> {
                let all = object["assignments"].as_array().into_iter().flatten();
                all.map(|assignment| assignment["target"].to_string()).collect()
            };
            if targets(&object) != targets(found) {
                lost.push(format!("{kind} {name}: assignments"));
            }
            let is_reference = |shape: &Shape| matches!(shape, Shape::Navigation { .. });
            assert!(structure.properties.values().any(|it| is_reference(&it.shape)));
        }
    }
    lost
}

fn left_out(imported: &Value, kind: &str, property: &str) -> bool {
    let items = imported["items"].as_array().into_iter().flatten();
    let of_kind = items.filter(|item| {
        item["address"].as_str().is_some_and(|address| address.starts_with(&format!("{kind}/")))
    });
    let mut paths = of_kind.flat_map(|item| item["leftOut"].as_array().into_iter().flatten());
    paths.any(|left_out| left_out["path"] == property)
}

#[test]
fn a_minimal_object_of_every_kind_survives_the_way_to_a_file_and_back() {
    survives(samples::minimal);
}

#[test]
fn a_full_object_of_every_kind_survives_the_way_to_a_file_and_back() {
    survives(|model, kind| samples::full(model, kind, "Full"));
}
