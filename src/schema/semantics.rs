//! Curated facts that type documents do not state, each with its reason: `schemas/semantics.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

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

/// What a string may be written as, and is resolved to an id from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Resolves {
    /// A group's display name.
    Group,
    /// A user principal name.
    User,
    /// A role scope tag's display name.
    ScopeTag,
}

/// How an `Edm.String` carries other text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Base64.
    Base64,
}

/// All that is known of one property beyond its type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Fixed when the object is created.
    pub fixed: bool,
    /// Moves by itself: neither compared nor part of a digest.
    pub volatile: bool,
    /// A secret: never shown, and a literal is refused.
    pub sensitive: bool,
    /// Cannot be compared on read.
    pub readback: Option<Readback>,
    /// The member by which elements of a collection are merged and compared.
    pub key: Option<String>,
    /// A collection of complex values without order.
    pub set: bool,
    /// What the service sets where a complete value does not say it.
    pub default: Option<Value>,
    /// Text that the service reads as a GUID, in capitals or not.
    pub guid: bool,
    /// The member by which people tell the elements of a set.
    pub label: Option<String>,
    /// Text inside the string.
    pub encoding: Option<Encoding>,
    /// A twin that Graph keeps in step.
    pub mirrors: Option<String>,
    /// Values on read that mean unset.
    pub unset: Vec<Value>,
    /// Names that stand for ids.
    pub resolves: Option<Resolves>,
    /// An object cannot be created without it.
    pub required: bool,
    /// The reason of whichever fact was stated last.
    pub why: Option<String>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    #[serde(rename = "formatVersion")]
    _format_version: String,
    properties: Vec<PropertyEntry>,
    #[serde(default)]
    kinds: Vec<KindEntry>,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    one_element: Vec<OneElement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PropertyEntry {
    on: Vec<String>,
    #[serde(default)]
    computed: bool,
    minimum: Option<i64>,
    maximum: Option<i64>,
    max_items: Option<u64>,
    #[serde(default)]
    inline: bool,
    #[serde(default)]
    fixed: bool,
    #[serde(default)]
    volatile: bool,
    #[serde(default)]
    sensitive: bool,
    readback: Option<Readback>,
    key: Option<String>,
    #[serde(default)]
    set: bool,
    label: Option<String>,
    #[serde(default)]
    guid: bool,
    default: Option<Value>,
    encoding: Option<Encoding>,
    mirrors: Option<String>,
    #[serde(default)]
    unset: Vec<Value>,
    resolves: Option<Resolves>,
    #[serde(default)]
    required: bool,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct KindEntry {
    on: Vec<String>,
    #[serde(default)]
    legacy: bool,
    why: String,
}

/// The curated facts, by declaring type and property.
pub struct Semantics {
    facts: BTreeMap<(String, String), Facts>,
    constraints: Curated,
    legacy: BTreeMap<String, String>,
    rules: Vec<Rule>,
    one_element: Vec<OneElement>,
}

static BUILT_IN: LazyLock<Semantics> = LazyLock::new(|| {
    Semantics::parse(TEXT).expect("the curated facts are part of the program and a test reads them")
});

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
        let mut semantics = Self {
            facts: BTreeMap::new(),
            constraints: Curated::new(),
            legacy: BTreeMap::new(),
            rules: file.rules,
            one_element: file.one_element,
        };
        for entry in file.properties {
            for on in &entry.on {
                let (owner, property) = on
                    .split_once('.')
                    .ok_or_else(|| format!("`{on}` is not of the form type.property"))?;
                semantics.add((owner.to_owned(), property.to_owned()), &entry);
            }
        }
        for entry in file.kinds.into_iter().filter(|entry| entry.legacy) {
            semantics.legacy.extend(entry.on.into_iter().map(|kind| (kind, entry.why.clone())));
        }
        Ok(semantics)
    }

    fn add(&mut self, at: (String, String), entry: &PropertyEntry) {
        let constraints = Constraints {
            computed: entry.computed,
            minimum: entry.minimum,
            maximum: entry.maximum,
            max_items: entry.max_items,
            inline: entry.inline,
        };
        let known = self.constraints.entry(at.clone()).or_default();
        *known = known.or(constraints);
        let facts = self.facts.entry(at).or_default();
        facts.fixed |= entry.fixed;
        facts.volatile |= entry.volatile;
        facts.sensitive |= entry.sensitive;
        facts.set |= entry.set;
        facts.readback = entry.readback.or(facts.readback);
        facts.key = entry.key.clone().or(facts.key.take());
        facts.guid |= entry.guid;
        facts.default = entry.default.clone().or(facts.default.take());
        facts.label = entry.label.clone().or(facts.label.take());
        facts.encoding = entry.encoding.or(facts.encoding);
        facts.mirrors = entry.mirrors.clone().or(facts.mirrors.take());
        facts.unset.extend(entry.unset.iter().cloned());
        facts.resolves = entry.resolves.or(facts.resolves);
        facts.required |= entry.required;
        facts.why = Some(entry.why.clone());
    }

    /// Returns what is known of a property, by the type that declares it.
    pub fn facts(&self, declared_in: &str, property: &str) -> Option<&Facts> {
        self.facts.get(&(declared_in.to_owned(), property.to_owned()))
    }

    /// Returns every `(type, property)` that has an entry.
    pub fn properties(&self) -> impl Iterator<Item = &(String, String)> {
        self.facts.keys()
    }

    /// Returns the constraints for schema generation.
    pub fn constraints(&self) -> &Curated {
        &self.constraints
    }

    /// Returns why a kind is a legacy one, where it is.
    pub fn legacy(&self, kind: &str) -> Option<&str> {
        self.legacy.get(kind).map(String::as_str)
    }

    /// Returns the rules about elements of lists.
    pub fn one_element(&self) -> &[OneElement] {
        &self.one_element
    }

    /// Returns the cross-field rules of a kind.
    pub fn rules<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |rule| rule.on == kind)
    }
}
