//! The first hour: from an empty folder to a plan, with the commands of README and no more.

use std::collections::BTreeMap;
use std::path::PathBuf;

use insta::assert_snapshot;

use crate::support::{Run, Workspace};

fn text(workspace: &Workspace, path: &str) -> String {
    std::fs::read_to_string(workspace.file(path)).expect("the file can be read")
}

/// Returns every file below a folder with its content.
fn files(workspace: &Workspace, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let found = walkdir::WalkDir::new(workspace.file(folder)).into_iter();
    let files =
        found.map(|entry| entry.expect("it can be listed")).filter(|it| it.path().is_file());
    files
        .map(|file| (file.path().to_owned(), std::fs::read(file.path()).expect("it can be read")))
        .collect()
}

/// Runs a command as a person types it.
fn typed(workspace: &Workspace, line: &str) -> Run {
    let mut words: Vec<String> = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.chars() {
        match letter {
            '"' | '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            letter => words.last_mut().expect("a word").push(letter),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [program, arguments @ ..] = &words[..] else { panic!("{line}") };
    assert_eq!(*program, "moorline");
    workspace.run(arguments)
}

#[test]
fn empty_folder_plans_after_init_new_and_one_edit() {
    let workspace = Workspace::empty();
    typed(&workspace, "moorline init --tenant-id contoso.onmicrosoft.com").expect(0);
    let made = "moorline new windowsUpdateForBusinessConfiguration \"Pilot ring\"";
    let path = typed(&workspace, made).expect(0).stdout;
    assert_eq!(path, "policies/windows/update-rings/pilot-ring.yaml\n");
    workspace.edit(path.trim_end(), "DeferralPeriodInDays: 7", "DeferralPeriodInDays: 2");
    let plan = typed(&workspace, "moorline plan --sandbox").expect(0).stdout;
    assert!(plan.contains("+ qualityUpdatesDeferralPeriodInDays  2\n"), "{plan}");
    assert!(plan.contains("\nPlan: 1 to create, 0 to update"), "{plan}");

    // Assigned to a group, which the sandbox lacks until the command of the remedy made it.
    workspace.edit(
        path.trim_end(),
        "# assignments:\n#   - group: NAME\n",
        "assignments:\n  - group: Pilot devices\n",
    );
    let plan = typed(&workspace, "moorline plan --sandbox=s.json").expect(0).stdout;
    let words: Vec<&str> = plan.split_whitespace().collect();
    let plan = words.join(" ");
    let (_, remedy) = plan.split_once("help: `").expect("a remedy");
    let (command, _) = remedy.split_once('`').expect("a command");
    assert_eq!(command, "moorline sandbox add s.json group 'Pilot devices'");
    typed(&workspace, command).expect(0);
    typed(&workspace, "moorline apply --yes --sandbox=s.json").expect(0);
    typed(&workspace, "moorline plan --sandbox=s.json --detailed-exitcode").expect(0);
    let ring = "'windowsUpdateForBusinessConfiguration/Pilot ring'";
    typed(&workspace, &format!("moorline sandbox edit s.json {ring} --assign allUsers")).expect(0);
    let drift = typed(&workspace, "moorline drift --sandbox=s.json").expect(0).stdout;
    assert!(drift.contains("- all users"), "{drift}");
}

#[test]
fn init_makes_what_is_missing_and_keeps_what_is_there() {
    let workspace = Workspace::empty();
    workspace.write("ours/.gitignore", "/target\n");
    workspace.write("ours/.vscode/settings.json", "{ // ours\n}\n");
    let arguments =
        ["init", "ours", "--tenant-id", "contoso.onmicrosoft.com", "--cloud", "usGovL4"];
    let run = workspace.run(&arguments).expect(0);
    assert_snapshot!(run.stdout, @r#"
    made  moorline.yaml
    made  policies/
    kept  .gitignore, and added: .moorline-* .moorline/ plan.json *.plan.json s.json *.state.json .*.json.lock
    made  .vscode/moorline-manifest.schema.json
    made  .vscode/moorline-tenant.schema.json
    kept  .vscode/settings.json, which lacks "yaml.schemas": {"./.vscode/moorline-manifest.schema.json":["policies/**/*.yaml"],"./.vscode/moorline-tenant.schema.json":["moorline.yaml"]}
    "#);
    assert!(run.stderr.contains("\n  cd ours\n"), "{}", run.stderr);
    assert_eq!(text(&workspace, "ours/.vscode/settings.json"), "{ // ours\n}\n");
    let tenant = text(&workspace, "ours/moorline.yaml");
    assert!(tenant.contains("\n  cloud: usGovL4  #"), "{tenant}");
    let before = files(&workspace, "ours");
    let again = workspace.run(&["init", "ours"]).expect(0);
    assert!(!again.stdout.contains("made"), "{}", again.stdout);
    assert_eq!(files(&workspace, "ours"), before);
    let other = workspace.run(&["init", "ours", "--tenant-id", "fabrikam.com"]).expect(0);
    assert!(
        other.stderr.starts_with("warning: `ours/moorline.yaml` was there"),
        "{}",
        other.stderr
    );
    assert_eq!(text(&workspace, "ours/moorline.yaml"), tenant);
    workspace.run(&["validate", "ours"]).expect(0);
}

#[test]
fn init_without_a_terminal_says_which_argument_is_missing() {
    let workspace = Workspace::empty();
    let run = workspace.run(&["init"]).expect(64);
    assert_snapshot!(run.stderr, @"
    error[usage/init]: which tenant it is has to be said, and there is no terminal to ask on

    hint: Give `--tenant-id ID`, and `--cloud CLOUD` where it is not the global one.
    ");
    let run = workspace.run(&["init", "--tenant-id", "contoso"]).expect(64);
    assert_snapshot!(run.stderr, @"
    error[usage/init]: `contoso` is not the id or domain of a tenant

    hint: Use the tenant's GUID or one of its verified domains, such as `contoso.onmicrosoft.com`.
    ");
    workspace.run(&["init", "--tenant-id", "contoso.com", "--cloud", "mars"]).expect(64);
    assert_eq!(std::fs::read_dir(workspace.path()).expect("a folder").count(), 0);
}

#[test]
fn missing_or_empty_tenant_file_is_answered_with_how_one_looks_and_with_init() {
    let workspace = Workspace::empty();
    for arguments in [&["plan"][..], &["validate"], &["render"], &["new", "iosCustomConfiguration"]]
    {
        let run = workspace.run(arguments).expect(3);
        let output = run.stdout + &run.stderr;
        assert!(
            output.contains("`moorline init` writes one: `apiVersion: moorline/v1`"),
            "{output}"
        );
    }
    workspace.write("moorline.yaml", "# nothing yet\n");
    let run = workspace.run(&["validate"]).expect(3);
    assert_snapshot!(run.stdout, @"
    error[manifest/empty]: the tenant file is empty
    --> moorline.yaml
     = help: write into it, each on a line: `apiVersion: moorline/v1`, `kind: Tenant`, `metadata: { name: contoso }`, `spec: { tenantId: contoso.onmicrosoft.com, manifests: [policies] }`; or delete it, and `moorline init` writes it

    Invalid: 1 error in 1 file.
    ");
    let lines = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec: { tenantId: contoso.onmicrosoft.com, manifests: [policies] }\n";
    workspace.write("moorline.yaml", lines);
    workspace.write("policies/.gitkeep", "");
    let run = workspace.run(&["validate"]).expect(0);
    assert!(run.stdout.contains("`moorline new KIND` writes a first one"), "{}", run.stdout);
}

#[test]
fn remedies_of_a_run_that_keeps_nothing_lead_to_a_plan_when_followed_once() {
    let workspace = Workspace::tenant(&[(
        "a.yaml",
        "apiVersion: graph.microsoft.com/beta
kind: windowsIdentityProtectionConfiguration
metadata: { name: a }
spec: { displayName: Hello }
assignments:
  - { group: SG-Pilot, filter: { include: Corporate } }
  - { group: SG-Broad }
",
    )]);
    let plan = typed(&workspace, "moorline plan --sandbox").expect(0).stdout;
    let words: Vec<&str> = plan.split_whitespace().collect();
    let plan = words.join(" ");
    let helps: Vec<&str> = plan.split("help: `").skip(1).collect();
    assert_eq!(helps.len(), 3, "{plan}");
    for help in helps {
        let (command, rest) = help.split_once('`').expect("a command");
        let next = "adds it to the sandbox, and the next run needs `--sandbox=s.json`; or correct";
        assert!(rest.trim_start().starts_with(next), "{rest}");
        typed(&workspace, command).expect(0);
    }
    let plan = typed(&workspace, "moorline plan --sandbox=s.json").expect(0).stdout;
    assert!(plan.contains("\nPlan: 1 to create"), "{plan}");
}

#[test]
fn id_that_no_object_has_is_not_told_to_write_an_id() {
    let id = "99999999-9999-4999-8999-999999999999";
    for (entry, words) in [
        (format!("{{ group: {id} }}"), "group"),
        (format!("{{ allDevices: true, filter: {{ include: {id} }} }}"), "assignment filter"),
    ] {
        let text = format!(
            "apiVersion: graph.microsoft.com/beta
kind: windowsIdentityProtectionConfiguration
metadata: {{ name: a }}
spec: {{ displayName: Hello }}
assignments: [{entry}]
"
        );
        let workspace = Workspace::tenant(&[("a.yaml", &text)]);
        let plan = typed(&workspace, "moorline plan --sandbox").expect(0).stdout;
        let plan: Vec<&str> = plan.split_whitespace().collect();
        let said = format!(
            "no {words} of this tenant has the id `{id}` help: it was deleted, or is of another tenant: write the name of one that is there"
        );
        assert!(plan.join(" ").contains(&said), "{plan:?}");
    }
}

#[test]
fn name_for_messages_is_taken_as_people_write_it() {
    let workspace = Workspace::empty();
    let init = "moorline init --tenant-id contoso.com --name 'Contoso Oy'";
    let run = typed(&workspace, init).expect(0);
    let tenant = text(&workspace, "moorline.yaml");
    assert!(tenant.contains("\n  name: contoso-oy\n"), "{tenant}");
    assert!(run.stderr.lines().all(|line| line.chars().count() <= 80), "{}", run.stderr);
    let near = typed(&workspace, "moorline schema nope").expect(64).stderr;
    assert!(near.contains("`moorline kinds` lists the kinds"), "{near}");
}
