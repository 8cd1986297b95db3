//! Taking back what an apply wrote.

use moorline::kinds;
use moorline::schema::model::{Model, Structure};
use moorline::schema::semantics::Semantics;
use moorline::schema::types::GraphVersion;
use serde_json::{Map, Value, json};

use crate::samples::{self, SECRET};
use crate::served::Served;
use crate::support::{Run, Workspace};

const ALLOWED: [&str; 13] = [
    "--yes",
    "--allow",
    "delete",
    "--allow",
    "replace",
    "--allow",
    "registration/mfa-off",
    "--allow",
    "registration/laps-off",
    "--allow",
    "registration/join-nobody",
    "--allow",
    "registration/local-admins-widened",
];

fn plan(workspace: &Workspace) -> Value {
    workspace
        .run(&["plan", "--sandbox=s.json", "--format", "json"])
        .expect(0)
        .json()
}

/// Applies what is declared, and returns the journal of it.
fn apply(workspace: &Workspace) -> String {
    let arguments = ["apply", "--sandbox=s.json", "--format", "json"];
    let run = workspace.run(&[&arguments[..], &ALLOWED].concat());
    let outcome = run.expect(0).json();
    outcome["journal"].as_str().expect("a journal").to_owned()
}

fn rollback(workspace: &Workspace, journal: &str, more: &[&str]) -> Run {
    workspace.run(
        &[
            &["rollback", journal, "--sandbox=s.json"],
            &ALLOWED[..],
            more,
        ]
        .concat(),
    )
}

#[test]
fn what_an_apply_of_the_example_wrote_is_taken_back_to_the_last_setting() {
    let workspace = Workspace::example("contoso");
    let before = plan(&workspace);
    let journal = apply(&workspace);
    assert_ne!(plan(&workspace)["digest"], before["digest"]);

    let run = rollback(&workspace, &journal, &[]).expect(0);
    let stdout = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "- androidDeviceOwnerTrustedRootCertificate/root-ca",
        "~ userDeviceQuota 20 -> 50",
        "what the tenant masks in `omaSettings` stays as that run wrote it",
        "the manifests still declare what is taken back here",
        "Applied: 11 done, 0 failed, 0 skipped.",
    ] {
        assert!(stdout.contains(words), "{words}\n{}", run.stdout);
    }
    // The digest is of what every object is like, and of all that would be sent.
    let after = plan(&workspace);
    assert_eq!(after["digest"], before["digest"], "{:#}", after["summary"]);
}

#[test]
fn a_rollback_can_be_taken_back_itself() {
    let workspace = Workspace::example("contoso");
    let journal = apply(&workspace);
    let back = rollback(&workspace, &journal, &["--format", "json"]).expect(0);
    let journal = back.json()["journal"].clone();
    let again = rollback(&workspace, journal.as_str().expect("a journal"), &[]).expect(0);
    assert!(
        again.stdout.contains("is made anew and gets another id"),
        "{}",
        again.stdout
    );
    let summary = &plan(&workspace)["summary"];
    assert_eq!(summary["unchanged"], 25, "{summary:#}");
}

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
        let bound = bound
            .into_iter()
            .any(|rule| rule.not_greater.contains(name));
        let fixed = property.facts.fixed || property.facts.volatile || name == "displayName";
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
        for kind in kinds::all() {
            let mut manifest = json!({
                "apiVersion": "graph.microsoft.com/beta", "kind": kind.name,
                "metadata": { "name": "one" }, "spec": spec(&kind.name),
            });
            if kind.family.assignable {
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
    let plan = || {
        served
            .run(&["plan", "--format", "json"], &[])
            .expect(0)
            .json()
    };
    let apply = || {
        let arguments = [&["apply", "--format", "json"][..], &ALLOWED].concat();
        let outcome = served
            .run(&arguments, &[(SECRET, "a-sample-secret")])
            .expect(0)
            .json();
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
    // That a key is there, the service does not show without the key.
    rollback(&journal).expect(6);
    declare("present", &full);
    let after = plan();
    let changes = after["changes"].as_array().expect("a list");
    let fields = changes
        .iter()
        .flat_map(|change| change["fields"].as_array());
    let differ: Vec<&Value> = fields
        .flatten()
        .filter(|field| field["status"] == "change")
        .map(|field| &field["path"])
        .collect();
    // The only element that the samples have there is one that is masked.
    let secret = |path: &Value| {
        let name = path[0].as_str().unwrap_or_default();
        says_secret(name) || name == "omaSettings"
    };
    assert!(differ.iter().all(|path| secret(path)), "{differ:#?}");
    assert_eq!(after["summary"]["assignmentChanges"], 0);
}
