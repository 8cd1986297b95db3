//! The walk over values by their types: the place of a value, a visit of all values within one, and a copy of one.

use std::sync::{Arc, LazyLock};

use serde_json::Value as Json;

use super::model::{Model, Order, Property, Shape, Structure};
use super::types::type_name;
use crate::settings_catalog::SettingPart;

/// A value that may have members or elements.
pub trait Tree {
    /// Returns the members with their names, none where the value is not an object.
    fn members(&self) -> impl Iterator<Item = (&str, &Self)>;

    /// Returns the elements, none where the value is not a list.
    fn elements(&self) -> &[Self]
    where
        Self: Sized;

    /// Returns the member of a name.
    fn member(&self, name: &str) -> Option<&Self> {
        self.members().find(|(other, _)| *other == name).map(|(_, member)| member)
    }

    /// Returns the value as text: as it stands where it is one, else as JSON.
    fn text(&self) -> String;

    /// Returns the type that a complex value states for itself, without namespace.
    fn stated_type(&self) -> Option<&str>;

    /// Returns the text by which an element of a keyed collection is found.
    fn key(&self, member: &str) -> String {
        self.member(member).map(Self::text).unwrap_or_default()
    }
}

impl Tree for Json {
    fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        let members = self.as_object().into_iter().flatten();
        members.map(|(name, value)| (name.as_str(), value))
    }

    fn elements(&self) -> &[Self] {
        self.as_array().map(Vec::as_slice).unwrap_or_default()
    }

    fn text(&self) -> String {
        self.as_str().map_or_else(|| self.to_string(), str::to_owned)
    }

    fn stated_type(&self) -> Option<&str> {
        self.get("@odata.type").and_then(Self::as_str).and_then(type_name)
    }
}

/// The place of a value: what the types say of it, and what another value has there.
pub struct TypedPlace<'a, V> {
    /// The types.
    pub model: &'a Model,
    /// The place around.
    pub parent: Option<&'a TypedPlace<'a, V>>,
    /// The member's name; none at the root and of an element.
    pub name: Option<&'a str>,
    /// The property, of an element that of its collection; none where no type declares it.
    pub property: Option<&'a Property>,
    /// The type around a member.
    pub owner: Option<&'a Structure>,
    /// The shape of the value; none where no type declares it.
    pub shape: Option<&'a Shape>,
    /// The value that the other one of two has in this place.
    pub other: Option<&'a V>,
}

impl<'a, V: Tree> TypedPlace<'a, V> {
    /// Returns the place of a whole value.
    pub fn root(model: &'a Model, shape: &'a Shape) -> Self {
        let shape = Some(shape);
        Self { model, parent: None, name: None, property: None, owner: None, shape, other: None }
    }

    /// Returns the place of the value of a property, or of an element of it.
    pub fn within(model: &'a Model, property: &'a Property, shape: &'a Shape) -> Self {
        Self { property: Some(property), ..Self::root(model, shape) }
    }

    /// Returns the type of a complex value in this place.
    pub fn structure(&self, value: &V) -> Option<Arc<Structure>> {
        self.model.actual(self.shape?, value.stated_type())
    }

    /// Returns the place of a member of the value here, which is of this type; `value` is the member's.
    pub fn member<'b>(
        &'b self,
        owner: Option<&'b Structure>,
        name: &'b str,
        value: &V,
    ) -> TypedPlace<'b, V> {
        let (property, shape) = match self.shape {
            Some(Shape::Settings(part)) => (self.property, settings(part.member(name), value)),
            _ => {
                let property = owner.and_then(|owner| owner.properties.get(name));
                (property, property.map(|property| &property.shape))
            }
        };
        TypedPlace {
            model: self.model,
            parent: Some(self),
            name: Some(name),
            property,
            owner,
            shape,
            other: self.other.and_then(|other| other.member(name)),
        }
    }

    /// Returns the place of an element of the value here. Elements of a keyed collection have a counterpart.
    pub fn element<'b>(&'b self, element: &V) -> TypedPlace<'b, V> {
        let (shape, other) = match (self.shape, self.other) {
            (Some(Shape::Collection(shape, Order::Keyed(key))), Some(other)) => {
                let key_of = element.key(key);
                (Some(&**shape), other.elements().iter().find(|other| other.key(key) == key_of))
            }
            (Some(Shape::Collection(shape, _)), _) => (Some(&**shape), None),
            (Some(Shape::Settings(part)), _) => (settings(part.element(), element), None),
            (_, _) => (None, None),
        };
        let (model, property) = (self.model, self.property);
        TypedPlace { model, parent: Some(self), name: None, property, owner: None, shape, other }
    }

    /// Returns the names that lead from the root to this place.
    pub fn path(&self) -> Vec<String> {
        let mut path = self.parent.map(Self::path).unwrap_or_default();
        path.extend(self.name.map(str::to_owned));
        path
    }

    /// Returns the property that a member is; none for an element or a part of settings, which are only part of it.
    pub fn declared(&self) -> Option<&'a Property> {
        self.property.filter(|_| self.name.is_some() && !self.is_within_settings())
    }

    /// Returns whether a member is an annotation and not a part of the value.
    pub fn is_annotation(&self) -> bool {
        let is_one = |name: &str| name.contains('@') || name.starts_with('#');
        self.name.is_some_and(is_one) && !self.is_within_settings()
    }

    /// Returns whether a value is a part of settings of the settings catalog, whose names are no names of properties.
    pub fn is_within_settings(&self) -> bool {
        let around = self.parent.and_then(|parent| parent.shape);
        matches!(around, Some(Shape::Settings(_)))
    }

    /// Returns whether the type says that a value is a secret.
    pub fn is_secret(&self) -> bool {
        match self.shape {
            Some(Shape::Settings(part)) => part.is_secret(),
            _ => self.property.is_some_and(Property::is_secret),
        }
    }
}

/// Returns the shape of a part of settings, by what its value says of itself; none where the form has no such part.
fn settings<V: Tree>(part: SettingPart, value: &V) -> Option<&'static Shape> {
    static SHAPES: LazyLock<Vec<Shape>> =
        LazyLock::new(|| SettingPart::ALL.into_iter().map(Shape::Settings).collect());
    let part = part.stating(value.stated_type(), value.member("valueState").is_some());
    SHAPES.iter().find(|shape| **shape == Shape::Settings(part))
}

/// Visits a value and everything within, the outer value first. The visitor returns whether to go on within.
pub fn each<'v, V: Tree>(
    place: &TypedPlace<'_, V>,
    value: &'v V,
    visit: &mut impl FnMut(&TypedPlace<'_, V>, &'v V) -> bool,
) {
    if !visit(place, value) {
        return;
    }
    let structure = place.structure(value);
    for (name, member) in value.members() {
        each(&place.member(structure.as_deref(), name, member), member, visit);
    }
    for element in value.elements() {
        each(&place.element(element), element, visit);
    }
}

/// Returns whether a value or anything within is of a kind.
pub fn any<'v, V: Tree>(value: &'v V, is_so: &mut impl FnMut(&'v V) -> bool) -> bool {
    is_so(value)
        || value.members().any(|(_, member)| any(member, is_so))
        || value.elements().iter().any(|element| any(element, is_so))
}

/// How a value is copied.
pub enum CopyStep {
    /// Not at all.
    Omit,
    /// As this value.
    Put(Json),
    /// By its members or elements, each by a step of its own.
    Enter,
}

/// Makes a copy of a value.
pub trait Copier {
    /// Returns how a value is copied.
    fn step(&mut self, place: &TypedPlace<'_, Json>, value: &Json) -> CopyStep;

    /// Completes the copy of a value that was entered; `structure` is its type.
    fn finish(
        &mut self,
        _place: &TypedPlace<'_, Json>,
        _structure: Option<&Structure>,
        copy: Json,
    ) -> Json {
        copy
    }
}

impl<F: FnMut(&TypedPlace<'_, Json>, &Json) -> CopyStep> Copier for F {
    fn step(&mut self, place: &TypedPlace<'_, Json>, value: &Json) -> CopyStep {
        self(place, value)
    }
}

/// Returns the copy of a value, none where it is omitted.
pub fn copy(place: &TypedPlace<'_, Json>, value: &Json, copier: &mut impl Copier) -> Option<Json> {
    match copier.step(place, value) {
        CopyStep::Omit => return None,
        CopyStep::Put(value) => return Some(value),
        CopyStep::Enter => {}
    }
    let structure = place.structure(value);
    let structure = structure.as_deref();
    let copied = match value {
        Json::Object(members) => {
            let member = |(name, value): (&String, &Json)| {
                let value = copy(&place.member(structure, name, value), value, copier)?;
                Some((name.clone(), value))
            };
            members.iter().filter_map(member).collect()
        }
        Json::Array(items) => {
            items.iter().filter_map(|item| copy(&place.element(item), item, copier)).collect()
        }
        leaf => leaf.clone(),
    };
    Some(copier.finish(place, structure, copied))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::model::Model;
    use crate::schema::testing;
    use crate::schema::types::GraphVersion;

    #[test]
    fn each_gives_path_property_and_stated_type_of_every_value() {
        let order = json!({ "displayName": "a", "other": [true], "tasks": [{ "steps": [
            { "@odata.type": "#microsoft.graph.timedStep", "at": "08:00:00", "hours": 1 },
        ] }] });
        let shape = Shape::Complex("workOrder".to_owned());
        let mut seen = Vec::new();
        each(&TypedPlace::root(testing::model(), &shape), &order, &mut |place, value| {
            let owner = place.declared().map(|property| property.declared_in.clone());
            if !value.is_object() && !value.is_array() {
                seen.push((place.path().join("."), owner));
            }
            place.name != Some("displayName")
        });
        let found = |path: &str, owner: &str| (path.to_owned(), Some(owner.to_owned()));
        let expected = [
            found("displayName", "workOrder"),
            ("other".to_owned(), None),
            ("tasks.steps.@odata.type".to_owned(), None),
            found("tasks.steps.at", "timedStep"),
            found("tasks.steps.hours", "workStep"),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn elements_of_a_keyed_collection_are_paired_by_their_key() {
        let oma = |uri: &str, value: u8| json!({ "omaUri": uri, "displayName": value });
        let one = json!({ "omaSettings": [oma("./a", 1), oma("./b", 2)], "description": "x" });
        let other = json!({ "omaSettings": [oma("./b", 3)] });
        let shape = Shape::Complex("windows10CustomConfiguration".to_owned());
        let root = TypedPlace::root(Model::of(GraphVersion::Beta), &shape);
        let root = TypedPlace { other: Some(&other), ..root };
        let mut step = |place: &TypedPlace<'_, Json>, _: &Json| match place.other {
            Some(Json::Number(other)) => CopyStep::Put(other.clone().into()),
            Some(_) => CopyStep::Enter,
            None => CopyStep::Omit,
        };
        assert_eq!(copy(&root, &one, &mut step), Some(other.clone()));
    }
}
