use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::diagnostic::Sources;
use crate::yaml::parse::parse;

/// Returns the values of a text's documents, as Moorline reads them.
fn read_back(text: &str) -> Vec<Json> {
    let parsed = parse(text, Sources::default().next_id());
    assert_eq!(parsed.errors, [], "{text}");
    // A text with a line end after a colon looks like a path to one warning.
    assert!(parsed.warnings.iter().all(|warning| warning.code == "yaml/escape"), "{text}");
    parsed.documents.iter().map(crate::yaml::Value::as_written).collect()
}

/// Checks that both readers of the program read a value as it is.
fn check(node: &Node) {
    let text = document(node);
    let value = node.to_json();
    assert_eq!(read_back(&text), std::slice::from_ref(&value), "{text}");
    let second: Json =
        serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(second, value, "{text}");
    let nested = format!("a:\n  - b:{}  - c\n", after_key(node, 6));
    assert_eq!(read_back(&nested), [json!({ "a": [{ "b": value }, "c"] })], "{nested}");
}

/// Texts that readers of YAML take for something else, or that break its lines.
const HOSTILE: &[&str] = &[
    "",
    "~",
    "null",
    "Null",
    "yes",
    "No",
    "ON",
    "y",
    "N",
    "true",
    "False",
    "1",
    "-1",
    "+1",
    "0x1f",
    "0o17",
    "017",
    "0b1",
    "1_000",
    "1e3",
    "1.5e+3",
    ".5",
    "5.",
    ".inf",
    "-.INF",
    ".nan",
    "2024-01-01",
    "2024-01-01T00:00:00Z",
    "12:30:45",
    "1:20",
    "=",
    "<<",
    "-",
    "--- a",
    "...",
    "- a",
    "? a",
    ": a",
    "a: b",
    "a:",
    "a :b",
    "#a",
    "a #b",
    "a# b",
    "&a",
    "*a",
    "!a",
    "!!str a",
    "|",
    ">-",
    "%a",
    "@a",
    "`a`",
    "'a'",
    "\"a\"",
    "it's",
    "\\n",
    "C:\\temp",
    "[a",
    "a]",
    "{a",
    "}",
    "a, b",
    ",",
    " a",
    "a ",
    "\ta",
    "a\t",
    "a\tb",
    "a\nb",
    "a\nb\n",
    "a\n\nb",
    "a\n\n",
    "\na",
    "\n",
    " a\nb",
    "a\n b",
    "a \nb",
    "a\n\tb",
    "a\n#b\n",
    "a\n---\nb",
    "a\n...\n",
    "a\r\nb",
    "a\r",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "a\u{2029}b",
    "\u{feff}",
    "\u{0}",
    "\u{7}",
    "\u{1b}[0m",
    "\u{7f}",
    "\u{9f}",
    "\u{200b}",
    "\u{202e}abc",
    "\u{2066}x",
    "\u{fffd}",
    "\u{ffff}",
    "\u{e0041}",
    "𝐀",
    "😀",
    "é",
    "日本",
    "x\u{1fffe}",
    "${A}",
    "$env",
    "%ProgramFiles%",
    "https://contoso.com/a?b=c#d",
    "10.0.0.0/8",
    "10.0.22631.0",
    "00:11:22:33:44:55",
];

fn hostile() -> impl Strategy<Value = String> {
    let listed = || prop::sample::select(HOSTILE).prop_map(str::to_owned);
    let joined =
        prop::collection::vec(prop_oneof![listed(), Just("\n".to_owned()), "[a-c ]{0,3}"], 0..6);
    prop_oneof![4 => listed(), 2 => any::<String>(), 3 => joined.prop_map(|parts| parts.concat())]
}

fn scalars() -> impl Strategy<Value = Json> {
    prop_oneof![
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::from),
        1 => any::<i64>().prop_map(Json::from),
        1 => any::<f64>().prop_map(Json::from).prop_filter("finite", |number| !number.is_null()),
        6 => hostile().prop_map(Json::from),
    ]
}

pub(in crate::yaml) fn nodes() -> impl Strategy<Value = Node> {
    let comments = || prop::option::weighted(0.2, hostile());
    let leaf = (scalars(), comments());
    let leaf = leaf.prop_map(|(scalar, comment)| Node { comment, ..Node::of(&scalar) });
    leaf.prop_recursive(4, 30, 5, move |inner| {
        let lists = prop::collection::vec(inner.clone(), 0..4).prop_map(NodeContent::List);
        let members = prop::collection::btree_map(hostile(), inner, 0..5);
        let entries =
            (members, prop::option::weighted(0.3, hostile()), any::<prop::sample::Index>());
        let maps = entries.prop_map(|(members, comment, at)| {
            let members = members.into_iter().map(|(name, node)| NodeEntry::Member(name, node));
            let mut entries: Vec<NodeEntry> = members.collect();
            let at = at.index(entries.len() + 1);
            entries.splice(at..at, comment.map(NodeEntry::Comment));
            NodeContent::Map(entries)
        });
        (prop_oneof![lists, maps], comments(), any::<bool>())
            .prop_map(|(content, comment, is_flow)| Node { content, comment, is_flow })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn written_value_is_read_back_as_it_was(node in nodes()) {
        check(&node);
    }
}

#[test]
fn every_hostile_text_is_read_back_as_it_was() {
    for text in HOSTILE {
        let text = Json::from(*text);
        check(&Node::of(&text));
        check(&Node::of(&json!([text, { "a": text }])));
        check(&Node::of(&json!({ text.as_str().unwrap_or_default(): [text] })));
        let list = [Node::of(&text), Node::of(&text)].to_vec();
        check(&Node { content: NodeContent::List(list), comment: None, is_flow: true });
    }
    check(&Node::of(&json!({ "a".repeat(2000): { "b".repeat(1500): ["c".repeat(3000)] } })));
}

#[test]
fn numbers_have_the_form_that_yaml_1_1_has_too() {
    for (number, expected) in [
        (json!(1e100), "1.0e+100\n"),
        (json!(1.5e-9), "1.5e-9\n"),
        (json!(2.0), "2.0\n"),
        (json!(-7), "-7\n"),
        (json!(i64::MIN), "-9223372036854775808\n"),
    ] {
        assert_eq!(document(&Node::of(&number)), expected);
    }
}

#[test]
fn manifest_is_written_in_the_layout_of_the_examples() {
    let flow = |value: Json| Node::of(&value).flow();
    let member = |name: &str, node: Node| NodeEntry::Member(name.to_owned(), node);
    let map = |entries: Vec<NodeEntry>| Node {
        content: NodeContent::Map(entries),
        ..Node::of(&Json::Null)
    };
    let script = "<a>\n  <b/>\n\n</a>\n";
    let element = map(vec![
        member("@odata.type", Node::of(&json!("#microsoft.graph.omaSettingString"))),
        member("value", Node::of(&json!(script)).commented("as it is")),
    ]);
    let elements =
        NodeContent::List(vec![element.clone(), map(vec![]), element.commented("again")]);
    let node = map(vec![
        NodeEntry::Comment("One.\n\n  two: 2\u{7}".to_owned()),
        member(
            "kind",
            Node::of(&json!("windows10CustomConfiguration"))
                .commented("Windows: \n custom\u{202e}"),
        ),
        member(
            "spec",
            map(vec![
                member("displayName", Node::of(&json!("12:30"))),
                member("tags", flow(json!(["Default", "1"]))),
                member("payload", flow(json!({ "$file": "../a.cer" }))),
                member("long", flow(json!(["a".repeat(60), "b".repeat(60)]))),
                member("nested", Node::of(&json!([[1, [2]], []])).commented(" ")),
                member(
                    "omaSettings",
                    Node { content: elements, comment: Some("all".to_owned()), is_flow: true },
                ),
                NodeEntry::Comment("last".to_owned()),
            ]),
        ),
        member("empty", map(vec![NodeEntry::Comment("nothing yet".to_owned())])),
    ]);
    assert_snapshot!(document(&node.commented("A file.")), @r##"
    # A file.
    # One.
    #
    #   two: 2
    kind: windows10CustomConfiguration  # Windows: custom
    spec:
      displayName: "12:30"
      tags: [Default, "1"]
      payload: { $file: ../a.cer }
      long:
        - aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        - bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
      nested:
        - - 1
          - - 2
        - []
      omaSettings:  # all
        - "@odata.type": "#microsoft.graph.omaSettingString"
          value: |  # as it is
            <a>
              <b/>

            </a>
        - {}
        -  # again
          "@odata.type": "#microsoft.graph.omaSettingString"
          value: |  # as it is
            <a>
              <b/>

            </a>
      # last
    empty:
      # nothing yet
      {}
    "##);
}
