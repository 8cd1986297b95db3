//! RSA keys of the tests, and what is made with them: assertions, key sets, certificates.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey,
    PrivateKeyChain,
};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

/// An RSA key.
#[derive(Clone)]
pub struct Key(Vec<u8>);

impl Key {
    /// The key of the app.
    pub fn app() -> Self {
        Self::read(include_str!("../../fixtures/keys/app.pkcs8.b64"))
    }

    /// The key of those who issue assertions.
    pub fn issuer() -> Self {
        Self::read(include_str!("../../fixtures/keys/issuer.pkcs8.b64"))
    }

    fn read(text: &str) -> Self {
        let text: String = text.split_whitespace().collect();
        Self(STANDARD.decode(text).expect("the fixture is base64"))
    }

    fn pair(&self) -> KeyPair {
        KeyPair::from_pkcs8(&self.0).expect("the fixture is a key")
    }

    /// Returns the public key as a JSON Web Key Set.
    pub fn jwks(&self) -> Value {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.pair().public());
        let [n, e] = [public.n, public.e].map(|part| URL_SAFE_NO_PAD.encode(part));
        json!({"keys": [{"kty": "RSA", "use": "sig", "n": n, "e": e}]})
    }

    /// Returns a JWT of these claims, signed by RS256.
    pub fn sign(&self, claims: &Value) -> String {
        let part = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let header = json!({"alg": "RS256", "typ": "JWT"});
        let signed = format!("{}.{}", part(&header), part(claims));
        let pair = self.pair();
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("the key signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Returns the key in PEM.
    pub fn pem(&self) -> String {
        let kind = "PRIVATE KEY";
        format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(&self.0))
    }

    /// Returns a certificate of the key in PEM, and in DER.
    pub fn certificate(&self) -> (String, Vec<u8>) {
        let pair =
            rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(&self.pem(), &rcgen::PKCS_RSA_SHA256)
                .expect("the fixture is a key");
        let parameters = rcgen::CertificateParams::new(vec!["contoso.com".to_owned()])
            .expect("the name is valid");
        let certificate = parameters.self_signed(&pair).expect("the key signs");
        (certificate.pem(), certificate.der().to_vec())
    }

    /// Returns a PFX of the key and its certificate, in today's encryption or in that of older Windows.
    pub fn pfx(&self, password: &str, old: bool) -> Vec<u8> {
        let certificate =
            Certificate::from_der(&self.certificate().1).expect("a certificate was made");
        let key = PrivateKey::from_der(&self.0).expect("the fixture is a key");
        let mut store = KeyStore::new();
        let chain = PrivateKeyChain::new("1", key, [certificate]);
        store.add_entry("moorline", KeyStoreEntry::PrivateKeyChain(chain));
        let writer = store.writer(password).encryption_iterations(2_000).mac_iterations(2_000);
        let writer = if old {
            writer
                .encryption_algorithm(EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc)
                .mac_algorithm(MacAlgorithm::HmacSha1)
        } else {
            writer
        };
        writer.write().expect("the PFX is written")
    }
}
