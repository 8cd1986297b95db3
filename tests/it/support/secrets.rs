//! No secret may be said. Every secret, password and key that a test hands out carries a mark, tokens are known by
//! their form, and whatever a run says or writes is searched for both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;

/// What every secret of the tests holds.
pub const MARK: &str = "canary";

/// A secret that is a number, which no word can mark.
pub const NUMBER: &str = "13572468";

/// How every JSON Web Token begins, the sandbox's own among them, and what only private keys hold.
const FORMS: [&str; 3] = ["eyJ", "PRIVATE KEY-----", "kqhkiG9w0BAQEFAASC"];

/// How many hexadecimal digits the sandbox's device codes and refresh tokens have.
const CODE: usize = 32;

/// How the names of variables end that hold secrets.
const NAMES: [&str; 6] = ["SECRET", "PASSWORD", "TOKEN", "PSK", "_KEY", "HEADER"];

/// Returns the secret that a text gives away, as it stands there.
pub fn found_in(text: &str) -> Option<String> {
    let marks = [MARK, NUMBER];
    let encoded = marks.iter().flat_map(|mark| in_base64(mark).into_iter().chain(in_escapes(mark)));
    let plain = marks.iter().chain(&FORMS).map(|form| (*form).to_owned());
    plain
        .chain(encoded)
        .find(|form| text.contains(form.as_str()))
        .or_else(|| code_in(text).map(str::to_owned))
}

/// Makes sure that a text gives no secret away.
#[track_caller]
pub fn are_kept(place: &str, text: &str) {
    if let Some(secret) = found_in(text) {
        panic!("{place} gives a secret away: {secret}\n{text}");
    }
}

/// Makes sure that a secret in a variable would be found.
#[track_caller]
pub fn is_marked(name: &str, value: &str) {
    if NAMES.iter().any(|end| name.ends_with(end)) && !value.is_empty() {
        assert!(found_in(value).is_some(), "{name} needs the mark {MARK:?}");
    }
}

/// Returns what of a mark is the same wherever it stands in something that is encoded in base64.
fn in_base64(mark: &str) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let shifted = [&" ".repeat(before), mark].concat();
        let encoded = STANDARD_NO_PAD.encode(&shifted);
        // Six bits a digit: those that hold bits of a neighbour are left out.
        let (first, end) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
        encoded[first..end].to_owned()
    })
}

/// Returns a mark with every character escaped, and in hexadecimal digits.
fn in_escapes(mark: &str) -> [String; 5] {
    let each = |form: &dyn Fn(u8) -> String| mark.bytes().map(form).collect::<String>();
    [
        each(&|byte| format!("%{byte:02x}")),
        each(&|byte| format!("%{byte:02X}")),
        each(&|byte| format!("\\u{byte:04x}")),
        each(&|byte| format!("{byte:02x}")),
        each(&|byte| format!("{byte:02X}")),
    ]
}

/// Returns a word of as many hexadecimal digits as a code has.
fn code_in(text: &str) -> Option<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut words = words.filter(|word| word.len() == CODE);
    words.find(|word| word.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The files of a folder, to see which of them a run writes.
pub struct Files(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Files {
    /// Looks at a folder.
    pub fn of(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        look(folder, &mut files);
        Self(files)
    }

    /// Makes sure that what was written since gives no secret away. The sandbox's state is the tenant itself.
    #[track_caller]
    pub fn keep_secrets_since(&self, folder: &Path) {
        for (path, stamp) in &Self::of(folder).0 {
            if self.0.get(path) == Some(stamp) {
                continue;
            }
            let bytes = std::fs::read(path).unwrap_or_default();
            let is_state = serde_json::from_slice::<Value>(&bytes)
                .is_ok_and(|document| document["kind"] == "sandbox-state");
            if !is_state {
                let name = path.display().to_string();
                are_kept(&name, &String::from_utf8_lossy(&bytes));
            }
        }
    }
}

fn look(folder: &Path, files: &mut BTreeMap<PathBuf, (Option<SystemTime>, u64)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        // A file may be gone again: the sandbox replaces its state.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        if metadata.is_dir() {
            look(&entry.path(), files);
        } else {
            files.insert(entry.path(), (metadata.modified().ok(), metadata.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE;

    use super::*;
    use crate::support::{Run, Workspace};

    #[test]
    fn a_secret_is_found_in_every_form() {
        for (text, is_secret) in [
            ("nothing to see", false),
            ("a canary-secret", true),
            ("pin 13572468", true),
            ("Bearer eyJhbGciOiJub25lIn0.e30.", true),
            ("-----BEGIN RSA PRIVATE KEY-----", true),
            ("code 0123456789abcdef0123456789abcdef.", true),
            ("trace 4c664761-d691-42dd-8f05-06eaa16c0f4a", false),
            ("sha256:da34cb8089379a081a20680c5530cf10b86a533d80c9ec9663256f6705a1ec15", false),
        ] {
            assert_eq!(found_in(text).is_some(), is_secret, "{text}");
        }
        for hidden in
            ["%63%61%6e%61%72%79", "x63616E617279", r"\u0063\u0061\u006e\u0061\u0072\u0079"]
        {
            assert!(found_in(hidden).is_some(), "{hidden}");
        }
        for around in 0..8 {
            let hidden = [&"x".repeat(around), MARK, "-secret"].concat();
            let encoded = URL_SAFE.encode(hidden);
            assert!(found_in(&encoded).is_some(), "{encoded}");
        }
    }

    #[test]
    #[should_panic(expected = "stderr gives a secret away")]
    fn a_run_that_says_a_secret_fails() {
        Run::new(0, String::new(), "the secret is canary-secret".to_owned());
    }

    #[test]
    #[should_panic(expected = "report.txt gives a secret away")]
    fn a_run_that_writes_a_secret_fails() {
        let workspace = Workspace::empty();
        workspace.write("before.txt", "canary");
        let before = Files::of(workspace.path());
        workspace.write("state.json", r#"{"kind": "sandbox-state", "secrets": {"a": "canary"}}"#);
        workspace.write("report.txt", "canary");
        before.keep_secrets_since(workspace.path());
    }

    #[test]
    #[should_panic(expected = "AZURE_CLIENT_SECRET needs the mark")]
    fn a_secret_without_the_mark_is_not_handed_out() {
        Workspace::empty().run_with(&["kinds"], &[("AZURE_CLIENT_SECRET", "hunter2")]);
    }
}
