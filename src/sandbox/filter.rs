//! The part of OData's `$filter` that Graph's clients use on these collections (FACTS 1.3, 6.1, 7): `eq`, `ne`, `gt`,
//! `ge`, `le`, `startswith`, `isof`, `not`, `and`, `or` and parentheses.

use jiff::Timestamp;
use serde_json::Value;

use super::Object;
use super::refusal::Refusal;
use crate::schema::types::{GraphVersion, Types, type_name};

/// How deep parentheses may nest.
const DEEPEST: usize = 32;

/// A condition on an object.
#[derive(Debug, PartialEq)]
pub(crate) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    /// The object is of this type or of one that derives from it.
    IsOf(String),
    /// A property has this value.
    Eq(String, Value),
    /// A property has another value than this.
    Ne(String, Value),
    /// A property is an instant that lies so to another one.
    Instant(String, Order, Timestamp),
    /// A property begins with this text, whatever its case.
    StartsWith(String, String),
}

/// How one instant lies to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    After,
    AtOrAfter,
    AtOrBefore,
}

impl Order {
    const ALL: [(&str, Self); 3] =
        [("gt", Self::After), ("ge", Self::AtOrAfter), ("le", Self::AtOrBefore)];

    fn holds(self, one: Timestamp, other: Timestamp) -> bool {
        match self {
            Self::After => one > other,
            Self::AtOrAfter => one >= other,
            Self::AtOrBefore => one <= other,
        }
    }
}

impl Filter {
    /// Reads a `$filter`.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let invalid = || Refusal::unreadable(format!("Invalid filter clause: {text}"));
        let mut parser = Parser { tokens: tokens(text).ok_or_else(invalid)?, at: 0 };
        let filter = parser.any(0).ok_or_else(invalid)?;
        if parser.at == parser.tokens.len() { Ok(filter) } else { Err(invalid()) }
    }

    /// Refuses properties other than these, and what is no `eq` unless it stands with its property (`version ne`): that the sandbox can compare one says nothing about Graph.
    pub(crate) fn allows(&self, properties: &[&str]) -> Result<(), Refusal> {
        match self {
            Self::And(a, b) | Self::Or(a, b) => {
                a.allows(properties).and_then(|()| b.allows(properties))
            }
            Self::Not(inner) => inner.allows(properties),
            Self::IsOf(_) => Ok(()),
            Self::Eq(property, _) if properties.contains(&property.as_str()) => Ok(()),
            Self::Eq(property, _) => Err(Refusal::not_played(&format!("$filter={property}"))),
            Self::Ne(property, _) => Self::allow(&format!("{property} ne"), properties),
            Self::Instant(property, order, _) => {
                let mut all = Order::ALL.iter();
                let name = all.find(|(_, known)| known == order).map(|(name, _)| *name);
                let use_of = format!("{property} {}", name.unwrap_or_default());
                Self::allow(&use_of, properties)
            }
            Self::StartsWith(property, _) => {
                Self::allow(&format!("startswith({property})"), properties)
            }
        }
    }

    fn allow(use_of: &str, known: &[&str]) -> Result<(), Refusal> {
        match known.contains(&use_of) {
            true => Ok(()),
            false => Err(Refusal::not_played(&format!("$filter={use_of}"))),
        }
    }

    /// Returns whether the object meets the condition.
    pub(crate) fn matches(&self, object: &Object) -> bool {
        match self {
            Self::And(a, b) => a.matches(object) && b.matches(object),
            Self::Or(a, b) => a.matches(object) || b.matches(object),
            Self::Not(inner) => !inner.matches(object),
            Self::IsOf(ancestor) => object
                .get("@odata.type")
                .and_then(Value::as_str)
                .and_then(type_name)
                .is_some_and(|name| Types::of(GraphVersion::Beta).is_a(name, ancestor)),
            Self::Eq(property, value) => object.get(property).unwrap_or(&Value::Null) == value,
            Self::Ne(property, value) => object.get(property).unwrap_or(&Value::Null) != value,
            Self::Instant(property, order, limit) => {
                let value = object.get(property).and_then(Value::as_str);
                let value = value.and_then(|value| value.parse().ok());
                value.is_some_and(|value| order.holds(value, *limit))
            }
            Self::StartsWith(property, beginning) => {
                let value = object.get(property).and_then(Value::as_str);
                value.is_some_and(|value| {
                    value.to_lowercase().starts_with(&beginning.to_lowercase())
                })
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '(' | ')' => {
                tokens.push(if first == '(' { Token::Open } else { Token::Close });
                rest = &rest[1..];
            }
            '\'' => {
                let (literal, after) = quoted(&rest[1..])?;
                tokens.push(Token::Text(literal));
                rest = after;
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || "()'".contains(c))
                    .unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
        rest = rest.trim_start();
    }
    Some(tokens)
}

/// Reads up to the closing quote; a doubled one is a quote in the text.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut literal = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('\'')?;
        literal.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(more) => {
                literal.push('\'');
                rest = more;
            }
            None => return Some((literal, rest)),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn any(&mut self, depth: usize) -> Option<Filter> {
        let mut left = self.all(depth)?;
        while self.word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.all(depth)?));
        }
        Some(left)
    }

    fn all(&mut self, depth: usize) -> Option<Filter> {
        let mut left = self.one(depth)?;
        while self.word("and") {
            left = Filter::And(Box::new(left), Box::new(self.one(depth)?));
        }
        Some(left)
    }

    fn one(&mut self, depth: usize) -> Option<Filter> {
        if depth > DEEPEST {
            return None;
        }
        if self.token(&Token::Open) {
            let inner = self.any(depth + 1)?;
            return self.token(&Token::Close).then_some(inner);
        }
        if self.word("not") {
            return Some(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.word("isof") {
            let named = (
                self.token(&Token::Open).then(|| self.next()).flatten(),
                self.token(&Token::Close),
            );
            let (Some(Token::Text(name)), true) = named else {
                return None;
            };
            return Some(Filter::IsOf(type_name(&name)?.to_owned()));
        }
        if self.word("startswith") {
            return self.starts_with();
        }
        let Token::Word(property) = self.next()? else {
            return None;
        };
        if let Some((_, order)) = Order::ALL.iter().find(|(name, _)| self.word(name)) {
            let Some(Token::Word(instant)) = self.next() else {
                return None;
            };
            return Some(Filter::Instant(property, *order, instant.parse().ok()?));
        }
        let differs = self.word("ne");
        if !differs && !self.word("eq") {
            return None;
        }
        let value = match self.next()? {
            Token::Text(text) => text.into(),
            Token::Word(word) => serde_json::from_str(&word).ok()?,
            _ => return None,
        };
        Some(match differs {
            true => Filter::Ne(property, value),
            false => Filter::Eq(property, value),
        })
    }

    /// Reads what follows `startswith`: `(property,'text')`.
    fn starts_with(&mut self) -> Option<Filter> {
        let opened = self.token(&Token::Open);
        let (Token::Word(property), Token::Text(beginning)) = (self.next()?, self.next()?) else {
            return None;
        };
        let property = property.strip_suffix(',')?.to_owned();
        (opened && self.token(&Token::Close)).then_some(Filter::StartsWith(property, beginning))
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn token(&mut self, token: &Token) -> bool {
        let here = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(here);
        here
    }

    fn word(&mut self, word: &str) -> bool {
        self.token(&Token::Word(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(filter: &str, object: Value) -> bool {
        Filter::parse(filter).expect(filter).matches(object.as_object().expect("an object"))
    }

    #[test]
    fn conditions_are_read_and_decided() {
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
    fn instants_and_differences_are_decided() {
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
        let filter = Filter::parse("what ne 'Get'").expect("a filter");
        assert!(filter.allows(&["what"]).is_err());
        assert!(filter.allows(&["what ne"]).is_ok());
    }

    #[test]
    fn what_is_no_condition_is_refused() {
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
            assert!(Filter::parse(text).is_err(), "{text}");
        }
        assert!(Filter::parse(&"(".repeat(100_000)).is_err());
    }
}
