//! Filters of a platform that the object is not for.

use serde_json::{Value, json};

use crate::support::Workspace;

/// Returns a tenant with a filter of each platform, and a manifest of a kind that is assigned with one of them.
fn tenant(kind: &str, assignment: &Value) -> Workspace {
    let filter = |platform: &str| json!({ "displayName": platform, "platform": platform, "rule": "(device.model -eq \"x\")" });
    let platforms = [
        "android",
        "androidForWork",
        "androidAOSP",
        "iOS",
        "macOS",
        "windows10AndLater",
        "iOSMobileApplicationManagement",
        "windowsMobileApplicationManagement",
    ];
    let manifest = json!({
        "apiVersion": "graph.microsoft.com/beta", "kind": kind, "metadata": { "name": "it" },
        "spec": { "displayName": "It" }, "assignments": [assignment],
    });
    let workspace = Workspace::tenant(&[("it.yaml", &manifest.to_string())]);
    let mut filters = platforms.map(filter).to_vec();
    filters[3]["id"] = "22222222-0000-4000-8000-000000000003".into();
    workspace.seed(&json!({
        "groups": [{ "displayName": "Phones", "unnamedMembers": { "devices": 3 } }],
        "assignmentFilters": filters,
    }));
    workspace
}

fn assigned(mode: &str, filter: &str) -> Value {
    json!({ "group": "Phones", "filter": { mode: filter } })
}

#[test]
fn a_filter_of_another_platform_blocks_the_change() {
    for (kind, mode, filter, remedy) in [
        ("macOSGeneralDeviceConfiguration", "include", "iOS", "macOS"),
        ("sharedPCConfiguration", "exclude", "macOS", "windows10AndLater"),
        ("iosWiFiConfiguration", "include", "iOSMobileApplicationManagement", "iOS"),
        (
            "windows10CustomConfiguration",
            "include",
            "windowsMobileApplicationManagement",
            "windows10AndLater",
        ),
        ("androidWorkProfileWiFiConfiguration", "include", "android", "androidForWork"),
        ("aospDeviceOwnerWiFiConfiguration", "include", "androidForWork", "androidAOSP"),
    ] {
        let workspace = tenant(kind, &assigned(mode, filter));
        let plan = workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout;
        let plan = plan.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = format!("the filter `{filter}` is of the platform {filter}");
        assert!(plan.contains(&words), "{kind}\n{plan}");
        let refused = workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(5);
        assert!(refused.stdout.contains("filter/platform"), "{}", refused.stdout);
        // The remedy.
        tenant(kind, &assigned(mode, remedy))
            .run(&["apply", "--sandbox=s.json", "--yes"])
            .expect(0);
    }
}

#[test]
fn a_filter_in_a_pasted_target_is_checked_too() {
    let target = |kind: &str| {
        let pasted = json!({ "target": {
            "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget",
            "deviceAndAppManagementAssignmentFilterId": "22222222-0000-4000-8000-000000000003",
            "deviceAndAppManagementAssignmentFilterType": "include",
        } });
        tenant(kind, &pasted)
            .run(&["plan", "--sandbox=s.json", "--format", "json"])
            .expect(0)
            .json()
    };
    let blocked = |plan: &Value| plan["summary"]["blockedChanges"].clone();
    assert_eq!(blocked(&target("iosGeneralDeviceConfiguration")), 0);
    assert_eq!(blocked(&target("windows10GeneralConfiguration")), 1);
}
