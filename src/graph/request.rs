//! A call to Graph as a value: built by the planner, shown by the reports, sent by the client.

use serde::Serialize;
use serde_json::Value;

use crate::schema::types::GraphVersion;

/// The verbs that Moorline uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or calls an action.
    Post,
    /// Updates in part.
    Patch,
    /// Replaces.
    Put,
    /// Deletes.
    Delete,
}

impl Method {
    /// Returns the verb on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// One call. Two of them are the same call when they are equal.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// The API version.
    #[serde(rename = "apiVersion")]
    pub version: GraphVersion,
    /// The path below the version, percent-encoded, with a leading slash, with its query if any.
    pub path: String,
    /// The JSON body. A leaf `{"$secret": "env:NAME"}` or `{"$id": "kind/name"}` is filled when sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl Request {
    /// Makes a read of a path that may end in a query.
    pub fn get(version: GraphVersion, path: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            version,
            path: path.into(),
            body: None,
        }
    }

    /// Makes a call with a body.
    pub fn with_body(
        method: Method,
        version: GraphVersion,
        path: impl Into<String>,
        body: Value,
    ) -> Self {
        Self {
            method,
            version,
            path: path.into(),
            body: Some(body),
        }
    }
}
