//! What a manifest declares: JSON-like values that know where they were written, with value
//! references still recognisable.

use serde_json::Number;

use crate::diagnostic::Span;

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
    /// `{ $env: NAME }`: a secret, read when it is sent and never before.
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
    /// Returns a member's value, where this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members()
            .iter()
            .find(|member| member.name == name)
            .map(|member| &member.value)
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

    /// Returns the same value as JSON, a secret as `{"$secret": "env:NAME"}`.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.declared {
            Declared::Null => serde_json::Value::Null,
            Declared::Bool(value) => (*value).into(),
            Declared::Number(number) => number.clone().into(),
            Declared::String(text) => text.as_str().into(),
            Declared::List(elements) => elements.iter().map(Self::to_json).collect(),
            Declared::Object(members) => members
                .iter()
                .map(|member| (member.name.clone(), member.value.to_json()))
                .collect(),
            Declared::Env(name) => secret(name, false),
        }
    }
}

/// Returns what stands for a secret in a request until it is sent: the value of an environment variable,
/// or its base64 where the property is encoded.
pub fn secret(env: &str, base64: bool) -> serde_json::Value {
    let source = if base64 { "base64:env" } else { "env" };
    serde_json::json!({ "$secret": format!("{source}:{env}") })
}
