//! Certificates and keys in PEM.

use rustls::pki_types::pem::{PemObject, SectionKind};

use super::identity::{CertificateError, Identity, Key};

/// How a PEM block of an encrypted key begins.
const ENCRYPTED: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";

/// Returns whether a file is PEM; text may stand before its first block.
pub(super) fn is_pem(bytes: &[u8]) -> bool {
    contains(bytes, b"-----BEGIN ")
}

/// Reads the first private key and its certificate.
pub(super) fn read(bytes: &[u8]) -> Result<Identity, CertificateError> {
    let (mut key, mut certificates) = (None, Vec::new());
    for block in <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes) {
        match block.map_err(|_| CertificateError::Pem)? {
            (SectionKind::Certificate, der) => certificates.push(der),
            (kind @ (SectionKind::PrivateKey | SectionKind::RsaPrivateKey), der) => {
                key.get_or_insert((kind, der));
            }
            (SectionKind::EcPrivateKey, _) => return Err(CertificateError::NotRsa),
            _ => {}
        }
    }
    let key = match &key {
        Some((SectionKind::RsaPrivateKey, der)) => Key::Pkcs1(der),
        Some((_, der)) => Key::Pkcs8(der),
        None if contains(bytes, ENCRYPTED) => return Err(CertificateError::Encrypted),
        None => return Err(CertificateError::NoKey),
    };
    Identity::new(key, certificates.iter().map(Vec::as_slice))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
