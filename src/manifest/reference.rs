//! Reads references to other objects from the navigation properties of a manifest.

use std::collections::BTreeMap;
use std::fmt;

use super::document::RawManifest;
use super::overlay::nothing_beneath;
use super::resolve::ResolveContext;
use super::value::{Declared, Value};
use super::{Address, Presence};
use crate::diagnostic::suggest::{nearest, one_of};
use crate::diagnostic::{Finding, Span, value_or_report};
use crate::kinds::{self, Family, referred};

/// The most kinds that a message lists.
const MOST_KINDS: usize = 6;

/// How a reference to an object that manifests declare is written.
const FORMS: &str =
    "write `{ $ref: kind/name }`, or `{ $ref: { id: … } }` for an object that no manifest declares";

/// How a reference to an object that no manifest can declare is written.
const LIVE_FORMS: &str = "write `{ $ref: { id: … } }` or `{ $ref: { displayName: … } }`";

/// Returns how a reference to an object of a type is written.
pub(super) fn forms(target: &str) -> &'static str {
    if kinds::family_below(target).is_some() { FORMS } else { LIVE_FORMS }
}

/// A declared navigation property.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Its name.
    pub property: String,
    /// Whether the property is a collection.
    pub many: bool,
    /// The type of the objects it refers to; derived types are allowed.
    pub target: String,
    /// The family of those objects; `None` where no family has objects of the type.
    pub family: Option<&'static Family>,
    /// The references; empty where the property must be unset.
    pub references: Vec<Reference>,
    /// Where its value was written.
    pub span: Span,
}

impl Link {
    /// Returns the path of the collection that the objects are in.
    pub fn path(&self) -> Option<&'static str> {
        let managed = self.family.map(|family| family.path);
        managed.or_else(|| referred::path_of(&self.target))
    }
}

/// A reference to an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The object it names.
    pub to: Referent,
    /// Where it was written.
    pub span: Span,
}

/// The object that a reference names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Referent {
    /// The object of a manifest of this tenant.
    Manifest(Address),
    /// A live object, by its id in lower case.
    Id(String),
    /// A live object, by its display name.
    Named {
        /// The display name.
        display_name: String,
        /// The kind, where the name may be ambiguous.
        kind: Option<String>,
    },
}

impl fmt::Display for Referent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest(address) => address.fmt(f),
            Self::Id(id) => f.write_str(id),
            Self::Named { display_name, kind: Some(kind) } => write!(f, "{kind} {display_name}"),
            Self::Named { display_name, .. } => f.write_str(display_name),
        }
    }
}

/// The manifests that a reference may name.
pub(super) struct ManifestIndex {
    /// The presence of each, and the place of its declaration.
    manifests: BTreeMap<Address, (Presence, Span)>,
    /// Whether these are all manifests of the tenant.
    all: bool,
}

impl ManifestIndex {
    /// Indexes manifests.
    pub(super) fn new<'a>(raws: impl Iterator<Item = &'a RawManifest>, all: bool) -> Self {
        let manifests = raws
            .map(|raw| (raw.address.clone(), (raw.metadata.state.unwrap_or_default(), raw.span)));
        Self { manifests: manifests.collect(), all }
    }
}

/// Reads the references of one navigation property.
pub(super) struct ReferenceReader<'a> {
    pub(super) context: &'a ResolveContext<'a>,
    pub(super) property: &'a str,
    pub(super) many: bool,
    pub(super) target: &'a str,
}

impl ReferenceReader<'_> {
    /// Reads the declared value of the property, `None` where that is not possible.
    pub(super) fn link(&self, value: &Value, findings: &mut Vec<Finding>) -> Option<Link> {
        let directive = value.directive();
        if let Some(name) = directive.map(|directive| directive.name.as_str())
            && matches!(name, "$undeclare" | "$append")
        {
            findings.extend(
                (!self.context.part).then(|| nothing_beneath(name, self.property, value.span)),
            );
            return None;
        }
        let elements: &[Value] = match (&value.declared, self.many) {
            (Declared::Null, _) => &[],
            (Declared::List(elements), true) => elements,
            (_, false) => std::slice::from_ref(value),
            (_, true) => {
                let message = format!("`{}` takes a list of references", self.property);
                findings.push(self.misshapen(value, message).help(match directive {
                    Some(_) => "put it in brackets: `[{ $ref: … }]`",
                    None => forms(self.target),
                }));
                return None;
            }
        };
        let before = findings.len();
        let references = elements.iter().map(|element| self.reference(element));
        let references =
            references.filter_map(|read| value_or_report(read, findings).flatten()).collect();
        (findings.len() == before).then(|| Link {
            property: self.property.to_owned(),
            many: self.many,
            target: self.target.to_owned(),
            family: kinds::family_below(self.target),
            references,
            span: value.span,
        })
    }

    /// Reads a reference, `None` where it depends on manifests that were not loaded.
    fn reference(&self, value: &Value) -> Result<Option<Reference>, Finding> {
        let written = value.directive().filter(|directive| directive.name == "$ref");
        let to = match written.map(|written| &written.value) {
            Some(Value { declared: Declared::String(text), .. }) if self.is_id(text) => {
                Some(Referent::Id(text.to_lowercase()))
            }
            Some(Value { declared: Declared::String(text), span }) => {
                self.declared(text, *span)?.map(Referent::Manifest)
            }
            Some(live) if !live.members().is_empty() => Some(self.live(live)?),
            _ => {
                let message = format!("`{}` takes a reference to another profile", self.property);
                let help = match value.get("id").and_then(Value::as_str) {
                    Some(id) => format!("write `{{ $ref: {{ id: {id} }} }}`"),
                    None => forms(self.target).to_owned(),
                };
                return Err(self.misshapen(value, message).help(help));
            }
        };
        Ok(to.map(|to| Reference { to, span: value.span }))
    }

    /// Returns whether a text is the id of a live object, and no manifest has the name.
    fn is_id(&self, text: &str) -> bool {
        let mut manifests = self.context.manifest_index.manifests.keys();
        let is_guid = text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
        is_guid && !manifests.any(|address| address.name == text)
    }

    fn misshapen(&self, value: &Value, message: impl Into<String>) -> Finding {
        Finding::error("reference/form", value.span, message)
    }

    /// Returns the address of the manifest that `kind/name`, or a name alone, refers to.
    fn declared(&self, text: &str, span: Span) -> Result<Option<Address>, Finding> {
        let Some((kind, name)) = text.split_once('/') else {
            return self.by_name(text, span);
        };
        let address = Address { kind: kind.to_owned(), name: name.to_owned() };
        let known = self.context.manifest_index.manifests.contains_key(&address);
        if (known || kinds::family_of(kind).is_some()) && !self.fits(kind) {
            return Err(self.wrong_type(text, span));
        }
        if known {
            self.present(&address, span)?;
        } else if self.context.manifest_index.all || !self.fits(kind) {
            return Err(self.unknown(text, span));
        }
        Ok(Some(address))
    }

    fn by_name(&self, name: &str, span: Span) -> Result<Option<Address>, Finding> {
        let manifests = self.context.manifest_index.manifests.keys();
        let named: Vec<&Address> = manifests.filter(|address| address.name == name).collect();
        let fitting: Vec<&Address> = named.iter().copied().filter(|a| self.fits(&a.kind)).collect();
        match (&fitting[..], &self.kinds()[..]) {
            ([only], _) => {
                self.present(only, span)?;
                Ok(Some((*only).clone()))
            }
            ([], [kind]) if !self.context.manifest_index.all => {
                Ok(Some(Address { kind: kind.clone(), name: name.to_owned() }))
            }
            ([], _) if !self.context.manifest_index.all => Ok(None),
            ([], _) if named.is_empty() => Err(self.unknown(name, span)),
            ([], _) => Err(self.wrong_type(&named[0].to_string(), span)),
            (several, _) => {
                let several: Vec<String> = several.iter().map(|a| a.to_string()).collect();
                let message = format!("several manifests of a suitable kind are named `{name}`");
                Err(Finding::error("reference/ambiguous", span, message)
                    .help(format!("write {}", one_of(&several))))
            }
        }
    }

    /// Refuses a reference from an object that should exist to one that should be deleted.
    fn present(&self, address: &Address, span: Span) -> Result<(), Finding> {
        let (presence, declared) = self.context.manifest_index.manifests[address];
        if (self.context.presence, presence) != (Presence::Present, Presence::Absent) {
            return Ok(());
        }
        let message = format!("`{address}` is declared absent, and this refers to it");
        Err(Finding::error("reference/absent", span, message)
            .related(declared, "declared here")
            .help("refer to another profile, or keep this one"))
    }

    /// Returns the live object that `{ id: … }` or `{ displayName: … }` refers to.
    fn live(&self, value: &Value) -> Result<Referent, Finding> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let names: Vec<&str> = value.members().iter().map(|m| m.name.as_str()).collect();
        let kind = match (text("kind"), value.get("kind")) {
            (Some(kind), Some(at)) if !self.fits(kind) => {
                return Err(self.wrong_type(kind, at.span));
            }
            (kind, _) => kind.map(str::to_owned),
        };
        match (&names[..], text("id"), text("displayName")) {
            (["id"], Some(id), _) if uuid::Uuid::try_parse(id).is_ok() => {
                Ok(Referent::Id(id.to_lowercase()))
            }
            (
                ["displayName"] | ["displayName", "kind"] | ["kind", "displayName"],
                _,
                Some(name),
            ) if names.len() == 1 || kind.is_some() => {
                Ok(Referent::Named { display_name: name.to_owned(), kind })
            }
            _ => Err(self
                .misshapen(value, "a live object is named by its `id`, or by its `displayName`")
                .help(match kinds::family_below(self.target) {
                    Some(_) => {
                        "write `{ $ref: { id: GUID } }`, or `{ $ref: { displayName: …, kind: … } }`"
                    }
                    None => LIVE_FORMS,
                })),
        }
    }

    fn fits(&self, kind: &str) -> bool {
        let types = self.context.model.types;
        types.is_a(kind, self.target) && kinds::exists(kind, types.version())
    }

    /// Returns the kinds that the property can refer to.
    fn kinds(&self) -> Vec<String> {
        let target = self.context.model.get(self.target);
        let derived = target.map(|target| target.derived.clone());
        let names = derived.into_iter().flatten().chain([self.target.to_owned()]);
        let mut names: Vec<String> = names.filter(|name| self.fits(name)).collect();
        names.sort();
        names
    }

    fn wrong_type(&self, what: &str, span: Span) -> Finding {
        let message = format!("`{}` cannot refer to `{what}`", self.property);
        let kinds = self.kinds();
        Finding::error("reference/type", span, message).help(match kinds.len() {
            0 => LIVE_FORMS.to_owned(),
            number if number > MOST_KINDS => format!("it takes any kind of `{}`", self.target),
            _ => format!("it takes {}", one_of(&kinds)),
        })
    }

    fn unknown(&self, written: &str, span: Span) -> Finding {
        let fitting =
            self.context.manifest_index.manifests.keys().filter(|address| self.fits(&address.kind));
        let names: Vec<String> = if written.contains('/') {
            fitting.map(Address::to_string).collect()
        } else {
            fitting.map(|address| address.name.clone()).collect()
        };
        let message = format!("no manifest declares `{written}`");
        if self.kinds().is_empty() {
            return Finding::error("reference/unknown", span, message).help(LIVE_FORMS);
        }
        Finding::error("reference/unknown", span, message).suggest(
            nearest(written, &names),
            "declare it, or name the live object: `{ $ref: { id: … } }` or `{ $ref: { displayName: … } }`",
        )
    }
}
