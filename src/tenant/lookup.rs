//! Looks up the groups, users, filters, scope tags and reusable settings that manifests and live objects name.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

use super::Live;
use super::names::{Named, Names, is_guid};
use crate::graph::{Graph, GraphError, Request};
use crate::http::Method;
use crate::http::odata;
use crate::manifest::Manifest;
use crate::manifest::assignment::{Assignment, Target};
use crate::schema::model::{Model, Shape};
use crate::schema::types::GraphVersion;
use crate::schema::walk::{Tree, TypedPlace, any, each};
use crate::settings_catalog::SettingPart;

/// The largest number of ids that one `getByIds` takes.
const IDS_A_CALL: usize = 1000;

/// The number of similar names that are read where a name does not exist.
const NEAR: usize = 999;

/// The length of the beginning that similar names share: a separator may stand behind it in one of them alone.
const BEGINNING: usize = 2;

const FILTERS: &str = "/deviceManagement/assignmentFilters?$select=id,displayName,platform";

const SCOPE_TAGS: &str = "/deviceManagement/roleScopeTags?$select=id,displayName";

const REUSABLE_SETTINGS: &str = "/deviceManagement/reusablePolicySettings?$select=id,displayName";

/// The names that manifests use, of groups, users, filters, scope tags and reusable settings.
#[derive(Default)]
pub(crate) struct NamesUsed {
    pub(crate) groups: BTreeSet<String>,
    pub(crate) users: BTreeSet<String>,
    pub(crate) filters: bool,
    pub(crate) scope_tags: bool,
    pub(crate) reusable_settings: bool,
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
                wanted.reusable_settings |= is_reference(place);
                let resolves = place.property.and_then(|property| property.facts.resolves);
                match resolves.zip(value.as_str()) {
                    Some((Named::Group, text)) => drop(wanted.groups.insert(text.to_owned())),
                    Some((Named::User, text)) => drop(wanted.users.insert(text.to_owned())),
                    // The built-in tag needs no look-up, and every tenant has it.
                    Some((Named::ScopeTag, id)) => wanted.scope_tags |= id != DEFAULT_SCOPE_TAG,
                    Some((Named::Filter | Named::ReusableSetting, _)) | None => {}
                }
                true
            });
        }
        wanted
    }
}

/// Returns whether a value of settings refers to a reusable setting.
pub(crate) fn is_reference<V>(place: &TypedPlace<'_, V>) -> bool {
    place.shape == Some(&Shape::Settings(SettingPart::Reference))
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
    let (groups, users, filters, scope_tags, reusable_settings) = tokio::join!(
        groups(graph, &wanted.groups),
        users(graph, &wanted.users),
        listed(graph, wanted.filters, FILTERS),
        listed(graph, wanted.scope_tags, SCOPE_TAGS),
        listed(graph, wanted.reusable_settings, REUSABLE_SETTINGS),
    );
    for (named, found) in [
        (Named::Group, groups),
        (Named::User, users),
        (Named::Filter, filters),
        (Named::ScopeTag, scope_tags),
        (Named::ReusableSetting, reusable_settings),
    ] {
        match found {
            Ok(Found { objects, near, failed }) => {
                objects.iter().for_each(|object| add(&mut names, named, object));
                let near = near.iter().filter_map(|object| object.get("displayName")?.as_str());
                near.for_each(|name| names.near(named, name));
                for (name, error) in failed {
                    names.set_failed(named, &name, error.to_string());
                }
            }
            // A failed look-up is recorded, because changes that need it can be blocked.
            Err(error) if error.is_of_call() => {
                names.set_unreadable(named, error.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(names)
}

/// The result of a look-up.
#[derive(Default)]
struct Found {
    /// The objects with a name or id.
    objects: Vec<Value>,
    /// Others with a similar name.
    near: Vec<Value>,
    /// The names of which the look-up failed.
    failed: Vec<(String, GraphError)>,
}

impl Found {
    /// Records that the look-up of a name failed.
    ///
    /// # Errors
    /// When the others fail as well.
    fn fail(&mut self, name: &str, error: GraphError) -> Result<(), GraphError> {
        // Without the permission, no name can be looked up; an id needs no look-up.
        if error.is_of_call() && error.status() != Some(403) {
            self.failed.push((name.to_owned(), error));
            return Ok(());
        }
        Err(error)
    }
}

fn add(names: &mut Names, named: Named, object: &Value) {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let name = text(if named == Named::User { "userPrincipalName" } else { "displayName" });
    if let Some(id) = text("id") {
        // Graph answers only the id of an object that the token may not read.
        names.add(named, id, name.unwrap_or(id));
        if let (Named::Filter, Some(platform)) = (named, text("platform")) {
            names.set_platform(id, platform);
        }
    }
}

async fn listed(graph: &Graph, needed: bool, path: &str) -> Result<Found, GraphError> {
    let request = Request::get(GraphVersion::Beta, path);
    let objects = if needed { graph.list(&request).await? } else { Vec::new() };
    Ok(Found { objects, ..Found::default() })
}

async fn groups(graph: &Graph, wanted: &BTreeSet<String>) -> Result<Found, GraphError> {
    let (ids, texts): (Vec<&String>, Vec<&String>) = wanted.iter().partition(|text| is_guid(text));
    let mut found = Found { objects: by_ids(graph, &ids, "group").await?, ..Found::default() };
    let filters = texts.iter().map(|name| format!("displayName%20eq%20{}", odata::literal(name)));
    let queries: Vec<Request> = filters.map(|filter| groups_where(&filter)).collect();
    let mut missing = Vec::new();
    for (name, answer) in texts.iter().zip(graph.lists(GraphVersion::V1, &queries).await) {
        match answer {
            Ok(groups) if groups.is_empty() => missing.push(name.as_str()),
            Ok(groups) => found.objects.extend(groups),
            Err(error) => found.fail(name, error)?,
        }
    }
    found.near = near_groups(graph, &missing).await;
    Ok(found)
}

/// Groups whose names begin like one that does not exist. Nothing depends on them, so a failure is no error.
async fn near_groups(graph: &Graph, missing: &[&str]) -> Vec<Value> {
    let query = |beginning: &String| {
        let beginning = odata::literal(beginning);
        let mut query = groups_where(&format!("startswith(displayName,{beginning})"));
        query.path += &format!("&$top={NEAR}");
        query
    };
    let beginnings: BTreeSet<String> = missing.iter().flat_map(|name| beginnings(name)).collect();
    let queries: Vec<Request> = beginnings.iter().map(query).collect();
    let answers = graph.batch(GraphVersion::V1, &queries).await.into_iter().flatten();
    answers.flat_map(|answer| answer.body["value"].elements().to_vec()).collect()
}

/// Returns the beginnings of names that are spelt like a name.
fn beginnings(name: &str) -> [String; 3] {
    let name = name.trim();
    let whole = |form: String| form.chars().take(BEGINNING).collect();
    let full_width = |letter| match letter {
        '!'..='~' => char::from_u32(u32::from(letter) + 0xfee0).unwrap_or(letter),
        other => other,
    };
    [
        whole(name.nfkc().collect()),
        whole(name.nfd().collect()),
        whole(name.nfkc().map(full_width).collect()),
    ]
}

fn groups_where(filter: &str) -> Request {
    let path = format!("/groups?$filter={filter}&$select=id,displayName");
    Request::get(GraphVersion::V1, path)
}

async fn users(graph: &Graph, wanted: &BTreeSet<String>) -> Result<Found, GraphError> {
    let query = |user: &String| {
        let path = format!("/users/{}?$select=id,userPrincipalName", odata::segment(user));
        Request::get(GraphVersion::V1, path)
    };
    let queries: Vec<Request> = wanted.iter().map(query).collect();
    let mut found = Found::default();
    for (user, answer) in wanted.iter().zip(graph.batch(GraphVersion::V1, &queries).await) {
        match answer {
            Ok(answer) => found.objects.push(answer.body),
            Err(error) if error.status() == Some(404) => {}
            Err(error) => found.fail(user, error)?,
        }
    }
    Ok(found)
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

/// The ids of groups, users, filters and reusable settings in live objects of which no name is known.
pub(crate) type Unlabelled = BTreeSet<(Named, String)>;

/// Returns the ids in the objects of a tenant of which no name is known.
pub(crate) fn unlabelled(live: &Live) -> Unlabelled {
    let mut found = Unlabelled::new();
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
        if object.body.refers_to_reusable_setting() {
            let shape = Shape::Complex(object.kind.clone());
            let root = TypedPlace::root(Model::of(GraphVersion::Beta), &shape);
            each(&root, &object.body.value(), &mut |place, value| {
                let id = value.as_str().filter(|_| is_reference(place));
                id.into_iter().for_each(|id| add(Named::ReusableSetting, id));
                true
            });
        }
        // What cannot be assigned names its groups and users in its body. Of a member of the registration policy only
        // its list says whether it is a user or a group.
        if !object.family.is_assignable() {
            any(&object.body.value(), &mut |value| {
                for named in [Named::Group, Named::User] {
                    value.as_str().into_iter().for_each(|id| add(named, id));
                }
                false
            });
        }
    }
    found
}

/// Looks up the names of ids, and what else has these names. Names that cannot be looked up are recorded so.
///
/// # Errors
/// Only those that end the run.
pub(crate) async fn names_of(graph: &Graph, ids: &Unlabelled) -> Result<Names, GraphError> {
    let of = |wanted: Named| -> Vec<&String> {
        ids.iter().filter(|(named, _)| *named == wanted).map(|(_, id)| id).collect()
    };
    let [groups, users, filters, tags, reusable] =
        [Named::Group, Named::User, Named::Filter, Named::ScopeTag, Named::ReusableSetting].map(of);
    let tags = tags.iter().any(|tag| *tag != DEFAULT_SCOPE_TAG);
    let [groups, users] = [groups, users]
        .map(|ids| -> Vec<&String> { ids.into_iter().filter(|id| is_guid(id)).collect() });
    let (groups, users, filters, tags, reusable) = tokio::join!(
        by_ids(graph, &groups, "group"),
        by_ids(graph, &users, "user"),
        listed(graph, !filters.is_empty(), FILTERS),
        listed(graph, tags, SCOPE_TAGS),
        listed(graph, !reusable.is_empty(), REUSABLE_SETTINGS),
    );
    let texts = groups.iter().flatten().filter_map(|group| group.get("displayName")?.as_str());
    let texts: BTreeSet<String> = texts.filter(|text| !is_guid(text)).map(str::to_owned).collect();
    // Another group may have the name as well.
    let alike = self::groups(graph, &texts).await;
    let mut names = Names::default();
    names.add(Named::ScopeTag, DEFAULT_SCOPE_TAG, "Default");
    // Where that is unknown, the name does not tell which group is meant.
    let failed: Vec<(&String, String)> = match &alike {
        Ok(found) => found.failed.iter().map(|(name, why)| (name, why.to_string())).collect(),
        Err(error) => texts.iter().map(|name| (name, error.to_string())).collect(),
    };
    for (name, why) in failed {
        names.set_failed(Named::Group, name, why);
    }
    let [filters, tags, reusable] = [filters, tags, reusable].map(|it| it.map(|it| it.objects));
    let found = [
        (Named::Group, groups),
        (Named::User, users),
        (Named::Filter, filters),
        (Named::ScopeTag, tags),
        (Named::ReusableSetting, reusable),
        (Named::Group, alike.map(|it| it.objects)),
    ];
    for (named, found) in found {
        match found {
            Ok(found) => found.iter().for_each(|object| add(&mut names, named, object)),
            Err(error) if error.is_of_call() => names.set_unreadable(named, error.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(names)
}

/// Looks up names of groups, users, filters and reusable settings in live objects, for messages.
///
/// # Errors
/// Only those that end the run.
pub(crate) async fn labels(
    graph: &Graph,
    unlabelled: &Unlabelled,
    names: &mut Names,
) -> Result<(), GraphError> {
    let ids = |of: Named| -> Vec<&String> {
        unlabelled.iter().filter(|(named, _)| *named == of).map(|(_, id)| id).collect()
    };
    let (groups, users) = (ids(Named::Group), ids(Named::User));
    let is_any = |named: Named| !ids(named).is_empty();
    let (groups, users, filters, reusable_settings) = tokio::join!(
        by_ids(graph, &groups, "group"),
        by_ids(graph, &users, "user"),
        listed(graph, is_any(Named::Filter), FILTERS),
        listed(graph, is_any(Named::ReusableSetting), REUSABLE_SETTINGS),
    );
    for (named, found) in [
        (Named::Group, groups),
        (Named::User, users),
        (Named::Filter, filters.map(|found| found.objects)),
        (Named::ReusableSetting, reusable_settings.map(|found| found.objects)),
    ] {
        match found {
            Ok(found) => found.iter().for_each(|object| add(names, named, object)),
            Err(error) if error.ends_run() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(())
}
