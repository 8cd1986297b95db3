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
        (self.length > 3 && candidate.lower.contains(&self.lower)).then_some(Fit::Part(apart))
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
    use super::nearest;

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
