//! Looks up the groups, users, filters and scope tags that manifests and live objects name.

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
use crate::schema::model::{Model, Shape};
use crate::schema::types::GraphVersion;
use crate::schema::walk::{TypedPlace, any, each};

/// The largest number of ids that one `getByIds` takes.
const IDS_A_CALL: usize = 1000;

/// The number of similar names that are read where a name does not exist.
const NEAR: usize = 50;

/// The names that manifests use, of groups, users, filters and scope tags.
#[derive(Default)]
pub(crate) struct NamesUsed {
    pub(crate) groups: BTreeSet<String>,
    pub(crate) users: BTreeSet<String>,
    pub(crate) filters: bool,
    pub(crate) scope_tags: bool,
}

impl NamesUsed {
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
            let shape = Shape::Complex(manifest.address.kind.clone());
            each(&TypedPlace::root(model, &shape), &manifest.spec, &mut |place, value| {
                let resolves = place.property.and_then(|property| property.facts.resolves);
                if let (Some(resolves), Some(text)) = (resolves, value.as_str()) {
                    wanted.add(resolves.into(), text);
                }
                true
            });
        }
        wanted
    }

    fn add(&mut self, named: Named, text: &str) {
        match named {
            Named::Group => drop(self.groups.insert(text.to_owned())),
            Named::User => drop(self.users.insert(text.to_owned())),
            // The built-in tag needs no look-up, and every tenant has it.
            Named::ScopeTag => self.scope_tags |= text != DEFAULT_SCOPE_TAG,
            Named::Filter => {}
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
    let mut wanted = NamesUsed::of(manifests);
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

/// The result of a look-up: the objects with a name or id, and others with a similar name.
type Found = Result<(Vec<Value>, Vec<Value>), GraphError>;

/// Records the result of a look-up. A refused look-up (403) is recorded, any other error ends the read.
fn take(names: &mut Names, named: Named, found: Found) -> Result<(), GraphError> {
    match found {
        Ok((found, near)) => {
            found.iter().for_each(|object| add(names, named, object));
            let near = near.iter().filter_map(|object| object.get("displayName")?.as_str());
            near.for_each(|name| names.near(named, name));
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
    let name = text(if named == Named::User { "userPrincipalName" } else { "displayName" });
    if let Some(id) = text("id") {
        // Graph answers only the id of an object that the token may not read.
        names.add(named, id, name.unwrap_or(id));
    }
}

async fn listed(graph: &Graph, needed: bool, path: &str) -> Found {
    let request = Request::get(GraphVersion::Beta, path);
    let objects = if needed { graph.list(&request).await? } else { Vec::new() };
    Ok((objects, Vec::new()))
}

async fn groups(graph: &Graph, wanted: &BTreeSet<String>) -> Found {
    let (ids, texts): (Vec<&String>, Vec<&String>) = wanted.iter().partition(|text| is_guid(text));
    let mut found = by_ids(graph, &ids, "group").await?;
    let query = |name: &&String| {
        let filter = odata::literal(name);
        let path = format!("/groups?$filter=displayName%20eq%20{filter}&$select=id,displayName");
        Request::get(GraphVersion::V1, path)
    };
    let queries: Vec<Request> = texts.iter().map(query).collect();
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
    let query = |name: &&str| {
        let beginning: String = name.chars().take(3).collect();
        let filter = odata::literal(&beginning);
        let path = format!(
            "/groups?$filter=startswith(displayName,{filter})&$select=id,displayName&$top={NEAR}"
        );
        Request::get(GraphVersion::V1, path)
    };
    let queries: Vec<Request> = missing.iter().map(query).collect();
    let answers = graph.batch(GraphVersion::V1, &queries).await;
    answers.into_iter().flatten().flat_map(|answer| values(answer.body)).collect()
}

async fn users(graph: &Graph, wanted: &BTreeSet<String>) -> Found {
    let query = |user: &String| {
        let path = format!("/users/{}?$select=id,userPrincipalName", odata::segment(user));
        Request::get(GraphVersion::V1, path)
    };
    let queries: Vec<Request> = wanted.iter().map(query).collect();
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

/// The ids of groups, users and filters in live objects of which no name is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unlabelled(BTreeSet<(Named, String)>);

impl Unlabelled {
    /// Returns the ids in the objects of a tenant.
    pub(crate) fn of(live: &Live) -> Self {
        let mut found = BTreeSet::new();
        let mut add = |named: Named, id: &str| {
            if is_guid(id) && live.names.label(named, id).is_none() {
                found.insert((named, id.to_owned()));
            }
        };
        for object in live.objects.iter() {
            for target in object.assignments.iter().filter_map(|a| a.get("target")) {
                let id = |name: &str| target.get(name).and_then(Value::as_str);
                let filter = id("deviceAndAppManagementAssignmentFilterId");
                let is_nil = |id: &&str| uuid::Uuid::parse_str(id) == Ok(uuid::Uuid::nil());
                id("groupId").into_iter().for_each(|id| add(Named::Group, id));
                filter.filter(|id| !is_nil(id)).into_iter().for_each(|id| add(Named::Filter, id));
            }
            // What cannot be assigned names its groups and users in its body. Of a member of the registration policy
            // only its list says whether it is a user or a group.
            if !object.family.is_assignable() {
                any(&object.body.value(), &mut |value| {
                    for named in [Named::Group, Named::User] {
                        value.as_str().into_iter().for_each(|id| add(named, id));
                    }
                    false
                });
            }
        }
        Self(found)
    }

    /// Returns the ids that were not looked up yet. Some have no name even then.
    pub(crate) fn besides(mut self, asked: &Self) -> Self {
        self.0.retain(|one| !asked.0.contains(one));
        self
    }

    /// Adds ids.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn ids(&self, of: Named) -> Vec<&String> {
        self.0.iter().filter(|(named, _)| *named == of).map(|(_, id)| id).collect()
    }
}

/// Names of groups, users and filters in live objects.
pub(crate) struct Labels([(Named, Vec<Value>); 3]);

impl Labels {
    /// Adds them to names.
    pub(crate) fn add_to(&self, names: &mut Names) {
        for (named, found) in &self.0 {
            found.iter().for_each(|object| add(names, *named, object));
        }
    }
}

/// Looks up names of groups, users and filters in live objects, for messages. Only errors that end the run are returned.
pub(crate) async fn labels(graph: &Graph, unlabelled: &Unlabelled) -> Result<Labels, GraphError> {
    let [groups, users, filters] =
        [Named::Group, Named::User, Named::Filter].map(|n| unlabelled.ids(n));
    let (groups, users, filters) = tokio::join!(
        by_ids(graph, &groups, "group"),
        by_ids(graph, &users, "user"),
        listed(
            graph,
            !filters.is_empty(),
            "/deviceManagement/assignmentFilters?$select=id,displayName"
        ),
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
