//! State files: completed, refused, saved.

use super::*;

#[test]
fn seed_is_completed_deterministically_and_saved_state_loads_unchanged() {
    let seed = json!({
        "kind": "sandbox-state", "formatVersion": "1.0",
        "groups": [{"displayName": "A"}],
        "deviceConfigurations": [
            typed("iosCustomConfiguration"),
            typed("iosCustomConfiguration"),
            with(typed("iosWiFiConfiguration"), json!({"preSharedKey": "correct horse",
                "assignments": [{"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}]})),
            with(typed("windows10CustomConfiguration"), json!({"omaSettings": [
                {"@odata.type": "#microsoft.graph.omaSettingStringXml", "omaUri": "./a", "displayName": "a", "value": "PHgvPg=="}]})),
        ],
        "deviceRegistrationPolicy": {"userDeviceQuota": 20, "azureADJoin": {"localAdmins": {"enableGlobalAdmins": false}}},
    });
    let state = State::from_json(&seed.to_string()).expect("a seed");
    assert_eq!(State::from_json(&seed.to_string()).expect("a seed"), state);
    assert_ne!(
        state.collections["deviceConfigurations"][0]["id"],
        state.collections["deviceConfigurations"][1]["id"]
    );
    assert_eq!(
        state.device_registration_policy["azureADJoin"]["allowedToJoin"]["@odata.type"],
        "#microsoft.graph.allDeviceRegistrationMembership"
    );
    let text = state.to_json().expect("a document");
    assert!(!text.contains("correct horse"));
    assert_eq!(State::from_json(&text).expect("a state"), state);
}

#[test]
fn invalid_seed_is_refused_with_the_path() {
    let load = |section: &str, objects: Value| {
        let seed = json!({"kind": "sandbox-state", "formatVersion": "1.0", section: objects});
        State::from_json(&seed.to_string()).expect_err("a refusal").to_string()
    };
    let twice = with(typed("iosCustomConfiguration"), json!({"id": "x"}));
    for (section, objects, path, says) in [
        (
            "deviceConfigurations",
            json!([typed("nothing")]),
            "deviceConfigurations[0]",
            "could not be resolved",
        ),
        (
            "deviceConfigurations",
            json!([typed("deviceConfiguration")]),
            "deviceConfigurations[0]",
            "abstract",
        ),
        ("deviceConfigurations", json!([twice, twice]), "deviceConfigurations[1].id", "in use"),
        (
            "deviceConfigurations",
            json!([with(
                typed("windows10CustomConfiguration"),
                json!({"omaSettings": [
                {"@odata.type": "#microsoft.graph.omaSettingInteger", "omaUri": "./a", "displayName": "a", "value": "1"}]})
            )]),
            "deviceConfigurations[0].omaSettings[0].value",
            "Cannot convert the literal '1'",
        ),
        (
            "groups",
            json!([{"displayName": "A"}, {"displayName": "B", "members": ["x"]}]),
            "groups[1].members[0]",
            "Nothing has the id 'x'",
        ),
        (
            "deviceStatusOverviews",
            json!({"x": {}}),
            "deviceStatusOverviews.x",
            "Nothing has the id 'x'",
        ),
        (
            "createDefaults",
            json!({"windows10GeneralConfiguration.colour": true}),
            "createDefaults.windows10GeneralConfiguration.colour",
            "does not exist",
        ),
        (
            "createDefaults",
            json!({"windows10GeneralConfiguration.cameraBlocked": "yes"}),
            "createDefaults.windows10GeneralConfiguration.cameraBlocked",
            "Cannot convert the literal 'yes'",
        ),
        ("roleScopeTags", json!([{"name": "x"}]), "roleScopeTags[1].name", "does not exist"),
        (
            "deviceRegistrationPolicy",
            json!({"azureADJoin": {"appliesTo": "1"}}),
            "deviceRegistrationPolicy.azureADJoin.appliesTo",
            "does not exist",
        ),
        (
            "groups",
            json!([{"id": "x", "displayName": "a"}, {"id": "x", "displayName": "b"}]),
            "groups[1].id",
            "in use",
        ),
    ] {
        let error = load(section, objects);
        assert!(error.contains(&format!("`{path}`")) && error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn change_is_saved_before_it_is_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let service = Arc::new(
        SandboxService::new(State::default(), Some(file.clone()), FaultConfig::default())
            .expect("a service"),
    );
    let sandbox = Client { router: routes::router(service.clone()), service, token: String::new() };
    let form = "grant_type=client_credentials&client_id=me&client_secret=it&scope=x%2F.default";
    let token = sandbox.sign_in("contoso.onmicrosoft.com", form).await.body["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let sandbox = Client { token, ..sandbox };
    sandbox.create(typed("iosCustomConfiguration")).await;
    assert_eq!(
        State::load(&file, Rows::default()).expect("a state"),
        sandbox.service.read(State::clone)
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        2,
        "nothing but its lock is left beside it"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    drop(folder);
    let answer = sandbox.call("POST", CONFIGURATIONS, Some(&typed("iosCustomConfiguration"))).await;
    assert_eq!(
        (
            answer.status,
            sandbox.service.read(|state| state.collections["deviceConfigurations"].len())
        ),
        (500, 1)
    );
}
