//! Changes a tenant outside of Git, as an administrator in the portal would.
//!
//! An edit passes the same checks as a PATCH or a PUT, and leaves the same audit events.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Object;
use super::actor::{Actor, Change};
use super::catalog;
use super::collection::references;
use super::collection::write::Writer;
use super::device_registration_policy::{self, NAME as POLICY};
use super::masking::reveal;
use super::refusal::ErrorResponse;
use super::rows::{Collection, Row, Update};
use super::seed;
use super::state::{References, State, text, type_of};
use crate::schema::types::{GraphVersion, Property, TypeDef, Types};

/// The property of a settings catalog policy that holds its settings.
const SETTINGS: &str = "settings";
/// The type of the objects that its settings refer to.
const REUSABLE: &str = "deviceManagementReusablePolicySetting";
/// The objects of the directory that an edit can make, change and delete.
const DIRECTORY: [&str; 3] = ["group", "user", "device"];

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
}

/// The action of an edit on its object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EditAction {
    /// Sets properties of an object that is there.
    #[default]
    Change,
    /// Makes an object of this display name.
    Create,
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
#[error("{0}")]
pub struct EditError(String);

impl From<ErrorResponse> for EditError {
    fn from(refusal: ErrorResponse) -> Self {
        Self(format!("the service refuses the edit: {}", refusal.message))
    }
}

impl EditError {
    /// Returns the error of a name that does not exist, with the three names that are most like it, best first.
    fn not_found(message: String, wrong: &str, names: impl Iterator<Item = String>) -> Self {
        let likeness =
            |name: &str| strsim::jaro_winkler(&wrong.to_lowercase(), &name.to_lowercase());
        let mut near: Vec<(f64, String)> = names.map(|name| (likeness(&name), name)).collect();
        near.retain(|(likeness, _)| *likeness > 0.8);
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        if near.is_empty() {
            return Self(message);
        }
        let near: Vec<_> = near.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
        Self(format!("{message}; did you mean {}?", near.join(" or ")))
    }
}

impl Setting {
    /// Reads `PROP=VALUE`. The value is JSON where it reads as JSON, else text.
    ///
    /// # Errors
    /// Fails where there is no `=` or a name in the path is empty.
    pub fn parse(argument: &str) -> Result<Self, EditError> {
        let malformed =
            || EditError(format!("`{argument}` does not set anything: write PROP=VALUE"));
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
        EditError(format!("`{path}` leads nowhere: {why}"))
    }

    /// Sets the value at the path. Only the last name of the path may be new.
    fn set(&self, object: &mut Object) -> Result<(), EditError> {
        let mut at = object.entry(&self.property).or_insert(Value::Null);
        let is_place = |step: &String| step.parse::<usize>().is_ok();
        if self.property == SETTINGS && at.is_array() && !self.path.first().is_none_or(is_place) {
            return catalog::edit::set(at, &self.path.join("."), &self.value).map_err(EditError);
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
                return Err(EditError(message));
            }
        };
        let settings =
            settings.iter().map(|setting| Setting::parse(setting)).collect::<Result<_, _>>()?;
        let (kind, name) = (kind.to_owned(), name.to_owned());
        Ok(Self { kind, name, settings, actor, action: EditAction::default() })
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
                EditAction::Create => {
                    self.create(&mut next, row, &change)?;
                }
                EditAction::Delete => {
                    self.ty(state)?;
                    let id = self.find(state, row)?;
                    Writer { state: &mut next, row, change: &change }.delete(&id)?;
                }
            },
            None if DIRECTORY.contains(&self.kind.as_str()) => {
                self.apply_to_directory(&mut next)?
            }
            None if self.kind == POLICY && self.action != EditAction::Change => {
                let message = format!("every tenant has one `{POLICY}`, and keeps it");
                return Err(EditError(message));
            }
            None if self.kind == POLICY => self.apply_to_policy(&mut next, &change)?,
            None => return Err(self.unknown_kind(state)),
        }
        *state = next;
        Ok(())
    }

    /// Makes, changes or deletes a group, user or device.
    fn apply_to_directory(&self, state: &mut State) -> Result<(), EditError> {
        let known = state.clone();
        match self.kind.as_str() {
            "group" => self.edit_list(&mut state.groups, &known, &["displayName"])?,
            "user" => {
                self.edit_list(&mut state.users, &known, &["userPrincipalName", "displayName"])?;
            }
            _ => self.edit_list(&mut state.devices, &known, &["displayName"])?,
        }
        Ok(seed::directory(state, &mut seed::Ids::default())?)
    }

    /// Edits a list of the directory, whose objects are found by these properties and are made with them.
    fn edit_list<T: Serialize + DeserializeOwned>(
        &self,
        list: &mut Vec<T>,
        known: &State,
        names: &[&str],
    ) -> Result<(), EditError> {
        let Self { kind, name, action, .. } = self;
        let refused = |error: serde_json::Error| EditError(format!("this is no {kind}: {error}"));
        let objects: Vec<Object> = list
            .iter()
            .map(|one| serde_json::from_value(serde_json::to_value(one)?))
            .collect::<Result<_, _>>()
            .map_err(refused)?;
        let found = match (action, &called(&objects, names, name)[..]) {
            (EditAction::Create, _) => None,
            (_, [at]) => Some(*at),
            (_, []) => {
                let all = objects.iter().map(|object| text(object, names[0]).to_owned());
                let message = format!("the tenant has no {kind} `{name}`");
                return Err(EditError::not_found(message, name, all));
            }
            (_, all) => {
                let count = all.len();
                let message = format!("the tenant has {count} of {kind} `{name}`; use an id");
                return Err(EditError(message));
            }
        };
        if let (EditAction::Delete, Some(at)) = (action, found) {
            list.remove(at);
            return Ok(());
        }
        let made = || names.iter().map(|of| ((*of).to_owned(), name.as_str().into())).collect();
        let mut object = found.map_or_else(made, |at| objects[at].clone());
        for setting in &self.settings {
            setting.set(&mut object)?;
        }
        if let Some(Value::Array(members)) = object.get_mut("members") {
            members.iter_mut().for_each(|member| *member = member_id(known, member));
        }
        let object = serde_json::from_value(object.into()).map_err(refused)?;
        match found {
            Some(at) => list[at] = object,
            None => list.push(object),
        }
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
        if later.is_empty() {
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
        let kinds =
            types.names().filter(is_kind).chain([POLICY]).chain(DIRECTORY).map(str::to_owned);
        EditError::not_found(format!("there is no kind `{}`", self.kind), &self.kind, kinds)
    }

    fn find(&self, state: &State, row: &Collection) -> Result<String, EditError> {
        let Self { kind, name, .. } = self;
        let is_of_kind = |object: &Object| type_of(object) == kind;
        let mut ids = state.called(row, name, is_of_kind);
        if ids.len() > 1 {
            let (count, ids) = (ids.len(), ids.join(", "));
            let message = format!("the tenant has {count} of {kind} `{name}`; use an id: {ids}");
            return Err(EditError(message));
        }
        ids.pop().ok_or_else(|| {
            let all = state.objects(row).iter().filter(|object| is_of_kind(object));
            let names = all.map(|object| text(object, row.name_property).to_owned());
            EditError::not_found(format!("the tenant has no {kind} `{name}`"), name, names)
        })
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

/// Returns the id of the member that a name stands for, or what is given where it stands for none or several.
fn member_id(state: &State, given: &Value) -> Value {
    let name = given.as_str().unwrap_or_default();
    let users = state.users.iter().filter(|one| one.user_principal_name == name).map(|one| &one.id);
    let groups = state.groups.iter().filter(|one| one.display_name == name).map(|one| &one.id);
    let devices = state.devices.iter().filter(|one| one.display_name == name).map(|one| &one.id);
    match users.chain(groups).chain(devices).collect::<Vec<_>>()[..] {
        [only] => only.as_str().into(),
        _ => given.clone(),
    }
}

fn known(ty: &TypeDef, property: &str) -> Result<(), EditError> {
    if ty.property(property).is_some() {
        return Ok(());
    }
    let names = ty.properties.iter().map(|property| property.name.clone());
    let message = format!("{} has no property `{property}`", ty.name);
    Err(EditError::not_found(message, property, names))
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
                Err(EditError(format!(
                    "{property} cannot refer to {value}: {count} objects that fit are called so"
                )))
            }
        }
    };
    values.iter().map(id).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tenant() -> State {
        let seed = json!({
            "kind": "sandbox-state",
            "formatVersion": "1.0",
            "deviceConfigurations": [
                {"@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
                 "displayName": "Windows Hello for Business", "pinMinimumLength": 6},
                {"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "Custom",
                 "omaSettings": [
                    {"@odata.type": "#microsoft.graph.omaSettingString", "displayName": "a", "omaUri": "./a", "value": "one"},
                    {"@odata.type": "#microsoft.graph.omaSettingInteger", "displayName": "b", "omaUri": "./b", "value": 1},
                 ]},
            ],
        });
        State::from_json(&seed.to_string()).expect("a seed")
    }

    fn configurations(state: &State) -> &[Object] {
        &state.collections["deviceConfigurations"]
    }

    fn apply(state: &mut State, target: &str, settings: &[&str]) -> Result<(), EditError> {
        let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
        Edit::parse(target, &settings, Some("bob@contoso.com".to_owned()))?.apply(state)
    }

    #[test]
    fn edit_is_audited_as_a_person() {
        let mut state = tenant();
        let target = "windowsIdentityProtectionConfiguration/Windows Hello for Business";
        apply(&mut state, target, &["pinMinimumLength=4"]).expect("an edit");
        let object = &configurations(&state)[0];
        assert_eq!((&object["pinMinimumLength"], &object["version"]), (&json!(4), &json!(2)));
        assert!(text(object, "lastModifiedDateTime") > text(object, "createdDateTime"));
        assert_eq!(state.audit_events[0]["actor"]["userPrincipalName"], "bob@contoso.com");
        assert_eq!(state.audit_events[0]["displayName"], "Patch DeviceConfiguration");

        apply(
            &mut state,
            "deviceRegistrationPolicy",
            &["azureADJoin.localAdmins.enableGlobalAdmins=false"],
        )
        .expect("an edit");
        let join = &state.device_registration_policy["azureADJoin"];
        assert_eq!(join["localAdmins"]["enableGlobalAdmins"], false);
        assert_eq!(state.directory_audits.len(), 1);
    }

    #[test]
    fn objects_are_made_and_deleted_as_in_the_portal() {
        let mut state = tenant();
        let edit = |target: &str, settings: &[&str], action| {
            let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
            let edit = Edit::parse(target, &settings, Some("bob@contoso.com".to_owned()));
            Edit { action, ..edit.expect("an edit") }
        };
        let target = "iosCustomConfiguration/By hand";
        let group =
            r##"[{"target":{"@odata.type":"#microsoft.graph.allDevicesAssignmentTarget"}}]"##;
        let assignments = format!("assignments={group}");
        let create = edit(target, &["payloadName=Made", &assignments], EditAction::Create);
        create.apply(&mut state).expect("it is made");
        let made = configurations(&state).last().expect("it is there").clone();
        assert_eq!(
            (&made["displayName"], &made["payloadName"]),
            (&json!("By hand"), &json!("Made"))
        );
        assert_eq!(made["assignments"].as_array().map(Vec::len), Some(1), "{made:?}");
        assert_eq!(state.audit_events[0]["actor"]["userPrincipalName"], "bob@contoso.com");
        let delete = edit(target, &[], EditAction::Delete);
        delete.apply(&mut state).expect("it is deleted");
        assert_eq!(configurations(&state).len(), 2);
        let gone = delete.apply(&mut state).expect_err("it is gone").to_string();
        assert!(gone.starts_with("the tenant has no iosCustomConfiguration `By hand`"), "{gone}");
        let policy = edit("deviceRegistrationPolicy", &[], EditAction::Delete);
        assert!(policy.apply(&mut state).is_err());
    }

    #[test]
    fn groups_users_and_devices_are_made_changed_and_deleted() {
        let mut state = tenant();
        let edit = |target: &str, settings: &[&str], action| {
            let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
            Edit { action, ..Edit::parse(target, &settings, None).expect("an edit") }
        };
        let (create, change, delete) = (EditAction::Create, EditAction::Change, EditAction::Delete);
        edit("user/alice@contoso.com", &[], create).apply(&mut state).expect("a user");
        edit("device/LT-1", &[], create).apply(&mut state).expect("a device");
        let members = r#"members=["alice@contoso.com","LT-1"]"#;
        edit("group/SG-Pilot", &[members], create).apply(&mut state).expect("a group");
        let ids = vec![state.users[0].id.clone(), state.devices[0].id.clone()];
        assert!(ids.iter().all(|id| id.len() == 36), "{ids:?}");
        assert_eq!(state.groups[0].members, ids);
        edit("group/SG-Pilot", &["unnamedMembers.devices=250"], change)
            .apply(&mut state)
            .expect_err("it counts no members yet");
        edit("group/SG-Pilot", &[r#"unnamedMembers={"devices":250}"#], change)
            .apply(&mut state)
            .expect("members that are counted");
        assert_eq!(state.groups[0].unnamed_members.devices, 250);
        for (target, settings, action, says) in [
            ("group/SG-Pilott", &["members=[]"][..], change, "did you mean `SG-Pilot`"),
            ("group/SG-Pilot", &["owner=x"], change, "unknown field `owner`"),
            ("group/SG-Pilot", &[r#"members=["bob@contoso.com"]"#], change, "bob@contoso.com"),
            ("user/alice@contoso.com", &[], delete, "alice"),
        ] {
            let before = state.clone();
            let error = edit(target, settings, action).apply(&mut state);
            if target.starts_with("user/") {
                error.expect_err("a group has the user as a member");
            } else {
                let error = error.expect_err(says).to_string();
                assert!(error.contains(says), "{error}");
            }
            assert_eq!(state, before);
        }
        edit("group/SG-Pilot", &[], delete).apply(&mut state).expect("it is deleted");
        assert_eq!(state.groups.len(), 0);
    }

    #[test]
    fn edit_inside_a_list_keeps_masked_values() {
        let mut state = tenant();
        apply(&mut state, "windows10CustomConfiguration/Custom", &["omaSettings.1.value=2"])
            .expect("an edit");
        let settings = &configurations(&state)[1]["omaSettings"];
        assert_eq!((&settings[0]["value"], &settings[1]["value"]), (&json!("****"), &json!(2)));
        assert_eq!(state.secrets.values().collect::<Vec<_>>(), ["one"]);
    }

    #[test]
    fn assignments_can_be_edited_with_properties() {
        let mut state = tenant();
        let all = r##"assignments=[{"target":{"@odata.type":"#microsoft.graph.allDevicesAssignmentTarget"}}]"##;
        apply(&mut state, "windows10CustomConfiguration/Custom", &["description=x", all])
            .expect("an edit");
        let object = &configurations(&state)[1];
        assert_eq!(object["assignments"].as_array().map(Vec::len), Some(1));
        assert_eq!(object["description"], "x");
    }

    #[test]
    fn invalid_edit_is_refused_and_changes_nothing() {
        let mut state = tenant();
        let before = state.clone();
        let hello = "windowsIdentityProtectionConfiguration/Windows Hello for Business";
        for (target, setting, says) in [
            ("windowsIdentityProtection", "a=1", "write KIND/NAME"),
            (hello, "pinMinimumLength", "write PROP=VALUE"),
            (
                "windowsIdentityProtectionConfig/x",
                "a=1",
                "did you mean `windowsIdentityProtectionConfiguration`",
            ),
            (
                "windowsIdentityProtectionConfiguration/Windows Helo for Business",
                "a=1",
                "did you mean `Windows Hello",
            ),
            (hello, "pinMinLength=4", "did you mean `pinMinimumLength`"),
            (hello, "pinMinimumLength=3", "between 4 and 127"),
            (hello, "pinMinimumLength=four", "Cannot convert the literal 'four'"),
            (hello, "pinMinimumLength=6", "at least 1 property must be changed"),
            (hello, "pinMinimumLength.x=6", "leads nowhere"),
            (hello, "assignments.0.target=null", "leads nowhere"),
            ("deviceRegistrationPolicy", "userDeviceQuota=-1", "must not be negative"),
        ] {
            let error = apply(&mut state, target, &[setting]).expect_err(setting).to_string();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(state, before);
    }
}
