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
