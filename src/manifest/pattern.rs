//! The patterns of Moorline's own documents in words, and the remedy of a text that does not match one.

use super::value::Value;
use crate::diagnostic::Finding;

/// A pattern of a schema, in words.
struct PatternWords {
    pattern: &'static str,
    /// The fault of a text that does not match.
    fault: &'static str,
    /// The remedy. The last text in it that is quoted matches.
    help: &'static str,
}

const ENVIRONMENT: &str = r"^[A-Za-z_][A-Za-z0-9_]*$";

const PATTERNS: [PatternWords; 7] = [
    PatternWords {
        pattern: r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        fault: "cannot be a name",
        help: "use lower-case letters, digits, `-` and `.`, a letter or digit first and last, such as `contoso-pilot`",
    },
    PatternWords {
        pattern: r"^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)$",
        fault: "is not the id or domain of a tenant",
        help: "use the tenant's GUID or one of its verified domains, such as `contoso.onmicrosoft.com`",
    },
    PatternWords {
        pattern: r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        fault: "is not an object id",
        help: "use the live object's GUID, as its page in the portal shows it, such as `8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11`",
    },
    PatternWords {
        pattern: ENVIRONMENT,
        fault: "is not the name of an environment variable",
        help: "use letters, digits and `_`, and no digit first, such as `DRIFT_WEBHOOK`; the value itself stays in the environment",
    },
    PatternWords {
        pattern: r"^[^/]+/[^/]+$",
        fault: "is not the KIND/NAME of a manifest",
        help: "write it as the plan prints it, such as `windowsIdentityProtectionConfiguration/hello`",
    },
    PatternWords {
        pattern: r"\S",
        fault: "is blank",
        help: "write a text, such as `alice@contoso.com` or `until the pilot ends`",
    },
    PatternWords {
        pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        fault: "is not a day",
        help: "write it like `2027-01-31`",
    },
];

/// Completes an error about a text that does not match a pattern: `error` makes it from what is wrong with the text.
pub(super) fn finding(
    pattern: &str,
    value: &Value,
    error: impl FnOnce(&str) -> Finding,
) -> Finding {
    let Some(words) = PATTERNS.iter().find(|words| words.pattern == pattern) else {
        return error("is not of the form that it must have")
            .help(format!("write a text that matches `{pattern}`"));
    };
    let error = error(words.fault);
    match value.as_str().filter(|_| pattern == ENVIRONMENT).and_then(variable) {
        Some(name) => error.suggest(Some(name), words.help),
        None => error.help(words.help),
    }
}

/// Returns the name in `$NAME` or `${NAME}`.
fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    (name.chars().all(is_part) && name.starts_with(|c: char| !c.is_ascii_digit())).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::manifest::document_schema::own_schemas;
    use crate::schema::validate::validator_of;

    /// Adds every pattern in a schema.
    fn patterns(schema: &Json, found: &mut BTreeSet<String>) {
        if let Some(pattern) = schema["pattern"].as_str() {
            found.insert(pattern.to_owned());
        }
        let members = schema.as_object().into_iter().flat_map(|members| members.values());
        members
            .chain(schema.as_array().into_iter().flatten())
            .for_each(|part| patterns(part, found));
    }

    #[test]
    fn advice_for_every_pattern_of_a_document_matches_it() {
        let mut found = BTreeSet::new();
        own_schemas().iter().for_each(|schema| patterns(schema, &mut found));
        let known: BTreeSet<String> =
            PATTERNS.iter().map(|words| words.pattern.to_owned()).collect();
        assert_eq!(known, found);
        for PatternWords { pattern, help, .. } in PATTERNS {
            let example = help.rsplit('`').nth(1).expect("an example is quoted");
            let validator = validator_of(&json!({ "pattern": pattern })).expect("it is a schema");
            assert!(validator.is_valid(&json!(example)), "{pattern}: {example}");
        }
    }

    #[test]
    fn a_variable_as_a_shell_writes_it_has_its_name_offered() {
        assert_eq!(variable("$DRIFT_TEAMS"), Some("DRIFT_TEAMS"));
        assert_eq!(variable("${DRIFT_TEAMS}"), Some("DRIFT_TEAMS"));
        for other in ["DRIFT TEAMS", "$3", "$", "$A/B", "${A"] {
            assert_eq!(variable(other), None, "{other}");
        }
    }
}
