use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::yaml::write::tests::nodes;

fn unordered(_: &[String]) -> Option<MemberOrder> {
    None
}

/// Orders the root whole and `spec` by groups.
fn ordered(path: &[String]) -> Option<MemberOrder> {
    let root = MemberOrder { first: &["kind", "spec"], sorts_rest: false, by_groups: false };
    let spec = MemberOrder { first: &["name"], sorts_rest: true, by_groups: true };
    match path {
        [] => Some(root),
        [only] if only == "spec" => Some(spec),
        _ => None,
    }
}

fn tidy(text: &str) -> String {
    let new = laid_out(text, &ordered).unwrap_or_else(|| panic!("refused:\n{text}"));
    assert_eq!(laid_out(&new, &ordered).as_deref(), Some(new.as_str()), "{text}");
    new
}

#[test]
fn indentation_blanks_and_quotes_have_one_form() {
    let text = "# head
kind :   'a'   # kind
list:
- x  # one
-   y:   \"z\"
    w: [ 'v', \"1\",
        u ] # flow
# above two
-
  - 1
  -   - 2
        # inner
      # between

      -   3
'quoted': |2
      text
     more

four:
    # about five
    five: plain
      text
        # after five
    six: 'it
        is'

    # after six
seven:

    value
\"12\": >+
     kept

---   # second
    ? key
    : &x !!str value
    again: &y
        a: *x
    # end
";
    assert_snapshot!(tidy(text), @r#"
    # head
    kind: a   # kind
    list:
      - x  # one
      - y: z
        w: [ v, "1",
            u ] # flow
      # above two
      - - 1
        - - 2
            # inner
          # between

          - 3
    quoted: |2
          text
         more

    four:
      # about five
      five: plain
        text
        # after five
      six: 'it
        is'

      # after six
    seven: value
    "12": >+
      kept

    ---   # second
    key: &x !!str value
    again: &y
      a: *x
    # end
    "#);
}

#[test]
fn members_are_ordered_and_comments_go_with_them() {
    let text = "# The header stays.
# All of it.

spec: # the spec
    zeta: 1 # z
    # about alpha
    alpha:
      - b # b
      # below b
    name: n

    # A section.

    # about y
    y: 1
    x: 2
    # at the end
other: { b: 1 }

# the kind
kind: a
";
    assert_snapshot!(tidy(text), @r"
    # The header stays.
    # All of it.

    # the kind
    kind: a

    spec: # the spec
      name: n
      # about alpha
      alpha:
        - b # b
        # below b
      zeta: 1 # z

      # A section.

      x: 2
      # about y
      y: 1
      # at the end
    other: { b: 1 }
    ");
    assert_eq!(
        tidy("spec: { b: 1, 'a': [x, { c: 'd' }] } # c\nkind: k\n"),
        "kind: k\nspec: # c\n  a: [x, { c: d }]\n  b: 1\n"
    );
    assert_eq!(tidy("{ spec: {}, kind: k }"), "kind: k\nspec: {}\n");
    assert_eq!(tidy("spec: {\n b: 1 # c\n}\n"), "spec: {\n b: 1 # c\n}\n");
}

#[test]
fn comment_above_the_first_member_goes_with_it() {
    assert_snapshot!(tidy("spec: # the spec
      # about zeta
      zeta: 1
      name: n
        # below name

      # A section.

      # about y
      y: |
          text
       # below y
      x: 2
kind: k
"), @r"
    kind: k
    spec: # the spec
      name: n
        # below name
      # about zeta
      zeta: 1

      # A section.

      x: 2
      # about y
      y: |
        text
       # below y
    ");
}

#[test]
fn comment_that_stands_at_another_value_is_not_the_same() {
    let old = "# head\nspec:\n  # c\n  a: 1\n  b: 2 # d\n  # end\nlist:\n- x # e\n- y\n";
    assert!(says_the_same(old, old));
    for (from, to) in [
        ("  # c\n  a: 1\n", "  a: 1\n  # c\n"),
        ("  # c\n  a: 1\n", "  # c\n\n  a: 1\n"),
        ("  a: 1\n  b: 2 # d\n", "  b: 2 # d\n  a: 1\n"),
        ("  a: 1\n  b: 2 # d\n", "  a: 1 # d\n  b: 2\n"),
        ("spec:\n  # c\n", "spec: # c\n"),
        ("  # end\n", "# end\n"),
        ("- x # e\n- y\n", "- x\n- y # e\n"),
        ("# head\nspec:\n", "spec:\n  # head\n"),
        ("  # c\n", ""),
    ] {
        let new = old.replace(from, to);
        assert!(new != old && !says_the_same(old, &new), "{new}");
    }
    let moved = "# head\nlist:\n- x # e\n- y\nspec:\n  b: 2 # d\n  # c\n  a: 1\n  # end\n";
    assert!(says_the_same(old, moved));
}

#[test]
fn line_ends_stay_and_the_end_of_the_file_is_one() {
    assert_eq!(tidy("a:\r\n    b: 1 \r\n\r\n\r\n"), "a:\r\n  b: 1\r\n");
    assert_eq!(tidy("a: 1"), "a: 1\n");
    assert_eq!(tidy("a: 1\n\n\n---\nb: 2\n...\n# c\n"), "a: 1\n\n\n---\nb: 2\n...\n# c\n");
    for text in ["", "# only\n", "- a\n-   b\n", "x\n", "---\n"] {
        assert_eq!(tidy(text), text);
    }
}

#[test]
fn text_that_cannot_be_laid_out_is_refused() {
    for text in ["a: [", "? a\n# c\n: b\n", "? a # c\n: b\n", "[a, b]: c\n"] {
        assert_eq!(laid_out(text, &unordered), None, "{text}");
    }
}

/// Lines of which texts are made: comments, blank lines and values in all notations.
const PIECES: &[&str] = &[
    "a: 1",
    "b:",
    "'c': \"d\"",
    "e: |",
    "f: >-",
    "g: [1, 'x', {y: z}]",
    "h: {",
    "}",
    "- i",
    "-",
    "- j: k",
    "-   l: m # n",
    "- - o",
    "# p",
    "#",
    "",
    "   ",
    "q: &r s",
    "t: *r",
    "\"u\": !!str v",
    "w:   'it''s'  # x",
    "? y",
    ": z",
    "---",
    "...",
    "spec:",
    "kind: 'k'",
    "name: n",
    "metadata: { name: 'x' }",
    "text of a block",
    "\ttab",
    "- |+",
    "more: \"double",
    "  quoted\"",
    "\u{85}",
    "é: 'ü'",
    "spec: { b: 1, a: 2 }",
];

fn texts() -> impl Strategy<Value = String> {
    let line = (0_usize..7, prop::sample::select(PIECES));
    let line = line.prop_map(|(indent, piece)| format!("{:indent$}{piece}", ""));
    let lines = prop::collection::vec(line, 0..14);
    (lines, any::<bool>())
        .prop_map(|(lines, is_crlf)| lines.join(if is_crlf { "\r\n" } else { "\n" }))
}

fn check(text: &str) -> Result<bool, TestCaseError> {
    // What it says is compared by the function itself.
    let Some(new) = laid_out(text, &ordered) else { return Ok(false) };
    let again = laid_out(&new, &ordered);
    prop_assert_eq!(again.as_deref(), Some(new.as_str()), "{}\n->\n{}", text, new);
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn layout_of_a_layout_is_the_same(text in texts()) {
        check(&text)?;
    }

    #[test]
    fn any_text_is_laid_out_or_refused(text in any::<String>()) {
        check(&text)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_the_program_writes_is_laid_out(node in nodes()) {
        let text = crate::yaml::write::document(&node);
        prop_assert!(check(&text)?, "{}", text);
        let is_unchanged = laid_out(&text, &unordered).as_deref() == Some(text.as_str());
        prop_assert!(is_unchanged, "{}", text);
    }
}

/// Mappings with comments above and at members that are in no order: the texts, and the comment above each of their names.
fn commented() -> impl Strategy<Value = String> {
    let names = vec!["name", "alpha", "beta", "gamma", "zeta"];
    let names = Just(names).prop_shuffle();
    let member = (any::<bool>(), any::<bool>(), 0_usize..8);
    (names, prop::collection::vec(member, 5), any::<bool>()).prop_map(
        |(names, members, is_first)| {
            let mut text = String::from(if is_first { "kind: k\nspec:\n" } else { "spec:\n" });
            for (name, (has_above, has_tail, form)) in names.iter().zip(members) {
                text += if form == 0 { "\n" } else { "" };
                text += &if has_above { format!("    # above {name}\n") } else { String::new() };
                let tail = if has_tail { format!(" # at {name}") } else { String::new() };
                text += &match form {
                    1 => format!("    {name}:{tail}\n    - 1\n"),
                    2 => format!("    {name}: |{tail}\n      text\n"),
                    3 => format!("    {name}: {{ b: 1 }}{tail}\n      # below {name}\n"),
                    _ => format!("    {name}: 'x'{tail}\n"),
                };
            }
            text + if is_first { "" } else { "kind: k\n" }
        },
    )
}

proptest! {
    #[test]
    fn comment_stays_above_its_member(text in commented()) {
        let new = laid_out(&text, &ordered);
        prop_assert!(new.is_some(), "{}", text);
        let new = new.unwrap_or_default();
        let lines: Vec<&str> = new.lines().map(str::trim_start).collect();
        let mut count = 0;
        for (at, line) in lines.iter().enumerate() {
            if let Some(name) = line.strip_prefix("# above ") {
                prop_assert!(lines[at + 1].starts_with(&format!("{name}:")), "{}\n->\n{}", text, new);
                count += 1;
            }
            if let Some((value, name)) = line.split_once(" # at ") {
                prop_assert!(value.starts_with(&format!("{name}:")), "{}\n->\n{}", text, new);
            }
            if let Some(name) = line.strip_prefix("# below ") {
                prop_assert!(lines[at - 1].starts_with(&format!("{name}:")), "{}\n->\n{}", text, new);
            }
        }
        prop_assert_eq!(count, text.matches("# above ").count());
    }
}
