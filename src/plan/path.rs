//! Paths of fields within an object.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One step of a field path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Segment {
    /// A property.
    Name(String),
    /// An element of a keyed collection.
    Key {
        /// The key's value.
        key: String,
    },
    /// An element of an ordered collection, from 0.
    Index {
        /// Its position.
        index: usize,
    },
    /// An element of a set of complex values.
    Element {
        /// The digest of its canonical form.
        element: String,
        /// The label by which people tell the element, where its type has such a member; other elements may have the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
    },
}

/// A path from an object's root to a field of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FieldPath(pub Vec<Segment>);

impl FieldPath {
    /// Returns the number of its segments.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// Returns this path with a property appended.
    #[must_use]
    pub fn name(&self, name: &str) -> Self {
        self.with(Segment::Name(name.to_owned()))
    }

    /// Returns this path with a segment appended.
    #[must_use]
    pub fn with(&self, segment: Segment) -> Self {
        let mut path = self.0.clone();
        path.push(segment);
        Self(path)
    }

    /// Returns the top-level property.
    pub fn top(&self) -> Option<&str> {
        match self.0.first() {
            Some(Segment::Name(name)) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Name(name) if at == 0 => f.write_str(name)?,
                Segment::Name(name) => write!(f, ".{name}")?,
                Segment::Key { key } => write!(f, "[{key}]")?,
                Segment::Index { index } => write!(f, "[{index}]")?,
                Segment::Element { label: Some(label), .. } => write!(f, "[{label}]")?,
                Segment::Element { element, .. } => {
                    write!(f, "[{}]", element.get(..8).unwrap_or(element))?
                }
            }
        }
        Ok(())
    }
}
