//! Names of the environment variables that imported manifests take secrets from.

use std::collections::BTreeSet;

use super::place::{Place, slug, slug_of_kind};
use crate::auth::variables::credential;

/// Makes the names of one manifest's variables.
pub(super) struct VariableNames {
    beginning: String,
    given: BTreeSet<String>,
}

impl VariableNames {
    /// Begins with the name of the manifest, and its kind where another kind has the name as well.
    pub(super) fn of(place: &Place, kind: &str) -> Self {
        let kind = if place.is_shared { slug_of_kind(kind) + "-" } else { String::new() };
        let beginning = capitals(&format!("{kind}{}", place.name));
        Self { beginning, given: BTreeSet::new() }
    }

    /// Returns a name for the secret of a property, or of a part of one that these words tell.
    pub(super) fn next(&mut self, words: &str) -> String {
        let words = capitals(&slug_of_kind(words));
        let words = if words.is_empty() { "SECRET".to_owned() } else { words };
        let mut name = format!("{}_{words}", self.beginning);
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            name.insert_str(0, "SECRET_");
        }
        // What a run signs in with is never written to a tenant.
        if credential(&name).is_some() {
            name.insert_str(0, "POLICY_");
        }
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let free = names.find(|name| !self.given.contains(name)).unwrap_or(name);
        self.given.insert(free.clone());
        free
    }
}

fn capitals(text: &str) -> String {
    slug(text).replace('-', "_").to_ascii_uppercase()
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
        assert_eq!(office.next("preSharedKey"), "OFFICE_WI_FI_PRE_SHARED_KEY");
        assert_eq!(office.next("preSharedKey"), "OFFICE_WI_FI_PRE_SHARED_KEY_2");
        assert_eq!(office.next("前"), "OFFICE_WI_FI_SECRET");
        let mut shared = names("office", true);
        assert_eq!(shared.next("preSharedKey"), "WINDOWS_WIFI_CONFIGURATION_OFFICE_PRE_SHARED_KEY");
        assert_eq!(names("802-1x", false).next("value"), "SECRET_802_1X_VALUE");
        assert_eq!(names("azure", false).next("clientSecret"), "POLICY_AZURE_CLIENT_SECRET");
    }
}
