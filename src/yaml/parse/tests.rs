use proptest::prelude::*;

use super::*;
use crate::diagnostic::Sources;

fn parse(text: &str) -> Parsed {
    super::parse(text, Sources::default().next_id())
}

fn range(error: &Finding) -> Range<usize> {
    error.span.expect("a place").range()
}

/// Returns the only document, which must have no fault.
fn root(text: &str) -> Value {
    let mut parsed = parse(text);
    assert_eq!(parsed.errors, [], "{text}");
    assert_eq!(parsed.documents.len(), 1, "{text}");
    parsed.documents.remove(0)
}

/// Returns each error as `code at "text of its range"`.
fn errors(text: &str) -> Vec<String> {
    let parsed = parse(text);
    parsed
        .errors
        .iter()
        .map(|error| format!("{} at {:?}", error.code, &text[range(error)]))
        .collect()
}

#[test]
fn spans_cover_the_tokens() {
    let text = concat!(
        "näme: Zürich # a comment\n",
        "'single': 'it''s'\n",
        "\"dou\\x62le\": \"a\\tb\"\n",
        "literal: |\n  one\n  two\n\n",
        "folded: >-\n  three\n  four\n",
        "plain: five\n  six\n",
        "flow: {a: [1, 'x'], b: }\n",
        "list:\n- 1\n- k: v\n  l: w\n\n",
        "unset:\n",
        "? asked\n: answered\n",
    );
    let root = root(text);
    let slice = |key: &str| {
        let member = root.entry(key).expect(key);
        (&text[member.name_span.range()], &text[member.value.span.range()])
    };
    assert_eq!(slice("näme"), ("näme", "Zürich"));
    assert_eq!(slice("single"), ("'single'", "'it''s'"));
    assert_eq!(slice("double"), ("\"dou\\x62le\"", "\"a\\tb\""));
    assert_eq!(slice("literal"), ("literal", "one\n  two"));
    assert_eq!(slice("folded"), ("folded", "three\n  four"));
    assert_eq!(slice("plain"), ("plain", "five\n  six"));
    assert_eq!(slice("flow"), ("flow", "{a: [1, 'x'], b: }"));
    assert_eq!(slice("list"), ("list", "- 1\n- k: v\n  l: w"));
    assert_eq!(slice("unset"), ("unset", ""));
    assert_eq!(slice("asked"), ("asked", "answered"));
    assert!(text[..root.get("unset").expect("a member").span.range().start].ends_with("unset:"));
    assert_eq!(root.get("literal").and_then(Value::as_str), Some("one\ntwo\n"));
    assert_eq!(root.get("folded").and_then(Value::as_str), Some("three four"));
}

#[test]
fn only_plain_scalars_are_typed() {
    let root = root(
        "a: yes\nb: 12\nc: '12'\nd: !!str 12\ne: ! 12\nf: 1.50\ng: |-\n  true\nh: !!float 2\ni: !!str\n",
    );
    let value = |key: &str| &root.get(key).expect(key).declared;
    let text = |text: &str| Declared::String(text.to_owned());
    let int = |number: i64| Declared::Number(number.into());
    assert_eq!(*value("a"), text("yes"));
    assert_eq!(*value("b"), int(12));
    assert_eq!(*value("c"), text("12"));
    assert_eq!(*value("d"), text("12"));
    assert_eq!(*value("e"), text("12"));
    assert_eq!(*value("f"), Declared::Number(serde_json::Number::from_f64(1.5).expect("finite")));
    assert_eq!(*value("g"), text("true"));
    assert_eq!(*value("h"), int(2));
    assert_eq!(*value("i"), text(""));
}

#[test]
fn empty_documents_are_left_out() {
    for text in ["", "\n\n", "# a comment\n", "---\n", "---\n...\n---\n# nothing\n"] {
        assert_eq!(parse(text), Parsed::default(), "{text:?}");
    }
    assert_eq!(parse("--- null\n").documents.len(), 1);
}

#[test]
fn alias_has_its_own_span() {
    let text = "base: &b {pin: 6}\nuse: *b\nkey: &k name\n*k : 1\n";
    let root = root(text);
    let copy = root.get("use").expect("use");
    assert_eq!(&text[copy.span.range()], "*b");
    assert_eq!(&text[copy.get("pin").expect("pin").span.range()], "6");
    assert_eq!(&text[root.entry("name").expect("name").name_span.range()], "*k");
}

#[test]
fn merge_keys_custom_tags_and_complex_keys_are_refused() {
    assert_eq!(errors("<<: {a: 1}\nb: 1\n"), ["yaml/merge-key at \"<<\""]);
    assert_eq!(errors("'<<': 1\n"), [""; 0]);
    assert_eq!(
        errors("a: !vault x\n!k b: !set {c}\n"),
        ["yaml/tag at \"!vault\"", "yaml/tag at \"!k\"", "yaml/tag at \"!set\""]
    );
    assert_eq!(errors("a: !!int x\n"), ["yaml/tag at \"x\""]);
    assert_eq!(errors("{[a]: 1, {b: c}: 2}\n"), ["yaml/key at \"[a]\"", "yaml/key at \"{b: c}\""]);
    assert_eq!(errors(": 1\n"), ["yaml/key at \"\""]);
    assert_eq!(
        errors("a: .inf\nb: 99999999999999999999\n"),
        ["yaml/number at \".inf\"", "yaml/number at \"99999999999999999999\""]
    );
    assert_eq!(errors("a: *b\nb: &b [*b]\n"), ["yaml/alias at \"*b\"", "yaml/alias at \"*b\""]);
}

#[test]
fn duplicate_key_names_both_places() {
    let text = "a: 1\nb: {x: 1, 'x': 2}\n\"a\": 3\n";
    let parsed = parse(text);
    let places: Vec<_> = parsed
        .errors
        .iter()
        .map(|error| {
            let (first, _) = &error.related[0];
            (error.code.as_str(), &text[range(error)], &text[first.range()])
        })
        .collect();
    assert_eq!(places, [("yaml/duplicate-key", "'x'", "x"), ("yaml/duplicate-key", "\"a\"", "a")]);
    assert_eq!(parsed.documents, []);
    let many: String =
        (0..100).map(|n| format!("k{n}: 1\n")).chain(["k7: 1\n".to_owned()]).collect();
    assert_eq!(errors(&many), ["yaml/duplicate-key at \"k7\""]);
}

#[test]
fn tab_in_indentation_is_located() {
    for text in [
        "a: 1\n\tb: 2\n",
        "a:\n\tb: 2\n",
        "a:\n  b: 1\n\tc: 2\n",
        "a:\n\t- b\n",
        "a:\n  - b\n\t- c\n",
        "a: {\n\tb: 1 }\n",
        "a: |\n\tx\n",
        "a: 'x'\n\tb: 1\n",
        "\ta: 1\n",
        "a:\n  \tb: 1\n",
    ] {
        let parsed = parse(text);
        assert_eq!(errors(text), ["yaml/tab at \"\\t\""], "{text:?}");
        assert_eq!(range(&parsed.errors[0]).start, text.find('\t').expect("a tab"), "{text:?}");
        assert_eq!(parsed.errors[0].help.as_deref(), Some("indent with spaces"));
    }
    assert_eq!(errors("a:\t1\nb: {\n  c: 1\t}\n"), [""; 0]);
}

#[test]
fn errors_of_all_documents_are_reported() {
    let text = "a: [1\n---\nb: 1\n---\nc: 1\nc: 2\n---\nd: x: y\n---\ne: 1\n";
    assert_eq!(
        errors(text),
        ["yaml/syntax at \"[\"", "yaml/duplicate-key at \"c\"", "yaml/syntax at \":\""]
    );
    let keys: Vec<_> = parse(text).documents.iter().map(|document| document.span.range()).collect();
    assert_eq!(keys.into_iter().map(|range| &text[range]).collect::<Vec<_>>(), ["b: 1", "e: 1"]);
}

#[test]
fn syntax_errors_have_plain_messages() {
    for (text, message) in [
        ("a: {b: 1\n", "this `{` is never closed"),
        ("a: [1}\n", "`}` closes what `[` opened"),
        ("a: @x\n", "`@` cannot begin a value"),
        ("a: \"C:\\Windows\"\n", "a `\\` in these double quotes begins no known escape"),
        ("a: b: c\n", "a second `:` does not belong here"),
        ("- a\nb: 1\n", "expected `- ` of the list above here"),
        ("a\0: 1\n", "the control character `\\u{0}` is not allowed here"),
        ("a: 1\nb\nc: 1\n", "expected `:` after this key"),
        ("a: 'x\n", "a quote above is never closed"),
    ] {
        let parsed = parse(text);
        assert_eq!(
            parsed.errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>(),
            [message],
            "{text}"
        );
    }
}

#[test]
fn nesting_depth_is_limited() {
    let flow = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let block = |levels: usize| format!("{}1", "- ".repeat(levels));
    for levels in [65, 10_000, 100_000] {
        for text in [flow(levels), block(levels), "{a: [".repeat(levels), "[".repeat(levels)] {
            let parsed = parse(&text);
            assert_eq!(parsed.errors.len(), 1, "{levels} {}", &text[..8]);
            assert_eq!(parsed.errors[0].code, "yaml/too-deep", "{levels} {}", &text[..8]);
        }
    }
    assert_eq!(errors(&flow(64)), [""; 0]);
    assert_eq!(errors(&block(64)), [""; 0]);
    assert_eq!(
        errors(&format!("{}{}1{}", "- ".repeat(40), "[".repeat(25), "]".repeat(25))).len(),
        1
    );
    assert_eq!(
        errors(&format!("{}\n---\na: *b\n", flow(100))),
        ["yaml/too-deep at \"[\"", "yaml/alias at \"*b\""]
    );
}

#[test]
fn expansion_of_aliases_is_limited() {
    let chain: String = (1..1000)
        .fold("- &a0 [1]\n".to_owned(), |text, n| text + &format!("- &a{n} [*a{}]\n", n - 1));
    assert_eq!(errors(&chain), ["yaml/too-deep at \"*a62\""]);

    let bomb: String = (1..20).fold("- &a0 lol\n".to_owned(), |text, n| {
        text + &format!("- &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "))
    });
    let started = std::time::Instant::now();
    assert!(errors(&bomb)[0].starts_with("yaml/alias-budget"), "{:?}", errors(&bomb));
    assert!(started.elapsed().as_secs() < 5);

    let wide = format!("- &a {}\n- [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(", "));
    assert_eq!(errors(&wide), ["yaml/alias-budget at \"*a\""]);
}

fn check(value: &Value, text: &str) {
    assert!(text.get(value.span.range()).is_some(), "{:?} in {text:?}", value.span);
    value.elements().iter().for_each(|element| check(element, text));
    for member in value.members() {
        assert!(text.get(member.name_span.range()).is_some(), "{:?} in {text:?}", member.name_span);
        check(&member.value, text);
    }
}

fn check_all(text: &str) {
    let parsed = parse(text);
    for document in &parsed.documents {
        check(document, text);
    }
    for error in &parsed.errors {
        assert!(text.get(range(error)).is_some(), "{error:?} in {text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        check_all(&text);
    }

    #[test]
    fn anything_like_yaml_is_read_or_refused(
        parts in prop::collection::vec(prop::sample::select(vec![
            "a", "é", "\u{2028}", "\u{feff}", ": ", ":", "- ", "-", "? ", "[", "]", "{", "}", ", ", "\n", "\n  ", "\n\t",
            "\r\n", "\r", " ", "\t", "'", "\"", "\\", "|", ">-", "|2\n", "&x ", "*x", "!!str ", "!t ", "#", " # é",
            "\n---\n", "\n...\n", "%YAML 1.2\n", "%", "@", "<<", "1", "0x", ".5", "~", "\u{0}", "\u{85}",
        ]), 0..40),
    ) {
        check_all(&parts.concat());
    }
}
