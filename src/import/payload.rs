//! Payloads of imported objects: the files beside a manifest that `$file` names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::place::slug_of_kind;
use crate::schema::model::Property;
use crate::schema::semantics::Takes;
use crate::values::certificate;
use crate::values::digest::{Domain, hex};
use crate::values::payload::{decoded, text_of};

/// The longest text that stands in a manifest and not in a file, where its property is made for a payload.
const LONGEST_LINE: usize = 100;

/// The number of lines from which on a text is a file of its own, whatever its property is made for.
const MOST_LINES: usize = 12;

/// The letters of a digest that tell two files apart.
const LETTERS: usize = 8;

/// The form in which a text stands in a manifest.
pub(super) enum TextForm {
    /// As it is.
    Plain(String),
    /// As `{ $text: … }`.
    Text(String),
    /// As `{ $file: … }`.
    File(PayloadFile),
}

/// A file beside a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadFile {
    /// The name.
    pub name: String,
    /// The content.
    pub content: Vec<u8>,
}

/// Returns the form of the text of a property, which may be base64. `words` name the file beyond the manifest's name.
pub(super) fn form(property: &Property, text: &str, manifest: &str, words: &str) -> TextForm {
    let is_payload = property.facts.takes.is_some_and(|takes| {
        matches!(takes, Takes::Certificate | Takes::PropertyList | Takes::Xml)
    });
    let bytes = match property.is_base64() {
        true => decoded(text).unwrap_or_default(),
        false => text.as_bytes().to_vec(),
    };
    // What is read back has to be what was written.
    if property.is_base64()
        && BASE64.encode(&bytes) != text.split_ascii_whitespace().collect::<String>()
    {
        return TextForm::Plain(text.to_owned());
    }
    let file = |bytes: Vec<u8>| {
        let extension = extension(property.facts.takes, &bytes);
        let name = file_name(property, manifest, words, extension);
        TextForm::File(PayloadFile { name, content: bytes })
    };
    let inner = std::str::from_utf8(&bytes).ok().filter(|inner| is_writable(inner));
    let Some(inner) = inner else {
        return file(bytes);
    };
    let lines = inner.lines().count();
    let is_large = lines > MOST_LINES || inner.contains('\r');
    let is_long = lines > 1 || inner.len() > LONGEST_LINE;
    let is_markup = inner.trim_start().starts_with('<') && is_long;
    if is_large || is_markup || (is_payload || property.is_base64()) && is_long {
        return file(bytes);
    }
    let inner = inner.to_owned();
    if property.is_base64() { TextForm::Text(inner) } else { TextForm::Plain(inner) }
}

/// Returns a file of the same manifest under a name that its content tells from another's.
pub(super) fn told_apart(file: PayloadFile) -> PayloadFile {
    let digest = hex(Domain::Element, &BASE64.encode(&file.content));
    let (name, extension) = file.name.rsplit_once('.').unwrap_or((&file.name, "bin"));
    PayloadFile {
        name: format!("{name}-{}.{extension}", &digest[..LETTERS]),
        content: file.content,
    }
}

/// Whether a text can stand in a manifest: a control character would need an escape that hides it.
fn is_writable(text: &str) -> bool {
    !text.contains(|letter: char| letter.is_control() && !"\n\t\r".contains(letter))
}

fn file_name(property: &Property, manifest: &str, words: &str, extension: &str) -> String {
    // The payload of a profile that is made to carry one needs no further name.
    let is_the_payload = ["payload", "trustedRootCertificate"].contains(&property.name.as_str());
    let words = slug_of_kind(words);
    match is_the_payload || words.is_empty() {
        true => format!("{manifest}.{extension}"),
        false => format!("{manifest}.{words}.{extension}"),
    }
}

/// Returns the ending of a file by what it holds. A manifest has another ending, and so does what looks like one.
fn extension(takes: Option<Takes>, bytes: &[u8]) -> &'static str {
    if certificate::read(bytes).is_some() {
        return "cer";
    }
    let text = text_of(bytes);
    let start = text.as_deref().map(|text| text.trim_start_matches('\u{feff}').trim_start());
    match (takes, start) {
        (Some(Takes::PropertyList), _) => "mobileconfig",
        (_, Some(text)) if text.starts_with('<') => "xml",
        (_, Some(text)) if text.starts_with("#!") => "sh",
        (_, Some(_)) => "txt",
        (_, None) => "bin",
    }
}
