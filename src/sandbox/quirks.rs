//! What the services do that no type document says, as tables; what is true of one collection alone is in its row. Every row cites where it is seen; a row
//! that is an inference says so.

/// A top-level property that does not read back.
pub(crate) struct Hidden {
    /// The property, on whichever type has it.
    pub(crate) property: &'static str,
    /// What a reader sees before the last five characters; without it the property reads as null.
    pub(crate) mask: Option<&'static str>,
    /// The boolean beside it that says whether there is a value, on types that have it.
    pub(crate) is_set: Option<&'static str>,
}

const fn hidden(property: &'static str) -> Hidden {
    Hidden { property, mask: None, is_set: None }
}

/// FACTS 12. `sharedSecret` and the two blobs are inferences.
pub(crate) const HIDDEN: &[Hidden] = &[
    Hidden { is_set: Some("preSharedKeyIsSet"), ..hidden("preSharedKey") },
    hidden("sharedSecret"),
    hidden("advancedThreatProtectionOnboardingBlob"),
    hidden("advancedThreatProtectionOffboardingBlob"),
    Hidden { mask: Some("#####-#####-#####-#####-"), ..hidden("productKey") },
];

/// The custom settings whose value is encrypted, and what their readers see (FACTS 12). An XML value is
/// `Edm.Binary`, which asterisks are not: it reads as the base64 of `<a/>`.
pub(crate) const ENCRYPTED_OMA: &[(&str, &str)] = &[
    ("omaSettingString", "****"),
    ("omaSettingBase64", "****"),
    ("omaSettingStringXml", "PGEvPg=="),
];

/// The second half of an assignment's id where the target has no id of its own. FACTS 3: seen on other
/// Intune families, not on this one.
pub(crate) const ALL_USERS: &str = "acacacac-9df4-4c7d-9d50-4ef0226f57a9";
/// As [`ALL_USERS`], for all devices.
pub(crate) const ALL_DEVICES: &str = "adadadad-808e-44e2-905a-0b7873a8a531";

/// What an assignment without a filter reads as (FACTS 3).
pub(crate) const NO_FILTER: &str = "00000000-0000-0000-0000-000000000000";

/// Device configurations on a page when the caller asks for no other number, and at most (FACTS 1.3; the
/// most is an inference).
pub(crate) const PAGE_OF_DEVICE_CONFIGURATIONS: usize = 1000;
/// Groups and users on a page (FACTS 7, not verified).
pub(crate) const PAGE_OF_DIRECTORY_OBJECTS: usize = 100;

/// What beta alone says of what devices have reported (FACTS 1.7).
pub(crate) const STATUSES_OF_BETA: &[&str] = &["conflictCount", "notApplicablePlatformCount"];

/// The highest device quota of the registration policy; higher ones are stored as this (FACTS 2.3, from
/// the portal).
pub(crate) const HIGHEST_QUOTA: i64 = 100;

/// Requests in one `$batch` at most (FACTS 5.2).
pub(crate) const BATCH_LIMIT: usize = 20;
/// Ids in one `getByIds` at most (FACTS 7).
pub(crate) const GET_BY_IDS_LIMIT: usize = 1000;

/// The service plan that is Intune: its id and name (FACTS 7).
pub(crate) const INTUNE_PLAN: (&str, &str) = ("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A");
/// A product that holds it: an id and a name of the sandbox's own.
pub(crate) const INTUNE_SKU: (&str, &str) =
    ("9d6b5f0e-3c1a-4b77-8e52-0f4d2c6a7b18", "MOORLINE_SANDBOX");
