//! Kinds that are not open any more: listed, warned of where an object is new, and refused where the service makes another
//! type of it.

use serde_json::{Value, json};

use crate::support::Workspace;

fn manifest(kind: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: it }}\nspec: {{ displayName: It, description: New }}\n"
    )
}

/// Returns a tenant that declares an object of a kind, and has it or not.
fn tenant(kind: &str, exists: bool) -> Workspace {
    let workspace = Workspace::tenant(&[("it.yaml", &manifest(kind))]);
    let live = json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "displayName": "It" });
    let objects = if exists { vec![live] } else { Vec::new() };
    workspace.seed(&json!({ "deviceConfigurations": objects }));
    workspace
}

fn warnings(workspace: &Workspace) -> String {
    let plan = workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    plan["warnings"].to_string()
}

#[test]
fn a_new_object_of_a_closed_or_retired_kind_is_warned_of() {
    for (kind, words) in [
        (
            "macOSExtensionsConfiguration",
            "closed since 2024-08 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)",
        ),
        ("windowsIdentityProtectionConfiguration", "closed since 2024-07"),
        ("androidCustomConfiguration", "its kind is retired since 2024-12-31"),
    ] {
        let new = warnings(&tenant(kind, false));
        assert!(new.contains(words), "{kind}: {new}");
        assert_eq!(warnings(&tenant(kind, true)), "[]", "{kind} exists");
        tenant(kind, false).run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    }
    assert_eq!(warnings(&tenant("windows10CustomConfiguration", false)), "[]");
}

#[test]
fn what_the_service_makes_another_type_of_is_not_created() {
    let kind = "androidForWorkEnterpriseWiFiConfiguration";
    let other = "androidWorkProfileEnterpriseWiFiConfiguration";
    let workspace = tenant(kind, false);
    let valid = workspace.run(&["validate"]).expect(0).stdout;
    assert!(valid.contains("warning[manifest/converted-kind]"), "{valid}");
    let refused = workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(5);
    assert!(
        refused.stdout.contains(&format!("declare it as `kind: {other}`")),
        "{}",
        refused.stdout
    );
    assert_eq!(workspace.json("s.json")["deviceConfigurations"], json!([]));
    // The remedy.
    workspace.write("it.yaml", manifest(other));
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
    // One that exists can be edited.
    let existing = tenant(kind, true);
    existing.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    assert_eq!(existing.json("s.json")["deviceConfigurations"][0]["description"], "New");
}

#[test]
fn kinds_tells_where_each_one_stands() {
    let workspace = Workspace::empty();
    let text = workspace.run(&["kinds"]).expect(0).stdout;
    let line = |kind: &str| {
        let mut lines = text.lines().map(str::trim);
        lines.find(|line| line.starts_with(&format!("{kind} "))).unwrap_or_default().to_owned()
    };
    for (kind, words) in [
        ("androidForWorkWiFiConfiguration", "use androidWorkProfileWiFiConfiguration"),
        ("macOSEndpointProtectionConfiguration", "closed since 2024-08"),
        ("windows81GeneralConfiguration", "retired since 2022-10-22"),
    ] {
        assert!(line(kind).contains(words), "{}", line(kind));
    }
    let document = workspace.run(&["kinds", "--format", "json"]).expect(0).json();
    let items = document["items"].as_array().expect("a list");
    let of = |name: &str| items.iter().find(|item| item["name"] == name).expect("a kind").clone();
    let closed = of("windowsIdentityProtectionConfiguration");
    assert_eq!(
        (&closed["lifecycle"]["state"], &closed["legacy"]),
        (&json!("closed"), &json!(false))
    );
    assert_eq!(of("windows10CustomConfiguration").get("lifecycle"), None::<&Value>);
}

#[test]
fn a_new_network_without_its_names_is_warned_of() {
    let told = |kind: &str, spec: &str| {
        let text = format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: it }}\nspec: {{ displayName: It{spec} }}\n"
        );
        let workspace = Workspace::tenant(&[("it.yaml", &text)]);
        workspace.run(&["plan", "--sandbox"]).expect(0).stdout
    };
    let lacks = |names: &str| format!("the new object has no {names},");
    let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (kind, spec, missing) in [
        ("windowsWifiConfiguration", ", ssid: corp", "`networkName`"),
        ("iosEnterpriseWiFiConfiguration", "", "`networkName` and `ssid`"),
        ("macOSWiFiConfiguration", ", networkName: corp", "`ssid`"),
    ] {
        let plan = words(told(kind, spec));
        assert!(plan.contains(&lacks(missing)), "{plan}");
    }
    let whole = words(told("windowsWifiConfiguration", ", ssid: corp, networkName: corp"));
    assert!(!whole.contains("the new object has no"), "{whole}");
}
