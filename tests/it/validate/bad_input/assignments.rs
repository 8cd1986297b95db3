//! Assignments that contradict themselves or say nothing.

use insta::assert_snapshot;

use super::{hello, refused, refuses_manifest, remedies, validate};
use crate::support::Workspace;

/// Returns a manifest whose assignments begin in line 7.
fn assigned(assignments: &str) -> String {
    hello(&format!("assignments:\n{assignments}"))
}

#[test]
fn a_group_included_and_excluded() {
    let text = assigned("  - group: Laptops\n  - excludeGroup: laptops\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[assignment/included-and-excluded]: the group `laptops` is both included and excluded
     --> a.yaml:8:5
      |
    7 |   - group: Laptops
      |     -------------- first here
    8 |   - excludeGroup: laptops
      |     ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: Graph keeps one assignment for a target: keep the one that you mean

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["assignment/included-and-excluded 8:5"]);
}

#[test]
fn a_target_twice() {
    refuses_manifest(
        &assigned("  - group: Laptops\n  - group: Laptops\n"),
        &["assignment/twice 8:5"],
    );
    refuses_manifest(
        &assigned("  - allDevices: true\n  - allDevices: true\n"),
        &["assignment/twice 8:5"],
    );
}

#[test]
fn a_filter_on_an_exclusion() {
    refuses_manifest(
        &assigned("  - excludeGroup: Laptops\n    filter: { include: Corporate }\n"),
        &["assignment/filter-on-exclusion 8:24"],
    );
}

#[test]
fn two_forms_in_one() {
    let text = assigned("  - group: Laptops\n    allDevices: true\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[assignment/form]: `group` and `allDevices` are two targets in one assignment
     --> a.yaml:8:5
      |
    7 |   - group: Laptops
      |     ----- the first is here
    8 |     allDevices: true
      |     ^^^^^^^^^^
      |
      = help: make two assignments of them: begin each with `- `

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["assignment/form 8:5"]);
}

#[test]
fn no_form_at_all() {
    refuses_manifest(
        &assigned("  - {}\n  - Laptops\n  - filter: { include: Corporate }\n"),
        &["assignment/form 7:5", "assignment/form 8:5", "assignment/form 9:5"],
    );
}

#[test]
fn values_that_are_none() {
    for (entry, expected) in [
        ("group: 12", "assignment/value 7:12"),
        ("group: ''", "assignment/value 7:12"),
        ("group: { $env: GROUP }", "assignment/value 7:12"),
        ("allDevices: false", "assignment/value 7:17"),
        ("allUsers: yes", "assignment/value 7:15"),
        ("target: Laptops", "assignment/value 7:13"),
        ("gruop: Laptops", "schema/additionalProperties 7:5"),
        ("{ group: Laptops, filter: Corporate }", "assignment/filter 7:31"),
        ("{ group: Laptops, filter: { only: Corporate } }", "assignment/filter 7:31"),
    ] {
        refuses_manifest(&assigned(&format!("  - {entry}\n")), &[expected]);
    }
}

#[test]
fn raw_targets() {
    let target = |members: &str| assigned(&format!("  - target: {{ {members} }}\n"));
    refuses_manifest(&target("groupId: x"), &["assignment/target 7:13"]);
    let typed = |name: &str, rest: &str| {
        target(&format!("\"@odata.type\": \"#microsoft.graph.{name}\"{rest}"))
    };
    refuses_manifest(&typed("groupAsignmentTarget", ""), &["assignment/target 7:30"]);
    refuses_manifest(&typed("groupAssignmentTarget", ""), &["assignment/target 7:13"]);
    refuses_manifest(
        &typed("groupAssignmentTarget", ", groupId: null"),
        &["assignment/target 7:13"],
    );
    refuses_manifest(&typed("groupAssignmentTarget", ", groupId: 12"), &["schema/type 7:81"]);
    refuses_manifest(
        &typed("allDevicesAssignmentTarget", ", groupId: x"),
        &["schema/additionalProperties 7:77"],
    );
}

#[test]
fn nothing_is_not_nobody() {
    let text = assigned("  # - group: Laptops\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/type]: `assignments` must be a list, and this is null
     --> a.yaml:6:13
      |
    6 | assignments:
      |             ^
      |
      = help: write `[]` to assign to nobody; remove the line to leave the assignments alone

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["schema/type 6:13"]);
    refuses_manifest(&hello("assignments: {}\n"), &["schema/type 6:14"]);
    validate(&[("a.yaml", &hello("assignments: []\n"))]).expect(0);
}

/// Returns the remedies of one entry, and what its line becomes where one offers that.
fn of_entry(entry: &str) -> String {
    remedies(&assigned(&format!("  - {entry}\n")))
}

#[test]
fn a_person_or_device_never_becomes_everybody() {
    for key in ["user", "users", "upn", "device", "deviceName", "member", "User", "user-id"] {
        let shown = of_entry(&format!("{key}: alice@contoso.com"));
        assert!(shown.contains("help: Intune assigns to groups, and to no single user"), "{shown}");
        assert!(!shown.contains("all"), "{shown}");
    }
    assert_snapshot!(of_entry("alice@contoso.com"), @r"
    error[assignment/form]: an assignment needs a target
      = help: Intune assigns to groups, and to no single user or device: put it into a group, and write `- group: NAME`
    ");
    for form in ["allUsers", "allDevices"] {
        for value in ["alice@contoso.com", "Pilot", "12", "[Pilot]", "null", "''"] {
            let shown = of_entry(&format!("{form}: {value}"));
            assert!(shown.contains("help: write `group: NAME` instead"), "{shown}");
            assert!(!shown.contains("`true`") && !shown.contains(" + "), "{shown}");
        }
    }
    for key in ["allUser", "alUsers", "allDevice", "usersAll"] {
        let shown = of_entry(&format!("{key}: Pilot"));
        assert!(!shown.contains("did you mean"), "{shown}");
    }
    assert_snapshot!(of_entry("allUser: true"), @r"
    error[schema/additionalProperties]: an assignment has no key `allUser`
    help: did you mean `allUsers`?
    7 |   - allUsers: true
    ");
    let target = "target: { \"@odata.type\": \"#microsoft.graph.deviceAssignmentTarget\" }";
    let shown = of_entry(target);
    assert!(!shown.contains("did you mean `#microsoft.graph.all"), "{shown}");
}

#[test]
fn other_words_for_a_group_lead_to_it() {
    assert_snapshot!(of_entry("included: Pilot"), @r"
    error[schema/additionalProperties]: an assignment has no key `included`
    help: did you mean `group`?
    7 +   - group: Pilot
    ");
    assert_snapshot!(of_entry("exclude: Kiosks"), @r"
    error[schema/additionalProperties]: an assignment has no key `exclude`
    help: did you mean `excludeGroup`?
    7 |   - excludeGroup: Kiosks
    ");
    assert_snapshot!(of_entry("groups: [Pilot, Kiosks]"), @r"
    error[schema/additionalProperties]: an assignment has no key `groups`
      = help: write `- group: NAME` for each of them
    ");
}

#[test]
fn everybody_in_words_is_offered_as_it_is_written() {
    for (entry, meant) in [
        ("allDevices", "allDevices: true"),
        ("All Users", "allUsers: true"),
        ("All licensed users", "allUsers: true"),
        ("all_devices", "allDevices: true"),
    ] {
        let shown = of_entry(entry);
        assert!(shown.contains(&format!("help: write `- {meant}` to assign to every")), "{shown}");
        validate(&[("a.yaml", &assigned(&format!("  - {meant}\n")))]).expect(0);
    }
    let shown = of_entry("allUsers: yes");
    assert!(shown.contains("help: write `true` to assign to every licensed user"), "{shown}");
}

#[test]
fn assignments_that_are_no_list_are_led_to_one() {
    for (written, meant) in [
        ("{ include: [Pilot] }", "begin each target with `- `"),
        ("{ group: Pilot }", "begin each target with `- `"),
        ("All Devices", "`- allDevices: true`"),
        ("true", "`- allDevices: true`"),
    ] {
        let shown = remedies(&hello(&format!("assignments: {written}\n")));
        assert!(shown.contains(meant), "{shown}");
        assert!(!shown.contains("`[]`"), "{shown}");
    }
}

#[test]
fn a_list_below_spec_is_an_error_unless_nothing_is_lost() {
    let entry = "  assignments:\n    - group: Pilot\n";
    assert_snapshot!(remedies(&hello(entry)), @"
    error[manifest/misplaced-assignments]: `assignments` stands below `spec:`, where it has no effect
      = help: move it one level up, beside `spec:`; without it, the object's assignments are not managed
    ");
    let code = "manifest/misplaced-assignments 6:3";
    refuses_manifest(&hello(entry), &[code]);
    // By hand, an empty list means that nobody is assigned to.
    refuses_manifest(&hello("  assignments: []\n"), &[code]);
    let exported = "  assignments@odata.context: x\n  assignments: []\n";
    validate(&[("a.yaml", &hello(exported))]).expect(0);
    validate(&[("a.yaml", &(hello(entry) + "assignments:\n  - group: Pilot\n"))]).expect(0);
    // An overlay has nothing to do with the list of its base.
    let workspace = Workspace::tenant(&[
        ("base/a.yaml", &(hello("") + "assignments:\n  - group: All staff\n")),
        ("a.yaml", &hello(entry)),
    ]);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  base: [base]\n");
    refused(&workspace, ".", &["manifest/misplaced-assignments a.yaml:6:3"]);
}
