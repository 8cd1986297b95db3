//! Reads a tenant with few concurrent calls, and accepts no partial response.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::audited::AuditedNames;
use super::lookup::names;
use super::masked::UnmaskedValues;
use super::{Linked, Live, LiveObject, ObjectKey, Objects, UnreadObject, linked, next_link};
use crate::graph::error::Call;
use crate::graph::{Graph, GraphError, MOST_MEMBERS, Part, Request};
use crate::http::odata;
use crate::kinds::{FAMILIES, Family, Obsolete, Update, referred};
use crate::manifest::tenant_file::OwnershipSpec;
use crate::manifest::{Address, Desired, Manifest, Presence};
use crate::schema::types::GraphVersion;

/// A reference to a live object, for a read of the single object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// The family.
    pub family: &'static Family,
    /// The id; the read of a singleton does not use it.
    pub id: String,
    /// The type, which a read of links needs.
    pub kind: String,
    /// The navigation properties to expand.
    pub links: Vec<String>,
}

impl ObjectRef {
    /// Returns a reference to an object, which expands these links.
    pub fn of(object: &LiveObject, links: Vec<String>) -> Self {
        let LiveObject { family, id, kind, .. } = object;
        Self { family, id: id.clone(), kind: kind.clone(), links }
    }

    /// Returns the key of the object.
    pub fn key(&self) -> ObjectKey<'_> {
        (self.family, &self.id)
    }

    /// Returns the request that reads the object.
    fn request(&self) -> Request {
        let Self { family, id, kind, links } = self;
        // A list and a read without the cast do not show these links (FACTS 12).
        let links = links.iter().map(|link| format!("microsoft.graph.{kind}/{link}"));
        get(&family.object_path(id), None, family.expand().into_iter().chain(links).collect())
    }

    /// Returns the request that reads what is read by pages of its own.
    fn paged(&self) -> Option<Request> {
        let paged = self.family.paged?;
        let path = format!("{}/{}", self.family.object_path(&self.id), paged.property);
        Some(Request::get(GraphVersion::Beta, path))
    }

    /// Reads the object from the response.
    fn read(&self, request: &Request, body: Value) -> Result<LiveObject, GraphError> {
        match deficiency(self.family, &body) {
            Some(reason) => Err(bad(request, reason)),
            None if !self.family.is_complete(&body) => {
                Err(bad(request, "the object was answered without all that it contains"))
            }
            None => {
                counted(self.family, request, body).map(|object| object.with_links(&self.links))
            }
        }
    }
}

/// Returns the families whose objects are read for manifests: their own, those that they refer to, and those whose
/// objects may refer to an object that is deleted. With pruning, every family is read: an object that is no longer
/// declared is found by its owner's tag.
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

/// Whether objects of a family are deleted if no manifest declares them.
pub fn is_pruned(family: &Family, ownership: Option<&OwnershipSpec>) -> bool {
    ownership.is_some_and(|ownership| ownership.prune) && family.deletable
}

/// Reads the families that the selected manifests need, and the families in `also`. `seen` is called with the objects of
/// each page while the next page is being read; it may see an object twice.
///
/// # Errors
/// When a list cannot be read: a plan from a part of it would create objects that exist and delete objects that are in
/// use. A single object that cannot be read, and names that cannot be looked up, are no error, because the changes that
/// need them are blocked.
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
    let (read, names, referred) = tokio::join!(
        join_all(families.iter().map(|family| read_family(graph, family, seen))),
        names(graph, &manifests, ownership.is_some()),
        referents(graph, &manifests),
    );
    let mut objects = Objects::default();
    let mut unread = Vec::new();
    for (family, read) in families.into_iter().zip(read) {
        let read = read?;
        objects.insert(family, read.objects);
        unread.extend(read.unread);
    }
    Ok(Live {
        read_at,
        objects,
        unread,
        names: names?,
        clear: UnmaskedValues::default(),
        referred: referred?,
        audited: AuditedNames::default(),
        referrers: Vec::new(),
    })
}

/// Reads the objects that manifests refer to and do not manage, by type.
async fn referents(
    graph: &Graph,
    manifests: &[&Manifest],
) -> Result<BTreeMap<String, Vec<Linked>>, GraphError> {
    let links = manifests.iter().flat_map(|manifest| &manifest.links);
    let unmanaged = links.filter(|link| link.family.is_none() && !link.references.is_empty());
    let paths: BTreeMap<&str, &str> =
        unmanaged.filter_map(|link| Some((link.target.as_str(), link.path()?))).collect();
    listed_referents(graph, paths).await
}

/// As [`referents`], by the types of the objects.
pub(crate) async fn referred_to(
    graph: &Graph,
    targets: BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<Linked>>, GraphError> {
    let targets = targets.iter().map(String::as_str);
    let paths = targets.filter_map(|target| Some((target, referred::path_of(target)?)));
    listed_referents(graph, paths.collect()).await
}

async fn listed_referents(
    graph: &Graph,
    paths: BTreeMap<&str, &str>,
) -> Result<BTreeMap<String, Vec<Linked>>, GraphError> {
    let mut found = BTreeMap::new();
    for (target, path) in paths {
        let path = format!("{path}?$select=id,displayName");
        let objects = graph.list(&Request::get(GraphVersion::Beta, path)).await?;
        let objects = objects.iter().filter_map(|object| linked(None, object));
        found.insert(target.to_owned(), objects.collect());
    }
    Ok(found)
}

/// Reads every object of a family, and returns apart from them those that cannot be read.
///
/// # Errors
/// When the list cannot be read.
pub async fn read_all(
    graph: &Graph,
    family: &'static Family,
) -> Result<(Vec<LiveObject>, Vec<UnreadObject>), GraphError> {
    let Listed { objects, unread } = read_family(graph, family, &|_| ()).await?;
    Ok((objects, unread))
}

/// Reads single objects again. `None` stands for an object that does not exist any more.
///
/// # Errors
/// When a read fails with anything but 404.
pub async fn reread(
    graph: &Graph,
    refs: &[ObjectRef],
) -> Result<Vec<Option<LiveObject>>, GraphError> {
    reread_each(graph, refs).await.into_iter().collect()
}

/// As [`reread`], with an error of its own for each object.
pub async fn reread_each(
    graph: &Graph,
    refs: &[ObjectRef],
) -> Vec<Result<Option<LiveObject>, GraphError>> {
    let requests: Vec<Request> = refs.iter().map(ObjectRef::request).collect();
    let read = async {
        match &requests[..] {
            [only] => vec![graph.send(only).await],
            _ => graph.batch(GraphVersion::Beta, &requests).await,
        }
    };
    let paged: Vec<Request> = refs.iter().filter_map(ObjectRef::paged).collect();
    let (outcomes, lists) = tokio::join!(read, graph.lists(GraphVersion::Beta, &paged));
    let bodies = outcomes.into_iter().map(|outcome| match outcome {
        Ok(response) => Ok(Some(response.body)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    });
    let mut bodies: Vec<Result<Option<Value>, GraphError>> = bodies.collect();
    // A list that could not be read, or is not whole, is read once more.
    let with_lists = refs.iter().zip(&mut bodies).filter(|(it, _)| it.family.paged.is_some());
    for ((reference, body), list) in with_lists.zip(lists) {
        let (Some(paged), Ok(Some(body)), Ok(list)) = (reference.family.paged, body, list) else {
            continue;
        };
        put_list(body, paged.property, list);
        if !is_counted(reference.family, body)
            && let Some(members) = body.as_object_mut()
        {
            members.remove(paged.property);
        }
    }
    let families = refs.iter().map(|reference| reference.family);
    complete(graph, families.zip(&mut bodies)).await;
    let objects = bodies.into_iter().zip(refs).zip(&requests);
    objects
        .map(|((body, reference), request)| {
            body?.map(|body| reference.read(request, body)).transpose()
        })
        .collect()
}

/// Reads the assignments of objects that were answered without all of them, and what is read by pages of its own: a
/// missing list is not an empty list. A body is set to `None` if its object does not exist any more, and to the error if
/// a list of it cannot be read or is not whole.
async fn complete(
    graph: &Graph,
    bodies: impl Iterator<Item = (&'static Family, &mut Result<Option<Value>, GraphError>)>,
) {
    let incomplete = bodies.filter_map(|(family, body)| {
        let lacking = lacking(family, body.as_ref().ok()?.as_ref()?);
        (!lacking.is_empty()).then_some((lacking, body))
    });
    let incomplete: Vec<_> = incomplete.collect();
    let requests = incomplete.iter().flat_map(|(lacking, _)| lacking);
    let requests: Vec<Request> = requests.map(|(_, request)| request.clone()).collect();
    let mut lists = graph.lists(GraphVersion::Beta, &requests).await.into_iter();
    for (lacking, body) in incomplete {
        for ((property, _), list) in lacking.into_iter().zip(&mut lists) {
            match (list, &mut *body) {
                // Another list of the object cannot be read, or the object is gone.
                (_, Err(_) | Ok(None)) => {}
                (Ok(list), Ok(Some(found))) => put_list(found, property, list),
                (Err(error), Ok(Some(_))) if error.status() == Some(404) => *body = Ok(None),
                (Err(error), Ok(Some(_))) => *body = Err(error),
            }
        }
    }
}

/// Gives an object a list that was read by itself.
fn put_list(body: &mut Value, property: &str, list: Vec<Value>) {
    if let Some(members) = body.as_object_mut() {
        members.remove(&next_link(property));
        members.insert(property.to_owned(), list.into());
    }
}

/// Returns whether what is read by pages of its own is all that the object says it has: a replacement with a part of it
/// would delete the rest.
fn is_counted(family: &Family, body: &Value) -> bool {
    family.paged.is_none_or(|paged| {
        let said = body.get(paged.count).and_then(Value::as_u64);
        let read = body.get(paged.property).and_then(Value::as_array).map(|list| list.len() as u64);
        said.is_some() && said == read
    })
}

/// Returns the properties with lists that an object was not answered with as a whole, each with the request that reads
/// it.
fn lacking(family: &Family, body: &Value) -> Vec<(&'static str, Request)> {
    let assignments = family.assign.map(|assign| assign.property);
    let lists = assignments.into_iter().chain(family.paged.map(|paged| paged.property));
    // A body without an id is rejected when the object is read from it.
    let Some(id) = body.get("id").and_then(Value::as_str) else {
        return Vec::new();
    };
    let is_whole = |property: &&str| {
        let has_next = body.get(next_link(property)).is_some_and(|link| !link.is_null());
        !has_next && body.get(*property).is_some_and(Value::is_array)
    };
    let lacking = lists.filter(|property| !is_whole(property));
    let request = |property: &'static str| {
        let path = format!("{}/{property}", family.object_path(id));
        (property, Request::get(GraphVersion::Beta, path))
    };
    lacking.map(request).collect()
}

/// Returns the objects of a type with a display name.
///
/// # Errors
/// When the read fails.
pub async fn find_by_name(
    graph: &Graph,
    family: &'static Family,
    kind: &str,
    display_name: &str,
) -> Result<Vec<LiveObject>, GraphError> {
    let (property, name) = (family.name_property, odata::literal(display_name));
    let filter = format!("$filter={property}%20eq%20{name}");
    let Listed { objects, unread } = listed(graph, family, Some(filter), &|_| ()).await?;
    if let Some(unread) = unread.into_iter().find(|unread| unread.may_be_called(kind, display_name))
    {
        return Err(unread.error);
    }
    // Intune ignores filters that it does not support, and compares names without case.
    let fits = |object: &LiveObject| object.kind == kind && object.display_name == display_name;
    Ok(objects.into_iter().filter(fits).collect())
}

/// Reads an object from a response. An object that cannot be read is an error, so that it is not taken for a missing one.
fn object(
    family: &'static Family,
    request: &Request,
    body: Value,
) -> Result<LiveObject, GraphError> {
    LiveObject::from_body(family, body)
        .ok_or_else(|| bad(request, "an object has no id or no type"))
}

/// As [`object`], of an object that was answered with all that it has.
fn counted(
    family: &'static Family,
    request: &Request,
    body: Value,
) -> Result<LiveObject, GraphError> {
    let says_how_many =
        family.paged.is_none_or(|paged| body.get(paged.count).is_some_and(Value::is_u64));
    match is_counted(family, &body) {
        true => object(family, request, body),
        false if says_how_many => {
            Err(bad(request, "there are not as many settings as the object says"))
        }
        false => Err(bad(request, "the object does not say how many settings it has")),
    }
}

/// Returns the request that reads a path with a `$filter` and expanded properties.
fn get(path: &str, filter: Option<String>, expand: Vec<String>) -> Request {
    let expand = (!expand.is_empty()).then(|| format!("$expand={}", expand.join(",")));
    let options: Vec<String> = filter.into_iter().chain(expand).collect();
    let separator = if options.is_empty() { "" } else { "?" };
    Request::get(GraphVersion::Beta, format!("{path}{separator}{}", options.join("&")))
}

fn bad(request: &Request, reason: &'static str) -> GraphError {
    GraphError::BadPayload { call: Call::of(request), reason, request_id: None }
}

/// Returns why a response is not complete enough for a replacement of the object: missing properties would be lost.
fn deficiency(family: &Family, body: &Value) -> Option<&'static str> {
    let Update::Put { required, obsolete, .. } = &family.update else {
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

/// The objects of a list.
#[derive(Default)]
struct Listed {
    objects: Vec<LiveObject>,
    unread: Vec<UnreadObject>,
}

impl Listed {
    /// Adds an object that was read by itself, or could not be.
    ///
    /// # Errors
    /// When the error is not the object's own.
    fn add(
        &mut self,
        read: Result<LiveObject, GraphError>,
        unread: impl FnOnce(GraphError) -> UnreadObject,
    ) -> Result<(), GraphError> {
        match read {
            Ok(object) => self.objects.push(object),
            Err(error) if error.is_of_call() => self.unread.push(unread(error)),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Adds objects that were completed.
    ///
    /// # Errors
    /// When the error is not an object's own.
    fn add_completed(
        &mut self,
        family: &'static Family,
        request: &Request,
        completed: Vec<Incomplete>,
        seen: &impl Fn(&[LiveObject]),
    ) -> Result<(), GraphError> {
        let start = self.objects.len();
        for (shown, body) in completed {
            let read =
                body.and_then(|body| body.map(|body| counted(family, request, body)).transpose());
            if let Some(read) = read.transpose() {
                self.add(read, |error| UnreadObject::of(&shown, error))?;
            }
        }
        seen(&self.objects[start..]);
        Ok(())
    }
}

/// Reads every object of a family.
async fn read_family(
    graph: &Graph,
    family: &'static Family,
    seen: &impl Fn(&[LiveObject]),
) -> Result<Listed, GraphError> {
    if !family.is_singleton() {
        return listed(graph, family, None, seen).await;
    }
    let id = family.root.to_owned();
    let reference = ObjectRef { family, kind: id.clone(), id, links: Vec::new() };
    let request = reference.request();
    let read = graph.send(&request).await;
    let read = read.and_then(|answer| reference.read(&request, answer.body));
    let mut listed = Listed::default();
    match read {
        // Without the permission, or with a part of it, there is nothing to plan.
        Err(error) if error.status() == Some(403) => return Err(error),
        read => listed.add(read, |error| UnreadObject::new(family, error))?,
    }
    Ok(listed)
}

/// Reads a list of a family's objects, with their assignments and contained objects. Always in beta: the lists of v1.0
/// leave out most types and all filters.
async fn listed(
    graph: &Graph,
    family: &'static Family,
    filter: Option<String>,
    seen: &impl Fn(&[LiveObject]),
) -> Result<Listed, GraphError> {
    let request = get(family.path, filter, family.expand());
    let (give, parts) = unbounded_channel();
    // After an error of the receiver, the list is still read to its end: an error of the list has precedence.
    let give = move |part| drop(give.send(part));
    let (listed, read) = tokio::join!(
        graph.list_by_pages(&request, give),
        objects(graph, family, &request, parts, seen),
    );
    listed.and(read)
}

/// An object that was listed without all of its lists, as far as it was shown, and its body.
type Incomplete = (LiveObject, Result<Option<Value>, GraphError>);

/// Reads the objects of each page while further pages are being read, and completes objects without all assignments or
/// contained objects.
async fn objects(
    graph: &Graph,
    family: &'static Family,
    request: &Request,
    mut parts: UnboundedReceiver<Part>,
    seen: &impl Fn(&[LiveObject]),
) -> Result<Listed, GraphError> {
    let completed = async |mut incomplete: Vec<Incomplete>| {
        complete(graph, incomplete.iter_mut().map(|(_, body)| (family, body))).await;
        incomplete
    };
    let mut listed = Listed::default();
    let mut incomplete: Vec<Incomplete> = Vec::new();
    let mut completions = FuturesUnordered::new();
    let mut cut = Vec::new();
    loop {
        let part = tokio::select! {
            Some(done) = completions.next() => {
                listed.add_completed(family, request, done, seen)?;
                continue;
            }
            part = parts.recv() => part,
        };
        let items = match part {
            None => break,
            Some(Part::Page(items)) => items,
            Some(Part::Anew) => {
                listed = Listed::default();
                incomplete.clear();
                completions.clear();
                cut.clear();
                continue;
            }
        };
        let start = listed.objects.len();
        for item in items {
            let body = item.value().ok_or_else(|| bad(request, "an object is not JSON"));
            let is_cut = body.as_ref().is_ok_and(|body| !family.is_complete(body));
            let part = body.as_ref().ok().filter(|_| !is_cut);
            let part = part.filter(|body| !lacking(family, body).is_empty()).cloned();
            let is_part = is_cut || part.is_some();
            let read = body.and_then(|body| match is_part {
                true => object(family, request, body),
                false => counted(family, request, body),
            });
            match (read, part) {
                (Ok(object), _) if is_cut => cut.push(object),
                (Ok(object), Some(body)) => incomplete.push((object, Ok(Some(body)))),
                (read, _) => {
                    listed.add(read, |error| UnreadObject::of_item(family, &item, error))?;
                }
            }
        }
        while incomplete.len() >= MOST_MEMBERS {
            completions.push(completed(incomplete.drain(..MOST_MEMBERS).collect()));
        }
        seen(&listed.objects[start..]);
    }
    completions.push(completed(incomplete));
    while let Some(done) = completions.next().await {
        listed.add_completed(family, request, done, seen)?;
    }
    let refs: Vec<ObjectRef> = cut.iter().map(|cut| ObjectRef::of(cut, Vec::new())).collect();
    let start = listed.objects.len();
    for (shown, read) in cut.into_iter().zip(reread_each(graph, &refs).await) {
        if let Some(read) = read.transpose() {
            listed.add(read, |error| UnreadObject::of(&shown, error))?;
        }
    }
    seen(&listed.objects[start..]);
    Ok(listed)
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
            not_formerly: Vec::new(),
            presence,
            protect: false,
            spec: Spec { declared: Declared::Object(Vec::new()), span },
            links,
            assignments: None,
            accepted: Vec::new(),
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
