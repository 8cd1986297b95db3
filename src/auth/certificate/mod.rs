//! The certificate of an app, whose private key signs the app's assertions.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::RSA_PSS_SHA256;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use super::AuthError;
use crate::disk;
use identity::CertifiedKey;

mod identity;
mod pem;
mod pfx;

pub use identity::CertificateError;

/// The lifetime of an assertion, in seconds.
const LIFETIME: i64 = 10 * 60;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// A file with a certificate and its private key.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) path: PathBuf,
    pub(super) password: Option<SecretString>,
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
        let identity = if pem::is_pem(&bytes) {
            pem::read(&bytes)
        } else {
            pfx::read(&bytes, self.password.as_ref())
        };
        identity
            .and_then(|identity| assertion(&identity, client_id, audience, now))
            .map_err(|source| AuthError::Certificate { path: self.path.clone(), source })
    }
}

/// Returns an assertion: a JWT that is signed by PS256.
fn assertion(
    identity: &CertifiedKey,
    client_id: &str,
    audience: &str,
    now: Timestamp,
) -> Result<SecretString, CertificateError> {
    let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": identity.thumbprint});
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
    let mut signature = vec![0; identity.key.public().modulus_len()];
    identity
        .key
        .sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| CertificateError::Unsigned)?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
}
