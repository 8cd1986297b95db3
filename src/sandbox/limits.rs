//! Limits and constants of the services that are in no type document. Each cites its source; an inference is marked as
//! such.

/// Device configurations, and compliance policies, on a page when the caller asks for no other number, and at most
/// (FACTS 1.3; the most is an inference).
pub(crate) const PAGE_OF_DEVICE_CONFIGURATIONS: usize = 1000;
/// Settings catalog policies on a page (FACTS 15.1).
pub(crate) const PAGE_OF_CATALOG_POLICIES: usize = 25;
/// Settings of such a policy on a page, and in an expansion at most (FACTS 15.1, not verified).
pub(crate) const PAGE_OF_SETTINGS: usize = 25;
/// Groups and users on a page (FACTS 7, not verified).
pub(crate) const PAGE_OF_DIRECTORY_OBJECTS: usize = 100;

/// Requests in one `$batch` at most (FACTS 5.2).
pub(crate) const BATCH_LIMIT: usize = 20;
/// Ids in one `getByIds` at most (FACTS 7).
pub(crate) const GET_BY_IDS_LIMIT: usize = 1000;

/// The service plan that is Intune: its id and name (FACTS 7).
pub(crate) const INTUNE_PLAN: (&str, &str) = ("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A");
/// A product that holds it: an id and a name of the sandbox's own.
pub(crate) const INTUNE_SKU: (&str, &str) =
    ("9d6b5f0e-3c1a-4b77-8e52-0f4d2c6a7b18", "MOORLINE_SANDBOX");
