//! Looking up what manifests and live objects refer to: groups, users, filters and scope tags.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Live;
use super::names::{Named, Names, is_guid};
use crate::graph::client::Graph;
use crate::graph::error::GraphError;
use crate::graph::request::Request;
use crate::http::Method;
use crate::http::odata;
use crate::manifest::Manifest;
use crate::manifest::assignment::{Assignment, Target};
use crate::manifest::value::Value as Declared;
use crate::schema::model::{Model, Shape};
use crate::schema::types::GraphVersion;

/// The largest number of ids that one `getByIds` takes.
const IDS_A_CALL: usize = 1000;

/// How many names are offered when one does not exist.
const NEAR: usize = 50;

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
            wanted.walk(model, &Shape::Complex(manifest.address.kind.clone()), &manifest.spec);
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
            let texts =
                member.value.elements().iter().chain([&member.value]).filter_map(Declared::as_str);
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

pub(super) async fn names(
    graph: &Graph,
    manifests: &[&Manifest],
    owned: bool,
) -> Result<Names, GraphError> {
    let mut wanted = Wanted::of(manifests);
    wanted.scope_tags |= owned;
    let mut names = Names::default();
    names.add(Named::ScopeTag, DEFAULT_SCOPE_TAG, "Default");
    let (groups, users, filters, scope_tags) = tokio::join!(
        groups(graph, &wanted.groups),
        users(graph, &wanted.users),
        listed(graph, wanted.filters, "/deviceManagement/assignmentFilters?$select=id,displayName"),
        listed(graph, wanted.scope_tags, "/deviceManagement/roleScopeTags?$select=id,displayName"),
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
    for (name, answer) in texts.iter().zip(graph.lists(GraphVersion::V1, &queries).await) {
        let groups = answer?;
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
    answers.into_iter().flatten().flat_map(|answer| values(answer.body)).collect()
}

async fn users(graph: &Graph, wanted: &BTreeSet<String>) -> Found {
    let queries: Vec<Request> = wanted
        .iter()
        .map(|user| {
            let path = format!("/users/{}?$select=id,userPrincipalName", odata::segment(user));
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
        let request =
            Request::with_body(Method::Post, GraphVersion::V1, "/directoryObjects/getByIds", body);
        found.extend(graph.list_at_once(&request).await?);
    }
    Ok(found)
}

fn values(mut body: Value) -> Vec<Value> {
    match body.get_mut("value").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// What live objects are assigned to and no name is known of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unlabelled {
    groups: BTreeSet<String>,
    users: BTreeSet<String>,
    filters: BTreeSet<String>,
}

impl Unlabelled {
    /// Returns what the objects of a tenant are assigned to without a known name.
    pub(crate) fn of(live: &Live) -> Self {
        let objects = live.objects.iter();
        let targets = || {
            objects.clone().flat_map(|object| &object.assignments).filter_map(|a| a.get("target"))
        };
        let ids = |name: &str| -> BTreeSet<&str> {
            targets().filter_map(|target| target.get(name)?.as_str()).collect()
        };
        let mut members = BTreeSet::new();
        // What cannot be assigned names its groups and users in its body.
        let unassignable = objects.clone().filter(|object| !object.family.is_assignable());
        let bodies: Vec<Value> = unassignable.map(|object| object.body.value()).collect();
        bodies.iter().for_each(|body| guids(body, &mut members));
        let unknown = |named: Named, ids: &BTreeSet<&str>| -> BTreeSet<String> {
            let ids = ids.iter().filter(|id| is_guid(id) && live.names.label(named, id).is_none());
            ids.map(|id| (*id).to_owned()).collect()
        };
        let mut groups = ids("groupId");
        // Of a member of the registration policy only its list says whether it is a user or a group.
        groups.extend(&members);
        let mut filters = unknown(Named::Filter, &ids("deviceAndAppManagementAssignmentFilterId"));
        filters.retain(|id| uuid::Uuid::parse_str(id) != Ok(uuid::Uuid::nil()));
        Self {
            groups: unknown(Named::Group, &groups),
            users: unknown(Named::User, &members),
            filters,
        }
    }

    /// Returns what of it was not asked for yet. Not everything that is asked for has a name.
    pub(crate) fn besides(mut self, asked: &Self) -> Self {
        self.groups.retain(|id| !asked.groups.contains(id));
        self.users.retain(|id| !asked.users.contains(id));
        self.filters.retain(|id| !asked.filters.contains(id));
        self
    }

    /// Adds what is asked for besides.
    pub(crate) fn extend(&mut self, other: Self) {
        self.groups.extend(other.groups);
        self.users.extend(other.users);
        self.filters.extend(other.filters);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.users.is_empty() && self.filters.is_empty()
    }
}

/// Names of what live objects are assigned to.
pub(crate) struct Labels([(Named, Vec<Value>); 3]);

impl Labels {
    /// Adds them to names.
    pub(crate) fn add_to(&self, names: &mut Names) {
        for (named, found) in &self.0 {
            found.iter().for_each(|object| add(names, *named, object));
        }
    }
}

/// Looks up the names of what live objects are assigned to, for people to read. Nothing depends on them, so only
/// what ends the run is an error.
pub(crate) async fn labels(graph: &Graph, unlabelled: &Unlabelled) -> Result<Labels, GraphError> {
    let groups: Vec<&String> = unlabelled.groups.iter().collect();
    let users: Vec<&String> = unlabelled.users.iter().collect();
    let filters = !unlabelled.filters.is_empty();
    let (groups, users, filters) = tokio::join!(
        by_ids(graph, &groups, "group"),
        by_ids(graph, &users, "user"),
        listed(graph, filters, "/deviceManagement/assignmentFilters?$select=id,displayName"),
    );
    let found = |found: Result<Vec<Value>, GraphError>| match found {
        Err(error) if error.ends_run() => Err(error),
        found => Ok(found.unwrap_or_default()),
    };
    Ok(Labels([
        (Named::Group, found(groups)?),
        (Named::User, found(users)?),
        (Named::Filter, found(filters.map(|(found, _)| found))?),
    ]))
}

/// Collects every GUID in a value.
fn guids<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) if is_guid(text) => {
            found.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| guids(item, found)),
        Value::Object(members) => members.values().for_each(|value| guids(value, found)),
        _ => {}
    }
}
