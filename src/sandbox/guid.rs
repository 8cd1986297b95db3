//! Ids derived from text, so that runs from one seed are alike.

use ring::digest::{SHA256, digest};

/// Returns a GUID derived from the parts.
pub(crate) fn guid(parts: &[&str]) -> String {
    let hash = digest(&SHA256, parts.join("\0").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
