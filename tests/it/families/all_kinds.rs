//! Every kind, from the facts about it: manifests are made, created, planned to zero, and each property
//! is changed once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use moorline::clock::Clock;
use moorline::kinds::Kind;
use moorline::manifest::{Desired, load};
use moorline::plan::{Action, Change, FieldStatus, Planner};
use moorline::sandbox::Sandbox;
use moorline::sandbox::state::State;
use moorline::schema::model::{Model, Shape, Structure};
use moorline::schema::types::GraphVersion;
use moorline::tenant::{self, Live, LiveObject};
use serde_json::{Map, Value, json};

use crate::estate::signed_in;
use crate::samples::{self, Expected, SECRET};
use crate::support::Workspace;

fn manifest(kind: &str, version: GraphVersion, name: &str, spec: &Map<String, Value>) -> String {
    json!({
        "apiVersion": format!("graph.microsoft.com/{version}"), "kind": kind, "metadata": { "name": name }, "spec": spec,
    })
    .to_string()
}

/// The type of what manifests refer to and do not declare.
const CREDENTIAL: &str = "deviceManagementDerivedCredentialSettings";

fn collections() -> Vec<Kind> {
    samples::creatable().into_iter().filter(|kind| !kind.family.is_singleton()).collect()
}

/// Creates what the manifests declare and plans again.
fn lives_up_to(workspace: &Workspace, creates: usize) {
    let secret = [(SECRET, "canary-a-sample")];
    workspace.run_with(&["apply", "--yes", "--sandbox=s.json", "--only", "*"], &secret).expect(0);
    let plan = workspace
        .run(&["plan", "--sandbox=s.json", "--detailed-exitcode", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(plan["summary"]["unchanged"], creates, "{:#}", plan["summary"]);
}

#[test]
fn a_minimal_manifest_of_every_kind_is_created_and_plans_to_zero() {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&samples::directory());
    let kinds = collections();
    for kind in &kinds {
        let spec = samples::minimal(Model::of(kind.versions[0]), &kind.name);
        workspace.write(
            &format!("{}.yaml", kind.name),
            manifest(&kind.name, kind.versions[0], "minimal", &spec),
        );
    }
    lives_up_to(&workspace, kinds.len());
}

#[test]
fn a_full_manifest_of_every_kind_and_version_is_created_and_plans_to_zero() {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&samples::directory());
    let mut count = 0;
    for kind in &collections() {
        for version in &kind.versions {
            let name = if *version == GraphVersion::V1 { "full.v1" } else { "full" };
            let spec = samples::full(Model::of(*version), &kind.name, &format!("Full {version}"));
            workspace.write(
                &format!("{}.{name}.yaml", kind.name),
                manifest(&kind.name, *version, name, &spec),
            );
            count += 1;
        }
    }
    lives_up_to(&workspace, count);
}

/// Returns a manifest of each kind that can refer to others, its references made by a function of the kind
/// that each can lead to and of whether it is a list.
fn referring(to: impl Fn(&str, bool) -> Value) -> Vec<(String, Map<String, Value>)> {
    let model = Model::of(GraphVersion::Beta);
    let mut manifests = Vec::new();
    for kind in collections() {
        let Some(structure) = model.get(&kind.name) else {
            continue;
        };
        let mut spec = Map::new();
        for (property, target) in structure.references() {
            let target = model.get(target).expect("the target is a type");
            let leaf = target.derived.iter().find(|name| leads_nowhere(model, name));
            let target = match target.is_abstract {
                true => leaf.or(target.derived.first()).expect("some kind derives from it"),
                false => &target.name,
            };
            let many = matches!(property.shape, Shape::Navigation { collection: true, .. });
            spec.insert(property.name.clone(), to(target, many));
        }
        if !spec.is_empty() {
            spec.insert("displayName".to_owned(), json!("Minimal"));
            manifests.push((kind.name, spec));
        }
    }
    manifests
}

fn leads_nowhere(model: &Model, kind: &str) -> bool {
    let structure = model.get(kind).expect("it is a type");
    structure.references().next().is_none()
}

#[test]
fn every_reference_of_every_kind_is_bound_unbound_and_bound_again() {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&json!({ "derivedCredentials": [{ "displayName": "Purebred" }] }));
    let mut kinds = BTreeSet::new();
    let referring_kinds = referring(|_, _| Value::Null).into_iter();
    kinds.extend(referring_kinds.map(|(kind, _)| kind));
    assert!(kinds.len() > 40, "{} kinds refer to others", kinds.len());
    let targets = RefCell::new(BTreeSet::new());
    referring(|kind, _| {
        // A derived credential is no object of ours.
        if kind != CREDENTIAL {
            targets.borrow_mut().insert(kind.to_owned());
        }
        Value::Null
    });
    kinds.extend(targets.take());
    let all = kinds.len();
    for kind in kinds {
        let spec = Map::from_iter([("displayName".to_owned(), json!("Minimal"))]);
        let text = manifest(&kind, GraphVersion::Beta, "minimal", &spec);
        workspace.write(&format!("{kind}.yaml"), text);
    }
    let write = |to: &dyn Fn(&str, bool) -> Value| {
        for (kind, spec) in referring(to) {
            let text = manifest(&kind, GraphVersion::Beta, "minimal", &spec);
            workspace.write(&format!("{kind}.yaml"), text);
        }
    };
    let bound = |kind: &str, many: bool| {
        let one = match kind {
            CREDENTIAL => json!({ "$ref": { "displayName": "Purebred" } }),
            _ => json!({ "$ref": format!("{kind}/minimal") }),
        };
        if many { json!([one]) } else { one }
    };
    write(&bound);
    lives_up_to(&workspace, all);
    let links = |workspace: &Workspace| {
        let state = workspace.json("s.json");
        let objects = state["references"].as_object().cloned().unwrap_or_default();
        objects.values().filter_map(Value::as_object).map(Map::len).sum::<usize>()
    };
    let made = links(&workspace);
    assert!(made > 60, "{made} references");
    write(&|_, many| if many { json!([]) } else { Value::Null });
    lives_up_to(&workspace, all);
    assert_eq!(links(&workspace), 0);
    write(&bound);
    lives_up_to(&workspace, all);
    assert_eq!(links(&workspace), made);
}

/// A tenant with one full object of a kind, and what it takes to plan against it.
struct Bench {
    workspace: Workspace,
    kind: String,
    live: Live,
}

impl Bench {
    fn object(&self) -> Option<&LiveObject> {
        let mut objects = self.live.objects.iter();
        objects.find(|object| object.kind == self.kind)
    }

    fn plan(&self, spec: &Map<String, Value>) -> Result<Change, String> {
        let desired = self.load(spec)?;
        let [manifest] = &desired.manifests[..] else {
            return Err("one manifest was written".to_owned());
        };
        Ok(Planner::new(&desired, self.live.known(), &[]).compare(manifest, self.object()).change)
    }

    fn load(&self, spec: &Map<String, Value>) -> Result<Desired, String> {
        self.workspace.write("one.yaml", manifest(&self.kind, GraphVersion::Beta, "one", spec));
        load::load(self.workspace.path())
            .into_desired()
            .map_err(|invalid| format!("{:#?}", invalid.findings))
    }
}

/// Reads the tenant that a folder of manifests was applied to.
fn read(workspace: &Workspace, state: &str) -> Live {
    let desired = load::load(workspace.path()).into_desired().expect("the manifests are valid");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let state =
            State::load(&workspace.file(state), Default::default()).expect("the state is readable");
        let running = Sandbox::start(state, None, Default::default(), ([127, 0, 0, 1], 0).into())
            .await
            .expect("the sandbox starts");
        let graph = signed_in(&running, Clock::system()).await;
        tenant::read::read(&graph, &desired, |_| true, &[], &|_| ())
            .await
            .expect("the tenant can be read")
    })
}

#[test]
fn each_property_of_every_kind_plans_as_the_facts_about_it_say() {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&samples::directory());
    let model = Model::of(GraphVersion::Beta);
    let mut specs = BTreeMap::new();
    for kind in samples::creatable() {
        let spec = samples::full(model, &kind.name, "Full");
        workspace.write(
            &format!("{}.yaml", kind.name),
            manifest(&kind.name, GraphVersion::Beta, "one", &spec),
        );
        specs.insert(kind.name.clone(), spec);
    }
    // What a changed value names is looked up where a manifest names it.
    let (kind, spec) = specs.first_key_value().expect("there are kinds");
    let named = manifest(kind, GraphVersion::Beta, "one", spec);
    let named =
        named.replacen('{', r#"{"assignments":[{"group":"Group A"},{"group":"Group B"}],"#, 1);
    workspace.write(&format!("{kind}.yaml"), named);
    workspace
        .run_with(&["apply", "--yes", "--sandbox=s.json"], &[(SECRET, "canary-a-sample")])
        .expect(0);
    let live = read(&workspace, "s.json");

    let specs: Vec<_> = specs.into_iter().collect();
    let each = |(kind, spec): &(String, Map<String, Value>)| -> Vec<Result<&'static str, String>> {
        let bench =
            Bench { workspace: Workspace::tenant(&[]), kind: kind.clone(), live: live.clone() };
        let structure = model.get(kind).expect("the kind exists");
        let names = structure.properties.keys();
        names
            .map(|name| {
                outcome(&bench, model, &structure, spec, name)
                    .map_err(|fault| format!("{kind}.{name}: {fault}"))
            })
            .collect()
    };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let half =
            |parity: usize| specs.iter().skip(parity).step_by(2).flat_map(each).collect::<Vec<_>>();
        let other = scope.spawn(move || half(1));
        [half(0), other.join().expect("the other half ends")].concat()
    });
    let mut checked = BTreeMap::new();
    let mut faults = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(class) => *checked.entry(class).or_insert(0) += 1,
            Err(fault) => faults.push(fault),
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    for class in [
        "change",
        "computed",
        "unverifiable",
        "blocked",
        "volatile",
        "contained",
        "reference",
        "mirrored",
    ] {
        assert!(
            checked.get(class).is_some_and(|count| *count > 0),
            "no property of class {class}: {checked:?}"
        );
    }
}

/// Changes one property and says which class it is of, or how it is not what the facts say.
fn outcome(
    bench: &Bench,
    model: &Model,
    structure: &Structure,
    spec: &Map<String, Value>,
    name: &str,
) -> Result<&'static str, String> {
    let property = &structure.properties[name];
    let mut spec = spec.clone();
    if let Shape::Navigation { contained, .. } = property.shape {
        spec.insert(name.to_owned(), json!([{ "id": "x" }]));
        let refused = bench.load(&spec).err();
        return match (name, refused, contained) {
            ("assignments", Some(findings), true)
                if findings.contains("manifest/misplaced-assignments") =>
            {
                Ok("contained")
            }
            (_, Some(findings), true) if findings.contains("manifest/contained-navigation") => {
                Ok("contained")
            }
            (_, Some(findings), false) if findings.contains("reference/form") => Ok("reference"),
            (_, refused, _) => {
                Err(format!("a navigation is refused by name, and this is {refused:?}"))
            }
        };
    }
    let mut class = match samples::expected(property) {
        Expected::OneChange => "change",
        Expected::Unverifiable => "unverifiable",
        Expected::Blocked => "blocked",
        Expected::Nothing if property.computed => "computed",
        Expected::Nothing => "volatile",
    };
    if let Some(twin) = property.facts.mirrors.as_ref().filter(|_| !spec.contains_key(name)) {
        // The other one of the pair is declared: declare this one in its stead.
        spec.remove(&twin.property).ok_or("neither of a mirrored pair is declared")?;
        let live = bench.object().map(|object| object.body.member(name)).unwrap_or_default();
        let other = samples::changed(model, property, &property.shape, &live)
            .ok_or("it has a single value")?;
        spec.insert(name.to_owned(), other);
        class = "mirrored";
    } else {
        let value = spec.get(name).cloned().unwrap_or(Value::Null);
        match samples::changed(model, property, &property.shape, &value) {
            Some(changed) => drop(spec.insert(name.to_owned(), changed)),
            None if class == "change" => return unchangeable(property, &value),
            None => {
                drop(spec.insert(
                    name.to_owned(),
                    samples::sample(model, property, &property.shape, 1, 0),
                ))
            }
        }
    }
    let change = bench.plan(&spec)?;
    if !change.blocked.is_empty() {
        return Err(format!("blocked: {:?}", change.blocked));
    }
    let of = |status: FieldStatus| {
        change.with_status(status).filter(|f| f.path.top() == Some(name)).count()
    };
    let found = [FieldStatus::Change, FieldStatus::Unverifiable, FieldStatus::Blocked].map(of);
    let others =
        change.with_status(FieldStatus::Change).filter(|f| f.path.top() != Some(name)).count();
    let wanted = match class {
        "change" | "mirrored" => 1,
        _ => 0,
    };
    let right = match class {
        "change" | "mirrored" => found[0] == 1,
        "unverifiable" => found == [0, 1, 0],
        "blocked" => found == [0, 0, 1],
        _ => found == [0, 0, 0],
    };
    if !right || others > 0 || (wanted == 0) != (change.action == Action::None) {
        return Err(format!(
            "{class}: {found:?} and {others} other changes, {:?}: {:#?}",
            change.action, change.fields
        ));
    }
    Ok(class)
}

/// A property whose type has a single value cannot be changed; there are few of them, and no others.
fn unchangeable(
    property: &moorline::schema::model::Property,
    value: &Value,
) -> Result<&'static str, String> {
    let single = match &property.shape {
        Shape::Enum(def) => def.members.iter().filter(|m| !m.ends_with("FutureValue")).count() < 2,
        Shape::Complex(_) | Shape::Poly(_) | Shape::Collection(..) => true,
        _ => false,
    };
    if single { Ok("unchangeable") } else { Err(format!("no other value than {value} was found")) }
}
