//! Curated facts that type documents do not state, each with its reason: `schemas/semantics.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::constraints::Constraints;
use super::generate::Curated;

/// The text of the curated facts, part of every plan's digest.
pub const TEXT: &str = include_str!("../../schemas/semantics.yaml");

/// Why a property cannot be compared with what the tenant answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readback {
    /// A placeholder comes back (`****`).
    Masked,
    /// `null` comes back.
    Null,
    /// All but the last characters are masked.
    Partial,
}

/// The objects that a string may name, and is resolved to an id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Named {
    /// A group, by display name.
    Group,
    /// A user, by user principal name.
    User,
    /// An assignment filter, by display name; no property holds one.
    #[serde(skip)]
    Filter,
    /// A role scope tag, by display name.
    ScopeTag,
    /// A reusable setting, by display name; settings of the settings catalog refer to one.
    #[serde(skip)]
    ReusableSetting,
}

/// How an `Edm.String` carries other text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Base64.
    Base64,
}

/// Numbers that a reference names.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum Documented {
    /// The first and the last.
    Range(i64, i64),
    /// Each of them.
    Values(Vec<i64>),
}

impl Documented {
    /// Whether a number is among them.
    pub fn has(&self, number: i64) -> bool {
        match self {
            Self::Range(first, last) => (*first..=*last).contains(&number),
            Self::Values(values) => values.contains(&number),
        }
    }

    /// Returns them in words: `0 to 30`, or `2, 4 or 8`.
    pub fn words(&self) -> String {
        match self {
            Self::Range(first, last) => format!("{first} to {last}"),
            Self::Values(values) => match &values[..] {
                [first @ .., last] if !first.is_empty() => {
                    let first: Vec<String> = first.iter().map(ToString::to_string).collect();
                    format!("{} or {last}", first.join(", "))
                }
                values => values.iter().map(ToString::to_string).collect(),
            },
        }
    }
}

/// The form that the text of a property has to have, for a device to take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Takes {
    /// An X.509 certificate in DER.
    Certificate,
    /// A property list of Apple, plain or signed.
    PropertyList,
    /// XML.
    Xml,
    /// The key of a wireless network.
    WirelessKey,
    /// One line of text.
    Line,
}

/// Curated facts about one property.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Facts {
    /// Fixed when the object is created.
    pub fixed: bool,
    /// Moves by itself: neither compared nor part of a digest.
    pub volatile: bool,
    /// Left alone where a complete value does not declare it: it says nothing to a device.
    pub kept: bool,
    /// A secret: never shown, and a literal is refused. Everything outside the types asks the property
    /// ([`super::model::Property::is_secret`]).
    pub(super) sensitive: bool,
    /// Cannot be compared on read.
    pub readback: Option<Readback>,
    /// The member by which elements of a collection are merged and compared.
    pub key: Option<String>,
    /// A collection of complex values without order.
    pub set: bool,
    /// The value that the service sets where a complete value does not declare the property.
    pub default: Option<Value>,
    /// Text that the service reads as a GUID, in capitals or not.
    pub guid: bool,
    /// The values that Microsoft's reference names, where what the service takes beyond them is not known.
    pub documented: Option<Documented>,
    /// The member by which people tell the elements of a set.
    pub label: Option<String>,
    /// Text inside the string.
    pub encoding: Option<Encoding>,
    /// The form that its text has to have.
    pub takes: Option<Takes>,
    /// A twin that Graph keeps in step.
    pub mirrors: Option<Mirrored>,
    /// The member beside a secret that says whether it is set.
    pub shown_by: Option<String>,
    /// Values on read that mean unset.
    pub unset: Vec<Value>,
    /// Names that stand for ids.
    pub resolves: Option<Named>,
    /// An object cannot be created without it.
    pub required: bool,
    /// The console asks for it, and an object without it is of no use.
    pub expected: bool,
    /// A path in the management tree of a device.
    pub oma_uri: bool,
    /// Greater numbers that the service does not keep.
    pub capped: Option<Cap>,
    /// The form in which manifests, plans and journals have the value.
    pub form: Option<Form>,
}

/// A form of a value that differs from the service's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Form {
    /// The readable form of settings of the settings catalog ([`crate::settings_catalog`]).
    SettingsCatalog,
}

/// The enum that says the same as a boolean.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Mirrored {
    /// The property.
    pub property: String,
    /// Its member where the boolean is true; each other one means false.
    pub when_true: String,
}

/// The greatest number that a service keeps of a property, and the one beyond it that it keeps too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// The number that is kept in the place of each greater one.
    pub at: i64,
    /// The number that stands for no limit.
    pub unlimited: i64,
}

impl Cap {
    /// Returns whether a number is not kept.
    pub fn lowers(self, number: i64) -> bool {
        number > self.at && number != self.unlimited
    }
}

/// A cross-field rule: one number is not greater than another where both are known.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rule {
    /// `rule/<slug>`.
    pub code: String,
    /// The kind it is about.
    pub on: String,
    /// The smaller and the greater property.
    pub not_greater: [String; 2],
    /// The reason.
    pub why: String,
}

/// A rule about a list: exactly one of its elements has these members.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OneElement {
    /// `rule/<slug>`.
    pub code: String,
    /// The type that its kinds are or derive from.
    pub on: String,
    /// The names that lead to the elements: a list, a list of each of its elements, and so on.
    pub elements: Vec<String>,
    /// The members, and their values.
    pub having: BTreeMap<String, Value>,
    /// The first list as a manifest may have it, in YAML.
    pub example: String,
    /// The reason.
    pub why: String,
}

/// A rule about a property without which the value of another one has no use.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Needed {
    /// `rule/<slug>`.
    pub code: String,
    /// The types that its kinds are or derive from.
    pub on: Vec<String>,
    /// The property that needs another one.
    pub property: String,
    /// The values of it that do.
    pub values: Vec<String>,
    /// The other property.
    pub needs: String,
    /// The reason.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    #[serde(rename = "formatVersion")]
    _format_version: String,
    properties: Vec<PropertyEntry>,
    #[serde(default)]
    kinds: Vec<KindFacts>,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    one_element: Vec<OneElement>,
    #[serde(default)]
    needed: Vec<Needed>,
}

#[derive(Deserialize)]
struct PropertyEntry {
    on: Vec<String>,
    #[serde(rename = "why")]
    _why: String,
    #[serde(flatten)]
    known: Map<String, Value>,
}

#[derive(Deserialize)]
struct KindFacts {
    on: Vec<String>,
    #[serde(flatten)]
    lifecycle: Lifecycle,
}

/// Where a kind stands in the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lifecycle {
    /// The stage.
    pub state: Stage,
    /// Since when, as a date or a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The kind that takes its place, or a part of the product in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// The code whose explanation says how to move to the successor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guide: Option<String>,
    /// The reason.
    pub why: String,
}

/// A stage in the life of a kind that is not open any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// The console makes no new objects; those that exist can be edited.
    Closed,
    /// The service no longer supports what it configures.
    Retired,
    /// The service makes an object of the successor's type of a new one.
    Converted,
}

impl Stage {
    /// Returns the stage in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Retired => "retired",
            Self::Converted => "converted",
        }
    }
}

impl Lifecycle {
    /// Returns the advice about the successor, empty where none is known.
    pub fn advice(&self) -> String {
        let guide = self.guide.as_ref().map(|code| format!(" (`moorline explain {code}`)"));
        let guide = guide.unwrap_or_default();
        self.successor.as_ref().map(|next| format!("use {next}{guide}")).unwrap_or_default()
    }

    /// Returns the stage and its beginning: `closed since 2024-07`.
    pub fn words(&self) -> String {
        let since = self.since.as_ref().map(|since| format!(" since {since}"));
        format!("{}{}", self.state.word(), since.unwrap_or_default())
    }
}

/// The curated facts, by declaring type and property.
pub struct Semantics {
    /// The facts about each property, by the type that declares it.
    pub facts: BTreeMap<(String, String), Facts>,
    /// The constraints for schema generation.
    pub constraints: Curated,
    lifecycles: BTreeMap<String, Lifecycle>,
    rules: Vec<Rule>,
    /// The rules about elements of lists.
    pub one_element: Vec<OneElement>,
    /// The rules about properties that need another one.
    pub needed: Vec<Needed>,
}

static BUILT_IN: LazyLock<Semantics> = LazyLock::new(|| {
    let mut semantics = Semantics::parse(TEXT)
        .expect("the curated facts are part of the program and a test reads them");
    if let Some(on) = test_secret() {
        semantics.facts.entry(on).or_default().sensitive = true;
    }
    semantics
});

/// Returns the property that a debug build takes for a secret, by `MOORLINE_TEST_SENSITIVE=type.property`.
fn test_secret() -> Option<(String, String)> {
    let on = cfg!(debug_assertions).then(|| std::env::var("MOORLINE_TEST_SENSITIVE").ok())??;
    on.split_once('.').map(|(owner, property)| (owner.to_owned(), property.to_owned()))
}

fn typed<T: DeserializeOwned>(known: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(known.into()).map_err(|error| error.to_string())
}

impl Semantics {
    /// Returns the facts that the program carries.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a facts file.
    ///
    /// # Errors
    /// The YAML reader's message, or the entry whose `on` is not `type.property`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = crate::yaml::from_str(text)?;
        let mut known: BTreeMap<(String, String), Map<String, Value>> = BTreeMap::new();
        for entry in file.properties {
            for on in &entry.on {
                let (owner, property) = on
                    .split_once('.')
                    .ok_or_else(|| format!("`{on}` is not of the form type.property"))?;
                let known = known.entry((owner.to_owned(), property.to_owned())).or_default();
                known.extend(entry.known.clone());
            }
        }
        let (mut facts, mut constraints) = (BTreeMap::new(), Curated::new());
        for (on, known) in known {
            let (of_schema, other): (Map<_, _>, Map<_, _>) =
                known.into_iter().partition(|(name, _)| Constraints::has(name));
            constraints.insert(on.clone(), typed(of_schema)?);
            facts.insert(on, typed(other)?);
        }
        let lifecycles = file.kinds.into_iter().flat_map(|entry| {
            let KindFacts { on, lifecycle } = entry;
            on.into_iter().map(move |kind| (kind, lifecycle.clone()))
        });
        Ok(Self {
            facts,
            constraints,
            lifecycles: lifecycles.collect(),
            rules: file.rules,
            one_element: file.one_element,
            needed: file.needed,
        })
    }

    /// Returns the facts about a property, by the type that declares it.
    pub fn facts(&self, declared_in: &str, property: &str) -> Option<&Facts> {
        self.facts.get(&(declared_in.to_owned(), property.to_owned()))
    }

    /// Returns the facts about the properties that a type declares.
    pub fn facts_of(&self, declared_in: &str) -> impl Iterator<Item = (&str, &Facts)> {
        let first = (declared_in.to_owned(), String::new());
        let facts =
            self.facts.range(first..).take_while(move |((owner, _), _)| owner == declared_in);
        facts.map(|((_, property), facts)| (property.as_str(), facts))
    }

    /// Returns the types with a property in this form, each with the property.
    pub fn in_form(&self, form: Form) -> impl Iterator<Item = (&str, &str)> {
        let facts = self.facts.iter().filter(move |(_, facts)| facts.form == Some(form));
        facts.map(|((owner, property), _)| (owner.as_str(), property.as_str()))
    }

    /// Returns the names of the properties that hold secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let secrets = self.facts.iter().filter(|(_, facts)| facts.sensitive);
        secrets.map(|((_, property), _)| property.as_str())
    }

    /// Returns where a kind stands, `None` for one that is open.
    pub fn lifecycle(&self, kind: &str) -> Option<&Lifecycle> {
        self.lifecycles.get(kind)
    }

    /// Returns the cross-field rules of a kind.
    pub fn rules<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |rule| rule.on == kind)
    }
}
