//! Declared values against live ones, field by field.
//!
//! The walk gives two things at once: the fields that differ, for people, and the value to send, for
//! Graph. Where a complex value is not declared whole, the value to send starts from the live one.

use serde_json::{Map, Value as Json};

use super::canonical::is_unset;
use super::merge::{echo, has_placeholder};
use super::names::unresolved;
use super::{Blocked, FieldChange, FieldPath, FieldStatus, Segment};
use crate::diagnostic::Sources;
use crate::manifest::value::{Declared, Value};
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::types::{GraphVersion, type_name};
use crate::tenant::names::Names;

mod collections;
mod field;

use field::unreadable;

/// Compares one object.
pub(super) struct Differ<'a> {
    model: &'static Model,
    sources: &'a Sources,
    names: &'a Names,
    /// What differs.
    pub(super) fields: Vec<FieldChange>,
    /// What keeps the whole change from being made.
    pub(super) blocked: Vec<Blocked>,
    /// Whether the value being built repeats something that the tenant masks.
    repeats_masked: bool,
}

/// A declared value, and what is known of the place that it is for.
struct At<'v> {
    path: FieldPath,
    property: &'v Property,
    /// The shape of the value: the property's, or that of an element of it.
    shape: &'v Shape,
    declared: &'v Value,
}

impl<'v> At<'v> {
    /// Returns a member of this value.
    fn member(&self, property: &'v Property, declared: &'v Value) -> Self {
        Self {
            path: self.path.name(&property.name),
            property,
            shape: &property.shape,
            declared,
        }
    }

    /// Returns an element of this collection.
    fn element(&self, segment: Segment, shape: &'v Shape, declared: &'v Value) -> Self {
        Self {
            path: self.path.with(segment),
            property: self.property,
            shape,
            declared,
        }
    }
}

impl<'a> Differ<'a> {
    pub(super) fn new(model: &'static Model, sources: &'a Sources, names: &'a Names) -> Self {
        Self {
            model,
            sources,
            names,
            fields: Vec::new(),
            blocked: Vec::new(),
            repeats_masked: false,
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
            };
            let first = self.fields.len();
            self.repeats_masked = false;
            let Some(live) = live else {
                send.insert(member.name.clone(), self.added(&at));
                continue;
            };
            let value = self.value(&at, live.get(&member.name).unwrap_or(&Json::Null));
            let changed = |field: &FieldChange| field.status == FieldStatus::Change;
            if !self.fields[first..].iter().any(changed) {
                continue;
            }
            if self.repeats_masked {
                self.block_masked(first);
            } else {
                send.insert(member.name.clone(), value);
            }
        }
        send
    }

    /// A collection is sent whole, and what the tenant masks must not be sent as its own value.
    fn block_masked(&mut self, first: usize) {
        for field in &mut self.fields[first..] {
            if field.status == FieldStatus::Change {
                field.status = FieldStatus::Blocked;
                field.reason = Some(
                    "the collection is written whole, and the tenant masks a value in it that is not declared"
                        .to_owned(),
                );
            }
        }
    }

    /// Compares a value and returns it as it is to be sent.
    fn value(&mut self, at: &At<'_>, live: &Json) -> Json {
        match (&at.declared.declared, at.shape) {
            (Declared::Null, _) => {
                if !is_unset(at.property, at.shape, live) {
                    self.differs(at, Some(live), None);
                }
                Json::Null
            }
            (Declared::Object(_), Shape::Complex(_) | Shape::Poly(_)) => self.object(at, live),
            (Declared::List(_), Shape::Collection(element, order)) => {
                self.collection(at, element, order, live)
            }
            _ => self.scalar(at, live),
        }
    }

    fn scalar(&mut self, at: &At<'_>, live: &Json) -> Json {
        let value = self.resolved(at.property, at.declared);
        if let Some(reason) = unreadable(at, live) {
            self.unverifiable(at, reason);
        } else if !self.same(at, &value, live) {
            self.differs(at, Some(live), Some(&value));
        }
        value
    }

    fn object(&mut self, at: &At<'_>, live: &Json) -> Json {
        let stated = at.declared.odata_type();
        let live_type = live
            .get("@odata.type")
            .and_then(Json::as_str)
            .and_then(type_name);
        let unset = is_unset(at.property, at.shape, live);
        let retyped = matches!(at.shape, Shape::Poly(_))
            && stated.is_some()
            && live_type.is_some()
            && stated != live_type;
        if retyped || unset {
            let value = self.build(at.property, at.shape, at.declared);
            self.differs(at, (!unset).then_some(live), Some(&value));
            return value;
        }
        let Some(structure) = self.model.actual(at.shape, stated.or(live_type)) else {
            return at.declared.to_json();
        };
        let mut merged = match stated {
            Some(_) => Map::new(),
            None => self.echoed(&structure, at.declared, live),
        };
        for member in at.declared.members() {
            let value = match structure.properties.get(&member.name) {
                Some(property) => {
                    let live = live.get(&member.name).unwrap_or(&Json::Null);
                    self.value(&at.member(property, &member.value), live)
                }
                None => member.value.to_json(),
            };
            merged.insert(member.name.clone(), value);
        }
        if stated.is_some() {
            self.unset_rest(at, &structure, live, &mut merged);
        }
        merged.into()
    }

    /// Returns the live members that a value starts from which does not declare itself whole.
    fn echoed(
        &mut self,
        structure: &Structure,
        declared: &Value,
        live: &Json,
    ) -> Map<String, Json> {
        let mut members = echo(live);
        if self.model.types().version() == GraphVersion::V1 {
            // What is read is beta's, and v1.0 refuses members that it does not know.
            members
                .retain(|name, _| name.starts_with('@') || structure.properties.contains_key(name));
        }
        self.repeats_masked |= members
            .iter()
            .any(|(name, value)| declared.get(name).is_none() && has_placeholder(value));
        members
    }

    /// A value that states its type is complete: what it does not declare is unset, where null can say so.
    fn unset_rest(
        &mut self,
        at: &At<'_>,
        structure: &Structure,
        live: &Json,
        merged: &mut Map<String, Json>,
    ) {
        for property in structure.properties.values() {
            let Some(live) = live.get(&property.name) else {
                continue;
            };
            let unset = is_unset(property, &property.shape, live);
            let undeclared = at.declared.get(&property.name).is_none();
            if property.is_comparable() && property.nullable && !unset && undeclared {
                self.differs(&at.member(property, at.declared), Some(live), None);
                merged.insert(property.name.clone(), Json::Null);
            }
        }
    }

    /// Reports a value that has no live counterpart, and returns it.
    fn added(&mut self, at: &At<'_>) -> Json {
        let value = self.build(at.property, at.shape, at.declared);
        if !value.is_null() {
            self.differs(at, None, Some(&value));
        }
        value
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
            (Declared::List(elements), Shape::Collection(element, _)) => elements
                .iter()
                .map(|value| self.build(property, element, value))
                .collect(),
            _ => self.resolved(property, declared),
        }
    }

    /// Returns a scalar as it is sent: a name as the id that it stands for.
    fn resolved(&mut self, property: &Property, declared: &Value) -> Json {
        let (Some(resolves), Some(text)) = (property.facts.resolves, declared.as_str()) else {
            return declared.to_json();
        };
        match self.names.resolve(resolves.into(), text) {
            Ok(id) => id.into(),
            Err(why) => {
                let location = self.sources.locate(declared.span);
                let blocked = unresolved(resolves.into(), text, &why, Some(location));
                // A value is built more than once where it is compared in several ways.
                if !self.blocked.contains(&blocked) {
                    self.blocked.push(blocked);
                }
                text.into()
            }
        }
    }
}
