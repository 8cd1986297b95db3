//! Parses YAML text into trees in which every key and value has its place, and writes YAML.
//!
//! Nothing outside this module names the YAML crate.

use serde_json::{Number, Value as Json, json};

use crate::diagnostic::{Finding, Span};

mod alias;
pub mod edit;
pub mod encoding;
mod keys;
pub mod node;
pub mod parse;
pub mod presentation;
mod quote;
mod scalar;
mod swallowed;
mod syntax;
mod tag;
pub mod write;
mod written;

/// The most lists and mappings that may be nested, so that every walk of a tree may recurse.
pub const MAX_DEPTH: usize = 64;

/// A declared value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// The value.
    pub declared: Declared,
    /// The place: after an overlay, in the file whose value was taken; for a value that is not written (`key:`), the
    /// place after the colon.
    pub span: Span,
}

/// The forms a declared value takes: those of YAML's core schema, and a secret.
#[derive(Clone, Debug, PartialEq)]
pub enum Declared {
    /// `null`, `~` or nothing: must be unset.
    Null,
    /// `true` or `false`. Plain `yes`, `no`, `on` and `off` are strings.
    Bool(bool),
    /// A finite number.
    Number(Number),
    /// Text, or base64 where the property is encoded.
    String(String),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping in the order of the text; its keys are unique.
    Object(Vec<Member>),
    /// A secret, by the name of the environment variable that holds it. The parser never makes one; `manifest` makes it
    /// of `{ $env: NAME }` where that is allowed.
    Env(String),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The key.
    pub name: String,
    /// The place of the key.
    pub name_span: Span,
    /// The value.
    pub value: Value,
}

/// The result of parsing a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The roots of the valid documents in order. Empty documents are left out.
    pub documents: Vec<Value>,
    /// All errors, in order of place.
    pub errors: Vec<Finding>,
    /// Warnings of values that are others than they seem to be, in order of place.
    pub warnings: Vec<Finding>,
}

impl Value {
    /// Returns a member's value, where this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entry(name).map(|member| &member.value)
    }

    /// Returns a member, where this is an object that has it.
    pub fn entry(&self, name: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.name == name)
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

    /// Returns this value and every value in it, at any depth, in no particular order.
    pub fn descendants(&self) -> impl Iterator<Item = &Value> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let value = open.pop()?;
            match &value.declared {
                Declared::List(elements) => open.extend(elements),
                Declared::Object(members) => {
                    open.extend(members.iter().map(|member| &member.value));
                }
                _ => {}
            }
            Some(value)
        })
    }

    /// Returns the text, where this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.declared {
            Declared::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the value as it is written.
    pub fn as_written(&self) -> Json {
        self.to_json_with(&|name| json!({ "$env": name }))
    }

    /// Returns the same value as JSON, with secrets as a function makes them of the names of their variables.
    pub(crate) fn to_json_with(&self, secret: &impl Fn(&str) -> Json) -> Json {
        match &self.declared {
            Declared::Null => Json::Null,
            Declared::Bool(value) => (*value).into(),
            Declared::Number(number) => number.clone().into(),
            Declared::String(text) => text.as_str().into(),
            Declared::List(elements) => {
                elements.iter().map(|element| element.to_json_with(secret)).collect()
            }
            Declared::Object(members) => {
                let members = members.iter();
                members.map(|m| (m.name.clone(), m.value.to_json_with(secret))).collect()
            }
            Declared::Env(name) => secret(name),
        }
    }

    /// Returns the kind of value for messages: `a number`, `a list`.
    pub fn kind(&self) -> &'static str {
        match &self.declared {
            Declared::Null => "null",
            Declared::Bool(_) => "a boolean",
            Declared::Number(number) if number.is_f64() => "a number with a fraction",
            Declared::Number(_) => "a number",
            Declared::String(_) | Declared::Env(_) => "a string",
            Declared::List(_) => "a list",
            Declared::Object(_) => "a mapping",
        }
    }
}

/// Reads a small typed file, such as the curated facts that the program carries.
///
/// # Errors
/// The parser's message with line and column.
pub fn from_str<'de, T: serde::Deserialize<'de>>(text: &'de str) -> Result<T, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}
