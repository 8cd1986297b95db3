//! Decodes the bytes of files.

use std::path::Path;

use crate::diagnostic::{FileId, Finding, Span};

const UTF8_BOM: &[u8] = &[0xEF, 0xBB, 0xBF];

/// Returns the text of a file, without a byte-order mark. YAML is read as UTF-8 only.
///
/// # Errors
/// `yaml/encoding`, with a place in [`String::from_utf8_lossy`] of the same bytes, and without one where the whole
/// file is of another encoding.
pub fn decode<'b>(bytes: &'b [u8], path: &Path, file: FileId) -> Result<&'b str, Finding> {
    let text = bytes.strip_prefix(UTF8_BOM).unwrap_or(bytes);
    if is_utf16(bytes) {
        return Err(Finding::file_error("yaml/encoding", path, "the file is UTF-16, not UTF-8")
            .help("save it as UTF-8; Windows PowerShell's `>` and Out-File write UTF-16"));
    }
    std::str::from_utf8(text).map_err(|error| {
        let at = error.valid_up_to() + (bytes.len() - text.len());
        let span = Span::new(file, at..at + char::REPLACEMENT_CHARACTER.len_utf8());
        let message = format!("the byte 0x{:02X} at offset {at} is not UTF-8", bytes[at]);
        Finding::error("yaml/encoding", span, message).help("save the file as UTF-8")
    })
}

/// Whether a file is UTF-16: it begins with such a byte-order mark, or with two such letters.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xFF, 0xFE, ..]
            | [0xFE, 0xFF, ..]
            | [1..=u8::MAX, 0, 1..=u8::MAX, 0, ..]
            | [0, 1..=u8::MAX, 0, 1..=u8::MAX, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;

    fn decoded(bytes: &[u8]) -> Result<&str, Finding> {
        decode(bytes, Path::new("a.yaml"), Sources::default().next_id())
    }

    #[test]
    fn byte_order_mark_is_removed() {
        assert_eq!(decoded("\u{feff}a: é".as_bytes()), Ok("a: é"));
        assert_eq!(decoded(b""), Ok(""));
    }

    #[test]
    fn invalid_bytes_have_a_place_in_the_lossy_text() {
        for bytes in [&b"a: caf\xE9\n"[..], &b"\xEF\xBB\xBFa: caf\xE9\n"[..]] {
            let error = decoded(bytes).expect_err("not UTF-8");
            assert_eq!(error.code, "yaml/encoding");
            let range = error.span.expect("a place").range();
            assert_eq!(&String::from_utf8_lossy(bytes)[range], "\u{fffd}");
            assert!(error.message.starts_with("the byte 0xE9 at offset "), "{}", error.message);
        }
    }

    #[test]
    fn utf_16_is_refused_by_name() {
        for bytes in [&b"\xFF\xFEa\0"[..], b"\xFE\xFF\0a", b"a\0p\0", b"\0a\0p"] {
            let error = decoded(bytes).expect_err("not UTF-8");
            assert!(error.span.is_none() && error.help.is_some_and(|help| help.contains("UTF-16")));
        }
    }
}
