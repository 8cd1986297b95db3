//! A private key with its certificate.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rsa::KeyPair;
use rustls::pki_types::PrivateKeyDer;

/// The reason why an app cannot sign in with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The PEM blocks cannot be read.
    #[error("it is not well-formed PEM")]
    Pem,
    /// The PFX cannot be read.
    #[error("it is neither PEM nor a PFX that can be read")]
    Pfx,
    /// The PFX does not open.
    #[error("the PFX does not open with this password")]
    Password,
    /// The PEM key is encrypted.
    #[error("its private key is encrypted, which is for PFX alone")]
    Encrypted,
    /// The file has no private key.
    #[error("it holds no private key")]
    NoKey,
    /// The key is not of a kind that Entra accepts.
    #[error("its private key is not an RSA key of 2,048 to 4,096 bits")]
    NotRsa,
    /// The file has no certificate of the key.
    #[error("it holds no certificate of its private key")]
    NoCertificate,
    /// The key did not sign.
    #[error("its private key cannot sign")]
    Unsigned,
}

/// A private key and the thumbprint of its certificate.
pub(super) struct CertifiedKey {
    pub(super) key: KeyPair,
    /// The certificate's SHA-256 as `x5t#S256` has it.
    pub(super) thumbprint: String,
}

impl CertifiedKey {
    /// Finds the certificate of a key.
    pub(super) fn new<'a>(
        key: &PrivateKeyDer<'_>,
        certificates: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, CertificateError> {
        let key = match key {
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(CertificateError::NotRsa),
        };
        let key = key.map_err(|_| CertificateError::NotRsa)?;
        // A certificate holds its public key in the very form that the key pair gives.
        let public = key.public().as_ref();
        let holds = |der: &&[u8]| der.windows(public.len()).any(|window| window == public);
        let certificate = certificates.into_iter().find(holds);
        let certificate = certificate.ok_or(CertificateError::NoCertificate)?;
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate));
        Ok(Self { key, thumbprint })
    }
}
