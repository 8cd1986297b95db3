//! Declared values against live ones, field by field.
//!
//! The walk gives two things at once: the fields that differ, for people, and the value to send, for
//! Graph. Where a complex value is not declared whole, the value to send starts from the live one.

use serde_json::{Map, Value as Json};

use super::canonical::is_unset;
use super::merge::{echo, has_placeholder};
use super::names::unresolved;
use super::{Blocked, FieldChange, FieldPath, FieldStatus, Shown};
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
            let path = FieldPath::default().name(&member.name);
            let first = self.fields.len();
            self.repeats_masked = false;
            let live_value = live.map(|live| live.get(&member.name).unwrap_or(&Json::Null));
            let value = match live {
                // One line a property is what a reader wants of a new object.
                None => self.added(&path, property, &property.shape, &member.value),
                Some(_) => self.value(&path, property, &property.shape, &member.value, live_value),
            };
            let changed = self.fields[first..]
                .iter()
                .any(|field| field.status == FieldStatus::Change);
            if live.is_some() && changed && self.repeats_masked {
                self.block_masked(first);
            } else if live.is_none() || changed {
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
                    "the collection is written whole, and the tenant masks a value in it that is not declared".to_owned(),
                );
            }
        }
    }

    fn value(
        &mut self,
        path: &FieldPath,
        property: &Property,
        shape: &Shape,
        declared: &Value,
        live: Option<&Json>,
    ) -> Json {
        match (&declared.declared, shape, live) {
            (_, _, None) => self.added(path, property, shape, declared),
            (Declared::Null, _, Some(live)) => {
                if !is_unset(property, shape, live) {
                    self.differs(path, property, shape, Some(live), None, declared);
                }
                Json::Null
            }
            (Declared::Object(_), Shape::Complex(_) | Shape::Poly(_), Some(live)) => {
                self.object(path, property, shape, declared, live)
            }
            (Declared::List(_), Shape::Collection(element, order), Some(live)) => {
                self.collection(path, property, element, order, declared, live)
            }
            (_, _, Some(live)) => self.scalar(path, property, shape, declared, live),
        }
    }

    fn scalar(
        &mut self,
        path: &FieldPath,
        property: &Property,
        shape: &Shape,
        declared: &Value,
        live: &Json,
    ) -> Json {
        let value = self.resolved(property, declared);
        if let Some(reason) = unreadable(property, declared, live) {
            self.push(
                path,
                property,
                FieldStatus::Unverifiable,
                Shown::Withheld,
                Shown::Withheld,
                Some(reason),
                declared,
            );
            return value;
        }
        let equal =
            self.canonical(property, shape, &value) == self.canonical(property, shape, live);
        if !equal && !(is_unset(property, shape, &value) && is_unset(property, shape, live)) {
            self.differs(path, property, shape, Some(live), Some(&value), declared);
        }
        value
    }

    fn object(
        &mut self,
        path: &FieldPath,
        property: &Property,
        shape: &Shape,
        declared: &Value,
        live: &Json,
    ) -> Json {
        let stated = declared.odata_type();
        let live_type = live
            .get("@odata.type")
            .and_then(Json::as_str)
            .and_then(type_name);
        let retyped = matches!(shape, Shape::Poly(_))
            && stated.is_some()
            && live_type.is_some()
            && stated != live_type;
        if retyped || is_unset(property, shape, live) {
            let value = self.quietly(|differ| differ.build(property, shape, declared));
            let before = (!is_unset(property, shape, live)).then_some(live);
            self.differs(path, property, shape, before, Some(&value), declared);
            return value;
        }
        let Some(structure) = self.model.actual(shape, stated.or(live_type)) else {
            return declared.to_json();
        };
        let mut merged = match stated {
            Some(_) => Map::new(),
            None => self.echoed(&structure, declared, live),
        };
        for member in declared.members() {
            let Some(inner) = structure.properties.get(&member.name) else {
                merged.insert(member.name.clone(), member.value.to_json());
                continue;
            };
            let live_value = live.get(&member.name).unwrap_or(&Json::Null);
            let value = self.value(
                &path.name(&member.name),
                inner,
                &inner.shape,
                &member.value,
                Some(live_value),
            );
            merged.insert(member.name.clone(), value);
        }
        if stated.is_some() {
            self.unset_rest(path, &structure, declared, live, &mut merged);
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
        let undeclared = members
            .iter()
            .filter(|(name, _)| declared.get(name).is_none());
        self.repeats_masked |= undeclared
            .into_iter()
            .any(|(_, value)| has_placeholder(value));
        members
    }

    /// A value that states its type is complete: what it does not declare is unset, where null can say so.
    fn unset_rest(
        &mut self,
        path: &FieldPath,
        structure: &Structure,
        declared: &Value,
        live: &Json,
        merged: &mut Map<String, Json>,
    ) {
        for property in structure.properties.values() {
            let Some(live) = live.get(&property.name) else {
                continue;
            };
            let unset = is_unset(property, &property.shape, live);
            if property.is_comparable()
                && property.nullable
                && !unset
                && declared.get(&property.name).is_none()
            {
                self.differs(
                    &path.name(&property.name),
                    property,
                    &property.shape,
                    Some(live),
                    None,
                    declared,
                );
                merged.insert(property.name.clone(), Json::Null);
            }
        }
    }

    /// Reports a value that has no live counterpart, and returns it.
    fn added(
        &mut self,
        path: &FieldPath,
        property: &Property,
        shape: &Shape,
        declared: &Value,
    ) -> Json {
        let value = self.build(property, shape, declared);
        if !value.is_null() {
            self.differs(path, property, shape, None, Some(&value), declared);
        }
        value
    }

    /// Returns a declared value as it is sent where there is no live one to merge with.
    fn build(&mut self, property: &Property, shape: &Shape, declared: &Value) -> Json {
        match (&declared.declared, shape) {
            (Declared::Object(members), Shape::Complex(_) | Shape::Poly(_)) => {
                let structure = self.model.actual(shape, declared.odata_type());
                let inner = |name: &str| {
                    structure
                        .as_ref()
                        .and_then(|s| s.properties.get(name))
                        .cloned()
                };
                members
                    .iter()
                    .map(|member| {
                        let value = match inner(&member.name) {
                            Some(property) => self.build(&property, &property.shape, &member.value),
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
                self.blocked
                    .push(unresolved(resolves.into(), text, &why, Some(location)));
                text.into()
            }
        }
    }

    fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let fields = self.fields.len();
        let result = work(self);
        self.fields.truncate(fields);
        result
    }
}
