//! Where the manifest of an imported object goes: a folder and a name that every file system takes, and that no other
//! object has. Both come from the tenant as a whole, so that every run gives an object the same place.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::portal;
use crate::manifest::Address;
use crate::tenant::{CaselessKey, LiveObject, caseless};
use crate::values::payload;

/// The longest name before what tells it from another one: Windows takes 260 letters for a whole path.
const LONGEST: usize = 60;

/// The letters of an id that tell two objects apart.
const LETTERS_OF_ID: usize = 8;

/// Names that Windows keeps for devices, whatever their ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin", "conout"];

/// The same, each before a digit.
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// Letters that do not decompose into a letter of ASCII and a mark.
const LETTERS: [(char, &str); 9] = [
    ('ß', "ss"),
    ('æ', "ae"),
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('ð', "d"),
    ('þ', "th"),
    ('œ', "oe"),
    ('ı', "i"),
];

/// The place of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The folder below that of the tenant file, with `/` between its parts.
    pub folder: String,
    /// The name: that of the manifest, and that of the file without its ending.
    pub name: String,
    /// Whether an object of another kind has the name as well.
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
    let mut by_slug: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in &wanted {
        *folders.entry((&one.folder, &one.slug)).or_default() += 1;
        *kinds.entry((&one.object.kind, &one.slug)).or_default() += 1;
        by_slug.entry(&one.slug).or_default().insert(&one.object.kind);
    }
    let place = |one: &Wanted<'a>| {
        let is_alone = folders[&(one.folder.as_str(), one.slug.as_str())] == 1
            && kinds[&(one.object.kind.as_str(), one.slug.as_str())] == 1;
        let is_shared = by_slug[one.slug.as_str()].len() > 1;
        let plain = is_alone.then(|| one.slug.clone());
        let apart = [LETTERS_OF_ID, usize::MAX].map(|letters| one.told_apart(letters));
        // Two ids may begin alike.
        let rivals = wanted.iter().filter(|other| other.slug == one.slug);
        let are_alike =
            rivals.filter(|other| other.told_apart(LETTERS_OF_ID) == apart[0]).count() > 1;
        let names = plain.into_iter().chain(apart.into_iter().skip(usize::from(are_alike)));
        let mut places = names.map(|name| Place { folder: one.folder.clone(), name, is_shared });
        let free = places.find(|place| {
            let address = Address { kind: one.object.kind.clone(), name: place.name.clone() };
            !is_taken(one.object, &address, &place.path())
        });
        Some((caseless(one.object.family, &one.object.id), free?))
    };
    wanted.iter().filter_map(place).collect()
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

/// Returns the words of a name in small letters of ASCII, with `-` between them; nothing where it has none.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    let lower = name.nfkd().flat_map(char::to_lowercase).filter(|letter| {
        !is_combining_mark(*letter) && !['\'', '’', '\u{ad}', '\u{200d}'].contains(letter)
    });
    for letter in lower {
        let known = LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, ascii)| *ascii);
        match known {
            Some(ascii) => slug.push_str(ascii),
            None if letter.is_ascii_alphanumeric() => slug.push(letter),
            None if slug.is_empty() || slug.ends_with('-') => {}
            None => slug.push('-'),
        }
    }
    slug.truncate(LONGEST);
    let slug = slug.trim_end_matches('-');
    let is_device = DEVICES.contains(&slug)
        || NUMBERED_DEVICES.iter().any(|device| {
            let number = slug.strip_prefix(device).unwrap_or_default();
            number.len() == 1 && number.bytes().all(|digit| digit.is_ascii_digit())
        });
    if is_device { format!("{slug}-policy") } else { slug.to_owned() }
}

/// Returns the name of a kind with `-` between its words.
pub fn slug_of_kind(kind: &str) -> String {
    let mut words = String::new();
    let mut was_lower = false;
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() && was_lower {
            words.push('-');
        }
        was_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        words.push(letter.to_ascii_lowercase());
    }
    slug(&words)
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
    fn hostile_names_become_plain_ones() {
        for (name, expected) in [
            ("Office Wi-Fi 2.4 GHz", "office-wi-fi-2-4-ghz"),
            ("../../etc/passwd", "etc-passwd"),
            ("C:\\Windows\\..", "c-windows"),
            ("CON", "con-policy"),
            ("aux.yaml", "aux-yaml"),
            ("COM7", "com7-policy"),
            ("com10", "com10"),
            ("Bob’s ÄÖÜ straße", "bobs-aou-strasse"),
            ("ends with dots...", "ends-with-dots"),
            ("a\nb\tc\u{202e}d", "a-b-c-d"),
            ("ＦＵＬＬ width", "full-width"),
            ("🚀", ""),
            ("前台", ""),
            (" ", ""),
        ] {
            assert_eq!(slug(name), expected, "{name:?}");
        }
        assert_eq!(slug(&"x".repeat(255)).len(), LONGEST);
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
