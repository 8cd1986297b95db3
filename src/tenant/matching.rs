//! Which live object a manifest means.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::diagnostic::Blocked;
use crate::kinds::{Family, Untouched};
use crate::manifest::{Address, Manifest, Presence};

use super::{Live, LiveObject, ObjectKey};

/// What a manifest is bound to.
#[derive(Clone, Debug, PartialEq)]
pub enum Binding<'a> {
    /// This object.
    Bound(&'a LiveObject),
    /// This object, which has another type: only making it anew can help.
    Retyped(&'a LiveObject),
    /// Nothing yet.
    Missing,
    /// Nobody can say.
    Blocked(Blocked),
}

impl<'a> Binding<'a> {
    /// Returns the object that a manifest is bound to.
    pub fn object(&self) -> Option<&'a LiveObject> {
        match self {
            Self::Bound(object) | Self::Retyped(object) => Some(object),
            Self::Missing | Self::Blocked(_) => None,
        }
    }
}

/// The code of a change whose pinned object does not exist.
pub const ID_GONE: &str = "match/id-gone";

/// An object that an earlier run created a second time.
#[derive(Debug)]
pub struct Twin<'a> {
    /// The manifest that it was created for.
    pub address: Address,
    /// The object.
    pub object: &'a LiveObject,
    /// The object that the manifest is bound to.
    pub stays: &'a LiveObject,
}

/// Every manifest's binding, with what the reader should know of how it was found.
#[derive(Debug, Default)]
pub struct Bindings<'a> {
    /// By address.
    pub by_address: BTreeMap<Address, Binding<'a>>,
    /// Objects that may be deleted, because a manifest is bound to another one of its name and type.
    pub twins: Vec<Twin<'a>>,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// Binds manifests to live objects.
///
/// A manifest binds by its id; else by display name, or one of its former ones, and exact type, only
/// where exactly one object answers, or where all others are twins that lose to it ([`loses`]) and that `is_ours`
/// says an earlier run of this folder created. Two manifests on one object are blocked, both of them.
pub fn bind<'a>(
    manifests: &[Manifest],
    live: &'a Live,
    recreate: bool,
    is_ours: &dyn Fn(&LiveObject) -> bool,
) -> Bindings<'a> {
    let mut bindings = Bindings::default();
    let index = Index::of(live, is_ours);
    for manifest in manifests {
        let binding = index.binding(manifest, recreate, &mut bindings);
        bindings.by_address.insert(manifest.address.clone(), binding);
    }
    refuse_shared(&mut bindings.by_address);
    keep_declared(&mut bindings);
    bindings
}

/// The live objects by what manifests know them by.
struct Index<'a, 'f> {
    live: &'a Live,
    /// By family's name and id, in lower case.
    ids: HashMap<(&'static str, String), &'a LiveObject>,
    /// By type and display name, in the order of the tenant.
    names: HashMap<(&'a str, &'a str), Vec<&'a LiveObject>>,
    /// Whether an earlier run of this folder created an object.
    is_ours: &'f dyn Fn(&LiveObject) -> bool,
}

impl<'a, 'f> Index<'a, 'f> {
    fn of(live: &'a Live, is_ours: &'f dyn Fn(&LiveObject) -> bool) -> Self {
        let mut index = Self { live, ids: HashMap::new(), names: HashMap::new(), is_ours };
        for object in live.objects.iter() {
            index.ids.insert(by_id(object.family, &object.id), object);
            let known_by = (object.kind.as_str(), object.display_name.as_str());
            index.names.entry(known_by).or_default().push(object);
        }
        index
    }

    fn binding(
        &self,
        manifest: &Manifest,
        recreate: bool,
        bindings: &mut Bindings<'a>,
    ) -> Binding<'a> {
        if manifest.family.is_singleton() {
            let object = self.live.objects.of(manifest.family).first();
            return object.map_or(Binding::Missing, Binding::Bound);
        }
        let Some(id) = &manifest.id else {
            return self.by_name(manifest, &mut bindings.twins);
        };
        if let Some(object) = self.ids.get(&by_id(manifest.family, id)) {
            return match object.kind == manifest.address.kind {
                true => Binding::Bound(object),
                false if manifest.presence == Presence::Present && is_unshown(manifest, object) => {
                    unshown(&[object])
                }
                false => Binding::Retyped(object),
            };
        }
        if manifest.presence == Presence::Absent {
            // Gone is what was asked for, and its namesake is another object.
            return Binding::Missing;
        }
        match self.by_name(manifest, &mut bindings.twins) {
            Binding::Bound(object) => {
                bindings.warnings.push(format!(
                    "{}: the object {id} is gone; bound to {} instead, which has its name and type. Correct `metadata.id`.",
                    manifest.address, object.id
                ));
                Binding::Bound(object)
            }
            Binding::Missing if !recreate => Binding::Blocked(Blocked {
                code: ID_GONE.to_owned(),
                message: format!("the tenant has no object {id}, and none of this name and type"),
                help: "remove `metadata.id`, or create it anew with `--recreate`".to_owned(),
                location: None,
            }),
            other => other,
        }
    }

    fn by_name(&self, manifest: &Manifest, twins: &mut Vec<Twin<'a>>) -> Binding<'a> {
        let current = self.candidates(manifest, manifest.display_name());
        let found = match current.is_empty() {
            true => self.candidates(manifest, manifest.formerly.iter().map(String::as_str)),
            false => current,
        };
        match found[..] {
            [] => match &self.unshown(manifest)[..] {
                [] => Binding::Missing,
                objects => unshown(objects),
            },
            [only] => Binding::Bound(only),
            _ => match self.without_twins(manifest, &found) {
                Some(stays) => {
                    let others = found.iter().filter(|object| object.id != stays.id);
                    let address = &manifest.address;
                    twins.extend(others.map(|object| Twin {
                        address: address.clone(),
                        object,
                        stays,
                    }));
                    Binding::Bound(stays)
                }
                None => ambiguous(&found),
            },
        }
    }

    /// Returns the object that stays of several, where all others are twins of it that this folder's runs created.
    fn without_twins(
        &self,
        manifest: &Manifest,
        found: &[&'a LiveObject],
    ) -> Option<&'a LiveObject> {
        let all_lose_to = |stays: &&&LiveObject| {
            let mut others = found.iter().filter(|object| object.id != stays.id);
            others.all(|object| (self.is_ours)(object) && loses(object, stays))
        };
        let is_declared = manifest.presence == Presence::Present && manifest.family.deletable;
        found.iter().find(all_lose_to).copied().filter(|_| is_declared)
    }

    /// Returns the objects of a manifest's type that have one of these names, each once.
    fn candidates<'n>(
        &self,
        manifest: &'n Manifest,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Vec<&'a LiveObject> {
        let names: BTreeSet<&str> = names.into_iter().collect();
        let kind = manifest.address.kind.as_str();
        let found = names.iter().filter_map(|name| self.names.get(&(kind, *name)));
        found.flatten().copied().collect()
    }

    /// Returns the objects that have one of a manifest's names and may be of its type.
    fn unshown(&self, manifest: &Manifest) -> Vec<&'a LiveObject> {
        let kinds = manifest.family.not_kinds.iter().filter(|kind| kind.stands_in);
        let formerly = manifest.formerly.iter().map(String::as_str);
        let names: BTreeSet<&str> = manifest.display_name().into_iter().chain(formerly).collect();
        let known_by = kinds.flat_map(|kind| names.iter().map(move |name| (kind.name, *name)));
        let found = known_by.filter_map(|known_by| self.names.get(&known_by));
        found.flatten().copied().collect()
    }
}

fn by_id(family: &'static Family, id: &str) -> (&'static str, String) {
    (family.name, id.to_ascii_lowercase())
}

/// The longest time between the creates of two runs of which neither saw the other's object. What is older was renamed,
/// and is no twin.
const TOGETHER: SignedDuration = SignedDuration::from_mins(5);

/// Whether an object may be deleted because another one of its name and type was created just before it: nobody
/// changed it since, it is assigned to nobody, and of two objects created at the same instant its id is the greater
/// one. So of two runs that created one object each, never both delete.
pub fn loses(twin: &LiveObject, stays: &LiveObject) -> bool {
    let created = |object: &LiveObject| {
        Some((timestamp(object, "createdDateTime")?, object.id.to_lowercase()))
    };
    let is_untouched =
        is_unchanged(twin) && twin.assignments.is_empty() && twin.inherited.is_empty();
    let is_later = created(stays)
        .zip(created(twin))
        .is_some_and(|(stays, twin)| stays < twin && twin.0.duration_since(stays.0) <= TOGETHER);
    is_untouched && is_later && twin.kind == stays.kind && twin.display_name == stays.display_name
}

/// Returns whether nothing changed an object since it was created, as far as its family can tell.
fn is_unchanged(object: &LiveObject) -> bool {
    match object.family.untouched {
        Untouched::Version => object.body.member("version").as_u64() == Some(1),
        Untouched::Dates => {
            let created = timestamp(object, "createdDateTime");
            created.is_some() && timestamp(object, "lastModifiedDateTime") == created
        }
    }
}

fn timestamp(object: &LiveObject, property: &str) -> Option<Timestamp> {
    object.body.member(property).as_str()?.parse().ok()
}

fn ambiguous<'a>(found: &[&LiveObject]) -> Binding<'a> {
    let ids: Vec<&str> = found.iter().map(|object| object.id.as_str()).collect();
    Binding::Blocked(Blocked {
        code: "match/ambiguous".to_owned(),
        message: format!("{} objects of this type and name exist: {}", ids.len(), ids.join(", ")),
        help: "pin the one that you mean by `metadata.id`, or rename the others".to_owned(),
        location: None,
    })
}

/// Returns whether an object's type stands for one that the service cannot show.
fn is_unshown(manifest: &Manifest, object: &LiveObject) -> bool {
    let mut kinds = manifest.family.not_kinds.iter();
    kinds.any(|kind| kind.stands_in && kind.name == object.kind)
}

fn unshown<'a>(objects: &[&LiveObject]) -> Binding<'a> {
    let ids: Vec<&str> = objects.iter().map(|object| object.id.as_str()).collect();
    Binding::Blocked(Blocked {
        code: "match/unshown".to_owned(),
        message: format!(
            "it may exist already: the tenant does not show the type of {}",
            ids.join(", ")
        ),
        help: "look at it in the Intune admin center; rename it there if it is another one"
            .to_owned(),
        location: None,
    })
}

/// Drops twins that a manifest is bound to, those of manifests that are blocked, and repetitions.
fn keep_declared(bindings: &mut Bindings<'_>) {
    let Bindings { by_address, twins, .. } = bindings;
    let bound = by_address.values().filter_map(Binding::object);
    let bound: BTreeSet<ObjectKey<'_>> = bound.map(LiveObject::key).collect();
    twins.retain(|twin| {
        let stays = by_address.get(&twin.address).and_then(Binding::object);
        stays.is_some_and(|object| object.key() == twin.stays.key())
            && !bound.contains(&twin.object.key())
    });
    let mut seen = BTreeSet::new();
    twins.retain(|twin| seen.insert(twin.object.key()));
}

fn refuse_shared(bindings: &mut BTreeMap<Address, Binding<'_>>) {
    let mut owners: BTreeMap<ObjectKey<'_>, Vec<Address>> = BTreeMap::new();
    for (address, binding) in bindings.iter() {
        if let Binding::Bound(object) | Binding::Retyped(object) = binding {
            owners.entry(object.key()).or_default().push(address.clone());
        }
    }
    for ((_, id), addresses) in owners.into_iter().filter(|(_, addresses)| addresses.len() > 1) {
        let all: Vec<String> = addresses.iter().map(Address::to_string).collect();
        for address in addresses {
            let blocked = Blocked {
                code: "match/claimed-twice".to_owned(),
                message: format!("the object {id} is claimed by {}", all.join(" and ")),
                help: "a live object has one manifest: remove or pin all but one".to_owned(),
                location: None,
            };
            bindings.insert(address, Binding::Blocked(blocked));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use serde_json::Value as Json;

    use super::*;
    use crate::kinds;

    /// Returns whether an object of a family loses to another one that was created a second before it.
    fn loses_to_first(family: &'static Family, more: &Json) -> bool {
        let object = |id: &str, created: &str, more: &Json| {
            let mut body = json!({ "@odata.type": "#microsoft.graph.k", "id": id, "createdDateTime": created });
            let members = body.as_object_mut().expect("an object");
            members.extend(more.as_object().cloned().unwrap_or_default());
            LiveObject::from_body(family, body).expect("an object")
        };
        let stays = object("a", "2026-03-01T10:00:00Z", &json!({}));
        loses(&object("b", "2026-03-01T10:00:01Z", more), &stays)
    }

    #[test]
    fn an_object_of_which_a_version_is_known_is_untouched_in_its_first() {
        let family = kinds::FAMILIES[0];
        assert!(loses_to_first(family, &json!({ "version": 1 })));
        assert!(!loses_to_first(family, &json!({ "version": 2 })));
        let equal = json!({ "lastModifiedDateTime": "2026-03-01T10:00:01Z" });
        assert!(!loses_to_first(family, &equal), "its version is not known");
    }

    #[test]
    fn an_object_of_a_family_without_versions_is_untouched_where_its_dates_are_equal() {
        let family = kinds::family_of("roleScopeTag").expect("a family of the tests");
        let modified = |at: &str| json!({ "version": 1, "lastModifiedDateTime": at });
        assert!(loses_to_first(family, &modified("2026-03-01T10:00:01.0000000Z")));
        assert!(!loses_to_first(family, &modified("2026-03-01T10:00:02Z")));
        assert!(!loses_to_first(family, &json!({ "version": 1 })));
    }
}
