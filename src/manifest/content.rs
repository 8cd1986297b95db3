//! Checks what the text of a value holds: private keys and other secrets, and content that no device takes.

use roxmltree::{Document, ParsingOptions};

use super::value::{Declared, Value};
use crate::diagnostic::{Finding, Severity, Sources, Span};
use crate::schema::model::Property;
use crate::schema::semantics::Takes;
use crate::schema::walk::TypedPlace;
use crate::values::certificate;
use crate::values::payload::private_key::{self, KeyForm};
use crate::values::payload::{self, decoded, holder_of_secret, text_of};
use crate::values::secret::may_be_from_environment;

/// The beginning of a file that Git LFS keeps elsewhere.
const LFS_POINTER: &str = "version https://git-lfs.github.com/spec/";

/// The object identifier of signed data in DER (PKCS #7).
const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// The beginning of a property list in Apple's binary form.
const BINARY_PROPERTY_LIST: &[u8] = b"bplist00";

/// Checks the text of a value. A text that is clear, by [`secrets`], is not looked through for secrets again.
pub(super) fn text(
    property: &Property,
    text: &str,
    is_clear: bool,
    span: Span,
    findings: &mut Vec<Finding>,
) {
    if property.is_secret() {
        return;
    }
    let encoded = property.is_base64().then(|| decoded(text)).flatten();
    let bytes = encoded.as_deref().unwrap_or(text.as_bytes());
    // With NUL in it, the text may be one of UTF-16.
    let is_clear = is_clear && encoded.is_none() && !text.contains('\0');
    let checked = CheckedText { property, span, bytes, is_clear };
    if let Some(foreign) = checked.private_key().or_else(|| checked.foreign()) {
        let is_error = foreign.severity == Severity::Error;
        findings.push(foreign);
        if is_error {
            return;
        }
    }
    findings.extend(checked.secret());
    findings.extend(checked.line_ends());
}

/// Returns the secrets that a value holds in clear, each with the place of its value.
pub(super) fn secrets(spec: &Value) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    for value in spec.descendants() {
        match &value.declared {
            Declared::Object(_) => {
                let holder = holder_of_secret(|name| value.get(name).and_then(Value::as_str));
                let held = holder.and_then(|holder| value.get(holder));
                found.extend(held.and_then(|held| Some((held.span, held.as_str()?.to_owned()))));
            }
            Declared::String(text) => {
                let places = payload::secrets_in(text).into_iter();
                found.extend(places.map(|place| (value.span, text[place].to_owned())));
            }
            _ => {}
        }
    }
    found
}

/// Returns whether the value in a place is written there. The text of a file stands in no source.
pub(super) fn is_written(place: Span, sources: &Sources) -> bool {
    !sources.text(place).contains("$file")
}

/// Reports a value that a name beside it says to be a secret.
pub(super) fn pair(place: &TypedPlace<'_, Value>, value: &Value) -> Option<Finding> {
    let holder = holder_of_secret(|name| value.get(name).and_then(Value::as_str))?;
    let held =
        value.get(holder).filter(|held| held.as_str().is_some_and(|text| !text.is_empty()))?;
    let structure = place.structure(value)?;
    let property = structure.properties.get(holder)?;
    let message = format!("`{holder}` holds a secret in clear, as the name beside it says");
    Some(in_clear(property, held.span, message))
}

fn in_clear(property: &Property, span: Span, message: String) -> Finding {
    Finding::warning("secret/in-payload", span, message).help(if may_be_from_environment(property) {
        "take the whole value from the environment: `{ $env: NAME }`; change the secret if this was ever committed"
    } else {
        "take it out of the text, since every account that may read the tenant's configurations sees it: have it asked for, or use a certificate, or a kind with a property for it"
    })
}

/// The text of a value, decoded.
struct CheckedText<'a> {
    property: &'a Property,
    span: Span,
    bytes: &'a [u8],
    /// Whether they are known to hold no secret by themselves.
    is_clear: bool,
}

impl CheckedText<'_> {
    /// Refuses a private key, which would be published to every device.
    fn private_key(&self) -> Option<Finding> {
        let name = &self.property.name;
        let is_certificate = self.property.facts.takes == Some(Takes::Certificate);
        let form = match self.is_clear {
            true => private_key::in_der(self.bytes),
            false => private_key::in_bytes(self.bytes),
        };
        let what = match form? {
            KeyForm::Key => "a private key",
            // A profile may bring a PFX along, whose password is elsewhere.
            KeyForm::Pfx if is_certificate => "a PFX, which keeps a private key",
            KeyForm::Pfx => return None,
        };
        let message =
            format!("`{name}` would hold {what}, and is published to every device of the profile");
        let help = if may_be_from_environment(self.property) {
            "take the value from the environment: `{ $env: NAME }`; replace the key if this was ever committed"
        } else if is_certificate {
            "give the certificate alone: `openssl x509 -in FILE -outform DER -out FILE.cer`; replace the key if this was ever committed"
        } else {
            "take the key out of the file; replace it if this was ever committed"
        };
        Some(Finding::error("secret/private-key", self.span, message).help(help))
    }

    /// Reports a secret in clear.
    fn secret(&self) -> Option<Finding> {
        let text = if self.is_clear { None } else { text_of(self.bytes) };
        let first = text.as_deref().and_then(|text| {
            let first = payload::secrets_in(text).first()?.start;
            Some(text[..first].lines().count().max(1))
        });
        let is_key = private_key::in_der(self.bytes).is_some();
        let name = &self.property.name;
        let message = match first {
            Some(line) if text.is_some_and(|text| text.lines().count() > 1) => {
                format!("`{name}` holds a secret in clear, in line {line} of its text")
            }
            Some(_) => format!("`{name}` holds a secret in clear"),
            None if is_key => format!("`{name}` holds a private key"),
            None => return None,
        };
        Some(in_clear(self.property, self.span, message))
    }

    /// Reports a byte-order mark and carriage returns, which a device takes for a part of the text.
    fn line_ends(&self) -> Option<Finding> {
        let text = std::str::from_utf8(self.bytes).ok()?;
        let is_read_by_windows = matches!(self.property.facts.takes, None | Some(Takes::Xml));
        let mark = text.starts_with('\u{feff}');
        let returns = is_read_by_windows && text.contains('\r');
        let what = match (mark, returns) {
            (true, true) => {
                "begins with a byte-order mark (U+FEFF) and holds carriage returns (CRLF)"
            }
            (true, false) => "begins with a byte-order mark (U+FEFF)",
            (false, true) => "holds carriage returns (CRLF)",
            (false, false) => return None,
        };
        let message = format!("the text of `{}` {what}", self.property.name);
        Some(Finding::warning("value/line-ends", self.span, message).help(
            "save the file as UTF-8 without a mark and with line feeds; `*.xml text eol=lf` in .gitattributes keeps Git from changing them",
        ))
    }

    /// Reports content that is not what the property takes.
    fn foreign(&self) -> Option<Finding> {
        let name = &self.property.name;
        let finding = |make: fn(&'static str, Span, String) -> Finding, what: &str, help: &str| {
            let message = format!("the content of `{name}` is {what}");
            Some(make("value/content", self.span, message).help(help))
        };
        let error: fn(&'static str, Span, String) -> Finding = |c, s, m| Finding::error(c, s, m);
        let warning: fn(&'static str, Span, String) -> Finding =
            |c, s, m| Finding::warning(c, s, m);
        if self.bytes.starts_with(LFS_POINTER.as_bytes()) {
            let what = "the pointer of a file that Git LFS keeps elsewhere";
            return finding(error, what, "fetch the file itself: `git lfs pull`");
        }
        let takes = self.property.facts.takes?;
        let (wanted, mend) = match takes {
            Takes::Certificate => {
                ("a certificate in DER", "give the certificate as a `.cer` file in DER")
            }
            Takes::PropertyList => ("a property list", "give the `.mobileconfig` file itself"),
            Takes::Xml => ("XML", "give the XML file itself"),
            Takes::WirelessKey | Takes::Line => return None,
        };
        if self.bytes.iter().all(u8::is_ascii_whitespace) {
            return finding(error, "empty", mend);
        }
        if is_taken(takes, self.bytes) {
            return None;
        }
        let text = text_of(self.bytes).unwrap_or_default();
        let begin = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        let begins =
            |with: &str| begin.get(..with.len()).is_some_and(|b| b.eq_ignore_ascii_case(with));
        if begins("<!doctype html") || begins("<html") {
            return finding(error, "a web page, such as a server's error", mend);
        }
        if begin.starts_with("-----BEGIN CERTIFICATE") && takes == Takes::Certificate {
            let help = "convert it: `openssl x509 -in FILE -outform DER -out FILE.cer`";
            return finding(error, "a certificate in PEM, and it takes DER", help);
        }
        if decoded(&text).is_some_and(|inner| is_taken(takes, &inner)) {
            let help = "give it decoded: the value is encoded when it is read";
            return finding(error, "encoded in base64 twice", help);
        }
        if takes != Takes::Certificate
            && std::str::from_utf8(self.bytes).is_err_and(|_| !text.is_empty())
            || self.bytes.starts_with(&[0xff, 0xfe])
        {
            return finding(error, "UTF-16", "save the file as UTF-8");
        }
        if takes == Takes::Certificate && self.bytes.get(2..).is_some_and(holds_signed_data) {
            let help =
                "take the certificate out: `openssl pkcs7 -in FILE -inform DER -print_certs`";
            return finding(error, "a bundle of certificates (PKCS #7)", help);
        }
        finding(warning, &format!("not {wanted}"), mend)
    }
}

/// Returns whether bytes are what a property takes.
fn is_taken(takes: Takes, bytes: &[u8]) -> bool {
    let text = || std::str::from_utf8(bytes).ok().map(|text| text.trim_start_matches('\u{feff}'));
    match takes {
        Takes::Certificate => certificate::read(bytes).is_some(),
        Takes::PropertyList => {
            bytes.starts_with(BINARY_PROPERTY_LIST)
                || bytes.starts_with(&[0x30]) && holds_signed_data(bytes)
                || text().is_some_and(|text| root_of(text).is_some_and(|root| root == "plist"))
        }
        // A policy of Windows may have several elements without a root.
        Takes::Xml => text().is_some_and(|text| {
            let text = text.trim_start();
            text.starts_with('<')
                && !root_of(text).is_some_and(|root| root.eq_ignore_ascii_case("html"))
        }),
        Takes::WirelessKey | Takes::Line => true,
    }
}

/// Returns the name of the root of an XML document.
fn root_of(text: &str) -> Option<String> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text.trim_start(), options).ok()?;
    Some(document.root_element().tag_name().name().to_owned())
}

fn holds_signed_data(bytes: &[u8]) -> bool {
    let begin = &bytes[..bytes.len().min(24)];
    begin.windows(SIGNED_DATA.len()).any(|window| window == SIGNED_DATA)
}
