//! Makes texts of a tenant harmless in a message: they neither call people nor lead elsewhere.

use crate::text::sanitize;

/// The most characters of one text.
const LONGEST: usize = 300;

/// The invisible character that interrupts a mention or a link.
const INTERRUPTION: char = '\u{200b}';

/// Returns a text on one line, cut.
pub(super) fn short(text: &str) -> String {
    // More than this is cut anyway, and a name may have millions of characters.
    let beginning: String = text.chars().take(LONGEST).collect();
    let end = if beginning.len() < text.len() { "…" } else { "" };
    format!("{}{end}", sanitize::line(&beginning))
}

/// Returns a text without mentions and links, for a service that would look for them. A plain address of a person stays as it
/// is, so that it can be copied.
pub(super) fn inert(text: &str) -> String {
    let word = |word: &str| if is_address(word) { word.to_owned() } else { interrupted(word) };
    text.split_inclusive(|sign| ENDS.contains(sign)).map(word).collect()
}

/// The signs that end a word.
const ENDS: &str = " ,;()[]<>\"'|";

/// Whether a word is the address of a person, `alice@contoso.com`, whatever ends the word.
fn is_address(word: &str) -> bool {
    let word = word.trim_end_matches(|sign| ENDS.contains(sign));
    let is_plain =
        |part: &str| part.chars().all(|sign| sign.is_ascii_alphanumeric() || "._+-".contains(sign));
    word.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && is_plain(name) && host.contains('.') && is_plain(host)
    })
}

fn interrupted(word: &str) -> String {
    // A host is written in small letters; the path of a property seldom is.
    let is_host = !word.contains(|sign: char| sign.is_ascii_uppercase());
    let mut inert = String::with_capacity(word.len() + 8);
    let mut characters = word.chars().peekable();
    while let Some(character) = characters.next() {
        inert.push(character);
        let is_followed =
            characters.peek().is_some_and(|next| !next.is_whitespace() && !next.is_ascii_digit());
        let begins_link = match character {
            '@' => true,
            // `https://`, `mailto:a`, `www.` and `contoso.com` become links by themselves; a time does not.
            ':' => is_followed,
            '.' => is_followed && (is_host || inert.to_ascii_lowercase().ends_with("www.")),
            _ => false,
        };
        if begins_link {
            inert.push(INTERRUPTION);
        }
    }
    inert
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_mentions_are_interrupted() {
        assert_eq!(
            inert("@channel see https://a.b"),
            "@\u{200b}channel see https:\u{200b}//a.\u{200b}b"
        );
        for (link, shown) in [
            ("mailto:alice@contoso.com", "mailto:\u{200b}alice@\u{200b}contoso.\u{200b}com"),
            ("www.contoso.com", "www.\u{200b}contoso.\u{200b}com"),
            ("<@U123>", "<@\u{200b}U123>"),
            ("a@here", "a@\u{200b}here"),
            ("a@b@contoso.com", "a@\u{200b}b@\u{200b}contoso.\u{200b}com"),
        ] {
            assert_eq!(inert(link), shown);
        }
    }

    #[test]
    fn what_is_no_link_stays_as_it_is() {
        for text in [
            "Wi-Fi: one. Two.",
            "pin differs (changed by alice@contoso.com, 2026-11-30 10:14 UTC)",
            "changed by a.b+c@eu.contoso-x.com",
            "localAdminPassword.isEnabled differs",
        ] {
            assert_eq!(inert(text), text);
        }
        assert_eq!(short("a\nb \u{202e}"), "a\\nb \\u{202e}");
        assert!(short(&"x".repeat(10_000_000)).len() < 400);
    }
}
