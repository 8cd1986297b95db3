//! Completing a sparse state: what the author of a seed leaves out is filled in, always in the same way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::assignments;
use super::check::Checker;
use super::conceal::conceal;
use super::guid::guid;
use super::membership;
use super::problem::{Fault, Problem};
use super::state::{DeviceRegistration, FORMAT_VERSION, Kind, State, StateError, Tenant, text};
use super::{Object, clock, defaults, device_registration_policy, mirrors, references};
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
            device_configurations: Vec::new(),
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
        let text = fs::read_to_string(path)
            .map_err(|source| StateError::Read { path: path.to_owned(), source })?;
        Self::from_json(&text)
    }

    /// Reads a state, or a sparse seed of one. The same text gives the same state.
    ///
    /// # Errors
    /// Fails where the text is no state, or holds an object that could not exist in a tenant.
    pub fn from_json(text: &str) -> Result<Self, StateError> {
        let state: Self = serde_json::from_str(text)?;
        if state.format_version != FORMAT_VERSION {
            return Err(StateError::FormatVersion(state.format_version));
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
    let configurations = std::mem::take(&mut state.device_configurations);
    for (index, object) in configurations.into_iter().enumerate() {
        let object = device_configuration(&mut state, object, &mut names)
            .map_err(at("deviceConfigurations", index))?;
        state.device_configurations.push(object);
    }
    let mut reported = state.device_status_overviews.keys();
    if let Some(id) = reported.find(|id| state.device_configuration(id).is_none()) {
        let fault = Problem::NoSuchObject(id.clone()).under(id);
        return Err(impossible(fault.under("deviceStatusOverviews")));
    }
    for (section, objects) in [
        ("roleScopeTags", &state.role_scope_tags),
        ("assignmentFilters", &state.assignment_filters),
        ("deviceConfigurations", &state.device_configurations),
    ] {
        unique(section, objects.iter().map(|object| text(object, "id"))).map_err(impossible)?;
    }
    for (id, bound) in &state.references {
        let ty = state.device_configuration(id);
        let ty = ty.and_then(|object| type_name(text(object, "@odata.type")));
        let checked = references::check(&state, GraphVersion::Beta, ty.unwrap_or_default(), bound);
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
    let mut seen = BTreeSet::new();
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
    identify(&mut complete, &ty.name, names);
    for property in ["createdDateTime", "lastModifiedDateTime"] {
        if ty.property(property).is_some() && !complete.contains_key(property) {
            complete.insert(property.to_owned(), seeded(&complete).into());
        }
    }
    defaults::fill(&ty, &mut complete);
    if ty.name != expected {
        complete.insert("@odata.type".to_owned(), ty.odata_type().into());
    }
    *object = complete;
    Ok(())
}

fn identify(object: &mut Object, ty: &str, names: &mut Names) {
    let mut id = text(object, "id").to_owned();
    names.identify(&mut id, ty, text(object, "displayName"));
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

fn device_configuration(
    state: &mut State,
    mut object: Object,
    names: &mut Names,
) -> Result<Object, Fault> {
    let given = object.remove("assignments").unwrap_or(Value::Array(Vec::new()));
    let checker = Checker::of_states();
    let ty = checker.instance_type("deviceConfiguration", &object)?;
    let mut complete = checker.properties(&ty, &object)?;
    if text(&complete, "displayName").is_empty() {
        return Err(Problem::Missing("displayName".to_owned()).under("displayName"));
    }
    identify(&mut complete, &ty.name, names);
    let made = seeded(&complete);
    let created = complete.entry("createdDateTime").or_insert_with(|| made.into()).clone();
    complete.entry("lastModifiedDateTime").or_insert(created);
    complete.entry("version").or_insert(1.into());
    complete.entry("supportsScopeTags").or_insert(true.into());
    complete.entry("roleScopeTagIds").or_insert_with(|| json!(["0"]));
    mirrors::reflect(&ty.name, &object, &mut complete);
    defaults::fill(&ty, &mut complete);
    complete.insert("@odata.type".to_owned(), ty.odata_type().into());

    let id = text(&complete, "id").to_owned();
    let digests = state.withheld.remove(&id).unwrap_or_default();
    let concealed = conceal(&mut complete, &state.secrets, &digests);
    state.keep(&id, concealed);
    let assignments =
        assignments::complete(&id, &given).map_err(|fault| fault.under("assignments"))?;
    complete.insert("assignments".to_owned(), assignments);
    Ok(complete)
}
