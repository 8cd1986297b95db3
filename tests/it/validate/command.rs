//! `validate`: what is right passes, and whatever is wrong is told without a panic.

use insta::assert_snapshot;
use moorline::diagnostic::json::{FindingItem, FindingsDocument};
use moorline::diagnostic::{Finding, Span, text};
use moorline::manifest::{Loaded, load};
use moorline::text::style::Palette;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{Workspace, repository};

#[test]
fn the_example_tenant_is_valid() {
    let run = Workspace::example("contoso").run(&["validate"]).expect(0);
    assert_snapshot!(run.stdout, @"
    Valid: 31 manifests.
    3 policies were not checked against definitions: there is no moorline.catalog
      (`moorline catalog refresh`).
    ");
}

#[test]
fn the_order_of_findings_does_not_depend_on_the_threads() {
    let workspace = Workspace::tenant(&[]);
    for number in 0..200 {
        let length = 1 + number % 3;
        workspace.write(
            &format!("{number:03}.yaml"),
            format!("apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: {{ name: n{number} }}\nspec:\n  displayName: N{number}\n  pinMinimumLength: {length}\n"),
        );
    }
    let first = load::load(workspace.path());
    assert_eq!(first.findings.len(), 200);
    let lines: Vec<String> = first.findings.iter().map(|finding| place(&first, finding)).collect();
    assert!(lines.is_sorted(), "{lines:?}");
    let second = load::load(workspace.path());
    assert_eq!(first.findings, second.findings);
    let names =
        |loaded: &Loaded| loaded.manifests.iter().map(|m| m.address.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), names(&second));
}

fn place(loaded: &Loaded, finding: &Finding) -> String {
    loaded.sources.locate(finding.span.expect("it has a place")).file
}

/// A change to a text, as a careless hand or a bad merge makes one.
#[derive(Clone, Debug)]
enum Edit {
    RemoveLine(Index),
    RepeatLine(Index),
    SwapLines(Index, Index),
    Indent(Index, usize),
    Cut(Index, Index),
    Insert(Index, &'static str),
    ReplaceValue(Index, &'static str),
}

/// What is inserted: pieces of YAML, of manifests, and of neither.
const PIECES: [&str; 40] = [
    ":",
    "- ",
    "  ",
    "\t",
    "\n",
    "\r",
    "{",
    "}",
    "[",
    "]",
    "'",
    "\"",
    "#",
    "|",
    ">",
    "&a ",
    "*a",
    "!x ",
    "? ",
    "---\n",
    "...\n",
    "null",
    "yes",
    "1e400",
    "0x",
    "\u{feff}",
    "é",
    "🦀",
    "\0",
    "\u{1b}[31m",
    "$env",
    "$file: ..",
    "{ $env: A }",
    "{ $file: ../x }",
    "{ $append: [a] }",
    "{ $undeclare: true }",
    "\"@odata.type\": x\n",
    "kind: Tenant\n",
    "assignments:\n",
    "<<: *a\n",
];

fn edit() -> impl Strategy<Value = Edit> {
    let piece = || prop::sample::select(&PIECES[..]);
    prop_oneof![
        any::<Index>().prop_map(Edit::RemoveLine),
        any::<Index>().prop_map(Edit::RepeatLine),
        any::<(Index, Index)>().prop_map(|(a, b)| Edit::SwapLines(a, b)),
        (any::<Index>(), 0..8_usize).prop_map(|(line, by)| Edit::Indent(line, by)),
        any::<(Index, Index)>().prop_map(|(a, b)| Edit::Cut(a, b)),
        (any::<Index>(), piece()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (any::<Index>(), piece()).prop_map(|(line, piece)| Edit::ReplaceValue(line, piece)),
    ]
}

impl Edit {
    fn apply(&self, text: &str) -> String {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        if lines.is_empty() {
            return text.to_owned();
        }
        let count = lines.len();
        let at = |index: &Index| index.index(count);
        let byte = |index: &Index| text.floor_char_boundary(index.index(text.len() + 1));
        match self {
            Self::RemoveLine(line) => drop(lines.remove(at(line))),
            Self::RepeatLine(line) => lines.insert(at(line), lines[at(line)].clone()),
            Self::SwapLines(a, b) => lines.swap(at(a), at(b)),
            Self::Indent(line, by) => {
                let at = at(line);
                lines[at] = format!("{:by$}{}", "", lines[at].trim_start());
            }
            Self::Cut(a, b) => {
                let (from, to) = (byte(a).min(byte(b)), byte(a).max(byte(b)));
                // Small cuts are the telling ones.
                let to = text.floor_char_boundary(to.min(from + 40));
                return text[..from].to_owned() + &text[to..];
            }
            Self::Insert(index, piece) => {
                let at = byte(index);
                return text[..at].to_owned() + piece + &text[at..];
            }
            Self::ReplaceValue(line, piece) => {
                let at = at(line);
                if let Some((key, _)) = lines[at].split_once(':') {
                    lines[at] = format!("{key}: {piece}\n");
                }
            }
        }
        lines.concat()
    }
}

/// Returns the text of every manifest among the examples.
fn examples() -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders = vec![repository().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the examples can be read") {
            let path = entry.expect("the examples can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                texts.push(std::fs::read_to_string(path).expect("an example is text"));
            }
        }
    }
    texts.sort();
    assert!(texts.len() > 40, "the examples are found");
    texts
}

/// Expects that every place lies in its file, and returns everything that is written about the findings.
fn all_that_is_written(loaded: &Loaded) -> String {
    let inside = |span: &Span| {
        let text = loaded.sources.get(span.file).text.as_str();
        let range = span.range();
        assert!(range.start <= range.end, "{span:?}");
        assert!(text.get(range).is_some(), "{span:?} is not inside of {text:?}");
    };
    for finding in &loaded.findings {
        finding.span.iter().for_each(inside);
        finding.related.iter().for_each(|(span, _)| inside(span));
        assert!(finding.help.is_some(), "no remedy: {finding:?}");
    }
    let document = FindingsDocument::new(FindingItem::all(&loaded.findings, &loaded.sources));
    let json = serde_json::to_string(&document).expect("findings can be written");
    json + &text::render(&loaded.findings, &loaded.sources, Palette::Colour, 80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(
        text in prop::sample::select(examples()),
        edits in prop::collection::vec(edit(), 1..6),
        bytes in prop::collection::vec(any::<u8>(), 0..2),
        at in any::<Index>(),
    ) {
        let edited = edits.iter().fold(text, |text, edit| edit.apply(&text));
        let mut edited = edited.into_bytes();
        let at = at.index(edited.len() + 1);
        edited.splice(at..at, bytes);
        let workspace = Workspace::tenant(&[]);
        workspace.write("a.yaml", &edited);
        all_that_is_written(&load::load(workspace.path()));
        all_that_is_written(&load::load_files(&[workspace.file("a.yaml")]));
        // The same text in a tenant file's place.
        workspace.write("moorline.yaml", &edited);
        all_that_is_written(&load::load(workspace.path()));
    }

    #[test]
    fn a_secret_is_shown_nowhere_whatever_else_is_wrong(
        before in prop::collection::vec(edit(), 0..4),
        after in prop::collection::vec(edit(), 0..4),
        value in prop::sample::select(&["SECRET", "'SECRET'", "[SECRET]", "*SECRET", "!SECRET", "\"SECRET", "|\n    SECRET"][..]),
    ) {
        const SECRET: &str = "canary-horse-battery";
        let head = "apiVersion: graph.microsoft.com/beta\nkind: windowsWifiConfiguration\nmetadata: { name: wifi }\nspec:\n  displayName: Wi-Fi\n  wifiSecurityType: open\n";
        let tail = "  ssid: contoso\n  networkName: contoso\n  connectAutomatically: true\nassignments:\n  - allDevices: true\n";
        let head = before.iter().fold(head.to_owned(), |text, edit| edit.apply(&text));
        let tail = after.iter().fold(tail.to_owned(), |text, edit| edit.apply(&text));
        let value = value.replace("SECRET", SECRET);
        let workspace = Workspace::tenant(&[]);
        workspace.write("a.yaml", format!("{head}\n  preSharedKey: {value}\n{tail}"));
        let written = all_that_is_written(&load::load(workspace.path()));
        prop_assert!(!written.contains("horse"), "{}", written);
    }
}
