//! The example of what is refused: each file names its faults in its comment, and has no others.

use std::collections::BTreeMap;

use super::{findings, items};
use crate::support::{Workspace, repository};

#[test]
fn every_fault_is_the_one_that_is_announced() {
    let folder = repository().join("examples/refused/manifests-that-fail");
    let mut announced: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the example can be read") {
        let path = entry.expect("the example can be read").path();
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        if name != "moorline.yaml" {
            announced.insert(name, codes(&text));
        }
    }
    let run = Workspace::example("refused")
        .run(&["validate", "manifests-that-fail", "--format", "json"])
        .expect(3);
    let document = run.json();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in findings(&document) {
        let (code, place) = finding.split_once(' ').expect("a finding has a code and a place");
        let file = place.split(':').next().and_then(|path| path.split('/').next_back());
        found.entry(file.unwrap_or_default().to_owned()).or_default().push(code.to_owned());
    }
    assert_eq!(found, announced);
    assert!(items(&document).iter().all(|item| item["help"].is_string()));
}

/// Returns the codes before the colon of the first line's comment: `# schema/minimum, schema/maximum: …`.
fn codes(text: &str) -> Vec<String> {
    let comment = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
    let (codes, _) = comment.split_once(": ").unwrap_or_default();
    codes.split(", ").map(str::to_owned).collect()
}
