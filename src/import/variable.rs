//! Names of the environment variables that imported manifests take secrets from.

use std::collections::BTreeSet;

use super::place::Place;
use crate::text::slug::slug_of_kind;

/// The beginning of every name. The rest is from the tenant, whose names must not choose a variable of the run itself.
const PREFIX: &str = "INTUNE";

/// Stands between the parts of a name: a part never has two `_` in a row, so no two manifests have the same name.
const BETWEEN: &str = "__";

/// Makes the names of one manifest's variables.
pub(super) struct VariableNames {
    beginning: String,
    given: BTreeSet<String>,
}

impl VariableNames {
    /// Begins with the name of the manifest, and its kind where another kind has the name as well.
    pub(super) fn of(place: &Place, kind: &str) -> Self {
        let kind = place.is_shared.then(|| capitals(&slug_of_kind(kind)) + BETWEEN);
        let beginning = format!("{PREFIX}_{}{}", kind.unwrap_or_default(), capitals(&place.name));
        Self { beginning, given: BTreeSet::new() }
    }

    /// Returns a name for the secret of a property, or of a part of one that these words tell.
    pub(super) fn next(&mut self, words: &str) -> String {
        let words = capitals(&slug_of_kind(words));
        let words = if words.is_empty() { "SECRET".to_owned() } else { words };
        let name = format!("{}{BETWEEN}{words}", self.beginning);
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let free = names.find(|name| !self.given.contains(name)).unwrap_or(name);
        self.given.insert(free.clone());
        free
    }
}

/// Returns a slug as a part of a name.
fn capitals(slug: &str) -> String {
    slug.replace('-', "_").to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str, is_shared: bool) -> VariableNames {
        let place = Place { folder: String::new(), name: name.to_owned(), is_shared };
        VariableNames::of(&place, "windowsWifiConfiguration")
    }

    #[test]
    fn variables_are_named_after_manifest_and_property() {
        let mut office = names("office-wi-fi", false);
        assert_eq!(office.next("preSharedKey"), "INTUNE_OFFICE_WI_FI__PRE_SHARED_KEY");
        assert_eq!(office.next("preSharedKey"), "INTUNE_OFFICE_WI_FI__PRE_SHARED_KEY_2");
        assert_eq!(office.next("前"), "INTUNE_OFFICE_WI_FI__SECRET");
        let mut shared = names("office", true);
        let of_kind = "INTUNE_WINDOWS_WIFI_CONFIGURATION__OFFICE__PRE_SHARED_KEY";
        assert_eq!(shared.next("preSharedKey"), of_kind);
        assert_eq!(names("802-1x", false).next("value"), "INTUNE_802_1X__VALUE");
    }

    #[test]
    fn no_name_of_a_tenant_is_that_of_a_variable_of_the_run() {
        let run = [("docker", "Password"), ("npm", "Token"), ("ld", "Preload")];
        let more = [("aws", "SecretAccessKey"), ("azure", "clientSecret"), ("", "Path")];
        for (manifest, property) in run.into_iter().chain(more) {
            let name = names(manifest, false).next(property);
            assert!(name.starts_with("INTUNE_"), "{name}");
            assert_eq!(crate::auth::variables::credential(&name), None);
        }
    }

    #[test]
    fn two_manifests_never_have_the_same_name() {
        let given = [
            names("corp", false).next("WifiPassword"),
            names("corp-wifi", false).next("Password"),
            names("corp", true).next("WifiPassword"),
            names("windows-wifi-configuration-corp", false).next("WifiPassword"),
            names(&format!("{}-1", "x".repeat(60)), false).next("Password"),
            names(&format!("{}-2", "x".repeat(60)), false).next("Password"),
        ];
        assert_eq!(BTreeSet::from(given.clone()).len(), given.len(), "{given:?}");
    }
}
