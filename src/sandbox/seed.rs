//! Completing a sparse state: what the author of a seed leaves out is filled in, always in the same way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::de::Error as _;
use serde_json::{Value, json};

use super::check::Checker;
use super::collection::{assignments, contained, references};
use super::conceal::conceal;
use super::guid::guid;
use super::membership;
use super::problem::{Fault, Problem};
use super::rows::{Collection, Rows};
use super::state::{
    DeviceRegistration, FORMAT_VERSION, Kind, State, StateError, Tenant, text, unknown_field,
};
use super::{Object, clock, defaults, device_registration_policy, mirrors};
use crate::schema::types::{GraphVersion, type_name};

impl State {
    /// Returns a tenant without device configurations and with Microsoft's defaults everywhere.
    pub fn new(tenant: Tenant) -> Self {
        let bare = Self {
            kind: Kind::SandboxState,
            format_version: FORMAT_VERSION.to_owned(),
            tenant,
            apps: None,
            identity_providers: Vec::new(),
            device_registration: DeviceRegistration::default(),
            collections: BTreeMap::new(),
            rows: Rows::default(),
            device_status_overviews: BTreeMap::new(),
            device_registration_policy: Object::new(),
            groups: Vec::new(),
            users: Vec::new(),
            devices: Vec::new(),
            assignment_filters: Vec::new(),
            role_scope_tags: Vec::new(),
            approval_requests: Vec::new(),
            audit_events: Vec::new(),
            directory_audits: Vec::new(),
            secrets: BTreeMap::new(),
            withheld: BTreeMap::new(),
            references: BTreeMap::new(),
            last_change: None,
        };
        // Without objects there is nothing that could be refused.
        complete(bare.clone()).unwrap_or(bare)
    }

    /// Reads a state, or a sparse seed of one, from a file.
    ///
    /// # Errors
    /// Fails where the file cannot be read or [`State::from_json`] fails.
    pub fn load(path: &Path) -> Result<Self, StateError> {
        Self::load_with(path, Rows::default())
    }

    /// Reads a state, or a sparse seed of one. The same text gives the same state.
    ///
    /// # Errors
    /// Fails where the text is no state, or holds an object that could not exist in a tenant.
    pub fn from_json(text: &str) -> Result<Self, StateError> {
        Self::from_json_with(text, Rows::default())
    }

    /// Reads a state as [`State::load`] does, of a tenant with these collections.
    ///
    /// # Errors
    /// As [`State::load`].
    pub(crate) fn load_with(path: &Path, rows: Rows) -> Result<Self, StateError> {
        let text = fs::read_to_string(path)
            .map_err(|source| StateError::Read { path: path.to_owned(), source })?;
        Self::from_json_with(&text, rows)
    }

    /// Reads a state as [`State::from_json`] does, of a tenant with these collections.
    ///
    /// # Errors
    /// As [`State::from_json`].
    pub fn from_json_with(text: &str, rows: Rows) -> Result<Self, StateError> {
        let state = Self::from_own_json(text, rows)?;
        if state.format_version != FORMAT_VERSION {
            return Err(StateError::FormatVersion(state.format_version));
        }
        let is_section = |name: &&String| rows.all().any(|row| row.section() == name.as_str());
        if let Some(unknown) = state.collections.keys().find(|name| !is_section(name)) {
            return Err(serde_json::Error::custom(unknown_field(unknown)).into());
        }
        complete(state)
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new(Tenant::default())
    }
}

/// Completes every section.
fn complete(mut state: State) -> Result<State, StateError> {
    let impossible = |fault: Fault| StateError::Impossible { path: fault.path(), fault };
    let mut names = Names::default();
    for group in &mut state.groups {
        names.identify(&mut group.id, "group", &group.display_name);
    }
    for user in &mut state.users {
        names.identify(&mut user.id, "user", &user.user_principal_name);
    }
    for device in &mut state.devices {
        names.identify(&mut device.id, "device", &device.display_name);
    }
    unique("groups", state.groups.iter().map(|group| group.id.as_str())).map_err(impossible)?;
    unique("users", state.users.iter().map(|user| user.id.as_str())).map_err(impossible)?;
    unique("devices", state.devices.iter().map(|d| d.id.as_str())).map_err(impossible)?;
    members(&state).map_err(impossible)?;

    let at = |section: &'static str, index: usize| {
        move |fault: Fault| impossible(fault.under_index(index).under(section))
    };
    if !state.role_scope_tags.iter().any(|tag| text(tag, "id") == "0") {
        state.role_scope_tags.insert(0, default_scope_tag());
    }
    for (index, tag) in state.role_scope_tags.iter_mut().enumerate() {
        if !tag.contains_key("id") {
            tag.insert("id".to_owned(), index.to_string().into());
        }
        entity("roleScopeTag", tag, &mut names).map_err(at("roleScopeTags", index))?;
    }
    for (index, filter) in state.assignment_filters.iter_mut().enumerate() {
        entity("deviceAndAppManagementAssignmentFilter", filter, &mut names)
            .map_err(at("assignmentFilters", index))?;
    }
    for (index, event) in state.audit_events.iter_mut().enumerate() {
        entity("auditEvent", event, &mut names).map_err(at("auditEvents", index))?;
    }
    for row in state.rows.all() {
        let section = row.section();
        for (index, given) in std::mem::take(state.objects_mut(row)).into_iter().enumerate() {
            let object = collected(&mut state, row, given, &mut names);
            let object = object.map_err(at(section, index))?;
            state.objects_mut(row).push(object);
        }
    }
    let mut reported = state.device_status_overviews.keys();
    if let Some(id) = reported.find(|id| !state.has_object(id)) {
        let fault = Problem::NoSuchObject(id.clone()).under(id);
        return Err(impossible(fault.under("deviceStatusOverviews")));
    }
    for (section, objects) in [
        ("roleScopeTags", &state.role_scope_tags),
        ("assignmentFilters", &state.assignment_filters),
    ] {
        unique(section, objects.iter().map(|object| text(object, "id"))).map_err(impossible)?;
    }
    // What an object does not show is kept by its id alone, so that no two of any collections share one.
    let mut taken = BTreeSet::new();
    for row in state.rows.all() {
        let ids = state.objects(row).iter().map(|object| text(object, "id"));
        unique_among(&mut taken, row.section(), ids).map_err(impossible)?;
    }
    for (id, bound) in &state.references {
        let mut rows = state.rows.all();
        let referring = rows.find_map(|row| Some((row, state.object(row, id)?)));
        let (row, object) = referring.ok_or_else(|| {
            let fault = Problem::NoSuchObject(id.clone()).under(id);
            impossible(fault.under("references"))
        })?;
        let ty = type_name(text(object, "@odata.type")).unwrap_or_default();
        let checked = references::check(&state, row, GraphVersion::Beta, ty, bound);
        checked.map_err(|problem| impossible(problem.under(id).under("references")))?;
    }
    state.device_registration_policy =
        device_registration_policy::complete(&state.device_registration_policy)
            .map_err(|fault| impossible(fault.under("deviceRegistrationPolicy")))?;
    Ok(state)
}

/// Hands out ids, a different one for each object of one name.
#[derive(Default)]
struct Names(BTreeMap<(String, String), usize>);

impl Names {
    fn identify(&mut self, id: &mut String, ty: &str, name: &str) {
        let nth = self.0.entry((ty.to_owned(), name.to_owned())).or_default();
        *nth += 1;
        if id.is_empty() {
            *id = guid(&[ty, name, &nth.to_string()]);
        }
    }
}

fn unique<'a>(section: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    unique_among(&mut BTreeSet::new(), section, ids)
}

fn unique_among<'a>(
    seen: &mut BTreeSet<&'a str>,
    section: &str,
    ids: impl Iterator<Item = &'a str>,
) -> Result<(), Fault> {
    for (index, id) in ids.enumerate() {
        if !seen.insert(id) {
            return Err(Problem::DuplicateId(id.to_owned())
                .under("id")
                .under_index(index)
                .under(section));
        }
    }
    Ok(())
}

/// Refuses members that do not exist.
fn members(state: &State) -> Result<(), Fault> {
    for (at, group) in state.groups.iter().enumerate() {
        let mut members = group.members.iter().enumerate();
        if let Some((nth, id)) = members.find(|(_, id)| !membership::exists(state, id)) {
            let fault = Fault::from(Problem::NoSuchObject(id.clone())).under_index(nth);
            return Err(fault.under("members").under_index(at).under("groups"));
        }
    }
    Ok(())
}

/// FACTS 7.
fn default_scope_tag() -> Object {
    let tag = json!({ "id": "0", "displayName": "Default", "description": "Default Role Scope Tag.", "isBuiltIn": true });
    tag.as_object().cloned().unwrap_or_default()
}

/// Completes an object that is nothing but its properties.
fn entity(expected: &str, object: &mut Object, names: &mut Names) -> Result<(), Fault> {
    let checker = Checker::of_states();
    let ty = checker.instance_type(expected, object)?;
    let mut complete = checker.properties(&ty, object)?;
    identify(&mut complete, &ty.name, "displayName", names);
    for property in ["createdDateTime", "lastModifiedDateTime"] {
        if ty.property(property).is_some() && !complete.contains_key(property) {
            complete.insert(property.to_owned(), seeded(&complete).into());
        }
    }
    defaults::fill(&ty, &mut complete, &[]);
    if ty.name != expected {
        complete.insert("@odata.type".to_owned(), ty.odata_type().into());
    }
    *object = complete;
    Ok(())
}

fn identify(object: &mut Object, ty: &str, name_property: &str, names: &mut Names) {
    let mut id = text(object, "id").to_owned();
    names.identify(&mut id, ty, text(object, name_property));
    object.insert("id".to_owned(), id.into());
}

/// Returns when an undated object was made: the same day for all, and a fraction of its own, since no two
/// objects of a tenant are made at one instant.
fn seeded(object: &Object) -> String {
    let id = text(object, "id");
    let fraction = id.bytes().fold(0_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 10_000_000);
    clock::SEEDED
        .replace('Z', &format!(".{fraction:07}"))
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
        + "Z"
}

/// Completes an object of a collection.
fn collected(
    state: &mut State,
    row: &'static Collection,
    mut object: Object,
    names: &mut Names,
) -> Result<Object, Fault> {
    let assignments = object.remove("assignments").unwrap_or(Value::Array(Vec::new()));
    let checker = Checker::of_states().with_defaults(row.defaults);
    let ty = checker.instance_type(row.root, &object)?;
    let contained = contained::take(row.contained, &mut object);
    let mut complete = checker.properties(&ty, &object)?;
    if text(&complete, row.name_property).is_empty() {
        return Err(Problem::Missing(row.name_property.to_owned()).under(row.name_property));
    }
    identify(&mut complete, &ty.name, row.name_property, names);
    let made: Value = seeded(&complete).into();
    if ty.property("createdDateTime").is_some() {
        complete.entry("createdDateTime").or_insert(made.clone());
    }
    if ty.property("lastModifiedDateTime").is_some() {
        let created = complete.get("createdDateTime").cloned().unwrap_or(made);
        complete.entry("lastModifiedDateTime").or_insert(created);
    }
    for (property, json) in row.initial {
        complete.entry(*property).or_insert_with(|| defaults::literal(json));
    }
    if ty.property("roleScopeTagIds").is_some() {
        complete.entry("roleScopeTagIds").or_insert_with(|| json!(["0"]));
    }
    mirrors::reflect(row.mirrors, &ty.name, &object, &mut complete);
    defaults::fill(&ty, &mut complete, row.defaults);
    complete.insert("@odata.type".to_owned(), ty.odata_type().into());

    let id = text(&complete, "id").to_owned();
    let digests = state.withheld.remove(&id).unwrap_or_default();
    let concealed = conceal(&mut complete, &state.secrets, &digests);
    state.keep(&id, concealed);
    complete.extend(contained::seeded(&checker, row.contained, contained, &id)?);
    if let Some(assign) = &row.assign {
        let assignments = assignments::complete(assign, &id, &assignments);
        let assignments = assignments.map_err(|fault| fault.under("assignments"))?;
        complete.insert("assignments".to_owned(), assignments);
    }
    Ok(complete)
}
