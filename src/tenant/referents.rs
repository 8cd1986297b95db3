//! Resolves declared references to live objects, or to objects that are still to be created.

use std::collections::BTreeMap;

use super::matching::{Binding, Bindings};
use super::{CaselessKey, Linked, Live, LiveObject, UnreadObject, caseless};
use crate::diagnostic::suggest::nearest;
use crate::kinds::{self, Family};
use crate::manifest::reference::Referent;
use crate::manifest::{Address, Link, Manifest};
use crate::schema::types::{GraphVersion, Types};

/// The target of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReferenceBinding {
    /// A live object.
    Live {
        /// The id.
        id: String,
        /// The name for people: the address of its manifest, or the display name.
        label: String,
    },
    /// The object that will be created for this manifest.
    New(Address),
}

impl ReferenceBinding {
    fn live(id: &str, label: impl ToString) -> Self {
        Self::Live { id: id.to_owned(), label: label.to_string() }
    }
}

/// Why a reference has no target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnresolvedReference {
    /// No live object matches.
    Unknown {
        /// The most similar name.
        near: Option<String>,
    },
    /// The live object has a type that the reference does not allow.
    WrongType {
        /// The type of the object.
        kind: String,
    },
    /// Several live objects have the name.
    Ambiguous {
        /// The ids of the objects.
        ids: Vec<String>,
    },
    /// The object of the manifest cannot be determined.
    Unbound,
    /// An object that cannot be read may be meant.
    Unread {
        /// The object.
        object: String,
    },
    /// The manifest's object does not exist, and this run does not create it.
    NotSelected,
}

/// The targets of all declared references.
#[derive(Clone, Debug, Default)]
pub struct ReferenceTable {
    found: BTreeMap<(String, Referent), Result<ReferenceBinding, UnresolvedReference>>,
    /// The manifests of live objects.
    owners: BTreeMap<CaselessKey, Address>,
    /// The objects that were created since.
    created: BTreeMap<Address, String>,
    /// Whether each id is the id of an object.
    ids_alone: bool,
}

/// Returns the one of some objects that a reference names, where no manifest can declare them.
fn referred(objects: &[Linked], to: &Referent) -> Result<ReferenceBinding, UnresolvedReference> {
    let is_meant = |object: &&Linked| match to {
        Referent::Id(id) => object.id.eq_ignore_ascii_case(id),
        Referent::Named { display_name, .. } => object.display_name == *display_name,
        Referent::Manifest(_) => false,
    };
    let meant: Vec<&Linked> = objects.iter().filter(is_meant).collect();
    match meant[..] {
        [only] => Ok(ReferenceBinding::live(&only.id, &only.display_name)),
        [] => {
            let names = objects.iter().map(|object| object.display_name.as_str());
            let near = nearest(&to.to_string(), names).map(str::to_owned);
            Err(UnresolvedReference::Unknown { near })
        }
        _ => Err(UnresolvedReference::Ambiguous {
            ids: meant.iter().map(|object| object.id.clone()).collect(),
        }),
    }
}

impl ReferenceTable {
    /// Returns a table for values that hold ids only, as a tenant's own values do.
    pub fn of_ids() -> Self {
        Self { ids_alone: true, ..Self::default() }
    }

    /// Resolves the references of manifests. `selected` tells which manifests a run changes.
    pub fn of(
        manifests: &[Manifest],
        live: &Live,
        bindings: &Bindings<'_>,
        selected: impl Fn(&Address) -> bool,
    ) -> Self {
        let owners = bindings.by_address.iter().filter_map(|(address, binding)| {
            let object = binding.object()?;
            Some((caseless(object.family, &object.id), address.clone()))
        });
        let mut referents = Self { owners: owners.collect(), ..Self::default() };
        for link in manifests.iter().flat_map(|manifest| &manifest.links) {
            for reference in &link.references {
                let found = match &reference.to {
                    Referent::Manifest(address) => match bindings.by_address.get(address) {
                        Some(Binding::Bound(object)) => {
                            Ok(ReferenceBinding::live(&object.id, address))
                        }
                        Some(Binding::Blocked(_)) => Err(UnresolvedReference::Unbound),
                        Some(Binding::Missing | Binding::Retyped(_)) if selected(address) => {
                            Ok(ReferenceBinding::New(address.clone()))
                        }
                        _ => Err(UnresolvedReference::NotSelected),
                    },
                    other => referents.live(live, link, other),
                };
                let key = (link.target.clone(), reference.to.clone());
                referents.found.insert(key, found);
            }
        }
        referents
    }

    /// Returns the target of a reference.
    ///
    /// # Errors
    /// When the reference has no target.
    pub fn find(
        &self,
        target: &str,
        to: &Referent,
    ) -> Result<ReferenceBinding, UnresolvedReference> {
        match (self.found.get(&(target.to_owned(), to.clone())), to) {
            (Some(Ok(ReferenceBinding::New(address))), _) => Ok(match self.created.get(address) {
                Some(id) => ReferenceBinding::live(id, address),
                None => ReferenceBinding::New(address.clone()),
            }),
            (Some(found), _) => found.clone(),
            (None, Referent::Id(id)) if self.ids_alone => Ok(ReferenceBinding::live(id, id)),
            (None, _) => Err(UnresolvedReference::Unknown { near: None }),
        }
    }

    /// Returns the manifest of a live object.
    pub fn owner(&self, family: &'static Family, id: &str) -> Option<&Address> {
        self.owners.get(&caseless(family, id))
    }

    /// Returns the id of the live object of a manifest, in lower case.
    pub fn owned(&self, address: &Address) -> Option<&str> {
        let mut owners = self.owners.iter();
        owners.find_map(|((_, id), owner)| (owner == address).then_some(id.as_str()))
    }

    /// Returns the name of a live object for people.
    pub fn label(&self, object: &Linked) -> String {
        match object.family.and_then(|family| self.owner(family, &object.id)) {
            Some(address) => address.to_string(),
            None => object.display_name.clone(),
        }
    }

    /// Returns the id of a manifest's object that a reference leads to, if the object exists.
    pub fn id_of(&self, address: &str) -> Option<&str> {
        let (kind, name) = address.split_once('/')?;
        let address = Address { kind: kind.to_owned(), name: name.to_owned() };
        if let Some(id) = self.created.get(&address) {
            return Some(id);
        }
        let to = Referent::Manifest(address);
        self.found.iter().find_map(|((_, known), found)| match found {
            Ok(ReferenceBinding::Live { id, .. }) if *known == to => Some(id.as_str()),
            _ => None,
        })
    }

    /// Records the object that was created for a manifest, perhaps as a replacement.
    pub fn add(&mut self, address: &Address, id: &str) {
        self.created.insert(address.clone(), id.to_owned());
        if let Some(family) = kinds::family_of(&address.kind) {
            self.own(family, address, id);
        }
    }

    /// Records the manifest of a live object.
    pub(crate) fn own(&mut self, family: &'static Family, address: &Address, id: &str) {
        self.owners.insert(caseless(family, id), address.clone());
    }

    fn live(
        &self,
        live: &Live,
        link: &Link,
        to: &Referent,
    ) -> Result<ReferenceBinding, UnresolvedReference> {
        if let Some(objects) = live.referred.get(&link.target) {
            return referred(objects, to);
        }
        let types = Types::of(GraphVersion::Beta);
        let fits = |object: &&LiveObject| types.is_a(&object.kind, &link.target);
        let meant: Vec<&LiveObject> = match to {
            Referent::Id(id) => {
                let family = link.family.map(|family| live.objects.of(family));
                let mut objects = family.unwrap_or_default().iter();
                objects.find(|object| object.id.eq_ignore_ascii_case(id)).into_iter().collect()
            }
            Referent::Named { display_name, kind } => {
                let is_meant = |object: &&LiveObject| {
                    object.display_name == *display_name
                        && kind.as_ref().is_none_or(|kind| object.kind == *kind)
                };
                live.objects.iter().filter(fits).filter(is_meant).collect()
            }
            Referent::Manifest(_) => Vec::new(),
        };
        let called = match to {
            Referent::Id(id) => Some(id),
            Referent::Named { display_name, .. } => Some(display_name),
            Referent::Manifest(_) => None,
        };
        let is_called = |unread: &&UnreadObject| called.is_some_and(|name| unread.is_called(name));
        if let Some(unread) = live.unread.iter().find(is_called) {
            return Err(UnresolvedReference::Unread { object: unread.to_string() });
        }
        match (&meant[..], to) {
            ([only], _) if !fits(only) => {
                Err(UnresolvedReference::WrongType { kind: only.kind.clone() })
            }
            ([only], _) => Ok(ReferenceBinding::live(&only.id, self.label(&Linked::from(*only)))),
            ([], Referent::Named { display_name, .. }) => {
                let fitting = live.objects.iter().filter(fits);
                let names = fitting.map(|object| object.display_name.as_str());
                let near = nearest(display_name, names).map(str::to_owned);
                Err(UnresolvedReference::Unknown { near })
            }
            ([], _) => Err(UnresolvedReference::Unknown { near: None }),
            (several, _) => Err(UnresolvedReference::Ambiguous {
                ids: several.iter().map(|object| object.id.clone()).collect(),
            }),
        }
    }
}
