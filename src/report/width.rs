//! Cuts texts to a number of columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns a text cut to a number of columns.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if fits(text, columns) {
        return text.to_owned();
    }
    format!("{}…", beginning(text, columns.saturating_sub(1)))
}

/// Returns a text cut in its middle: beginning and end tell long paths apart.
pub(super) fn cut_middle(text: &str, columns: usize) -> String {
    if fits(text, columns) {
        return text.to_owned();
    }
    let half = columns.saturating_sub(1) / 2;
    format!("{}…{}", beginning(text, half), end(text, half))
}

/// Returns as much of a text's beginning as fits.
pub(super) fn beginning(text: &str, columns: usize) -> &str {
    &text[..fitting(text.char_indices(), columns).map_or(text.len(), |(at, _)| at)]
}

/// Returns as much of a text's end as fits.
pub(super) fn end(text: &str, columns: usize) -> &str {
    let cut = fitting(text.char_indices().rev(), columns);
    &text[cut.map_or(0, |(at, character)| at + character.len_utf8())..]
}

/// The most characters per column: accents have no width, and a text may consist of accents alone.
const STACKED: usize = 4;

fn fits(text: &str, columns: usize) -> bool {
    text.chars().nth(columns.saturating_mul(STACKED)).is_none() && text.width() <= columns
}

/// Returns the first character that no longer fits.
fn fitting(
    mut characters: impl Iterator<Item = (usize, char)>,
    columns: usize,
) -> Option<(usize, char)> {
    let (mut used, mut number) = (0, 0);
    characters.find(|(_, character)| {
        used += character.width().unwrap_or_default();
        number += 1;
        used > columns || number > columns * STACKED
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("日本語日本語", 6), "日本…");
        assert_eq!(cut_middle("0123456789", 7), "012…789");
        assert_eq!(end("日本語", 3), "語");
        assert!(cut(&"e\u{301}".repeat(9), 9).ends_with('\u{301}'));
        assert!(cut(&"\u{301}".repeat(1_000), 9).len() < 100);
    }
}
