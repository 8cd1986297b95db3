//! The table of defaults against what the sandbox creates: two readings of the same facts.

use moorline::schema::defaults;
use moorline::schema::model::Model;
use moorline::schema::types::GraphVersion;
use serde_json::{Value, json};

use crate::samples::{self, SECRET};
use crate::support::Workspace;
use crate::support::create_defaults::{by_kind, kinds, perturbed, usual};

/// Creates a minimal object of every kind in a sandbox with these defaults, and returns its state.
fn created(create_defaults: Value) -> Value {
    let workspace = Workspace::tenant(&[]);
    let mut seed = samples::directory();
    seed["createDefaults"] = create_defaults;
    workspace.seed(&seed);
    for kind in kinds() {
        let version = kind.versions[0];
        let manifest = json!({
            "apiVersion": format!("graph.microsoft.com/{version}"),
            "kind": kind.name,
            "metadata": { "name": "minimal" },
            "spec": samples::minimal(Model::of(version), &kind.name),
        });
        workspace.write(&format!("{}.yaml", kind.name), manifest.to_string());
    }
    let apply = ["apply", "--yes", "--sandbox=s.json", "--only", "*"];
    workspace.run_with(&apply, &[(SECRET, "canary-a-sample")]).expect(0);
    workspace.json("s.json")
}

#[test]
fn a_create_yields_what_the_table_says_and_otherwise_what_the_state_says() {
    let state = created(perturbed());
    let (created, perturbed, usual) = (by_kind(&state), &state["createDefaults"], usual());
    let model = Model::of(GraphVersion::Beta);
    let (mut told, mut moved) = (0, 0);
    for (kind, object) in &created {
        let structure = model.get(kind).expect("a kind");
        let spec = samples::minimal(model, kind);
        let left_out = structure.properties.values();
        for property in left_out.filter(|it| it.is_comparable() && !spec.contains_key(&it.name)) {
            let (name, value) = (&property.name, &object[&property.name]);
            if let Some(default) = defaults::default_of(kind, name) {
                assert_eq!(*value, default, "{kind}.{name}");
                told += 1;
            } else if let Some(other) = perturbed.get(format!("{kind}.{name}")) {
                assert_eq!(value, other, "{kind}.{name}");
                assert_ne!(*value, usual[kind][name], "{kind}.{name} is as usual");
                moved += 1;
            }
        }
    }
    assert_eq!(created.len(), kinds().count());
    assert!(told > 500 && moved > 100, "{told} {moved}");
}
