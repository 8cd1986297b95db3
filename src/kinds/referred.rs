//! Collections whose objects manifests refer to and do not manage.

/// A collection whose objects manifests refer to.
#[derive(Debug)]
pub struct ReferredCollection {
    /// The type of the objects.
    pub target: &'static str,
    /// The path below the version.
    pub path: &'static str,
}

/// All such collections; `DeviceManagementConfiguration.Read.All` reads them.
const REFERRED: [ReferredCollection; 1] = [
    // FACTS 12
    ReferredCollection {
        target: "deviceManagementDerivedCredentialSettings",
        path: "/deviceManagement/derivedCredentials",
    },
];

/// Returns the path of the collection with the objects of a type, where manifests refer to them only.
pub fn path_of(target: &str) -> Option<&'static str> {
    REFERRED.iter().find(|referred| referred.target == target).map(|referred| referred.path)
}
