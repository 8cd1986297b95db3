//! Values that an object shows masked and that Graph gives out one by one, to whoever may write (FACTS 12).
//!
//! In a [`LiveObject`](super::LiveObject) such a value is a marker that names its reference. What stands
//! behind it is read where a plan needs it, held apart in [`Clear`], and never part of a plan or a report.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;
use serde_json::Value;

use crate::graph::client::Graph;
use crate::graph::error::GraphError;
use crate::graph::request::Request;
use crate::http::odata;
use crate::kinds::{Family, Unmask};
use crate::schema::types::GraphVersion;

/// A masked value of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Masked {
    /// The object's family.
    pub family: &'static Family,
    /// The object's id.
    pub object: String,
    /// What the object calls the value.
    pub reference: String,
}

impl Masked {
    /// Returns the call that reads it in clear, where its family has one.
    fn request(&self) -> Option<Request> {
        let Unmask { function, parameter } = self.family.unmask.as_ref()?;
        let path = format!(
            "{}/{}/{function}({parameter}={})",
            self.family.path,
            odata::segment(&self.object),
            odata::literal(&self.reference),
        );
        Some(Request::get(GraphVersion::Beta, path))
    }
}

/// Masked values in clear.
#[derive(Clone, Debug, Default)]
pub struct Clear(BTreeMap<Masked, SecretString>);

impl Clear {
    /// Returns a value as plain text.
    pub fn get(&self, masked: &Masked) -> Option<&SecretString> {
        self.0.get(masked)
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
    // Reading permissions no longer suffice, whatever the reference says (microsoft-graph-docs PR 19790).
    let families: BTreeSet<&'static Family> = wanted.iter().map(|masked| masked.family).collect();
    let mut readable = BTreeSet::new();
    for family in families {
        if graph.may(family.write_permission).await {
            readable.insert(family);
        }
    }
    let wanted: Vec<&Masked> = wanted
        .iter()
        .filter(|masked| masked.family.unmask.is_some() && readable.contains(masked.family))
        .collect();
    let requests: Vec<Request> = wanted.iter().filter_map(|masked| masked.request()).collect();
    let answers = graph.batch(GraphVersion::Beta, &requests).await;
    let mut clear = BTreeMap::new();
    for (masked, answer) in wanted.into_iter().zip(answers) {
        match answer {
            Ok(answer) => {
                let value = answer.body.get("value").and_then(Value::as_str);
                clear.extend(value.map(|value| (masked.clone(), value.into())));
            }
            Err(error) if matches!(error.status(), Some(403 | 404)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Clear(clear))
}
