//! Who a manifest says that it is.

use insta::assert_snapshot;

use super::{hello, policy, refuses, refuses_manifest, validate};

const ID: &str = "8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11";

fn with_metadata(metadata: &str) -> String {
    hello("").replace("{ name: hello }", metadata)
}

#[test]
fn a_bad_name() {
    for name in ["Hello", "-hello", "hello.", "windows hello", "''", "größe"] {
        let text = with_metadata(&format!("{{ name: {name} }}"));
        refuses_manifest(&text, &["schema/pattern 3:19"]);
    }
    let text = with_metadata(&format!("{{ name: {} }}", "x".repeat(101)));
    refuses_manifest(&text, &["schema/maxLength 3:19"]);
    refuses_manifest(&with_metadata("{ name: 12 }"), &["schema/type 3:19"]);
}

#[test]
fn a_bad_id() {
    refuses_manifest(&with_metadata("{ name: hello, id: 1234 }"), &["schema/type 3:30"]);
    refuses_manifest(&with_metadata("{ name: hello, id: hello }"), &["schema/pattern 3:30"]);
}

#[test]
fn an_unknown_key() {
    let text = with_metadata("{ nmae: hello, labels: { team: endpoint } }");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/additionalProperties]: `metadata` has no key `nmae`
     --> a.yaml:3:13
      |
    3 | metadata: { nmae: hello, labels: { team: endpoint } }
      |             ^^^^
      |
    help: did you mean `name`?
      |
    3 - metadata: { nmae: hello, labels: { team: endpoint } }
    3 + metadata: { name: hello, labels: { team: endpoint } }
      |

    error[schema/additionalProperties]: `metadata` has no key `labels`
     --> a.yaml:3:26
      |
    3 | metadata: { nmae: hello, labels: { team: endpoint } }
      |                          ^^^^^^
      |
      = help: `metadata` takes `formerly`, `id`, `name`, `notFormerly`, `protect` and `state`

    Invalid: 2 errors in 1 file.
    ");
}

#[test]
fn a_bad_state_and_earlier_names() {
    let text = with_metadata("{ name: hello, state: gone, formerly: WHfB }");
    refuses_manifest(&text, &["schema/enum 3:33", "schema/type 3:49"]);
}

#[test]
fn a_name_twice() {
    let second = hello("").replace("displayName: hello", "displayName: Other");
    let files = [("a.yaml", hello("")), ("b/c.yaml", second)];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    let moorline = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec: { tenantId: contoso.com, manifests: [a.yaml, b] }\n";
    let files = [files[0], files[1], ("moorline.yaml", moorline)];
    assert_snapshot!(validate(&files).expect(3).stdout, @r"
    error[manifest/name-twice]: `windowsIdentityProtectionConfiguration/hello` is declared twice
     --> b/c.yaml:3:19
      |
    3 | metadata: { name: hello }
      |                   ^^^^^
      |
     ::: a.yaml:3:19
      |
    3 | metadata: { name: hello }
      |                   ----- first here
      |
      = help: a name is unique per kind: rename one of them

    Invalid: 1 error in 1 file.
    ");
    refuses(&files, &["manifest/name-twice b/c.yaml:3:19"]);
}

#[test]
fn a_display_name_twice() {
    let second = hello("").replace("name: hello }", "name: second }");
    refuses(
        &[("a.yaml", &hello("")), ("b.yaml", &second)],
        &["manifest/display-name-twice b.yaml:5:16"],
    );
}

#[test]
fn an_id_twice() {
    let pinned = |name: &str, id: &str| {
        with_metadata(&format!("{{ name: {name}, id: {id} }}"))
            .replace("displayName: hello", &format!("displayName: {name}"))
    };
    let (first, second) = (pinned("a", ID), pinned("b", &ID.to_uppercase()));
    refuses(&[("a.yaml", &first), ("b.yaml", &second)], &["manifest/id-twice b.yaml:3:26"]);
}

#[test]
fn no_display_name() {
    refuses_manifest(
        &hello("").replace("displayName: hello", "pinMinimumLength: 6"),
        &["manifest/display-name 2:7"],
    );
    refuses_manifest(
        &hello("").replace("displayName: hello", "displayName: ' '"),
        &["manifest/display-name 5:16"],
    );
}

#[test]
fn a_second_registration_policy() {
    let first = policy("  userDeviceQuota: 20\n");
    let second = first.replace("name: policy", "name: second");
    let files = [("a.yaml", first.as_str()), ("b.yaml", second.as_str())];
    assert_snapshot!(validate(&files).expect(3).stdout, @r"
    error[manifest/second-singleton]: a second `deviceRegistrationPolicy`: a tenant has one
     --> b.yaml:2:7
      |
    2 | kind: deviceRegistrationPolicy
      |       ^^^^^^^^^^^^^^^^^^^^^^^^
      |
     ::: a.yaml:2:7
      |
    2 | kind: deviceRegistrationPolicy
      |       ------------------------ the first is here
      |
      = help: put everything into one manifest

    Invalid: 1 error in 1 file.
    ");
    refuses(&files, &["manifest/second-singleton b.yaml:2:7"]);
}

#[test]
fn what_a_registration_policy_does_not_have() {
    let text = policy("  userDeviceQuota: 20\nassignments: []\n").replace(
        "{ name: policy }",
        &format!("{{ name: policy, id: {ID}, state: absent, formerly: [x] }}"),
    );
    refuses_manifest(
        &text,
        &[
            "manifest/singleton 3:27",
            "manifest/singleton 3:69",
            "manifest/singleton 3:84",
            "manifest/singleton 6:1",
        ],
    );
}
