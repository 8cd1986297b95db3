//! Texts from outside, made harmless and of limited length. [`maud`] escapes them for HTML.

use std::borrow::Cow;

use maud::{Markup, Render, html};

use crate::report::phrases;
use crate::text::sanitize;

/// The most characters of a text: enough for a sentence, a path or a value that a person reads.
const MOST: usize = 2_000;

/// A text on one line.
#[derive(Clone, Copy)]
pub(super) struct Plain<'a>(pub(super) &'a str);

/// A sentence, with what stands in backticks as code.
#[derive(Clone, Copy)]
pub(super) struct Prose<'a>(pub(super) &'a str);

/// A text of several lines.
#[derive(Clone, Copy)]
pub(super) struct Block<'a>(pub(super) &'a str);

impl Render for Plain<'_> {
    fn render_to(&self, buffer: &mut String) {
        sanitize::line(&cut(self.0, MOST)).as_ref().render_to(buffer);
    }
}

impl Render for Prose<'_> {
    fn render(&self) -> Markup {
        let text = cut(self.0, MOST);
        let pieces: Vec<&str> = text.split('`').collect();
        // The last backtick of an odd number opens nothing.
        let closed = pieces.len() - (pieces.len() + 1) % 2;
        html! {
            @for (at, piece) in pieces.iter().enumerate() {
                @if at >= closed { "`" (Plain(piece)) }
                @else if at % 2 == 1 { code { (Plain(piece)) } }
                @else { (Plain(piece)) }
            }
        }
    }
}

impl Render for Block<'_> {
    fn render_to(&self, buffer: &mut String) {
        sanitize::block(&cut(self.0, 10 * MOST)).as_ref().render_to(buffer);
    }
}

/// Returns the beginning of a text, with the number of bytes that are left out.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => text.into(),
        Some((end, _)) => format!("{}… ({} more bytes)", &text[..end], text.len() - end).into(),
    }
}

/// Returns words as a sentence, with an upper-case letter at their beginning and a stop at their end.
pub(super) fn sentence(words: &str) -> String {
    let sentence = phrases::sentence(words);
    match sentence.strip_suffix('.') {
        Some(asked) if asked.ends_with(['?', '!']) => asked.to_owned(),
        _ => sentence,
    }
}

/// Returns the `id` of an object's element: its address, which holds no white space where a manifest names it.
pub(super) fn anchor(address: &str) -> String {
    const LONGEST: usize = 255;
    let letters = address.chars().take(LONGEST);
    letters.map(|letter| if letter.is_whitespace() { '-' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_harmless_and_short() {
        let rendered = |text: &dyn Render| text.render().into_string();
        assert_eq!(rendered(&Plain("<b>\u{1b}[1m\u{202e}")), "&lt;b&gt;\\u{1b}[1m\\u{202e}");
        assert_eq!(rendered(&Prose("no `<x>` in `y")), "no <code>&lt;x&gt;</code> in `y");
        assert_eq!(rendered(&Prose("a `b` c")), "a <code>b</code> c");
        assert_eq!(rendered(&Block("a\n\u{7}b")), "a\n\\u{7}b");
        let long = "日".repeat(1_000_000);
        let short = rendered(&Plain(&long));
        assert!(
            short.len() < 10_000 && short.ends_with("… (2994000 more bytes)"),
            "{}",
            short.len()
        );
    }

    #[test]
    fn sentence_ends_with_one_stop() {
        assert_eq!(sentence("did you mean `it`?"), "Did you mean `it`?");
        assert_eq!(sentence("try again"), "Try again.");
    }

    #[test]
    fn anchors_have_no_white_space() {
        assert_eq!(anchor("iosWiFiConfiguration/guest"), "iosWiFiConfiguration/guest");
        assert_eq!(anchor("a b\n\u{a0}c"), "a-b--c");
        assert_eq!(anchor(&"x".repeat(1_000)).len(), 255);
    }
}
