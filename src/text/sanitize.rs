//! Escapes hazardous characters in text from files and tenants: a display name can hold escape sequences that
//! recolour, overwrite or reorder the text around it.

use std::borrow::Cow;

/// Returns a text on one line, with hazardous characters as visible escapes (`\n`, `\u{202e}`).
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// Returns a text of several lines: as [`line()`] does, but line breaks and tabs stay.
pub fn block(text: &str) -> Cow<'_, str> {
    escape(text, |character| matches!(character, '\n' | '\t'))
}

/// Whether a terminal interprets or hides a character instead of showing it.
pub fn is_hazardous(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}'                        // soft hyphen
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' // direction
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // fillers
            | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{feff}' // no width
            | '\u{2028}' | '\u{2029}'       // line and paragraph separators
            | '\u{fff9}'..='\u{fffb}'       // interlinear annotation
            | '\u{e0000}'..='\u{e007f}'     // tags
        )
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let hazardous = |character: char| is_hazardous(character) && !keep(character);
    let Some(first) = text.find(hazardous) else {
        return Cow::Borrowed(text);
    };
    let mut safe = text[..first].to_owned();
    for character in text[first..].chars() {
        if hazardous(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hazardous_characters_are_escaped() {
        for (text, safe) in [
            ("Zürich 日本 👍🏽", "Zürich 日本 👍🏽"),
            ("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("user\u{202e}nimda", "user\\u{202e}nimda"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("a\rb\0", "a\\rb\\u{0}"),
        ] {
            assert_eq!(line(text), safe);
            assert_eq!(block(text), safe);
        }
        assert_eq!(line("a\n\tb"), "a\\n\\tb");
        assert_eq!(block("a\n\tb\r\n"), "a\n\tb\\r\n");
        assert!(matches!(line("plain"), Cow::Borrowed(_)));
    }
}
