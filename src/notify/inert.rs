//! Makes texts of a tenant harmless in a message: they neither call people nor lead elsewhere.

use crate::text::sanitize;

/// The most characters of one text.
const LONGEST: usize = 300;

/// The invisible character that interrupts a mention or a link.
const INTERRUPTION: char = '\u{200b}';

/// Returns a text on one line, cut, without mentions and links.
pub(super) fn inert(text: &str) -> String {
    // More than this is cut anyway, and a name may have millions of characters.
    let beginning: String = text.chars().take(LONGEST).collect();
    let is_cut = beginning.len() < text.len();
    let safe = sanitize::line(&beginning);
    let mut inert = String::with_capacity(safe.len() + 8);
    let mut characters = safe.chars().peekable();
    while let Some(character) = characters.next() {
        inert.push(character);
        let begins_link = match character {
            '@' => true,
            // `https://`, `mailto:a`, `www.` and `contoso.com` become links by themselves.
            ':' | '.' => characters.peek().is_some_and(|next| !next.is_whitespace()),
            _ => false,
        };
        if begins_link {
            inert.push(INTERRUPTION);
        }
    }
    if is_cut {
        inert.push('…');
    }
    inert
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn links_and_mentions_are_interrupted() {
        assert_eq!(
            inert("@channel see https://a.b"),
            "@\u{200b}channel see https:\u{200b}//a.\u{200b}b"
        );
        assert_eq!(inert("a\nb \u{202e}"), "a\\nb \\u{202e}");
        assert_eq!(inert("Wi-Fi: one. Two."), "Wi-Fi: one. Two.");
        assert!(inert(&"x".repeat(10_000_000)).len() < 400);
    }
}
