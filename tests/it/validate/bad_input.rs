//! Bad input: each fault has its code, its place, its remedy and its exit code.

use serde_json::Value;

use crate::support::{Run, Workspace};

mod assignments;
mod contents;
mod documents;
mod examples;
mod files;
mod metadata;
mod pasted;
mod references;
mod secrets;
mod tenants;
mod usage;
mod values;
mod yaml;

/// Returns a manifest; its spec goes on in line 6.
fn manifest(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: {name} }}\nspec:\n  displayName: {name}\n{spec}"
    )
}

/// Returns a Windows Hello manifest; its spec goes on in line 6.
fn hello(spec: &str) -> String {
    manifest("windowsIdentityProtectionConfiguration", "hello", spec)
}

/// Returns the device registration policy; its spec begins in line 5.
fn policy(spec: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/v1.0\nkind: deviceRegistrationPolicy\nmetadata: {{ name: policy }}\nspec:\n{spec}"
    )
}

/// Validates a tenant with these files.
#[track_caller]
fn validate(files: &[(&str, &str)]) -> Run {
    Workspace::tenant(files).run(&["validate"])
}

/// Returns the errors of a manifest that stands alone in a tenant, each with its remedy and the lines that this adds.
#[track_caller]
fn remedies(text: &str) -> String {
    let text = validate(&[("a.yaml", text)]).expect(3).stdout;
    let shown = ["error[", "help: ", " + "];
    let mut is_offered = false;
    let lines = text.lines().filter(|line| {
        is_offered = line.starts_with("help: ") || is_offered && !line.is_empty();
        // A line that letters are put into stands whole.
        let is_line = line.starts_with(|sign: char| sign.is_ascii_digit()) && line.contains(" | ");
        let is_line = is_offered && is_line;
        is_line || shown.iter().any(|words| line.contains(words))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Expects exactly these errors, written `code file:line:column`, and a remedy for each.
#[track_caller]
fn refuses(files: &[(&str, &str)], expected: &[&str]) {
    refused(&Workspace::tenant(files), ".", expected);
}

/// Expects exactly these errors of a manifest `a.yaml` that stands alone in a tenant, written `code line:column`.
#[track_caller]
fn refuses_manifest(text: &str, expected: &[&str]) {
    let expected: Vec<String> = expected
        .iter()
        .map(|finding| match finding.split_once(' ') {
            Some((code, place)) => format!("{code} a.yaml:{place}"),
            None => format!("{finding} a.yaml"),
        })
        .collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    refuses(&[("a.yaml", text)], &expected);
}

/// Expects exactly these errors for a path, in both formats.
#[track_caller]
fn refused(workspace: &Workspace, path: &str, expected: &[&str]) {
    refused_with(3, workspace, path, expected);
}

/// As [`refused`], with another exit code.
#[track_caller]
fn refused_with(code: i32, workspace: &Workspace, path: &str, expected: &[&str]) {
    let json = workspace.run(&["validate", path, "--format", "json"]).expect(code);
    let document = json.json();
    assert_eq!(findings(&document), expected, "{}", json.stdout);
    for item in items(&document) {
        assert_eq!(item["severity"], "error", "{item}");
        let help = item["help"].as_str().unwrap_or_default();
        assert!(!help.is_empty(), "no remedy: {item}");
    }
    let text = workspace.run(&["validate", path]).expect(code);
    let heads =
        text.stdout.lines().filter_map(|line| line.strip_prefix("error[")?.split_once("]: "));
    let codes: Vec<&str> = heads.map(|(code, _)| code).collect();
    let expected: Vec<&str> =
        expected.iter().filter_map(|finding| finding.split(' ').next()).collect();
    assert_eq!(codes, expected, "{}", text.stdout);
    // A slow machine makes a run say what it waits for.
    let said: Vec<&str> = text.stderr.lines().filter(|line| !line.starts_with("Waiting")).collect();
    assert!(said.is_empty(), "findings are the result: {said:?}");
}

/// Returns the findings of a `findings` document as `code file:line:column`.
fn findings(document: &Value) -> Vec<String> {
    items(document)
        .iter()
        .map(|item| {
            let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
            let mut finding = format!("{} {}", text("code"), text("file"));
            if let (Some(line), Some(column)) = (item["line"].as_u64(), item["column"].as_u64()) {
                finding += &format!(":{line}:{column}");
            }
            finding
        })
        .collect()
}

fn items(document: &Value) -> &[Value] {
    assert_eq!(document["kind"], "findings", "{document}");
    document["items"].as_array().expect("there are items")
}
