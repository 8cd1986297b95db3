//! YAML to be written: values with their comments and their layout.

use serde_json::Value as Json;

/// A value to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub content: NodeContent,
    /// The comment behind the value, without `#`; behind the key, where the value has lines of its own.
    pub comment: Option<String>,
    /// Whether a list or a mapping stands on one line, within brackets or braces, where it fits.
    pub is_flow: bool,
}

/// The forms of values to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeContent {
    /// Null, a boolean, a number or a text.
    Scalar(Json),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order in which it is written.
    Map(Vec<NodeEntry>),
}

/// A line or more of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeEntry {
    /// A key and its value.
    Member(String, Node),
    /// A comment on lines of its own, without `#`.
    Comment(String),
}

impl Node {
    /// Returns a value without comments; lists and mappings have lines of their own.
    pub fn of(value: &Json) -> Self {
        let content = match value {
            Json::Array(elements) => NodeContent::List(elements.iter().map(Self::of).collect()),
            Json::Object(members) => {
                let member = |(name, value): (&String, &Json)| {
                    NodeEntry::Member(name.clone(), Self::of(value))
                };
                NodeContent::Map(members.iter().map(member).collect())
            }
            scalar => NodeContent::Scalar(scalar.clone()),
        };
        Self { content, comment: None, is_flow: false }
    }

    /// Returns this value with a comment behind it.
    #[must_use]
    pub fn commented(self, comment: impl Into<String>) -> Self {
        Self { comment: Some(comment.into()), ..self }
    }

    /// Returns this value on one line, where it fits.
    #[must_use]
    pub fn flow(self) -> Self {
        Self { is_flow: true, ..self }
    }

    /// Returns the value alone.
    pub fn to_json(&self) -> Json {
        match &self.content {
            NodeContent::Scalar(scalar) => scalar.clone(),
            NodeContent::List(elements) => elements.iter().map(Self::to_json).collect(),
            NodeContent::Map(entries) => {
                let members = entries.iter().filter_map(|entry| match entry {
                    NodeEntry::Member(name, node) => Some((name.clone(), node.to_json())),
                    NodeEntry::Comment(_) => None,
                });
                Json::Object(members.collect())
            }
        }
    }
}
