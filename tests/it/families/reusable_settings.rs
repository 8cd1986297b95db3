//! References of settings to reusable settings, which manifests name and do not declare.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

const RULE: &str = "vendor_msft_firewall_mdmstore_firewallrules_{firewallrulename}";
const OFFICES: &str = "66666666-0000-4000-8000-000000000001";
const LABS: &str = "66666666-0000-4000-8000-000000000002";
const ELSEWHERE: &str = "66666666-0000-4000-8000-00000000000f";

/// Returns the manifest of a policy with a firewall rule that refers to this reusable setting.
fn rule(reference: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: deviceManagementConfigurationPolicy\nmetadata: {{ name: rules }}\n\
         spec:\n  name: Windows - Rules\n  platforms: windows10\n  technologies: mdm\n  settings:\n    \"{RULE}\":\n      groups:\n\
         \x20       - \"{RULE}_name\": {{ string: Offices }}\n          \"{RULE}_remoteaddressdynamickeywords\":\n            values:\n\
         \x20             - {{ reference: {reference}, note: from the offices }}\n"
    )
}

fn reusable(id: &str, name: &str) -> Value {
    json!({
        "id": id, "displayName": name,
        "settingDefinitionId": "vendor_msft_firewall_mdmstore_dynamickeywords_addresses_{id}",
    })
}

fn workspace(reference: &str) -> Workspace {
    let workspace = Workspace::tenant(&[("policy.yaml", &rule(reference))]);
    workspace.seed(&json!({ "reusablePolicySettings": [
        reusable(OFFICES, "Offices"), reusable(LABS, "Labs"),
        reusable("66666666-0000-4000-8000-000000000003", "Twins"),
        reusable("66666666-0000-4000-8000-000000000004", "Twins"),
    ] }));
    workspace
}

/// Returns the id that the policy of the tenant refers to.
fn referred(workspace: &Workspace) -> Value {
    let policy = &workspace.json("s.json")["configurationPolicies"][0];
    let group = &policy["settings"][0]["settingInstance"]["groupSettingCollectionValue"][0];
    group["children"][1]["simpleSettingCollectionValue"][0]["value"].clone()
}

fn apply(workspace: &Workspace) -> String {
    let outcome = workspace.run(&["apply", "--sandbox=s.json", "--yes", "--format", "json"]);
    outcome.expect(0).json()["journal"].as_str().expect("a journal").to_owned()
}

#[test]
fn setting_that_is_named_is_referred_to_by_its_id() {
    let _filters = stable_snapshots();
    let workspace = workspace("{ $ref: { displayName: Offices } }");
    let plan = workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    assert_snapshot!(plan.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      + deviceManagementConfigurationPolicy/rules   "Windows - Rules"   policy.yaml:2
          + name          "Windows - Rules"
          + platforms     windows10
          + technologies  mdm
          + settings
              + vendor_msft_firewall_mdmstore_firewallrules_{firewallrulename}
                  + groups
                      + [0]
                          + vendor_msft_firewall_mdmstore_firewallrules_{firewallrulename}_name
                              { string: Offices }
                          + vendor_msft_firewall_mdmstore_firewallrules_{firewallrulename}_remoteaddressdynamickeywords
                              + values
                                  + [0]  { note: "from the offices", reference: Offices (66666666…) }
          reaches nobody

    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);
    apply(&workspace);
    assert_eq!(referred(&workspace), OFFICES);
    for same in [&format!("{{ $ref: {{ id: {OFFICES} }} }}"), OFFICES] {
        workspace.write("policy.yaml", rule(same));
        workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
    }

    let keywords = format!("settings.{RULE}_remoteaddressdynamickeywords=[\"Labs\"]");
    let policy = "deviceManagementConfigurationPolicy/Windows - Rules";
    workspace.run(&["sandbox", "edit", "s.json", policy, "--set", &keywords]).expect(0);
    assert_eq!(referred(&workspace), LABS);
    let drift = workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
    assert_snapshot!(drift.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      ~ deviceManagementConfigurationPolicy/rules   "Windows - Rules"   policy.yaml:2
          changed by admin@contoso.onmicrosoft.com, [time] (Put
            DeviceManagementConfigurationPolicy)
          ~ settings[vendor_msft_firewall_mdmstore_firewallrules_{firewallrulename}]  policy.yaml:10
              ~ groups
                  ~ [0]
                      ~ vendor_msft_firewall_mdmstore_firewallrules_{firewallrulename}_remoteaddressdynamickeywords
                          ~ values
                              ~ [0]
                                  + note       "from the offices"
                                  ~ reference  Labs (66666666…) -> Offices (66666666…)

    Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 0 in sync.
    "#);
}

#[test]
fn reference_that_the_portal_adds_is_shown_with_its_name() {
    let workspace = workspace(OFFICES);
    apply(&workspace);
    let alone = rule(OFFICES)
        .replace(&format!("reference: {OFFICES}, note: from the offices"), "string: x");
    workspace.write("policy.yaml", alone);
    let drift = workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
    assert!(drift.stdout.contains("reference: Offices (66666666…)"), "{}", drift.stdout);
}

#[test]
fn setting_that_the_tenant_does_not_have_blocks_the_change() {
    let _filters = stable_snapshots();
    let blocked = |reference: &str| {
        let plan = workspace(reference).run(&["plan", "--sandbox=s.json"]).expect(0).stdout;
        let from = plan.find("reusable-setting/").expect("it is blocked");
        plan[from..].split("\n\n").next().unwrap_or_default().to_owned()
    };
    assert_snapshot!(blocked(ELSEWHERE), @"
    reusable-setting/unknown: this tenant has no reusable setting with the id
            `[id]`
            help: an id of another tenant means nothing here: create the setting in this tenant, and
              name it: `reference: { $ref: { displayName: … } }`
            at policy.yaml:14
    ");
    assert_snapshot!(blocked("{ $ref: { displayName: Offises } }"), @"
    reusable-setting/unknown: there is no reusable setting `Offises`
            help: did you mean `Offices`?
            at policy.yaml:14
    ");
    assert_snapshot!(blocked("{ $ref: { displayName: Twins } }"), @"
    reusable-setting/ambiguous: 2 reusable settings are called `Twins`:
            [id], [id]
            help: write the id of the one that you mean
            at policy.yaml:14
    ");
}

#[test]
fn reference_of_another_form_is_found_without_the_tenant() {
    let _filters = stable_snapshots();
    let found = |reference: &str| {
        let text = workspace(reference).run(&["validate"]).expect(3).stdout;
        text.split("\n\n").next().unwrap_or_default().to_owned()
    };
    assert_snapshot!(found("{ $ref: windows10CustomConfiguration/offices }"), @r"
    error[reference/type]: `reference` cannot refer to `windows10CustomConfiguration/offices`
      --> policy.yaml:14:38
       |
    14 |               - { reference: { $ref: windows10CustomConfiguration/offices }, note: from the offices }
       |                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: write `{ $ref: { id: … } }` or `{ $ref: { displayName: … } }`
    ");
    assert_snapshot!(found("{ $ref: { name: Offices } }"), @r"
    error[reference/form]: a live object is named by its `id`, or by its `displayName`
      --> policy.yaml:14:38
       |
    14 |               - { reference: { $ref: { name: Offices } }, note: from the offices }
       |                                      ^^^^^^^^^^^^^^^^^
       |
       = help: write `{ $ref: { id: … } }` or `{ $ref: { displayName: … } }`
    ");
}

#[test]
fn rollback_refers_to_the_id_of_before() {
    let workspace = workspace("{ $ref: { displayName: Offices } }");
    apply(&workspace);
    workspace.write("policy.yaml", rule("{ $ref: { displayName: Labs } }"));
    let journal = apply(&workspace);
    assert_eq!(referred(&workspace), LABS);
    workspace.run(&["rollback", &journal, "--sandbox=s.json", "--yes"]).expect(0);
    assert_eq!(referred(&workspace), OFFICES);
}

#[test]
fn read_of_reusable_settings_is_a_reason_for_its_permission() {
    let workspace = workspace("{ $ref: { displayName: Offices } }");
    let document =
        workspace.run(&["permissions", "--for", "plan", "--format", "json"]).expect(0).json();
    let reasons =
        document["items"][0]["permissions"][0]["reasons"].as_array().expect("a list").clone();
    let why: Vec<&str> = reasons.iter().filter_map(|reason| reason["why"].as_str()).collect();
    assert!(why.contains(&"finds the reusable settings that settings refer to"), "{why:?}");
}

#[test]
fn schema_takes_the_id_and_the_name() {
    let run = Workspace::tenant(&[]).run(&["schema", "deviceManagementConfigurationPolicy"]);
    let validator = jsonschema::validator_for(&run.expect(0).json()).expect("a schema");
    let fits = |setting: Value| {
        validator.is_valid(&json!({ "name": "Rules", "settings": { RULE: setting } }))
    };
    for (reference, is_form) in [
        (json!(OFFICES), true),
        (json!({ "$ref": { "displayName": "Offices" } }), true),
        (json!({ "$ref": { "id": OFFICES } }), true),
        (json!({ "$ref": { "displayName": "Offices", "id": OFFICES } }), false),
        (json!({ "displayName": "Offices" }), false),
    ] {
        assert_eq!(fits(json!({ "reference": reference })), is_form, "{reference}");
        assert_eq!(fits(json!({ "values": [{ "reference": reference }] })), is_form, "{reference}");
    }
}
