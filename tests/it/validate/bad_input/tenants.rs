//! Tenant files that say what cannot be.

use insta::assert_snapshot;

use super::{hello, manifest, refused};
use crate::support::Workspace;

/// Makes a tenant in the folder `contoso` whose spec goes on in line 6.
fn tenant(spec: &str) -> Workspace {
    let workspace = Workspace::empty();
    let head = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec:\n  tenantId: contoso.onmicrosoft.com\n";
    workspace.write("contoso/moorline.yaml", format!("{head}{spec}"));
    workspace
}

#[test]
fn an_unknown_key() {
    refused(
        &tenant("  regoin: eu\n"),
        "contoso",
        &["schema/additionalProperties contoso/moorline.yaml:6:3"],
    );
    let workspace = tenant("  bases: [../b]\n");
    let run = workspace.run(&["validate", "contoso"]).expect(3);
    assert_snapshot!(run.stdout, @r"
    error[schema/additionalProperties]: `spec` has no key `bases`
     --> contoso/moorline.yaml:6:3
      |
    6 |   bases: [../b]
      |   ^^^^^
      |
    help: did you mean `base`?
      |
    6 -   bases: [../b]
    6 +   base: [../b]
      |

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn no_particular_tenant() {
    for id in ["common", "organizations", "contoso", "8d2ac1f8"] {
        let workspace = tenant("");
        workspace.edit("contoso/moorline.yaml", "contoso.onmicrosoft.com", id);
        refused(&workspace, "contoso", &["schema/pattern contoso/moorline.yaml:5:13"]);
    }
}

#[test]
fn an_unknown_cloud() {
    let workspace = tenant("  cloud: usgov\n");
    refused(&workspace, "contoso", &["schema/enum contoso/moorline.yaml:6:10"]);
    assert_snapshot!(workspace.run(&["validate", "contoso"]).expect(3).stdout, @r"
    error[schema/enum]: `usgov` is not a value of `cloud`
     --> contoso/moorline.yaml:6:10
      |
    6 |   cloud: usgov
      |          ^^^^^
      |
      = help: use `global`, `usGovL4`, `usGovL5` or `china`

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn paths_that_lead_nowhere() {
    let workspace =
        tenant("  base: [../baseline]\n  manifests: [policies, a.yaml, 'p/*.yaml', '[']\n");
    let run = workspace.run(&["validate", "contoso"]).expect(3);
    assert_snapshot!(run.stdout, @r"
    error[tenant/missing-path]: there is no folder `../baseline`
     --> contoso/moorline.yaml:6:10
      |
    6 |   base: [../baseline]
      |          ^^^^^^^^^^^
      |
      = help: a base is a folder of manifests; its path is relative to this file

    error[tenant/missing-path]: there is no file or folder `policies`
     --> contoso/moorline.yaml:7:15
      |
    7 |   manifests: [policies, a.yaml, 'p/*.yaml', '[']
      |               ^^^^^^^^
      |
      = help: its path is relative to this file

    error[tenant/missing-path]: there is no file or folder `a.yaml`
     --> contoso/moorline.yaml:7:25
      |
    7 |   manifests: [policies, a.yaml, 'p/*.yaml', '[']
      |                         ^^^^^^
      |
      = help: its path is relative to this file

    error[tenant/missing-path]: no manifest file matches `p/*.yaml`
     --> contoso/moorline.yaml:7:33
      |
    7 |   manifests: [policies, a.yaml, 'p/*.yaml', '[']
      |                                 ^^^^^^^^^^
      |
      = help: `*` stays within one folder, `**` goes below it; the path is relative to this file

    error[tenant/glob]: `[` is not a valid glob: unclosed character class; missing ']'
     --> contoso/moorline.yaml:7:45
      |
    7 |   manifests: [policies, a.yaml, 'p/*.yaml', '[']
      |                                             ^^^
      |
      = help: write `*` for any name, `**` for any folders, `{a,b}` for either

    Invalid: 5 errors in 1 file.
    ");
    refused(
        &workspace,
        "contoso",
        &[
            "tenant/missing-path contoso/moorline.yaml:6:10",
            "tenant/missing-path contoso/moorline.yaml:7:15",
            "tenant/missing-path contoso/moorline.yaml:7:25",
            "tenant/missing-path contoso/moorline.yaml:7:33",
            "tenant/glob contoso/moorline.yaml:7:45",
        ],
    );
}

#[test]
fn an_exclusion_of_nothing() {
    let workspace = tenant("  base: [../base]\n  exclude: [iosCustomConfiguration/kiosks]\n");
    workspace.write("base/kiosk.yaml", manifest("iosCustomConfiguration", "kiosk", ""));
    refused(&workspace, "contoso", &["tenant/exclude contoso/moorline.yaml:7:13"]);
    assert_snapshot!(workspace.run(&["validate", "contoso"]).expect(3).stdout, @r"
    error[tenant/exclude]: no base declares `iosCustomConfiguration/kiosks`
     --> contoso/moorline.yaml:7:13
      |
    7 |   exclude: [iosCustomConfiguration/kiosks]
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: did you mean `iosCustomConfiguration/kiosk`?
      |
    7 -   exclude: [iosCustomConfiguration/kiosks]
    7 +   exclude: [iosCustomConfiguration/kiosk]
      |

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn an_id_in_a_base() {
    let workspace = tenant("  base: [../base]\n");
    let text = hello("")
        .replace("{ name: hello }", "{ name: hello, id: 8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11 }");
    workspace.write("base/hello.yaml", &text);
    refused(&workspace, "contoso", &["overlay/id-in-base base/hello.yaml:3:30"]);
    workspace
        .write("base/hello.yaml", text.replace("8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11", "null"));
    workspace.run(&["validate", "contoso"]).expect(0);
}

#[test]
fn a_base_of_another_version() {
    let ring = manifest("windowsUpdateForBusinessConfiguration", "ring", "");
    let workspace = tenant("  base: [../base]\n");
    workspace.write("base/ring.yaml", &ring);
    workspace.write("contoso/ring.yaml", ring.replace("/beta", "/v1.0"));
    refused(&workspace, "contoso", &["overlay/api-version contoso/ring.yaml:1:13"]);
}

#[test]
fn nothing_declared_is_a_warning() {
    let workspace = tenant("");
    workspace.write("contoso/policies/hello.yaml", hello(""));
    let run = workspace.run(&["validate", "contoso"]).expect(0);
    assert_snapshot!(run.stdout, @r"
    warning[tenant/no-manifests]: this tenant declares nothing: no manifest was found
     --> contoso/moorline.yaml:2:7
      |
    2 | kind: Tenant
      |       ^^^^^^
      |
      = help: name their files or folders: `spec: { manifests: [policies] }`

    Valid: 0 manifests, 1 warning in 1 file.
    ");
}

#[test]
fn a_key_of_a_map_or_of_an_optional_part_is_told_as_any_other() {
    let workspace =
        tenant("  notify: { ops: { kind: teams, uri: X } }\n  ownership: { tags: a }\n");
    let run = workspace.run(&["validate", "contoso"]).expect(3);
    assert_snapshot!(run.stdout, @"
    error[schema/required]: `ops` lacks `env:`
     --> contoso/moorline.yaml:6:13
      |
    6 |   notify: { ops: { kind: teams, uri: X } }
      |             ^^^
      |
      = help: add `env: …`

    error[schema/additionalProperties]: `ops` has no key `uri`
     --> contoso/moorline.yaml:6:33
      |
    6 |   notify: { ops: { kind: teams, uri: X } }
      |                                 ^^^
      |
      = help: `ops` takes `env` and `kind`

    error[schema/required]: `ownership` lacks `scopeTag:`
     --> contoso/moorline.yaml:7:3
      |
    7 |   ownership: { tags: a }
      |   ^^^^^^^^^
      |
      = help: add `scopeTag: …`

    error[schema/additionalProperties]: `ownership` has no key `tags`
     --> contoso/moorline.yaml:7:16
      |
    7 |   ownership: { tags: a }
      |                ^^^^
      |
      = help: `ownership` takes `prune` and `scopeTag`

    Invalid: 4 errors in 1 file.
    ");
}

#[test]
fn a_variable_as_a_shell_writes_it_is_offered_by_its_name() {
    let workspace = tenant("  notify: { ops: { kind: teams, env: $DRIFT_TEAMS } }\n");
    let run = workspace.run(&["validate", "contoso"]).expect(3);
    assert_snapshot!(run.stdout, @"
    error[schema/pattern]: `$DRIFT_TEAMS` is not the name of an environment variable
     --> contoso/moorline.yaml:6:38
      |
    6 |   notify: { ops: { kind: teams, env: $DRIFT_TEAMS } }
      |                                      ^^^^^^^^^^^^
      |
    help: did you mean `DRIFT_TEAMS`?
      |
    6 -   notify: { ops: { kind: teams, env: $DRIFT_TEAMS } }
    6 +   notify: { ops: { kind: teams, env: DRIFT_TEAMS } }
      |

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn the_address_of_a_channel_stands_in_no_format() {
    let url =
        "https://contoso.webhook.office.com/workflows/8d2ac1f86b1c4a539a540d7f1c8e6b11?sig=canary";
    for spec in [
        format!("  notify: {{ ops: {{ kind: teams, env: {url} }} }}\n"),
        format!("  notify: {{ ops: {{ kind: teams, url: {url} }} }}\n"),
        format!("  notify: {{ ops: {{ kind: {url}, env: OPS }} }}\n"),
        format!("  notify: {{ ops: {url} }}\n"),
        format!("  notify: {url}\n"),
        format!("  notify:\n    {url}: {{ kind: teams, env: 3 }}\n"),
        format!("  notfy:\n    ops: {{ kind: teams, env: {url} }}\n"),
        format!("  channels: {{ ops: {{ kind: teams, env: {url} }} }}\n"),
        format!("  notify: {{ ops: {{ kind: teams, env: \"{url}\" }}\n"),
        format!("  notify: {{ ops: {{ kind: teams, env: '{url} }}\n"),
        "  notify: { ops: { kind: teams, env: contoso.webhook.office.com/canary } }\n".to_owned(),
        format!("  notify: {{ ops: {{ kind: teams, env: '{}' }} }}\n", "canary/".repeat(20)),
        "  notify: { ops: { kind: teams, env: 8f2acanary } }\n".to_owned(),
    ] {
        let workspace = tenant(&spec);
        for format in
            ["text", "json", "markdown", "html", "sarif", "junit", "github", "azure-devops"]
        {
            let run = workspace.run(&["validate", "contoso", "--format", format]).expect(3);
            let told = format!("{}{}", run.stdout, run.stderr);
            assert!(!told.contains("canary") && !told.contains("8d2ac1f8"), "{spec}{told}");
        }
        let run = workspace.run(&["plan", "contoso", "--sandbox=s.json"]).expect(3);
        assert!(!run.stderr.contains("canary"), "{}", run.stderr);
    }
}
