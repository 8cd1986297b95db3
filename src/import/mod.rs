//! Live objects to manifests: what the tenant has becomes one tidy file for each object.
//!
//! | file | what it does |
//! |---|---|
//! | `foreign` | reads the files of other tools |
//! | `files.rs` | puts these in the place of a read of the tenant |
//! | `contents.rs` | reads the tenant: every object, and the names of what they refer to |
//! | `selection.rs`, `place.rs` | which objects are imported, and where their manifests go |
//! | `named_secret.rs` | which texts of settings are secrets by the names of their settings |
//! | `declare.rs` | what a manifest declares of an object, and which secrets it needs |
//! | `layout.rs`, `names.rs`, `payload.rs` | how that is written: order, names in the place of ids, files |
//! | `manifest.rs` | joins these into the document of one object |
//! | `write.rs` | writes documents and files |
//! | `left_out.rs`, `document.rs` | what could not be carried, and the result |

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds;
use crate::manifest::{Address, Desired, parallel};
use crate::tenant::matching::{Binding, bind};
use crate::tenant::{CaselessKey, LiveObject, UnreadObject, caseless};
use crate::values::payload::redacted;

pub mod accept;
pub mod adopt;
pub mod contents;
mod declare;
pub mod document;
pub mod files;
pub mod foreign;
mod layout;
pub mod left_out;
pub mod manifest;
pub(crate) mod named_secret;
mod names;
pub mod not_covered;
mod payload;
pub mod place;
mod portal;
pub mod root;
pub mod selection;

mod variable;
pub mod write;

pub use contents::{ReadScope, TenantContents};
pub use declare::ImportExtent;
pub use manifest::{ImportedManifest, ManifestContext};
pub use place::Place;
pub use selection::{ImportSelection, ObjectCondition};

use document::NotManaged;

/// How objects are imported.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Which objects.
    pub selection: ImportSelection,
    /// How much of each.
    pub extent: ImportExtent,
    /// Whether every object is pinned by its id.
    pub pins: bool,
    /// The folder of the manifests, below that of the tenant file.
    pub root: String,
}

/// The manifests of the objects that have none yet, and what else the tenant has.
#[derive(Debug, Default)]
pub struct Import<'a> {
    /// The manifests, each with its object and its place, sorted by place.
    pub manifests: Vec<(&'a LiveObject, Place, ImportedManifest)>,
    /// The objects that a manifest manages already.
    pub managed: Vec<(&'a LiveObject, Address)>,
    /// The objects that no manifest can declare, or that cannot be read.
    pub not_managed: Vec<NotManaged>,
}

/// Makes manifests of the selected objects that no manifest manages. Nothing is written.
pub fn import<'a>(
    desired: &Desired,
    contents: &'a TenantContents,
    options: &ImportOptions,
) -> Import<'a> {
    let bindings = bind(&desired.manifests, &contents.live, false, &|_| false);
    let managed = bindings.by_address.iter().filter_map(|(address, binding)| match binding {
        Binding::Bound(object) | Binding::Retyped(object) => Some((key(object), address.clone())),
        Binding::Missing | Binding::Blocked(_) => None,
    });
    let managed: BTreeMap<CaselessKey, Address> = managed.collect();
    let mut import = Import::default();
    let mut objects = Vec::new();
    for object in contents.live.objects.iter() {
        match refusal(object) {
            Some(why) => import.not_managed.push(not_managed(contents, object, why)),
            None => objects.push(object),
        }
    }
    import.not_managed.extend(contents.live.unread.iter().map(unread));
    let unreadable = contents.unreadable.iter().map(|(family, error)| NotManaged {
        object: format!("all objects of {}", family.path),
        kind: None,
        id: None,
        why: format!("they cannot be read: {error}"),
    });
    import.not_managed.extend(unreadable);
    import.not_managed.sort();

    let addresses: BTreeSet<&Address> =
        desired.manifests.iter().map(|manifest| &manifest.address).collect();
    let is_taken = |object: &LiveObject, address: &Address, path: &str| {
        !managed.contains_key(&key(object))
            && (addresses.contains(address) || desired.root.join(path).exists())
    };
    let mut places = place::places(objects.iter().copied(), &options.root, &is_taken);
    let mut known = managed.clone();
    let mut selected = Vec::new();
    for object in objects {
        let manager = managed.get(&key(object));
        let Some(mut place) = places.remove(&key(object)) else {
            let why = "another file has the path of its manifest";
            import.not_managed.push(not_managed(contents, object, why));
            continue;
        };
        let wanted = Address { kind: object.kind.clone(), name: place.name.clone() };
        let address = manager.cloned().unwrap_or(wanted);
        if !options.selection.takes(object, &address, manager.is_some(), &contents.names) {
            continue;
        }
        if manager.is_some() {
            import.managed.push((object, address));
        } else {
            let mut others = addresses.iter().filter(|other| other.kind != address.kind);
            place.is_shared |= others.any(|other| other.name == address.name);
            known.insert(key(object), address);
            selected.push((object, place));
        }
    }
    let context = ManifestContext {
        contents,
        addresses: &known,
        catalogue: desired.catalogue.as_deref(),
        is_taken: &|path, content| write::is_other(&desired.root.join(path), content),
        extent: options.extent,
        pins: options.pins,
    };
    let made = parallel::map(selected, |(object, place): (&'a LiveObject, Place)| {
        let manifest = context.manifest(object, &place);
        (object, place, manifest)
    });
    for (object, place, manifest) in made {
        if manifest.is_bound {
            import.manifests.push((object, place, manifest));
        } else {
            let why = "the file has neither its id nor a name that a manifest can declare";
            import.not_managed.push(not_managed(contents, object, why));
        }
    }
    import.manifests.sort_by(|a, b| a.1.cmp(&b.1));
    import
}

fn key(object: &LiveObject) -> CaselessKey {
    caseless(object.family, &object.id)
}

/// Returns why no manifest declares an object.
fn refusal(object: &LiveObject) -> Option<&'static str> {
    let mut not_kinds = object.family.not_kinds.iter();
    let not_kind = not_kinds.find(|kind| kind.name == object.kind).map(|kind| kind.why);
    let unknown = || {
        let is_kind = kinds::family_of(&object.kind).is_some();
        (!is_kind).then_some("the type documents have no such type")
    };
    not_kind.or_else(|| object.family.foreign(&object.body.value())).or_else(unknown)
}

fn not_managed(contents: &TenantContents, object: &LiveObject, why: &str) -> NotManaged {
    NotManaged {
        object: redacted(&object.display_name).into_owned(),
        kind: Some(object.kind.clone()),
        id: (!contents.gaps(object).id).then(|| object.id.clone()),
        why: why.to_owned(),
    }
}

fn unread(object: &UnreadObject) -> NotManaged {
    let why = format!("it cannot be read: {}", object.error);
    let object = redacted(&object.to_string()).into_owned();
    NotManaged { object, kind: None, id: None, why }
}
