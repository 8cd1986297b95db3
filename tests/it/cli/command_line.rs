//! The command line: which arguments are taken, what is said where, and with which exit code.

use crate::support::Workspace;

const HELLO: &str = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: hello }\nspec:\n  displayName: Hello\n";

#[test]
fn the_sandbox_stands_for_a_tenant_that_is_named_by_its_id() {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    for tenant in ["8F6D2C2E-5b1d-4c57-9d0a-3d7f0e8a1b22", "fabrikam.com"] {
        workspace.write(
            "moorline.yaml",
            format!("apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: it }}\nspec: {{ tenantId: {tenant} }}\n"),
        );
        let run = workspace.run(&["plan", "--sandbox"]).expect(0);
        assert!(run.stdout.contains("1 to create"), "{}", run.stdout);
    }
}

#[test]
fn a_question_comes_with_the_plan_it_is_about() {
    // A kind that is open, so that nothing is warned of.
    let kind = "windowsHealthMonitoringConfiguration";
    let manifest = HELLO.replace("windowsIdentityProtectionConfiguration", kind);
    let workspace = Workspace::tenant(&[("hello.yaml", &manifest)]);
    for arguments in [&["--format", "json"][..], &["--output", "outcome.txt"], &[]] {
        let run = workspace.run(&[&["apply", "-q", "--sandbox"], arguments].concat()).expect(5);
        let shown = if arguments.is_empty() { &run.stdout } else { &run.stderr };
        assert!(
            shown.contains(&format!("+ {kind}/hello")) && run.stderr.contains("apply/no-terminal"),
            "{arguments:?}\n{}",
            run.stderr
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
    assert!(
        run.stderr.contains("a similar value exists: 'unassign-all'")
            && run.stderr.contains("registration/mfa-off"),
        "{}",
        run.stderr
    );
}

#[test]
fn an_option_is_taken_only_where_it_means_something() {
    let workspace = Workspace::example("contoso");
    for arguments in [
        &["kinds", "--only", "*"][..],
        &["schema", "iosCustomConfiguration", "--sandbox"],
        &["completions", "bash", "--timeout", "1"],
        &["sandbox", "--only", "*"],
        &["validate", "--graph-url", "https://graph.microsoft.com"],
    ] {
        let run = workspace.run(arguments).expect(64);
        assert!(run.stderr.contains("unexpected argument"), "{}", run.stderr);
    }
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
    let says = "`win32LobApp` is an app, which Moorline does not cover";
    assert!(run.stderr.contains(says), "{}", run.stderr);
}

#[test]
fn an_output_that_cannot_be_written_is_known_before_anything_is() {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    let before = std::fs::read(workspace.file("s.json")).ok();
    for nowhere in ["missing/out", "."] {
        let apply = ["apply", "--sandbox=s.json", "--yes", "--output", nowhere];
        let run = workspace.run(&apply).expect(1);
        assert!(run.stderr.contains("error[io/output]"), "{}", run.stderr);
    }
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
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    for nowhere in ["missing/plan.json", "."] {
        let run = workspace.run(&["plan", "--sandbox=s.json", "--out", nowhere]).expect(1);
        assert!(run.stderr.contains("so the plan is not saved"), "{}", run.stderr);
        assert!(!run.stderr.contains("Reading"), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
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
    let other = crate::support::Run::from(ended).expect(6);
    assert_eq!(created(&to_stdout), Some(1));
    for told in [&run.stderr, &other.stderr] {
        for words in ["applied", "Journal .moorline/journal/", "printed above"] {
            assert!(told.contains(words), "{words}\n{told}");
        }
    }
    // Where nothing was to be done, nothing was done.
    to_file.run(&[&apply[..], &output].concat()).expect(1);
}

#[test]
fn what_a_terminal_would_obey_is_escaped_in_findings() {
    let hostile = HELLO.replace("spec:", "spec:\n  \"a\u{202e}b\u{85}\": 1");
    let run = Workspace::tenant(&[("hello.yaml", &hostile)])
        .run(&["validate", "--format", "json"])
        .expect(3);
    assert!(run.stdout.contains("\\u202e") && run.stdout.is_ascii(), "{}", run.stdout);
    run.json();
}

#[test]
fn a_path_that_leads_nowhere_is_wrong_usage() {
    let workspace = Workspace::example("contoso");
    for command in ["plan", "apply", "drift"] {
        let run = workspace.run(&[command, "nope"]).expect(64);
        assert!(
            run.stderr.contains("usage/path") && run.stderr.contains("check the spelling"),
            "{}",
            run.stderr
        );
    }
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
    assert_eq!(run.stdout, "Valid: 1 manifest.\n");
}
