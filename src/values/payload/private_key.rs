//! Private keys, in PEM and in DER.

use std::ops::Range;

/// The form of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// A key by itself: in PEM, or as PKCS#8, PKCS#1 or SEC1.
    Key,
    /// A PFX, which keeps keys with certificates behind a password.
    Pfx,
}

/// The object identifier of a key that is encrypted by PKCS#5, in DER.
const PBES2: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];

/// Returns the form of the private key that bytes are, in DER.
pub fn in_der(bytes: &[u8]) -> Option<KeyForm> {
    let content = sequence(bytes)?;
    match content {
        [0x02, 0x01, 0x03, 0x30, ..] => Some(KeyForm::Pfx),
        [0x02, 0x01, 0x00, 0x30 | 0x02, ..] | [0x02, 0x01, 0x01, 0x30 | 0x04, ..] => {
            Some(KeyForm::Key)
        }
        [0x30, ..] if sequence(content)?.starts_with(&PBES2) => Some(KeyForm::Key),
        _ => None,
    }
}

/// Returns the form of the private key in bytes: the bytes themselves, or a block of PEM within.
pub fn in_bytes(bytes: &[u8]) -> Option<KeyForm> {
    let pem = || super::text_of(bytes).and_then(|text| in_pem(&text).first().map(|_| KeyForm::Key));
    in_der(bytes).or_else(pem)
}

/// Returns where private keys stand in PEM.
pub fn in_pem(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !text.contains("-----BEGIN ") {
        return found;
    }
    let mut at = 0;
    while let Some(start) = text[at..].find("-----BEGIN ").map(|start| at + start) {
        let label = &text[start + 11..];
        let label = &label[..label.find("-----").unwrap_or(0)];
        at = start + 11;
        if label.len() > 40 || !label.ends_with("PRIVATE KEY") {
            continue;
        }
        let end = format!("-----END {label}-----");
        at = text[start..].find(&end).map_or(text.len(), |place| start + place + end.len());
        found.push(start..at);
    }
    found
}

/// Returns the content of a sequence, as far as it is there.
fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(&[0x30])?;
    match rest {
        [0x80, rest @ ..] => Some(rest),
        [length, rest @ ..] if *length < 0x80 => Some(rest),
        [length @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(length - 0x80)..),
        _ => None,
    }
}
