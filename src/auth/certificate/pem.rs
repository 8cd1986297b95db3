//! Certificates and keys in PEM.

use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::identity::{CertificateError, CertifiedKey};

/// The beginning of a PEM block with an encrypted key.
const ENCRYPTED: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";

/// Returns whether a file is PEM; text may stand before its first block.
pub(super) fn is_pem(bytes: &[u8]) -> bool {
    contains(bytes, b"-----BEGIN ")
}

/// Reads the first private key and its certificate.
pub(super) fn read(bytes: &[u8]) -> Result<CertifiedKey, CertificateError> {
    let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|error| match error {
        Error::NoItemsFound if contains(bytes, ENCRYPTED) => CertificateError::Encrypted,
        Error::NoItemsFound => CertificateError::NoKey,
        _ => CertificateError::Pem,
    })?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let certificates = certificates.map_err(|_| CertificateError::Pem)?;
    CertifiedKey::new(&key, certificates.iter().map(AsRef::as_ref))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
