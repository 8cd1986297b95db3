//! Where the manifest of a new object goes.

use std::path::{Path, PathBuf};

use super::skeleton::common;
use super::tenant::MANIFESTS;
use crate::kinds::Kind;
use crate::kinds::portal;
use crate::manifest::{self, TenantFile};
use crate::text::slug::{slug, slug_of_kind};

/// The name of a new manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestPlace {
    /// The name: that of the manifest, and that of the file without its ending.
    pub name: String,
    /// The folder below that of the manifests: platform and area.
    pub shelf: PathBuf,
}

impl ManifestPlace {
    /// Returns the place of an object of a kind.
    pub fn of(kind: &Kind, display_name: &str) -> Self {
        let wanted =
            if kind.family.is_singleton() { slug_of_kind(&kind.name) } else { slug(display_name) };
        let name = if wanted.is_empty() { slug_of_kind(&kind.name) } else { wanted };
        Self { name, shelf: shelf(&kind.name) }
    }

    /// Returns the folder of the file, and whether the tenant reads it.
    pub fn folder(&self, root: &Path, tenant: &TenantFile) -> (PathBuf, bool) {
        let named = manifest::root::of(&tenant.spec);
        let is_read = named.is_some() && tenant.spec.manifests.is_some();
        let folder = named.unwrap_or_else(|| MANIFESTS.to_owned());
        (root.join(folder).join(&self.shelf), is_read)
    }
}

/// Returns the folders of a kind: its platform, of a policy the one that it says, and its area.
fn shelf(kind: &str) -> PathBuf {
    let own = common(kind).find(|(name, _)| *name == "platforms").and_then(|(_, own)| own.as_str());
    let (platform, area) = portal::folders(kind, own);
    Path::new(platform).join(area)
}

/// Returns the name of a kind in words, for an object of which no name is given.
pub fn words_of(kind: &Kind) -> String {
    let words = slug_of_kind(&kind.name).replace('-', " ");
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn any_display_name_gives_a_name_that_every_file_system_takes() {
        let all = kinds::all();
        let kind = |name: &str| all.iter().find(|kind| kind.name == name).expect("a kind");
        for (display_name, expected) in [
            ("Update ring 1 - Pilot", "update-ring-1-pilot"),
            ("../../x", "x"),
            ("CON", "con-policy"),
            ("lpt1", "lpt1-policy"),
            ("🚀", "windows10-custom-configuration"),
            ("", "windows10-custom-configuration"),
        ] {
            let place = ManifestPlace::of(kind("windows10CustomConfiguration"), display_name);
            assert_eq!(place.name, expected, "{display_name:?}");
        }
        for (name, folder) in [
            ("deviceRegistrationPolicy", "cross-platform/device-registration"),
            ("deviceManagementConfigurationPolicy", "windows/settings-catalog"),
            ("windowsUpdateForBusinessConfiguration", "windows/update-rings"),
        ] {
            assert_eq!(ManifestPlace::of(kind(name), "Ours").shelf, Path::new(folder), "{name}");
        }
        let policy = ManifestPlace::of(kind("deviceRegistrationPolicy"), "Ours");
        assert_eq!(policy.name, "device-registration-policy");
        assert_eq!(words_of(kind("iosWiFiConfiguration")), "Ios wi fi configuration");
    }
}
