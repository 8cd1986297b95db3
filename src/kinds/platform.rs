//! The platforms of kinds, by the names that assignment filters have for them.

/// The platforms of the filters that a kind can be assigned with, by the beginning of its name; the first one decides
/// (FACTS 3).
const FILTERS: [(&str, &[&str]); 12] = [
    ("aosp", &["androidAOSP"]),
    ("androidDeviceOwner", &["androidForWork"]),
    ("androidForWork", &["androidForWork", "androidWorkProfile"]),
    ("androidWorkProfile", &["androidForWork", "androidWorkProfile"]),
    ("android", &["android"]),
    ("ios", &["iOS"]),
    ("macOS", &["macOS"]),
    ("windowsPhone81", &["windowsPhone81"]),
    ("windows81", &["windows81AndLater", "windows10AndLater"]),
    ("windows", &["windows10AndLater"]),
    ("sharedPC", &["windows10AndLater"]),
    ("editionUpgrade", &["windows10AndLater"]),
];

/// Returns the platforms of the filters that objects of a kind can be assigned with, `None` where they are not known.
pub fn filters_of(kind: &str) -> Option<&'static [&'static str]> {
    FILTERS.iter().find(|(beginning, _)| kind.starts_with(beginning)).map(|(_, filters)| *filters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn assignable_kind_has_a_platform() {
        let kinds = kinds::all().into_iter().filter(|kind| kind.family.is_assignable());
        let without: Vec<String> =
            kinds.map(|kind| kind.name).filter(|kind| filters_of(kind).is_none()).collect();
        // The bases of VPN profiles are of no platform.
        assert_eq!(without, ["appleVpnConfiguration", "vpnConfiguration"]);
    }
}
