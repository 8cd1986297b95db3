//! Command lines that cannot be understood: exit code 64, never clap's own 2, which means differences.

use insta::assert_snapshot;

use super::{findings, hello};
use crate::support::Workspace;

fn workspace() -> Workspace {
    let second = hello("  pinMinimumLength: 1\n").replace("hello", "second");
    Workspace::tenant(&[("a.yaml", &hello("")), ("b.yaml", &second)])
}

#[test]
fn wrong_flags_and_commands() {
    for arguments in [
        &["validate", "--fast"][..],
        &["validate", "--format", "yaml"],
        &["validat"],
        &["plan", "--detailed-exit-code"],
        &["--concurrency", "0", "validate"],
        &["--timeout", "soon", "validate"],
        &[],
    ] {
        let run = workspace().run(arguments).expect(64);
        assert_eq!(run.stdout, "", "{arguments:?}");
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
    workspace().run(&["--help"]).expect(0);
    workspace().run(&["--version"]).expect(0);
}

#[test]
fn only_what_there_is() {
    let run =
        workspace().run(&["validate", "--only", "windowsIdentityProtectionConfiguration/helo"]);
    assert_snapshot!(run.expect(64).stderr, @r"
    error[usage/only]: `--only windowsIdentityProtectionConfiguration/helo` matches no manifest

    hint: Did you mean `windowsIdentityProtectionConfiguration/hello`?
    ");
    workspace().run(&["validate", "--only", "["]).expect(64);
}

#[test]
fn only_limits_what_is_said() {
    let run = workspace().run(&["validate", "--only", "*/hello"]).expect(0);
    assert_eq!(run.stdout, "Valid: 1 manifest.\n");
    let run = workspace().run(&["validate", "--only", "*/second", "--format", "json"]).expect(3);
    assert_eq!(findings(&run.json()), ["schema/minimum b.yaml:6:21"]);
}

#[test]
fn format_that_a_command_does_not_have_is_refused() {
    let run = workspace().run(&["fmt", "--format", "markdown"]).expect(64);
    assert_snapshot!(run.stderr, @r"
    error: invalid value 'markdown' for '--format <FORMAT>'
      [possible values: text, json]

    For more information, try '--help'.
    ");
}
