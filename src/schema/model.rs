//! Types merged with curated facts.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::cache::Cache;
use super::semantics::{Facts, Form, Semantics};
use super::types::{Category, Edm, GraphVersion, Holds, Navigation, TypeDef, Types};
use crate::settings_catalog::SettingPart;

/// The shape of a property's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A primitive.
    Scalar(Edm),
    /// One member, or a set of members where [`TypeDef::flags`] is set.
    Enum(Arc<TypeDef>),
    /// A complex value of exactly this type.
    Complex(String),
    /// A complex value of this type or one that derives from it, told apart by `@odata.type`.
    Poly(String),
    /// Many values.
    Collection(Box<Shape>, Order),
    /// Settings of the settings catalog in the readable form, or a part of them.
    Settings(SettingPart),
    /// Another object. An entity that is created inline is a value instead, as are many of them.
    Navigation {
        /// Whether the target is part of this object.
        contained: bool,
        /// The target's type.
        target: String,
        /// Whether there can be many.
        collection: bool,
    },
}

/// How elements of a collection are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// By position.
    Ordered,
    /// By value; position means nothing.
    Set,
    /// By the value of this member.
    Keyed(String),
}

/// A property with its type, constraints and curated facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Its name on the wire.
    pub name: String,
    /// The type that declares it.
    pub declared_in: String,
    /// The shape of its value.
    pub shape: Shape,
    /// Whether `null` is a value of it.
    pub nullable: bool,
    /// Whether only the service sets it.
    pub computed: bool,
    /// Whether it holds entities that are created in the body of the one that contains them.
    pub inline: bool,
    /// The range of a number.
    pub range: (Option<i64>, Option<i64>),
    /// Curated facts.
    pub facts: Facts,
}

impl Property {
    /// Returns whether a plan compares the property.
    pub fn is_comparable(&self) -> bool {
        !self.computed && !self.facts.volatile && !matches!(self.shape, Shape::Navigation { .. })
    }

    /// Returns whether it holds a secret, which is never shown, compared, kept or written as a literal.
    pub fn is_secret(&self) -> bool {
        self.facts.sensitive
    }

    /// Returns whether there is a value that unsets it.
    pub fn can_be_unset(&self) -> bool {
        self.nullable || matches!(self.shape, Shape::Collection(..) | Shape::Settings(_))
    }

    /// Returns whether the text is base64 on the wire.
    pub fn is_base64(&self) -> bool {
        matches!(self.shape, Shape::Scalar(Edm::Binary)) || self.facts.encoding.is_some()
    }
}

/// A structured type with merged properties.
#[derive(Debug, PartialEq)]
pub struct Structure {
    /// Its name.
    pub name: String,
    /// Whether no value can have exactly this type.
    pub is_abstract: bool,
    /// Whether its values have an id.
    pub is_entity: bool,
    /// Concrete types that derive from it, sorted.
    pub derived: Vec<String>,
    /// Own and inherited properties by name.
    pub properties: BTreeMap<String, Property>,
    /// The names of those that hold settings of the settings catalog.
    pub settings: Vec<String>,
    /// The names of those that Graph keeps in step with another one.
    pub mirrored: Vec<String>,
}

impl Structure {
    /// Returns the properties that lead to other objects, each with the type that it leads to.
    pub fn references(&self) -> impl Iterator<Item = (&Property, &str)> {
        self.properties.values().filter_map(|property| match &property.shape {
            Shape::Navigation { contained: false, target, .. } => Some((property, target.as_str())),
            _ => None,
        })
    }
}

/// The merged types of one version, built as they are asked for.
pub struct Model {
    /// The types beneath the model.
    pub types: &'static Types,
    /// The curated facts beneath the model.
    pub semantics: &'static Semantics,
    built: Cache<Structure>,
}

/// The model of each version, in the order of [`GraphVersion::ALL`].
static BUILT_IN: [LazyLock<Model>; 2] = [
    LazyLock::new(|| Model::new(Types::of(GraphVersion::Beta), Semantics::built_in())),
    LazyLock::new(|| Model::new(Types::of(GraphVersion::V1), Semantics::built_in())),
];

impl Model {
    /// Returns the model of a version.
    pub fn of(version: GraphVersion) -> &'static Self {
        &BUILT_IN[version as usize]
    }

    pub(super) fn new(types: &'static Types, semantics: &'static Semantics) -> Self {
        Self { types, semantics, built: Cache::new() }
    }

    /// Returns a structured type by its name without namespace.
    pub fn get(&self, name: &str) -> Option<Arc<Structure>> {
        self.built.get(name, || self.build(name))
    }

    /// Returns the type of a complex value: the one it states where that fits the declared one.
    pub fn actual(&self, shape: &Shape, stated: Option<&str>) -> Option<Arc<Structure>> {
        match shape {
            Shape::Complex(name) => self.get(name),
            Shape::Poly(base) => {
                self.get(stated.filter(|name| self.types.is_a(name, base)).unwrap_or(base))
            }
            _ => None,
        }
    }

    fn build(&self, name: &str) -> Option<Structure> {
        let def = self.types.get(name).filter(|def| def.category != Category::Enum)?;
        let concrete = |name: &String| self.types.get(name).is_some_and(|t| !t.is_abstract);
        let properties: BTreeMap<String, Property> = def
            .properties
            .iter()
            .filter_map(|p| Some((p.name.clone(), self.property(p)?)))
            .collect();
        let settings = properties.values().filter(|p| matches!(p.shape, Shape::Settings(_)));
        let mirrored = properties.values().filter(|p| p.facts.mirrors.is_some());
        Some(Structure {
            name: name.to_owned(),
            is_abstract: def.is_abstract,
            is_entity: def.category == Category::Entity,
            derived: def.derived.iter().filter(|name| concrete(name)).cloned().collect(),
            settings: settings.map(|property| property.name.clone()).collect(),
            mirrored: mirrored.map(|property| property.name.clone()).collect(),
            properties,
        })
    }

    fn property(&self, property: &super::types::Property) -> Option<Property> {
        let facts = self
            .semantics
            .facts(&property.declared_in, &property.name)
            .cloned()
            .unwrap_or_default();
        let constraints = property.annotated.or(property.curated);
        Some(Property {
            name: property.name.clone(),
            declared_in: property.declared_in.clone(),
            shape: self.shape(property, &facts, constraints.inline)?,
            nullable: property.nullable,
            computed: constraints.computed,
            inline: constraints.inline,
            range: (constraints.minimum, constraints.maximum),
            facts,
        })
    }

    fn shape(
        &self,
        property: &super::types::Property,
        facts: &Facts,
        inline: bool,
    ) -> Option<Shape> {
        if let Some(Form::SettingsCatalog) = facts.form {
            return Some(Shape::Settings(SettingPart::ROOT));
        }
        let navigation = property.navigation.filter(|_| !inline);
        if let (Some(navigation), Holds::Named(target)) = (navigation, &property.ty.holds) {
            return Some(Shape::Navigation {
                contained: navigation == Navigation::Contained,
                target: target.clone(),
                collection: property.ty.collection,
            });
        }
        let element = match &property.ty.holds {
            Holds::Edm(Edm::String) if facts.guid => Shape::Scalar(Edm::Guid),
            Holds::Edm(edm) => Shape::Scalar(*edm),
            Holds::Named(name) => {
                let def = self.types.get(name)?;
                match def.category {
                    Category::Enum => Shape::Enum(def),
                    _ if def.derived.is_empty() => Shape::Complex(name.clone()),
                    _ => Shape::Poly(name.clone()),
                }
            }
        };
        if !property.ty.collection {
            return Some(element);
        }
        let order = match (&facts.key, &element) {
            (Some(key), _) => Order::Keyed(key.clone()),
            (None, Shape::Scalar(_) | Shape::Enum(_)) => Order::Set,
            // OData promises no order of a navigation's targets.
            (None, _) if facts.set || inline => Order::Set,
            (None, _) => Order::Ordered,
        };
        Some(Shape::Collection(Box::new(element), order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing;

    #[test]
    fn entities_that_are_created_inline_are_values() {
        let order = testing::model().get("workOrder").expect("a type");
        let shape = |name: &str| &order.properties[name].shape;
        let tasks = Shape::Complex("workTask".to_owned());
        assert_eq!(*shape("tasks"), Shape::Collection(Box::new(tasks), Order::Set));
        assert_eq!(*shape("seal"), Shape::Complex("workSeal".to_owned()));
        let task = testing::model().get("workTask").expect("a type");
        let steps = Shape::Poly("workStep".to_owned());
        assert_eq!(task.properties["steps"].shape, Shape::Collection(Box::new(steps), Order::Set));
        for (name, inline) in [("tasks", true), ("seal", true), ("log", false)] {
            assert_eq!(order.properties[name].inline, inline, "{name}");
            assert_eq!(order.properties[name].is_comparable(), inline, "{name}");
        }
        let references: Vec<&str> = order.references().map(|(p, _)| p.name.as_str()).collect();
        assert_eq!(references, ["successor"]);
    }

    #[test]
    fn facts_follow_a_property_into_the_types_that_inherit_it() {
        let model = Model::of(GraphVersion::Beta);
        let enterprise = model.get("windowsWifiEnterpriseEAPConfiguration").expect("a beta type");
        let key = &enterprise.properties["preSharedKey"];
        assert_eq!(key.declared_in, "windowsWifiConfiguration");
        assert!(key.facts.sensitive);
    }

    #[test]
    fn a_value_is_read_as_the_type_that_it_states_only_where_that_fits() {
        let model = Model::of(GraphVersion::Beta);
        let custom = model.get("windows10CustomConfiguration").expect("a beta type");
        let Shape::Collection(element, Order::Keyed(key)) = &custom.properties["omaSettings"].shape
        else {
            panic!("omaSettings is keyed");
        };
        assert_eq!(key, "omaUri");
        assert_eq!(
            model.actual(element, Some("omaSettingInteger")).expect("derived").name,
            "omaSettingInteger"
        );
        assert_eq!(model.actual(element, Some("ipRange")).expect("base").name, "omaSetting");
    }
}
