//! Where imported manifests go, whatever the objects are called.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{files, importing, text};
use crate::support::Workspace;

const KIND: &str = "windows10CustomConfiguration";

/// Returns a tenant with an object of each of these names.
fn tenant(names: &[&str]) -> Workspace {
    let object = |(at, name): (usize, &&str)| {
        json!({
            "@odata.type": format!("#microsoft.graph.{KIND}"),
            "id": format!("{at:08x}-0000-4000-8000-000000000000"),
            "displayName": name,
        })
    };
    let objects: Vec<Value> = names.iter().enumerate().map(object).collect();
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&json!({ "deviceConfigurations": objects }));
    importing(&workspace.json("sandbox.json"))
}

fn paths(workspace: &Workspace) -> Vec<String> {
    files(workspace).into_keys().collect()
}

#[test]
fn hostile_names_become_safe_paths_of_their_own_and_every_run_gives_the_same() {
    let long = "x".repeat(255);
    let names = [
        "../../../etc/passwd",
        "CON",
        "aux.yaml",
        "com1",
        "🚀",
        "🚀🚀",
        "Office",
        "OFFICE",
        "office",
        "dots...",
        "dots",
        "right\u{202e}left",
        "two\nlines",
        " ",
        "C:\\temp",
        "a/b",
        "~",
        "-",
        ".",
        "..",
        ".hidden",
        "moorline.yaml",
        &long,
        "Ünïcödé",
        "前台",
        "null",
        "true",
        "'quoted' \"twice\" # no comment: {x}",
    ];
    let workspace = tenant(&names);
    workspace.run(&["import", "--sandbox=s.json"]).expect(0);
    workspace.run(&["validate"]).expect(0);
    let found = paths(&workspace);
    let lower: BTreeSet<String> = found.iter().map(|path| path.to_lowercase()).collect();
    // The registration policy is one more.
    assert_eq!(lower.len(), names.len() + 1, "{found:#?}");
    for path in &found {
        for part in path.trim_end_matches(".yaml").split('/') {
            let is_plain = |letter: char| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
            };
            assert!(!part.is_empty() && part.chars().all(is_plain), "{path}");
            assert!(!["con", "aux", "com1", "nul"].contains(&part), "{path}");
        }
    }
    let again = tenant(&names);
    again.run(&["import", "--sandbox=s.json"]).expect(0);
    assert_eq!(files(&again), files(&workspace));
}

#[test]
fn objects_of_one_type_and_name_are_pinned_by_their_ids() {
    let workspace = tenant(&["Twin", "Twin", "Other"]);
    workspace.run(&["import", "--sandbox=s.json"]).expect(0);
    let all = files(&workspace);
    let pinned = |path: &str| {
        let (_, text) = all.iter().find(|(name, _)| name.contains(path)).expect("a file");
        String::from_utf8_lossy(text).contains("id: ")
    };
    assert!(pinned("twin-00000000") && pinned("twin-00000001") && !pinned("other"));
}

#[test]
fn file_that_is_there_is_never_written_over() {
    let workspace = tenant(&["Office"]);
    workspace.run(&["import", "--sandbox=s.json", "--kind", KIND]).expect(0);
    let path = paths(&workspace).remove(0);
    let other = "apiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\nmetadata: { name: mine, state: absent }\nspec:\n  displayName: Another\n";
    workspace.write(&path, other);
    workspace.run(&["import", "--sandbox=s.json", "--kind", KIND]).expect(0);
    assert_eq!(files(&workspace)[&path], other.as_bytes());
    assert!(paths(&workspace).iter().any(|path| path.ends_with("office-00000000.yaml")));
}

#[test]
fn tenant_file_without_a_folder_names_the_one_that_was_written() {
    let mine = "apiVersion: graph.microsoft.com/beta\nkind: iosCustomConfiguration\nmetadata: { name: mine, state: absent }\nspec: { displayName: Gone }\n";
    let workspace = Workspace::tenant(&[("mine.yaml", mine)]);
    let before = text(&workspace, "moorline.yaml");
    workspace.run(&["import", "--sandbox=s.json"]).expect(0);
    assert_eq!(
        text(&workspace, "moorline.yaml"),
        before.clone() + "  manifests: [\"*.yaml\", policies]\n"
    );
    workspace.run(&["validate"]).expect(0);
    let plan = workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    assert_eq!(plan["summary"]["unchanged"], 2, "{:#}", plan["summary"]);
}

#[test]
fn folder_with_manifests_that_were_never_read_is_not_named() {
    let old = "apiVersion: graph.microsoft.com/beta\nkind: iosCustomConfiguration\nmetadata: { name: old, state: absent }\nspec: { displayName: Old }\n";
    let mine = old.replace("old", "mine").replace("Old", "Mine");
    let workspace = Workspace::tenant(&[("mine.yaml", mine.as_str())]);
    workspace.write("policies/drafts/old.yaml", old);
    let before = text(&workspace, "moorline.yaml");
    let run = workspace.run(&["import", "--sandbox=s.json"]).expect(64);
    assert!(run.stderr.contains("error[usage/path]"), "{}", run.stderr);
    let words = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("manifests: [\"*.yaml\", \"policies\"]"), "{words}");
    assert_eq!(text(&workspace, "moorline.yaml"), before);
    assert_eq!(paths(&workspace), ["policies/drafts/old.yaml"]);
    let named = before + "  manifests: [\"*.yaml\", \"policies\"]\n";
    workspace.write("moorline.yaml", named);
    workspace.run(&["import", "--sandbox=s.json"]).expect(0);
}

#[test]
fn tenant_file_that_names_files_alone_is_told_to_name_a_folder() {
    let workspace = Workspace::tenant(&[]);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [\"a*.yaml\"]\n");
    let mine = "apiVersion: graph.microsoft.com/beta\nkind: iosCustomConfiguration\nmetadata: { name: mine, state: absent }\nspec: { displayName: Gone }\n";
    workspace.write("a.yaml", mine);
    let run = workspace.run(&["import", "--sandbox=s.json"]).expect(64);
    assert!(run.stderr.contains("manifests: [policies]"), "{}", run.stderr);
    assert!(!workspace.file("policies").exists());
}

#[cfg(unix)]
#[test]
fn folder_that_is_a_link_to_elsewhere_is_not_written_into() {
    let workspace = tenant(&["Office"]);
    let elsewhere = Workspace::empty();
    std::fs::create_dir(workspace.file("policies")).expect("a folder");
    std::os::unix::fs::symlink(elsewhere.path(), workspace.file("policies/windows"))
        .expect("a link");
    let run = workspace.run(&["import", "--sandbox=s.json"]).expect(1);
    assert!(run.stderr.contains("leads out of the folder"), "{}", run.stderr);
    assert_eq!(std::fs::read_dir(elsewhere.path()).expect("a folder").count(), 0);
}
