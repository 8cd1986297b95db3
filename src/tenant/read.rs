//! Reading a tenant: few calls, side by side, and never half an answer.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::names::{Named, Names, is_guid};
use super::{Live, LiveObject};
use crate::graph::client::Graph;
use crate::graph::error::{Call, GraphError};
use crate::graph::odata;
use crate::graph::request::{Method, Request};
use crate::kinds::{Cardinality, FAMILIES, Family};
use crate::manifest::assignment::{Assignment, Target};
use crate::manifest::value::Value as Declared;
use crate::manifest::{Address, Desired, Manifest};
use crate::plan::{self, Change, Plan};
use crate::schema::model::{Model, Shape};
use crate::schema::types::GraphVersion;

/// What identifies a live object for a read of it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectRef {
    /// A device configuration by id.
    Configuration(String),
    /// The device registration policy.
    Policy,
}

/// The largest number of ids that one `getByIds` takes.
const IDS_A_CALL: usize = 1000;

/// How many names are offered when one does not exist.
const NEAR: usize = 50;

/// Reads what the selected manifests need.
///
/// # Errors
/// When any read fails: a plan from half a tenant would create what exists and delete what is wanted.
/// Only names that the token may not look up are kept as such, because a change can be blocked for them.
pub async fn read(
    graph: &Graph,
    desired: &Desired,
    selected: impl Fn(&Address) -> bool,
) -> Result<Live, GraphError> {
    let manifests: Vec<&Manifest> = desired
        .manifests
        .iter()
        .filter(|m| selected(&m.address))
        .collect();
    let needs = |cardinality| {
        manifests
            .iter()
            .any(|m| m.family.cardinality == cardinality)
    };
    let (objects, policy, names) = tokio::join!(
        configurations(graph, needs(Cardinality::Collection)),
        policy(graph, needs(Cardinality::Singleton)),
        names(graph, &manifests),
    );
    let mut live = Live {
        objects: objects?,
        policy: policy?,
        names: names?,
    };
    label_targets(graph, &mut live).await?;
    Ok(live)
}

/// Reads the tenant and plans; what would change is read again by itself first, because a list may
/// cut large objects short or leave assignments out (FACTS 1.3, 12).
///
/// # Errors
/// When any read fails.
pub async fn plan(
    graph: &Graph,
    desired: &Desired,
    selected: impl Fn(&Address) -> bool,
    options: &plan::Options,
) -> Result<(Plan, Live), GraphError> {
    let mut live = read(graph, desired, &selected).await?;
    let first = plan::plan(desired, &live, &selected, options);
    // The registration policy was read by itself already.
    let listed = |change: &&Change| {
        live.objects
            .iter()
            .any(|object| change.id.as_deref() == Some(&object.id))
    };
    let doubtful: Vec<String> = first
        .changes
        .iter()
        .filter(|change| change.is_difference())
        .filter(listed)
        .filter_map(|change| change.id.clone())
        .collect();
    if doubtful.is_empty() {
        return Ok((first, live));
    }
    let references: Vec<ObjectRef> = doubtful
        .iter()
        .cloned()
        .map(ObjectRef::Configuration)
        .collect();
    let again = reread(graph, &references).await?;
    live.objects.retain(|object| !doubtful.contains(&object.id));
    live.objects.extend(again.into_iter().flatten());
    live.objects.sort_by(|a, b| a.id.cmp(&b.id));
    label_targets(graph, &mut live).await?;
    Ok((plan::plan(desired, &live, &selected, options), live))
}

/// Reads objects again, each by itself. `None` stands for one that is gone.
///
/// # Errors
/// When a read fails with anything but 404.
pub async fn reread(
    graph: &Graph,
    refs: &[ObjectRef],
) -> Result<Vec<Option<LiveObject>>, GraphError> {
    let mut requests = Vec::with_capacity(refs.len());
    for reference in refs {
        requests.push(match reference {
            ObjectRef::Configuration(id) => {
                let id = odata::segment(id);
                Request::get(
                    GraphVersion::Beta,
                    format!("{}/{id}?$expand=assignments", collection().path),
                )
            }
            ObjectRef::Policy => Request::get(GraphVersion::Beta, singleton().path),
        });
    }
    let outcomes = match &requests[..] {
        [only] => vec![graph.send(only).await],
        _ => graph.batch(GraphVersion::Beta, &requests).await,
    };
    let objects =
        outcomes
            .into_iter()
            .zip(refs)
            .zip(&requests)
            .map(|((outcome, reference), request)| match outcome {
                Ok(response) => {
                    let kind = (*reference == ObjectRef::Policy).then_some(singleton().root);
                    object(request, response.body, kind).map(Some)
                }
                Err(error) if error.status() == Some(404) => Ok(None),
                Err(error) => Err(error),
            });
    objects.collect()
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
    let path = format!(
        "{}?$filter=displayName%20eq%20{filter}&$expand=assignments",
        family.path
    );
    let request = Request::get(GraphVersion::Beta, path);
    let found = objects(&request, graph.list(&request).await?)?;
    // Intune ignores filters that it does not support, and compares names without case.
    let fits = |object: &LiveObject| object.kind == kind && object.display_name == display_name;
    Ok(found.into_iter().filter(fits).collect())
}

/// Reads an object from an answer. One that cannot be read must not look like one that is not there.
fn object(request: &Request, body: Value, kind: Option<&str>) -> Result<LiveObject, GraphError> {
    LiveObject::from_body(body, kind).ok_or_else(|| GraphError::BadPayload {
        call: Call::of(request),
        reason: "an object has no id or no type",
        request_id: None,
    })
}

fn objects(request: &Request, bodies: Vec<Value>) -> Result<Vec<LiveObject>, GraphError> {
    bodies
        .into_iter()
        .map(|body| object(request, body, None))
        .collect()
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
    let request = Request::get(
        GraphVersion::Beta,
        format!("{}?$expand=assignments", collection().path),
    );
    let mut objects = objects(&request, graph.list(&request).await?)?;
    objects.sort_by(|a, b| a.id.cmp(&b.id));
    // A page may repeat what moved between two reads.
    objects.dedup_by(|a, b| a.id == b.id);
    Ok(objects)
}

async fn policy(graph: &Graph, needed: bool) -> Result<Option<LiveObject>, GraphError> {
    if !needed {
        return Ok(None);
    }
    let request = Request::get(GraphVersion::Beta, singleton().path);
    let answer = graph.send(&request).await?;
    object(&request, answer.body, Some(singleton().root)).map(Some)
}

/// The names that manifests use, by what they are of.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) groups: BTreeSet<String>,
    pub(crate) users: BTreeSet<String>,
    pub(crate) filters: bool,
    pub(crate) scope_tags: bool,
}

impl Wanted {
    pub(crate) fn of(manifests: &[&Manifest]) -> Self {
        let mut wanted = Self::default();
        for manifest in manifests {
            for Assignment { target, filter, .. } in manifest.assignments.iter().flatten() {
                if let Target::Group(name) | Target::ExcludeGroup(name) = target {
                    wanted.groups.insert(name.clone());
                }
                wanted.filters |= filter.is_some();
            }
            let model = Model::of(manifest.version);
            wanted.walk(
                model,
                &Shape::Complex(manifest.address.kind.clone()),
                &manifest.spec,
            );
        }
        wanted
    }

    fn walk(&mut self, model: &Model, shape: &Shape, value: &Declared) {
        let Some(structure) = model.actual(shape, value.odata_type()) else {
            return;
        };
        for member in value.members() {
            let Some(property) = structure.properties.get(&member.name) else {
                continue;
            };
            let texts = member
                .value
                .elements()
                .iter()
                .chain([&member.value])
                .filter_map(Declared::as_str);
            match property.facts.resolves.map(Named::from) {
                Some(Named::Group) => self.groups.extend(texts.map(str::to_owned)),
                Some(Named::User) => self.users.extend(texts.map(str::to_owned)),
                // The built-in tag needs no look-up, and every tenant has it.
                Some(Named::ScopeTag) => {
                    self.scope_tags |= texts.into_iter().any(|tag| tag != DEFAULT_SCOPE_TAG)
                }
                Some(Named::Filter) | None => match &property.shape {
                    Shape::Collection(element, _) => {
                        member
                            .value
                            .elements()
                            .iter()
                            .for_each(|value| self.walk(model, element, value));
                    }
                    shape => self.walk(model, shape, &member.value),
                },
            }
        }
    }
}

/// The id of the built-in scope tag.
const DEFAULT_SCOPE_TAG: &str = "0";

async fn names(graph: &Graph, manifests: &[&Manifest]) -> Result<Names, GraphError> {
    let wanted = Wanted::of(manifests);
    let mut names = Names::default();
    names.add(Named::ScopeTag, DEFAULT_SCOPE_TAG, "Default");
    let (groups, users, filters, scope_tags) = tokio::join!(
        groups(graph, &wanted.groups),
        users(graph, &wanted.users),
        listed(
            graph,
            wanted.filters,
            "/deviceManagement/assignmentFilters?$select=id,displayName"
        ),
        listed(
            graph,
            wanted.scope_tags,
            "/deviceManagement/roleScopeTags?$select=id,displayName"
        ),
    );
    take(&mut names, Named::Group, groups)?;
    take(&mut names, Named::User, users)?;
    take(&mut names, Named::Filter, filters)?;
    take(&mut names, Named::ScopeTag, scope_tags)?;
    Ok(names)
}

/// What a look-up gave: the objects that answer, and others that may have been meant.
type Found = Result<(Vec<Value>, Vec<Value>), GraphError>;

/// Records what a look-up gave; only a refusal to look is not an error of the whole read.
fn take(names: &mut Names, named: Named, found: Found) -> Result<(), GraphError> {
    match found {
        Ok((found, near)) => {
            for object in &found {
                add(names, named, object);
            }
            for object in &near {
                if let Some(name) = object.get("displayName").and_then(Value::as_str) {
                    names.near(named, name);
                }
            }
            Ok(())
        }
        Err(error) if error.status() == Some(403) => {
            names.set_unreadable(named, error.to_string());
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn add(names: &mut Names, named: Named, object: &Value) {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let name = match named {
        Named::User => text("userPrincipalName"),
        Named::Group | Named::Filter | Named::ScopeTag => text("displayName"),
    };
    if let Some(id) = text("id") {
        // Of an object that the token may not read, Graph tells no more than that it exists.
        names.add(named, id, name.unwrap_or(id));
    }
}

async fn listed(graph: &Graph, needed: bool, path: &str) -> Found {
    let objects = match needed {
        true => graph.list(&Request::get(GraphVersion::Beta, path)).await?,
        false => Vec::new(),
    };
    Ok((objects, Vec::new()))
}

async fn groups(graph: &Graph, wanted: &BTreeSet<String>) -> Found {
    let (ids, texts): (Vec<&String>, Vec<&String>) = wanted.iter().partition(|text| is_guid(text));
    let mut found = by_ids(graph, &ids, "group").await?;
    let queries: Vec<Request> = texts
        .iter()
        .map(|name| {
            let filter = odata::literal(name);
            let path =
                format!("/groups?$filter=displayName%20eq%20{filter}&$select=id,displayName");
            Request::get(GraphVersion::V1, path)
        })
        .collect();
    let mut missing = Vec::new();
    for (name, answer) in texts
        .iter()
        .zip(graph.batch(GraphVersion::V1, &queries).await)
    {
        let groups = values(answer?.body);
        if groups.is_empty() {
            missing.push(name.as_str());
        }
        found.extend(groups);
    }
    let near = near_groups(graph, &missing).await;
    Ok((found, near))
}

/// Groups whose names begin like one that does not exist. Nothing depends on them, so a failure is no error.
async fn near_groups(graph: &Graph, missing: &[&str]) -> Vec<Value> {
    let queries: Vec<Request> = missing
        .iter()
        .map(|name| {
            let beginning: String = name.chars().take(3).collect();
            let filter = odata::literal(&beginning);
            let path = format!("/groups?$filter=startswith(displayName,{filter})&$select=id,displayName&$top={NEAR}");
            Request::get(GraphVersion::V1, path)
        })
        .collect();
    let answers = graph.batch(GraphVersion::V1, &queries).await;
    answers
        .into_iter()
        .flatten()
        .flat_map(|answer| values(answer.body))
        .collect()
}

async fn users(graph: &Graph, wanted: &BTreeSet<String>) -> Found {
    let queries: Vec<Request> = wanted
        .iter()
        .map(|user| {
            let path = format!(
                "/users/{}?$select=id,userPrincipalName",
                odata::segment(user)
            );
            Request::get(GraphVersion::V1, path)
        })
        .collect();
    let mut found = Vec::new();
    for answer in graph.batch(GraphVersion::V1, &queries).await {
        match answer {
            Ok(answer) => found.push(answer.body),
            Err(error) if error.status() == Some(404) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((found, Vec::new()))
}

async fn by_ids(graph: &Graph, ids: &[&String], sort: &str) -> Result<Vec<Value>, GraphError> {
    let mut found = Vec::new();
    for ids in ids.chunks(IDS_A_CALL) {
        let body = json!({ "ids": ids, "types": [sort] });
        let request = Request::with_body(
            Method::Post,
            GraphVersion::V1,
            "/directoryObjects/getByIds",
            body,
        );
        found.extend(values(graph.send(&request).await?.body));
    }
    Ok(found)
}

fn values(mut body: Value) -> Vec<Value> {
    match body.get_mut("value").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// Looks up the names of what live objects are assigned to, for people to read. A refusal is no error.
async fn label_targets(graph: &Graph, live: &mut Live) -> Result<(), GraphError> {
    let targets = || {
        live.objects
            .iter()
            .flat_map(|object| &object.assignments)
            .filter_map(|a| a.get("target"))
    };
    let id =
        |target: &Value, name: &str| target.get(name).and_then(Value::as_str).map(str::to_owned);
    let unknown = |named: Named, ids: Vec<String>| -> BTreeSet<String> {
        ids.into_iter()
            .filter(|id| is_guid(id) && live.names.label(named, id).is_none())
            .collect()
    };
    let mut members = Vec::new();
    live.policy
        .iter()
        .for_each(|policy| guids(&policy.body, &mut members));
    let users = unknown(Named::User, members.clone());
    let mut groups = unknown(
        Named::Group,
        targets()
            .filter_map(|target| id(target, "groupId"))
            .collect(),
    );
    // Of a member of the registration policy only its list says whether it is a user or a group.
    groups.extend(unknown(Named::Group, members));
    let filters = targets()
        .filter_map(|target| id(target, "deviceAndAppManagementAssignmentFilterId"))
        .collect();
    let filters = unknown(Named::Filter, filters)
        .into_iter()
        .any(|id| uuid::Uuid::parse_str(&id) != Ok(uuid::Uuid::nil()));
    let groups: Vec<&String> = groups.iter().collect();
    let users: Vec<&String> = users.iter().collect();
    let (groups, users, filters) = tokio::join!(
        by_ids(graph, &groups, "group"),
        by_ids(graph, &users, "user"),
        listed(
            graph,
            filters,
            "/deviceManagement/assignmentFilters?$select=id,displayName"
        ),
    );
    for (named, found) in [
        (Named::Group, groups),
        (Named::User, users),
        (Named::Filter, filters.map(|(found, _)| found)),
    ] {
        match found {
            Ok(found) => found
                .iter()
                .for_each(|object| add(&mut live.names, named, object)),
            Err(error) if error.status() == Some(403) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Collects every GUID in a value.
fn guids(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if is_guid(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| guids(item, found)),
        Value::Object(members) => members.values().for_each(|value| guids(value, found)),
        _ => {}
    }
}
