//! Objects that the tenant has and that cannot be read. Their state is unknown: neither missing nor as declared.

use std::fmt;

use super::{LiveObject, may_refer};
use crate::graph::{GraphError, RawItem};
use crate::kinds::Family;
use crate::manifest::Manifest;
use crate::schema::types::type_name;

/// The code of a change whose object cannot be read.
pub const UNREAD: &str = "match/unread";

/// An object that cannot be read, as far as it is known.
#[derive(Clone, Debug)]
pub struct UnreadObject {
    family: &'static Family,
    pub(crate) id: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) display_name: Option<String>,
    /// Why it cannot be read.
    pub error: GraphError,
}

impl UnreadObject {
    /// Returns an object of a family of which nothing is known.
    pub(super) fn new(family: &'static Family, error: GraphError) -> Self {
        Self { family, id: None, kind: None, display_name: None, error }
    }

    /// Returns an object that was read before.
    pub(crate) fn of(object: &LiveObject, error: GraphError) -> Self {
        let LiveObject { family, id, kind, display_name, .. } = object;
        Self {
            family,
            id: Some(id.clone()),
            kind: Some(kind.clone()),
            display_name: Some(display_name.clone()),
            error,
        }
    }

    /// Returns an item of a list.
    pub(super) fn of_item(family: &'static Family, item: &RawItem, error: GraphError) -> Self {
        let text = |member: &str| item.text(member).filter(|text| !text.is_empty());
        let kind = text("@odata.type").map(|kind| type_name(&kind).unwrap_or(&kind).to_owned());
        let display_name = text(family.name_property);
        Self { id: text("id"), kind, display_name, ..Self::new(family, error) }
    }

    /// Returns whether the object may be a manifest's.
    pub(super) fn may_be_of(&self, manifest: &Manifest) -> bool {
        let names = manifest.display_name().into_iter();
        let mut names = names.chain(manifest.formerly.iter().map(String::as_str));
        self.family == manifest.family
            && (names.any(|name| self.may_be_called(&manifest.address.kind, name))
                || (self.display_name.is_none() && manifest.display_name().is_none()))
    }

    /// Returns whether the object is the one that a manifest names by its id.
    pub(super) fn is_pinned_by(&self, manifest: &Manifest) -> bool {
        let ids = manifest.id.as_ref().zip(self.id.as_ref());
        self.family == manifest.family
            && ids.is_some_and(|(pinned, id)| pinned.eq_ignore_ascii_case(id))
    }

    /// Returns whether the object may be of a type and have a display name.
    pub(super) fn may_be_called(&self, kind: &str, display_name: &str) -> bool {
        self.kind.as_ref().is_none_or(|known| known == kind)
            && self.display_name.as_ref().is_none_or(|known| known == display_name)
    }

    /// Returns whether the name of the object is known.
    pub(super) fn is_named(&self) -> bool {
        self.display_name.is_some()
    }

    /// Returns whether a reference by id or by display name may mean the object.
    pub(super) fn is_called(&self, text: &str) -> bool {
        let is = |known: &Option<String>| known.as_deref().is_some_and(|known| known == text);
        is(&self.id) || is(&self.display_name)
    }

    /// Returns whether the object may refer to another one.
    pub(crate) fn may_refer_to(&self, other: &LiveObject) -> bool {
        match &self.kind {
            Some(kind) => !may_refer(kind, &[&other.kind]).is_empty(),
            None => self.family.may_refer_to(other.family),
        }
    }
}

impl fmt::Display for UnreadObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Some(kind) => write!(f, "the {kind}")?,
            None => write!(f, "an object of {}", self.family.path)?,
        }
        if let Some(name) = &self.display_name {
            write!(f, " `{name}`")?;
        }
        match &self.id {
            Some(id) => write!(f, " ({id})"),
            None => Ok(()),
        }
    }
}
