//! `moorline import`: a tenant in files.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::Workspace;

mod again;
mod contents;
mod every_kind;
mod places;

/// Makes a folder whose manifests are below `policies`, with this state of the tenant.
pub fn importing(state: &Value) -> Workspace {
    let workspace = Workspace::tenant(&[]);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [policies]\n");
    workspace.write("s.json", state.to_string());
    workspace
}

/// Returns the files of a folder that an import writes, by their paths.
pub fn files(workspace: &Workspace) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![workspace.file("policies")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let below = path.strip_prefix(workspace.path()).expect("below the folder");
            let content = std::fs::read(&path).expect("the file can be read");
            found.insert(below.to_string_lossy().into_owned(), content);
        }
    }
    found
}

/// Returns the text of a file that an import wrote.
pub fn text(workspace: &Workspace, path: &str) -> String {
    std::fs::read_to_string(workspace.file(path)).expect("the file is text")
}

/// Returns the variables that imported manifests take secrets from.
pub fn secrets_of(imported: &Value) -> Vec<String> {
    let items = imported["items"].as_array().into_iter().flatten();
    let secrets = items.flat_map(|item| item["secrets"].as_array().into_iter().flatten());
    secrets.filter_map(|secret| secret["variable"].as_str().map(str::to_owned)).collect()
}
