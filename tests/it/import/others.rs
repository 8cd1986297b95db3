//! What is no one's to declare, what cannot be read, and how much a tenant is asked for.

use serde_json::{Value, json};

use super::{files, importing, text};
use crate::support::Workspace;

/// Returns a folder for the import of a tenant with these sections.
fn tenant(sections: &Value) -> Workspace {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(sections);
    importing(&workspace.json("sandbox.json"))
}

fn import(workspace: &Workspace) -> Value {
    workspace.run(&["import", "--sandbox=s.json", "--format", "json"]).expect(0).json()
}

#[test]
fn objects_that_no_manifest_declares_are_listed_with_the_reason() {
    let workspace = tenant(&json!({
        "deviceConfigurations": [
            { "@odata.type": "#microsoft.graph.unsupportedDeviceConfiguration", "displayName": "Odd" },
        ],
        "apps": [{
            "clientId": "moorline", "secret": "sandbox",
            "roles": ["DeviceManagementConfiguration.Read.All", "Group.Read.All", "DeviceManagementRBAC.Read.All"],
        }],
    }));
    let imported = import(&workspace);
    assert_eq!(imported["items"], json!([]));
    let not_managed = imported["notManaged"].as_array().expect("a list");
    let told = |object: &str, why: &str| {
        let mut all = not_managed.iter();
        let found = all.find(|it| it["object"].as_str().is_some_and(|it| it.contains(object)));
        let found = found.and_then(|it| it["why"].as_str()).unwrap_or_default();
        assert!(found.contains(why), "{object}: {not_managed:#?}");
    };
    told("Odd", "cannot show");
    told("/policies/deviceRegistrationPolicy", "cannot be read");
    let text = workspace.run(&["import", "--sandbox=s.json"]).expect(0).stdout;
    assert!(text.contains("Not imported:") && text.contains("`Odd`"), "{text}");
}

#[test]
fn setting_that_is_a_secret_by_its_form_or_its_name_is_left_alone_beside_the_others() {
    let string = |id: &str, value: &str| {
        json!({ "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": id,
            "simpleSettingValue": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
                "value": value,
            },
        } })
    };
    for (id, value, why) in [
        (
            "device_vendor_msft_proxy_script",
            "https://alice:canary-in-an-address@proxy.contoso.com/",
            "it holds a secret in clear",
        ),
        (
            "device_vendor_msft_proxy_password",
            "canaryhunter2",
            "the name beside it says that it is a secret",
        ),
    ] {
        let policy = json!({
            "name": "Proxy", "platforms": "windows10", "technologies": "mdm",
            "settings": [string("device_vendor_msft_proxy_server", "proxy.contoso.com"), string(id, value)],
        });
        let workspace = tenant(&json!({ "configurationPolicies": [policy] }));
        let imported = import(&workspace);
        workspace.run(&["validate"]).expect(0);
        let text = text(&workspace, "policies/windows/settings-catalog/proxy.yaml");
        assert!(text.contains("$merge:") && text.contains("proxy.contoso.com"), "{text}");
        assert!(!text.contains("canary") && !text.contains(id), "{text}");
        let items = imported["items"].as_array().expect("a list").iter();
        let left_out: Vec<&Value> =
            items.flat_map(|it| it["leftOut"].as_array()).flatten().collect();
        assert_eq!(left_out[0]["path"], format!("settings[{id}]"));
        assert_eq!(left_out[0]["why"], why);
    }
}

#[test]
fn names_that_hold_a_secret_are_neither_written_nor_shown() {
    let group = "00000001-0000-4000-8000-000000000001";
    let workspace = tenant(&json!({
        "deviceConfigurations": [{
            "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
            "displayName": "Hello password=canary-of-hello",
            "pinMinimumLength": 6,
            "assignments": [{ "target": {
                "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group,
            } }],
        }],
        "groups": [{ "id": group, "displayName": "Wi-Fi password=canary-of-a-group" }],
    }));
    let json = workspace.run(&["import", "--sandbox=s.json", "--format", "json"]).expect(0);
    let again = workspace.run(&["import", "--sandbox=s.json", "--format", "json"]).expect(0);
    let unmanaged = tenant(&workspace.json("s.json"));
    let text = unmanaged.run(&["import", "--sandbox=s.json"]).expect(0);
    assert!(text.stdout.contains("Hello password=(withheld)"), "{}", text.stdout);
    for run in [&json, &again, &text] {
        assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"), "{}", run.stdout);
    }
    let files = files(&workspace);
    assert!(!files.is_empty());
    for (path, content) in files {
        assert!(!String::from_utf8_lossy(&content).contains("canary"), "{path}");
    }
}

#[test]
fn values_that_validate_would_refuse_are_left_out_and_told() {
    let action = |kind: &str, template: &str| json!({ "actionType": kind, "gracePeriodHours": 24, "notificationTemplateId": template });
    let workspace = tenant(&json!({ "deviceCompliancePolicies": [{
        "@odata.type": "#microsoft.graph.iosCompliancePolicy",
        "displayName": "Phones",
        "passcodeRequired": true,
        "scheduledActionsForRule": [{ "scheduledActionConfigurations": [
            action("block", ""), action("notification", "no-guid"),
        ] }],
    }] }));
    let imported = import(&workspace);
    workspace.run(&["validate"]).expect(0);
    let items = imported["items"].as_array().expect("a list").iter();
    let left_out: Vec<&Value> = items.flat_map(|it| it["leftOut"].as_array()).flatten().collect();
    assert_eq!(left_out[0]["path"], "scheduledActionsForRule", "{imported:#}");
    let text = text(&workspace, "policies/ios/compliance/phones.yaml");
    assert!(text.contains("passcodeRequired: true") && !text.contains("no-guid"), "{text}");
}

#[test]
fn three_hundred_objects_take_few_calls() {
    let group = |at: usize| format!("00000001-0000-4000-8000-{at:012x}");
    let object = |at: usize| {
        json!({
            "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
            "displayName": format!("Hello {at}"),
            "assignments": [{ "target": {
                "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group(at % 10),
            } }],
        })
    };
    let groups = (0..10).map(|at| json!({ "id": group(at), "displayName": format!("Group {at}") }));
    let workspace = tenant(&json!({
        "deviceConfigurations": (0..300).map(object).collect::<Value>(),
        "groups": groups.collect::<Value>(),
    }));
    let run =
        workspace.run(&["import", "--sandbox=s.json", "--log-format", "json", "-vv"]).expect(0);
    assert_eq!(files(&workspace).len(), 301);
    let calls = run.stderr.matches("\"target\":\"moorline::wire\"").count();
    // Two to sign in, four lists, fifteen batches of twenty objects, names, what else there is, and the plan.
    assert!((20..=32).contains(&calls), "{calls} calls");
}
