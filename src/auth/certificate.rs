//! The certificate of an app, whose private key signs the app's assertions.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use p12_keystore::{Pkcs12Archive, error::Error as PfxError};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PSS_SHA256;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use super::AuthError;
use crate::disk;

/// The lifetime of an assertion, in seconds.
const LIFETIME: i64 = 10 * 60;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// The beginning of every PEM block; text may stand before the first one.
const PEM: &[u8] = b"-----BEGIN ";

/// The beginning of a PEM block with an encrypted key.
const ENCRYPTED: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";

/// A file with a certificate and its private key.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) path: PathBuf,
    pub(super) password: Option<SecretString>,
}

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

impl Certificate {
    /// Reads the file, which may have been renewed meanwhile, and signs an assertion.
    pub(super) fn sign(
        &self,
        client_id: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<SecretString, AuthError> {
        let bytes = disk::read(&self.path, LONGEST)
            .map_err(|source| AuthError::file("the client certificate", &self.path, source))?;
        let certified = if contains(&bytes, PEM) {
            from_pem(&bytes)
        } else {
            from_pfx(&bytes, self.password.as_ref())
        };
        certified
            .and_then(|certified| assertion(&certified, client_id, audience, now))
            .map_err(|source| AuthError::Certificate { path: self.path.clone(), source })
    }
}

/// A private key and the thumbprint of its certificate.
struct CertifiedKey {
    key: KeyPair,
    /// The certificate's SHA-256 as `x5t#S256` has it.
    thumbprint: String,
}

/// Reads the first private key of a PEM file and its certificate.
fn from_pem(bytes: &[u8]) -> Result<CertifiedKey, CertificateError> {
    let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|error| match error {
        PemError::NoItemsFound if contains(bytes, ENCRYPTED) => CertificateError::Encrypted,
        PemError::NoItemsFound => CertificateError::NoKey,
        _ => CertificateError::Pem,
    })?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let certificates = certificates.map_err(|_| CertificateError::Pem)?;
    CertifiedKey::new(&key, certificates.iter().map(AsRef::as_ref))
}

/// Reads the private key of a PFX, also called PKCS #12, and its certificate.
fn from_pfx(
    bytes: &[u8],
    password: Option<&SecretString>,
) -> Result<CertifiedKey, CertificateError> {
    let password = password.map_or("", ExposeSecret::expose_secret);
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|error| match error {
        PfxError::MacError(_) | PfxError::UnpadError | PfxError::Pkcs5Error(_) => {
            CertificateError::Password
        }
        _ => CertificateError::Pfx,
    })?;
    let key = archive.keys.first().ok_or(CertificateError::NoKey)?;
    let certificates = archive.certs.iter().map(|bag| bag.cert.as_der());
    CertifiedKey::new(&PrivatePkcs8KeyDer::from(key.key.as_der()).into(), certificates)
}

impl CertifiedKey {
    /// Finds the certificate of a key.
    fn new<'a>(
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
        let holds = |der: &&[u8]| contains(der, public);
        let certificate = certificates.into_iter().find(holds);
        let certificate = certificate.ok_or(CertificateError::NoCertificate)?;
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate));
        Ok(Self { key, thumbprint })
    }
}

/// Returns an assertion: a JWT that is signed by PS256.
fn assertion(
    certified: &CertifiedKey,
    client_id: &str,
    audience: &str,
    now: Timestamp,
) -> Result<SecretString, CertificateError> {
    let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": certified.thumbprint});
    let now = now.as_second();
    let claims = json!({
        "aud": audience,
        "exp": now + LIFETIME,
        "iat": now,
        "iss": client_id,
        "jti": Uuid::new_v4().to_string(),
        "nbf": now,
        "sub": client_id,
    });
    let part = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let mut signature = vec![0; certified.key.public().modulus_len()];
    certified
        .key
        .sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| CertificateError::Unsigned)?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
