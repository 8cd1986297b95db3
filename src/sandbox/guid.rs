//! Ids that depend on nothing but what they are made of, so that one seed gives one tenant.

use ring::digest::{SHA256, digest};

/// Returns a GUID that depends on nothing but the parts.
pub(crate) fn guid(parts: &[&str]) -> String {
    let hash = digest(&SHA256, parts.join("\0").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
