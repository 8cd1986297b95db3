//! The author and the time of a difference.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::since::Since;
use crate::plan::{Effect, FieldPath, Shown};
use crate::tenant::audit::{AuditActor, AuditRecord};

/// The author and the time of a change, as far as the audit log of the service says it.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attribution {
    /// The author.
    pub by: Author,
    /// When the change was made, RFC 3339; absent where no record tells of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The operation, in the words of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The value before the change, where the log has it: by its type where that can be told, else the text of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former: Option<Shown>,
    /// The id of the record in the audit log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// The author of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Author {
    /// A person.
    Person {
        /// The user principal name, or what the log has in its place.
        name: String,
    },
    /// An app that signed in as itself.
    App {
        /// The display name, or the id where the log has no name.
        name: String,
        /// The client id.
        id: String,
    },
    /// The log does not tell, or cannot be read.
    Unknown {
        /// Why.
        why: String,
    },
}

/// Where the difference of a property comes from.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldOrigin {
    /// The property, as in `fields`.
    pub path: FieldPath,
    /// Whether the tenant or the manifests changed, where earlier manifests were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// The last change of the property, where a record of the audit log names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Attribution>,
}

/// Where the difference of an assignment comes from.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentOrigin {
    /// The target in words, as in `assignments`.
    pub target: String,
    /// Whether an apply adds, changes or removes the target, as in `assignments`.
    pub effect: Effect,
    /// Whether the tenant or the manifests changed.
    pub since: Since,
}

impl Attribution {
    /// Returns the attribution of a change that a record tells of.
    pub(crate) fn of(record: &AuditRecord, former: Option<Shown>) -> Self {
        Self {
            by: Author::of(record),
            at: Some(record.at.to_string()),
            operation: Some(record.operation.clone()).filter(|words| !words.is_empty()),
            former,
            record: Some(record.id.clone()),
        }
    }

    /// Returns the attribution of a change of which nothing is known.
    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        let by = Author::Unknown { why: why.into() };
        Self { by, at: None, operation: None, former: None, record: None }
    }

    /// Returns when the change was made.
    pub fn instant(&self) -> Option<Timestamp> {
        self.at.as_ref()?.parse().ok()
    }
}

impl Author {
    /// Returns the author of a record.
    pub(super) fn of(record: &AuditRecord) -> Self {
        match record.actor.clone() {
            Some(AuditActor { id, name, is_app: true }) => Self::App { name, id },
            Some(AuditActor { name, .. }) => Self::Person { name },
            None => Self::Unknown { why: "the log names no one".to_owned() },
        }
    }
}

/// The author in words: `unknown (needs AuditLog.Read.All)`.
impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person { name } => f.write_str(name),
            Self::App { name, .. } => write!(f, "the app {name}"),
            Self::Unknown { why } => write!(f, "unknown ({why})"),
        }
    }
}
