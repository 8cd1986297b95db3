//! Every remedy that a finding can print, done, and validated again.
//!
//! A case of `fixtures/remedies.json` has the files before, by path; a part of the remedy that is followed, under `says`; and the
//! files after. Where the finding offers a text, there are none after: the text alone is put into its place.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::Path;
use std::thread::{available_parallelism, scope};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::Value;

use crate::support::{Workspace, repository};

const TENANT: &str = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec:\n  tenantId: contoso.onmicrosoft.com\n";

/// Codes without a case, each with the reason.
const EXEMPT: [(&str, &str); 8] = [
    ("file/too-large", "the remedy is a smaller file"),
    ("file/unreadable", "the remedy is a right in the file system"),
    ("manifest/cloud", "every cloud has every kind today"),
    ("manifest/more", "the remedy is that of the findings above it"),
    ("manifest/undeletable", "every object with an id can be deleted today"),
    ("manifest/unreadable", "a document that is valid by its schema can be read"),
    ("schema/metadata", "the catalogue's name for schemas that are generated"),
    ("tenant/missing", "the remedy is another PATH"),
];

#[derive(Deserialize)]
struct Remedies {
    cases: Vec<RemedyCase>,
}

#[derive(Deserialize)]
struct RemedyCase {
    code: String,
    says: String,
    before: BTreeMap<String, Content>,
    after: Option<BTreeMap<String, Content>>,
}

/// The content of a file.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Bytes { base64: String },
}

impl Content {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Bytes { base64 } => BASE64.decode(base64).expect("it is base64"),
        }
    }
}

fn cases() -> Vec<RemedyCase> {
    let path = repository().join("tests/it/fixtures/remedies.json");
    let text = std::fs::read_to_string(path).expect("the cases can be read");
    serde_json::from_str::<Remedies>(&text).expect("they are cases").cases
}

/// Validates a tenant with these files, and returns the exit code and the findings.
fn validate(files: &BTreeMap<String, Content>) -> (i32, Vec<Value>) {
    let workspace = Workspace::empty();
    workspace.write("moorline.yaml", TENANT);
    for (path, content) in files {
        workspace.write(path, content.bytes());
    }
    let run = workspace.run(&["validate", "--format", "json"]);
    (run.code, run.json()["items"].as_array().expect("there are items").clone())
}

/// Returns a text with the replacement of a finding in its place.
fn replaced(text: &str, finding: &Value) -> Option<String> {
    let number = |key: &str| usize::try_from(finding[key].as_u64()?).ok();
    let place = |line: &str, column: &str| {
        let start: usize = text.split_inclusive('\n').take(number(line)? - 1).map(str::len).sum();
        let before = text[start..].chars().take(number(column)? - 1).map(char::len_utf8);
        Some(start + before.sum::<usize>())
    };
    let (start, end) = (place("line", "column")?, place("endLine", "endColumn")?);
    Some(format!("{}{}{}", &text[..start], finding["replacement"].as_str()?, &text[end..]))
}

/// Returns what is wrong with a case, if anything.
fn failure(case: &RemedyCase) -> Option<String> {
    let RemedyCase { code, says, before, after } = case;
    let (_, findings) = validate(before);
    let is_meant = |finding: &&Value| {
        finding["code"] == *code && finding["help"].as_str().unwrap_or_default().contains(says)
    };
    let Some(finding) = findings.iter().find(is_meant) else {
        return Some(format!("no finding says {says:?}: {findings:#?}"));
    };
    let after = match after {
        Some(after) => after.clone(),
        None => {
            let mut files = before.clone();
            let file = finding["file"].as_str().unwrap_or_default();
            let Some(Content::Text(text)) = files.get_mut(file) else {
                return Some(format!("the finding is about another file: {finding:#}"));
            };
            match replaced(text, finding) {
                Some(mended) => *text = mended,
                None => return Some(format!("the finding offers no text: {finding:#}")),
            }
            files
        }
    };
    let (exit, left) = validate(&after);
    let is_left = left.iter().any(|finding| finding["code"] == *code);
    (exit != 0 || is_left).then(|| format!("after {says:?} there is left: {left:#?}"))
}

#[test]
fn every_remedy_is_accepted_when_it_is_done() {
    let cases = cases();
    let of_chunk = |chunk: &[RemedyCase]| -> Vec<String> {
        let failures = chunk
            .iter()
            .filter_map(|case| failure(case).map(|failure| format!("{}: {failure}", case.code)));
        failures.collect()
    };
    let threads = available_parallelism().map_or(2, NonZero::get);
    let failures: Vec<String> = scope(|scope| {
        let chunks = cases.chunks(cases.len().div_ceil(threads));
        let running: Vec<_> = chunks.map(|chunk| scope.spawn(|| of_chunk(chunk))).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("a thread ends")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn no_chain_of_offered_texts_assigns_to_everybody() {
    for entry in [
        "user: bob@contoso.com",
        "users: [bob@contoso.com]",
        "userPrincipalName: bob@contoso.com",
        "allUser: bob@contoso.com",
        "allUsers: bob@contoso.com",
        "allDevices: LT-1",
        "device: LT-1",
        "all: Pilot",
        "everyone: Pilot",
        "userGroup: Pilot",
        "bob@contoso.com",
        "Pilot users",
        "target: { \"@odata.type\": \"#microsoft.graph.userAssignmentTarget\" }",
        "target: { \"@odata.type\": \"#microsoft.graph.licensedUsersAssignmentTarget\" }",
    ] {
        let mut text = format!(
            "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: {{ name: hello }}\nspec: {{ displayName: Hello }}\nassignments:\n  - {entry}\n"
        );
        for _ in 0..4 {
            let (_, findings) =
                validate(&BTreeMap::from([("a.yaml".to_owned(), Content::Text(text.clone()))]));
            match findings.iter().find_map(|finding| replaced(&text, finding)) {
                Some(next) => text = next,
                None => break,
            }
        }
        let everybody =
            ["allUsers: true", "allDevices: true", "allLicensedUsers", "allDevicesAssignment"];
        assert!(!everybody.iter().any(|words| text.contains(words)), "{entry}: {text}");
    }
}

/// Adds the codes in the literals of the sources in a folder, without their tests.
fn codes_in(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources can be read") {
        let path = entry.expect("the sources can be read").path();
        if path.is_dir() {
            codes_in(&path, codes);
            continue;
        }
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source can be read");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        codes.extend(text.split('"').filter(|literal| is_code(literal)).map(str::to_owned));
    }
}

fn is_code(literal: &str) -> bool {
    const AREAS: [&str; 11] = [
        "accepted",
        "assignment",
        "file",
        "manifest",
        "overlay",
        "reference",
        "rule",
        "secret",
        "tenant",
        "value",
        "yaml",
    ];
    literal.split_once('/').is_some_and(|(area, slug)| {
        AREAS.contains(&area)
            && !slug.is_empty()
            && slug.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
    })
}

#[test]
fn every_code_of_a_finding_has_its_remedy_tried() {
    let mut codes = BTreeSet::new();
    for folder in ["src/manifest", "src/yaml"] {
        codes_in(&repository().join(folder), &mut codes);
    }
    let facts = repository().join("schemas/semantics.yaml");
    let facts = std::fs::read_to_string(facts).expect("the facts can be read");
    codes.extend(facts.lines().filter_map(|line| {
        Some(line.trim().trim_start_matches("- ").strip_prefix("code: ")?.to_owned())
    }));
    assert!(codes.len() > 60, "{codes:?}");
    let keywords = [
        "additionalProperties",
        "enum",
        "format",
        "maxItems",
        "maxLength",
        "maximum",
        "minimum",
        "pattern",
        "required",
        "type",
    ];
    codes.extend(keywords.map(|keyword| format!("schema/{keyword}")));
    let tried: BTreeSet<String> = cases().into_iter().map(|case| case.code).collect();
    for (code, why) in EXEMPT {
        assert!(!tried.contains(code), "{code} has a case, though {why}");
        codes.remove(code);
    }
    let untried: Vec<&String> = codes.difference(&tried).collect();
    assert!(untried.is_empty(), "without a case: {untried:?}");
    let unknown: Vec<&String> = tried.difference(&codes).collect();
    assert!(unknown.is_empty(), "no finding has: {unknown:?}");
}
