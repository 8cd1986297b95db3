//! Edits of what manifests name: groups, users and devices, assignment filters and scope tags.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Edit, EditAction, EditError, EditFault};
use crate::sandbox::state::{State, text};
use crate::sandbox::{Object, seed};

/// The names for the objects whose parts of the state are no collections.
pub(super) const KINDS: [&str; 5] = ["group", "user", "device", "filter", "tag"];

impl Edit {
    /// Makes, changes or deletes an object that manifests name.
    pub(super) fn apply_to_directory(&self, state: &mut State) -> Result<(), EditError> {
        let known = state.clone();
        let name = &["displayName"][..];
        match self.kind.as_str() {
            "group" => self.edit_list(&mut state.groups, &known, name)?,
            "user" => {
                self.edit_list(&mut state.users, &known, &["userPrincipalName", "displayName"])?;
            }
            "device" => self.edit_list(&mut state.devices, &known, name)?,
            "filter" => self.edit_list(&mut state.assignment_filters, &known, name)?,
            _ => self.edit_list(&mut state.role_scope_tags, &known, name)?,
        }
        let mut ids = seed::Ids::default();
        seed::directory(state, &mut ids)?;
        Ok(seed::entities(state, &mut ids)?)
    }

    /// Edits a list of objects, which are found by these properties and are made with them.
    fn edit_list<T: Serialize + DeserializeOwned>(
        &self,
        list: &mut Vec<T>,
        known: &State,
        names: &[&str],
    ) -> Result<(), EditError> {
        let Self { kind, name, action, .. } = self;
        let refused =
            |error: serde_json::Error| EditError::refused(format!("this is no {kind}: {error}"));
        let objects: Vec<Object> = list
            .iter()
            .map(|one| serde_json::from_value(serde_json::to_value(one)?))
            .collect::<Result<_, _>>()
            .map_err(refused)?;
        let found = match (action, &called(&objects, names, name)[..]) {
            (EditAction::Add, [_, ..]) => {
                return Err(EditError::refused(format!(
                    "the tenant has a {kind} `{name}` already"
                )));
            }
            (EditAction::Create | EditAction::Add, _) => None,
            (_, [at]) => Some(*at),
            (_, []) => {
                let all = objects.iter().map(|object| text(object, names[0]).to_owned());
                let message = format!("the tenant has no {kind} `{name}`");
                return Err(EditError::not_found(message, name, all).because(EditFault::Object));
            }
            (_, all) => {
                let count = all.len();
                let message = format!("the tenant has {count} of {kind} `{name}`; use an id");
                return Err(EditError::refused(message));
            }
        };
        if let (EditAction::Delete, Some(at)) = (action, found) {
            if objects[at].get("isBuiltIn") == Some(&Value::Bool(true)) {
                return Err(EditError::refused(format!(
                    "the {kind} `{name}` is built in, and stays"
                )));
            }
            list.remove(at);
            return Ok(());
        }
        let made = || names.iter().map(|of| ((*of).to_owned(), name.as_str().into())).collect();
        let mut object = found.map_or_else(made, |at| objects[at].clone());
        for setting in &self.settings {
            setting.set(&mut object)?;
        }
        if let Some(Value::Array(members)) = object.get_mut("members") {
            for member in members {
                *member = member_id(known, member)?;
            }
        }
        let object = serde_json::from_value(object.into()).map_err(refused)?;
        match found {
            Some(at) => list[at] = object,
            None => list.push(object),
        }
        Ok(())
    }
}

/// Returns the positions of the objects that have a name or an id.
fn called(objects: &[Object], names: &[&str], name: &str) -> Vec<usize> {
    let with = |of: &str| -> Vec<usize> {
        let objects = objects.iter().enumerate();
        objects.filter(|(_, object)| text(object, of) == name).map(|(at, _)| at).collect()
    };
    let found = ["id"].iter().chain(names).map(|of| with(of));
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// Returns the id of the member that a name or an id stands for.
fn member_id(state: &State, given: &Value) -> Result<Value, EditError> {
    let name = given.as_str().unwrap_or_default();
    let users = state.users.iter().map(|one| (&one.user_principal_name, &one.id));
    let groups = state.groups.iter().map(|one| (&one.display_name, &one.id));
    let devices = state.devices.iter().map(|one| (&one.display_name, &one.id));
    let all: Vec<(&String, &String)> = users.chain(groups).chain(devices).collect();
    if all.iter().any(|(_, id)| *id == name) {
        return Ok(given.clone());
    }
    let ids: Vec<&String> =
        all.iter().filter(|(known, _)| *known == name).map(|(_, id)| *id).collect();
    match ids[..] {
        [only] => Ok(only.as_str().into()),
        [] => {
            let message = format!("no user, device or group is called `{name}`");
            let names = all.iter().map(|(known, _)| (*known).clone());
            let kind = if name.contains('@') { "user" } else { "group" };
            let fault = EditFault::Referred { kind: kind.to_owned(), name: name.to_owned() };
            Err(EditError::not_found(message, name, names).because(fault))
        }
        _ => {
            Err(EditError::refused(format!("{} members are called `{name}`; use an id", ids.len())))
        }
    }
}
