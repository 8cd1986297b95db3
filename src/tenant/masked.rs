//! Values that an object shows masked and that Graph gives out one by one, to whoever may write (FACTS 12).
//!
//! In a [`LiveObject`](super::LiveObject) such a value is a marker that names its reference. What stands
//! behind it is read where a plan needs it, held apart in [`Clear`], and never part of a plan or a report.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::graph::client::Graph;
use crate::graph::error::GraphError;
use crate::graph::request::Request;
use crate::http::odata;
use crate::kinds::FAMILIES;
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::GraphVersion;

/// What stands for a masked value wherever it is compared or sent again: Graph's own placeholder, which must never
/// reach Graph.
pub(crate) const MASK: &str = "****";

const MARKER: &str = "$masked";
const REFERENCE: &str = "secretReferenceValueId";

/// A masked value of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Masked {
    /// The object's id.
    pub object: String,
    /// What the object calls the value.
    pub reference: String,
}

/// Masked values in clear, by their reference.
#[derive(Clone, Debug, Default)]
pub struct Clear(BTreeMap<String, SecretString>);

impl Clear {
    /// Returns a value as plain text.
    pub fn get(&self, reference: &str) -> Option<&SecretString> {
        self.0.get(reference)
    }

    /// Returns whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what was read since.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// Reads values in clear. Without the permission for it nothing is asked; what is refused or gone is left out.
///
/// # Errors
/// When a read fails otherwise.
pub async fn read(graph: &Graph, wanted: &BTreeSet<Masked>) -> Result<Clear, GraphError> {
    let family = FAMILIES[0];
    // Reading permissions no longer suffice, whatever the reference says (microsoft-graph-docs PR 19790).
    if wanted.is_empty() || !graph.may(family.write_permission).await {
        return Ok(Clear::default());
    }
    let requests: Vec<Request> = wanted
        .iter()
        .map(|masked| {
            let path = format!(
                "{}/{}/getOmaSettingPlainTextValue({REFERENCE}={})",
                family.path,
                odata::segment(&masked.object),
                odata::literal(&masked.reference),
            );
            Request::get(GraphVersion::Beta, path)
        })
        .collect();
    let answers = graph.batch(GraphVersion::Beta, &requests).await;
    let mut clear = BTreeMap::new();
    for (masked, answer) in wanted.iter().zip(answers) {
        match answer {
            Ok(answer) => {
                let value = answer.body.get("value").and_then(Value::as_str);
                clear.extend(value.map(|value| (masked.reference.clone(), value.into())));
            }
            Err(error) if matches!(error.status(), Some(403 | 404)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Clear(clear))
}

/// Replaces every masked value that has a reference by a marker.
pub(super) fn mark(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let reference = members.get(REFERENCE).and_then(Value::as_str);
            let masked = members.get("value").and_then(Value::as_str);
            if let (Some(reference), true) = (reference, masked.is_some_and(is_placeholder)) {
                let marker = json!({ MARKER: reference });
                members.insert("value".to_owned(), marker);
            }
            members.values_mut().for_each(mark);
        }
        Value::Array(items) => items.iter_mut().for_each(mark),
        _ => {}
    }
}

/// Returns the reference of a value that is masked.
pub fn reference(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(MARKER)?.as_str()
}
