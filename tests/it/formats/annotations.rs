//! Annotations of GitHub Actions and issues of Azure Pipelines, read by the grammar of their runners.

use std::fmt::Write as _;

use insta::assert_snapshot;

use super::readers::{Command, of_azure, of_github};
use super::{HELLO, broken, drifted, hello};
use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

fn shown(commands: &[Command]) -> String {
    let mut text = String::new();
    for Command { name, properties, data } in commands {
        let properties: Vec<String> =
            properties.iter().map(|(name, value)| format!("{name}={value}")).collect();
        writeln!(text, "{name} [{}] {}", properties.join(", "), data.replace('\n', " / "))
            .expect("memory");
    }
    text
}

#[test]
fn github_shows_findings_beside_the_lines() {
    let run = broken().run(&["validate", "--format", "github"]).expect(3);
    assert_snapshot!(shown(&of_github(&run.stdout)), @"
    error [col=21, endColumn=25, file=a.yaml, line=7, title=schema/type windowsIdentityProtectionConfiguration/a] `pinMinimumLength` must be a whole number, and this is a string / help: write digits alone
    error [col=21, endColumn=25, file=a.yaml, line=8, title=schema/maximum windowsIdentityProtectionConfiguration/a] `pinMaximumLength` is greater than 127 / help: use 4 to 127
    error [col=3, endColumn=19, file=b.yaml, line=7, title=schema/additionalProperties windowsIdentityProtectionConfiguration/b] `windowsIdentityProtectionConfiguration` has no property `pinMinimumLenght` / help: did you mean `pinMinimumLength`?
    ");
}

#[test]
fn azure_shows_findings_as_issues() {
    let run = broken().run(&["validate", "--format", "azure-devops"]).expect(3);
    assert_snapshot!(shown(&of_azure(&run.stdout)), @"
    task.logissue [code=schema/type, columnnumber=21, linenumber=7, sourcepath=a.yaml, type=error] schema/type windowsIdentityProtectionConfiguration/a: `pinMinimumLength` must be a whole number, and this is a string / help: write digits alone
    task.logissue [code=schema/maximum, columnnumber=21, linenumber=8, sourcepath=a.yaml, type=error] schema/maximum windowsIdentityProtectionConfiguration/a: `pinMaximumLength` is greater than 127 / help: use 4 to 127
    task.logissue [code=schema/additionalProperties, columnnumber=3, linenumber=7, sourcepath=b.yaml, type=error] schema/additionalProperties windowsIdentityProtectionConfiguration/b: `windowsIdentityProtectionConfiguration` has no property `pinMinimumLenght` / help: did you mean `pinMinimumLength`?
    task.setvariable [isOutput=true, variable=moorline_errors] 3
    task.setvariable [isOutput=true, variable=moorline_warnings] 0
    task.setvariable [isOutput=true, variable=moorline_manifests] 3
    ");
}

#[test]
fn plan_and_drift_are_annotations_too() {
    let _stable = stable_snapshots();
    let workspace = drifted();
    let run = workspace.run(&["drift", "--sandbox=s.json", "--format", "github"]).expect(0);
    assert_snapshot!(shown(&of_github(&run.stdout)), @"
    error [col=21, file=a.yaml, line=7, title=drift/property windowsIdentityProtectionConfiguration/a] pinMinimumLength: the tenant has 4, declared is 6; changed by admin@contoso.onmicrosoft.com, [time]
    error [col=24, file=a.yaml, line=8, title=drift/property windowsIdentityProtectionConfiguration/a] pinExpirationInDays: the tenant has 30, declared is 90; changed by admin@contoso.onmicrosoft.com, [time]
    error [col=7, file=b.yaml, line=2, title=drift/missing windowsIdentityProtectionConfiguration/b] the object is declared, and the tenant does not have it; changed by admin@contoso.onmicrosoft.com, [time]
    warning [col=7, file=b.yaml, line=2, title=run/warning windowsIdentityProtectionConfiguration/b] new objects of its kind are closed since 2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    ");
    let run = workspace.run(&["plan", "--sandbox=s.json", "--format", "github"]).expect(0);
    assert_snapshot!(shown(&of_github(&run.stdout)), @"
    warning [col=7, file=b.yaml, line=2, title=run/warning windowsIdentityProtectionConfiguration/b] new objects of its kind are closed since 2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    notice [col=21, file=a.yaml, line=7, title=windowsIdentityProtectionConfiguration/a] update: 2 settings (pinMinimumLength, pinExpirationInDays)
    notice [col=7, file=b.yaml, line=2, title=windowsIdentityProtectionConfiguration/b] create: 2 settings
    ");
    let run = workspace.run(&["plan", "--sandbox=s.json", "--format", "azure-devops"]).expect(0);
    assert_snapshot!(shown(&of_azure(&run.stdout)), @"
    task.logissue [code=run/warning, columnnumber=7, linenumber=2, sourcepath=b.yaml, type=warning] run/warning windowsIdentityProtectionConfiguration/b: new objects of its kind are closed since 2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    task.setvariable [isOutput=true, variable=moorline_changes] true
    task.setvariable [isOutput=true, variable=moorline_digest] sha256:[digest]
    task.setvariable [isOutput=true, variable=moorline_create] 1
    task.setvariable [isOutput=true, variable=moorline_update] 1
    task.setvariable [isOutput=true, variable=moorline_replace] 0
    task.setvariable [isOutput=true, variable=moorline_delete] 0
    task.setvariable [isOutput=true, variable=moorline_assignment_changes] 0
    task.setvariable [isOutput=true, variable=moorline_blocked] 0
    ");
}

#[test]
fn what_is_no_longer_declared_is_titled_by_its_object() {
    let workspace = drifted();
    for (path, text) in [
        (
            "before/moorline.yaml",
            std::fs::read_to_string(workspace.file("moorline.yaml")).expect("it"),
        ),
        ("before/a.yaml", hello("a", "pinMinimumLength: 6\npinExpirationInDays: 90")),
        ("before/c.yaml", hello("c", "pinMinimumLength: 6")),
    ] {
        workspace.write(path, text);
    }
    std::fs::remove_file(workspace.file("c.yaml")).expect("it is there");
    workspace.write("a.yaml", hello("a", "pinMinimumLength: 6"));
    let plan = ["plan", "--sandbox=s.json", "--previous", "before", "--format", "github"];
    let run = workspace.run(&plan).expect(0);
    let commands = of_github(&run.stdout);
    let of = |rule: &str| {
        let titled = commands.iter().filter(|it| it.property("title").starts_with(rule));
        titled.cloned().collect::<Vec<_>>()
    };
    assert_snapshot!(shown(&of("plan/")), @"
    warning [col=7, file=a.yaml, line=2, title=plan/released windowsIdentityProtectionConfiguration/a] pinExpirationInDays is no longer declared, and the tenant keeps 30
    warning [col=1, file=moorline.yaml, line=1, title=plan/no-longer-managed windowsIdentityProtectionConfiguration/c] the object is no longer managed, and stays in the tenant / help: To delete it, declare it with `metadata: { state: absent }`.
    ");
}

#[test]
fn undeclared_setting_that_is_drift_has_its_value_and_its_author() {
    let workspace = drifted();
    let tenant = std::fs::read_to_string(workspace.file("moorline.yaml")).expect("it is there");
    workspace.write("moorline.yaml", format!("{tenant}  drift: {{ undeclared: fail }}\n"));
    let edit = ["sandbox", "edit", "s.json", &format!("{HELLO}/c"), "--set", "pinMaximumLength=99"];
    workspace.run(&[&edit[..], &["--as", "alice@contoso.com"]].concat()).expect(0);
    let run = workspace.run(&["drift", "--sandbox=s.json", "--format", "github"]).expect(0);
    let commands = of_github(&run.stdout);
    let found = commands.iter().find(|it| it.data.starts_with("pinMaximumLength"));
    let message = &found.unwrap_or_else(|| panic!("{commands:#?}")).data;
    let words = "pinMaximumLength: the tenant has 99, and the manifest does not declare it; changed by alice@contoso.com, ";
    assert!(message.starts_with(words), "{message}");
}

/// Returns a tenant with so many manifests that have an error, and so many that have a warning.
fn many(errors: usize, warnings: usize) -> Workspace {
    let workspace = Workspace::tenant(&[]);
    for number in 0..errors {
        let name = format!("e{number:02}");
        workspace.write(&format!("{name}.yaml"), hello(&name, "pinMinimumLength: four"));
    }
    for number in 0..warnings {
        let name = format!("w{number:02}");
        let text = hello(&name, "").replace("displayName", "version: 1\n  displayName");
        workspace.write(&format!("{name}.yaml"), text);
    }
    workspace
}

#[test]
fn last_annotation_of_a_level_counts_those_that_are_left_out() {
    let workspace = many(25, 12);
    for (format, read) in
        [("github", of_github as fn(&str) -> Vec<Command>), ("azure-devops", of_azure)]
    {
        let run = workspace.run(&["validate", "--format", format]).expect(3);
        let commands = read(&run.stdout);
        let level = |command: &Command| match command.name.as_str() {
            "task.logissue" => command.property("type").to_owned(),
            name => name.to_owned(),
        };
        for (name, left_out) in [("error", 16), ("warning", 3)] {
            let of_level: Vec<&Command> =
                commands.iter().filter(|command| level(command) == name).collect();
            assert_eq!(of_level.len(), 10, "{format} {name}: {commands:#?}");
            let last = of_level.last().expect("ten");
            assert!(
                last.data.contains(&format!("{left_out} more {name}s are in the log")),
                "{last:?}"
            );
        }
        // The log has all of them.
        for number in 0..25 {
            assert!(run.stdout.contains(&format!("e{number:02}.yaml")), "{format} {number}");
        }
    }
}

#[test]
fn refused_risks_come_before_warnings_and_planned_changes() {
    let workspace = drifted();
    let text = hello("c", "pinMinimumLength: 6").replace("name: c\n", "name: c\n  state: absent\n");
    workspace.write("c.yaml", text);
    let run = workspace.run(&["plan", "--sandbox=s.json", "--format", "github"]).expect(0);
    let commands = of_github(&run.stdout);
    let rank = |command: &Command| {
        ["error", "warning", "notice"].iter().position(|it| *it == command.name)
    };
    let ranks: Vec<Option<usize>> = commands.iter().map(rank).collect();
    assert!(ranks.iter().all(Option::is_some), "{commands:#?}");
    assert!(ranks.is_sorted(), "{ranks:?}");
    assert!(ranks.contains(&Some(0)) && ranks.contains(&Some(2)), "{ranks:?}");
}

#[test]
fn azure_gets_variables_for_the_jobs_that_follow() {
    let workspace = drifted();
    let run = workspace.run(&["plan", "--sandbox=s.json", "--format", "azure-devops"]).expect(0);
    let commands = of_azure(&run.stdout);
    let variable = |name: &str| {
        let mut set = commands.iter().filter(|command| command.name == "task.setvariable");
        let found = set.find(|command| command.property("variable") == name);
        let found = found.unwrap_or_else(|| panic!("{name} is among {commands:#?}"));
        assert_eq!(found.property("isOutput"), "true");
        found.data.clone()
    };
    assert_eq!(variable("moorline_changes"), "true");
    assert_eq!(variable("moorline_update"), "1");
    assert_eq!(variable("moorline_create"), "1");
    assert!(variable("moorline_digest").starts_with("sha256:"));
}

#[test]
fn annotation_names_the_object_that_it_is_about() {
    let run = drifted().run(&["drift", "--sandbox=s.json", "--format", "github"]).expect(0);
    for command in of_github(&run.stdout) {
        assert!(command.property("title").contains(HELLO), "{command:?}");
        assert_ne!(command.property("file"), "moorline.yaml", "{command:?}");
    }
}

#[test]
fn file_takes_the_commands_as_well() {
    let workspace = broken();
    let stdout = workspace.run(&["validate", "--format", "github"]).expect(3).stdout;
    let run = workspace.run(&["validate", "--format", "github", "--output", "log"]).expect(3);
    assert_eq!(run.stdout, "");
    let file = std::fs::read_to_string(workspace.file("log")).expect("it is written");
    assert_eq!(file, stdout);
}
