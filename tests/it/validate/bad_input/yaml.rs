//! Text that is no YAML, or YAML that means harm.

use std::time::{Duration, Instant};

use insta::assert_snapshot;

use super::{hello, refuses_manifest, validate};

#[test]
fn a_duplicate_key() {
    let text = hello("  pinMinimumLength: 6\n  pinMaximumLength: 8\n  pinMinimumLength: 4\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[yaml/duplicate-key]: the key `pinMinimumLength` occurs twice in this mapping
     --> a.yaml:8:3
      |
    6 |   pinMinimumLength: 6
      |   ---------------- first here
    7 |   pinMaximumLength: 8
    8 |   pinMinimumLength: 4
      |   ^^^^^^^^^^^^^^^^
      |
      = help: keep one of the two

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["yaml/duplicate-key 8:3"]);
}

#[test]
fn a_tab_in_the_indentation() {
    let text = hello("").replace("  displayName", "\tdisplayName");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[yaml/tab]: a tab cannot indent YAML
     --> a.yaml:5:1
      |
    5 |     displayName: hello
      | ^^^^
      |
      = help: indent with spaces

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["yaml/tab 5:1"]);
}

#[test]
fn syntax_that_is_wrong() {
    for (spec, place) in [
        ("  description: \"never closed\n", "7:1"),
        ("  roleScopeTagIds: [a, b\n", "6:20"),
        ("  description: a: b\n", "6:17"),
        ("  description: @home\n", "6:16"),
        ("    pinMinimumLength: 6\n", "6:21"),
    ] {
        refuses_manifest(&hello(spec), &[&format!("yaml/syntax {place}")]);
    }
}

#[test]
fn features_that_mean_nothing_in_a_manifest() {
    refuses_manifest(&hello("  description: !secret x\n"), &["yaml/tag 6:16"]);
    refuses_manifest(&hello("  description: *nobody\n"), &["yaml/alias 6:16"]);
    refuses_manifest(&hello("  <<: { a: b }\n"), &["yaml/merge-key 6:3"]);
    refuses_manifest(&hello("  ? [a]\n  : b\n"), &["yaml/key 6:5"]);
    refuses_manifest(&hello("  pinMinimumLength: .inf\n"), &["yaml/number 6:21"]);
}

#[test]
fn every_document_of_a_stream_is_told_about() {
    let text = format!(
        "{}---\nkind: [\n---\n{}",
        hello("  pinMinimumLength: 1\n"),
        hello("  pinMinimumLength: 200\n").replace("hello", "second"),
    );
    refuses_manifest(&text, &["schema/minimum 6:21", "yaml/syntax 8:7", "schema/maximum 15:21"]);
}

#[test]
fn a_bomb_of_aliases() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, inner) in "bcdefghijklmn".chars().zip("abcdefghijklm".chars()) {
        let nine = vec![format!("*{inner}"); 9].join(", ");
        text += &format!("{name}: &{name} [{nine}]\n");
    }
    let start = Instant::now();
    refuses_manifest(&text, &["yaml/alias-budget 5:7"]);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn ten_thousand_levels() {
    const LEVELS: usize = 10_000;
    let flow = format!("  description: {}{}\n", "[".repeat(LEVELS), "]".repeat(LEVELS));
    refuses_manifest(&hello(&flow), &["yaml/too-deep 6:80"]);
    let open = format!("  description: {}\n", "{a: ".repeat(LEVELS));
    refuses_manifest(&hello(&open), &["yaml/too-deep 6:264"]);
    let dashes = format!("  description:\n    {}x\n", "- ".repeat(LEVELS));
    refuses_manifest(&hello(&dashes), &["yaml/too-deep 7:129"]);
    let asked = format!("  {}x\n", "? ".repeat(LEVELS));
    refuses_manifest(&hello(&asked), &["yaml/too-deep 6:129"]);
    // One blank more a line: as deep as a file of the largest size can be.
    let block: String = (0..5_000).map(|level| format!("{}a:\n", " ".repeat(level + 3))).collect();
    refuses_manifest(&hello(&format!("  description:\n{block}")), &["yaml/too-deep 69:66"]);
}
