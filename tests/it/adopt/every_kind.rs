//! Every kind, with every property changed at once: what the manifests adopt leaves no difference.

use std::collections::BTreeMap;

use moorline::kinds::Kind;
use moorline::manifest::load;
use moorline::schema::model::Model;
use moorline::yaml::{node::Node, write};
use serde_json::{Map, Value, json};

use crate::samples::{self, Expected, SECRET};
use crate::support::Workspace;

type Spec = Map<String, Value>;

const TENANT: &str = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec:\n  tenantId: contoso.onmicrosoft.com\n  manifests: [policies]\n  sandbox: { seed: ../sandbox.json }\n";

fn write_all(workspace: &Workspace, folder: &str, specs: &BTreeMap<String, (Kind, Spec)>) {
    workspace.write(&format!("{folder}/moorline.yaml"), TENANT);
    for (name, (kind, spec)) in specs {
        let document = json!({
            "apiVersion": format!("graph.microsoft.com/{}", kind.versions[0]), "kind": name, "metadata": { "name": "it" }, "spec": spec,
        });
        let text = write::document(&Node::of(&document));
        workspace.write(&format!("{folder}/policies/{name}.yaml"), text);
    }
}

/// Takes back the changes that do not fit together.
fn without_faults(
    workspace: &Workspace,
    changed: &mut BTreeMap<String, (Kind, Spec)>,
    before: &BTreeMap<String, (Kind, Spec)>,
) {
    for _ in 0..20 {
        write_all(workspace, "portal", changed);
        let loaded = load::load(&workspace.file("portal"));
        if !loaded.has_errors() {
            return;
        }
        for finding in &loaded.findings {
            let Some(span) = finding.span else { continue };
            let path = &loaded.sources.get(span.file).path;
            let kind = path.file_stem().expect("a file").to_string_lossy().into_owned();
            let Some((_, spec)) = changed.get_mut(&kind) else { continue };
            let old = &before[&kind].1;
            let names: Vec<String> = spec.keys().cloned().collect();
            let named = names.iter().filter(|name| finding.message.contains(&format!("`{name}`")));
            for name in named {
                spec.insert(name.clone(), old[name].clone());
            }
        }
    }
    panic!("the changed manifests stay invalid");
}

#[test]
fn every_property_of_every_kind_is_adopted() {
    let workspace = Workspace::empty();
    workspace.seed(&samples::directory());
    let mut before = BTreeMap::new();
    let mut after = BTreeMap::new();
    let kinds = samples::creatable().into_iter().filter(|kind| !kind.family.is_singleton());
    for kind in kinds {
        let model = Model::of(kind.versions[0]);
        let spec = samples::full(model, &kind.name, "It");
        let structure = model.get(&kind.name).expect("a type");
        let mut changed = spec.clone();
        for (name, value) in &mut changed {
            let Some(property) = structure.properties.get(name) else { continue };
            let is_name = *name == kind.family.name_property;
            if !is_name
                && samples::expected(property) == Expected::OneChange
                && let Some(other) = samples::changed(model, property, &property.shape, value)
            {
                *value = other;
            }
        }
        before.insert(kind.name.clone(), (kind.clone(), spec));
        after.insert(kind.name.clone(), (kind, changed));
    }
    write_all(&workspace, "tenant", &before);
    without_faults(&workspace, &mut after, &before);
    let secret = [(SECRET, "canary-a-sample")];
    for folder in ["tenant", "portal"] {
        let apply = ["apply", folder, "--yes", "--sandbox=s.json", "--only", "*"];
        let run = workspace.run_with(&apply, &secret);
        assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
    }
    workspace.run(&["drift", "tenant", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
    let adopt = ["drift", "tenant", "--sandbox=s.json", "--adopt", "--unmask"];
    let adopted = workspace.run(&[&adopt[..], &["--format", "json"]].concat()).expect(0).json();
    let items = adopted["items"].as_array().expect("a list").iter();
    let values: usize = items.map(|item| item["adopted"].as_array().map_or(0, Vec::len)).sum();
    assert!(values > 1000, "{values} values are adopted");
    workspace.run(&["plan", "tenant", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
}
