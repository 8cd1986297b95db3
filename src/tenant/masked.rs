//! Masked values of objects, which Graph returns in clear one by one to an app that may write (FACTS 12).
//!
//! In a [`LiveObject`](super::LiveObject) such a value is a marker that names its reference. The value in clear is read
//! where a plan needs it, held apart in [`UnmaskedValues`], and never part of a plan or a report.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::graph::{Graph, GraphError, MOST_MEMBERS, Request};
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
    /// The object's reference to the value.
    pub reference: String,
}

impl Masked {
    /// Returns the request that reads the value in clear, where the family has one.
    fn request(&self) -> Option<Request> {
        let Unmask { function, parameter } = self.family.unmask.as_ref()?;
        let path = format!(
            "{}/{function}({parameter}={})",
            self.family.object_path(&self.object),
            odata::literal(&self.reference),
        );
        Some(Request::get(GraphVersion::Beta, path))
    }
}

/// Masked values in clear.
pub type UnmaskedValues = BTreeMap<Masked, SecretString>;

/// Reads values in clear. Without the permission no request is sent; values that are refused, gone or otherwise
/// unreadable are left out.
///
/// # Errors
/// When a read fails otherwise.
pub async fn read(graph: &Graph, wanted: BTreeSet<Masked>) -> Result<UnmaskedValues, GraphError> {
    // Reading permissions no longer suffice, whatever the reference says (microsoft-graph-docs PR 19790).
    let families: BTreeSet<&'static Family> = wanted.iter().map(|masked| masked.family).collect();
    let mut readable = BTreeSet::new();
    for family in families {
        if graph.may(family.write_permission).await {
            readable.insert(family);
        }
    }
    let readable = wanted.iter().filter(|masked| readable.contains(masked.family));
    let requests = readable.filter_map(|masked| Some((masked, masked.request()?)));
    let (wanted, requests): (Vec<&Masked>, Vec<Request>) = requests.unzip();
    let answers = graph.batch(GraphVersion::Beta, &requests).await;
    let mut clear = UnmaskedValues::new();
    for (masked, answer) in wanted.into_iter().zip(answers) {
        match answer {
            Ok(answer) => {
                let value = answer.body.get("value").and_then(Value::as_str);
                clear.extend(value.map(|value| (masked.clone(), value.into())));
            }
            // A value that is not known cannot be compared, and the plan says so.
            Err(error) if error.is_of_call() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(clear)
}

/// Masked values that are read before a plan asks for them, while pages of lists are on their way. Only full batches
/// are sent, so that it takes no more calls than to read them all in the end.
pub(crate) struct Ahead<'a> {
    graph: &'a Graph,
    /// The values that were asked for.
    pub(crate) asked: BTreeSet<Masked>,
    under_way: FuturesUnordered<BoxFuture<'a, Result<UnmaskedValues, GraphError>>>,
    read: Vec<Result<UnmaskedValues, GraphError>>,
}

impl<'a> Ahead<'a> {
    pub(crate) fn new(graph: &'a Graph) -> Self {
        let under_way = FuturesUnordered::new();
        Self { graph, asked: BTreeSet::new(), under_way, read: Vec::new() }
    }

    /// Waits for the lists, and sends batches for the values that are wanted meanwhile.
    pub(crate) async fn beside<T>(
        &mut self,
        lists: impl Future<Output = T>,
        mut wanted: UnboundedReceiver<BTreeSet<Masked>>,
    ) -> T {
        let mut lists = std::pin::pin!(lists);
        let mut waiting = BTreeSet::new();
        loop {
            tokio::select! {
                // The next page first: what it is asked for by depends on nothing else.
                biased;
                read = &mut lists => return read,
                Some(read) = self.under_way.next() => self.read.push(read),
                Some(wanted) = wanted.recv() => {
                    waiting.extend(wanted);
                    while waiting.len() >= MOST_MEMBERS {
                        let batch = std::iter::from_fn(|| waiting.pop_first());
                        let batch: BTreeSet<Masked> = batch.take(MOST_MEMBERS).collect();
                        self.asked.extend(batch.iter().cloned());
                        self.under_way.push(Box::pin(read(self.graph, batch)));
                    }
                }
            }
        }
    }

    /// Returns whether no request is under way and no result waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.under_way.is_empty() && self.read.is_empty()
    }

    /// Waits for the requests under way.
    ///
    /// # Errors
    /// When a read failed.
    pub(crate) async fn rest(&mut self) -> Result<UnmaskedValues, GraphError> {
        while let Some(read) = self.under_way.next().await {
            self.read.push(read);
        }
        let mut clear = UnmaskedValues::default();
        for read in self.read.drain(..) {
            clear.extend(read?);
        }
        Ok(clear)
    }
}
