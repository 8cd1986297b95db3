//! What a manifest declares: JSON-like values that know where they were written, with value
//! references still recognisable.

use std::collections::BTreeSet;

use serde_json::{Number, Value as Json};

use crate::diagnostic::Span;
use crate::schema::walk::{Tree, any};

/// A declared value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What was declared.
    pub declared: Declared,
    /// Where; after an overlay, in whichever file won.
    pub span: Span,
}

/// The forms a declared value takes. `$file` and `$text` are gone: they became strings.
#[derive(Clone, Debug, PartialEq)]
pub enum Declared {
    /// Must be unset.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text, or base64 where the property is encoded.
    String(String),
    /// A collection.
    List(Vec<Value>),
    /// A complex value, in the order of the text.
    Object(Vec<Member>),
    /// `{ $env: NAME }`: a secret, read to be sent, and to be kept out of what is said.
    Env(String),
}

/// A member of a complex value.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where the name was written.
    pub name_span: Span,
    /// Its value.
    pub value: Value,
}

impl Value {
    /// Returns a JSON value as if it had been written in one place.
    pub fn from_json(json: &Json, span: Span) -> Self {
        let declared = match json {
            Json::Null => Declared::Null,
            Json::Bool(value) => Declared::Bool(*value),
            Json::Number(number) => Declared::Number(number.clone()),
            Json::String(text) => Declared::String(text.clone()),
            Json::Array(items) => {
                Declared::List(items.iter().map(|item| Self::from_json(item, span)).collect())
            }
            Json::Object(members) => {
                let member = |(name, value): (&String, &Json)| Member {
                    name: name.clone(),
                    name_span: span,
                    value: Self::from_json(value, span),
                };
                Declared::Object(members.iter().map(member).collect())
            }
        };
        Self { declared, span }
    }

    /// Returns a member's value, where this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members().iter().find(|member| member.name == name).map(|member| &member.value)
    }

    /// Returns the members, none where this is not an object.
    pub fn members(&self) -> &[Member] {
        match &self.declared {
            Declared::Object(members) => members,
            _ => &[],
        }
    }

    /// Returns the elements, none where this is not a list.
    pub fn elements(&self) -> &[Value] {
        match &self.declared {
            Declared::List(elements) => elements,
            _ => &[],
        }
    }

    /// Adds a value to an object at a path, with the objects that lead there.
    pub(crate) fn place(&mut self, path: &[String], value: Self) {
        let (Declared::Object(members), Some((first, rest))) =
            (&mut self.declared, path.split_first())
        else {
            return;
        };
        let member = |value: Self| Member { name: first.clone(), name_span: value.span, value };
        if rest.is_empty() {
            return members.push(member(value));
        }
        let at = members.iter().position(|member| member.name == *first);
        let at = at.unwrap_or_else(|| {
            let declared = Declared::Object(Vec::new());
            members.push(member(Self { declared, span: value.span }));
            members.len() - 1
        });
        members[at].value.place(rest, value);
    }

    /// Returns the text, where this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.declared {
            Declared::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the type that a complex value states for itself, without namespace.
    pub fn odata_type(&self) -> Option<&str> {
        crate::schema::types::type_name(self.get("@odata.type")?.as_str()?)
    }

    /// Returns the names of members that hold a secret, at any depth.
    pub fn secret_members(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        any(self, &mut |value| {
            let is_secret = |member: &&Member| matches!(member.value.declared, Declared::Env(_));
            let secrets = value.members().iter().filter(is_secret);
            found.extend(secrets.map(|member| member.name.clone()));
            false
        });
        found
    }

    /// Shows every value within it, itself first.
    pub fn each<'v>(&'v self, seen: &mut impl FnMut(&'v Declared)) {
        seen(&self.declared);
        let members = self.members().iter().map(|member| &member.value);
        members.chain(self.elements()).for_each(|value| value.each(seen));
    }

    /// Returns the same value as JSON, a secret as `{"$secret": "env:NAME"}`.
    pub fn to_json(&self) -> Json {
        match &self.declared {
            Declared::Null => Json::Null,
            Declared::Bool(value) => (*value).into(),
            Declared::Number(number) => number.clone().into(),
            Declared::String(text) => text.as_str().into(),
            Declared::List(elements) => elements.iter().map(Self::to_json).collect(),
            Declared::Object(members) => {
                members.iter().map(|member| (member.name.clone(), member.value.to_json())).collect()
            }
            Declared::Env(name) => secret(name, false),
        }
    }
}

impl Tree for Value {
    fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.members().iter().map(|member| (member.name.as_str(), &member.value))
    }

    fn elements(&self) -> &[Self] {
        self.elements()
    }

    fn member(&self, name: &str) -> Option<&Self> {
        self.get(name)
    }

    fn text(&self) -> String {
        self.to_json().text()
    }

    fn stated_type(&self) -> Option<&str> {
        self.odata_type()
    }
}

/// Returns what stands for a secret in a request until it is sent: the value of an environment variable,
/// or its base64 where the property is encoded.
pub fn secret(env: &str, base64: bool) -> Json {
    let source = if base64 { "base64:env" } else { "env" };
    serde_json::json!({ "$secret": format!("{source}:{env}") })
}

#[cfg(test)]
impl Value {
    /// Returns the value that a YAML text is, and the text as a source.
    pub(super) fn from_yaml(text: &str) -> (Self, crate::diagnostic::Sources) {
        let mut sources = crate::diagnostic::Sources::default();
        let file = sources.add("manifest.yaml", text.to_owned());
        let parsed = crate::yaml::parse::parse(text);
        assert_eq!(parsed.errors, []);
        let mut findings = Vec::new();
        let value = super::document::convert(file, &parsed.documents[0].root, &mut findings);
        assert_eq!(findings, []);
        (value, sources)
    }
}
