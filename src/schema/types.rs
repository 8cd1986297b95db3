//! Graph's types as data: what a type document declares about entities, complex types and enums.
//!
//! What Moorline knows beyond the documents is [`crate::schema::semantics`], and the two meet in
//! [`crate::schema::model`]. The generated schemas hold curated constraints too, so a [`Property`] keeps
//! them apart from its document's: the sandbox reads this module and leaves [`Property::curated`] alone, so
//! that a curated mistake is not shared by both sides.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::cache::Cache;
use super::constraints::Constraints;

/// A version of the Graph API, as in the first segment of its URLs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum GraphVersion {
    /// `beta`, where most device configuration types live.
    #[serde(rename = "beta")]
    Beta,
    /// `v1.0`.
    #[serde(rename = "v1.0")]
    V1,
}

impl GraphVersion {
    /// Both versions, in the order in which they are listed to people.
    pub const ALL: [Self; 2] = [Self::Beta, Self::V1];

    /// Returns the URL segment: `beta` or `v1.0`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Beta => "beta",
            Self::V1 => "v1.0",
        }
    }

    /// Returns the version with this URL segment.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == text)
    }
}

impl fmt::Display for GraphVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A primitive type of the Entity Data Model that the documents use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edm {
    /// `Edm.Boolean`.
    Boolean,
    /// `Edm.String`.
    String,
    /// `Edm.Int16`, `Edm.Int32` and the byte types.
    Int32,
    /// `Edm.Int64`.
    Int64,
    /// `Edm.Double`, `Edm.Single` and `Edm.Decimal`.
    Double,
    /// `Edm.DateTimeOffset`, an instant.
    DateTimeOffset,
    /// `Edm.Date`.
    Date,
    /// `Edm.TimeOfDay`.
    TimeOfDay,
    /// `Edm.Duration`, ISO 8601.
    Duration,
    /// `Edm.Guid`.
    Guid,
    /// `Edm.Binary`, base64 in JSON.
    Binary,
}

impl Edm {
    /// Returns the primitive that a CSDL type name such as `Edm.Int32` stands for.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("Edm.")? {
            "Boolean" => Self::Boolean,
            "String" | "Stream" => Self::String,
            "Int16" | "Int32" | "Byte" | "SByte" => Self::Int32,
            "Int64" => Self::Int64,
            "Double" | "Single" | "Decimal" => Self::Double,
            "DateTimeOffset" => Self::DateTimeOffset,
            "Date" => Self::Date,
            "TimeOfDay" => Self::TimeOfDay,
            "Duration" => Self::Duration,
            "Guid" => Self::Guid,
            "Binary" => Self::Binary,
            _ => return None,
        })
    }
}

/// The type of a property's value, or of each element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A primitive.
    Edm(Edm),
    /// An enum, complex or entity type by its name without namespace.
    Named(String),
}

/// The type of a property, as its CSDL `Type` attribute says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRef {
    /// Whether it is `Collection(…)`.
    pub collection: bool,
    /// The type, or the type of each element.
    pub holds: Holds,
}

impl TypeRef {
    /// Parses a CSDL type expression: `Edm.Int32`, `graph.appListItem`, `Collection(Edm.String)`.
    pub fn parse(text: &str) -> Option<Self> {
        let element = text.strip_prefix("Collection(").and_then(|t| t.strip_suffix(')'));
        let name = element.unwrap_or(text);
        let holds = match Edm::parse(name) {
            Some(edm) => Holds::Edm(edm),
            None if name.starts_with("Edm.") => return None,
            None => Holds::Named(
                name.strip_prefix("microsoft.graph.").or(name.strip_prefix("graph."))?.to_owned(),
            ),
        };
        Some(Self { collection: element.is_some(), holds })
    }
}

/// A property of an entity or complex type.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Its name on the wire.
    pub name: String,
    /// The type in the inheritance chain that declares it.
    pub declared_in: String,
    /// The type of its value.
    pub ty: TypeRef,
    /// Whether `null` is a value of it.
    pub nullable: bool,
    /// The constraints in its type document.
    pub annotated: Constraints,
    /// Curated constraints, where the document has none.
    pub curated: Constraints,
    /// The kind of navigation, where the property is one. Whether a contained one is created inline is curated
    /// ([`Constraints::inline`]).
    pub navigation: Option<Navigation>,
}

/// A navigation property's containment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Navigation {
    /// The target lives elsewhere and is referred to.
    Reference,
    /// The target is part of this entity and is read and written under its path.
    Contained,
}

/// Which family of type a definition is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Category {
    /// It has an id and a place in the service.
    Entity,
    /// A structured value.
    #[default]
    Complex,
    /// A list of names.
    Enum,
}

/// One definition.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDef {
    /// Its name without namespace.
    pub name: String,
    /// Entity, complex type or enum.
    pub category: Category,
    /// The type it derives from.
    pub base: Option<String>,
    /// Whether no instance can have exactly this type.
    pub is_abstract: bool,
    /// Every type that derives from it at any depth, sorted.
    pub derived: Vec<String>,
    /// Own and inherited properties, sorted by name. Empty for an enum.
    pub properties: Vec<Property>,
    /// An enum's member names in the document's order. Empty for structured types.
    pub members: Vec<String>,
    /// Whether an enum's value is a comma-joined set of members.
    pub flags: bool,
}

impl TypeDef {
    /// Returns the property of this name, own or inherited.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties
            .binary_search_by(|p| p.name.as_str().cmp(name))
            .ok()
            .map(|at| &self.properties[at])
    }

    /// Returns the `@odata.type` of an instance: `#microsoft.graph.<name>`.
    pub fn odata_type(&self) -> String {
        odata_type(&self.name)
    }
}

/// Returns `#microsoft.graph.<name>`.
pub fn odata_type(name: &str) -> String {
    format!("#microsoft.graph.{name}")
}

/// Returns the type name in an `@odata.type`, written with or without `#`.
pub fn type_name(odata_type: &str) -> Option<&str> {
    odata_type.strip_prefix('#').unwrap_or(odata_type).strip_prefix("microsoft.graph.")
}

/// The types of one version, parsed one by one as they are asked for: reading all 800 would cost
/// more than everything else that a `validate` of one file does.
pub struct Types {
    version: GraphVersion,
    raw: BTreeMap<&'static str, &'static RawValue>,
    parsed: Cache<TypeDef>,
}

#[derive(Deserialize)]
struct Definitions<'a> {
    #[serde(rename = "$defs", borrow)]
    defs: BTreeMap<&'a str, &'a RawValue>,
}

/// The types of each version, in the order of [`GraphVersion::ALL`].
static BUILT_IN: [LazyLock<Types>; 2] = [
    LazyLock::new(|| {
        Types::read(GraphVersion::Beta, include_str!("../../schemas/graph/beta.json"))
    }),
    LazyLock::new(|| Types::read(GraphVersion::V1, include_str!("../../schemas/graph/v1.0.json"))),
];

impl Types {
    /// Returns the built-in types of a version.
    pub fn of(version: GraphVersion) -> &'static Self {
        &BUILT_IN[version as usize]
    }

    pub(super) fn read(version: GraphVersion, text: &'static str) -> Self {
        let document: Definitions<'static> = serde_json::from_str(text)
            .expect("the generated schema is part of the program and a test reads it");
        Self { version, raw: document.defs, parsed: Cache::new() }
    }

    /// Returns the version these types are of.
    pub fn version(&self) -> GraphVersion {
        self.version
    }

    /// Returns the names of every definition, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.raw.keys().copied().filter(|name| !name.contains(':'))
    }

    /// Returns the JSON text of one entry of `$defs`, by its key there.
    pub fn raw(&self, key: &str) -> Option<&'static str> {
        self.raw.get(key).map(|raw| raw.get())
    }

    /// Returns one entry of `$defs`, by its key there.
    pub fn definition(&self, key: &str) -> Option<Value> {
        serde_json::from_str(self.raw(key)?).ok()
    }

    /// Returns a definition by its name without namespace.
    pub fn get(&self, name: &str) -> Option<Arc<TypeDef>> {
        self.parsed.get(name, || self.parse(name))
    }

    fn parse(&self, name: &str) -> Option<TypeDef> {
        if name.contains(':') {
            return None;
        }
        let def = self.definition(name)?;
        let text = |key: &str| def.get(key).and_then(Value::as_str).map(str::to_owned);
        let flag = |key: &str| def.get(key) == Some(&Value::Bool(true));
        let list = |key: &str| -> Vec<String> {
            let items = def.get(key).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let base = text("x-base");
        let parent = base.as_deref().and_then(|base| self.get(base));
        let properties = def.get("properties").and_then(Value::as_object).into_iter().flatten();
        let properties = properties.filter(|(property, _)| !property.starts_with('@'));
        let properties = properties.map(|(property, schema)| {
            let inherited = parent.as_ref().and_then(|parent| parent.property(property));
            let declared_in = inherited.map_or(name, |inherited| &inherited.declared_in);
            property_of(property, declared_in.to_owned(), schema)
        });
        Some(TypeDef {
            name: name.to_owned(),
            category: match def.get("enum") {
                Some(_) => Category::Enum,
                None if flag("x-entity") => Category::Entity,
                None => Category::Complex,
            },
            base,
            is_abstract: flag("x-abstract"),
            derived: list("x-derived"),
            properties: properties.collect::<Option<_>>()?,
            members: list("enum"),
            flags: flag("x-flags"),
        })
    }

    /// Returns whether `name` is `ancestor` or derives from it.
    pub fn is_a(&self, name: &str, ancestor: &str) -> bool {
        name == ancestor || self.get(ancestor).is_some_and(|t| t.derived.iter().any(|d| d == name))
    }
}

fn property_of(name: &str, declared_in: String, schema: &Value) -> Option<Property> {
    let lists = |keyword: &str, null: Value| {
        schema.get(keyword).and_then(Value::as_array).is_some_and(|items| items.contains(&null))
    };
    let (annotated, curated) = Constraints::read(schema);
    Some(Property {
        name: name.to_owned(),
        declared_in,
        ty: TypeRef::parse(schema.get("x-edm")?.as_str()?)?,
        nullable: lists("type", "null".into()) || lists("enum", Value::Null),
        annotated,
        curated,
        navigation: match (schema.get("x-navigation"), schema.get("x-contained")) {
            (_, Some(Value::Bool(true))) => Some(Navigation::Contained),
            (Some(Value::Bool(true)), _) => Some(Navigation::Reference),
            _ => None,
        },
    })
}
