//! Reads a state and completes what a sparse seed leaves out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use jiff::SignedDuration;
use serde::de::Error as _;
use serde_json::{Value, json};

use super::check::{Checker, each};
use super::collection::write::{DATES, count, fill};
use super::collection::{assignments, contained, references};
use super::defaults::SpecialDefaults;
use super::refusal::{Allowed, table};
use super::rows::{Row, Rows, Settling};
use super::state::{
    FORMAT_VERSION, State, StateError, StateKind, Tenant, text, type_of, unknown_field,
};
use super::{Object, clock, defaults, device_registration_policy, guid, membership, object};
use crate::schema::types::{GraphVersion, TypeDef, Types};

impl State {
    /// Returns a tenant without device configurations and with Microsoft's defaults everywhere.
    pub fn new(tenant: Tenant) -> Self {
        let kind = StateKind::SandboxState;
        let state = json!({ "kind": kind, "formatVersion": FORMAT_VERSION, "tenant": tenant });
        Self::from_json(&state.to_string()).expect("a tenant without objects can be completed")
    }

    /// Reads a state, or a sparse seed of one, of a tenant with these collections from a file.
    ///
    /// # Errors
    /// Fails where the file cannot be read or [`State::from_json`] fails.
    pub fn load(path: &Path, rows: Rows) -> Result<Self, StateError> {
        let read = || {
            // To open a pipe would wait for a writer that may never come.
            if fs::metadata(path)?.is_file() || path.is_dir() {
                return fs::read_to_string(path);
            }
            let why = "it is a pipe or a device, and no file";
            Err(io::Error::new(io::ErrorKind::InvalidInput, why))
        };
        let text = read().map_err(|source| StateError::Read { path: path.to_owned(), source })?;
        Self::from_json_with(&text, rows)
    }

    /// Reads a state, or a sparse seed of one. The same text gives the same state.
    ///
    /// # Errors
    /// Fails where the text is no state, or holds an object that could not exist in a tenant.
    pub fn from_json(text: &str) -> Result<Self, StateError> {
        Self::from_json_with(text, Rows::default())
    }

    /// Reads a state as [`State::from_json`] does, of a tenant with these collections.
    ///
    /// # Errors
    /// As [`State::from_json`].
    pub fn from_json_with(text: &str, rows: Rows) -> Result<Self, StateError> {
        let mut state = Self { rows, ..serde_json::from_str(text)? };
        if state.format_version != FORMAT_VERSION {
            return Err(StateError::FormatVersion(state.format_version));
        }
        let is_section = |name: &&String| rows.all().any(|row| row.section() == name.as_str());
        if let Some(unknown) = state.collections.keys().find(|name| !is_section(name)) {
            return Err(serde_json::Error::custom(unknown_field(unknown)).into());
        }
        complete(&mut state).map_err(StateError::Impossible)?;
        Ok(state)
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new(Tenant::default())
    }
}

/// Completes every section.
fn complete(state: &mut State) -> Allowed<()> {
    let mut ids = Ids::default();
    directory(state, &mut ids)?;
    create_defaults(state).map_err(|fault| fault.under("createDefaults"))?;
    entities(state, &mut ids)?;
    for row in state.rows.all() {
        let given = std::mem::take(state.objects_mut(row));
        each(given, |given| {
            let object = collected(state, &mut ids, row, given)?;
            state.objects_mut(row).push(object);
            Ok(())
        })
        .map_err(|fault| fault.under(row.section()))?;
    }
    if let Some(id) = state.device_status_overviews.keys().find(|id| state.find(id).is_none()) {
        let fault = table::NO_SUCH_ID.refusal(&[id]).under(id);
        return Err(fault.under("deviceStatusOverviews"));
    }
    for id in state.references.keys() {
        check_references(state, id).map_err(|fault| fault.under(id).under("references"))?;
    }
    state.device_registration_policy =
        device_registration_policy::complete(&state.device_registration_policy)
            .map_err(|fault| fault.under("deviceRegistrationPolicy"))?;
    Ok(())
}

/// Checks the values that creates yield, and brings them into the form that the service stores.
fn create_defaults(state: &mut State) -> Allowed<()> {
    let checker = Checker::of_states(SpecialDefaults::default());
    for (on, value) in &mut state.create_defaults {
        let (ty, name) = on.split_once('.').unwrap_or((on, ""));
        let known = Types::of(GraphVersion::Beta).get(ty);
        let property = known.as_ref().and_then(|ty| ty.property(name));
        let property = property.filter(|property| property.navigation.is_none());
        let property =
            property.ok_or_else(|| table::NO_PROPERTY.refusal(&[&name, &ty]).under(on))?;
        *value = checker.value(property, value).map_err(|fault| fault.under(on))?;
    }
    Ok(())
}

/// Completes what Intune has beside the collections.
pub(super) fn entities(state: &mut State, ids: &mut Ids) -> Allowed<()> {
    if !state.role_scope_tags.iter().any(|tag| text(tag, "id") == "0") {
        // FACTS 7.
        let built_in = json!({ "id": "0", "displayName": "Default", "description": "Default Role Scope Tag.", "isBuiltIn": true });
        state.role_scope_tags.insert(0, object(built_in));
    }
    for index in 0..state.role_scope_tags.len() {
        let is_taken = |id: &String| state.role_scope_tags.iter().any(|tag| text(tag, "id") == id);
        let id = (index..).map(|id| id.to_string()).find(|id| !is_taken(id));
        state.role_scope_tags[index].entry("id").or_insert_with(|| id.into());
    }
    for (section, ty, objects) in [
        ("roleScopeTags", "roleScopeTag", &mut state.role_scope_tags),
        (
            "assignmentFilters",
            "deviceAndAppManagementAssignmentFilter",
            &mut state.assignment_filters,
        ),
        (
            "derivedCredentials",
            "deviceManagementDerivedCredentialSettings",
            &mut state.derived_credentials,
        ),
        ("auditEvents", "auditEvent", &mut state.audit_events),
    ] {
        each(objects, |object| entity(ids, ty, object)).map_err(|fault| fault.under(section))?;
    }
    Ok(())
}

/// Completes the groups, users and devices.
pub(super) fn directory(state: &mut State, ids: &mut Ids) -> Allowed<()> {
    each(&mut state.groups, |own| ids.give("group", "group", &own.display_name, &mut own.id))
        .map_err(|fault| fault.under("groups"))?;
    each(&mut state.users, |own| ids.give("user", "user", &own.user_principal_name, &mut own.id))
        .map_err(|fault| fault.under("users"))?;
    each(&mut state.devices, |own| ids.give("device", "device", &own.display_name, &mut own.id))
        .map_err(|fault| fault.under("devices"))?;
    each(&state.groups, |group| check_members(state, &group.members))
        .map(drop)
        .map_err(|fault| fault.under("groups"))
}

/// Generates ids from type and name, and refuses duplicates.
#[derive(Default)]
pub(super) struct Ids {
    named: BTreeMap<(String, String), usize>,
    taken: BTreeSet<(&'static str, String)>,
}

impl Ids {
    /// Generates an object's id where there is none, and refuses an id that another object of the scope has.
    fn give(&mut self, scope: &'static str, ty: &str, name: &str, id: &mut String) -> Allowed<()> {
        let nth = self.named.entry((ty.to_owned(), name.to_owned())).or_default();
        *nth += 1;
        if id.is_empty() {
            *id = guid(&[ty, name, &nth.to_string()]);
        }
        if self.taken.insert((scope, id.clone())) {
            Ok(())
        } else {
            Err(table::DUPLICATE_ID.refusal(&[id]).under("id"))
        }
    }
}

/// Refuses members that do not exist.
fn check_members(state: &State, ids: &[String]) -> Allowed<()> {
    each(ids, |id| {
        let kind = membership::kind(state, id);
        kind.map(drop).ok_or_else(|| table::NO_SUCH_ID.refusal(&[id]))
    })
    .map(drop)
    .map_err(|fault| fault.under("members"))
}

/// Refuses references of an object that does not exist, or that cannot refer to these.
fn check_references(state: &State, id: &str) -> Allowed<()> {
    let (row, object) = state.find(id).ok_or_else(|| table::NO_SUCH_ID.refusal(&[&id]))?;
    references::check(state, row, GraphVersion::Beta, type_of(object), &state.references[id])
}

/// Completes an object outside the collections.
fn entity(ids: &mut Ids, expected: &'static str, object: &mut Object) -> Allowed<()> {
    let checker = Checker::of_states(SpecialDefaults::default());
    let ty = checker.instance_type(expected, object)?;
    let mut complete = checker.properties(&ty, object)?;
    identify(ids, expected, &ty, "displayName", &mut complete)?;
    defaults::fill(&ty, &mut complete, SpecialDefaults::default());
    if ty.name != expected {
        complete.insert("@odata.type".to_owned(), ty.odata_type().into());
    }
    *object = complete;
    Ok(())
}

/// Sets an object's id and dates where they are missing: the same second for all objects, with a fraction that differs.
fn identify(
    ids: &mut Ids,
    scope: &'static str,
    ty: &TypeDef,
    name_property: &str,
    object: &mut Object,
) -> Allowed<()> {
    let mut id = text(object, "id").to_owned();
    ids.give(scope, &ty.name, text(object, name_property), &mut id)?;
    let fraction = id.bytes().fold(0, |sum, byte| (sum * 31 + i64::from(byte)) % 10_000_000);
    let made = clock::SEEDED + SignedDuration::from_nanos(fraction * 100);
    object.insert("id".to_owned(), id.into());
    let mut date: Value = clock::wire(made).into();
    for property in DATES.into_iter().filter(|property| ty.property(property).is_some()) {
        date = object.entry(property).or_insert(date).clone();
    }
    Ok(())
}

/// Completes an object of a collection. Its id is unique among all collections, since masked values are kept by id.
fn collected(state: &mut State, ids: &mut Ids, row: Row, mut object: Object) -> Allowed<Object> {
    let assignments = object.remove("assignments").unwrap_or_else(|| json!([]));
    // What creates yield is no matter of objects that are there already.
    let special = SpecialDefaults { row: row.defaults, tenant: None };
    let checker = Checker::of_states(special);
    let ty = checker.instance_type(row.root, &object)?;
    for contained in row.contained {
        object.entry(contained.property).or_insert_with(|| defaults::literal(contained.seeded));
    }
    let mut complete = contained::properties(&checker, &ty, row.contained, &object)?;
    if text(&complete, row.name_property).is_empty() {
        return Err(table::MISSING.refusal(&[&row.name_property]).under(row.name_property));
    }
    identify(ids, "", &ty, row.name_property, &mut complete)?;
    for (property, json) in row.initial {
        complete.entry(*property).or_insert_with(|| defaults::literal(json));
    }
    fill(row, &ty, &object, &mut complete, special);
    let has = |section: &str, id: &str| state.has(section, id);
    (row.settle)(&mut complete, &Settling { before: None, is_whole: false, has: &has })?;
    complete.insert("@odata.type".to_owned(), ty.odata_type().into());

    let id = text(&complete, "id").to_owned();
    let digests = state.withheld.get(&id).cloned().unwrap_or_default();
    state.mask(&mut complete, &digests);
    contained::identify(row.contained, &mut complete, &id, None);
    if let Some(assign) = &row.assign {
        let assignments = assignments::complete(assign, &id, &assignments);
        let assignments = assignments.map_err(|fault| fault.under("assignments"))?;
        complete.insert("assignments".to_owned(), assignments);
    }
    count(row, &mut complete);
    Ok(complete)
}
