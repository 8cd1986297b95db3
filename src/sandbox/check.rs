//! Bodies against the types: what the service takes, in the form in which it keeps it.

use std::sync::Arc;

use serde_json::Value;

use super::problem::{Fault, Problem};
use super::rows::DefaultValue;
use super::{Object, defaults, literal};
use crate::schema::types::{
    Category, Edm, GraphVersion, Holds, Property, TypeDef, Types, type_name,
};

/// Checks bodies of calls to one version.
///
/// A version decides which types and properties exist. What is known of a property beyond that (ranges,
/// computed) is always beta's: the two versions front one service, and only beta's document says it.
pub(crate) struct Checker {
    surface: &'static Types,
    keeps_computed: bool,
    defaults: &'static [DefaultValue],
}

impl Checker {
    /// Makes a checker of what callers send: computed properties are dropped, as the service does.
    pub(crate) fn of_calls(version: GraphVersion) -> Self {
        Self { surface: Types::of(version), keeps_computed: false, defaults: &[] }
    }

    /// Makes a checker of what a state file holds: computed properties are part of it.
    pub(crate) fn of_states() -> Self {
        Self { surface: Types::of(GraphVersion::Beta), keeps_computed: true, defaults: &[] }
    }

    /// Takes the defaults of a collection into account.
    pub(crate) fn with_defaults(self, defaults: &'static [DefaultValue]) -> Self {
        Self { defaults, ..self }
    }

    /// Returns the concrete type that a body names and that `expected` allows in its place.
    pub(crate) fn instance_type(
        &self,
        expected: &str,
        body: &Object,
    ) -> Result<Arc<TypeDef>, Fault> {
        let named = match body.get("@odata.type") {
            None | Some(Value::Null) => expected.to_owned(),
            Some(Value::String(text)) => match type_name(text) {
                Some(name) => name.to_owned(),
                None => {
                    return Err(
                        Problem::UnknownType(text.trim_start_matches('#').to_owned()).into()
                    );
                }
            },
            Some(other) => return Err(Problem::literal(other, "Edm.String").into()),
        };
        let known = self.surface.get(&named).filter(|ty| ty.category != Category::Enum);
        let ty = known.ok_or_else(|| unknown(&named))?;
        if !self.surface.is_a(&named, expected) {
            return Err(
                Problem::NotAssignable { found: named, expected: expected.to_owned() }.into()
            );
        }
        if ty.is_abstract {
            return Err(Problem::AbstractType.into());
        }
        Types::of(GraphVersion::Beta).get(&named).ok_or_else(|| unknown(&named).into())
    }

    /// Returns the properties that a body gives, each in the form in which it is kept. Annotations are
    /// dropped.
    pub(crate) fn properties(&self, ty: &TypeDef, body: &Object) -> Result<Object, Fault> {
        let surface = self.surface.get(&ty.name);
        let mut kept = Object::new();
        for (name, value) in body {
            if name.contains("@odata.bind") {
                return Err(Problem::Navigation(name.clone()).under(name));
            }
            // Annotations, and the actions that full metadata list.
            if name.contains(['@', '#']) {
                continue;
            }
            let exists = surface.as_ref().is_some_and(|surface| surface.property(name).is_some());
            let property = ty.property(name).filter(|_| exists).ok_or_else(|| {
                Problem::UnknownProperty { property: name.clone(), ty: ty.name.clone() }.under(name)
            })?;
            if property.navigation.is_some() {
                return Err(Problem::Navigation(name.clone()).under(name));
            }
            if self.keeps_computed || !is_computed(property) {
                kept.insert(
                    name.clone(),
                    self.value(property, value).map_err(|fault| fault.under(name))?,
                );
            }
        }
        Ok(kept)
    }

    fn value(&self, property: &Property, value: &Value) -> Result<Value, Fault> {
        match value {
            // OData has no null collections: a collection's nullability is its elements'.
            Value::Null if property.nullable && !property.ty.collection => Ok(Value::Null),
            Value::Null => {
                let expected = expression(property);
                Err(Problem::Null { property: property.name.clone(), expected }.into())
            }
            Value::Array(elements) if property.ty.collection => {
                if let Some(maximum) =
                    property.annotated.max_items.filter(|maximum| elements.len() as u64 > *maximum)
                {
                    return Err(
                        Problem::TooManyItems { property: property.name.clone(), maximum }.into()
                    );
                }
                let checked = elements.iter().enumerate().map(|(index, element)| {
                    self.single(property, element).map_err(|fault| fault.under_index(index))
                });
                checked.collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            _ if property.ty.collection => Err(Problem::node(value, "StartArray").into()),
            _ => self.single(property, value),
        }
    }

    fn single(&self, property: &Property, value: &Value) -> Result<Value, Fault> {
        match &property.ty.holds {
            Holds::Edm(edm) => primitive(*edm, property, value),
            Holds::Named(name) => match self.surface.get(name) {
                Some(ty) if ty.category == Category::Enum => member(&ty, value),
                _ => match value {
                    Value::Object(object) => self.complex(name, object),
                    other => Err(Problem::node(other, "StartObject").into()),
                },
            },
        }
    }

    /// Returns a complex value with every property of its type, since it is stored as a whole.
    pub(crate) fn complex(&self, declared: &str, body: &Object) -> Result<Value, Fault> {
        let ty = self.instance_type(declared, body)?;
        let mut value = self.properties(&ty, body)?;
        defaults::fill(&ty, &mut value, self.defaults);
        if ty.name != declared {
            value.insert("@odata.type".to_owned(), ty.odata_type().into());
        }
        Ok(Value::Object(value))
    }
}

fn unknown(name: &str) -> Problem {
    Problem::UnknownType(format!("microsoft.graph.{name}"))
}

/// Returns whether only the service sets a property.
pub(crate) fn is_computed(property: &Property) -> bool {
    property.annotated.computed
}

fn primitive(edm: Edm, property: &Property, value: &Value) -> Result<Value, Fault> {
    let stored =
        literal::stored(edm, value).ok_or_else(|| Problem::literal(value, &literal::name(edm)))?;
    if let (Some(number), true) = (stored.as_i64(), matches!(edm, Edm::Int32 | Edm::Int64)) {
        let (minimum, maximum) = (
            property.annotated.minimum.unwrap_or(i64::MIN),
            property.annotated.maximum.unwrap_or(i64::MAX),
        );
        if !(minimum..=maximum).contains(&number) {
            return Err(
                Problem::OutOfRange { property: property.name.clone(), minimum, maximum }.into()
            );
        }
    }
    Ok(stored)
}

/// Returns an enum's value: one member, or of a flags enum members in the order of its type.
fn member(ty: &TypeDef, value: &Value) -> Result<Value, Fault> {
    let text = value
        .as_str()
        .ok_or_else(|| Problem::literal(value, &format!("microsoft.graph.{}", ty.name)))?;
    let given: Vec<&str> =
        if ty.flags { text.split(',').map(str::trim).collect() } else { vec![text] };
    if let Some(unknown) =
        given.iter().find(|name| !ty.members.iter().any(|member| member == *name))
    {
        return Err(Problem::EnumMember((*unknown).to_owned()).into());
    }
    let members: Vec<&str> =
        ty.members.iter().map(String::as_str).filter(|member| given.contains(member)).collect();
    Ok(members.join(",").into())
}

/// Returns a property's type as OData's messages spell it.
fn expression(property: &Property) -> String {
    let inner = match &property.ty.holds {
        Holds::Edm(edm) => literal::name(*edm),
        Holds::Named(name) => format!("microsoft.graph.{name}"),
    };
    if property.ty.collection { format!("Collection({inner})") } else { inner }
}
