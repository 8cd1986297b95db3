//! A tenant's manifests laid over those of its bases: what comes out, and where each value was written.

use moorline::diagnostic::Severity;
use moorline::manifest::value::Value;
use moorline::manifest::{Loaded, Manifest, Presence, load};
use serde_json::{Value as Json, json};

use crate::support::Workspace;

const HELLO: &str = "windowsIdentityProtectionConfiguration";
const RING: &str = "windowsUpdateForBusinessConfiguration";
const CUSTOM: &str = "windows10CustomConfiguration";

fn manifest(kind: &str, rest: &str) -> String {
    format!("apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: it }}\n{rest}")
}

/// Lays manifests of one kind and name over one another: bases in their order, then the tenant's.
fn lay(kind: &str, layers: &[&str]) -> (Workspace, Loaded) {
    let workspace = Workspace::empty();
    let (own, bases) = layers.split_last().expect("there is a tenant's own");
    let names: Vec<String> = (1..=bases.len()).map(|number| format!("../base{number}")).collect();
    workspace.write(
        "tenant/moorline.yaml",
        format!(
            "apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: contoso }}\nspec: {{ tenantId: contoso.com, base: [{}] }}\n",
            names.join(", ")
        ),
    );
    for (number, base) in bases.iter().enumerate() {
        workspace.write(&format!("base{}/it.yaml", number + 1), manifest(kind, base));
    }
    if !own.is_empty() {
        workspace.write("tenant/it.yaml", manifest(kind, own));
    }
    let loaded = load::load(&workspace.file("tenant"));
    (workspace, loaded)
}

/// Returns the only manifest, which must have no fault.
#[track_caller]
fn only(loaded: &Loaded) -> &Manifest {
    let errors: Vec<_> =
        loaded.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(loaded.manifests.len(), 1);
    &loaded.manifests[0]
}

/// Returns the spec that layers make.
#[track_caller]
fn spec(kind: &str, layers: &[&str]) -> Json {
    let (_, loaded) = lay(kind, layers);
    only(&loaded).spec.to_json()
}

/// Returns the codes of what is wrong.
fn codes(kind: &str, layers: &[&str]) -> Vec<String> {
    let (_, loaded) = lay(kind, layers);
    loaded.findings.iter().map(|finding| finding.code.clone()).collect()
}

#[test]
fn metadata_of_a_base_holds_until_an_overlay_says_otherwise() {
    let spec = "spec: { displayName: Hello }\n";
    let lay_metadata = |base: &str, own: &str| {
        let (workspace, _) = lay(HELLO, &[spec, spec]);
        workspace.edit("base1/it.yaml", "name: it", &format!("name: it{base}"));
        workspace.edit("tenant/it.yaml", "name: it", &format!("name: it{own}"));
        let loaded = load::load(&workspace.file("tenant"));
        let manifest = only(&loaded);
        (manifest.protect, manifest.presence, manifest.formerly.clone())
    };
    let former = |name: &str| vec![name.to_owned()];
    let base = ", protect: true, formerly: [Old]";
    assert_eq!(lay_metadata(base, ""), (true, Presence::Present, former("Old")));
    assert_eq!(
        lay_metadata(base, ", protect: false, formerly: [Older]"),
        (false, Presence::Present, former("Older"))
    );
    assert_eq!(lay_metadata(", state: absent", "").1, Presence::Absent);
    assert_eq!(lay_metadata(", state: absent", ", state: present").1, Presence::Present);
}

#[test]
fn objects_merge_member_by_member() {
    let base = "spec:
  displayName: Hello
  pinMinimumLength: 6
  deviceManagementApplicabilityRuleOsVersion: { name: v, minOSVersion: 10.0.1, ruleType: include }
";
    let own = "spec:
  pinMinimumLength: 8
  pinMaximumLength: 12
  deviceManagementApplicabilityRuleOsVersion: { minOSVersion: 10.0.2 }
";
    assert_eq!(
        spec(HELLO, &[base, own]),
        json!({
            "displayName": "Hello",
            "pinMinimumLength": 8,
            "pinMaximumLength": 12,
            "deviceManagementApplicabilityRuleOsVersion": { "name": "v", "minOSVersion": "10.0.2", "ruleType": "include" },
        })
    );
}

#[test]
fn keyed_collections_merge_element_by_element() {
    let setting = |uri: &str, rest: &str| {
        format!(
            "    - {{ \"@odata.type\": \"#microsoft.graph.omaSettingInteger\", omaUri: {uri}, {rest} }}\n"
        )
    };
    let base = format!(
        "spec:\n  displayName: Custom\n  omaSettings:\n{}{}",
        setting("./a", "displayName: A, value: 1"),
        setting("./b", "displayName: B, value: 1"),
    );
    let own = format!(
        "spec:\n  omaSettings:\n{}{}    - {{ omaUri: ./a, value: 3 }}\n",
        setting("./c", "displayName: C, value: 2"),
        setting("./b", "value: 2"),
    );
    let settings = &spec(CUSTOM, &[&base, &own])["omaSettings"];
    let settings: Vec<Json> = settings
        .as_array()
        .expect("a list")
        .iter()
        .map(|setting| json!([setting["omaUri"], setting["displayName"], setting["value"]]))
        .collect();
    assert_eq!(json!(settings), json!([["./a", "A", 3], ["./b", "B", 2], ["./c", "C", 2]]));
}

#[test]
fn other_lists_replace_unless_they_append() {
    let base = "spec:\n  displayName: Hello\n  roleScopeTagIds: [Default, Europe]\n";
    let replaced = spec(HELLO, &[base, "spec:\n  roleScopeTagIds: [Asia]\n"]);
    assert_eq!(replaced["roleScopeTagIds"], json!(["Asia"]));
    let append = "spec:\n  roleScopeTagIds: { $append: [Asia] }\n";
    let appended = spec(HELLO, &[base, append]);
    assert_eq!(appended["roleScopeTagIds"], json!(["Default", "Europe", "Asia"]));
    let twice = spec(HELLO, &[base, append, "spec:\n  roleScopeTagIds: { $append: [Africa] }\n"]);
    assert_eq!(twice["roleScopeTagIds"], json!(["Default", "Europe", "Asia", "Africa"]));
}

#[test]
fn a_declaration_can_be_withdrawn_and_a_value_unset() {
    let base = "spec:
  displayName: Hello
  pinMinimumLength: 6
  pinMaximumLength: 8
  deviceManagementApplicabilityRuleOsVersion: { name: v, minOSVersion: 10.0.1, ruleType: include }
";
    let own = "spec:
  pinMinimumLength: { $undeclare: true }
  pinMaximumLength: null
  deviceManagementApplicabilityRuleOsVersion: { minOSVersion: { $undeclare: true } }
";
    assert_eq!(
        spec(HELLO, &[base, own]),
        json!({
            "displayName": "Hello",
            "pinMaximumLength": null,
            "deviceManagementApplicabilityRuleOsVersion": { "name": "v", "ruleType": "include" },
        })
    );
    // What a base withdraws, a later layer can declare again.
    let again = "spec:\n  pinMinimumLength: 4\n";
    assert_eq!(spec(HELLO, &[base, own, again])["pinMinimumLength"], 4);
}

#[test]
fn a_value_of_another_type_replaces() {
    let base = "spec:
  displayName: Ring
  installationSchedule:
    \"@odata.type\": \"#microsoft.graph.windowsUpdateActiveHoursInstall\"
    activeHoursStart: \"08:00:00\"
    activeHoursEnd: \"17:00:00\"
";
    let same =
        spec(RING, &[base, "spec:\n  installationSchedule: { activeHoursEnd: \"18:00:00\" }\n"]);
    assert_eq!(
        same["installationSchedule"],
        json!({
            "@odata.type": "#microsoft.graph.windowsUpdateActiveHoursInstall",
            "activeHoursStart": "08:00:00",
            "activeHoursEnd": "18:00:00",
        })
    );
    let other = "spec:
  installationSchedule:
    \"@odata.type\": \"#microsoft.graph.windowsUpdateScheduledInstall\"
    scheduledInstallDay: monday
";
    assert_eq!(
        spec(RING, &[base, other])["installationSchedule"],
        json!({
            "@odata.type": "#microsoft.graph.windowsUpdateScheduledInstall",
            "scheduledInstallDay": "monday",
        })
    );
}

#[test]
fn a_later_base_wins_over_an_earlier_one() {
    let first = "spec:\n  displayName: Hello\n  pinMinimumLength: 4\n  pinMaximumLength: 20\n";
    let second = "spec:\n  displayName: Hello\n  pinMinimumLength: 6\n";
    let merged = spec(HELLO, &[first, second, ""]);
    assert_eq!(merged["pinMinimumLength"], 6);
    assert_eq!(merged["pinMaximumLength"], 20);
}

#[test]
fn what_is_excluded_is_not_taken() {
    let (workspace, _) = lay(HELLO, &["spec:\n  displayName: Hello\n", ""]);
    workspace.write("base1/ring.yaml", manifest(RING, "spec:\n  displayName: Ring\n"));
    workspace.edit(
        "tenant/moorline.yaml",
        "base: [../base1]",
        &format!("base: [../base1], exclude: [{RING}/it]"),
    );
    let loaded = load::load(&workspace.file("tenant"));
    assert_eq!(only(&loaded).address.kind, HELLO);
    // The tenant's own manifest of that name stands by itself then.
    workspace.write("tenant/ring.yaml", manifest(RING, "spec:\n  displayName: Ours\n"));
    let loaded = load::load(&workspace.file("tenant"));
    assert_eq!(loaded.manifests.len(), 2);
    assert_eq!(loaded.manifests[1].display_name(), Some("Ours"));
}

#[test]
fn each_value_knows_the_file_that_won() {
    let base = "spec:\n  displayName: Hello\n  pinMinimumLength: 6\n  roleScopeTagIds: [Default]\n";
    let own = "spec:\n  pinMinimumLength: 8\n  roleScopeTagIds: { $append: [Asia] }\n";
    let (_, loaded) = lay(HELLO, &[base, own]);
    let spec = &only(&loaded).spec;
    let place = |value: &Value| {
        let place = loaded.sources.locate(value.span);
        let file = place.file.rsplit('/').take(2).collect::<Vec<_>>();
        format!("{}/{}:{}:{}", file[1], file[0], place.line, place.column)
    };
    let declared = |name: &str| spec.get(name).expect("it is declared");
    assert_eq!(place(declared("displayName")), "base1/it.yaml:5:16");
    assert_eq!(place(declared("pinMinimumLength")), "tenant/it.yaml:5:21");
    let tags: Vec<String> = declared("roleScopeTagIds").elements().iter().map(place).collect();
    assert_eq!(tags, ["base1/it.yaml:7:21", "tenant/it.yaml:6:32"]);
}

#[test]
fn a_fault_is_shown_in_the_file_that_won() {
    let base = "spec:\n  displayName: Hello\n  pinMinimumLength: 12\n";
    let (workspace, _) = lay(HELLO, &[base, "spec:\n  pinMaximumLength: 8\n"]);
    let run = workspace.run(&["validate", "tenant"]).expect(3);
    insta::assert_snapshot!(run.stdout, @r"
    error[rule/pin-length-order]: `pinMinimumLength` (12) is greater than `pinMaximumLength` (8)
     --> base1/it.yaml:6:21
      |
    6 |   pinMinimumLength: 12
      |                     ^^
      |
     ::: tenant/it.yaml:5:21
      |
    5 |   pinMaximumLength: 8
      |                     - `pinMaximumLength` is declared here
      |
      = help: lower `pinMinimumLength`, or raise `pinMaximumLength`

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn a_file_lies_beside_the_manifest_that_names_it() {
    let base = "spec:\n  displayName: Custom\n  description: { $file: ./about.txt }\n";
    let (workspace, _) = lay(HELLO, &[base, "spec:\n  pinMinimumLength: 6\n"]);
    workspace.write("base1/about.txt", "from the base");
    let loaded = load::load(&workspace.file("tenant"));
    assert_eq!(only(&loaded).spec.to_json()["description"], "from the base");
    // The base's files are its own, and the tenant's are the tenant's.
    workspace.edit(
        "tenant/it.yaml",
        "pinMinimumLength: 6",
        "description: { $file: ../base1/about.txt }",
    );
    let loaded = load::load(&workspace.file("tenant"));
    assert_eq!(loaded.findings[0].code, "file/outside");
}

#[test]
fn a_secret_replaces_a_secret() {
    let wifi = "windowsWifiConfiguration";
    let base = "spec:\n  displayName: Wi-Fi\n  preSharedKey: { $env: BASE_PSK }\n";
    let own = "spec:\n  preSharedKey: { $env: OWN_PSK }\n";
    assert_eq!(spec(wifi, &[base, own])["preSharedKey"], json!({ "$secret": "env:OWN_PSK" }));
    let none = "spec:\n  preSharedKey: { $undeclare: true }\n";
    assert_eq!(spec(wifi, &[base, none]), json!({ "displayName": "Wi-Fi" }));
}

#[test]
fn directives_that_find_nothing() {
    let base = "spec:\n  displayName: Hello\n  pinMinimumLength: 6\n";
    for own in [
        "spec:\n  pinMaximumLength: { $undeclare: true }\n",
        "spec:\n  roleScopeTagIds: { $append: [Asia] }\n",
        "spec:\n  pinMinimumLength: { $append: [1] }\n",
        "spec: {}\nassignments: { $append: [{ allDevices: true }] }\n",
    ] {
        assert_eq!(codes(HELLO, &[base, own]), ["overlay/nothing-beneath"], "{own}");
    }
    for own in [
        "spec:\n  pinMinimumLength: { $undeclare: yes }\n",
        "spec:\n  pinMinimumLength: { $undeclare: false }\n",
        "spec:\n  roleScopeTagIds: { $append: Asia }\n",
    ] {
        assert_eq!(codes(HELLO, &[base, own]), ["value/reference"], "{own}");
    }
}

#[test]
fn two_layers_cannot_declare_one_key_twice() {
    let setting =
        "{ \"@odata.type\": \"#microsoft.graph.omaSettingInteger\", omaUri: ./a, value: 1 }";
    let base = format!("spec:\n  displayName: Custom\n  omaSettings: [{setting}]\n");
    let own = format!("spec:\n  omaSettings: {{ $append: [{setting}] }}\n");
    assert_eq!(codes(CUSTOM, &[&base, &own]), ["value/key-twice"]);
}

#[test]
fn assignments() {
    let base = "spec:\n  displayName: Hello\nassignments:\n  - group: Laptops\n";
    let assigned = |own: &str| {
        let (_, loaded) = lay(HELLO, &[base, own]);
        let assignments = only(&loaded).assignments.as_ref()?;
        Some(assignments.iter().map(|a| format!("{:?}", a.target)).collect::<Vec<_>>())
    };
    let laptops = "Group(\"Laptops\")".to_owned();
    let desktops = "Group(\"Desktops\")".to_owned();
    assert_eq!(assigned("spec: {}\n"), Some(vec![laptops.clone()]));
    assert_eq!(
        assigned("spec: {}\nassignments: [{ group: Desktops }]\n"),
        Some(vec![desktops.clone()])
    );
    assert_eq!(assigned("spec: {}\nassignments: []\n"), Some(Vec::new()));
    assert_eq!(
        assigned("spec: {}\nassignments: { $append: [{ group: Desktops }] }\n"),
        Some(vec![laptops, desktops])
    );
    assert_eq!(assigned("spec: {}\nassignments: { $undeclare: true }\n"), None);
}

#[test]
fn metadata_is_the_overlays() {
    let base = "spec:\n  displayName: Hello\n";
    let (workspace, _) = lay(HELLO, &[base, "spec: {}\n"]);
    let id = "8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11";
    workspace.edit(
        "tenant/it.yaml",
        "{ name: it }",
        &format!("{{ name: it, id: {id}, formerly: [WHfB] }}"),
    );
    let loaded = load::load(&workspace.file("tenant"));
    let manifest = only(&loaded);
    assert_eq!(manifest.id.as_deref(), Some(id));
    assert_eq!(manifest.formerly, ["WHfB"]);
    assert_eq!(manifest.display_name(), Some("Hello"));
}

#[test]
fn a_part_by_itself_need_not_be_whole() {
    let base = "spec:\n  displayName: Hello\n  roleScopeTagIds: [Default]\n";
    let own = "spec:\n  roleScopeTagIds: { $append: [Asia] }\n  pinMinimumLength: 200\n";
    let (workspace, _) = lay(HELLO, &[base, own]);
    let run = workspace.run(&["validate", "tenant/it.yaml", "--format", "json"]).expect(3);
    let items = &run.json()["items"];
    assert_eq!(items[0]["code"], "schema/maximum", "{items}");
    assert_eq!(items.as_array().map(Vec::len), Some(1));
}

#[test]
fn files_of_several_layers_or_tenants_can_be_named_together() {
    let base = "spec:\n  displayName: Hello\n";
    let (workspace, _) = lay(HELLO, &[base, "spec:\n  pinMinimumLength: 6\n"]);
    workspace.edit("tenant/moorline.yaml", "../base1", "inner");
    workspace.write("tenant/inner/it.yaml", manifest(HELLO, base));
    workspace.write("other/moorline.yaml", "kind: Tenant\n");
    workspace.write("other/it.yaml", manifest(HELLO, base));
    let run =
        workspace.run(&["validate", "tenant/it.yaml", "tenant/inner/it.yaml", "other/it.yaml"]);
    assert_eq!(run.expect(0).stdout, "Valid: 3 manifests.\n");
}
