//! A call to Graph as a value: built by the planner, shown by the reports, sent by the client.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::Method;
use crate::schema::types::GraphVersion;

/// The end of a path that counts objects of the directory. The count comes from an index that may lag behind, and is
/// answered only to calls that accept that (FACTS 7).
const COUNT: &str = "/$count";

/// Returns the value of `ConsistencyLevel` that a call of this path, with its query if any, has to carry.
pub(super) fn consistency_level(path: &str) -> Option<&'static str> {
    let path = path.split('?').next()?;
    path.ends_with(COUNT).then_some("eventual")
}

/// One call. Two of them are the same call when they are equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// The API version.
    #[serde(rename = "apiVersion")]
    pub version: GraphVersion,
    /// The path below the version, percent-encoded, with a leading slash, with its query if any.
    pub path: String,
    /// The JSON body. These leaves are filled when it is sent: `{"$secret": "env:NAME"}`; `{"$id":
    /// "kind/name"}` by the id that a manifest's object has by then; `{"$object": …}`, with an id or such a leaf,
    /// by the object's own address. Settings of the settings catalog stand by their definition ids, and are sent as the
    /// list that Graph has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl Request {
    /// Makes a read of a path that may end in a query.
    pub fn get(version: GraphVersion, path: impl Into<String>) -> Self {
        Self { method: Method::Get, version, path: path.into(), body: None }
    }

    /// Makes a call with a body.
    pub fn with_body(
        method: Method,
        version: GraphVersion,
        path: impl Into<String>,
        body: Value,
    ) -> Self {
        Self { method, version, path: path.into(), body: Some(body) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_count_needs_a_consistency_level() {
        assert_eq!(consistency_level("/groups/1/members/$count?$filter=x"), Some("eventual"));
        assert_eq!(consistency_level("/groups?$count=true&x=/$count"), None);
    }
}
