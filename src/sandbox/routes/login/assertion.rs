//! Client assertions: signed JWTs and their signatures.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;
use webpki::EndEntityCert;
use webpki::ring::{
    RSA_PKCS1_2048_8192_SHA256 as RS256, RSA_PSS_2048_8192_SHA256_LEGACY_KEY as PS256,
};

use super::denial::OUTSIDE_ITS_TIME;
use crate::sandbox::clock;
use crate::sandbox::refusal::Allowed;
use crate::sandbox::state::SigningKey;

/// The tolerated difference between clocks, in seconds.
const SKEW: i64 = 5 * 60;

/// A client assertion.
pub(super) struct Assertion<'a> {
    header: Value,
    claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Assertion<'a> {
    /// Parses a JWT.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part: &str| serde_json::from_slice(&bytes(part)?).ok();
        Some(Self {
            header: json(header)?,
            claims: json(claims)?,
            signature: bytes(signature)?,
            signed,
        })
    }

    /// Returns a claim that is text.
    pub(super) fn claim(&self, name: &str) -> &str {
        self.claims[name].as_str().unwrap_or_default()
    }

    /// Whether the header names a certificate, in PEM, by its thumbprint.
    pub(super) fn names(&self, certificate: &str) -> bool {
        der(certificate).is_some_and(|der| {
            let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &der));
            self.header["x5t#S256"] == thumbprint.as_str()
        })
    }

    /// Whether the key of a certificate, in PEM, signed the assertion.
    pub(super) fn is_signed_by_certificate(&self, certificate: &str) -> bool {
        let algorithm = match self.header["alg"].as_str() {
            Some("PS256") => PS256,
            Some("RS256") => RS256,
            _ => return false,
        };
        let Some(der) = der(certificate) else { return false };
        let signed = self.signed.as_bytes();
        EndEntityCert::try_from(&der)
            .is_ok_and(|key| key.verify_signature(algorithm, signed, &self.signature).is_ok())
    }

    /// Whether an issuer's key signed the assertion. Of an issuer Entra takes RS256 alone (FACTS 10).
    pub(super) fn is_signed_by_key(&self, key: &SigningKey) -> bool {
        let key = bytes(&key.n).zip(bytes(&key.e)).map(|(n, e)| RsaPublicKeyComponents { n, e });
        let (algorithm, signed) = (&RSA_PKCS1_2048_8192_SHA256, self.signed.as_bytes());
        self.header["alg"] == "RS256"
            && key.is_some_and(|key| key.verify(algorithm, signed, &self.signature).is_ok())
    }

    /// Refuses the assertion before and after its validity.
    pub(super) fn check_time(&self) -> Allowed<()> {
        let now = clock::now();
        let second = |claim: &str| self.claims[claim].as_i64().unwrap_or_default();
        let (from, until) = (second("nbf").max(second("iat")), second("exp"));
        if (from - SKEW..until + SKEW).contains(&now.as_second()) {
            return Ok(());
        }
        let wire = |second| Timestamp::from_second(second).map(clock::wire).unwrap_or_default();
        Err(OUTSIDE_ITS_TIME.refusal(&[&clock::wire(now), &wire(from), &wire(until)]))
    }
}

fn bytes(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

fn der(certificate: &str) -> Option<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(certificate.as_bytes()).ok()
}
