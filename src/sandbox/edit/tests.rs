//! Edits as an administrator makes them.

use serde_json::json;

use super::assign::{FilterName, TargetName};
use super::*;

fn tenant() -> State {
    let seed = json!({
        "kind": "sandbox-state",
        "formatVersion": "1.0",
        "deviceConfigurations": [
            {"@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
             "displayName": "Windows Hello for Business", "pinMinimumLength": 6},
            {"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "Custom",
             "omaSettings": [
                {"@odata.type": "#microsoft.graph.omaSettingString", "displayName": "a", "omaUri": "./a", "value": "one"},
                {"@odata.type": "#microsoft.graph.omaSettingInteger", "displayName": "b", "omaUri": "./b", "value": 1},
             ]},
        ],
    });
    State::from_json(&seed.to_string()).expect("a seed")
}

fn configurations(state: &State) -> &[Object] {
    &state.collections["deviceConfigurations"]
}

fn apply(state: &mut State, target: &str, settings: &[&str]) -> Result<(), EditError> {
    let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
    Edit::parse(target, &settings, Some("bob@contoso.com".to_owned()))?.apply(state)
}

#[test]
fn edit_is_audited_as_a_person() {
    let mut state = tenant();
    let target = "windowsIdentityProtectionConfiguration/Windows Hello for Business";
    apply(&mut state, target, &["pinMinimumLength=4"]).expect("an edit");
    let object = &configurations(&state)[0];
    assert_eq!((&object["pinMinimumLength"], &object["version"]), (&json!(4), &json!(2)));
    assert!(text(object, "lastModifiedDateTime") > text(object, "createdDateTime"));
    assert_eq!(state.audit_events[0]["actor"]["userPrincipalName"], "bob@contoso.com");
    assert_eq!(state.audit_events[0]["displayName"], "Patch DeviceConfiguration");

    apply(
        &mut state,
        "deviceRegistrationPolicy",
        &["azureADJoin.localAdmins.enableGlobalAdmins=false"],
    )
    .expect("an edit");
    let join = &state.device_registration_policy["azureADJoin"];
    assert_eq!(join["localAdmins"]["enableGlobalAdmins"], false);
    assert_eq!(state.directory_audits.len(), 1);
}

#[test]
fn objects_are_made_and_deleted_as_in_the_portal() {
    let mut state = tenant();
    let edit = |target: &str, settings: &[&str], action| {
        let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
        let edit = Edit::parse(target, &settings, Some("bob@contoso.com".to_owned()));
        Edit { action, ..edit.expect("an edit") }
    };
    let target = "iosCustomConfiguration/By hand";
    let group = r##"[{"target":{"@odata.type":"#microsoft.graph.allDevicesAssignmentTarget"}}]"##;
    let assignments = format!("assignments={group}");
    let create = edit(target, &["payloadName=Made", &assignments], EditAction::Create);
    create.apply(&mut state).expect("it is made");
    let made = configurations(&state).last().expect("it is there").clone();
    assert_eq!((&made["displayName"], &made["payloadName"]), (&json!("By hand"), &json!("Made")));
    assert_eq!(made["assignments"].as_array().map(Vec::len), Some(1), "{made:?}");
    assert_eq!(state.audit_events[0]["actor"]["userPrincipalName"], "bob@contoso.com");
    let delete = edit(target, &[], EditAction::Delete);
    delete.apply(&mut state).expect("it is deleted");
    assert_eq!(configurations(&state).len(), 2);
    let gone = delete.apply(&mut state).expect_err("it is gone").to_string();
    assert!(gone.starts_with("the tenant has no iosCustomConfiguration `By hand`"), "{gone}");
    let policy = edit("deviceRegistrationPolicy", &[], EditAction::Delete);
    assert!(policy.apply(&mut state).is_err());
}

#[test]
fn groups_users_and_devices_are_made_changed_and_deleted() {
    let mut state = tenant();
    let edit = |target: &str, settings: &[&str], action| {
        let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
        Edit { action, ..Edit::parse(target, &settings, None).expect("an edit") }
    };
    let (create, change, delete) = (EditAction::Create, EditAction::Change, EditAction::Delete);
    edit("user/alice@contoso.com", &[], create).apply(&mut state).expect("a user");
    edit("device/LT-1", &[], create).apply(&mut state).expect("a device");
    let members = r#"members=["alice@contoso.com","LT-1"]"#;
    edit("group/SG-Pilot", &[members], create).apply(&mut state).expect("a group");
    let ids = vec![state.users[0].id.clone(), state.devices[0].id.clone()];
    assert!(ids.iter().all(|id| id.len() == 36), "{ids:?}");
    assert_eq!(state.groups[0].members, ids);
    edit("group/SG-Pilot", &["unnamedMembers.devices=250"], change)
        .apply(&mut state)
        .expect_err("it counts no members yet");
    edit("group/SG-Pilot", &[r#"unnamedMembers={"devices":250}"#], change)
        .apply(&mut state)
        .expect("members that are counted");
    assert_eq!(state.groups[0].unnamed_members.devices, 250);
    for (target, settings, action, says) in [
        ("group/SG-Pilott", &["members=[]"][..], change, "did you mean `SG-Pilot`"),
        ("group/SG-Pilot", &["owner=x"], change, "unknown field `owner`"),
        ("group/SG-Pilot", &[r#"members=["bob@contoso.com"]"#], change, "bob@contoso.com"),
        ("user/alice@contoso.com", &[], delete, "alice"),
    ] {
        let before = state.clone();
        let error = edit(target, settings, action).apply(&mut state);
        if target.starts_with("user/") {
            error.expect_err("a group has the user as a member");
        } else {
            let error = error.expect_err(says).to_string();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(state, before);
    }
    edit("group/SG-Pilot", &[], delete).apply(&mut state).expect("it is deleted");
    assert_eq!(state.groups.len(), 0);
}

#[test]
fn filters_and_scope_tags_are_made_changed_and_deleted() {
    let mut state = tenant();
    let edit = |target: &str, settings: &[&str], action| {
        let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
        Edit { action, ..Edit::parse(target, &settings, None).expect("an edit") }
    };
    let (add, change, delete) = (EditAction::Add, EditAction::Change, EditAction::Delete);
    edit("filter/Corporate", &["platform=iOS"], add).apply(&mut state).expect("a filter");
    edit("filter/Corporate", &["rule=x"], change).apply(&mut state).expect("a filter");
    let filter = &state.assignment_filters[0];
    assert_eq!((text(filter, "platform"), text(filter, "rule")), ("iOS", "x"));
    assert_eq!(text(filter, "id").len(), 36);
    edit("tag/Helsinki", &[], add).apply(&mut state).expect("a tag");
    edit("tag/Oslo", &[], add).apply(&mut state).expect("a tag");
    edit("tag/Helsinki", &[], delete).apply(&mut state).expect("it is deleted");
    edit("tag/Turku", &[], add).apply(&mut state).expect("a tag");
    let tags: Vec<(&str, &str)> = state
        .role_scope_tags
        .iter()
        .map(|tag| (text(tag, "id"), text(tag, "displayName")))
        .collect();
    assert_eq!(tags, [("0", "Default"), ("2", "Oslo"), ("3", "Turku")]);
    for (edit, says) in [
        (edit("filter/Corporate", &[], add), "has a filter `Corporate` already"),
        (edit("filter/New", &["platform=windows"], add), "'windows'"),
        (edit("filter/New", &["rules=x"], add), "rules"),
        (edit("tag/Default", &[], delete), "is built in"),
        (edit("group/New", &["members=[\"alise\"]"], add), "no user, device or group"),
    ] {
        let before = state.clone();
        let error = edit.apply(&mut state).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
        assert_eq!(state, before);
    }
}

#[test]
fn targets_are_assigned_and_unassigned_by_name_and_the_others_stay() {
    let mut state = tenant();
    for (target, settings) in
        [("group/A", &[][..]), ("group/B", &[]), ("filter/F", &["platform=windows10AndLater"])]
    {
        let settings: Vec<String> = settings.iter().map(|text: &&str| (*text).to_owned()).collect();
        let edit = Edit::parse(target, &settings, None).expect("an edit");
        Edit { action: EditAction::Add, ..edit }.apply(&mut state).expect("it is made");
    }
    let custom = |assignments: Reassignment| {
        let edit = Edit::parse("windows10CustomConfiguration/Custom", &[], None);
        Edit { assignments, ..edit.expect("an edit") }
    };
    let (group, excluded) = (TargetName::parse, TargetName::parse_excluded);
    let shown = |state: &State| -> Vec<String> {
        let all = configurations(state)[1]["assignments"].as_array().cloned().unwrap_or_default();
        let target = |it: &Value| {
            let target = &it["target"];
            let name = state.groups.iter().find(|group| target["groupId"] == *group.id);
            let filter = &target["deviceAndAppManagementAssignmentFilterType"];
            let ty = target["@odata.type"].as_str().unwrap_or_default();
            let name = name.map_or("", |group| &group.display_name);
            format!(
                "{} {name} {}",
                ty.trim_start_matches("#microsoft.graph."),
                filter.as_str().unwrap_or_default()
            )
        };
        let mut all: Vec<String> = all.iter().map(target).collect();
        all.sort();
        all
    };
    let assign = Reassignment {
        assign: vec![
            group("group:A").expect("a"),
            group("allDevices").expect("all"),
            excluded("group:B").expect("b"),
        ],
        filter: Some(FilterName::parse("exclude:F").expect("a filter")),
        ..Reassignment::default()
    };
    custom(assign).apply(&mut state).expect("assigned");
    assert_eq!(
        shown(&state),
        [
            "allDevicesAssignmentTarget  exclude",
            "exclusionGroupAssignmentTarget B none",
            "groupAssignmentTarget A exclude"
        ]
    );
    // A group that was left out is assigned, in the place of that.
    let change = Reassignment {
        assign: vec![group("group:B").expect("b")],
        unassign: vec![group("allDevices").expect("all")],
        ..Reassignment::default()
    };
    custom(change).apply(&mut state).expect("changed");
    assert_eq!(shown(&state), ["groupAssignmentTarget A exclude", "groupAssignmentTarget B none"]);
    let before = state.clone();
    for (reassignment, says) in [
        (
            Reassignment {
                unassign: vec![group("allUsers").expect("all")],
                ..Reassignment::default()
            },
            "is not assigned to all users",
        ),
        (
            Reassignment { assign: vec![group("group:C").expect("c")], ..Reassignment::default() },
            "has no group `C`",
        ),
    ] {
        let error = custom(reassignment).apply(&mut state).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    }
    let policy = Edit::parse("deviceRegistrationPolicy", &[], None).expect("an edit");
    let all = Reassignment { unassign: vec![TargetName::All], ..Reassignment::default() };
    Edit { assignments: all.clone(), ..policy }.apply(&mut state).expect_err("it has none");
    assert_eq!(state, before);
    custom(all).apply(&mut state).expect("unassigned");
    assert_eq!(shown(&state), [""; 0]);
}

#[test]
fn target_or_filter_of_another_form_is_refused() {
    for text in ["group", "group:", "A", "all", "alldevices"] {
        assert!(TargetName::parse(text).is_err(), "{text}");
    }
    assert!(TargetName::parse_excluded("allUsers").is_err());
    assert_eq!(TargetName::parse_removed("all"), Ok(TargetName::All));
    assert_eq!(TargetName::parse("group:a:b"), Ok(TargetName::Group("a:b".to_owned())));
    assert!(FilterName::parse("F").is_err() && FilterName::parse("only:F").is_err());
}

#[test]
fn edit_inside_a_list_keeps_masked_values() {
    let mut state = tenant();
    apply(&mut state, "windows10CustomConfiguration/Custom", &["omaSettings.1.value=2"])
        .expect("an edit");
    let settings = &configurations(&state)[1]["omaSettings"];
    assert_eq!((&settings[0]["value"], &settings[1]["value"]), (&json!("****"), &json!(2)));
    assert_eq!(state.secrets.values().collect::<Vec<_>>(), ["one"]);
}

#[test]
fn assignments_can_be_edited_with_properties() {
    let mut state = tenant();
    let all = r##"assignments=[{"target":{"@odata.type":"#microsoft.graph.allDevicesAssignmentTarget"}}]"##;
    apply(&mut state, "windows10CustomConfiguration/Custom", &["description=x", all])
        .expect("an edit");
    let object = &configurations(&state)[1];
    assert_eq!(object["assignments"].as_array().map(Vec::len), Some(1));
    assert_eq!(object["description"], "x");
}

#[test]
fn invalid_edit_is_refused_and_changes_nothing() {
    let mut state = tenant();
    let before = state.clone();
    let hello = "windowsIdentityProtectionConfiguration/Windows Hello for Business";
    for (target, setting, says) in [
        ("windowsIdentityProtection", "a=1", "write KIND/NAME"),
        (hello, "pinMinimumLength", "write PROP=VALUE"),
        (
            "windowsIdentityProtectionConfig/x",
            "a=1",
            "did you mean `windowsIdentityProtectionConfiguration`",
        ),
        (
            "windowsIdentityProtectionConfiguration/Windows Helo for Business",
            "a=1",
            "did you mean `Windows Hello",
        ),
        (hello, "pinMinLength=4", "did you mean `pinMinimumLength`"),
        (hello, "pinMinimumLength=3", "between 4 and 127"),
        (hello, "pinMinimumLength=four", "Cannot convert the literal 'four'"),
        (hello, "pinMinimumLength=6", "at least 1 property must be changed"),
        (hello, "pinMinimumLength.x=6", "leads nowhere"),
        (hello, "assignments.0.target=null", "leads nowhere"),
        ("deviceRegistrationPolicy", "userDeviceQuota=-1", "must not be negative"),
    ] {
        let error = apply(&mut state, target, &[setting]).expect_err(setting).to_string();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(state, before);
}
