//! Checks bodies against the types, and brings their values into the form that the service stores.

use std::sync::Arc;

use serde_json::Value;

use super::defaults::SpecialDefaults;
use super::refusal::{Allowed, not_literal, table, unexpected_node};
use super::{Object, defaults, literal};
use crate::schema::types::{
    Category, Edm, GraphVersion, Holds, Property, TypeDef, Types, type_name,
};

/// Checks bodies of calls to one version.
///
/// A version decides which types and properties exist. Ranges and computed properties are always those of beta, since
/// only beta's type document has them and both versions are one service.
pub(crate) struct Checker<'a> {
    surface: &'static Types,
    keeps_computed: bool,
    /// The defaults that override those of the types.
    defaults: SpecialDefaults<'a>,
}

impl<'a> Checker<'a> {
    /// Makes a checker of request bodies. Computed properties are dropped, as the service does.
    pub(crate) fn of_calls(version: GraphVersion, defaults: SpecialDefaults<'a>) -> Self {
        Self { surface: Types::of(version), keeps_computed: false, defaults }
    }

    /// Makes a checker of state files. Computed properties are kept.
    pub(crate) fn of_states(defaults: SpecialDefaults<'a>) -> Self {
        Self { surface: Types::of(GraphVersion::Beta), keeps_computed: true, defaults }
    }

    /// Returns the defaults that override those of the types.
    pub(crate) fn defaults(&self) -> SpecialDefaults<'a> {
        self.defaults
    }

    /// Returns the concrete type that a body names and that `expected` allows in its place.
    pub(crate) fn instance_type(&self, expected: &str, body: &Object) -> Allowed<Arc<TypeDef>> {
        let named = match body.get("@odata.type") {
            None | Some(Value::Null) => expected,
            Some(Value::String(text)) => type_name(text)
                .ok_or_else(|| table::UNKNOWN_TYPE.refusal(&[&text.trim_start_matches('#')]))?,
            Some(other) => return Err(not_literal(other, &"Edm.String")),
        };
        let unknown = || table::UNKNOWN_TYPE.refusal(&[&format!("microsoft.graph.{named}")]);
        let known = self.surface.get(named).filter(|ty| ty.category != Category::Enum);
        let ty = known.ok_or_else(unknown)?;
        if !self.surface.is_a(named, expected) {
            return Err(table::NOT_ASSIGNABLE.refusal(&[&named, &expected]));
        }
        if ty.is_abstract {
            return Err(table::ABSTRACT_TYPE.refusal(&[]));
        }
        Types::of(GraphVersion::Beta).get(named).ok_or_else(unknown)
    }

    /// Returns the properties of a body in their stored form, without annotations.
    pub(crate) fn properties(&self, ty: &TypeDef, body: &Object) -> Allowed<Object> {
        let surface = self.surface.get(&ty.name);
        let mut kept = Object::new();
        for (name, value) in body {
            let is_navigation = || table::NAVIGATION.refusal(&[name]).under(name);
            if name.contains("@odata.bind") {
                return Err(is_navigation());
            }
            // Annotations, and the actions that full metadata list.
            if name.contains(['@', '#']) {
                continue;
            }
            let exists = surface.as_ref().is_some_and(|surface| surface.property(name).is_some());
            let property = ty
                .property(name)
                .filter(|_| exists)
                .ok_or_else(|| table::NO_PROPERTY.refusal(&[name, &ty.name]).under(name))?;
            if property.navigation.is_some() {
                return Err(is_navigation());
            }
            if self.keeps_computed || !is_computed(property) {
                let value = self.value(property, value).map_err(|fault| fault.under(name))?;
                kept.insert(name.clone(), value);
            }
        }
        Ok(kept)
    }

    /// Returns the value of a property in its stored form.
    pub(crate) fn value(&self, property: &Property, value: &Value) -> Allowed<Value> {
        let name = &property.name;
        match value {
            // OData has no null collections: a collection's nullability is its elements'.
            Value::Null if property.nullable && !property.ty.collection => Ok(Value::Null),
            Value::Null => {
                let expected = expression(property);
                Err(table::NULL.refusal(&[name, &expected, &expected]))
            }
            _ if !property.ty.collection => self.single(property, value),
            Value::Array(elements) => match property.annotated.max_items {
                Some(maximum) if elements.len() as u64 > maximum => {
                    Err(table::TOO_MANY_ITEMS.refusal(&[name, &maximum]))
                }
                _ => each(elements, |element| self.single(property, element)).map(Value::Array),
            },
            _ => Err(unexpected_node(value, "StartArray")),
        }
    }

    fn single(&self, property: &Property, value: &Value) -> Allowed<Value> {
        match &property.ty.holds {
            Holds::Edm(edm) => primitive(*edm, property, value),
            Holds::Named(name) => match self.surface.get(name) {
                Some(ty) if ty.category == Category::Enum => member(&ty, value),
                _ => match value {
                    Value::Object(object) => self.complex(name, object),
                    other => Err(unexpected_node(other, "StartObject")),
                },
            },
        }
    }

    /// Returns a complex value with every property of its type.
    pub(crate) fn complex(&self, declared: &str, body: &Object) -> Allowed<Value> {
        let ty = self.instance_type(declared, body)?;
        let mut value = self.properties(&ty, body)?;
        defaults::fill(&ty, &mut value, self.defaults);
        if ty.name != declared {
            value.insert("@odata.type".to_owned(), ty.odata_type().into());
        }
        Ok(Value::Object(value))
    }
}

/// Reads every element of a list; a fault names the element's index.
pub(crate) fn each<T, R>(
    elements: impl IntoIterator<Item = T>,
    mut read: impl FnMut(T) -> Allowed<R>,
) -> Allowed<Vec<R>> {
    let numbered = elements.into_iter().enumerate();
    numbered.map(|(index, e)| read(e).map_err(|fault| fault.under_index(index))).collect()
}

/// Returns whether only the service sets a property.
pub(crate) fn is_computed(property: &Property) -> bool {
    property.annotated.computed
}

fn primitive(edm: Edm, property: &Property, value: &Value) -> Allowed<Value> {
    let stored =
        literal::stored(edm, value).ok_or_else(|| not_literal(value, &literal::name(edm)))?;
    let minimum = property.annotated.minimum.unwrap_or(i64::MIN);
    let maximum = property.annotated.maximum.unwrap_or(i64::MAX);
    let is_whole = matches!(edm, Edm::Int32 | Edm::Int64);
    match stored.as_i64() {
        Some(number) if is_whole && !(minimum..=maximum).contains(&number) => {
            Err(table::OUT_OF_RANGE.refusal(&[&property.name, &minimum, &maximum]))
        }
        _ => Ok(stored),
    }
}

/// Returns the value of an enum: one member, or several members of a flags enum in the order of the type.
fn member(ty: &TypeDef, value: &Value) -> Allowed<Value> {
    let expected = || not_literal(value, &format!("microsoft.graph.{}", ty.name));
    let text = value.as_str().ok_or_else(expected)?;
    let given: Vec<&str> =
        if ty.flags { text.split(',').map(str::trim).collect() } else { vec![text] };
    if let Some(name) = given.iter().find(|name| !ty.members.iter().any(|own| own == *name)) {
        return Err(table::UNKNOWN_MEMBER.refusal(&[name]));
    }
    let members = ty.members.iter().map(String::as_str);
    Ok(members.filter(|member| given.contains(member)).collect::<Vec<_>>().join(",").into())
}

/// Returns a property's type as OData's messages spell it.
fn expression(property: &Property) -> String {
    let inner = match &property.ty.holds {
        Holds::Edm(edm) => literal::name(*edm),
        Holds::Named(name) => format!("microsoft.graph.{name}"),
    };
    if property.ty.collection { format!("Collection({inner})") } else { inner }
}
