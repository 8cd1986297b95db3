//! Declared values against live ones, field by field.
//!
//! The walk gives two things at once: the fields that differ, for people, and the value to send, for
//! Graph. Where a complex value is not declared whole, the value to send starts from the live one.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::canonical::{canonical, is_unset, key_of};
use super::digest::{self, Domain};
use super::merge::{echo, has_placeholder};
use super::{Blocked, FieldChange, FieldPath, FieldStatus, LeftAlone, Segment, Shown};
use crate::diagnostic::{Location, Sources};
use crate::manifest::value::{Declared, Value};
use crate::schema::model::{Model, Order, Property, Shape, Structure};
use crate::schema::placeholder::is_placeholder;
use crate::schema::semantics::Readback;
use crate::schema::types::{GraphVersion, type_name};
use crate::tenant::names::{Named, Names, Unresolved, is_guid};

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

    fn collection(
        &mut self,
        path: &FieldPath,
        property: &Property,
        element: &Shape,
        order: &Order,
        declared: &Value,
        live: &Json,
    ) -> Json {
        let items: &[Json] = live.as_array().map(Vec::as_slice).unwrap_or_default();
        match order {
            Order::Keyed(key) => self.keyed(path, property, element, key, declared, items),
            Order::Ordered => self.ordered(path, property, element, declared, items),
            Order::Set if matches!(element, Shape::Scalar(_) | Shape::Enum(_)) => {
                self.set_of_scalars(path, property, declared, live)
            }
            Order::Set => self.set_of_values(path, property, element, declared, items),
        }
    }

    fn set_of_scalars(
        &mut self,
        path: &FieldPath,
        property: &Property,
        declared: &Value,
        live: &Json,
    ) -> Json {
        let shape = &property.shape;
        let value: Json = declared
            .elements()
            .iter()
            .map(|element| self.resolved(property, element))
            .collect();
        if declared
            .elements()
            .iter()
            .any(|element| matches!(element.declared, Declared::Env(_)))
        {
            let reason = Some("a value from the environment is never compared".to_owned());
            self.push(
                path,
                property,
                FieldStatus::Unverifiable,
                Shown::Withheld,
                Shown::Withheld,
                reason,
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

    fn keyed(
        &mut self,
        path: &FieldPath,
        property: &Property,
        element: &Shape,
        key: &str,
        declared: &Value,
        items: &[Json],
    ) -> Json {
        let mut taken = vec![false; items.len()];
        let mut merged = Vec::new();
        for declared in declared.elements() {
            let found = declared
                .get(key)
                .map(|value| text_of(&value.to_json()))
                .unwrap_or_default();
            let at = (0..items.len()).find(|at| !taken[*at] && key_of(&items[*at], key) == found);
            let path = path.with(Segment::Key { key: found });
            merged.push(match at {
                Some(at) => {
                    taken[at] = true;
                    self.value(&path, property, element, declared, Some(&items[at]))
                }
                None => self.added(&path, property, element, declared),
            });
        }
        for (item, _) in items.iter().zip(&taken).filter(|(_, taken)| !**taken) {
            let path = path.with(Segment::Key {
                key: key_of(item, key),
            });
            self.differs(&path, property, element, Some(item), None, declared);
        }
        merged.into()
    }

    fn set_of_values(
        &mut self,
        path: &FieldPath,
        property: &Property,
        element: &Shape,
        declared: &Value,
        items: &[Json],
    ) -> Json {
        let mut rest: Vec<(Json, &Json)> = items
            .iter()
            .map(|item| (self.canonical(property, element, item), item))
            .collect();
        let mut merged = Vec::new();
        for declared in declared.elements() {
            let value = self.quietly(|differ| differ.build(property, element, declared));
            let form = self.canonical(property, element, &value);
            match rest.iter().position(|(known, _)| *known == form) {
                Some(at) => drop(rest.swap_remove(at)),
                None => {
                    let path = path.with(Segment::Element {
                        element: digest::hex(Domain::Element, &form),
                    });
                    self.differs(&path, property, element, None, Some(&value), declared);
                }
            }
            merged.push(value);
        }
        for (form, item) in rest {
            let path = path.with(Segment::Element {
                element: digest::hex(Domain::Element, &form),
            });
            self.differs(&path, property, element, Some(item), None, declared);
        }
        merged.into()
    }

    fn ordered(
        &mut self,
        path: &FieldPath,
        property: &Property,
        element: &Shape,
        declared: &Value,
        items: &[Json],
    ) -> Json {
        let wanted: Vec<Json> = declared
            .elements()
            .iter()
            .map(|value| self.quietly(|differ| differ.build(property, element, value)))
            .collect();
        let forms = |values: &[Json]| -> Vec<String> {
            values
                .iter()
                .map(|value| self.canonical(property, element, value).to_string())
                .collect()
        };
        let (live_forms, wanted_forms) = (forms(items), forms(&wanted));
        let mut merged = wanted;
        let ops =
            similar::capture_diff_slices(similar::Algorithm::Myers, &live_forms, &wanted_forms);
        for op in ops {
            let (_, before, after) = op.as_tag_tuple();
            if op.tag() == similar::DiffTag::Equal {
                continue;
            }
            let pairs = before.len().min(after.len());
            for (from, to) in before.clone().zip(after.clone()) {
                let path = path.with(Segment::Index { index: to });
                merged[to] = self.value(
                    &path,
                    property,
                    element,
                    &declared.elements()[to],
                    Some(&items[from]),
                );
            }
            for index in after.start + pairs..after.end {
                let path = path.with(Segment::Index { index });
                let value = merged[index].clone();
                self.differs(
                    &path,
                    property,
                    element,
                    None,
                    Some(&value),
                    &declared.elements()[index],
                );
            }
            for index in before.start + pairs..before.end {
                let path = path.with(Segment::Index { index });
                self.differs(
                    &path,
                    property,
                    element,
                    Some(&items[index]),
                    None,
                    declared,
                );
            }
        }
        merged.into()
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

    fn canonical(&self, property: &Property, shape: &Shape, value: &Json) -> Json {
        canonical(self.model, property, shape, value)
    }

    fn differs(
        &mut self,
        path: &FieldPath,
        property: &Property,
        shape: &Shape,
        before: Option<&Json>,
        after: Option<&Json>,
        declared: &Value,
    ) {
        let show = |value: Option<&Json>| match value {
            None => Shown::Unset,
            Some(value) if is_unset(property, shape, value) => Shown::Unset,
            Some(value) => shown(self.model, property, shape, value),
        };
        let (before_shown, after_shown) = (show(before), show(after));
        let fixed = property.facts.fixed && before.is_some();
        let status = if fixed {
            FieldStatus::Blocked
        } else {
            FieldStatus::Change
        };
        let reason = fixed.then(|| "it is fixed when the object is created".to_owned());
        self.push(
            path,
            property,
            status,
            before_shown,
            after_shown,
            reason,
            declared,
        );
    }

    #[allow(clippy::too_many_arguments, reason = "one place builds every field")]
    fn push(
        &mut self,
        path: &FieldPath,
        property: &Property,
        status: FieldStatus,
        before: Shown,
        after: Shown,
        reason: Option<String>,
        declared: &Value,
    ) {
        let mut names = BTreeMap::new();
        for value in [&before, &after] {
            if let Shown::Value(value) = value {
                self.label(property, value, &mut names);
            }
        }
        self.fields.push(FieldChange {
            path: path.clone(),
            status,
            names,
            before,
            after,
            encoded: property.is_base64(),
            reason,
            location: Some(self.sources.locate(declared.span)),
        });
    }
}

impl Differ<'_> {
    fn label(&self, property: &Property, value: &Json, names: &mut BTreeMap<String, String>) {
        match value {
            Json::String(id) => {
                let sorts = match property.facts.resolves {
                    Some(resolves) => vec![resolves.into()],
                    None if is_guid(id) => vec![Named::Group, Named::User],
                    None => Vec::new(),
                };
                let label = sorts
                    .into_iter()
                    .find_map(|sort| self.names.label(sort, id));
                names.extend(label.map(|label| (id.clone(), label.to_owned())));
            }
            Json::Array(items) => items
                .iter()
                .for_each(|item| self.label(property, item, names)),
            Json::Object(members) => members
                .values()
                .for_each(|value| self.label(property, value, names)),
            _ => {}
        }
    }
}

/// Returns why a live value says nothing about whether it is the declared one.
fn unreadable(property: &Property, declared: &Value, live: &Json) -> Option<String> {
    let masked = live.as_str().is_some_and(is_placeholder);
    match (&declared.declared, property.facts.readback) {
        (Declared::Env(_), _) => Some("a value from the environment is never compared".to_owned()),
        (_, Some(Readback::Masked | Readback::Partial)) if masked => {
            Some("the tenant shows it masked".to_owned())
        }
        (_, Some(Readback::Null)) if live.is_null() => Some("the tenant never shows it".to_owned()),
        _ if property.facts.sensitive => Some("a secret is never compared".to_owned()),
        _ => None,
    }
}

/// Returns a value as it may be shown: secrets withheld at every depth.
pub(super) fn shown(model: &Model, property: &Property, shape: &Shape, value: &Json) -> Shown {
    match redacted(model, property, shape, value) {
        Json::Object(members)
            if members.contains_key("$withheld") || members.contains_key("$secret") =>
        {
            Shown::Withheld
        }
        value => Shown::Value(value),
    }
}

/// Returns a value with its secrets replaced by `{"$withheld": true}`.
pub(super) fn redacted(model: &Model, property: &Property, shape: &Shape, value: &Json) -> Json {
    if property.facts.sensitive && !value.is_null() {
        return serde_json::json!({ "$withheld": true });
    }
    match (shape, value) {
        (Shape::Complex(_) | Shape::Poly(_), Json::Object(members))
            if !members.contains_key("$secret") =>
        {
            let stated = members
                .get("@odata.type")
                .and_then(Json::as_str)
                .and_then(type_name);
            let structure = model.actual(shape, stated);
            let inner = |name: &str| {
                structure
                    .as_ref()
                    .and_then(|s| s.properties.get(name))
                    .cloned()
            };
            members
                .iter()
                .map(|(name, value)| match inner(name) {
                    Some(property) => (
                        name.clone(),
                        redacted(model, &property, &property.shape, value),
                    ),
                    None => (name.clone(), value.clone()),
                })
                .collect()
        }
        (Shape::Collection(element, _), Json::Array(items)) => items
            .iter()
            .map(|item| redacted(model, property, element, item))
            .collect(),
        _ => value.clone(),
    }
}

/// Returns the live settings that are set and that nobody declares.
pub(super) fn left_alone(
    model: &Model,
    structure: &Structure,
    declared: &Value,
    live: &Json,
) -> Vec<LeftAlone> {
    let undeclared = structure
        .properties
        .values()
        .filter(|p| p.is_comparable() && declared.get(&p.name).is_none());
    undeclared
        .filter_map(|property| {
            let value = live.get(&property.name)?;
            let meaningless = match value {
                Json::Bool(false) => true,
                Json::Number(number) => number.as_f64() == Some(0.0),
                Json::String(text) => {
                    text.is_empty()
                        || matches!(&property.shape, Shape::Enum(def) if def.members.first() == Some(text))
                        || ["notConfigured", "userDefined", "deviceDefault", "none"].contains(&text.as_str())
                }
                _ => false,
            };
            let scope_tags = property.name == "roleScopeTagIds" && *value == serde_json::json!(["0"]);
            if meaningless || scope_tags || is_unset(property, &property.shape, value) {
                return None;
            }
            Some(LeftAlone {
                path: FieldPath::default().name(&property.name),
                live: shown(model, property, &property.shape, value),
            })
        })
        .collect()
}

/// Returns the message for a name that stands for no id.
pub(super) fn unresolved(
    named: Named,
    text: &str,
    why: &Unresolved,
    location: Option<Location>,
) -> Blocked {
    let words = named.words();
    let (slug, message, help) = match why {
        Unresolved::Unknown { near } => (
            "unknown",
            format!("there is no {words} `{text}`"),
            match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "create it, or correct the name; an id works too where the {words} has one"
                ),
            },
        ),
        Unresolved::Ambiguous { ids } => (
            "ambiguous",
            format!(
                "{} {words}s are called `{text}`: {}",
                ids.len(),
                ids.join(", ")
            ),
            "write the id of the one that you mean".to_owned(),
        ),
        Unresolved::Unreadable { why } => (
            "unreadable",
            format!("the {words} `{text}` cannot be looked up: {why}"),
            "grant the permission, or write the id".to_owned(),
        ),
    };
    Blocked {
        code: format!("{}/{slug}", named.slug()),
        message,
        help,
        location,
    }
}

fn text_of(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
