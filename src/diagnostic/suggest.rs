//! Finds the name nearest to a misspelt one, and lists names for a message.

/// How well a candidate fits, best first; within a class the nearer one wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Differs in case alone.
    Case,
    /// Every word is abbreviated: `pinMinLength` for `pinMinimumLength`.
    Abbreviation(usize),
    /// A few letters differ.
    Typo(usize),
    /// Contains the written name: `minimumLength` for `pinMinimumLength`.
    Part(usize),
}

/// Returns the candidate nearest to a misspelt word, if any is near enough.
pub fn nearest<'a, S: AsRef<str> + ?Sized + 'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a S>,
) -> Option<&'a str> {
    let written = Name::new(word);
    candidates
        .into_iter()
        .map(AsRef::as_ref)
        .filter_map(|candidate| Some((written.fit(&Name::new(candidate))?, candidate)))
        .min_by_key(|(fit, _)| *fit)
        .map(|(_, candidate)| candidate)
}

/// Returns the candidates that share the most words with an unknown one, at least two and at most three candidates: the
/// best ones alone, in their order. The small words of a name and those that say whether it allows or forbids do not count.
pub fn similar<'a, S: AsRef<str> + ?Sized + 'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a S>,
) -> Vec<&'a str> {
    let written = Name::new(word).content();
    let shared = |candidate: &str| {
        let words = Name::new(candidate).content();
        let shared = written.iter().filter(|word| words.contains(word)).count();
        (shared, std::cmp::Reverse(words.len()))
    };
    let scored = candidates.into_iter().map(AsRef::as_ref).map(|name| (shared(name), name));
    let mut scored: Vec<_> = scored.filter(|((shared, _), _)| *shared >= 2).collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let most = scored.first().map(|((shared, _), _)| *shared);
    let best = scored.into_iter().filter(|((shared, _), _)| Some(*shared) == most);
    best.map(|(_, name)| name).take(3).collect()
}

/// Whether one name allows what the other forbids.
pub fn is_opposite(first: &str, second: &str) -> bool {
    Name::new(first).is_opposite(&Name::new(second))
}

/// Returns members as `a`, `b` or `c`.
pub fn one_of(members: &[String]) -> String {
    match members {
        [] => "nothing".to_owned(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|member| format!("`{member}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

/// Words of a name that it shares with too many others.
const SMALL: [&str; 14] =
    ["a", "an", "and", "by", "for", "from", "if", "in", "is", "of", "on", "or", "the", "to"];

/// Words that say that something is possible, and their opposites.
const ALLOWING: [&str; 9] = [
    "allow",
    "allowed",
    "enable",
    "enabled",
    "permit",
    "permitted",
    "unblock",
    "unblocked",
    "show",
];
const FORBIDDING: [&str; 13] = [
    "block",
    "blocked",
    "deny",
    "denied",
    "disable",
    "disabled",
    "disallow",
    "disallowed",
    "forbid",
    "hide",
    "hidden",
    "prevent",
    "prevented",
];

struct Name {
    lower: String,
    length: usize,
    /// The parts of a camelCase or hyphenated name, in lower case.
    words: Vec<String>,
}

impl Name {
    fn new(text: &str) -> Self {
        let spaced = text.chars().flat_map(|letter| {
            let starts_word = letter.is_uppercase() || !letter.is_alphanumeric();
            [starts_word.then_some(' '), letter.is_alphanumeric().then_some(letter)]
        });
        let words = spaced.flatten().collect::<String>().to_lowercase();
        let words = words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let lower = text.to_lowercase();
        Self { length: lower.chars().count(), lower, words }
    }

    fn fit(&self, candidate: &Self) -> Option<Fit> {
        if self.lower == candidate.lower {
            return Some(Fit::Case);
        }
        // To take the one for the other would turn the setting round.
        if self.is_opposite(candidate) {
            return None;
        }
        let apart = self.length.abs_diff(candidate.length);
        if self.abbreviates(candidate) {
            return Some(Fit::Abbreviation(apart));
        }
        let tolerance = self.length / 3;
        if apart <= tolerance {
            let distance = strsim::damerau_levenshtein(&self.lower, &candidate.lower);
            if distance <= tolerance {
                return Some(Fit::Typo(distance));
            }
        }
        // Three letters are in too many names to mean one of them.
        (self.length > 3 && self.is_part(candidate)).then_some(Fit::Part(apart))
    }

    /// Whether the name stands in another one, from the beginning of a word on.
    fn is_part(&self, candidate: &Self) -> bool {
        let written = self.words.concat();
        let words = &candidate.words;
        !written.is_empty()
            && (0..words.len()).any(|from| words[from..].concat().starts_with(&written))
    }

    fn says(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(&word.as_str()))
    }

    fn is_opposite(&self, other: &Self) -> bool {
        self.says(&ALLOWING) && other.says(&FORBIDDING)
            || self.says(&FORBIDDING) && other.says(&ALLOWING)
    }

    /// Returns the words that tell what the name is about.
    fn content(self) -> Vec<String> {
        let counts = |word: &String| {
            let word = word.as_str();
            ![&SMALL[..], &ALLOWING, &FORBIDDING].iter().any(|words| words.contains(&word))
        };
        self.words.into_iter().filter(counts).collect()
    }

    fn abbreviates(&self, candidate: &Self) -> bool {
        self.words.len() > 1
            && self.words.len() == candidate.words.len()
            && self
                .words
                .iter()
                .zip(&candidate.words)
                .all(|(short, word)| word.starts_with(short.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::{is_opposite, nearest, similar};

    #[test]
    fn names_of_the_same_words_in_another_order_are_similar() {
        let names = [
            "airDropBlocked",
            "airDropForceUnmanagedDropTarget",
            "airPrintBlocked",
            "deadlineForQualityUpdatesInDays",
            "deadlineForFeatureUpdatesInDays",
            "qualityUpdatesPaused",
            "cameraBlocked",
        ];
        for (word, expected) in [
            ("allowAirDrop", &["airDropBlocked", "airDropForceUnmanagedDropTarget"][..]),
            ("qualityUpdatesDeadlineInDays", &["deadlineForQualityUpdatesInDays"]),
            ("updatesQualityPause", &["qualityUpdatesPaused", "deadlineForQualityUpdatesInDays"]),
            ("allowCamera", &[]),
            ("in", &[]),
            ("", &[]),
        ] {
            assert_eq!(similar(word, names), expected, "{word}");
        }
    }

    #[test]
    fn opposite_is_never_the_nearest_name() {
        assert_eq!(nearest("bluetoothEnabled", ["bluetoothDisabled"]), None);
        assert_eq!(nearest("disabled", ["enabled", "audit"]), None);
        assert_eq!(nearest("bluetoothEnabld", ["bluetoothEnabled"]), Some("bluetoothEnabled"));
        assert!(is_opposite("allowAirDrop", "airDropBlocked"));
        assert!(!is_opposite("blockAirDrop", "airDropBlocked"));
    }

    #[test]
    fn nearest_name_is_found() {
        let names = [
            "pinMinimumLength",
            "pinMaximumLength",
            "pinUppercaseCharactersUsage",
            "pinLowercaseCharactersUsage",
            "displayName",
            "required",
            "notConfigured",
            "Windows laptops",
        ];
        for (word, meant) in [
            ("pinMinLength", Some("pinMinimumLength")),
            ("pinMaxLength", Some("pinMaximumLength")),
            ("pinminimumlength", Some("pinMinimumLength")),
            ("pinMinimunLenght", Some("pinMinimumLength")),
            ("maximumLength", Some("pinMaximumLength")),
            ("pinUpperCaseCharactersUsage", Some("pinUppercaseCharactersUsage")),
            ("dispalyName", Some("displayName")),
            ("name", Some("displayName")),
            ("playName", None),
            ("charactersUsage", Some("pinUppercaseCharactersUsage")),
            ("requird", Some("required")),
            ("windows-laptops", Some("Windows laptops")),
            ("pin", None),
            ("", None),
            ("somethingElse", None),
        ] {
            assert_eq!(nearest(word, names), meant, "{word}");
        }
    }

    #[test]
    fn nearer_name_wins_and_first_of_equals() {
        assert_eq!(nearest("allowd", ["aloud", "allowed"]), Some("allowed"));
        assert_eq!(nearest("blocc", ["block", "blocs"]), Some("block"));
    }
}
