//! Declared values against live ones, field by field.
//!
//! The walk gives two things at once: the fields that differ, for people, and the value to send, for
//! Graph. Where a complex value is not declared whole, the value to send starts from the live one.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::accepted::Acceptances;
use super::merge::echo;
use super::names::unresolved;
use super::rewrite::Rewrite;
use super::{Blocked, FieldChange, FieldPath, FieldStatus, Segment};
use crate::definitions::SettingCatalogue;
use crate::diagnostic::{Sources, Span};
use crate::manifest::value::{Declared, Value, secret};
use crate::schema::model::{Model, Order, Property, Shape, Structure};
use crate::schema::walk::Tree;
use crate::settings_catalog::SettingPart;
use crate::tenant::masked::Masked;
use crate::tenant::names::Named;
use crate::tenant::{ObjectKey, Resolved};
use crate::values::canonical::is_unset;
use crate::values::masked::has_placeholder;

mod collections;
mod field;
mod settings;
#[cfg(test)]
mod tests;

use field::unreadable;

/// Compares one object.
pub(super) struct Differ<'a> {
    model: &'static Model,
    sources: &'a Sources,
    known: Resolved<'a>,
    /// The catalogue of setting definitions, for the names of settings.
    pub(super) catalogue: Option<&'a SettingCatalogue>,
    /// The object whose masked values are compared.
    pub(super) object: Option<ObjectKey<'a>>,
    /// The masked values that are compared.
    pub(super) masked: BTreeSet<Masked>,
    /// The properties that are written though they cannot be compared.
    pub(super) rewrite: Vec<&'a Rewrite>,
    /// The differences that are accepted: the live value takes the place of the declared one.
    pub(super) acceptances: Acceptances<'a>,
    /// The fields that differ, cannot be compared or cannot be changed.
    pub(super) fields: Vec<FieldChange>,
    /// The reasons why the whole change cannot be made.
    pub(super) blocked: Vec<Blocked>,
    /// Whether the value being built repeats something that the tenant masks.
    repeats_masked: bool,
    /// The properties that do not differ as far as that is known, and that hold declared secrets: a replacement must
    /// contain them.
    pub(super) with_secrets: Map<String, Json>,
    /// Members that hold a secret in some element of the collection being compared; they are withheld in all elements.
    withheld: BTreeSet<String>,
}

/// A declared value, with its place in the object.
struct At<'v> {
    path: FieldPath,
    property: &'v Property,
    /// The shape of the value: the property's, or that of an element of it.
    shape: &'v Shape,
    declared: &'v Value,
    /// Whether the value is complete: members that it does not declare are unset.
    whole: bool,
}

impl<'v> At<'v> {
    /// Returns a member of this value.
    fn member(&self, property: &'v Property, declared: &'v Value) -> Self {
        Self {
            path: self.path.name(&property.name),
            property,
            shape: &property.shape,
            declared,
            whole: self.whole,
        }
    }

    /// Returns an element of this collection. Without a key it is complete by itself.
    fn element(&self, segment: Segment, shape: &'v Shape, declared: &'v Value) -> Self {
        Self {
            whole: self.whole || !matches!(segment, Segment::Key { .. }),
            path: self.path.with(segment),
            property: self.property,
            shape,
            declared,
        }
    }
}

impl<'a> Differ<'a> {
    pub(super) fn new(model: &'static Model, sources: &'a Sources, known: Resolved<'a>) -> Self {
        Self {
            model,
            sources,
            known,
            catalogue: None,
            object: None,
            masked: BTreeSet::new(),
            rewrite: Vec::new(),
            acceptances: Acceptances::default(),
            fields: Vec::new(),
            blocked: Vec::new(),
            repeats_masked: false,
            with_secrets: Map::new(),
            withheld: BTreeSet::new(),
        }
    }

    /// Compares an object with its live state, `None` where it is to be created.
    ///
    /// Returns the top-level properties to send: all declared ones for a new object, else those that
    /// differ, each with its whole value.
    pub(super) fn root(
        &mut self,
        structure: &Structure,
        declared: &Value,
        live: Option<&Json>,
    ) -> Map<String, Json> {
        if live.is_none() {
            self.require(structure, declared);
        }
        let mut send = Map::new();
        for member in declared.members() {
            let Some(property) = structure.properties.get(&member.name) else {
                continue;
            };
            if property.facts.volatile && live.is_some() {
                continue;
            }
            let at = At {
                path: FieldPath::default().name(&member.name),
                property,
                shape: &property.shape,
                declared: &member.value,
                whole: false,
            };
            let shown_by = property.facts.shown_by.as_ref();
            let is_set = shown_by.and_then(|twin| live?.get(twin)?.as_bool());
            let value = match (live, is_set, &member.value.declared) {
                (None, ..) | (_, Some(false), Declared::Env(_)) => self.added(&at),
                (_, Some(true), Declared::Null) => Some(self.removed(&at)),
                (Some(live), ..) => self.top(&at, live.get(&member.name).unwrap_or(&Json::Null)),
            };
            send.extend(value.map(|value| (member.name.clone(), value)));
        }
        send
    }

    /// Blocks a create that the service would refuse for what it lacks.
    fn require(&mut self, structure: &Structure, declared: &Value) {
        let required = structure.properties.values().filter(|property| property.facts.required);
        for property in required.filter(|property| declared.get(&property.name).is_none()) {
            let (kind, name) = (&structure.name, &property.name);
            self.blocked.push(Blocked::new(
                "value/required",
                format!("a new `{kind}` needs `{name}`, which is not declared"),
                format!("add `{name}:` below `spec:`; `moorline schema {kind}` says what it takes"),
                Some(self.sources.locate(declared.span)),
            ));
        }
    }

    /// Compares a top-level property and returns its value where it is to be sent.
    fn top(&mut self, at: &At<'_>, live: &Json) -> Option<Json> {
        let (first, blocked) = (self.fields.len(), self.blocked.len());
        let accepted = self.acceptances.len();
        self.repeats_masked = false;
        let value = self.value(at, live);
        if self.blocked.len() > blocked {
            // A name that stands for no id says nothing about whether the value differs.
            self.fields.truncate(first);
            self.acceptances.truncate(accepted);
            return None;
        }
        let changed = |field: &FieldChange| field.status == FieldStatus::Change;
        if !self.fields[first..].iter().any(changed) {
            if at.declared.holds_secret() {
                let name = at.property.name.clone();
                self.with_secrets.insert(name, value);
            }
            return None;
        }
        if self.repeats_masked {
            // A collection is sent whole, and what the tenant masks must not be sent as its own value.
            let why = "the collection is written whole, and the tenant masks a value in it that is not declared";
            self.fields[first..].iter_mut().for_each(|field| field.block(why));
            return None;
        }
        for field in &mut self.fields[first..] {
            if let (FieldStatus::Unverifiable, Some(reason)) = (field.status, &mut field.reason) {
                reason.push_str("; it is written again with the rest");
            }
        }
        Some(value)
    }

    /// Compares a value and returns it as it is to be sent.
    fn value(&mut self, at: &At<'_>, live: &Json) -> Json {
        match (&at.declared.declared, at.shape) {
            (Declared::Null, shape) => {
                let differs = !is_unset(at.property, at.shape, live);
                if differs && self.differs(at, Some(live), None) {
                    return self.kept(at, live);
                }
                nothing(shape)
            }
            (Declared::Object(_), Shape::Complex(_) | Shape::Poly(_)) => self.object(at, live),
            (Declared::List(_), Shape::Collection(element, order)) => {
                self.collection(at, element, order, live)
            }
            (Declared::Object(_), Shape::Settings(_)) => self.settings(at, live),
            _ => self.scalar(at, live),
        }
    }

    fn scalar(&mut self, at: &At<'_>, live: &Json) -> Json {
        let value = self.resolved(at.property, at.declared);
        let clear = self.clear(at, live);
        let seen = clear.as_ref().unwrap_or(live);
        if let Some(reason) = unreadable(at, seen) {
            self.unverifiable(at, reason);
        } else if !self.same(at, &value, seen) {
            // Of a value that was masked only its presence is shown.
            if self.differs(at, Some(live), Some(&value)) {
                return self.kept(at, live);
            }
        }
        value
    }

    fn object(&mut self, at: &At<'_>, live: &Json) -> Json {
        let stated = at.declared.odata_type();
        let live_type = live.stated_type();
        let unset = is_unset(at.property, at.shape, live);
        let retyped = matches!(at.shape, Shape::Poly(_))
            && stated.zip(live_type).is_some_and(|(stated, live)| stated != live);
        if retyped || unset {
            let value = self.build(at.property, at.shape, at.declared);
            let differs = !self.same(at, &value, live);
            if differs && self.differs(at, (!unset).then_some(live), Some(&value)) {
                return self.kept(at, live);
            }
            return value;
        }
        let Some(structure) = self.model.actual(at.shape, stated.or(live_type)) else {
            return at.declared.to_json();
        };
        let whole = stated.is_some() || at.whole;
        let mut merged = self.echoed(at, &structure, live, whole);
        for member in at.declared.members() {
            let value = match structure.properties.get(&member.name) {
                Some(property) if property.facts.volatile => {
                    self.build(property, &property.shape, &member.value)
                }
                Some(property) => {
                    let live = live.get(&member.name).unwrap_or(&Json::Null);
                    self.value(&at.member(property, &member.value), live)
                }
                None => member.value.to_json(),
            };
            merged.insert(member.name.clone(), value);
        }
        if whole {
            self.unset_rest(at, &structure, live, &mut merged);
        }
        merged.into()
    }

    /// Returns the live members that a value starts from: all that it does not declare, or, where it is
    /// complete, those that have no unset value.
    fn echoed(
        &mut self,
        at: &At<'_>,
        structure: &Structure,
        live: &Json,
        whole: bool,
    ) -> Map<String, Json> {
        let (Json::Object(mut members), _) = echo(self.model, at.shape, live) else {
            return Map::new();
        };
        if whole {
            members.retain(|name, _| {
                let property = structure.properties.get(name);
                property
                    .is_some_and(|p| p.is_comparable() && (undeclared(p).is_none() || p.facts.kept))
            });
        }
        members.retain(|name, _| at.declared.get(name).is_none());
        self.repeats_masked |= members.values().any(has_placeholder);
        members
    }

    /// Unsets the properties that a complete value does not declare, where there is a way to say so.
    fn unset_rest(
        &mut self,
        at: &At<'_>,
        structure: &Structure,
        live: &Json,
        merged: &mut Map<String, Json>,
    ) {
        let comparable = structure.properties.values();
        let comparable = comparable.filter(|it| it.is_comparable() && !it.facts.kept);
        for property in comparable.filter(|p| at.declared.get(&p.name).is_none()) {
            if let Some(live) = live.get(&property.name)
                && !is_unset(property, &property.shape, live)
                && let Some(value) = undeclared(property)
            {
                let default = property.facts.default.as_ref();
                let at = at.member(property, at.declared);
                let is_accepted = self.differs(&at, Some(live), default);
                let value = if is_accepted { self.kept(&at, live) } else { value };
                merged.insert(property.name.clone(), value);
            }
        }
    }

    /// Reports a value that has no live counterpart, and returns it, `None` where its absence is accepted.
    fn added(&mut self, at: &At<'_>) -> Option<Json> {
        let value = self.build(at.property, at.shape, at.declared);
        let is_accepted = !value.is_null() && self.differs(at, None, Some(&value));
        (!is_accepted).then_some(value)
    }

    /// Returns a live value whose difference is accepted, as it is sent with what is around it.
    fn kept(&mut self, at: &At<'_>, live: &Json) -> Json {
        let (value, _) = echo(self.model, at.shape, live);
        self.repeats_masked |= has_placeholder(&value);
        value
    }

    /// Reports a live value that is not shown and is to be unset, and returns what unsets it.
    fn removed(&mut self, at: &At<'_>) -> Json {
        self.hidden(at);
        nothing(at.shape)
    }

    /// Returns a declared value as it is sent where there is no live one to merge with.
    fn build(&mut self, property: &Property, shape: &Shape, declared: &Value) -> Json {
        match (&declared.declared, shape) {
            (Declared::Object(members), Shape::Complex(_) | Shape::Poly(_)) => {
                let structure = self.model.actual(shape, declared.odata_type());
                let properties = structure.as_ref().map(|structure| &structure.properties);
                members
                    .iter()
                    .map(|member| {
                        let value = match properties.and_then(|all| all.get(&member.name)) {
                            Some(inner) => self.build(inner, &inner.shape, &member.value),
                            None => member.value.to_json(),
                        };
                        (member.name.clone(), value)
                    })
                    .collect()
            }
            (Declared::List(elements), Shape::Collection(element, order)) => {
                let mut values = Vec::with_capacity(elements.len());
                for element_value in elements {
                    let value = self.build(property, element, element_value);
                    // A set holds a value once, however often it is declared (by name and by id, say).
                    let once = *order == Order::Set && !self.is_entity(element);
                    if !once || !values.contains(&value) {
                        values.push(value);
                    }
                }
                values.into()
            }
            (Declared::Null, shape) => nothing(shape),
            (Declared::Object(_), Shape::Settings(SettingPart::ROOT)) => {
                self.built_settings(declared)
            }
            _ => self.resolved(property, declared),
        }
    }

    /// Returns a scalar as it is sent: a name as the id that it stands for.
    fn resolved(&mut self, property: &Property, declared: &Value) -> Json {
        if let Declared::Env(name) = &declared.declared {
            return secret(name, property.is_base64());
        }
        let (Some(resolves), Some(text)) = (property.facts.resolves, declared.as_str()) else {
            return declared.to_json();
        };
        self.id_of(resolves, text, declared.span)
    }

    /// Returns the id that a name stands for. A name that stands for none blocks the change.
    fn id_of(&mut self, named: Named, text: &str, span: Span) -> Json {
        match self.known.names.resolve(named, text) {
            Ok(id) => id.into(),
            Err(why) => {
                let location = self.sources.locate(span);
                let blocked = unresolved(named, text, &why, Some(location));
                // A value is built more than once where it is compared in several ways.
                if !self.blocked.contains(&blocked) {
                    self.blocked.push(blocked);
                }
                text.into()
            }
        }
    }
}

/// Returns what a complete value that does not declare a property sets it to, `None` where there is no such value.
fn undeclared(property: &Property) -> Option<Json> {
    let default = property.facts.default.clone();
    default.or_else(|| property.can_be_unset().then(|| nothing(&property.shape)))
}

/// Returns what unsets a value: OData has no null collections.
fn nothing(shape: &Shape) -> Json {
    match shape {
        Shape::Collection(..) => Json::Array(Vec::new()),
        Shape::Settings(_) => Json::Object(Map::new()),
        _ => Json::Null,
    }
}
