//! Messages of the libraries that read JSON and YAML, in the words of those formats.

/// Words of a message that name types of this program or of Rust, each with what stands for it. A type's own name follows
/// the first ones, and is left out with them.
const NAMED: [&str; 5] = [
    "expected internally tagged enum ",
    "expected tuple struct ",
    "expected struct ",
    "expected enum ",
    "expected unit variant ",
];

const WORDS: [(&str, &str); 5] = [
    ("invalid type: sequence", "invalid type: list"),
    ("invalid type: map", "invalid type: object"),
    ("invalid type: unit value", "invalid type: null"),
    ("expected a sequence", "expected a list"),
    ("expected a map", "expected an object"),
];

/// Returns a message without the names of types.
pub fn without_types(message: &str) -> String {
    let mut plain = message.to_owned();
    for named in NAMED {
        while let Some(at) = plain.find(named) {
            let name = &plain[at + named.len()..];
            let is_name = |letter: char| letter.is_alphanumeric() || "_:<>".contains(letter);
            let end = name.find(|letter| !is_name(letter)).unwrap_or(name.len());
            let stands = if named.contains("enum") || named.contains("variant") {
                "expected one of its values"
            } else {
                "expected an object"
            };
            plain.replace_range(at..at + named.len() + end, stands);
        }
    }
    for (theirs, ours) in WORDS {
        plain = plain.replace(theirs, ours);
    }
    plain
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::without_types;

    #[derive(Debug, Deserialize)]
    struct Cart {
        #[serde(rename = "wheels")]
        _wheels: Vec<Wheel>,
    }

    #[derive(Debug, Deserialize)]
    enum Wheel {
        Front,
    }

    #[test]
    fn types_of_rust_are_not_named() {
        for (text, told) in [
            ("[1]", "invalid type: integer `1`, expected a list at line 1 column 2"),
            ("null", "invalid type: null, expected an object at line 1 column 4"),
            ("7", "invalid type: integer `7`, expected an object at line 1 column 1"),
            (r#"{"wheels": {}}"#, "invalid type: object, expected a list at line 1 column 11"),
            (r#"{"wheels": [[]]}"#, "expected value at line 1 column 13"),
            ("{}", "missing field `wheels` at line 1 column 2"),
        ] {
            let error = serde_json::from_str::<Cart>(text).expect_err("no cart").to_string();
            assert_eq!(without_types(&error), told, "{error}");
        }
        let told = without_types("invalid type: map, expected enum Wheel at line 1");
        assert_eq!(told, "invalid type: object, expected one of its values at line 1");
        assert!(matches!(serde_json::from_str("\"Front\""), Ok(Wheel::Front)));
    }
}
