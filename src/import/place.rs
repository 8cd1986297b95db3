//! Where the manifest of an imported object goes: a folder and a name that every file system takes, and that no other
//! object has. Both come from the tenant as a whole, so that every run gives an object the same place.

use std::collections::{BTreeMap, BTreeSet};

use super::portal;
use crate::manifest::Address;
use crate::tenant::{CaselessKey, LiveObject, caseless};
use crate::text::slug::{slug, slug_of_kind};
use crate::values::payload;

/// The letters of an id that tell two objects apart.
const LETTERS_OF_ID: usize = 8;

/// The place of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The folder below that of the tenant file, with `/` between its parts.
    pub folder: String,
    /// The name: that of the manifest, and that of the file without its ending.
    pub name: String,
    /// Whether a manifest of another kind has the name as well.
    pub is_shared: bool,
}

impl Place {
    /// Returns the path of the manifest below the folder of the tenant file.
    pub fn path(&self) -> String {
        format!("{}/{}.yaml", self.folder, self.name)
    }
}

/// The place of an object, before it is told apart from others.
struct Wanted<'a> {
    object: &'a LiveObject,
    folder: String,
    slug: String,
    /// Whether the slug holds letters of the id already.
    is_told_apart: bool,
}

/// Returns the place of each object below a folder. `is_taken` says of an address and a path whether something else has
/// it; an object without a free place has none.
pub fn places<'a>(
    objects: impl Iterator<Item = &'a LiveObject>,
    root: &str,
    is_taken: &dyn Fn(&LiveObject, &Address, &str) -> bool,
) -> BTreeMap<CaselessKey, Place> {
    let wanted: Vec<Wanted<'a>> = objects.map(|object| Wanted::of(object, root)).collect();
    let mut folders: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in &wanted {
        *folders.entry((&one.folder, &one.slug)).or_default() += 1;
        *kinds.entry((&one.object.kind, &one.slug)).or_default() += 1;
    }
    let choose = |one: &Wanted<'a>| {
        let is_alone = folders[&(one.folder.as_str(), one.slug.as_str())] == 1
            && kinds[&(one.object.kind.as_str(), one.slug.as_str())] == 1;
        if is_alone { one.slug.clone() } else { one.told_apart(LETTERS_OF_ID) }
    };
    let mut names: Vec<String> = wanted.iter().map(choose).collect();
    tell_apart(&wanted, &mut names);
    let mut claims: BTreeMap<Claim, usize> = BTreeMap::new();
    for claim in wanted.iter().zip(&names).flat_map(|(one, name)| one.claims(name)) {
        *claims.entry(claim).or_default() += 1;
    }
    let mut places: Vec<(&LiveObject, Place)> = Vec::new();
    for (one, name) in wanted.iter().zip(&names) {
        let others = [LETTERS_OF_ID, usize::MAX].map(|letters| one.told_apart(letters));
        let others = others.into_iter().filter(|other| other != name).map(|other| (other, 0));
        let free = std::iter::once((name.clone(), 1)).chain(others).find(|(name, own)| {
            let mut claimed = one.claims(name).into_iter();
            let address = Address { kind: one.object.kind.clone(), name: name.clone() };
            let path = format!("{}/{name}.yaml", one.folder);
            claimed.all(|claim| claims.get(&claim).copied().unwrap_or_default() <= *own)
                && !is_taken(one.object, &address, &path)
        });
        let Some((name, own)) = free else { continue };
        if own == 0 {
            claims.extend(one.claims(&name).map(|claim| (claim, 1)));
        }
        let place = Place { folder: one.folder.clone(), name, is_shared: false };
        places.push((one.object, place));
    }
    // Names that hold letters of an id may be those of other objects too.
    let mut kinds: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (object, place) in &places {
        kinds.entry(place.name.clone()).or_default().insert(&object.kind);
    }
    for (_, place) in &mut places {
        place.is_shared = kinds[&place.name].len() > 1;
    }
    let keyed =
        places.into_iter().map(|(object, place)| (caseless(object.family, &object.id), place));
    keyed.collect()
}

/// An address or a path, which one object has: a kind or a folder, and a name.
type Claim = (bool, String, String);

/// Gives the full id to all that have an address or a path together, until none have: a name with letters of an id may be
/// the plain name of another object, and two ids may begin alike.
fn tell_apart(wanted: &[Wanted<'_>], names: &mut [String]) {
    loop {
        let mut groups: BTreeMap<Claim, Vec<usize>> = BTreeMap::new();
        for (at, one) in wanted.iter().enumerate() {
            for claim in one.claims(&names[at]) {
                groups.entry(claim).or_default().push(at);
            }
        }
        let rivals = groups.values().filter(|group| group.len() > 1).flatten();
        let mut is_changed = false;
        for at in rivals {
            let full = wanted[*at].told_apart(usize::MAX);
            is_changed |= names[*at] != full;
            names[*at] = full;
        }
        if !is_changed {
            return;
        }
    }
}

impl<'a> Wanted<'a> {
    fn of(object: &'a LiveObject, root: &str) -> Self {
        let (platform, area) = portal::folders(object);
        let folder = format!("{root}/{platform}/{area}");
        let name = if object.family.is_singleton() { &object.kind } else { &object.display_name };
        // A name that holds a secret is no name for a file.
        let slug = if payload::holds_secret(name) { String::new() } else { slug(name) };
        let is_told_apart = slug.is_empty();
        let slug = if is_told_apart {
            format!("{}-{}", slug_of_kind(&object.kind), letters_of(&object.id, LETTERS_OF_ID))
        } else if object.family.is_singleton() {
            slug_of_kind(&object.kind)
        } else {
            slug
        };
        Self { object, folder, slug, is_told_apart }
    }

    /// Returns what a name takes: the address and the path.
    fn claims(&self, name: &str) -> [Claim; 2] {
        [(true, &self.object.kind), (false, &self.folder)]
            .map(|(is_address, of)| (is_address, of.clone(), name.to_owned()))
    }

    /// Returns the name with so many letters of the id.
    fn told_apart(&self, letters: usize) -> String {
        match self.is_told_apart && letters == LETTERS_OF_ID {
            true => self.slug.clone(),
            false => format!("{}-{}", self.slug, letters_of(&self.object.id, letters)),
        }
    }
}

/// Returns the first letters and digits of an id.
fn letters_of(id: &str, most: usize) -> String {
    // An id that no service makes must not make a path too long.
    let letters = id.chars().filter(char::is_ascii_alphanumeric).take(most.min(32));
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::kinds;

    fn object(kind: &str, name: &str, id: &str) -> LiveObject {
        let body = json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "id": id, "displayName": name });
        LiveObject::from_body(kinds::family_of(kind).expect("a kind"), body).expect("an object")
    }

    fn names(objects: &[LiveObject]) -> Vec<String> {
        let found = places(objects.iter(), "policies", &|_, _, _| false);
        let name = |object: &LiveObject| found[&caseless(object.family, &object.id)].name.clone();
        objects.iter().map(name).collect()
    }

    #[test]
    fn objects_that_share_a_name_are_told_apart_by_their_ids_in_any_order() {
        let ids = ["1111111a-0000-4000-8000-000000000000", "2222222b-0000-4000-8000-000000000000"];
        let [a, b] = ["Office", "OFFICE"];
        let kind = "windows10CustomConfiguration";
        let pair = [object(kind, a, ids[0]), object(kind, b, ids[1])];
        assert_eq!(names(&pair), ["office-1111111a", "office-2222222b"]);
        let turned = [pair[1].clone(), pair[0].clone()];
        assert_eq!(names(&turned), ["office-2222222b", "office-1111111a"]);
        let nameless = object(kind, "🚀", ids[0]);
        assert_eq!(names(&[nameless]), ["windows10-custom-configuration-1111111a"]);
        let alike =
            ["1111111a-0000-4000-8000-000000000001", "1111111a-0000-4000-8000-000000000002"];
        let alike = names(&alike.map(|id| object(kind, a, id)));
        assert_ne!(alike[0], alike[1]);
    }

    #[test]
    fn name_that_is_told_apart_is_not_the_plain_name_of_another_object() {
        let id = |letters: &str| format!("{letters}-0000-4000-8000-000000000000");
        let [a, b, c] = ["1111111a", "2222222b", "3333333c"].map(id);
        let catalog = |platform: &str, name: &str, id: &str| {
            let mut body = json!({ "id": id, "platforms": platform });
            body["@odata.type"] = "#microsoft.graph.deviceManagementConfigurationPolicy".into();
            body["name"] = name.into();
            let family = kinds::family_of("deviceManagementConfigurationPolicy").expect("a kind");
            LiveObject::from_body(family, body).expect("an object")
        };
        let custom = |_: &str, name: &str, id: &str| object("iosCustomConfiguration", name, id);
        let expected = [
            "office-1111111a000040008000000000000000",
            "office-2222222b",
            "office-1111111a-3333333c000040008000000000000000",
        ];
        type Make<'a> = &'a dyn Fn(&str, &str, &str) -> LiveObject;
        let makers: [Make<'_>; 2] = [&catalog, &custom];
        for make in makers {
            let all = [
                make("windows10", "Office", &a),
                make("windows10", "OFFICE", &b),
                make("macOS", "Office 1111111a", &c),
            ];
            assert_eq!(names(&all), expected);
            // The objects that have manifests already do not change the places.
            let mut turned = all.clone();
            turned.reverse();
            let mut found = names(&turned);
            found.reverse();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn name_that_is_taken_gets_the_id() {
        let one =
            [object("iosCustomConfiguration", "Office", "1111111a-0000-4000-8000-000000000000")];
        let found = places(one.iter(), "policies", &|_, address, _| address.name == "office");
        assert_eq!(found.values().next().expect("a place").name, "office-1111111a");
        assert!(places(one.iter(), "policies", &|_, _, _| true).is_empty());
    }

    #[test]
    fn names_that_two_kinds_have_are_known_as_shared() {
        let [ios, windows] = ["iosCustomConfiguration", "windows10CustomConfiguration"];
        let ids = ["1111111a-0000-4000-8000-000000000000", "2222222b-0000-4000-8000-000000000000"];
        let objects = [
            object(ios, "Office", ids[0]),
            object(ios, "Office", ids[1]),
            object(windows, "Office 1111111a", "3333333c-0000-4000-8000-000000000000"),
        ];
        let found = places(objects.iter(), "policies", &|_, _, _| false);
        let shared = found.values().filter(|place| place.is_shared).map(|place| &*place.name);
        assert_eq!(shared.collect::<Vec<&str>>(), ["office-1111111a"; 2]);
    }

    proptest! {
        #[test]
        fn any_names_get_safe_places_of_their_own(
            texts in prop::collection::vec(prop_oneof![
                ".{0,300}",
                "(Office|OFFICE)( 0000000[0-9a-f](-?0000-?4000-?8000-?000000000000)?){0,2}",
            ], 1..20)
        ) {
            let kinds = ["iosCustomConfiguration", "windows10CustomConfiguration", "iosCompliancePolicy"];
            let objects: Vec<LiveObject> = texts.iter().enumerate().map(|(at, text)| {
                object(kinds[at % 3], text, &format!("{at:08x}-0000-4000-8000-000000000000"))
            }).collect();
            let found = places(objects.iter(), "policies", &|_, _, _| false);
            prop_assert_eq!(found.len(), objects.len());
            let paths: BTreeSet<String> = found.values().map(|place| place.path().to_lowercase()).collect();
            prop_assert_eq!(paths.len(), objects.len());
            let addresses = objects.iter().map(|object| {
                (&object.kind, &found[&caseless(object.family, &object.id)].name)
            });
            prop_assert_eq!(addresses.collect::<BTreeSet<_>>().len(), objects.len());
            for place in found.values() {
                let name = &place.name;
                let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
                prop_assert!(!name.is_empty() && name.len() <= 100 && name.chars().all(is_plain), "{}", name);
                prop_assert!(!name.starts_with('-') && !name.ends_with('-'), "{}", name);
            }
        }
    }
}
