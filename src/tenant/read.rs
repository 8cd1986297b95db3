//! Reading a tenant: few calls, side by side, and never half an answer.

use std::collections::BTreeSet;

use serde_json::Value;

use super::lookup::{label_targets, names};
use super::masked::{self, Clear};
use super::missing::{Missing, Seen};
use super::reach::{self, Counts};
use super::{Live, LiveObject};
use crate::graph::client::Graph;
use crate::graph::error::{Call, GraphError};
use crate::graph::request::Request;
use crate::http::odata;
use crate::kinds::{Cardinality, FAMILIES, Family};
use crate::manifest::{Address, Desired, Manifest};
use crate::plan::{self, Plan};
use crate::schema::types::GraphVersion;

/// The navigation property that holds whom an object is assigned to.
const ASSIGNMENTS: &str = "assignments";

/// Where the assignments of an object go on.
const NEXT_ASSIGNMENTS: &str = "assignments@odata.nextLink";

/// What identifies a live object for a read of it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectRef {
    /// A device configuration.
    Configuration {
        /// Its id.
        id: String,
        /// Its type, where links are asked for.
        kind: String,
        /// The navigation properties that are read with it.
        links: Vec<String>,
    },
    /// The device registration policy.
    Policy,
}

impl ObjectRef {
    /// Returns a reference to an object, to be read with some of its links.
    pub(crate) fn of(object: &LiveObject, links: Vec<String>) -> Self {
        Self::Configuration { id: object.id.clone(), kind: object.kind.clone(), links }
    }

    /// Returns the id of a device configuration.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Configuration { id, .. } => Some(id),
            Self::Policy => None,
        }
    }

    /// Returns the call that reads it.
    fn request(&self) -> Request {
        let Self::Configuration { id, kind, links } = self else {
            return Request::get(GraphVersion::Beta, singleton().path);
        };
        let id = odata::segment(id);
        // Only the type's own name leads to what no list and no plain read shows (FACTS 12).
        let links = links.iter().map(|link| format!(",microsoft.graph.{kind}/{link}"));
        let expand = links.fold("assignments".to_owned(), |expand, link| expand + &link);
        let path = format!("{}/{id}?$expand={expand}", collection().path);
        Request::get(GraphVersion::Beta, path)
    }

    /// Reads the object from the answer.
    fn read(&self, request: &Request, body: Value) -> Result<LiveObject, GraphError> {
        match self {
            Self::Configuration { links, .. } => {
                object(request, body, None).map(|object| object.with_links(links))
            }
            Self::Policy => match deficiency(singleton(), &body) {
                Some(reason) => Err(bad(request, reason)),
                None => object(request, body, Some(singleton().root)),
            },
        }
    }
}

/// Reads what the selected manifests need, and these families whether or not a manifest is of them.
///
/// # Errors
/// When any read fails: a plan from half a tenant would create what exists and delete what is wanted.
/// Only names that the token may not look up are kept as such, because a change can be blocked for them.
pub async fn read(
    graph: &Graph,
    desired: &Desired,
    selected: impl Fn(&Address) -> bool,
    also: &[Cardinality],
) -> Result<Live, GraphError> {
    let manifests: Vec<&Manifest> =
        desired.manifests.iter().filter(|m| selected(&m.address)).collect();
    let needs = |cardinality| {
        let mut families = manifests.iter().map(|m| m.family.cardinality);
        also.contains(&cardinality) || families.any(|family| family == cardinality)
    };
    let ownership = desired.tenant.spec.ownership.as_ref();
    // What nobody declares any more is found even where nothing of its kind is declared.
    let prunes = ownership.is_some_and(|ownership| ownership.prune);
    let read_at = Some(graph.clock().instant());
    let (objects, policy, names) = tokio::join!(
        configurations(graph, prunes || needs(Cardinality::Collection)),
        policy(graph, needs(Cardinality::Singleton)),
        names(graph, &manifests, ownership.is_some()),
    );
    let mut live = Live {
        read_at,
        objects: objects?,
        policy: policy?,
        names: names?,
        clear: Clear::default(),
        referrers: Vec::new(),
    };
    label_targets(graph, &mut live).await?;
    Ok(live)
}

/// Reads the tenant and plans; what the plan depends on and no list shows is read by itself first, and so
/// is every masked value. Whom the changes reach is counted beside that, if it is wanted.
///
/// # Errors
/// When any read fails but those that count.
pub async fn plan(
    graph: &Graph,
    desired: &Desired,
    selected: impl Fn(&Address) -> bool,
    options: &plan::Options,
) -> Result<(Plan, Live), GraphError> {
    let mut live = read(graph, desired, &selected, &options.also).await?;
    let mut seen = Seen::default();
    let mut counts = Counts::default();
    loop {
        let draft = plan::draft(desired, &live, &selected, options);
        let missing = seen.missing(draft.plan(), desired, &live, options);
        let uncounted = match options.reach {
            true => counts.missing(draft.plan(), &live),
            false => BTreeSet::new(),
        };
        if missing.is_empty() && uncounted.is_empty() {
            let mut plan = draft.seal();
            if options.reach {
                plan::reach::tell(&mut plan, &live, &counts);
            }
            return Ok((plan, live));
        }
        let Missing { objects, referrers, masked } = missing;
        let refs = [&objects[..], &referrers].concat();
        let (again, clear, counted) = tokio::join!(
            reread(graph, &refs),
            masked::read(graph, &masked),
            reach::read(graph, &uncounted),
        );
        let again = again?;
        live.clear.extend(clear?);
        counts.extend(counted);
        let (again, referring) = again.split_at(objects.len());
        live.referrers.extend(referring.iter().flatten().cloned());
        let gone = referrers.iter().zip(referring);
        let gone = gone.filter_map(|(reference, found)| found.is_none().then_some(reference));
        let stale = objects.iter().chain(gone);
        let stale: BTreeSet<&str> = stale.filter_map(ObjectRef::id).collect();
        live.objects.retain(|object| !stale.contains(object.id.as_str()));
        live.objects.extend(again.iter().flatten().cloned());
        live.objects.sort_by(|a, b| a.id.cmp(&b.id));
        if !objects.is_empty() {
            label_targets(graph, &mut live).await?;
        }
    }
}

/// Reads objects again, each by itself. `None` stands for one that is gone.
///
/// # Errors
/// When a read fails with anything but 404.
pub async fn reread(
    graph: &Graph,
    refs: &[ObjectRef],
) -> Result<Vec<Option<LiveObject>>, GraphError> {
    let requests: Vec<Request> = refs.iter().map(ObjectRef::request).collect();
    let outcomes = match &requests[..] {
        [] => Vec::new(),
        [only] => vec![graph.send(only).await],
        _ => graph.batch(GraphVersion::Beta, &requests).await,
    };
    let bodies = outcomes.into_iter().map(|outcome| match outcome {
        Ok(response) => Ok(Some(response.body)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    });
    let mut bodies: Vec<Option<Value>> = bodies.collect::<Result<_, _>>()?;
    let assigned =
        bodies.iter_mut().zip(refs).filter(|(_, reference)| **reference != ObjectRef::Policy);
    complete(graph, assigned.map(|(body, _)| body)).await?;
    let objects = bodies.into_iter().zip(refs).zip(&requests);
    objects
        .map(|((body, reference), request)| {
            body.map(|body| reference.read(request, body)).transpose()
        })
        .collect()
}

/// Reads the assignments by themselves where they were asked for with an object and not answered whole: it is
/// not assigned to nobody because nothing is said. One that is gone by then is taken out.
///
/// # Errors
/// When such a read fails.
async fn complete(
    graph: &Graph,
    bodies: impl Iterator<Item = &mut Option<Value>>,
) -> Result<(), GraphError> {
    let mut requests = Vec::new();
    let mut incomplete = Vec::new();
    for body in bodies {
        let Some(members) = body.as_mut().and_then(Value::as_object_mut) else {
            continue;
        };
        let goes_on = members.remove(NEXT_ASSIGNMENTS).is_some_and(|link| !link.is_null());
        let is_whole = !goes_on && members.get(ASSIGNMENTS).is_some_and(Value::is_array);
        // Without an id it is no object, which is found when it is read.
        if let (false, Some(id)) = (is_whole, members.get("id").and_then(Value::as_str)) {
            let path = format!("{}/{}/{ASSIGNMENTS}", collection().path, odata::segment(id));
            requests.push(Request::get(GraphVersion::Beta, path));
            incomplete.push(body);
        }
    }
    let lists = graph.lists(GraphVersion::Beta, &requests).await;
    for (body, assignments) in incomplete.into_iter().zip(lists) {
        match (assignments, &mut *body) {
            (Ok(assignments), Some(Value::Object(members))) => {
                members.insert(ASSIGNMENTS.to_owned(), assignments.into());
            }
            (Ok(_), _) => {}
            (Err(error), _) if error.status() == Some(404) => *body = None,
            (Err(error), _) => return Err(error),
        }
    }
    Ok(())
}

/// Finds the objects of a type that have a display name.
///
/// # Errors
/// When the read fails.
pub async fn find_by_name(
    graph: &Graph,
    family: &'static Family,
    kind: &str,
    display_name: &str,
) -> Result<Vec<LiveObject>, GraphError> {
    let filter = odata::literal(display_name);
    let path = format!("{}?$filter=displayName%20eq%20{filter}&$expand=assignments", family.path);
    let request = Request::get(GraphVersion::Beta, path);
    let found = objects(graph, &request).await?;
    // Intune ignores filters that it does not support, and compares names without case.
    let fits = |object: &LiveObject| object.kind == kind && object.display_name == display_name;
    Ok(found.into_iter().filter(fits).collect())
}

/// Reads an object from an answer. One that cannot be read must not look like one that is not there.
fn object(request: &Request, body: Value, kind: Option<&str>) -> Result<LiveObject, GraphError> {
    LiveObject::from_body(body, kind).ok_or_else(|| bad(request, "an object has no id or no type"))
}

fn bad(request: &Request, reason: &'static str) -> GraphError {
    GraphError::BadPayload { call: Call::of(request), reason, request_id: None }
}

/// Returns why an answer is not the whole of an object that is replaced whole: what it lacks would be lost.
fn deficiency(family: &Family, body: &Value) -> Option<&'static str> {
    let value = |name: &str| body.get(name).filter(|value| !value.is_null());
    // The shape from before 2023 (FACTS 2).
    let is_old = |name: &&str| value(name).is_some_and(|value| value.get("appliesTo").is_some());
    if family.whole.iter().any(is_old) {
        return Some("the policy has the shape from before 2023, which is not known");
    }
    let lacks = family.whole.iter().any(|name| value(name).is_none());
    lacks.then_some("the policy lacks a property without which it cannot be replaced")
}

/// Reads a list of objects with their assignments.
async fn objects(graph: &Graph, request: &Request) -> Result<Vec<LiveObject>, GraphError> {
    let bodies = graph.list(request).await?;
    let mut bodies: Vec<Option<Value>> = bodies.into_iter().map(Some).collect();
    complete(graph, bodies.iter_mut()).await?;
    bodies.into_iter().flatten().map(|body| object(request, body, None)).collect()
}

fn collection() -> &'static Family {
    FAMILIES[0]
}

fn singleton() -> &'static Family {
    FAMILIES[1]
}

async fn configurations(graph: &Graph, needed: bool) -> Result<Vec<LiveObject>, GraphError> {
    if !needed {
        return Ok(Vec::new());
    }
    // Beta whatever the manifests say: v1.0's list leaves out most types and all filters.
    let request =
        Request::get(GraphVersion::Beta, format!("{}?$expand=assignments", collection().path));
    let mut objects = objects(graph, &request).await?;
    objects.sort_by(|a, b| a.id.cmp(&b.id));
    // A page may repeat what moved between two reads.
    objects.dedup_by(|a, b| a.id == b.id);
    Ok(objects)
}

async fn policy(graph: &Graph, needed: bool) -> Result<Option<LiveObject>, GraphError> {
    if !needed {
        return Ok(None);
    }
    let request = ObjectRef::Policy.request();
    let answer = graph.send(&request).await?;
    ObjectRef::Policy.read(&request, answer.body).map(Some)
}
