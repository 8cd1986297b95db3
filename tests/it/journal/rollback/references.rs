//! References between profiles come back, too, from wherever a run ended.

use serde_json::Value;

use super::{apply, plan, rollback};
use crate::support::Workspace;

const WIFI: &str = "windowsWifiEnterpriseEAPConfiguration";

fn root(name: &str, state: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: windows81TrustedRootCertificate\nmetadata: {{ name: {name}, state: {state} }}\nspec: {{ displayName: The {name}, trustedRootCertificate: b25l }}\n"
    )
}

fn wifi(roots: &str, description: &str, state: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {WIFI}\nmetadata: {{ name: wifi, state: {state} }}\nspec: {{ displayName: Wi-Fi, description: {description}, rootCertificatesForServerValidation: [{roots}] }}\nassignments: [{{ allUsers: true }}]\n"
    )
}

/// Three roots, and a profile that refers to the first two.
fn linked() -> Workspace {
    let before = wifi("{ $ref: one }, { $ref: two }", "before", "present");
    let workspace = Workspace::tenant(&[
        ("one.yaml", &root("one", "present")),
        ("two.yaml", &root("two", "present")),
        ("three.yaml", &root("three", "present")),
        ("wifi.yaml", &before),
    ]);
    apply(&workspace);
    workspace
}

fn relink(workspace: &Workspace) {
    let after = wifi("{ $ref: two }, { $ref: three }", "after", "present");
    let after = after.replace("allUsers", "allDevices");
    workspace.write("wifi.yaml", after);
}

fn restored(workspace: &Workspace, before: &Value) {
    let declared = wifi("{ $ref: one }, { $ref: two }", "before", "present");
    workspace.write("wifi.yaml", declared);
    assert_eq!(plan(workspace)["digest"], before["digest"]);
}

#[test]
fn what_an_object_referred_to_comes_back() {
    let workspace = linked();
    let before = plan(&workspace);
    relink(&workspace);
    let journal = apply(&workspace);
    rollback(&workspace, &journal, &[]).expect(0);
    restored(&workspace, &before);
}

#[cfg(debug_assertions)]
#[test]
fn what_a_run_had_linked_when_it_ended_comes_back() {
    for number in 1..=4 {
        for point in ["journal-intent", "answer"] {
            let workspace = linked();
            let before = plan(&workspace);
            relink(&workspace);
            let kill = format!("{point}:{number}");
            let arguments = ["apply", "--sandbox=s.json", "--yes", "--allow", "widen-to-all"];
            let run = workspace.run_with(&arguments, &[("MOORLINE_TEST_KILL", &kill)]);
            run.expect(-1);
            let folder = std::fs::read_dir(workspace.file(".moorline/journal"));
            let mut journals: Vec<_> =
                folder.expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
            journals.sort_by_key(|path| path.metadata().and_then(|it| it.modified()).ok());
            let last = journals.last().and_then(|path| path.to_str());
            rollback(&workspace, last.expect("a journal"), &[]).expect(0);
            restored(&workspace, &before);
        }
    }
}

#[test]
fn what_was_deleted_with_what_it_referred_to_is_linked_again() {
    let workspace = linked();
    workspace.write("one.yaml", root("one", "absent"));
    workspace.write("wifi.yaml", wifi("{ $ref: two }", "before", "absent"));
    let journal = apply(&workspace);
    rollback(&workspace, &journal, &[]).expect(0);
    workspace.write("one.yaml", root("one", "present"));
    let declared = wifi("{ $ref: one }, { $ref: two }", "before", "present");
    workspace.write("wifi.yaml", declared);
    let summary = &plan(&workspace)["summary"];
    assert_eq!(summary["unchanged"], 4, "{summary:#}");
}
