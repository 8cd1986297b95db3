use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::yaml::write::tests::nodes;

/// Returns the steps of a path such as `spec.list[0].name`.
fn path(text: &str) -> Vec<Step> {
    let parts = text.split(['.', '[']).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.strip_suffix(']') {
            Some(at) => Step::Element(at.parse().expect("a number")),
            None => Step::Member(part.to_owned()),
        })
        .collect()
}

fn edit(at: &str, change: YamlChange) -> YamlEdit {
    YamlEdit { document: 0, path: path(at), change }
}

fn set(text: &str, at: &str, value: Json) -> String {
    let edit = edit(at, YamlChange::Set(Node::of(&value)));
    edited(text, &[edit]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn removed(text: &str, at: &str) -> String {
    let edit = edit(at, YamlChange::Remove);
    edited(text, &[edit]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn fault(text: &str, edit: YamlEdit) -> (EditFault, &str) {
    let error = edited(text, &[edit]).expect_err(text);
    (error.fault, &text[error.range])
}

#[test]
fn changed_scalar_keeps_its_notation_and_its_comment() {
    for (old, new, expected) in [
        ("plain", json!("other"), "other"),
        ("https://a.b/c", json!("https://d.e/f"), "https://d.e/f"),
        ("10.0.1.2", json!("10.0.3.4"), "10.0.3.4"),
        ("plain", json!("yes"), "\"yes\""),
        ("plain", json!("1.5"), "\"1.5\""),
        ("plain", json!("a: b"), "\"a: b\""),
        ("plain", json!("a #b"), "\"a #b\""),
        ("plain", json!(" a"), "\" a\""),
        ("plain", json!(5), "5"),
        ("plain", json!(null), "null"),
        ("'single'", json!("other"), "'other'"),
        ("'single'", json!("it's"), "'it''s'"),
        ("'single'", json!("a\tb"), "\"a\\tb\""),
        ("'12'", json!("13"), "'13'"),
        ("'12'", json!(13), "13"),
        ("\"double\"", json!("other"), "\"other\""),
        ("\"double\"", json!("C:\\\"x\""), "\"C:\\\\\\\"x\\\"\""),
        ("5", json!("5"), "\"5\""),
        ("true", json!(false), "false"),
        ("[1, 2]", json!("x"), "x"),
        ("{ a: 1 }", json!([]), "[]"),
        ("!!str 12", json!("13"), "!!str \"13\""),
        ("&x plain", json!("other"), "&x other"),
    ] {
        for (before, after) in [
            ("a: 1 # one\nb:   ", "   # two\n# three\nc: 2\n"),
            ("b: ", ""),
            ("a: 1\r\nb: ", " #two\r\n"),
        ] {
            let text = format!("{before}{old}{after}");
            assert_eq!(
                set(&text, "b", new.clone()),
                format!("{before}{expected}{after}"),
                "{text}"
            );
        }
        let flow = old.starts_with(['[', '{', '!', '&', 't']) || new == json!("other");
        if flow {
            let text = format!("x: [1, {{ b: {old}, c: 2 }}] # c\n");
            let expected = format!("x: [1, {{ b: {expected}, c: 2 }}] # c\n");
            assert_eq!(set(&text, "x[1].b", new), expected);
        }
    }
}

#[test]
fn texts_of_several_lines_become_blocks_and_blocks_become_lines() {
    assert_eq!(set("a: x # c\nb: 1\n", "a", json!("one\ntwo")), "a: |- # c\n  one\n  two\nb: 1\n");
    assert_eq!(set("a: |- # c\n  one\n  two\n\nb: 1\n", "a", json!("x")), "a: x # c\n\nb: 1\n");
    assert_eq!(
        set("a:\n    - b: |+\n        x\n\n\n      c: 1\n", "a[0].b", json!("one\n\ntwo\n")),
        "a:\n    - b: |\n        one\n\n        two\n      c: 1\n"
    );
    assert_eq!(
        set("a: >\n  folded\n  text\nb: 1\r\n", "a", json!("one\n")),
        "a: |\n  one\nb: 1\r\n"
    );
    assert_eq!(set("a: |\r\n  x\r\n", "a", json!("y\nz\n")), "a: |\r\n  y\r\n  z\r\n");
    assert_eq!(set("a: \"x\n  y\" # c\n", "a", json!("z")), "a: \"z\" # c\n");
    assert_eq!(set("a: x\n  y # c\n", "a", json!("z")), "a: z # c\n");
    assert_eq!(set("a: [x]\n", "a[0]", json!("y\nz")), "a: [\"y\\nz\"]\n");
    assert_eq!(set("a: |\n\nb: 1\n", "a", json!("x")), "a: x\n\nb: 1\n");
    assert_eq!(set("- |\n x\n- y\n", "[0]", json!("y\nz\n")), "- |\n  y\n  z\n- y\n");
    assert_eq!(set("--- |\n  x\n", "", json!("y\nz\n")), "--- |\n  y\n  z\n");
    assert_eq!(set("x # c\n", "", json!("z")), "z # c\n");
}

#[test]
fn new_member_comes_at_the_end_with_the_indentation_of_its_siblings() {
    for (text, at, value, expected) in [
        (
            "a:\n    b: 1 # c\n    # d\nz: 1\n",
            "a.x",
            json!(2),
            "a:\n    b: 1 # c\n    x: 2\n    # d\nz: 1\n",
        ),
        ("a:\n  b: 1", "a.x", json!([1]), "a:\n  b: 1\n  x:\n    - 1"),
        (
            "a:\r\n  b:\r\n    - c: 1\r\n",
            "a.b[0].x",
            json!({"q": 1}),
            "a:\r\n  b:\r\n    - c: 1\r\n      x:\r\n        q: 1\r\n",
        ),
        ("a:\n  b: |\n    x\n\nz: 1\n", "a.x", json!(2), "a:\n  b: |\n    x\n  x: 2\n\nz: 1\n"),
        ("a:\n  b: |+\n    x\n\nz: 1\n", "a.x", json!(2), "a:\n  b: |+\n    x\n\n  x: 2\nz: 1\n"),
        ("a:\n  b:\nz: 1\n", "a.x", json!(2), "a:\n  b:\n  x: 2\nz: 1\n"),
        ("a: { b: 1 } # c\n", "a.x", json!("y, z"), "a: { b: 1, x: \"y, z\" } # c\n"),
        ("a: {b: 1, }\n", "a.x", json!([1, {"k": null}]), "a: {b: 1, x: [1, { k: null }], }\n"),
        (
            "a: {\n  b: 1, # c\n  d: 2 # e\n}\n",
            "a.x",
            json!(3),
            "a: {\n  b: 1, # c\n  d: 2, # e\n  x: 3\n}\n",
        ),
        ("a: {\n  b: 1, # c\n}\n", "a.x", json!(3), "a: {\n  b: 1, # c\n  x: 3,\n}\n"),
        ("a: {} # c\n", "a.x", json!(1), "a: # c\n  x: 1\n"),
        ("a: {} # c\n", "a.x.q", json!(1), "a: # c\n  x:\n    q: 1\n"),
        ("a: [{}]\n", "a[0].x", json!(1), "a: [{ x: 1 }]\n"),
        ("a:\nz: 1\n", "a.x", json!(1), "a:\n  x: 1\nz: 1\n"),
        ("a: # c\nz: 1\n", "a.x", json!(1), "a: # c\n  x: 1\nz: 1\n"),
        ("- {}\n", "[0].x", json!(1), "- x: 1\n"),
        ("{}\n", "x", json!(1), "x: 1\n"),
        ("# c\n", "x.q", json!(1), "# c\nx:\n  q: 1\n"),
        ("", "x", json!(1), "x: 1\n"),
        ("? a\n: b\n", "x", json!(1), "? a\n: b\nx: 1\n"),
        ("a: 1\n---\nb: 2\n", "x", json!(1), "a: 1\nx: 1\n---\nb: 2\n"),
        ("a: 1\n...\n", "x", json!(1), "a: 1\nx: 1\n...\n"),
        ("a:\n- b: 1\n", "a[1]", json!({"b": 2}), "a:\n- b: 1\n- b: 2\n"),
        ("a:\n  - 1 # c\n", "a[1]", json!("x"), "a:\n  - 1 # c\n  - x\n"),
        ("a: [1, 2]\n", "a[2]", json!("x"), "a: [1, 2, x]\n"),
        ("a: []\n", "a[0]", json!("x"), "a: [x]\n"),
        ("a: []\n", "a[0]", json!({"x": 1}), "a:\n  - x: 1\n"),
        ("a: [\n  1,\n  2\n]\n", "a[2]", json!(3), "a: [\n  1,\n  2,\n  3\n]\n"),
        ("a:\n  - - 1\n    - 2\n", "a[0][2]", json!(3), "a:\n  - - 1\n    - 2\n    - 3\n"),
    ] {
        assert_eq!(set(text, at, value), expected, "{text}");
    }
}

#[test]
fn new_member_comes_after_the_sibling_that_is_asked_for() {
    let after = |text: &str, at: &str, siblings: &[&str]| {
        let siblings = siblings.iter().map(|name| (*name).to_owned()).collect();
        let change = YamlChange::SetAfter(Node::of(&json!(9)).commented("new"), siblings);
        edited(text, &[edit(at, change)]).expect(text)
    };
    let text = "s:\n  # about a\n  a: 1 # one\n  # about b\n  b:\n    - 2\n";
    assert_eq!(
        after(text, "s.x", &["a"]),
        "s:\n  # about a\n  a: 1 # one\n  x: 9  # new\n  # about b\n  b:\n    - 2\n"
    );
    assert_eq!(after(text, "s.x", &["b", "a"]), format!("{text}  x: 9  # new\n"));
    assert_eq!(
        after(text, "s.x", &["z"]),
        "s:\n  # about a\n  x: 9  # new\n  a: 1 # one\n  # about b\n  b:\n    - 2\n"
    );
    assert_eq!(after("- a: 1\n  b: 2\n", "[0].x", &[]), "- x: 9  # new\n  a: 1\n  b: 2\n");
    assert_eq!(after("s: { a: 1, b: 2 }\n", "s.x", &["a"]), "s: { a: 1, x: 9, b: 2 }\n");
    assert_eq!(after("s: { a: 1, b: 2 }\n", "s.x", &[]), "s: { x: 9, a: 1, b: 2 }\n");
}

#[test]
fn removed_member_takes_its_lines_and_leaves_the_rest() {
    for (text, at, expected) in [
        ("a: 1 # c\n# d\nb:\n  - 2\n\nc: 3\n", "a", "# d\nb:\n  - 2\n\nc: 3\n"),
        ("a: 1 # c\n# d\nb:\n  - 2\n\nc: 3\n", "b", "a: 1 # c\n# d\n\nc: 3\n"),
        ("a: 1\r\nb: 2", "b", "a: 1"),
        ("a:\n  b: 1 # c\nz: 1\n", "a.b", "a: {}\nz: 1\n"),
        ("a: # d\n  b: 1 # c\nz: 1\n", "a.b", "a: # d\n  {}\nz: 1\n"),
        ("a:\n  - 1\n", "a[0]", "a: []\n"),
        ("a:\n- b: 1\n- c: 2\n", "a[0]", "a:\n- c: 2\n"),
        ("- a: 1\n  b: 2\n", "[0].a", "- b: 2\n"),
        ("- a: 1\n  # c\n  b: 2\n", "[0].a", "- \n  # c\n  b: 2\n"),
        ("- a: 1\n", "[0].a", "- {}\n"),
        ("- - 1\n  - 2\n", "[0][0]", "- - 2\n"),
        ("a: { b: 1, c: 2 }\n", "a.b", "a: { c: 2 }\n"),
        ("a: { b: 1, c: 2 }\n", "a.c", "a: { b: 1 }\n"),
        ("a: [1, 2, ]\n", "a[1]", "a: [1, ]\n"),
        ("a: [ 1, ]\n", "a[0]", "a: []\n"),
        ("a: [\n  1, # one\n  2 # two\n]\n", "a[0]", "a: [\n   # one\n  2 # two\n]\n"),
        ("a: [\n  1, # one\n  2 # two\n]\n", "a[1]", "a: [\n  1, # one\n   # two\n]\n"),
        ("a: [\n  1, # one\n]\n", "a[0]", "a: [\n   # one\n]\n"),
        ("a: 1\n", "a", "{}\n"),
        ("a:\n  b: |\n    x\n\n  c: 1\n", "a.b", "a:\n\n  c: 1\n"),
    ] {
        assert_eq!(removed(text, at), expected, "{text}");
    }
}

#[test]
fn pruning_removes_what_would_be_empty() {
    let pruned = |text: &str, at: &str| edited(text, &[edit(at, YamlChange::Prune)]).expect(text);
    assert_eq!(pruned("s:\n  a:\n    b: [1]\n  z: 1\n", "s.a.b[0]"), "s:\n  z: 1\n");
    assert_eq!(pruned("s:\n  a:\n    b: [1]\n", "s.a.b[0]"), "{}\n");
    assert_eq!(pruned("s:\n  a: [1, 2]\n", "s.a[0]"), "s:\n  a: [2]\n");
}

#[test]
fn value_that_an_alias_repeats_is_refused_with_its_place() {
    let text = "a: &x\n  b: 1\nc: *x\nd: &y [1]\n";
    let set = |at: &str| edit(at, YamlChange::Set(Node::of(&json!(2))));
    assert_eq!(fault(text, set("c.b")), (EditFault::Alias, "*x"));
    assert_eq!(fault(text, set("c")), (EditFault::Alias, "*x"));
    assert_eq!(fault(text, set("a.b")), (EditFault::Anchor, "1"));
    assert_eq!(fault(text, edit("a", YamlChange::Remove)), (EditFault::Anchor, "b: 1"));
    assert_eq!(
        edited(text, &[set("d[0]")]).expect("no alias repeats it"),
        text.replace("[1]", "[2]")
    );
    let error = edited(&format!("\u{feff}{text}"), &[set("c.b")]).expect_err("an alias");
    assert_eq!(error.range.start, text.find("*x").expect("the alias") + 3);
    assert_snapshot!(error, @"`c.b` comes from an alias, and an edit would change the other places too; write the value out in place of `*…`");
}

#[test]
fn edit_without_a_place_is_refused() {
    let set = |document: usize, at: &str| YamlEdit {
        document,
        ..edit(at, YamlChange::Set(Node::of(&json!(2))))
    };
    assert_eq!(fault("a: 1\n", set(1, "a")).0, EditFault::NoDocument);
    assert_eq!(fault("a: 1\n", set(0, "a.b")), (EditFault::NoPlace, "1"));
    assert_eq!(fault("a: [1]\n", set(0, "a[2]")), (EditFault::NoPlace, "[1]"));
    assert_eq!(fault("a: [1]\n", set(0, "a.b")), (EditFault::NoPlace, "[1]"));
    assert_eq!(fault("a: [b: 1]\n", set(0, "a[0].b")), (EditFault::Notation, "b: 1"));
    assert_eq!(fault("a: 1\n", edit("b", YamlChange::Remove)).0, EditFault::NoPlace);
    assert!(matches!(fault("a: [\n", set(0, "a")).0, EditFault::Unreadable(_)));
    let unreadable = edited("a: 1\na: 2\n", &[set(0, "a")]).expect_err("a repeated key");
    assert_eq!(unreadable.range, 5..6);
}

#[test]
fn value_that_becomes_another_changes_where_the_two_differ() {
    let text = "# head
spec: # all
  name: 'Old' # the name
  tags: [a, b] # two
  gone: 1
  rules: # in order
    # the first
    - id: one
      limit: 1 # low
    # the second
    - { id: two, limit: 2 }
  nested:
    x: 1 # stays
";
    let new = json!({
        "name": "New", "tags": ["a", "c", "b"], "nested": { "x": 1, "q": [true] }, "extra": null,
        "rules": [{ "id": "one", "limit": 9 }, { "id": "two", "limit": 2, "more": {} }],
    });
    assert_snapshot!(set(text, "spec", new), @r"
    # head
    spec: # all
      extra: null
      name: 'New' # the name
      tags: [a, c, b] # two
      rules: # in order
        # the first
        - id: one
          limit: 9 # low
        # the second
        - { id: two, limit: 2, more: {} }
      nested:
        q:
          - true
        x: 1 # stays
    ");
}

#[test]
fn comment_of_a_node_takes_the_place_of_the_one_that_is_there() {
    let commented = |text: &str, at: &str, value: Json| {
        let node = Node::of(&value).commented("new\n# one");
        edited(text, &[edit(at, YamlChange::Set(node))]).expect(text)
    };
    assert_eq!(commented("a: 1 # old\nb: 2\n", "a", json!(1)), "a: 1  # new # one\nb: 2\n");
    assert_eq!(commented("a: 1 # old\nb: 2\n", "a", json!("x")), "a: x  # new # one\nb: 2\n");
    assert_eq!(
        commented("a: { c: 1 } # old\n", "a", json!({"c": 2})),
        "a: { c: 2 }  # new # one\n"
    );
    assert_eq!(
        commented("a: # old\n  c: 1 # c\n", "a", json!({"c": 2})),
        "a:  # new # one\n  c: 2 # c\n"
    );
    assert_eq!(commented("a: |- # old\n  x\n", "a", json!("x")), "a: |-  # new # one\n  x\n");
    assert_eq!(commented("[1]\n", "[0]", json!(1)), "[1]\n");
}

#[test]
fn several_edits_are_made_in_turn_and_the_mark_stays() {
    let edits = [
        edit("a.b", YamlChange::Set(Node::of(&json!([1])))),
        edit("a.b[1]", YamlChange::Set(Node::of(&json!(2)))),
        edit("c", YamlChange::Remove),
        YamlEdit { document: 1, ..edit("d", YamlChange::Set(Node::of(&json!("x")))) },
    ];
    let text = "\u{feff}a:\r\n  z: 1\r\nc: 3\r\n--- # second\r\nd: 'y'\r\n";
    let new = edited(text, &edits).expect("all are made");
    assert_eq!(
        new,
        "\u{feff}a:\r\n  z: 1\r\n  b:\r\n    - 1\r\n    - 2\r\n--- # second\r\nd: 'x'\r\n"
    );
    assert_eq!(edited("a: [", &[]), Ok("a: [".to_owned()));
}

/// Returns the paths of all values within one.
fn paths(value: &Json) -> Vec<Vec<Step>> {
    let mut found = vec![Vec::new()];
    let mut add = |step: Step, value: &Json| {
        found.extend(paths(value).into_iter().map(|path| [vec![step.clone()], path].concat()));
    };
    match value {
        Json::Object(members) => {
            members.iter().for_each(|(name, value)| add(Step::Member(name.clone()), value))
        }
        Json::Array(elements) => {
            elements.iter().enumerate().for_each(|(at, value)| add(Step::Element(at), value))
        }
        _ => {}
    }
    found
}

/// Texts in which comments, blanks and brackets stand in unusual places.
const UGLY: &[&str] = &[
    "# head\n\na :  1   # one\n\n# two\nb:\n# three\n- x # four\n# five\n-   y:   'z'\n    # six\n    w: \"v\"   \n# end",
    "\u{feff}a:\r\n    b: |2-   # head\r\n        text\r\n\r\n      more\r\n    # c\r\n    d: >+\r\n        x\r\n\r\n\r\ne: { f: [1, # g\r\n   2 , ] , \"h\": {i: j,}, k }\r\n",
    "---\n? a\n: - b\n  - - c\n    - d:\n      e: {}\n? \"f\"\n: g\n...\n# between\n--- # second\n- &n !!str m\n- &o\n  p: q\n-\n  - r\n-\n",
    "a: plain\n  text # c\nb: 'single\n\n  text'\nc: \"double \\\n  text\"\nd: !!int 5\n\"e\\u0020f\": [ ]\ng: [\n\n  # h\n  { i: 1 }, # j\n  [2], # k\n  # l\n]\nm: {\n  # n\n}\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn edit_says_what_is_meant_and_leaves_the_other_lines(
        (text, document, at, node, kind) in texts_and_changes(),
    ) {
        let value = read(text.trim_start_matches('\u{feff}')).expect("valid")[document].clone();
        let paths = paths(&value);
        let path = at.get(&paths).clone();
        let parent = &path[..path.len().saturating_sub(1)];
        let change = match kind {
            0 if !path.is_empty() => YamlChange::Remove,
            1 if !path.is_empty() => YamlChange::Prune,
            _ => YamlChange::Set(node),
        };
        let edit = YamlEdit { document, path: path.clone(), change: change.clone() };
        let new = match edited(&text, std::slice::from_ref(&edit)) {
            Ok(new) => new,
            // A value in place of one with a tag or an anchor.
            Err(error) => {
                prop_assert_eq!(error.fault, EditFault::Anchor, "{}\n{:?}", text, edit);
                return Ok(());
            }
        };
        if !matches!(change, YamlChange::Prune) {
            let original = text.trim_start_matches('\u{feff}');
            let mark = text.len() - original.len();
            let documents = written::documents(original).expect("valid");
            let lead = mark + nearest(&documents[document], parent).lead;
            let end = mark + nearest(&documents[document], &path).range.end;
            let before = &text[..written::line_start(&text, lead)];
            // Where the first item behind a dash is removed, the next one moves into its line.
            let skipped = if change == YamlChange::Remove { 2 } else { 1 };
            let after = text[end..].splitn(skipped + 1, '\n').nth(skipped).unwrap_or_default();
            prop_assert!(new.starts_with(before), "{}\n{:?}\n{}", text, edit, new);
            prop_assert!(new.ends_with(after), "{}\n{:?}\n{}", text, edit, new);
        }
    }

    #[test]
    fn any_text_is_edited_or_refused(text in any::<String>(), node in nodes()) {
        for change in [YamlChange::Set(node), YamlChange::Prune] {
            let _ = edited(&text, &[edit("a", change.clone())]);
            let _ = edited(&format!("a: {text}\n"), &[edit("a", change.clone())]);
            let _ = edited(&format!("a: [1, {text}]\n"), &[edit("a[0]", change)]);
        }
    }
}

type TextAndChange = (String, usize, prop::sample::Index, Node, u8);

fn texts_and_changes() -> impl Strategy<Value = TextAndChange> {
    let ugly = prop::sample::select(UGLY).prop_flat_map(|text| {
        let documents = read(text.trim_start_matches('\u{feff}')).expect("valid").len();
        (Just(text.to_owned()), 0..documents)
    });
    let written = nodes().prop_filter("a document", |node| !node.to_json().is_null());
    let written = written.prop_map(|node| (crate::yaml::write::document(&node), 0));
    (prop_oneof![ugly, written], any::<prop::sample::Index>(), nodes(), 0..4_u8)
        .prop_map(|((text, document), at, node, kind)| (text, document, at, node, kind))
}
