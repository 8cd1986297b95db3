//! Device configurations, written and read.

use super::*;
use crate::schema::types::Holds;

#[tokio::test]
async fn every_kind_can_be_created_with_a_name_and_read_whole() {
    let client = Client::of(json!({})).await;
    let types = Types::of(GraphVersion::Beta);
    let base = types.get("deviceConfiguration").expect("the base");
    let concrete: Vec<_> = base
        .derived
        .iter()
        .filter_map(|name| types.get(name))
        .filter(|ty| !ty.is_abstract)
        .collect();
    assert_eq!(concrete.len(), 122);
    for ty in concrete {
        let answer = client.call("POST", CONFIGURATIONS, Some(&typed(&ty.name))).await;
        if ty.name == "unsupportedDeviceConfiguration" {
            assert_eq!((answer.status, answer.code()), (400, "BadRequest"));
            continue;
        }
        assert_eq!(answer.status, 201, "{}: {}", ty.name, answer.body);
        let read = client.get(&item(&answer.body)).await;
        for property in ty.properties.iter().filter(|property| property.navigation.is_none()) {
            let value =
                read.get(&property.name).unwrap_or_else(|| panic!("{} {}", ty.name, property.name));
            let is_complex =
                matches!(property.ty.holds, Holds::Named(_)) && !property.ty.collection;
            let of_abstract = value.is_null() && is_complex;
            assert!(
                property.nullable || of_abstract || !value.is_null(),
                "{} {}",
                ty.name,
                property.name
            );
        }
        assert_eq!(read["version"], 1);
        assert_eq!(read["roleScopeTagIds"], json!(["0"]));
        assert_eq!(read["createdDateTime"], read["lastModifiedDateTime"]);
    }
}

#[tokio::test]
async fn create_yields_the_defaults_of_the_state_for_what_the_body_leaves_out() {
    let (protection, rule) = ("windows10EndpointProtectionConfiguration", "windowsFirewallRule");
    let defaults = json!({
        format!("{protection}.smartScreenEnableInShell"): true,
        format!("{protection}.smartScreenBlockOverrideForFiles"): true,
        format!("{rule}.trafficDirection"): "in",
        "windowsUpdateForBusinessConfiguration.automaticUpdateMode": "notifyDownload",
    });
    let seed = json!({ "createDefaults": defaults, "deviceConfigurations": [typed(protection)] });
    let client = Client::of(seed).await;
    let body = json!({
        "smartScreenEnableInShell": false,
        "firewallRules": [{ "displayName": "A" }, { "displayName": "B", "trafficDirection": "out" }],
    });
    let made = client.create(with(typed(protection), body)).await;
    let read = client.get(&item(&made)).await;
    assert_eq!(
        (&read["smartScreenEnableInShell"], &read["smartScreenBlockOverrideForFiles"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(read["xboxServicesEnableXboxGameSaveTask"], false, "the state is silent");
    let directions = [0, 1].map(|index| &read["firewallRules"][index]["trafficDirection"]);
    assert_eq!(directions, ["in", "out"]);
    let ring = client.create(typed("windowsUpdateForBusinessConfiguration")).await;
    assert_eq!(ring["automaticUpdateMode"], "notifyDownload", "before that of the collection");
    // Objects that are there already are as they were.
    let all = client.get(CONFIGURATIONS).await;
    let seeded = all["value"].as_array().expect("a list").iter();
    let seeded = seeded.filter(|it| it["smartScreenBlockOverrideForFiles"] == false);
    assert_eq!(seeded.count(), 1);
}

#[tokio::test]
async fn patch_changes_only_the_given_properties() {
    let client = Client::of(json!({})).await;
    let hello = "windowsIdentityProtectionConfiguration";
    let created = client
        .create(with(typed(hello), json!({"pinMinimumLength": 6, "pinExpirationInDays": 90})))
        .await;
    let patch = json!({"@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration", "pinMinimumLength": 8});
    let answer = client.call("PATCH", &item(&created), Some(&patch)).await;
    assert_eq!((answer.status, &answer.body), (204, &Value::Null));
    let read = client.get(&item(&created)).await;
    assert_eq!(
        (&read["pinMinimumLength"], &read["pinExpirationInDays"], &read["version"]),
        (&json!(8), &json!(90), &json!(2))
    );
    assert!(read["lastModifiedDateTime"].as_str() > created["lastModifiedDateTime"].as_str());

    let answer = client.call("PATCH", &item(&created), Some(&patch)).await;
    assert_eq!((answer.status, answer.code()), (400, "BadRequest"));
    assert!(
        answer
            .message()
            .starts_with("Invalid patch, at least 1 property must be changed. - Operation ID")
    );

    let unset = with(patch, json!({"pinMinimumLength": null}));
    assert_eq!(client.call("PATCH", &item(&created), Some(&unset)).await.status, 204);
    assert_eq!(client.get(&item(&created)).await["pinMinimumLength"], Value::Null);
}

#[tokio::test]
async fn values_are_stored_in_the_services_form() {
    let client = Client::of(json!({})).await;
    let created = client
        .create(with(
            typed("windowsUpdateForBusinessConfiguration"),
            json!({
                "featureUpdatesPauseExpiryDateTime": "2030-01-01T01:00:00+01:00",
                "installationSchedule": {
                    "@odata.type": "#microsoft.graph.windowsUpdateActiveHoursInstall",
                    "activeHoursStart": "08:00",
                    "activeHoursEnd": "17:00:00",
                },
                "id": "00000000-0000-0000-0000-000000000000",
            }),
        ))
        .await;
    assert_ne!(created["id"], "00000000-0000-0000-0000-000000000000");
    assert_eq!(created["featureUpdatesPauseExpiryDateTime"], "2030-01-01T00:00:00Z");
    assert_eq!(created["installationSchedule"]["activeHoursStart"], "08:00:00.0000000");
    let scopes = json!({"configDeviceHealthMonitoringScope": "windowsUpdates, bootPerformance"});
    let created = client.create(with(typed("windowsHealthMonitoringConfiguration"), scopes)).await;
    assert_eq!(created["configDeviceHealthMonitoringScope"], "bootPerformance,windowsUpdates");
}

#[tokio::test]
async fn fixed_property_cannot_change_and_mirrored_properties_agree() {
    let client = Client::of(json!({})).await;
    let mac = client
        .create(with(
            typed("macOSCustomConfiguration"),
            json!({"deploymentChannel": "userChannel"}),
        ))
        .await;
    let patch = |channel: &str| json!({"@odata.type": "#microsoft.graph.macOSCustomConfiguration", "description": "b", "deploymentChannel": channel});
    assert_eq!(client.call("PATCH", &item(&mac), Some(&patch("deviceChannel"))).await.status, 400);
    assert_eq!(client.call("PATCH", &item(&mac), Some(&patch("userChannel"))).await.status, 204);
    let pc = client
        .create(with(typed("sharedPCConfiguration"), json!({"allowLocalStorage": true})))
        .await;
    assert_eq!(pc["localStorage"], "enabled");
}

#[tokio::test]
async fn v1_shows_and_accepts_only_its_own_types_and_properties() {
    let client = Client::of(json!({})).await;
    client.create(typed("windowsIdentityProtectionConfiguration")).await;
    let mac = client.create(typed("macOSCustomConfiguration")).await;
    let narrow = client.get("/v1.0/deviceManagement/deviceConfigurations").await;
    assert_eq!(narrow["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(narrow["value"][0]["id"], mac["id"]);
    assert!(narrow["value"][0].get("roleScopeTagIds").is_none());
    let body = with(typed("macOSCustomConfiguration"), json!({"roleScopeTagIds": ["0"]}));
    let answer =
        client.call("POST", "/v1.0/deviceManagement/deviceConfigurations", Some(&body)).await;
    assert!(answer.message().contains("'roleScopeTagIds' does not exist"), "{}", answer.body);
    let answer = client.call("GET", "/v1.0/deviceManagement/assignmentFilters", None).await;
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (400, "Resource not found for the segment 'assignmentFilters'.")
    );
}

#[tokio::test]
async fn lists_are_filtered_selected_and_paged() {
    let named = |ty: &str, name: &str| with(typed(ty), json!({"displayName": name}));
    let client = Client::of(json!({"deviceConfigurations": [
        named("iosCustomConfiguration", "Bob's"), named("iosCustomConfiguration", "B"), named("iosUpdateConfiguration", "B"),
    ]}))
    .await;
    let count = async |query: &str| {
        let body = client.get(&format!("{CONFIGURATIONS}?{query}")).await;
        body["value"].as_array().expect("a list").len()
    };
    assert_eq!(count("$filter=displayName eq 'Bob''s'").await, 1);
    assert_eq!(
        count("$filter=displayName eq 'B' and isof('microsoft.graph.iosUpdateConfiguration')")
            .await,
        1
    );
    assert_eq!(count("$filter=not(isof('microsoft.graph.iosUpdateConfiguration'))").await, 2);
    let page = client.get(&format!("{CONFIGURATIONS}?$top=2&$select=id")).await;
    assert_eq!(
        page["value"][0].as_object().map(|object| object.keys().collect::<Vec<_>>()),
        Some(vec![&"@odata.type".to_owned(), &"id".to_owned()])
    );
    let next = page["@odata.nextLink"].as_str().expect("another page");
    assert!(next.starts_with("http://sandbox.test/beta/") && next.contains("skiptoken"), "{next}");
    let last = client.get(next.strip_prefix("http://sandbox.test").expect("the same host")).await;
    assert_eq!(last["value"].as_array().map(Vec::len), Some(1));
    assert!(last.get("@odata.nextLink").is_none());
    assert_eq!(
        client
            .call("GET", &format!("{CONFIGURATIONS}?$filter=version%20eq%201"), None)
            .await
            .status,
        501
    );
    assert_eq!(
        client.call("GET", &format!("{CONFIGURATIONS}?$select=nothing"), None).await.status,
        400
    );
}

#[tokio::test]
async fn deleting_an_object_deletes_its_secrets() {
    let client = Client::of(json!({"deviceConfigurations": [
        with(typed("iosWiFiConfiguration"), json!({"preSharedKey": "correct horse"})),
    ]}))
    .await;
    let object = client.get(CONFIGURATIONS).await["value"][0].clone();
    assert_eq!(client.call("DELETE", &item(&object), None).await.status, 200);
    let answer = client.call("GET", &item(&object), None).await;
    assert_eq!((answer.status, answer.code()), (404, "ResourceNotFound"));
    assert_eq!(client.call("DELETE", &item(&object), None).await.status, 404);
    assert!(client.service.read(|state| state.withheld.is_empty()));
    let events = client.get("/beta/deviceManagement/auditEvents").await;
    assert_eq!(events["value"][0]["activityType"], "Delete DeviceConfiguration");
    assert_eq!(events["value"][0]["actor"]["applicationId"], "me");
}
