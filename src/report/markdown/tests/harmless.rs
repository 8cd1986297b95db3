//! Text of a tenant stays text, as a parser of Markdown sees it.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use super::*;

/// The HTML that pages are made with. Anything else would come from a value.
const OURS: [&str; 6] = ["<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"];

#[test]
fn code_of_a_cell_has_every_sign_of_a_value() {
    for value in [
        "a|b",
        "|",
        "a\\|b",
        "a\\",
        "\\|",
        "a`|b",
        "``|``",
        "a|b@contoso.com <b>",
        "x *y* _z_ |",
        " a | ",
    ] {
        let cell = escape::cell_code(value);
        let page = format!("| a | b |\n|---|---|\n| {cell} | end |\n");
        let (mut cells, mut shown) = (Vec::new(), String::new());
        for event in TextMergeStream::new(Parser::new_ext(&page, Options::all())) {
            match event {
                Event::Start(Tag::TableCell) => shown.clear(),
                Event::End(TagEnd::TableCell) => cells.push(shown.replace('\u{200b}', "")),
                Event::Text(text) | Event::Code(text) => shown.push_str(&text),
                _ => {}
            }
        }
        assert_eq!(cells, ["a", "b", value, "end"], "{page}");
    }
}

fn pages(text: &str) -> Vec<String> {
    let (items, invalid) = broken(text);
    let error = Error::failed("graph/refused", text)
        .hint(text)
        .because(std::io::Error::other(text.to_owned()));
    let drift = crate::drift::report(testing::hostile(text));
    vec![
        story(&testing::hostile(text), &links()),
        story(&testing::Attributed::by(text, drift), &links()),
        outcome(&testing::hostile_outcome(text), &commands()),
        findings(&items, 1, &links()),
        failure(&error, None, Some(&invalid), &refusals(text), &links()),
        adopt(&testing::hostile_adoption(text)),
    ]
}

/// Returns everything that opens in a page but links, which are looked at by themselves: blocks and emphasis.
fn structure(page: &str) -> Vec<String> {
    let events = Parser::new_ext(page, Options::all());
    events
        .filter_map(|event| match event {
            Event::Start(Tag::Link { .. }) => None,
            Event::Start(tag) => Some(format!("{tag:?}")),
            _ => None,
        })
        .collect()
}

pub(super) fn assert_harmless(page: &str) {
    assert!(!page.contains(|c: char| c != '\n' && crate::text::sanitize::is_hazardous(c)));
    let mut in_code_block = false;
    for event in TextMergeStream::new(Parser::new_ext(page, Options::all())) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code_block = true,
            Event::End(TagEnd::CodeBlock) => in_code_block = false,
            Event::Start(Tag::Link { dest_url, .. }) => {
                let is_ours = dest_url.strip_prefix(BASE).is_some_and(|rest| rest.starts_with('/'));
                let leads_out = dest_url.split('/').any(|part| part == "..");
                assert!(is_ours && !leads_out, "{dest_url} in {page}");
            }
            Event::Start(tag @ Tag::Image { .. }) => panic!("{tag:?} in {page}"),
            Event::InlineHtml(html) if ["<br>", "<code>", "</code>"].contains(&&*html) => {}
            Event::InlineHtml(html) => panic!("{html} in {page}"),
            Event::Html(html) => {
                let rest = OURS.iter().fold(html.to_string(), |html, tag| html.replace(tag, ""));
                assert!(!rest.contains(['<', '>', '@']), "{html} in {page}");
            }
            Event::Text(text) if !in_code_block => {
                for sign in ["@", "#"] {
                    let followed = text.split(sign).skip(1);
                    followed.for_each(|rest| {
                        assert!(rest.is_empty() || rest.starts_with('\u{200b}'), "{text}");
                    });
                }
                assert!(!text.contains("://") && !text.contains("www."), "{text}");
                let ends = |c: char| !c.is_ascii_alphanumeric() && !['-', '\u{200b}'].contains(&c);
                let words = text.split(ends);
                for word in words.filter(|word| !word.contains('\u{200b}')) {
                    let is_commit = word.len() >= 7 && word.bytes().all(|b| b.is_ascii_hexdigit());
                    assert!(!is_commit && !word.starts_with("GH-"), "{text}");
                }
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_changes_the_page(
        text in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    "<script>alert(1)</script>", "</code></summary></details>", "<img src=x onerror=1>", "<!--",
                    "@contoso/admins", "@alice", "#1", "https://contoso.com", "www.contoso.com", "alice@contoso.com",
                    "[a](https://contoso.com)", "![a](b)", "[a]: b", "\n\n# Heading\n", "\n---\n", "\n> quote", "\n- item",
                    "GH-1", "0a1b2c3d4e", "contoso/repo#2",
                    "`", "``", "```", "````\n", "~~~", "|", "\\", "\\|", "**", "__", "~~", "$x$", "&lt;", "&#64;", ":tada:",
                    "\u{1b}[31m", "\u{202e}", "\r\n", "\t", "日本", " ", "x",
                ]).prop_map(str::to_owned),
                ".{0,4}",
            ],
            1..5,
        ).prop_map(|parts| parts.concat()),
    ) {
        for (page, calm) in pages(&text).iter().zip(&pages("calm")) {
            assert_harmless(page);
            prop_assert_eq!(structure(page), structure(calm), "{}", page);
        }
        assert_harmless(&as_built(&testing::record(&text)));
    }
}
