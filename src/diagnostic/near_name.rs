//! Display names that differ only in what people do not see or do not mean.

use unicode_normalization::UnicodeNormalization as _;

/// A way in which two spellings of one name differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Upper and lower case.
    Case,
    /// Blanks, line ends, dashes and characters without width.
    Separators,
    /// Full width, and accents that are characters of their own.
    Form,
}

impl Spelling {
    const ALL: [Self; 3] = [Self::Case, Self::Separators, Self::Form];

    fn words(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Separators => "blanks, line ends or dashes",
            Self::Form => "the Unicode form of its characters (full width, NFC or NFD)",
        }
    }
}

/// Returns in what two different names differ, if they are spellings of one name.
pub fn difference(one: &str, other: &str) -> Option<String> {
    if one == other {
        return None;
    }
    if is_same(one, other) {
        let are_same = |folding: &[Spelling]| folded(one, folding) == folded(other, folding);
        let mut all = Spelling::ALL.into_iter();
        if let Some(alone) = all.find(|spelling| are_same(&[*spelling])) {
            return Some(alone.words().to_owned());
        }
        let is_needed = |spelling: &Spelling| {
            let others: Vec<Spelling> =
                Spelling::ALL.into_iter().filter(|other| other != spelling).collect();
            !are_same(&others)
        };
        let needed: Vec<&str> =
            Spelling::ALL.into_iter().filter(is_needed).map(Spelling::words).collect();
        return Some(needed.join(" and "));
    }
    let is_rest =
        |long: &str, short: &str| before_comment(long).is_some_and(|cut| is_same(cut, short));
    (is_rest(one, other) || is_rest(other, one))
        .then(|| "what follows ` #`, which begins a comment in YAML".to_owned())
}

/// Returns whether two names are equal but for case, blanks, line ends, dashes and their Unicode form.
pub fn is_same(one: &str, other: &str) -> bool {
    let folded_one = folded(one, &Spelling::ALL);
    !folded_one.is_empty() && folded_one == folded(other, &Spelling::ALL)
}

/// Returns what is left of a text in which ` #` begins a comment.
fn before_comment(text: &str) -> Option<&str> {
    let mut hashes = text.match_indices('#').map(|(at, _)| &text[..at]);
    hashes.find(|before| before.ends_with(char::is_whitespace)).map(str::trim_end)
}

/// Returns a name without these differences of spelling.
fn folded(name: &str, folding: &[Spelling]) -> String {
    let mut name = name.to_owned();
    if folding.contains(&Spelling::Form) {
        name = name.nfkc().collect();
    }
    if folding.contains(&Spelling::Case) {
        name = name.to_lowercase();
    }
    if folding.contains(&Spelling::Separators) {
        name = without_separators(&name);
    }
    name
}

/// Leaves out separators, but for one mark between two digits: 1-2 is not 12.
fn without_separators(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let mut is_apart = false;
    for character in name.chars() {
        if is_separator(character) {
            is_apart = true;
            continue;
        }
        let follows_digit = kept.ends_with(char::is_numeric);
        if is_apart && follows_digit && character.is_numeric() {
            kept.push('-');
        }
        is_apart = false;
        kept.push(character);
    }
    kept
}

fn is_separator(character: char) -> bool {
    let is_dash = matches!(
        character,
        '-' | '_' | '\u{ad}' | '\u{2010}'
            ..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
    );
    let has_no_width = matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}'
    );
    is_dash || has_no_width || character.is_whitespace() || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLANKS: &str = "blanks, line ends or dashes";
    const FORM: &str = "the Unicode form of its characters (full width, NFC or NFD)";
    const COMMENT: &str = "what follows ` #`, which begins a comment in YAML";

    #[test]
    fn spellings_of_one_name_are_told_apart_from_other_names() {
        for (one, other, expected) in [
            ("Kiosk", "KIOSK", Some("case")),
            ("Straße", "STRAßE", Some("case")),
            ("Kiosk", "Kiosk ", Some(BLANKS)),
            ("Kiosk", "Kiosk\r\n", Some(BLANKS)),
            ("Front desk", "Front\u{a0}desk", Some(BLANKS)),
            ("Front desk", "Front  desk", Some(BLANKS)),
            ("Front desk", "Front-desk", Some(BLANKS)),
            ("WLAN - Lobby", "WLAN – Lobby", Some(BLANKS)),
            ("WLAN Lobby", "WLAN\u{200b}Lobby", Some(BLANKS)),
            ("24 H2", "24H2", Some(BLANKS)),
            ("1-2", "1 2", Some(BLANKS)),
            ("Zürich", "Zu\u{308}rich", Some(FORM)),
            ("Kiosk 7", "Ｋｉｏｓｋ　７", Some(FORM)),
            ("front desk", "Front-Desk", Some("case and blanks, line ends or dashes")),
            ("Floor", "Floor #3", Some(COMMENT)),
            ("Floor #3", "floor", Some(COMMENT)),
            ("Floor #3 # old", "Floor", Some(COMMENT)),
            ("Floor #3", "Floor #4", None),
            ("Floor", "Floor#3", None),
            ("Kiosk", "Kiosk", None),
            ("Kiosk 1", "Kiosk 2", None),
            ("Ring 1 2", "Ring 12", None),
            ("Kiosk", "Kiosks", None),
            ("Zürich", "Zurich", None),
            ("-", " ", None),
        ] {
            assert_eq!(difference(one, other).as_deref(), expected, "{one:?} and {other:?}");
        }
    }
}
