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
    let place = |one: &Wanted<'a>| {
        let is_alone = folders[&(one.folder.as_str(), one.slug.as_str())] == 1
            && kinds[&(one.object.kind.as_str(), one.slug.as_str())] == 1;
        let plain = is_alone.then(|| one.slug.clone());
        let apart = [LETTERS_OF_ID, usize::MAX].map(|letters| one.told_apart(letters));
        // Two ids may begin alike.
        let rivals = wanted.iter().filter(|other| other.slug == one.slug);
        let are_alike =
            rivals.filter(|other| other.told_apart(LETTERS_OF_ID) == apart[0]).count() > 1;
        let names = plain.into_iter().chain(apart.into_iter().skip(usize::from(are_alike)));
        let mut places =
            names.map(|name| Place { folder: one.folder.clone(), name, is_shared: false });
        let free = places.find(|place| {
            let address = Address { kind: one.object.kind.clone(), name: place.name.clone() };
            !is_taken(one.object, &address, &place.path())
        });
        Some((one.object, free?))
    };
    let mut places: Vec<(&LiveObject, Place)> = wanted.iter().filter_map(place).collect();
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
        fn any_names_get_safe_places_of_their_own(texts in prop::collection::vec(".{0,300}", 1..20)) {
            let kinds = ["iosCustomConfiguration", "windows10CustomConfiguration", "iosCompliancePolicy"];
            let objects: Vec<LiveObject> = texts.iter().enumerate().map(|(at, text)| {
                object(kinds[at % 3], text, &format!("{at:08x}-0000-4000-8000-000000000000"))
            }).collect();
            let found = places(objects.iter(), "policies", &|_, _, _| false);
            prop_assert_eq!(found.len(), objects.len());
            let paths: BTreeSet<String> = found.values().map(|place| place.path().to_lowercase()).collect();
            prop_assert_eq!(paths.len(), objects.len());
            for place in found.values() {
                let name = &place.name;
                let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
                prop_assert!(!name.is_empty() && name.len() <= 100 && name.chars().all(is_plain), "{}", name);
                prop_assert!(!name.starts_with('-') && !name.ends_with('-'), "{}", name);
            }
        }
    }
}
