//! Journals for tests.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::entry::{Command, Origin};
use super::folder::FOLDER;
use crate::plan::TenantRef;

pub(crate) const HELLO: &str = "windowsIdentityProtectionConfiguration/hello";
pub(crate) const RING: &str = "windowsUpdateForBusinessConfiguration/ring";

pub(crate) fn tenant() -> TenantRef {
    TenantRef {
        name: "contoso".to_owned(),
        tenant_id: "contoso.com".to_owned(),
        cloud: "global".to_owned(),
    }
}

pub(crate) fn origin() -> Origin {
    Origin {
        reset_released: false,
        command: Command::Apply,
        of: None,
        directory_id: "8f6d2c2e-5b1d-4c57-9d0a-3d7f0e8a1b11".to_owned(),
        emulated: false,
        signed_in_with: "a client secret".to_owned(),
    }
}

pub(crate) fn header() -> Value {
    json!({
        "kind": "journal", "formatVersion": "1.0", "tenant": tenant(), "program": "moorline", "at": "1970-01-01T00:00:00Z",
        "command": "apply", "directoryId": origin().directory_id, "emulated": false, "signedInWith": "a client secret",
        "planDigest": "sha256:0a1b", "order": [HELLO, RING],
    })
}

/// An intent to write the object that is called `Hello`.
pub(crate) fn intent(step: &str, more: Value) -> Value {
    let mut intent = json!({
        "line": "intent", "at": "1970-01-01T00:00:00Z", "address": HELLO, "displayName": "Hello",
        "action": if step == "create" { "create" } else { "update" }, "step": step, "apiVersion": "beta",
        "managed": [["pinMinimumLength"]], "written": { "displayName": "Hello", "pinMinimumLength": 6 },
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        intent[name] = value.clone();
    }
    intent
}

/// A tenant file's folder with one journal of these lines.
pub(crate) fn folder(lines: &[Value]) -> (TempDir, PathBuf) {
    let lines = lines.iter().map(|line| format!("{line}\n"));
    folder_of(lines.collect::<String>())
}

pub(crate) fn folder_of(text: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let journals = folder.path().join(FOLDER);
    std::fs::create_dir_all(&journals).expect("a folder");
    let path = journals.join("20261122T000000Z-0a1b.jsonl");
    std::fs::write(&path, text).expect("a file");
    (folder, path)
}
