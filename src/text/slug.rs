//! Names for manifests and their files, which every file system takes.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The longest name before what tells it from another one: Windows takes 260 letters for a whole path.
const LONGEST: usize = 60;

/// Names that Windows keeps for devices, whatever their ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin", "conout"];

/// The same, each before a digit.
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// Letters that do not decompose into a letter of ASCII and a mark.
const LETTERS: [(char, &str); 9] = [
    ('ß', "ss"),
    ('æ', "ae"),
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('ð', "d"),
    ('þ', "th"),
    ('œ', "oe"),
    ('ı', "i"),
];

/// Returns the words of a name in small letters of ASCII, with `-` between them; nothing where it has none.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    let lower = name.nfkd().flat_map(char::to_lowercase).filter(|letter| {
        !is_combining_mark(*letter) && !['\'', '’', '\u{ad}', '\u{200d}'].contains(letter)
    });
    for letter in lower {
        let known = LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, ascii)| *ascii);
        match known {
            Some(ascii) => slug.push_str(ascii),
            None if letter.is_ascii_alphanumeric() => slug.push(letter),
            None if slug.is_empty() || slug.ends_with('-') => {}
            None => slug.push('-'),
        }
    }
    slug.truncate(LONGEST);
    let slug = slug.trim_end_matches('-');
    let is_device = DEVICES.contains(&slug)
        || NUMBERED_DEVICES.iter().any(|device| {
            let number = slug.strip_prefix(device).unwrap_or_default();
            number.len() == 1 && number.bytes().all(|digit| digit.is_ascii_digit())
        });
    if is_device { format!("{slug}-policy") } else { slug.to_owned() }
}

/// Returns the name of a kind, or of a property, with `-` between its words: `macOSWiFi` is `mac-os-wi-fi`.
pub fn slug_of_kind(kind: &str) -> String {
    let letters: Vec<char> = kind.chars().collect();
    let mut words = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let is_after_lower = before.is_some_and(|it| it.is_lowercase() || it.is_ascii_digit());
        let ends_capitals = before.is_some_and(char::is_uppercase)
            && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (is_after_lower || ends_capitals) {
            words.push('-');
        }
        words.push(*letter);
    }
    slug(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_become_plain_ones() {
        for (name, expected) in [
            ("Office Wi-Fi 2.4 GHz", "office-wi-fi-2-4-ghz"),
            ("../../etc/passwd", "etc-passwd"),
            ("C:\\Windows\\..", "c-windows"),
            ("CON", "con-policy"),
            ("aux.yaml", "aux-yaml"),
            ("COM7", "com7-policy"),
            ("com10", "com10"),
            ("Bob’s ÄÖÜ straße", "bobs-aou-strasse"),
            ("ends with dots...", "ends-with-dots"),
            ("a\nb\tc\u{202e}d", "a-b-c-d"),
            ("ＦＵＬＬ width", "full-width"),
            ("🚀", ""),
            ("前台", ""),
            (" ", ""),
        ] {
            assert_eq!(slug(name), expected, "{name:?}");
        }
        assert_eq!(slug(&"x".repeat(255)).len(), LONGEST);
        assert_eq!(slug_of_kind("macOSCustomConfiguration"), "mac-os-custom-configuration");
        assert_eq!(slug_of_kind("KFMOptInNoWizard"), "kfm-opt-in-no-wizard");
    }
}
