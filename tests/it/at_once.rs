//! Two runs on one tenant at the same time: nothing is half of one and half of the other, and whoever comes second
//! says so.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::served::Served;
use crate::support::{Run, Workspace};

const KIND: &str = "windowsIdentityProtectionConfiguration";

const APPLY: [&str; 5] = ["apply", "--yes", "--skip-stale", "--format", "json"];

/// Objects of each sort.
const OBJECTS: usize = 4;

/// A folder that creates some objects, changes some as everybody does and some as nobody else does.
fn folder(own_value: u8) -> Workspace {
    let workspace = Workspace::tenant(&[]);
    for number in 0..OBJECTS {
        for (sort, value) in [("new", 6), ("agreed", 6), ("contested", own_value)] {
            let mut manifest = json!({
                "apiVersion": "graph.microsoft.com/beta", "kind": KIND,
                "metadata": { "name": format!("{sort}-{number}") },
                "spec": { "displayName": format!("{sort} {number}"), "pinMinimumLength": value },
            });
            if sort == "new" {
                manifest["assignments"] = json!([{ "allDevices": true }]);
            }
            workspace.write(&format!("{sort}-{number}.yaml"), manifest.to_string());
        }
    }
    workspace
}

/// Returns what became of each change, by display name.
fn items(run: &Run) -> BTreeMap<String, Value> {
    let document = run.json();
    let items = document["items"].as_array().expect("a list").iter();
    let name = |item: &Value| item["displayName"].as_str().expect("a name").to_owned();
    items.map(|item| (name(item), item.clone())).collect()
}

#[test]
fn two_applies_leave_each_object_as_one_of_them_says() {
    let (one, other) = (folder(4), folder(5));
    let live = (0..OBJECTS).flat_map(|number| {
        ["agreed", "contested"].map(|sort| {
            json!({
                "@odata.type": format!("#microsoft.graph.{KIND}"),
                "displayName": format!("{sort} {number}"), "pinMinimumLength": 8,
            })
        })
    });
    one.seed(&json!({ "deviceConfigurations": live.collect::<Vec<_>>() }));
    // Long enough for the steps of the two to fall between each other.
    let served = Served::new(one, json!({ "latency": 0.02 }));
    let runs = std::thread::scope(|scope| {
        let first = scope.spawn(|| served.run(&APPLY, &[]));
        let second = scope.spawn(|| served.run_on(&other, &APPLY, &[]));
        [first, second].map(|run| run.join().expect("the binary runs"))
    });
    let items = runs.each_ref().map(items);

    let tenant = served.tenant();
    let mut objects = BTreeMap::<&str, Vec<&Value>>::new();
    for object in tenant["deviceConfigurations"].as_array().expect("a list") {
        let name = object["displayName"].as_str().expect("a name");
        objects.entry(name).or_default().push(object);
    }
    assert_eq!(objects.len(), 3 * OBJECTS);
    for (name, found) in &objects {
        // What a run found as declared when it planned is no change of its own.
        let told = items
            .each_ref()
            .map(|items| items.get(*name).unwrap_or(&Value::Null));
        for item in told {
            let wrote = item["writes"].as_u64() > Some(0);
            let left_alone = item["status"] == "stale" || item["status"] == "alreadyInPlace";
            assert!(!(wrote && left_alone), "{item:#}");
        }
        let own = told
            .iter()
            .zip([4, 5])
            .filter(|(item, _)| item["status"] == "applied");
        match found[..] {
            [object] if name.starts_with("contested") => {
                let mut values = own.map(|(_, value)| json!(value));
                let value = &object["pinMinimumLength"];
                assert!(values.any(|own| own == *value), "{value} in {told:#?}");
            }
            [object] => {
                assert_eq!(object["pinMinimumLength"], 6, "{told:#?}");
                let assigned = object["assignments"].as_array().map_or(0, Vec::len);
                assert_eq!(assigned, usize::from(name.starts_with("new")), "{object:#}");
            }
            // No key of Graph's keeps two runs from creating the same at the same time.
            [one, other] => {
                let names_both = |item: &&Value| {
                    let message = item["message"].as_str().unwrap_or_default();
                    [one, other]
                        .map(|object| message.contains(object["id"].as_str().expect("an id")))
                        == [true, true]
                };
                assert!(name.starts_with("new"), "{found:#?}");
                assert!(told.iter().any(names_both), "{told:#?}");
            }
            _ => panic!("{found:#?}"),
        }
    }
}
