//! Creates, changes, assigns and deletes objects of a collection.

use std::slice;

use serde_json::{Value, json};

use super::{contained, references};
use crate::sandbox::actor::Change;
use crate::sandbox::check::{Checker, is_computed};
use crate::sandbox::defaults::SpecialDefaults;
use crate::sandbox::refusal::{Allowed, ErrorResponse, table};
use crate::sandbox::rows::{Contained, Row, Settling};
use crate::sandbox::state::{References, State, member, text, type_of};
use crate::sandbox::{Object, audit, defaults, guid, mirrors};
use crate::schema::types::{GraphVersion, Property, TypeDef, Types};

/// The dates that the service sets: at creation both, at a change the second.
pub(crate) const DATES: [&str; 2] = ["createdDateTime", "lastModifiedDateTime"];

/// Writes to the objects of one collection.
pub(crate) struct Writer<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) row: Row,
    pub(crate) change: &'a Change<'a>,
}

impl Writer<'_> {
    /// Creates an object that refers to others and returns its id.
    ///
    /// # Errors
    /// Refuses bodies that Intune would refuse (FACTS 1.4, 1.5, 12).
    pub(crate) fn create(&mut self, body: &Object, mut bound: References) -> Allowed<String> {
        let ty = self.checker().instance_type(self.row.root, body)?;
        if self.row.not_creatable.contains(&ty.name.as_str()) {
            return Err(table::NOT_CREATABLE.refusal(&[&ty.name]));
        }
        let mut object = self.written(&ty, self.row.contained, body)?;
        references::check(self.state, self.row, self.change.version, &ty.name, &bound)?;
        if names_a_secret(body) {
            return Err(table::SECRET_REFERENCE.refusal(&[]));
        }
        let mut converted = self.row.converted.iter();
        let other = converted.find(|(from, _)| *from == ty.name);
        let ty = other.and_then(|(_, to)| Types::of(GraphVersion::Beta).get(to)).unwrap_or(ty);
        self.complete(&ty, body, &mut object)?;
        self.settle(&mut object, None, true)?;
        let id = self.new_id(&ty.name);
        object.insert("@odata.type".to_owned(), ty.odata_type().into());
        object.insert("id".to_owned(), id.as_str().into());
        let initial = self.row.initial.iter();
        object.extend(initial.map(|(name, json)| ((*name).to_owned(), defaults::literal(json))));
        if self.row.assign.is_some() {
            object.insert("assignments".to_owned(), json!([]));
        }
        self.state.mask(&mut object, &Default::default());
        self.identify(&mut object, &id);
        self.store("Create", None, Some(object), &DATES);
        bound.retain(|_, ids| !ids.is_empty());
        if !bound.is_empty() {
            self.state.references.insert(id.clone(), bound);
        }
        Ok(id)
    }

    /// Changes an object, by a PATCH or by a PUT.
    ///
    /// # Errors
    /// Refuses bodies that Intune would refuse, and a PATCH that changes nothing (FACTS 1.5).
    pub(crate) fn update(&mut self, id: &str, body: &Object, is_patch: bool) -> Allowed<()> {
        let before = self.existing(id)?;
        let ty = self.checker().instance_type(self.row.root, body)?;
        if ty.name != type_of(&before) {
            return Err(table::NOT_ASSIGNABLE.refusal(&[&ty.name, &type_of(&before)]));
        }
        let mut after = if is_patch {
            self.patched(&ty, &before, body)?
        } else {
            self.replaced(&ty, &before, body)?
        };
        self.settle(&mut after, Some(&before), !is_patch)?;
        for (of, property) in self.row.fixed_at_creation {
            if *of == ty.name && member(&before, property) != member(&after, property) {
                return Err(match self.row.fixed_message {
                    Some(words) => table::FIXED_IN_WORDS.refusal(&[&words]),
                    None => table::FIXED.refusal(&[property]),
                });
            }
        }
        if let Some(version) = before.get("version").and_then(Value::as_i64) {
            after.insert("version".to_owned(), version.saturating_add(1).into());
        }
        let had = self.state.withheld.get(id).cloned().unwrap_or_default();
        let mut digests = had.clone();
        digests.retain(|property, _| is_patch && body.get(property) != Some(&Value::Null));
        self.state.mask(&mut after, &digests);
        let is_unchanged = self.state.withheld.get(id).cloned().unwrap_or_default() == had
            && after.iter().all(|(name, new)| name == "version" || before.get(name) == Some(new));
        if is_patch && is_unchanged {
            return Err(table::UNCHANGED.refusal(&[]));
        }
        let operation = if is_patch { "Patch" } else { "Put" };
        self.store(operation, Some(&before), Some(after), &DATES[1..]);
        Ok(())
    }

    /// Returns an object with the properties of a body in place of its own.
    fn patched(&self, ty: &TypeDef, before: &Object, body: &Object) -> Allowed<Object> {
        let is_navigation = |name: &&String| {
            ty.property(name).is_some_and(|property| property.navigation.is_some())
                || self.row.contains(name).is_some()
        };
        if let Some(property) = body.keys().find(is_navigation) {
            return Err(table::PATCHED_NAVIGATION.refusal(&[property, &ty.name]));
        }
        let written = self.written(ty, &[], body)?;
        let mut after = before.clone();
        after.extend(written.clone());
        mirrors::reflect(self.row.mirrors, &ty.name, &written, &mut after);
        Ok(after)
    }

    /// Returns the object that a body describes: a property that the body leaves out has its default. Id, type, assignments
    /// and the properties that only the service sets stay.
    fn replaced(&self, ty: &TypeDef, before: &Object, body: &Object) -> Allowed<Object> {
        let mut after = self.written(ty, self.row.contained, body)?;
        self.complete(ty, body, &mut after)?;
        let stays = |name: &str| {
            name == "id"
                || name.starts_with('@')
                || name == "assignments"
                || self.row.initial.iter().any(|(initial, _)| *initial == name)
                || ty.property(name).is_some_and(is_computed)
        };
        let kept = before.iter().filter(|(name, _)| stays(name));
        after.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
        self.identify(&mut after, text(before, "id"));
        Ok(after)
    }

    /// Replaces the assignments of an object, or what the object contains, by a parameter of an action. Neither version
    /// nor lastModifiedDateTime moves: whether they do is not known (FACTS 1.5).
    ///
    /// # Errors
    /// Refuses targets that cannot be assigned, and contained objects that a create would refuse.
    pub(crate) fn replace(
        &mut self,
        id: &str,
        property: &str,
        body: &Object,
        parameter: &str,
    ) -> Allowed<()> {
        let before = self.existing(id)?;
        let given = body.get(parameter).ok_or_else(|| table::MISSING.refusal(&[&parameter]))?;
        let mut after = before.clone();
        if let (Some(assign), "assignments") = (&self.row.assign, property) {
            after.insert(property.to_owned(), self.assignments(assign, id, given)?);
        } else if let Some(contained) = self.row.contains(property) {
            let targets = contained::targets(&self.checker(), contained, given)?;
            after.insert(property.to_owned(), targets);
            contained::identify(slice::from_ref(contained), &mut after, id, Some(&self.salt()));
        } else {
            return Err(ErrorResponse::no_segment(property));
        }
        self.store("Action", Some(&before), Some(after), &[]);
        Ok(())
    }

    /// Replaces the references of an object by a navigation property.
    ///
    /// # Errors
    /// Refuses objects that do not exist, or that do not fit.
    pub(crate) fn refer(
        &mut self,
        id: &str,
        navigation: &Property,
        mut ids: Vec<String>,
    ) -> Allowed<()> {
        references::check_targets(self.state, self.row, navigation, &ids)?;
        ids.sort();
        ids.dedup();
        let object = self.existing(id)?;
        let with = |ids: &[String]| {
            let mut shown = object.clone();
            shown.insert(navigation.name.clone(), json!(ids));
            shown
        };
        let before = with(&references::referenced_ids(self.state, id, &navigation.name));
        self.state.tick();
        let after = with(&ids);
        audit::of_object(self.state, self.row, self.change, "Patch", Some(&before), Some(&after));
        let references = self.state.references.entry(id.to_owned()).or_default();
        references.insert(navigation.name.clone(), ids);
        references.retain(|_, ids| !ids.is_empty());
        self.state.references.retain(|_, references| !references.is_empty());
        Ok(())
    }

    /// Deletes an object with its assignments.
    ///
    /// # Errors
    /// Refuses where there is no such object, or others refer to it (FACTS 12).
    pub(crate) fn delete(&mut self, id: &str) -> Allowed<()> {
        let before = self.existing(id)?;
        let referrers = references::referrers(self.state, self.row, id).join("', '");
        if !referrers.is_empty() {
            return Err(table::REFERRED_TO.refusal(&[&referrers]));
        }
        self.store("Delete", Some(&before), None, &[]);
        self.state.forget(id);
        self.state.references.remove(id);
        self.state.device_status_overviews.remove(id);
        Ok(())
    }

    pub(super) fn checker(&self) -> Checker<'_> {
        Checker::of_calls(self.change.version, self.defaults())
    }

    fn defaults(&self) -> SpecialDefaults<'_> {
        SpecialDefaults { row: self.row.defaults, tenant: Some(&self.state.create_defaults) }
    }

    fn existing(&self, id: &str) -> Allowed<Object> {
        self.state.object(self.row, id).cloned().ok_or_else(ErrorResponse::intune_not_found)
    }

    fn settle(&self, object: &mut Object, before: Option<&Object>, is_whole: bool) -> Allowed<()> {
        let has = |section: &str, id: &str| self.state.has(section, id);
        (self.row.settle)(object, &Settling { before, is_whole, has: &has })
    }

    /// Returns an unused id. It is derived from the tenant's history alone, so that runs from one seed are alike.
    fn new_id(&self, ty: &str) -> String {
        let tenant = self.state.tenant.id.as_str();
        let numbers = self.state.audit_events.len()..;
        let mut ids = numbers.map(|number| guid(&["created", tenant, ty, &number.to_string()]));
        ids.find(|id| self.state.find(id).is_none()).unwrap_or_default()
    }

    /// Returns a text that differs for every write of the tenant's history.
    fn salt(&self) -> String {
        self.state.audit_events.len().to_string()
    }

    fn identify(&self, object: &mut Object, id: &str) {
        contained::identify(self.row.contained, object, id, Some(&self.salt()));
    }

    /// Stores an object, or removes it, with these dates set to now, and records the change in the audit log.
    fn store(
        &mut self,
        operation: &str,
        before: Option<&Object>,
        mut after: Option<Object>,
        dates: &[&str],
    ) {
        let now = self.state.tick();
        for date in dates {
            if let Some(date) = after.as_mut().and_then(|after| after.get_mut(*date)) {
                *date = now.as_str().into();
            }
        }
        if let Some(after) = &mut after {
            count(self.row, after);
        }
        audit::of_object(self.state, self.row, self.change, operation, before, after.as_ref());
        let objects = self.state.objects_mut(self.row);
        let id = before.map(|before| text(before, "id"));
        let place = objects.iter().position(|object| Some(text(object, "id")) == id);
        match (place, after) {
            (Some(place), Some(after)) => objects[place] = after,
            (Some(place), None) => drop(objects.remove(place)),
            (None, after) => objects.extend(after),
        }
    }

    /// Adds defaults to an object that a body describes in full. It must have a name.
    fn complete(&self, ty: &TypeDef, body: &Object, object: &mut Object) -> Allowed<()> {
        if object.get(self.row.name_property).is_none_or(Value::is_null) {
            return Err(table::MISSING.refusal(&[&self.row.name_property]));
        }
        fill(self.row, ty, body, object, self.defaults());
        Ok(())
    }

    /// Returns the checked properties of a body, without those that only the service sets.
    fn written(
        &self,
        ty: &TypeDef,
        contained: &'static [Contained],
        body: &Object,
    ) -> Allowed<Object> {
        let refused = |name: &&&str| body.get(**name) == Some(&Value::Bool(true));
        if let Some(name) = self.row.read_only.iter().find(refused) {
            return Err(table::READ_ONLY.refusal(&[name]));
        }
        let mut written = contained::properties(&self.checker(), ty, contained, body)?;
        if let Some(Value::Array(tags)) = written.get_mut("roleScopeTagIds") {
            tags.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            tags.dedup();
            let known = &self.state.role_scope_tags;
            let is_unknown = |tag: &&Value| !known.iter().any(|known| known.get("id") == Some(tag));
            if let Some(unknown) = tags.iter().find(is_unknown) {
                return Err(table::NO_SCOPE_TAG.refusal(&[unknown]));
            }
        }
        Ok(written)
    }
}

/// Adds defaults to an object that a body or a seed describes in full. Without scope tags it gets the built-in one
/// (FACTS 1.5).
pub(crate) fn fill(
    row: Row,
    ty: &TypeDef,
    body: &Object,
    object: &mut Object,
    special: SpecialDefaults<'_>,
) {
    let is_tagged = ty.property("roleScopeTagIds").is_some();
    if is_tagged && body.get("roleScopeTagIds").is_none_or(Value::is_null) {
        object.insert("roleScopeTagIds".to_owned(), json!(["0"]));
    }
    mirrors::reflect(row.mirrors, &ty.name, body, object);
    defaults::fill(ty, object, special);
}

/// Sets the properties that count what an object contains, and the one that tells whether it is assigned.
pub(crate) fn count(row: Row, object: &mut Object) {
    let number = |object: &Object, property: &str| contained::objects(object, property).count();
    for (property, of) in row.counts {
        let number = number(object, of);
        object.insert((*property).to_owned(), number.into());
    }
    if let Some(flag) = row.assigned_flag {
        let is_assigned = number(object, "assignments") > 0;
        object.insert(flag.to_owned(), is_assigned.into());
    }
}

fn names_a_secret(body: &Object) -> bool {
    let mut settings = contained::objects(body, "omaSettings");
    settings.any(|setting| setting.get("secretReferenceValueId").is_some_and(|id| !id.is_null()))
}
