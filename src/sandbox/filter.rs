//! The part of OData's `$filter` that Graph's clients use on these collections (FACTS 1.3, 6.1, 7): `eq`, `ne`, `gt`,
//! `ge`, `le`, `startswith`, `isof`, `not`, `and`, `or` and parentheses.

use jiff::Timestamp;
use serde_json::Value;

use super::Object;
use super::refusal::{Allowed, table};
use super::state::{member, type_of};
use crate::schema::types::{GraphVersion, Types, type_name};

/// How deep parentheses may nest.
const DEEPEST: usize = 32;

/// Whether an object meets a condition.
type Condition = Box<dyn Fn(&Object) -> bool>;

/// A comparison: its name, whether its values are instants, and whether it holds between two values.
type Operator = (&'static str, bool, fn(&Value, &Value) -> bool);

const OPERATORS: [Operator; 5] = [
    ("eq", false, |value, other| value == other),
    ("ne", false, |value, other| value != other),
    ("gt", true, |value, other| instant(value) > instant(other)),
    ("ge", true, |value, other| instant(value) >= instant(other)),
    ("le", true, |value, other| instant(value).is_some_and(|at| Some(at) <= instant(other))),
];

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// A filter that was read.
pub(crate) struct ODataFilter {
    condition: Condition,
    /// The properties that the filter compares, each with its comparison where that is not `eq`.
    uses: Vec<String>,
}

impl ODataFilter {
    /// Reads a `$filter`.
    pub(crate) fn parse(filter: &str) -> Allowed<Self> {
        let mut parser = Parser { rest: filter.trim_start(), uses: Vec::new() };
        let read = parser.any_of(0).filter(|_| parser.rest.is_empty());
        let condition = read.ok_or_else(|| table::INVALID_FILTER.refusal(&[&filter]))?;
        Ok(Self { condition, uses: parser.uses })
    }

    /// Refuses properties other than these, and every comparison but `eq` that does not stand with its property
    /// (`version ne`, `startswith(version)`): that the sandbox can compare one says nothing about Graph.
    pub(crate) fn allows(&self, properties: &[&str]) -> Allowed<()> {
        match self.uses.iter().find(|used| !properties.contains(&used.as_str())) {
            Some(used) => Err(table::OPTION_NOT_PLAYED.refusal(&[&format!("$filter={used}")])),
            None => Ok(()),
        }
    }

    /// Returns whether the object meets the condition.
    pub(crate) fn matches(&self, object: &Object) -> bool {
        (self.condition)(object)
    }
}

/// A literal or the name of a property.
enum Term<'a> {
    Word(&'a str),
    Text(String),
}

/// The part of a filter that is not read yet, and the properties that the part before compares.
struct Parser<'a> {
    rest: &'a str,
    uses: Vec<String>,
}

impl<'a> Parser<'a> {
    /// Reads conditions with `or` between them, which binds less than `and`.
    fn any_of(&mut self, depth: usize) -> Option<Condition> {
        let mut conditions = vec![self.all_of(depth)?];
        while self.takes("or") {
            conditions.push(self.all_of(depth)?);
        }
        Some(Box::new(move |object| conditions.iter().any(|meets| meets(object))))
    }

    /// Reads conditions with `and` between them.
    fn all_of(&mut self, depth: usize) -> Option<Condition> {
        let mut conditions = vec![self.condition(depth)?];
        while self.takes("and") {
            conditions.push(self.condition(depth)?);
        }
        Some(Box::new(move |object| conditions.iter().all(|meets| meets(object))))
    }

    fn condition(&mut self, depth: usize) -> Option<Condition> {
        if depth > DEEPEST {
            return None;
        }
        if self.takes("(") {
            return self.any_of(depth + 1).filter(|_| self.takes(")"));
        }
        if self.takes("not") {
            let inner = self.condition(depth + 1)?;
            return Some(Box::new(move |object| !inner(object)));
        }
        if self.takes("isof") {
            let (true, Term::Text(name), true) = (self.takes("("), self.term()?, self.takes(")"))
            else {
                return None;
            };
            let (types, ancestor) = (Types::of(GraphVersion::Beta), type_name(&name)?.to_owned());
            return Some(Box::new(move |object| types.is_a(type_of(object), &ancestor)));
        }
        if self.takes("startswith") {
            let (true, Term::Word(property)) = (self.takes("("), self.term()?) else { return None };
            let (Term::Text(beginning), true) = (self.term()?, self.takes(")")) else {
                return None;
            };
            let property = property.strip_suffix(',')?.to_owned();
            self.uses.push(format!("startswith({property})"));
            return Some(Box::new(move |object| {
                let value = object.get(&property).and_then(Value::as_str).map(str::to_lowercase);
                value.is_some_and(|value| value.starts_with(&beginning.to_lowercase()))
            }));
        }
        let Term::Word(property) = self.term()? else { return None };
        let (name, of_instants, holds) = *OPERATORS.iter().find(|(name, ..)| self.takes(name))?;
        let value = match self.term()? {
            Term::Word(word) if of_instants => Value::from(word),
            Term::Word(word) => serde_json::from_str(word).ok()?,
            Term::Text(text) if !of_instants => text.into(),
            Term::Text(_) => return None,
        };
        if of_instants && instant(&value).is_none() {
            return None;
        }
        let property = property.to_owned();
        self.uses.push(if name == "eq" { property.clone() } else { format!("{property} {name}") });
        Some(Box::new(move |object| {
            holds(member(object, &property).unwrap_or(&Value::Null), &value)
        }))
    }

    /// Takes a word or a parenthesis, where it comes next.
    fn takes(&mut self, expected: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(expected) else { return false };
        let takes =
            expected == "(" || expected == ")" || rest.is_empty() || rest.starts_with(is_end);
        if takes {
            self.rest = rest.trim_start();
        }
        takes
    }

    /// Takes a literal or a name. A doubled quote is a quote in a text.
    fn term(&mut self) -> Option<Term<'a>> {
        let Some(text) = self.rest.strip_prefix('\'') else {
            let (word, rest) =
                self.rest.split_at(self.rest.find(is_end).unwrap_or(self.rest.len()));
            self.rest = rest.trim_start();
            return (!word.is_empty()).then_some(Term::Word(word));
        };
        let mut end = 0;
        loop {
            end += text[end..].find('\'')?;
            let rest = &text[end + 1..];
            if !rest.starts_with('\'') {
                self.rest = rest.trim_start();
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
