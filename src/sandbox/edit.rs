//! Changes a tenant outside of Git, as an administrator in the portal would.
//!
//! An edit passes the same checks as a PATCH or a PUT, and leaves the same audit events.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::Object;
use super::actor::{Actor, Change};
use super::catalog;
use super::collection::references;
use super::collection::write::Writer;
use super::device_registration_policy::{self, NAME as POLICY};
use super::masking::reveal;
use super::refusal::{ErrorResponse, table};
use super::rows::{Collection, Row, Update};
use super::state::{References, State, text, type_of};
use crate::schema::types::{GraphVersion, Property, TypeDef, Types};

pub mod assign;
mod directory;

use assign::Reassignment;

/// The property of a settings catalog policy that holds its settings.
const SETTINGS: &str = "settings";
/// The type of the objects that its settings refer to.
const REUSABLE: &str = "deviceManagementReusablePolicySetting";

/// An edit: an object and new values of its properties.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The type's name, as after `#microsoft.graph.`.
    pub kind: String,
    /// A displayName or an id. The registration policy is one of its kind and needs none.
    pub name: String,
    /// The properties.
    pub settings: Vec<Setting>,
    /// The user principal name of the administrator; the tenant's `admin` where left out.
    pub actor: Option<String>,
    /// The action on the object.
    pub action: EditAction,
    /// The changes of its assignments.
    pub assignments: Reassignment,
}

/// The action of an edit on its object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EditAction {
    /// Sets properties of an object that is there.
    #[default]
    Change,
    /// Makes an object of this display name, whether or not there is one that has it.
    Create,
    /// Makes an object of this display name, which no other has.
    Add,
    /// Deletes the object.
    Delete,
}

/// A property and its new value.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The top-level property.
    pub property: String,
    /// The path below the property: names, and positions in lists; below `settings` of a settings catalog policy also the id of
    /// a definition, whose dots part it, for the setting of it at any depth.
    pub path: Vec<String>,
    /// The value.
    pub value: Value,
}

/// An edit that was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EditError {
    message: String,
    /// The fault, for the remedy.
    pub fault: EditFault,
}

/// The fault of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditFault {
    /// An argument is not of the form that it has to have.
    Malformed,
    /// There is no such kind.
    Kind,
    /// The kind has no such property.
    Property,
    /// The tenant has no such object.
    Object,
    /// The tenant lacks an object that the edit refers to.
    Referred {
        /// Its kind, such as `group`.
        kind: String,
        /// Its name.
        name: String,
    },
    /// The object has the values that the edit sets.
    Unchanged,
    /// The edit is refused for another reason, which the message says.
    Refused,
}

impl From<ErrorResponse> for EditError {
    fn from(refusal: ErrorResponse) -> Self {
        let is_unchanged = refusal.message == table::UNCHANGED.refusal(&[]).message;
        let fault = if is_unchanged { EditFault::Unchanged } else { EditFault::Refused };
        Self::refused(format!("the service refuses the edit: {}", refusal.message)).because(fault)
    }
}

impl EditError {
    fn refused(message: String) -> Self {
        Self { message, fault: EditFault::Refused }
    }

    fn malformed(message: String) -> Self {
        Self { message, fault: EditFault::Malformed }
    }

    fn because(self, fault: EditFault) -> Self {
        Self { fault, ..self }
    }

    /// Returns the error of a name that does not exist, with the three names that are most like it, best first.
    fn not_found(message: String, wrong: &str, names: impl Iterator<Item = String>) -> Self {
        let likeness =
            |name: &str| strsim::jaro_winkler(&wrong.to_lowercase(), &name.to_lowercase());
        let mut near: Vec<(f64, String)> = names.map(|name| (likeness(&name), name)).collect();
        near.retain(|(likeness, _)| *likeness > 0.8);
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        if near.is_empty() {
            return Self::refused(message);
        }
        let near: Vec<_> = near.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
        Self::refused(format!("{message}; did you mean {}?", near.join(" or ")))
    }
}

impl Setting {
    /// Reads `PROP=VALUE`. The value is JSON where it reads as JSON, else text.
    ///
    /// # Errors
    /// Fails where there is no `=` or a name in the path is empty.
    pub fn parse(argument: &str) -> Result<Self, EditError> {
        let malformed = || {
            EditError::malformed(format!("`{argument}` does not set anything: write PROP=VALUE"))
        };
        let (path, value) = argument.split_once('=').ok_or_else(malformed)?;
        let mut path = path.split('.').map(str::to_owned);
        let (property, path) = (path.next().unwrap_or_default(), path.collect::<Vec<_>>());
        if property.is_empty() || path.iter().any(String::is_empty) {
            return Err(malformed());
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        Ok(Self { property, path, value })
    }

    /// Returns the setting with ids in the place of the names of reusable settings.
    fn with_ids(&self, state: &State) -> Self {
        let reusable = state.rows.of_type(REUSABLE);
        let Some(row) = reusable.filter(|_| catalog::edit::refers(&self.path.join("."))) else {
            return self.clone();
        };
        let id = |given: &Value| {
            let name = given.as_str().unwrap_or_default();
            match &state.called(row, name, |_| true)[..] {
                [only] => only.as_str().into(),
                _ => given.clone(),
            }
        };
        let value = match &self.value {
            Value::Array(many) => many.iter().map(id).collect(),
            one => id(one),
        };
        Self { value, ..self.clone() }
    }

    fn leads_nowhere(&self) -> EditError {
        let path = [std::slice::from_ref(&self.property), &self.path[..]].concat().join(".");
        let why = "there is no complex value or no such element on the way";
        EditError::refused(format!("`{path}` leads nowhere: {why}"))
    }

    /// Sets the value at the path. Only the last name of the path may be new.
    fn set(&self, object: &mut Object) -> Result<(), EditError> {
        let mut at = object.entry(&self.property).or_insert(Value::Null);
        let is_place = |step: &String| step.parse::<usize>().is_ok();
        if self.property == SETTINGS && at.is_array() && !self.path.first().is_none_or(is_place) {
            return catalog::edit::set(at, &self.path.join("."), &self.value)
                .map_err(EditError::refused);
        }
        for step in &self.path {
            let inner = match at {
                Value::Object(members) => Some(members.entry(step).or_insert(Value::Null)),
                Value::Array(elements) => {
                    step.parse().ok().and_then(|i: usize| elements.get_mut(i))
                }
                _ => None,
            };
            at = inner.ok_or_else(|| self.leads_nowhere())?;
        }
        *at = self.value.clone();
        Ok(())
    }
}

impl Edit {
    /// Reads `KIND/NAME` and its settings.
    ///
    /// # Errors
    /// Fails where either is malformed.
    pub fn parse(
        target: &str,
        settings: &[String],
        actor: Option<String>,
    ) -> Result<Self, EditError> {
        let (kind, name) = match target.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => (kind, name),
            None if target == POLICY => (target, POLICY),
            _ => {
                let message = format!("`{target}` does not name an object: write KIND/NAME");
                return Err(EditError::malformed(message));
            }
        };
        let settings =
            settings.iter().map(|setting| Setting::parse(setting)).collect::<Result<_, _>>()?;
        let (kind, name) = (kind.to_owned(), name.to_owned());
        let (action, assignments) = (EditAction::default(), Reassignment::default());
        Ok(Self { kind, name, settings, actor, action, assignments })
    }

    /// Makes the edit.
    ///
    /// # Errors
    /// Fails where the object or a property does not exist, or the service would refuse the change. The tenant is then
    /// unchanged.
    pub fn apply(&self, state: &mut State) -> Result<(), EditError> {
        let name = self.actor.clone().unwrap_or_else(|| format!("admin@{}", state.tenant.domain));
        let actor = Actor { app_id: None, name };
        let change = Change { version: GraphVersion::Beta, actor: &actor };
        let mut next = state.clone();
        match state.rows.of_type(&self.kind) {
            Some(row) => match self.action {
                EditAction::Change => self.apply_to_object(&mut next, row, &change)?,
                EditAction::Create | EditAction::Add => {
                    self.create(&mut next, row, &change)?;
                }
                EditAction::Delete => {
                    self.ty(state)?;
                    let id = self.find(state, row)?;
                    Writer { state: &mut next, row, change: &change }.delete(&id)?;
                }
            },
            None if directory::KINDS.contains(&self.kind.as_str()) => {
                self.apply_to_directory(&mut next)?
            }
            None if !self.assignments.is_empty() => {
                return Err(EditError::refused(format!("no {} is assigned to groups", self.kind)));
            }
            None if self.kind == POLICY && self.action != EditAction::Change => {
                let message = format!("every tenant has one `{POLICY}`, and keeps it");
                return Err(EditError::refused(message));
            }
            None if self.kind == POLICY => self.apply_to_policy(&mut next, &change)?,
            None => return Err(self.unknown_kind(state)),
        }
        *state = next;
        Ok(())
    }

    fn apply_to_policy(&self, state: &mut State, change: &Change<'_>) -> Result<(), EditError> {
        let ty = self.ty(state)?;
        let mut body = device_registration_policy::read(state);
        for setting in &self.settings {
            known(&ty, &setting.property)?;
            setting.set(&mut body)?;
        }
        Ok(device_registration_policy::put(state, change, &body)?)
    }

    /// Makes an object, and then sets what a create does not take.
    fn create(&self, state: &mut State, row: Row, change: &Change<'_>) -> Result<(), EditError> {
        let ty = self.ty(state)?;
        let mut body = Object::new();
        body.insert("@odata.type".to_owned(), ty.odata_type().into());
        body.insert(row.name_property.to_owned(), self.name.as_str().into());
        let is_later = |setting: &&Setting| {
            let property = setting.property.as_str();
            row.assign.is_some() && property == "assignments"
                || references::navigation(GraphVersion::Beta, &self.kind, property).is_some()
        };
        let (later, now): (Vec<&Setting>, Vec<&Setting>) = self.settings.iter().partition(is_later);
        for setting in now {
            known(&ty, &setting.property)?;
            setting.with_ids(state).set(&mut body)?;
        }
        let name = Writer { state, row, change }.create(&body, References::default())?;
        if later.is_empty() && self.assignments.is_empty() {
            return Ok(());
        }
        let settings = later.into_iter().cloned().collect();
        Self { name, settings, ..self.clone() }.apply_to_object(state, row, change)
    }

    fn apply_to_object(
        &self,
        state: &mut State,
        row: Row,
        change: &Change<'_>,
    ) -> Result<(), EditError> {
        let ty = self.ty(state)?;
        let id = self.find(state, row)?;
        let mut whole = state.object(row, &id).cloned().unwrap_or_default();
        // The portal does not send masks.
        reveal(&mut whole, &state.secrets);
        let (mut written, mut replaced) = (BTreeSet::new(), BTreeSet::new());
        let mut links = Vec::new();
        for setting in &self.settings {
            let property = setting.property.as_str();
            if let Some(navigation) =
                references::navigation(GraphVersion::Beta, &self.kind, property)
            {
                let ids = linked(state, row, &navigation, setting)?;
                links.push((navigation, ids));
                continue;
            }
            let has_action = (row.assign.is_some() && property == "assignments")
                || row.actions.iter().any(|action| action.property == property);
            if has_action {
                replaced.insert(property);
            } else {
                if row.contains(property).is_none() {
                    known(&ty, property)?;
                }
                written.insert(property);
            }
            setting.with_ids(state).set(&mut whole)?;
        }
        if !self.assignments.is_empty() {
            let property = row.assign.as_ref().map(|_| "assignments");
            let Some(property) = property else {
                return Err(EditError::refused(format!("no {} is assigned to groups", self.kind)));
            };
            let before = whole.get(property).cloned().unwrap_or_default();
            whole.insert(property.to_owned(), self.assignments.apply(state, &before)?);
            replaced.insert(property);
        }
        let mut writer = Writer { state, row, change };
        if !written.is_empty() {
            let mut body = whole.clone();
            let is_patch = row.update == Update::Patch;
            body.retain(|name, _| {
                if is_patch {
                    name == "@odata.type" || written.contains(name.as_str())
                } else {
                    name != "assignments"
                }
            });
            writer.update(&id, &body, is_patch)?;
        }
        for property in replaced {
            writer.replace(&id, property, &whole, property)?;
        }
        for (navigation, ids) in links {
            writer.refer(&id, &navigation, ids)?;
        }
        Ok(())
    }

    fn ty(&self, state: &State) -> Result<Arc<TypeDef>, EditError> {
        let ty = Types::of(GraphVersion::Beta).get(&self.kind).filter(|ty| !ty.is_abstract);
        ty.ok_or_else(|| self.unknown_kind(state))
    }

    fn unknown_kind(&self, state: &State) -> EditError {
        let types = Types::of(GraphVersion::Beta);
        let is_kind = |name: &&str| {
            state.rows.of_type(name).is_some() && types.get(name).is_some_and(|ty| !ty.is_abstract)
        };
        let kinds = types
            .names()
            .filter(is_kind)
            .chain([POLICY])
            .chain(directory::KINDS)
            .map(str::to_owned);
        EditError::not_found(format!("there is no kind `{}`", self.kind), &self.kind, kinds)
            .because(EditFault::Kind)
    }

    fn find(&self, state: &State, row: &Collection) -> Result<String, EditError> {
        let Self { kind, name, .. } = self;
        let is_of_kind = |object: &Object| type_of(object) == kind;
        let mut ids = state.called(row, name, is_of_kind);
        if ids.len() > 1 {
            let (count, ids) = (ids.len(), ids.join(", "));
            let message = format!("the tenant has {count} of {kind} `{name}`; use an id: {ids}");
            return Err(EditError::refused(message));
        }
        ids.pop().ok_or_else(|| {
            let all = state.objects(row).iter().filter(|object| is_of_kind(object));
            let names = all.map(|object| text(object, row.name_property).to_owned());
            EditError::not_found(format!("the tenant has no {kind} `{name}`"), name, names)
                .because(EditFault::Object)
        })
    }
}

fn known(ty: &TypeDef, property: &str) -> Result<(), EditError> {
    if ty.property(property).is_some() {
        return Ok(());
    }
    let names = ty.properties.iter().map(|property| property.name.clone());
    let message = format!("{} has no property `{property}`", ty.name);
    Err(EditError::not_found(message, property, names).because(EditFault::Property))
}

/// Returns the ids of the objects that a setting of a navigation names, by display name or by id.
fn linked(
    state: &State,
    row: &Collection,
    navigation: &Property,
    setting: &Setting,
) -> Result<Vec<String>, EditError> {
    let values = match &setting.value {
        _ if !setting.path.is_empty() => return Err(setting.leads_nowhere()),
        Value::Null => &[],
        Value::Array(values) => &values[..],
        value => std::slice::from_ref(value),
    };
    let id = |value: &Value| {
        let name = value.as_str().unwrap_or_default();
        let mut found = state.called(row, name, |object| references::fits(navigation, object));
        match found.len() {
            1 => Ok(found.remove(0)),
            count => {
                let property = &navigation.name;
                Err(EditError::refused(format!(
                    "{property} cannot refer to {value}: {count} objects that fit are called so"
                )))
            }
        }
    };
    values.iter().map(id).collect()
}

#[cfg(test)]
mod tests;
