//! Reads files into desired state.
//!
//! [`load::load`] finds the files of a tenant, reads every document, merges the tenant's manifests over its bases,
//! resolves value references and checks everything. Every value keeps its place in the source, so that any later step
//! can name the place of its declaration.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::definitions::SettingCatalogue;
use crate::diagnostic::{FileId, Finding, Severity, Sources, Span};
use crate::kinds::Family;
use crate::schema::model::Model;
use crate::schema::types::GraphVersion;
use crate::values::payload;
use value::{Declared, Value};

pub mod accepted;
pub mod assignment;
mod bounded;
mod content;
mod cycle;
mod discover;
mod document;
mod document_schema;
pub mod drafts;
mod enclosing_tenant;
mod envelope;
mod files;
mod finalize;
mod hidden;
pub mod layout;
mod lint;
pub mod load;
mod not_a_manifest;
mod overlay;
pub(crate) mod parallel;
mod pattern;
mod payload_file;
mod place;
mod plain_settings;
pub mod previous;
pub mod raw_settings;
pub mod reference;
mod resolve;
mod resolve_settings;
pub mod root;
mod secret;
mod settings;
pub mod tenant_file;
pub(crate) mod trial;
mod unknown;
pub mod value;
mod variable;
mod violation;
mod webhook;

pub use accepted::{ACCEPTED_FILE, AcceptedDrift, AcceptedDriftFile};
pub use assignment::Assignment;
pub use discover::TENANT_FILE;
pub use document_schema::document_findings;
pub use envelope::schema as envelope_schema;
pub use reference::Link;
pub use tenant_file::TenantFile;
pub use variable::concerns_secrets_sent;

/// The longest secret in clear that is looked for in outputs: a longer one is an encoded file.
const LONGEST_SECRET: usize = 128;

/// The address of a manifest: its kind and its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, schemars::JsonSchema)]
#[schemars(with = "String", inline, description = "")]
pub struct Address {
    /// The Graph type's name.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (kind, name) = text
            .split_once('/')
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no KIND/NAME")))?;
        Ok(Self { kind: kind.to_owned(), name: name.to_owned() })
    }
}

/// Whether the object should exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "State")]
pub enum Presence {
    /// The object should exist.
    #[default]
    Present,
    /// The object should be deleted.
    Absent,
}

/// One declared object.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Kind and name.
    pub address: Address,
    /// The family of its kind.
    pub family: &'static Family,
    /// The Graph version of its body.
    pub version: GraphVersion,
    /// The live object that it is pinned to.
    pub id: Option<String>,
    /// Earlier display names.
    pub formerly: Vec<String>,
    /// Display names of other objects, which this one never had.
    pub not_formerly: Vec<String>,
    /// Present or absent.
    pub presence: Presence,
    /// Whether it must be neither deleted nor replaced.
    pub protect: bool,
    /// The declared properties: an object, read-only ones and annotations left out.
    pub spec: Value,
    /// The declared navigation properties, which are no part of the object's body.
    pub links: Vec<Link>,
    /// The declared assignments; `None` leaves them alone.
    pub assignments: Option<Vec<Assignment>>,
    /// The differences that are accepted.
    pub accepted: Vec<AcceptedDrift>,
    /// The document's `kind:` line, where messages about the object as a whole point.
    pub span: Span,
}

impl Manifest {
    /// Returns a manifest of an object that should exist, which declares nothing beside its properties.
    pub(crate) fn new(
        address: Address,
        family: &'static Family,
        version: GraphVersion,
        spec: Value,
        span: Span,
    ) -> Self {
        Self {
            address,
            family,
            version,
            id: None,
            formerly: Vec::new(),
            not_formerly: Vec::new(),
            presence: Presence::Present,
            protect: false,
            spec,
            links: Vec::new(),
            assignments: None,
            accepted: Vec::new(),
            span,
        }
    }

    /// Returns every declared string.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.spec.descendants().filter_map(Value::as_str)
    }

    /// Returns the declared display name.
    pub fn display_name(&self) -> Option<&str> {
        self.spec.get(self.family.name_property).and_then(Value::as_str)
    }

    /// Whether the manifest refers to objects of a family.
    pub fn refers_to(&self, family: &Family) -> bool {
        let mut links = self.links.iter().filter(|link| !link.references.is_empty());
        links.any(|link| link.family == Some(family))
    }

    /// Returns the navigation properties that are read with an object of this kind: those that are declared, and
    /// all of one that is to be deleted, since it could not be made anew without them.
    pub fn linked(&self) -> Vec<String> {
        if self.presence == Presence::Present {
            return self.links.iter().map(|link| link.property.clone()).collect();
        }
        let structure = Model::of(self.version).get(&self.address.kind);
        let structure = structure.as_ref().into_iter();
        let references = structure.flat_map(|structure| structure.references());
        references.map(|(property, _)| property.name.clone()).collect()
    }
}

/// A tenant's whole desired state.
#[derive(Debug)]
pub struct Desired {
    /// The tenant file.
    pub tenant: TenantFile,
    /// The folder of the tenant file.
    pub root: PathBuf,
    /// Where `spec.ownership` is.
    pub ownership: Option<Span>,
    /// The manifests, sorted by address.
    pub manifests: Vec<Manifest>,
    /// The files that were read.
    pub sources: Sources,
    /// The catalogue of setting definitions, where there is one.
    pub catalogue: Option<Arc<SettingCatalogue>>,
    /// Warnings that the files gave.
    pub warnings: Vec<Finding>,
}

impl Desired {
    /// Returns the manifest of an address.
    pub fn manifest(&self, address: &Address) -> Option<&Manifest> {
        let manifests = &self.manifests;
        let place = manifests.binary_search_by(|manifest| manifest.address.cmp(address));
        Some(&manifests[place.ok()?])
    }

    /// Returns the folders of the bases.
    pub fn base_folders(&self) -> Vec<PathBuf> {
        let bases = self.tenant.spec.base.iter();
        bases.map(|base| discover::beneath(&self.root, base)).collect()
    }

    /// Returns whether a file belongs to a base of the tenant.
    pub fn is_of_base(&self, file: FileId) -> bool {
        let path = &self.sources.get(file).path;
        self.base_folders().iter().any(|base| path.starts_with(base))
    }

    /// Returns the variables that the manifests take secrets from.
    pub fn variables(&self) -> BTreeSet<&str> {
        let values = self.manifests.iter().flat_map(|manifest| manifest.spec.descendants());
        let variables = values.filter_map(|value| match &value.declared {
            Declared::Env(name) => Some(name.as_str()),
            _ => None,
        });
        variables.collect()
    }

    /// Returns every text without the secrets in it: the text of the files, and all strings that the manifests declare.
    pub fn texts(&self) -> Vec<Cow<'_, str>> {
        parallel::map(self.sources.texts().chain(self.declared()).collect(), payload::redacted)
    }

    /// Returns the secrets that the manifests hold in clear, but for whole files.
    pub fn secrets_in_clear(&self) -> Vec<SecretString> {
        let secrets = |text: &str| -> Vec<SecretString> {
            let places = payload::secrets_in(text).into_iter();
            let short = places.filter(|place| place.len() <= LONGEST_SECRET);
            short.map(|place| text[place].into()).collect()
        };
        parallel::map(self.declared().collect(), secrets).into_iter().flatten().collect()
    }

    fn declared(&self) -> impl Iterator<Item = &str> {
        self.manifests.iter().flat_map(Manifest::texts)
    }
}

/// The result of reading the files, with all findings.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The tenant file, where it could be read.
    pub tenant: Option<TenantFile>,
    /// The folder of the tenant file.
    pub root: PathBuf,
    /// Where `spec.ownership` is.
    pub ownership: Option<Span>,
    /// The manifests that could be read, sorted by address.
    pub manifests: Vec<Manifest>,
    /// Every finding, in order of place.
    pub findings: Vec<Finding>,
    /// The files that were read.
    pub sources: Sources,
    /// The catalogue of setting definitions, where there is one.
    pub catalogue: Option<Arc<SettingCatalogue>>,
    /// The manifests whose settings were not checked against definitions, because there is no catalogue.
    pub unchecked: BTreeSet<Address>,
    /// Which document declares which manifest, or a part of it.
    pub origins: Vec<DocumentOrigin>,
}

/// Where a manifest, or a part of it, was declared.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentOrigin {
    /// The whole document.
    pub document: Span,
    /// The manifest that it declares.
    pub address: Address,
}

/// Findings that keep the manifests from being used, with the sources that they point into.
#[derive(Debug)]
pub struct Invalid {
    /// Errors and warnings.
    pub findings: Vec<Finding>,
    /// The files that were read.
    pub sources: Sources,
}

impl Loaded {
    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Keeps only the wanted manifests, and removes the findings in the documents of the others. Findings about files,
    /// or about documents that are no manifests, stays.
    pub fn retain(&mut self, wanted: impl Fn(&Address) -> bool) {
        let unwanted = self.origins.iter().filter(|origin| !wanted(&origin.address));
        let unwanted: Vec<Span> = unwanted.map(|origin| origin.document).collect();
        self.manifests.retain(|manifest| wanted(&manifest.address));
        self.unchecked.retain(&wanted);
        self.findings.retain(|finding| {
            !finding.span.is_some_and(|span| unwanted.iter().any(|document| document.holds(span)))
        });
    }

    /// Returns the tenant, of which nothing is desired yet and nothing claimed, whatever its manifests are like.
    ///
    /// # Errors
    /// The findings, where the tenant file cannot be used.
    pub fn into_tenant(mut self) -> Result<Desired, Box<Invalid>> {
        if let Some(tenant) = &mut self.tenant {
            tenant.spec.ownership = None;
            self.findings.clear();
        }
        self.ownership = None;
        self.manifests.clear();
        self.into_desired()
    }

    /// Returns the desired state.
    ///
    /// # Errors
    /// The findings, where one of them is an error.
    pub fn into_desired(self) -> Result<Desired, Box<Invalid>> {
        let is_usable = !self.has_errors();
        let Self { tenant, root, ownership, manifests, findings, sources, catalogue, .. } = self;
        match tenant.filter(|_| is_usable) {
            Some(tenant) => {
                let warnings = findings;
                Ok(Desired { tenant, root, ownership, manifests, sources, catalogue, warnings })
            }
            None => Err(Box::new(Invalid { findings, sources })),
        }
    }
}
