//! The command line: which arguments are taken, what is said where, and with which exit code.

use insta::assert_snapshot;

use crate::support::snapshots::stable_snapshots;
use crate::support::{Run, Workspace};

const HELLO: &str = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: hello }\nspec:\n  displayName: Hello\n";

#[test]
fn the_sandbox_stands_for_a_tenant_that_is_named_by_its_id() {
    let _stable = stable_snapshots();
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    let plans = ["8F6D2C2E-5b1d-4c57-9d0a-3d7f0e8a1b22", "fabrikam.com"].map(|tenant| {
        workspace.write(
            "moorline.yaml",
            format!("apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: it }}\nspec: {{ tenantId: {tenant} }}\n"),
        );
        workspace.run(&["plan", "--sandbox"]).expect(0).stdout
    });
    assert_snapshot!(plans.join("\n"), @r#"
    Tenant it (8F6D2C2E-5b1d-4c57-9d0a-3d7f0e8a1b22)

      + windowsIdentityProtectionConfiguration/hello   "Hello"   hello.yaml:2
          + displayName  Hello
          reaches nobody

    warning: windowsIdentityProtectionConfiguration/hello: new objects of its kind are closed since
      2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]

    Tenant it (fabrikam.com)

      + windowsIdentityProtectionConfiguration/hello   "Hello"   hello.yaml:2
          + displayName  Hello
          reaches nobody

    warning: windowsIdentityProtectionConfiguration/hello: new objects of its kind are closed since
      2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);
}

#[test]
fn a_question_comes_with_the_plan_it_is_about() {
    let _stable = stable_snapshots();
    // A kind that is open, so that nothing is warned of.
    let manifest = HELLO
        .replace("windowsIdentityProtectionConfiguration", "windowsHealthMonitoringConfiguration");
    let workspace = Workspace::tenant(&[("hello.yaml", &manifest)]);
    let apply =
        |more: &[&str]| workspace.run(&[&["apply", "-q", "--sandbox"], more].concat()).expect(5);
    let to_terminal = apply(&[]);
    assert_snapshot!(to_terminal.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      + windowsHealthMonitoringConfiguration/hello   "Hello"   hello.yaml:2
          + displayName  Hello
          reaches nobody

    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);
    assert_snapshot!(to_terminal.stderr, @r"
    error[apply/no-terminal]: there is no terminal to ask for confirmation; nothing was written

    hint: Review the plan, then run it with `--yes`.
    ");
    for elsewhere in [["--format", "json"], ["--output", "outcome.txt"]] {
        let run = apply(&elsewhere);
        assert_eq!(
            run.stderr,
            [&*to_terminal.stdout, &to_terminal.stderr].concat(),
            "{elsewhere:?}"
        );
    }
    let run = workspace.run(&["apply", "-q", "--sandbox", "--format", "json", "--yes"]).expect(0);
    assert_eq!(run.stderr, "", "nobody is asked");
}

#[test]
fn a_misspelt_risk_is_wrong_usage_and_the_nearest_one_is_named() {
    let run = Workspace::example("contoso")
        .run(&["apply", "--sandbox", "--allow", "unasign-all"])
        .expect(64);
    assert_snapshot!(run.stderr, @r"
    error: invalid value 'unasign-all' for '--allow <RISK>'
      [possible values: delete, delete-protected, replace, unassign-all, assign-all, widen-to-all, reach-nobody, filter-inverted, create-like, max-changes, max-percent, compliance/wipe, compliance/retire, compliance/remove-profiles, compliance/block-sooner, settings/secret-echo, registration/quota-zero, registration/join-nobody, registration/mfa-off, registration/laps-off, registration/local-admins-widened, registration/opened]

      tip: a similar value exists: 'unassign-all'

    For more information, try '--help'.
    ");
}

#[test]
fn an_option_is_taken_only_where_it_means_something() {
    let workspace = Workspace::example("contoso");
    let refusals = [
        &["kinds", "--only", "*"][..],
        &["schema", "iosCustomConfiguration", "--sandbox"],
        &["completions", "bash", "--timeout", "1"],
        &["sandbox", "--only", "*"],
        &["validate", "--graph-url", "https://graph.microsoft.com"],
    ]
    .map(|arguments| workspace.run(arguments).expect(64).stderr);
    assert_snapshot!(refusals.join("\n"), @r"
    error: unexpected argument '--only' found

    Usage: moorline kinds [OPTIONS] [WORD]...

    For more information, try '--help'.

    error: unexpected argument '--sandbox' found

      tip: it reaches no tenant, and needs no sandbox in the place of one

    Usage: moorline schema <KIND>

    For more information, try '--help'.

    error: unexpected argument '--timeout' found

    Usage: moorline completions <SHELL>

    For more information, try '--help'.

    error: unexpected argument '--only' found

    Usage: moorline sandbox [OPTIONS] [STATE.json]
           moorline sandbox <COMMAND>

    For more information, try '--help'.

    error: unexpected argument '--graph-url' found

    Usage: moorline validate [OPTIONS] [PATHS]...

    For more information, try '--help'.
    ");
    workspace.run(&["validate", "--only", "ios*/*", "--color", "never"]).expect(0);
}

#[test]
fn every_failure_of_a_run_for_a_program_is_an_error_document() {
    let workspace = Workspace::example("contoso");
    for arguments in [
        &["validate"][..],
        &["kinds"],
        &["plan", "--sandbox"],
        &["drift", "--sandbox"],
        &["apply", "--sandbox", "--yes"],
    ] {
        let nowhere = ["--format", "json", "--output", "missing/out"];
        let document = workspace.run(&[arguments, &nowhere].concat()).expect(1).json();
        assert_eq!(document["code"], "io/output", "{arguments:?}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_an_error_document_too() {
    let workspace = Workspace::example("contoso");
    let schema = workspace.run(&["schema", "--document", "error"]).expect(0);
    let validator = jsonschema::validator_for(&schema.json()).expect("a schema");
    for (arguments, message, hint) in [
        (
            &["plan", "--fromat", "json", "--format", "json"][..],
            "unexpected argument '--fromat' found",
            "a similar argument exists: '--format'",
        ),
        (
            &["kinds", "--format=json", "--quite"],
            "unexpected argument '--quite' found",
            "a similar argument exists: '--quiet'",
        ),
        (
            &["apply", "--format", "json", "--concurrency", "0"],
            "invalid value '0' for '--concurrency <N>': 0 is not in 1..=64",
            "`moorline COMMAND --help` lists what there is.",
        ),
    ] {
        let run = workspace.run(arguments).expect(64);
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
        let document = run.json();
        assert!(validator.is_valid(&document), "{document:#}");
        assert_eq!(document["code"], "usage/arguments");
        assert_eq!(document["exitCode"], 64);
        assert_eq!(document["message"], message);
        assert_eq!(document["hints"][0], hint, "{document:#}");
    }
    let run = workspace.run(&["plan", "--fromat", "json"]).expect(64);
    assert_eq!(run.stdout, "");
}

#[test]
fn schema_of_a_type_that_is_not_covered_is_refused_with_what_it_is() {
    let run = Workspace::empty().run(&["schema", "win32LobApp"]).expect(64);
    assert_snapshot!(run.stderr, @r"
    error[usage/kind]: `win32LobApp` is an app, which Moorline does not cover

    hint: Moorline covers device configurations (templates), settings catalog policies, compliance policies and the device registration policy.
    ");
}

#[test]
fn an_output_that_cannot_be_written_is_known_before_anything_is() {
    let _stable = stable_snapshots();
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    let before = std::fs::read(workspace.file("s.json")).ok();
    let refusals = ["missing/out", "."].map(|nowhere| {
        let apply = ["apply", "--sandbox=s.json", "--yes", "--output", nowhere];
        workspace.run(&apply).expect(1).stderr
    });
    assert_snapshot!(refusals.join("\n"), @r"
    error[io/output]: `missing/out` cannot be written
      caused by: [system error]

    hint: See the cause beneath the message; it is the system's own.

    error[io/output]: `.` cannot be written
      caused by: [system error]

    hint: See the cause beneath the message; it is the system's own.
    ");
    assert_eq!(std::fs::read(workspace.file("s.json")).ok(), before);

    // Nothing is left behind by a run that fails, and nothing is lost.
    workspace.write("kept.txt", "kept");
    for file in ["new.txt", "kept.txt"] {
        let apply = ["apply", "--sandbox=s.json", "--output", file];
        workspace.run(&apply).expect(5);
    }
    assert!(!workspace.file("new.txt").exists());
    let kept = std::fs::read_to_string(workspace.file("kept.txt"));
    assert_eq!(kept.expect("it is there"), "kept");
}

#[test]
fn a_plan_that_could_not_be_saved_is_not_made() {
    let _stable = stable_snapshots();
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    let refusals = ["missing/plan.json", "."].map(|nowhere| {
        let run = workspace.run(&["plan", "--sandbox=s.json", "--out", nowhere]).expect(1);
        assert_eq!(run.stdout, "");
        run.stderr
    });
    assert_snapshot!(refusals.join("\n"), @r"
    error[io/output]: `missing/plan.json` cannot be written, so the plan is not saved
      caused by: [system error]

    hint: See the cause beneath the message; it is the system's own.

    error[io/output]: `.` cannot be written, so the plan is not saved
      caused by: [system error]

    hint: See the cause beneath the message; it is the system's own.
    ");
    // What was saved before outlives a plan that fails.
    workspace.write("plan.json", "kept");
    workspace.write("hello.yaml", HELLO.replace("spec:", "spce:"));
    workspace.run(&["plan", "--sandbox", "--out", "plan.json"]).expect(3);
    let kept = std::fs::read_to_string(workspace.file("plan.json"));
    assert_eq!(kept.expect("it is there"), "kept");
}

/// A file that takes nothing, as a disk that is full.
#[cfg(target_os = "linux")]
#[test]
fn an_apply_whose_result_cannot_be_written_says_what_it_did_all_the_same() {
    use std::fs::OpenOptions;

    let full = "/dev/full";
    let apply = ["apply", "--sandbox=s.json", "--yes"];
    let created = |workspace: &Workspace| {
        let objects = workspace.json("s.json")["deviceConfigurations"].clone();
        objects.as_array().map(Vec::len)
    };
    let to_file = Workspace::tenant(&[("hello.yaml", HELLO)]);
    let output = ["--format", "json", "--output", full];
    let run = to_file.run(&[&apply[..], &output].concat()).expect(6);
    assert_eq!(run.json()["code"], "io/output");
    assert_eq!(run.json()["exitCode"], 6);
    assert_eq!(created(&to_file), Some(1));

    let to_stdout = Workspace::tenant(&[("hello.yaml", HELLO)]);
    let mut command = to_stdout.command(&[&apply[..], &output[..2]].concat());
    let stdout = OpenOptions::new().write(true).open(full).expect("it is there");
    let ended = command.stdout(stdout).output().expect("the binary runs");
    let other = Run::from(ended).expect(6);
    assert_eq!(created(&to_stdout), Some(1));
    let _stable = stable_snapshots();
    assert_snapshot!(run.stderr, @r#"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Tenant contoso (contoso.onmicrosoft.com)

      + windowsIdentityProtectionConfiguration/hello   "Hello"   hello.yaml:2
          + displayName  Hello
          reaches nobody

    warning: windowsIdentityProtectionConfiguration/hello: new objects of its kind are closed since
      2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]

    Applying
    [1/1] windowsIdentityProtectionConfiguration/hello applied
      applied  create  windowsIdentityProtectionConfiguration/hello  "Hello"

    Applied: 1 done, 0 failed, 0 skipped.
    Journal .moorline/journal/[run].jsonl
    error[io/output]: `/dev/full` cannot be written
      caused by: [system error]

    hint: The changes were sent: their results are printed above.
    "#);
    assert_snapshot!(other.stderr, @r#"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Tenant contoso (contoso.onmicrosoft.com)

      + windowsIdentityProtectionConfiguration/hello   "Hello"   hello.yaml:2
          + displayName  Hello
          reaches nobody

    warning: windowsIdentityProtectionConfiguration/hello: new objects of its kind are closed since
      2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]

    Applying
    [1/1] windowsIdentityProtectionConfiguration/hello applied
      applied  create  windowsIdentityProtectionConfiguration/hello  "Hello"

    Applied: 1 done, 0 failed, 0 skipped.
    Journal .moorline/journal/[run].jsonl
    error[io/stdout]: the result cannot be written to stdout
      caused by: [system error]

    hint: The changes were sent: their results are printed above.
    "#);
    // Where nothing was to be done, nothing was done.
    to_file.run(&[&apply[..], &output].concat()).expect(1);
}

#[test]
fn what_a_terminal_would_obey_is_escaped_in_findings() {
    let hostile = HELLO.replace("spec:", "spec:\n  \"a\u{202e}b\u{85}\": 1");
    let run = Workspace::tenant(&[("hello.yaml", &hostile)])
        .run(&["validate", "--format", "json"])
        .expect(3);
    assert_snapshot!(run.stdout, @r#"
    {
      "kind": "findings",
      "formatVersion": "1.0",
      "items": [
        {
          "code": "schema/additionalProperties",
          "severity": "error",
          "message": "`windowsIdentityProtectionConfiguration` has no property `a\u202eb\u0085`",
          "file": "hello.yaml",
          "line": 5,
          "column": 3,
          "endLine": 5,
          "endColumn": 9,
          "help": "`moorline schema windowsIdentityProtectionConfiguration` lists its properties"
        }
      ],
      "summary": {
        "errors": 1,
        "warnings": 0
      }
    }
    "#);
    run.json();
}

#[test]
fn a_path_that_leads_nowhere_is_wrong_usage() {
    let workspace = Workspace::example("contoso");
    let refusals = ["plan", "apply", "drift"]
        .map(|command| workspace.run(&[command, "nope"]).expect(64).stderr);
    assert_snapshot!(refusals.join("\n"), @r"
    error[file/missing]: there is no such folder or file
    --> nope
     = help: check the spelling; PATH is relative to the current folder

    error[file/missing]: there is no such folder or file
    --> nope
     = help: check the spelling; PATH is relative to the current folder

    error[file/missing]: there is no such folder or file
    --> nope
     = help: check the spelling; PATH is relative to the current folder
    ");
}

#[test]
fn a_tenant_file_may_have_another_name() {
    let workspace = Workspace::tenant(&[("policies/hello.yaml", HELLO)]);
    let tenant = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: it }\nspec: { tenantId: contoso.com, manifests: [policies] }\n";
    workspace.write("test.yaml", tenant);
    let run = workspace.run(&["validate", "test.yaml"]).expect(0);
    assert_eq!(run.stdout, "Valid: 1 manifest.\n");
    workspace.run(&["plan", "test.yaml", "--sandbox"]).expect(0);
}

/// A link could lead out of the tenant, and nothing in a folder says that it does.
#[cfg(unix)]
#[test]
fn a_link_among_manifests_is_not_followed() {
    let elsewhere = Workspace::tenant(&[("other.yaml", &HELLO.replace("hello", "other"))]);
    let workspace = Workspace::tenant(&[("policies/hello.yaml", HELLO)]);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [policies, './**/*.yaml']\n");
    for (target, link) in [
        (elsewhere.file("other.yaml"), "policies/other.yaml"),
        (elsewhere.path().to_owned(), "policies/elsewhere"),
    ] {
        std::os::unix::fs::symlink(target, workspace.file(link)).expect("a link");
    }
    let run = workspace.run(&["validate"]).expect(0);
    assert_snapshot!(run.stdout, @r"
    warning[file/skipped]: this is not read: it is a link, and a link may lead out of the folder
    --> policies/elsewhere
     = help: put in its place what it leads to, or name a folder that several tenants share in `spec.base`

    warning[file/skipped]: this is not read: it is a link, and a link may lead out of the folder
    --> policies/other.yaml
     = help: put in its place what it leads to, or name a folder that several tenants share in `spec.base`

    Valid: 1 manifest, 2 warnings in 2 files.
    ");
}

#[test]
fn an_argument_of_another_command_leads_to_what_is_meant() {
    let workspace = Workspace::empty();
    let told = |arguments: &[&str]| {
        let stderr = workspace.run(arguments).expect(64).stderr;
        stderr.lines().filter(|line| line.contains("tip: ")).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(told(&["apply", "--dry-run"]), @"  tip: `moorline plan` shows what an apply would change, and writes nothing");
    assert_snapshot!(told(&["drift", "--dry-run"]), @"  tip: it writes nothing anyway");
    assert_snapshot!(told(&["plan", "--yes"]), @"  tip: it asks for no confirmation");
    assert_snapshot!(told(&["plan", "--detailed-exitcod"]), @"  tip: a similar argument exists: '--detailed-exitcode'");
    let json = workspace.run(&["apply", "--dry-run", "--format", "json"]).expect(64).json();
    assert!(json["hints"].to_string().contains("`moorline plan`"), "{json}");
}

#[test]
fn documents_of_another_shape_are_refused_in_words_of_json() {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    for text in ["[]", "null", "7", r#"{ "kind": [] }"#] {
        workspace.write("plan.json", text);
        workspace.write("state.json", text);
        for arguments in [
            &["apply", "--sandbox", "--yes", "plan.json"][..],
            &["plan", "--sandbox=state.json"],
            &["plan", "--sandbox", "--sandbox-faults", "state.json"],
        ] {
            let stderr = workspace.run(arguments).expect(1).stderr;
            for word in ["struct", "enum", "Head", "State", "sequence", "Config"] {
                assert!(!stderr.contains(word), "{arguments:?} with {text}: {stderr}");
            }
        }
    }
    workspace.write("plan.json", "[]");
    assert_snapshot!(workspace.run(&["apply", "--sandbox", "--yes", "plan.json"]).expect(1).stderr, @r"
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it is no plan, which is a JSON object

    hint: Save it again with `moorline plan --out`.
    ");
}

#[test]
fn groups_of_the_sandbox_are_made_for_the_manifests_that_assign_to_them() {
    let assigned = HELLO.to_owned() + "assignments: [{ group: SG-Pilot }]\n";
    let workspace = Workspace::tenant(&[("hello.yaml", &assigned)]);
    workspace.write("s.json", r#"{ "kind": "sandbox-state", "formatVersion": "1.0" }"#);
    let edit =
        |arguments: &[&str]| workspace.run(&[&["sandbox", "edit", "s.json"], arguments].concat());
    edit(&["user/alice@contoso.com", "--new"]).expect(0);
    edit(&["group/SG-Pilot", "--new", "--set", r#"members=["alice@contoso.com"]"#]).expect(0);
    let plan = workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout;
    assert!(plan.contains("+ group SG-Pilot"), "{plan}");
    assert!(plan.contains("reaches 1 user"), "{plan}");
    assert_snapshot!(edit(&["group/SG-Pilot", "--set", "members=7"]).expect(1).stderr, @"
    error[sandbox/edit]: this is no group: invalid type: integer `7`, expected a list

    hint: Nothing was changed: correct what the message names.
    ");
    assert_snapshot!(edit(&["groups/SG-Pilot", "--new"]).expect(64).stderr, @"
    error[sandbox/edit]: there is no kind `groups`; did you mean `group`?

    hint: `moorline kinds` lists the kinds; the objects that manifests name are `group`, `user`, `device`, `filter` and `tag`.
    ");
    edit(&["group/SG-Pilot", "--delete"]).expect(0);
    let plan = workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout;
    assert!(plan.contains("group/unknown"), "{plan}");
}

#[test]
fn edit_that_is_not_made_says_what_to_do_about_its_own_fault() {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    workspace.run(&["apply", "--yes", "--sandbox=s.json"]).expect(0);
    let state = workspace.json("s.json");
    let name = state["deviceConfigurations"][0]["displayName"].as_str().expect("a name");
    let target = format!("windowsIdentityProtectionConfiguration/{name}");
    let target = target.as_str();
    for (arguments, code, says) in [
        (
            &[target, "--assign", "group:SG-Nope"][..],
            1,
            "`moorline sandbox add s.json group SG-Nope` adds it",
        ),
        (&[target, "--set", "pinMinimumLenth=4"], 1, "did you mean `pinMinimumLength`"),
        (&[target, "--set", "nothing"], 64, "write PROP=VALUE"),
        (&["group/SG-Nope", "--delete"], 1, "`moorline sandbox add s.json group SG-Nope` adds it"),
        (&["foo/bar", "--set", "a=1"], 64, "`moorline kinds` lists the kinds"),
        (&["noslash", "--set", "a=1"], 64, "write KIND/NAME"),
        (&[target, "--filter", "include:Corporate"], 64, "--assign <TARGET>"),
        (&[target], 64, "--set <PROP=VALUE>|--new|--delete|"),
    ] {
        let run = workspace.run(&[&["sandbox", "edit", "s.json"], arguments].concat()).expect(code);
        assert!(run.stderr.contains(says), "{arguments:?}: {}", run.stderr);
        let is_of_filter = arguments.contains(&"--filter");
        let said = run.stderr.split("Usage:").next().unwrap_or_default();
        assert!(!is_of_filter || !said.contains("--set <PROP=VALUE>"), "{said}");
    }
}

#[test]
fn a_narrow_terminal_breaks_lines_between_words() {
    let bad =
        HELLO.replace("windowsIdentityProtectionConfiguration", "unsupportedDeviceConfiguration");
    let workspace = Workspace::tenant(&[("bad.yaml", &bad)]);
    let narrow = [("COLUMNS", "80")];
    let kinds = workspace.run_with(&["kinds"], &narrow).expect(0).stdout;
    for line in kinds.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let wide = workspace.run(&["kinds"]).expect(0).stdout;
    assert_eq!(words(&kinds).len(), words(&wide).len(), "no word is broken");
    assert_snapshot!(workspace.run_with(&["validate"], &narrow).expect(3).stdout, @r"
    error[manifest/unknown-kind]: `unsupportedDeviceConfiguration` is not managed:
                                  it only stands for an object that the service
                                  cannot show, and cannot be written
     --> bad.yaml:2:7
      |
    2 | kind: unsupportedDeviceConfiguration
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: remove this manifest

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn several_journals_are_refused_by_their_number() {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    for arguments in [
        &["rollback", "20261130T100000Z-apply.jsonl", "20261130T110000Z-apply.jsonl"][..],
        &["rollback", "1.jsonl", "2.jsonl", "3.jsonl"],
        &["apply", "--resume", "1.jsonl", "2.jsonl"],
    ] {
        let run = workspace.run(arguments).expect(64);
        assert!(run.stderr.contains("journals are given: give one"), "{}", run.stderr);
    }
    let run = workspace.run(&["rollback", "1.jsonl", "2.jsonl"]).expect(64);
    assert_snapshot!(run.stderr, @"
    error[usage/journal]: 2 journals are given: give one

    hint: The newest is `2.jsonl`.
    ");
}
