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
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    for arguments in [&["--format", "json"][..], &["--output", "outcome.txt"], &[]] {
        let run = workspace
            .run(&[&["apply", "-q", "--sandbox"], arguments].concat())
            .expect(5);
        let shown = if arguments.is_empty() {
            &run.stdout
        } else {
            &run.stderr
        };
        assert!(
            shown.contains("+ windowsIdentityProtectionConfiguration/hello")
                && run.stderr.contains("apply/no-terminal"),
            "{arguments:?}\n{}",
            run.stderr
        );
    }
    let run = workspace
        .run(&["apply", "-q", "--sandbox", "--format", "json", "--yes"])
        .expect(0);
    assert_eq!(run.stderr, "", "nobody is asked");
}
