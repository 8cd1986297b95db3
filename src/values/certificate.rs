//! X.509 certificates as people tell them apart: by subject, thumbprint and expiry.

use std::fmt;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// The attributes of a name that are shown, by their object identifiers in DER.
const ATTRIBUTES: [(&[u8], &str); 7] = [
    (&[0x55, 0x04, 0x03], "CN"),
    (&[0x55, 0x04, 0x0b], "OU"),
    (&[0x55, 0x04, 0x0a], "O"),
    (&[0x55, 0x04, 0x07], "L"),
    (&[0x55, 0x04, 0x08], "ST"),
    (&[0x55, 0x04, 0x06], "C"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19], "DC"),
];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const BMP_STRING: u8 = 0x1e;

/// The parts of a certificate that tell it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSummary {
    /// The subject's name.
    pub subject: String,
    /// The SHA-1 of the certificate in capital hexadecimal digits, as Windows shows it.
    pub thumbprint: String,
    /// The last day on which it is valid.
    pub expires: String,
}

impl fmt::Display for CertificateSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, thumbprint, expires } = self;
        write!(f, "certificate {subject}, thumbprint {thumbprint}, expires {expires}")
    }
}

/// Reads a certificate in DER, `None` where the bytes are none.
pub fn read(der: &[u8]) -> Option<CertificateSummary> {
    let mut whole = Reader(der);
    let mut parts = Reader(whole.take(SEQUENCE)?);
    let mut fields = Reader(parts.take(SEQUENCE)?);
    // The version may be absent; then come the serial number, the algorithm and the issuer.
    if fields.0.first() == Some(&0xa0) {
        fields.next()?;
    }
    fields.take(0x02)?;
    fields.take(SEQUENCE)?;
    fields.take(SEQUENCE)?;
    let mut validity = Reader(fields.take(SEQUENCE)?);
    validity.next()?;
    let expires = day(validity.next()?)?;
    let subject = name(fields.take(SEQUENCE)?)?;
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &der[..der.len() - whole.0.len()]);
    let thumbprint = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    Some(CertificateSummary { subject, thumbprint, expires })
}

fn name(names: &[u8]) -> Option<String> {
    let mut parts = Vec::new();
    let mut names = Reader(names);
    while !names.0.is_empty() {
        let mut attributes = Reader(names.take(SET)?);
        while !attributes.0.is_empty() {
            let mut attribute = Reader(attributes.take(SEQUENCE)?);
            let id = attribute.take(0x06)?;
            let (tag, value) = attribute.next()?;
            if let Some((_, label)) = ATTRIBUTES.iter().find(|(known, _)| *known == id) {
                parts.push(format!("{label}={}", text(tag, value)));
            }
        }
    }
    Some(if parts.is_empty() { "without a subject".to_owned() } else { parts.join(", ") })
}

fn text(tag: u8, value: &[u8]) -> String {
    if tag == BMP_STRING {
        let units: Vec<u16> =
            value.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(value).into_owned()
}

/// Returns the day of a time as `2046-11-16`.
fn day((tag, value): (u8, &[u8])) -> Option<String> {
    let digits = std::str::from_utf8(value).ok()?;
    let is_day = |day: &str| day.bytes().all(|byte| byte.is_ascii_digit());
    let (year, rest) = match tag {
        // Two digits stand for 1950 to 2049.
        UTC_TIME => {
            let year = digits.get(..2)?;
            (format!("{}{year}", if year < "50" { "20" } else { "19" }), digits.get(2..6)?)
        }
        GENERALIZED_TIME => (digits.get(..4)?.to_owned(), digits.get(4..8)?),
        _ => return None,
    };
    (is_day(&year) && is_day(rest)).then(|| format!("{year}-{}-{}", &rest[..2], &rest[2..]))
}

/// Reads values of DER one after another.
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// Returns the tag and the content of the next value.
    fn next(&mut self) -> Option<(u8, &'d [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match *first {
            short @ 0..=0x7f => (usize::from(short), rest),
            long @ 0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(long - 0x80))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, content))
    }

    /// Returns the content of the next value, where it has this tag.
    fn take(&mut self, wanted: u8) -> Option<&'d [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_by_subject_thumbprint_and_expiry() {
        let der = include_bytes!("../../examples/contoso/payloads/contoso-root-ca.cer");
        let read_as = read(der).map(|certificate| certificate.to_string());
        assert_eq!(
            read_as.as_deref(),
            Some(
                "certificate C=IE, O=Contoso, CN=Contoso Root CA, thumbprint 3F0429F2CCEA2248DF3D798DAAF567C186AA99F2, expires 2046-11-16"
            )
        );
        for length in 0..der.len() {
            assert_eq!(read(&der[..length]), None, "{length} bytes");
        }
        assert_eq!(read(b"-----BEGIN CERTIFICATE-----"), None);
    }
}
