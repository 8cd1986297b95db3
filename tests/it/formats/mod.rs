//! Results in the formats of other programs, read as those programs read them.

mod annotations;
mod ci_files;
mod failures;
mod hostile;
mod junit;
mod readers;
mod sarif;

use crate::support::Workspace;

/// The formats of other programs.
pub const FORMATS: [&str; 4] = ["sarif", "junit", "github", "azure-devops"];

/// The kind of the manifests of [`broken`].
pub const HELLO: &str = "windowsIdentityProtectionConfiguration";

/// Returns the manifest of an object with these lines of its `spec`.
pub fn hello(name: &str, spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata:\n  name: {name}\nspec:\n  displayName: {name}\n{spec}"
    )
}

/// Returns a tenant with findings: an error and a warning of one manifest, an error of another one, and a third that is
/// as it should be.
pub fn broken() -> Workspace {
    Workspace::tenant(&[
        ("a.yaml", &hello("a", "pinMinimumLength: four\npinMaximumLength: 3000")),
        ("b.yaml", &hello("b", "pinMinimumLenght: 4")),
        ("c.yaml", &hello("c", "pinMinimumLength: 6")),
    ])
}

/// Returns a tenant that an apply filled, and in which two settings of an object and an object are not as declared.
pub fn drifted() -> Workspace {
    let workspace = Workspace::tenant(&[
        ("a.yaml", &hello("a", "pinMinimumLength: 6\npinExpirationInDays: 90")),
        ("b.yaml", &hello("b", "pinMinimumLength: 6")),
        ("c.yaml", &hello("c", "pinMinimumLength: 6")),
    ]);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let object = format!("{HELLO}/a");
    let edit = ["sandbox", "edit", "s.json", &object];
    let set = ["--set", "pinMinimumLength=4", "--set", "pinExpirationInDays=30"];
    workspace.run(&[&edit[..], &set].concat()).expect(0);
    workspace.run(&["sandbox", "edit", "s.json", &format!("{HELLO}/b"), "--delete"]).expect(0);
    workspace
}
