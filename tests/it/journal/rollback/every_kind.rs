//! Every kind, from the facts about it: each property is changed and comes back, each object is deleted and made
//! anew.

use moorline::schema::model::{Model, Structure};
use moorline::schema::semantics::Semantics;
use moorline::schema::types::GraphVersion;
use serde_json::{Map, Value, json};

use super::ALLOWED;
use crate::samples::{self, SECRET};
use crate::served::Served;
use crate::support::Workspace;

/// Returns whether a property says that there is a secret, which only the service knows.
fn says_secret(name: &str) -> bool {
    name.ends_with("IsSet") || name.ends_with("CodeSet")
}

/// Returns a spec with every property changed that can be.
fn changed(model: &Model, structure: &Structure, spec: &Map<String, Value>) -> Map<String, Value> {
    let mut other = spec.clone();
    for (name, value) in &mut other {
        let property = &structure.properties[name];
        let bound = Semantics::built_in().rules(&structure.name);
        let bound = bound.into_iter().any(|rule| rule.not_greater.contains(name));
        let fixed = property.facts.fixed
            || property.facts.volatile
            || name == "displayName"
            || name == "name";
        let fixed = fixed || says_secret(name);
        let changed = samples::changed(model, property, &property.shape, value);
        if let Some(changed) = changed.filter(|_| !fixed && !bound) {
            *value = changed;
        }
    }
    other
}

#[test]
fn every_property_of_every_kind_comes_back() {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&samples::directory());
    let served = Served::new(workspace, json!({}));
    let model = Model::of(GraphVersion::Beta);
    let declare = |state: &str, spec: &dyn Fn(&str) -> Map<String, Value>| {
        for kind in samples::creatable() {
            let mut manifest = json!({
                "apiVersion": "graph.microsoft.com/beta", "kind": kind.name,
                "metadata": { "name": "one" }, "spec": spec(&kind.name),
            });
            if kind.family.is_assignable() {
                manifest["metadata"]["state"] = state.into();
                manifest["assignments"] = json!([{ "group": "Group A" }]);
            }
            let file = format!("{}.yaml", kind.name);
            served.workspace.write(&file, manifest.to_string());
        }
    };
    let full = |kind: &str| samples::full(model, kind, "Full");
    let other = |kind: &str| {
        let structure = model.get(kind).expect("the kind exists");
        changed(model, &structure, &full(kind))
    };
    let plan = || served.run(&["plan", "--format", "json"], &[]).expect(0).json();
    let apply = || {
        let arguments = [&["apply", "--format", "json"][..], &ALLOWED].concat();
        let outcome = served.run(&arguments, &[(SECRET, "canary-of-a-sample")]).expect(0).json();
        outcome["journal"].as_str().expect("a journal").to_owned()
    };
    let rollback =
        |journal: &str| served.run(&[&["rollback", journal], &ALLOWED[..]].concat(), &[]);

    declare("present", &full);
    apply();
    let before = plan();
    declare("present", &other);
    let journal = apply();
    rollback(&journal).expect(0);
    declare("present", &full);
    assert_eq!(plan()["digest"], before["digest"]);

    declare("absent", &full);
    let journal = apply();
    assert_eq!(served.tenant()["deviceConfigurations"], json!([]));
    // Keys cannot be restored, which a warning says.
    rollback(&journal).expect(0);
    declare("present", &full);
    let after = plan();
    let changes = after["changes"].as_array().expect("a list");
    let fields = changes.iter().flat_map(|change| change["fields"].as_array());
    let differ: Vec<&Value> = fields
        .flatten()
        .filter(|field| field["status"] == "change")
        .map(|field| &field["path"])
        .collect();
    // The only element that the samples have there is one that is masked.
    let secret = |path: &Value| {
        let name = path[0].as_str().unwrap_or_default();
        // Of a secret that is not there the tenant says so.
        let secrets = ["preSharedKey", "kioskModeExitCode"];
        says_secret(name) || name == "omaSettings" || secrets.contains(&name)
    };
    assert!(differ.iter().all(|path| secret(path)), "{differ:#?}");
    assert_eq!(after["summary"]["assignmentChanges"], 0);
}
