//! The part of OData's `$filter` that Graph's clients use on these collections (FACTS 1.3, 6.1, 7): `eq`, `ne`, `gt`,
//! `ge`, `le`, `startswith`, `isof`, `not`, `and`, `or` and parentheses.

use jiff::Timestamp;
use serde_json::Value;

use super::Object;
use super::refusal::{ErrorResponse, table};
use super::state::text;
use crate::schema::types::{GraphVersion, Types, type_name};

/// How deep parentheses may nest.
const DEEPEST: usize = 32;

/// A condition on an object.
#[derive(Debug)]
pub(crate) enum ODataFilter {
    And(Box<ODataFilter>, Box<ODataFilter>),
    Or(Box<ODataFilter>, Box<ODataFilter>),
    Not(Box<ODataFilter>),
    /// The object is of this type or of one that derives from it.
    IsOf(String),
    /// A property compares so with a value.
    Compare(String, &'static Operator, Value),
    /// A property begins with this text, whatever its case.
    StartsWith(String, String),
}

/// A comparison.
#[derive(Debug)]
pub(crate) struct Operator {
    name: &'static str,
    of_instants: bool,
    holds: fn(&Value, &Value) -> bool,
}

static OPERATORS: [Operator; 5] = [
    Operator { name: "eq", of_instants: false, holds: |value, other| value == other },
    Operator { name: "ne", of_instants: false, holds: |value, other| value != other },
    Operator {
        name: "gt",
        of_instants: true,
        holds: |value, other| instant(value) > instant(other),
    },
    Operator {
        name: "ge",
        of_instants: true,
        holds: |value, other| instant(value) >= instant(other),
    },
    Operator {
        name: "le",
        of_instants: true,
        holds: |value, other| instant(value).is_some_and(|at| Some(at) <= instant(other)),
    },
];

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

impl ODataFilter {
    /// Reads a `$filter`.
    pub(crate) fn parse(filter: &str) -> Result<Self, ErrorResponse> {
        let mut parser = Parser(filter.trim_start());
        let read = parser.joined(0, &JOINS).filter(|_| parser.0.is_empty());
        read.ok_or_else(|| table::INVALID_FILTER.refusal(&[&filter]))
    }

    /// Refuses properties other than these, and every comparison but `eq` that does not stand with its property
    /// (`version ne`, `startswith(version)`): that the sandbox can compare one says nothing about Graph.
    pub(crate) fn allows(&self, properties: &[&str]) -> Result<(), ErrorResponse> {
        let use_of = match self {
            Self::And(a, b) | Self::Or(a, b) => {
                return a.allows(properties).and_then(|()| b.allows(properties));
            }
            Self::Not(inner) => return inner.allows(properties),
            Self::IsOf(_) => return Ok(()),
            Self::Compare(property, operator, _) if operator.name == "eq" => property.clone(),
            Self::Compare(property, operator, _) => format!("{property} {}", operator.name),
            Self::StartsWith(property, _) => format!("startswith({property})"),
        };
        if properties.contains(&use_of.as_str()) {
            return Ok(());
        }
        Err(table::OPTION_NOT_PLAYED.refusal(&[&format!("$filter={use_of}")]))
    }

    /// Returns whether the object meets the condition.
    pub(crate) fn matches(&self, object: &Object) -> bool {
        match self {
            Self::And(a, b) => a.matches(object) && b.matches(object),
            Self::Or(a, b) => a.matches(object) || b.matches(object),
            Self::Not(inner) => !inner.matches(object),
            Self::IsOf(ancestor) => type_name(text(object, "@odata.type"))
                .is_some_and(|name| Types::of(GraphVersion::Beta).is_a(name, ancestor)),
            Self::Compare(property, operator, value) => {
                (operator.holds)(object.get(property).unwrap_or(&Value::Null), value)
            }
            Self::StartsWith(property, beginning) => {
                let value = object.get(property).and_then(Value::as_str).map(str::to_lowercase);
                value.is_some_and(|value| value.starts_with(&beginning.to_lowercase()))
            }
        }
    }
}

/// A conjunction, and the filter that it makes of two.
type Join = (&'static str, fn(Box<ODataFilter>, Box<ODataFilter>) -> ODataFilter);

/// The conjunctions, the one that binds least first.
const JOINS: [Join; 2] = [("or", ODataFilter::Or), ("and", ODataFilter::And)];

/// A literal or the name of a property.
enum Term<'a> {
    Word(&'a str),
    Text(String),
}

/// The part of a filter that is not read yet.
struct Parser<'a>(&'a str);

impl<'a> Parser<'a> {
    /// Reads conditions with these conjunctions between them.
    fn joined(&mut self, depth: usize, joins: &[Join]) -> Option<ODataFilter> {
        let Some(((word, join), inner)) = joins.split_first() else {
            return self.condition(depth);
        };
        let mut left = self.joined(depth, inner)?;
        while self.takes(word) {
            left = join(Box::new(left), Box::new(self.joined(depth, inner)?));
        }
        Some(left)
    }

    fn condition(&mut self, depth: usize) -> Option<ODataFilter> {
        if depth > DEEPEST {
            return None;
        }
        if self.takes("(") {
            return self.joined(depth + 1, &JOINS).filter(|_| self.takes(")"));
        }
        if self.takes("not") {
            return Some(ODataFilter::Not(Box::new(self.condition(depth + 1)?)));
        }
        if self.takes("isof") {
            let (true, Term::Text(name), true) = (self.takes("("), self.term()?, self.takes(")"))
            else {
                return None;
            };
            return Some(ODataFilter::IsOf(type_name(&name)?.to_owned()));
        }
        if self.takes("startswith") {
            let (true, Term::Word(property)) = (self.takes("("), self.term()?) else { return None };
            let (Term::Text(beginning), true) = (self.term()?, self.takes(")")) else {
                return None;
            };
            return Some(ODataFilter::StartsWith(
                property.strip_suffix(',')?.to_owned(),
                beginning,
            ));
        }
        let Term::Word(property) = self.term()? else { return None };
        let operator = OPERATORS.iter().find(|operator| self.takes(operator.name))?;
        let value = match self.term()? {
            Term::Word(word) if operator.of_instants => word.into(),
            Term::Word(word) => serde_json::from_str(word).ok()?,
            Term::Text(text) if !operator.of_instants => text.into(),
            Term::Text(_) => return None,
        };
        let fits = !operator.of_instants || instant(&value).is_some();
        fits.then(|| ODataFilter::Compare(property.to_owned(), operator, value))
    }

    /// Takes a word or a parenthesis, where it comes next.
    fn takes(&mut self, expected: &str) -> bool {
        let Some(rest) = self.0.strip_prefix(expected) else { return false };
        let takes =
            expected == "(" || expected == ")" || rest.is_empty() || rest.starts_with(is_end);
        if takes {
            self.0 = rest.trim_start();
        }
        takes
    }

    /// Takes a literal or a name. A doubled quote is a quote in a text.
    fn term(&mut self) -> Option<Term<'a>> {
        let Some(text) = self.0.strip_prefix('\'') else {
            let (word, rest) = self.0.split_at(self.0.find(is_end).unwrap_or(self.0.len()));
            self.0 = rest.trim_start();
            return (!word.is_empty()).then_some(Term::Word(word));
        };
        let mut end = 0;
        loop {
            end += text[end..].find('\'')?;
            let rest = &text[end + 1..];
            if !rest.starts_with('\'') {
                self.0 = rest.trim_start();
                return Some(Term::Text(text[..end].replace("''", "'")));
            }
            end += 2;
        }
    }
}

/// Returns whether a character ends a word.
fn is_end(c: char) -> bool {
    c.is_whitespace() || "()'".contains(c)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(filter: &str, object: Value) -> bool {
        ODataFilter::parse(filter).expect(filter).matches(object.as_object().expect("an object"))
    }

    #[test]
    fn filters_match_objects() {
        let ios = json!({"@odata.type": "#microsoft.graph.iosCustomConfiguration", "displayName": "Bob's"});
        assert!(matches("displayName eq 'Bob''s'", ios.clone()));
        assert!(matches("startswith(displayName,'bob''')", ios.clone()));
        assert!(!matches("startswith(displayName, 'Bobby')", ios.clone()));
        assert!(!matches("displayName eq 'bob''s'", ios.clone()));
        assert!(matches(
            "isof('microsoft.graph.iosCustomConfiguration') and displayName eq 'Bob''s'",
            ios.clone()
        ));
        assert!(matches("not(isof('microsoft.graph.iosUpdateConfiguration'))", ios.clone()));
        assert!(matches("isof('microsoft.graph.deviceConfiguration')", ios.clone()));
        assert!(matches(
            "(displayName eq 'x' or displayName eq 'Bob''s') and not (id eq '1')",
            ios
        ));
    }

    #[test]
    fn filters_compare_instants_and_inequality() {
        let event = json!({"at": "2026-03-01T10:00:00.1234567Z", "what": "Patch"});
        for (filter, expected) in [
            ("at gt 2026-03-01T10:00:00Z", true),
            ("at gt 2026-03-01T10:00:00.1234567Z", false),
            ("at ge 2026-03-01T10:00:00.1234567Z", true),
            ("at le 2026-03-01T10:00:00.123456Z", false),
            ("at le 2026-03-01T12:00:00+01:00", true),
            ("gone gt 2026-03-01T10:00:00Z", false),
            ("what ne 'Get'", true),
            ("what ne 'Patch'", false),
        ] {
            assert_eq!(matches(filter, event.clone()), expected, "{filter}");
        }
        let filter = ODataFilter::parse("what ne 'Get'").expect("a filter");
        assert!(filter.allows(&["what"]).is_err());
        assert!(filter.allows(&["what ne"]).is_ok());
    }

    #[test]
    fn malformed_filters_are_refused() {
        for text in [
            "",
            "displayName",
            "displayName eq",
            "displayName eq 'x",
            "isof('x')",
            "a eq 'b' c",
            "(a eq 'b'",
            "a gt 1",
            "a gt 'b'",
            "a lt 2026-01-01T00:00:00Z",
        ] {
            assert!(ODataFilter::parse(text).is_err(), "{text}");
        }
        assert!(ODataFilter::parse(&"(".repeat(100_000)).is_err());
    }
}
