//! Certificates and keys in PFX, also called PKCS #12.

use p12_keystore::{Pkcs12Archive, error::Error};
use rustls::pki_types::PrivatePkcs8KeyDer;
use secrecy::{ExposeSecret, SecretString};

use super::identity::{CertificateError, CertifiedKey};

/// Reads the private key and its certificate.
pub(super) fn read(
    bytes: &[u8],
    password: Option<&SecretString>,
) -> Result<CertifiedKey, CertificateError> {
    let password = password.map_or("", ExposeSecret::expose_secret);
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|error| match error {
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => CertificateError::Password,
        _ => CertificateError::Pfx,
    })?;
    let key = archive.keys.first().ok_or(CertificateError::NoKey)?;
    let certificates = archive.certs.iter().map(|bag| bag.cert.as_der());
    CertifiedKey::new(&PrivatePkcs8KeyDer::from(key.key.as_der()).into(), certificates)
}
