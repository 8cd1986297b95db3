//! Binds manifests to live objects.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::diagnostic::Blocked;
use crate::kinds::Untouched;
use crate::manifest::{Address, Manifest, Presence};

use super::unread::UNREAD;
use super::{CaselessKey, Live, LiveObject, ObjectKey, UnreadObject, caseless};

/// The object that a manifest is bound to.
#[derive(Clone, Debug)]
pub enum Binding<'a> {
    /// Bound to this object.
    Bound(&'a LiveObject),
    /// Bound to this object, which has another type and has to be replaced.
    Retyped(&'a LiveObject),
    /// The object does not exist.
    Missing,
    /// The object cannot be determined.
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

/// A duplicate that an earlier run created.
#[derive(Debug)]
pub struct Twin<'a> {
    /// The manifest that the object was created for.
    pub address: Address,
    /// The duplicate.
    pub object: &'a LiveObject,
    /// The object that the manifest is bound to.
    pub stays: &'a LiveObject,
}

/// The bindings of all manifests, and warnings about them.
#[derive(Debug, Default)]
pub struct Bindings<'a> {
    /// By address.
    pub by_address: BTreeMap<Address, Binding<'a>>,
    /// Duplicates that may be deleted, because a manifest is bound to another object with the same name and type.
    pub twins: Vec<Twin<'a>>,
    /// Objects that cannot be read and are none of a manifest, as far as that is known.
    pub unread: Vec<&'a UnreadObject>,
    /// Warnings.
    pub warnings: Vec<String>,
}

impl<'a> Bindings<'a> {
    /// Returns the objects that manifests are bound to.
    pub(crate) fn bound(&self) -> BTreeSet<ObjectKey<'a>> {
        self.by_address.values().filter_map(Binding::object).map(LiveObject::key).collect()
    }
}

/// Binds manifests to live objects.
///
/// A manifest binds by its id; otherwise by its display name, or a former one, and its exact type. Several objects with
/// the name are ambiguous, unless all but one of them are duplicates ([`loses`]) that an earlier run of this folder
/// created (`is_ours`). Two manifests that bind to the same object are both blocked.
pub fn bind<'a>(
    manifests: &[Manifest],
    live: &'a Live,
    recreate: bool,
    is_ours: &dyn Fn(&LiveObject) -> bool,
) -> Bindings<'a> {
    let mut bindings = Bindings::default();
    let index = LiveIndex::new(live, is_ours);
    let mut met = BTreeSet::new();
    for manifest in manifests {
        let pinned = live.unread.iter().position(|object| object.is_pinned_by(manifest));
        let mut binding = match pinned {
            Some(_) => Binding::Missing,
            None => index.binding(manifest, recreate, &mut bindings),
        };
        if let Some(at) = pinned.or_else(|| index.unread(manifest, &binding)) {
            binding = unread(&live.unread[at]);
            met.insert(at);
        }
        bindings.by_address.insert(manifest.address.clone(), binding);
    }
    let others = live.unread.iter().enumerate().filter(|(at, _)| !met.contains(at));
    bindings.unread = others.map(|(_, object)| object).collect();
    bindings.warnings.extend(bindings.unread.iter().map(|object| unread_message(object)));
    refuse_shared(&mut bindings.by_address);
    keep_declared(&mut bindings);
    let former = former_names(manifests, &index, &bindings);
    bindings.warnings.extend(former);
    bindings
}

/// The live objects by id and by name.
struct LiveIndex<'a, 'f> {
    live: &'a Live,
    ids: BTreeMap<CaselessKey, &'a LiveObject>,
    /// By type and display name.
    names: HashMap<(&'a str, &'a str), Vec<&'a LiveObject>>,
    /// Whether an earlier run of this folder created an object.
    is_ours: &'f dyn Fn(&LiveObject) -> bool,
}

impl<'a, 'f> LiveIndex<'a, 'f> {
    fn new(live: &'a Live, is_ours: &'f dyn Fn(&LiveObject) -> bool) -> Self {
        let mut index = Self { live, ids: BTreeMap::new(), names: HashMap::new(), is_ours };
        for object in live.objects.iter() {
            index.ids.insert(caseless(object.family, &object.id), object);
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
        if let Some(object) = self.ids.get(&caseless(manifest.family, id)) {
            return if object.kind == manifest.address.kind {
                Binding::Bound(object)
            } else if manifest.presence == Presence::Present
                && stand_ins(manifest).contains(&object.kind.as_str())
            {
                unshown(&[object])
            } else {
                Binding::Retyped(object)
            };
        }
        if manifest.presence == Presence::Absent {
            // The object is to be absent, and an object with its name is another object.
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
            Binding::Missing if !recreate => blocked(
                ID_GONE,
                format!("the tenant has no object {id}, and none of this name and type"),
                "remove `metadata.id`, or create it anew with `--recreate`",
            ),
            other => other,
        }
    }

    fn by_name(&self, manifest: &Manifest, twins: &mut Vec<Twin<'a>>) -> Binding<'a> {
        let kind = [manifest.address.kind.as_str()];
        let formerly: Vec<&str> = manifest.formerly.iter().map(String::as_str).collect();
        let mut found = self.named(&kind, manifest.display_name().as_slice());
        if found.is_empty() {
            found = self.named(&kind, &formerly);
        }
        match found[..] {
            [] => {
                let names = [manifest.display_name().as_slice(), &formerly].concat();
                match &self.named(&stand_ins(manifest), &names)[..] {
                    [] => Binding::Missing,
                    objects => unshown(objects),
                }
            }
            [only] => Binding::Bound(only),
            _ => match self.without_twins(manifest, &found) {
                Some(stays) => {
                    let others = found.iter().filter(|object| object.id != stays.id);
                    let twin = |object| Twin { address: manifest.address.clone(), object, stays };
                    twins.extend(others.copied().map(twin));
                    Binding::Bound(stays)
                }
                None => blocked(
                    "match/ambiguous",
                    format!("{} objects of this type and name exist: {}", found.len(), ids(&found)),
                    "pin the one that you mean by `metadata.id`, or rename the others",
                ),
            },
        }
    }

    /// Returns the object that all other ones are duplicates of, if runs of this folder created them.
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

    /// Returns the place of an object that cannot be read and may be a manifest's. An object without a known name may be
    /// any that is not found.
    fn unread(&self, manifest: &Manifest, binding: &Binding<'_>) -> Option<usize> {
        let is_pinned = |object: &LiveObject| {
            manifest.id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(&object.id))
        };
        self.live.unread.iter().position(|unread| {
            unread.may_be_of(manifest)
                && match binding {
                    Binding::Bound(object) => !is_pinned(object) && unread.is_named(),
                    Binding::Missing => true,
                    Binding::Blocked(why) => why.code == ID_GONE,
                    Binding::Retyped(_) => false,
                }
        })
    }

    /// Returns the objects of these types that have one of these names, each once.
    fn named(&self, kinds: &[&str], names: &[&str]) -> Vec<&'a LiveObject> {
        let names: BTreeSet<&str> = names.iter().copied().collect();
        let keys = kinds.iter().flat_map(|kind| names.iter().map(|name| (*kind, *name)));
        keys.filter_map(|key| self.names.get(&key)).flatten().copied().collect()
    }
}

/// The longest time between the creates of two runs that do not see each other's object. An object that was created
/// earlier got its name later, and is no duplicate.
const CONCURRENT_CREATES: SignedDuration = SignedDuration::from_mins(5);

/// Whether an object may be deleted as a duplicate of another one with the same name and type, which was created just
/// before it: the object is unchanged since and has no assignments. Of two objects created at the same instant, the one
/// with the greater id loses, so that of two runs only one deletes.
pub fn loses(twin: &LiveObject, stays: &LiveObject) -> bool {
    let created = |object: &LiveObject| {
        Some((timestamp(object, "createdDateTime")?, object.id.to_lowercase()))
    };
    let is_untouched =
        is_unchanged(twin) && twin.assignments.is_empty() && twin.inherited.is_empty();
    let is_later = created(stays).zip(created(twin)).is_some_and(|(stays, twin)| {
        stays < twin && twin.0.duration_since(stays.0) <= CONCURRENT_CREATES
    });
    is_untouched && is_later && twin.kind == stays.kind && twin.display_name == stays.display_name
}

/// Whether an object is unchanged since its creation.
pub(crate) fn is_unchanged(object: &LiveObject) -> bool {
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

fn blocked<'a>(code: &str, message: String, help: &str) -> Binding<'a> {
    Binding::Blocked(Blocked::new(code, message, help, None))
}

fn ids(objects: &[&LiveObject]) -> String {
    objects.iter().map(|object| object.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// Returns the types that stand for types that the service cannot show.
fn stand_ins(manifest: &Manifest) -> Vec<&'static str> {
    let kinds = manifest.family.not_kinds.iter().filter(|kind| kind.stands_in);
    kinds.map(|kind| kind.name).collect()
}

fn unshown<'a>(objects: &[&LiveObject]) -> Binding<'a> {
    blocked(
        "match/unshown",
        format!("it may exist already: the tenant does not show the type of {}", ids(objects)),
        "look at it in the Intune admin center; rename it there if it is another one",
    )
}

fn unread<'a>(object: &UnreadObject) -> Binding<'a> {
    blocked(
        UNREAD,
        unread_message(object),
        "plan again; if this remains, look at the object in the Intune admin center, and give Microsoft's support the request id",
    )
}

fn unread_message(object: &UnreadObject) -> String {
    format!("{object} cannot be read, so its state is unknown: {}", object.error)
}

/// Returns a warning for each object that still bears the former name of a manifest's object, and is no other manifest's: a
/// rename was made a second time, or an object was created under the new name beside the old one.
fn former_names(
    manifests: &[Manifest],
    index: &LiveIndex<'_, '_>,
    bindings: &Bindings<'_>,
) -> Vec<String> {
    let bound = bindings.bound();
    let warnings = manifests.iter().filter(|manifest| manifest.presence == Presence::Present);
    let warnings = warnings.flat_map(|manifest| {
        let object = bindings.by_address.get(&manifest.address).and_then(Binding::object);
        let names: Vec<&str> = manifest.formerly.iter().map(String::as_str).collect();
        let former = index.named(&[manifest.address.kind.as_str()], &names).into_iter();
        let former = former.filter(|former| !bound.contains(&former.key()));
        object.into_iter().flat_map(move |object| {
            let LiveObject { id, display_name, .. } = object;
            former.clone().map(move |former| {
                format!(
                    "{}: \"{display_name}\" ({id}) exists, and so does \"{}\" ({}), its former name in `metadata.formerly`: \
                     it was created or renamed a second time. Delete the one that is not meant, or remove its name there.",
                    manifest.address, former.display_name, former.id
                )
            })
        })
    });
    warnings.collect()
}

/// Removes duplicates that a manifest is bound to, duplicates of blocked manifests, and repetitions.
fn keep_declared(bindings: &mut Bindings<'_>) {
    let bound = bindings.bound();
    let Bindings { by_address, twins, .. } = bindings;
    let mut seen = BTreeSet::new();
    twins.retain(|twin| {
        let stays = by_address.get(&twin.address).and_then(Binding::object);
        stays.is_some_and(|object| object.key() == twin.stays.key())
            && !bound.contains(&twin.object.key())
            && seen.insert(twin.object.key())
    });
}

/// Blocks manifests that bind to the same object.
fn refuse_shared(bindings: &mut BTreeMap<Address, Binding<'_>>) {
    let mut owners: BTreeMap<ObjectKey<'_>, Vec<Address>> = BTreeMap::new();
    for (address, binding) in bindings.iter() {
        if let Some(object) = binding.object() {
            owners.entry(object.key()).or_default().push(address.clone());
        }
    }
    for ((_, id), addresses) in owners.into_iter().filter(|(_, addresses)| addresses.len() > 1) {
        let all: Vec<String> = addresses.iter().map(Address::to_string).collect();
        let message = format!("the object {id} is claimed by {}", all.join(" and "));
        let help = "a live object has one manifest: remove or pin all but one";
        for address in addresses {
            bindings.insert(address, blocked("match/claimed-twice", message.clone(), help));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use serde_json::Value as Json;

    use super::*;
    use crate::kinds::{self, Family};

    /// Whether an object of a family loses to another one that was created a second before.
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
    fn object_with_a_version_is_untouched_in_version_1() {
        let family = kinds::FAMILIES[0];
        assert!(loses_to_first(family, &json!({ "version": 1 })));
        assert!(!loses_to_first(family, &json!({ "version": 2 })));
        let equal = json!({ "lastModifiedDateTime": "2026-03-01T10:00:01Z" });
        assert!(!loses_to_first(family, &equal), "the version is unknown");
    }

    #[test]
    fn object_without_a_version_is_untouched_with_equal_dates() {
        let family = kinds::family_of("roleScopeTag").expect("a family of the tests");
        let modified = |at: &str| json!({ "version": 1, "lastModifiedDateTime": at });
        assert!(loses_to_first(family, &modified("2026-03-01T10:00:01.0000000Z")));
        assert!(!loses_to_first(family, &modified("2026-03-01T10:00:02Z")));
        assert!(!loses_to_first(family, &json!({ "version": 1 })));
    }
}
