//! Reading a tenant: few calls, side by side, and never half an answer.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::lookup::names;
use super::masked::Clear;
use super::{Live, LiveObject, ObjectKey, Objects, next_link};
use crate::graph::Part;
use crate::graph::client::Graph;
use crate::graph::error::{Call, GraphError};
use crate::graph::request::Request;
use crate::http::odata;
use crate::kinds::{Action, FAMILIES, Family, Obsolete, Update};
use crate::manifest::tenant_file::OwnershipSpec;
use crate::manifest::{Address, Desired, Manifest, Presence};
use crate::schema::types::GraphVersion;

/// What identifies a live object for a read of it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// Its family.
    pub family: &'static Family,
    /// Its id; a singleton is read without.
    pub id: String,
    /// Its type, where links are asked for.
    pub kind: String,
    /// The navigation properties that are read with it.
    pub links: Vec<String>,
}

impl ObjectRef {
    /// Returns a reference to an object, to be read with some of its links.
    pub fn of(object: &LiveObject, links: Vec<String>) -> Self {
        let LiveObject { family, id, kind, .. } = object;
        Self { family, id: id.clone(), kind: kind.clone(), links }
    }

    /// Returns what tells the object from all others.
    pub fn key(&self) -> ObjectKey<'_> {
        (self.family, &self.id)
    }

    /// Returns the call that reads it.
    fn request(&self) -> Request {
        let Self { family, id, kind, links } = self;
        // Only the type's own name leads to what no list and no plain read shows (FACTS 12).
        let links = links.iter().map(|link| format!("microsoft.graph.{kind}/{link}"));
        let expand: Vec<String> = Some(family.expand())
            .filter(|expand| !expand.is_empty())
            .into_iter()
            .chain(links)
            .collect();
        let query = match &expand[..] {
            [] => String::new(),
            items => format!("?$expand={}", items.join(",")),
        };
        let path = family.object_path(id) + &query;
        Request::get(GraphVersion::Beta, path)
    }

    /// Reads the object from the answer.
    fn read(&self, request: &Request, body: Value) -> Result<LiveObject, GraphError> {
        match deficiency(self.family, &body) {
            Some(reason) => Err(bad(request, reason)),
            None if !self.family.is_whole(&body) => {
                Err(bad(request, "what the object contains was not answered whole"))
            }
            None => object(self.family, request, body).map(|object| object.with_links(&self.links)),
        }
    }
}

/// Returns the families whose objects are read for manifests: theirs, those that they refer to, and those whose objects
/// may refer to one that is deleted. What is no longer declared is found by its owner's tag even where nothing of its
/// family is declared.
pub fn families(
    manifests: &[&Manifest],
    ownership: Option<&OwnershipSpec>,
) -> Vec<&'static Family> {
    families_of(FAMILIES, manifests, ownership)
}

fn families_of(
    all: &[&'static Family],
    manifests: &[&Manifest],
    ownership: Option<&OwnershipSpec>,
) -> Vec<&'static Family> {
    // An object with another type than its pinned manifest is deleted too.
    let deletes = |manifest: &Manifest| {
        manifest.family.deletable
            && (manifest.presence == Presence::Absent || manifest.id.is_some())
    };
    let lose_objects: BTreeSet<&'static Family> = all
        .iter()
        .copied()
        .filter(|family| is_pruned(family, ownership))
        .chain(manifests.iter().filter(|m| deletes(m)).map(|m| m.family))
        .collect();
    let is_read = |family: &&'static Family| {
        lose_objects.contains(family)
            || manifests.iter().any(|m| m.family == *family || m.refers_to(family))
            || lose_objects.iter().any(|lost| family.may_refer_to(lost))
    };
    all.iter().copied().filter(is_read).collect()
}

/// Returns whether objects of a family are deleted when no manifest declares them.
pub fn is_pruned(family: &Family, ownership: Option<&OwnershipSpec>) -> bool {
    ownership.is_some_and(|ownership| ownership.prune) && family.deletable
}

/// Reads what the selected manifests need, and these families whether or not a manifest is of them. `seen` is given
/// the objects of each page while the next one is on its way, some perhaps twice.
///
/// # Errors
/// When any read fails: a plan from half a tenant would create what exists and delete what is wanted.
/// Only names that the token may not look up are kept as such, because a change can be blocked for them.
pub async fn read(
    graph: &Graph,
    desired: &Desired,
    selected: impl Fn(&Address) -> bool,
    also: &[&'static Family],
    seen: &impl Fn(&[LiveObject]),
) -> Result<Live, GraphError> {
    let manifests: Vec<&Manifest> =
        desired.manifests.iter().filter(|m| selected(&m.address)).collect();
    let ownership = desired.tenant.spec.ownership.as_ref();
    let families: BTreeSet<&'static Family> =
        families(&manifests, ownership).into_iter().chain(also.iter().copied()).collect();
    let read_at = Some(graph.clock().instant());
    let (read, names) = tokio::join!(
        join_all(families.iter().map(|family| all(graph, family, seen))),
        names(graph, &manifests, ownership.is_some()),
    );
    let mut objects = Objects::default();
    for (family, read) in families.into_iter().zip(read) {
        objects.insert(family, read?);
    }
    Ok(Live { read_at, objects, names: names?, clear: Clear::default(), referrers: Vec::new() })
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
    let families = refs.iter().map(|reference| reference.family);
    complete(graph, families.zip(&mut bodies)).await?;
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
    bodies: impl Iterator<Item = (&'static Family, &mut Option<Value>)>,
) -> Result<(), GraphError> {
    let mut requests = Vec::new();
    let mut incomplete = Vec::new();
    for (family, body) in bodies {
        if let Some((property, request)) = body.as_ref().and_then(|body| lacking(family, body)) {
            requests.push(request);
            incomplete.push((property, body));
        }
    }
    let lists = graph.lists(GraphVersion::Beta, &requests).await;
    for ((property, body), assignments) in incomplete.into_iter().zip(lists) {
        match (assignments, &mut *body) {
            (Ok(assignments), Some(Value::Object(members))) => {
                members.insert(property.to_owned(), assignments.into());
            }
            (Ok(_), _) => {}
            (Err(error), _) if error.status() == Some(404) => *body = None,
            (Err(error), _) => return Err(error),
        }
    }
    Ok(())
}

/// Returns the property of an object's assignments and the call that reads them, where the object was not answered
/// with all of them.
fn lacking(family: &Family, body: &Value) -> Option<(&'static str, Request)> {
    let Action { property, .. } = family.assign?;
    let goes_on = body.get(next_link(property)).is_some_and(|link| !link.is_null());
    let is_whole = !goes_on && body.get(property).is_some_and(Value::is_array);
    // Without an id it is no object, which is found when it is read.
    let id = body.get("id").and_then(Value::as_str).filter(|_| !is_whole)?;
    let path = format!("{}/{property}", family.object_path(id));
    Some((property, Request::get(GraphVersion::Beta, path)))
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
    let filter = format!("$filter={}%20eq%20{filter}", family.name_property);
    let found = listed(graph, family, Some(&filter), &|_| ()).await?;
    // Intune ignores filters that it does not support, and compares names without case.
    let fits = |object: &LiveObject| object.kind == kind && object.display_name == display_name;
    Ok(found.into_iter().filter(fits).collect())
}

/// Reads an object from an answer. One that cannot be read must not look like one that is not there.
fn object(
    family: &'static Family,
    request: &Request,
    body: Value,
) -> Result<LiveObject, GraphError> {
    LiveObject::from_body(family, body)
        .ok_or_else(|| bad(request, "an object has no id or no type"))
}

/// Returns what an object that was answered in part is read by.
fn reference(
    family: &'static Family,
    request: &Request,
    body: Value,
) -> Result<ObjectRef, GraphError> {
    Ok(ObjectRef::of(&object(family, request, body)?, Vec::new()))
}

fn bad(request: &Request, reason: &'static str) -> GraphError {
    GraphError::BadPayload { call: Call::of(request), reason, request_id: None }
}

/// Returns why an answer is not the whole of an object that is replaced whole: what it lacks would be lost.
fn deficiency(family: &Family, body: &Value) -> Option<&'static str> {
    let Update::Put { required, obsolete } = &family.update else {
        return None;
    };
    let value = |name: &str| body.get(name).filter(|value| !value.is_null());
    if let Some(Obsolete { member, reason }) = obsolete
        && required.iter().filter_map(|name| value(name)).any(|value| value.get(member).is_some())
    {
        return Some(reason);
    }
    let lacks = required.iter().any(|name| value(name).is_none());
    lacks.then_some("the object lacks a property without which it cannot be replaced")
}

/// Reads every object of a family.
async fn all(
    graph: &Graph,
    family: &'static Family,
    seen: &impl Fn(&[LiveObject]),
) -> Result<Vec<LiveObject>, GraphError> {
    if !family.is_singleton() {
        return listed(graph, family, None, seen).await;
    }
    let id = family.root.to_owned();
    let reference = ObjectRef { family, kind: id.clone(), id, links: Vec::new() };
    let request = reference.request();
    let answer = graph.send(&request).await?;
    Ok(vec![reference.read(&request, answer.body)?])
}

/// Reads a list of a family's objects with what belongs to each. Beta whatever the manifests say: v1.0's lists leave
/// out most types and all filters.
async fn listed(
    graph: &Graph,
    family: &'static Family,
    filter: Option<&str>,
    seen: &impl Fn(&[LiveObject]),
) -> Result<Vec<LiveObject>, GraphError> {
    let expand = Some(family.expand()).filter(|items| !items.is_empty());
    let query: Vec<String> = filter
        .map(str::to_owned)
        .into_iter()
        .chain(expand.map(|items| format!("$expand={items}")))
        .collect();
    let path = match &query[..] {
        [] => family.path.to_owned(),
        options => format!("{}?{}", family.path, options.join("&")),
    };
    let request = Request::get(GraphVersion::Beta, path);
    let (give, parts) = unbounded_channel();
    // Where the receiver met an error, the list is still read to its end: an error of its own comes first.
    let give = move |part| drop(give.send(part));
    let (listed, read) = tokio::join!(
        graph.list_by_pages(&request, give),
        objects(graph, family, &request, parts, seen),
    );
    listed.and(read)
}

/// Reads the objects of pages while others are on their way, and last what lacks its assignments, or something that it
/// contains.
async fn objects(
    graph: &Graph,
    family: &'static Family,
    request: &Request,
    mut parts: UnboundedReceiver<Part>,
    seen: &impl Fn(&[LiveObject]),
) -> Result<Vec<LiveObject>, GraphError> {
    let mut objects = Vec::new();
    let mut incomplete = Vec::new();
    let mut cut = Vec::new();
    while let Some(part) = parts.recv().await {
        let Part::Page(bodies) = part else {
            objects.clear();
            incomplete.clear();
            cut.clear();
            continue;
        };
        let start = objects.len();
        for body in bodies {
            let body = body.value().ok_or_else(|| bad(request, "it is not JSON"))?;
            match lacking(family, &body) {
                _ if !family.is_whole(&body) => cut.push(reference(family, request, body)?),
                Some(_) => incomplete.push(Some(body)),
                None => objects.push(object(family, request, body)?),
            }
        }
        seen(&objects[start..]);
    }
    complete(graph, incomplete.iter_mut().map(|body| (family, body))).await?;
    let completed = incomplete.into_iter().flatten();
    let mut completed: Vec<LiveObject> =
        completed.map(|body| object(family, request, body)).collect::<Result<_, _>>()?;
    completed.extend(reread(graph, &cut).await?.into_iter().flatten());
    seen(&completed);
    objects.extend(completed);
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Sources, Span};
    use crate::kinds;
    use crate::manifest::Link;
    use crate::manifest::reference::{Reference, Referent};
    use crate::manifest::value::{Declared, Value as Spec};

    const SCEP: &str = "windows81SCEPCertificateProfile";

    fn manifest(kind: &str, links: Vec<Link>, presence: Presence) -> Manifest {
        let span = Span::new(Sources::default().add("all.yaml", String::new()), 0..0);
        Manifest {
            address: Address { kind: kind.to_owned(), name: "one".to_owned() },
            family: kinds::family_of(kind).expect("a kind"),
            version: GraphVersion::Beta,
            id: None,
            formerly: Vec::new(),
            presence,
            protect: false,
            spec: Spec { declared: Declared::Object(Vec::new()), span },
            links,
            assignments: None,
            span,
        }
    }

    fn names(all: &[&'static Family], manifest: &Manifest) -> Vec<&'static str> {
        families_of(all, &[manifest], None).into_iter().map(|family| family.name).collect()
    }

    #[test]
    fn families_that_manifests_refer_to_are_read() {
        let labels = kinds::family_of("roleScopeTag").expect("a family of the tests");
        let span = manifest(SCEP, Vec::new(), Presence::Present).span;
        let to = Referent::Named { display_name: "Lisbon".to_owned(), kind: None };
        let link = |references| Link {
            property: "rootCertificate".to_owned(),
            many: false,
            target: "roleScopeTag".to_owned(),
            family: Some(labels),
            references,
            span,
        };
        let set = manifest(SCEP, vec![link(vec![Reference { to, span }])], Presence::Present);
        assert_eq!(names(FAMILIES, &set), ["deviceConfigurations", "testLabels"]);
        let unset = manifest(SCEP, vec![link(Vec::new())], Presence::Present);
        assert_eq!(names(FAMILIES, &unset), ["deviceConfigurations"]);
    }

    #[test]
    fn families_that_may_refer_to_what_is_deleted_are_read() {
        let all = |root| -> [&'static Family; 2] {
            let family = FAMILIES[0];
            [family, Box::leak(Box::new(Family { name: "others", root, ..*family }))]
        };
        let absent = manifest(SCEP, Vec::new(), Presence::Absent);
        assert_eq!(names(&all(SCEP), &absent), ["deviceConfigurations", "others"]);
        let without_links = "windowsIdentityProtectionConfiguration";
        assert_eq!(names(&all(without_links), &absent), ["deviceConfigurations"]);
        let present = manifest(SCEP, Vec::new(), Presence::Present);
        assert_eq!(names(&all(SCEP), &present), ["deviceConfigurations"]);
        let pinned = Manifest { id: Some("1".to_owned()), ..present };
        assert_eq!(names(&all(SCEP), &pinned), ["deviceConfigurations", "others"]);
    }
}
