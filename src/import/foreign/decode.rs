//! Decodes the bytes of files: UTF-8 and UTF-16, with a byte-order mark or without one.

/// Returns the text of a file, without a byte-order mark.
///
/// # Errors
/// Why it is no text, as the end of a sentence.
pub(super) fn text(bytes: &[u8]) -> Result<String, String> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Err("it is UTF-32".to_owned()),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // Every document begins with two characters of ASCII.
        [1..=0x7F, 0, 1..=0x7F, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, 1..=0x7F, 0, 1..=0x7F, ..] => utf16(bytes, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let at = error.valid_up_to();
        format!("it is neither UTF-8 nor UTF-16: the byte 0x{:02X} at offset {at}", bytes[at])
    })
}

fn utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Result<String, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("it begins as UTF-16, and ends within a character".to_owned());
    }
    let mut text = String::with_capacity(pairs.len());
    for (at, character) in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).enumerate() {
        text.push(
            character
                .map_err(|_| format!("it begins as UTF-16, and character {at} is half of one"))?,
        );
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_and_utf_16_are_decoded_with_and_without_a_mark() {
        let written = "{\"a\": \"é 😀\"}";
        let le = |mark: &[u16]| -> Vec<u8> {
            let units = mark.iter().copied().chain(written.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        };
        let be = |mark: &[u16]| -> Vec<u8> {
            let units = mark.iter().copied().chain(written.encode_utf16());
            units.flat_map(u16::to_be_bytes).collect()
        };
        let marked = format!("\u{feff}{written}");
        for bytes in [
            written.as_bytes().to_vec(),
            marked.into_bytes(),
            le(&[]),
            le(&[0xFEFF]),
            be(&[]),
            be(&[0xFEFF]),
        ] {
            assert_eq!(text(&bytes).as_deref(), Ok(written), "{bytes:?}");
        }
        assert_eq!(text(b"").as_deref(), Ok(""));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_a_reason() {
        for (bytes, why) in [
            (&b"a: caf\xE9"[..], "0xE9 at offset 6"),
            (b"\xFF\xFEa", "within a character"),
            (b"\xFF\xFE\x00\xD8a\x00", "character 0 is half"),
            (b"\xFF\xFE\0\0a\0\0\0", "UTF-32"),
        ] {
            let error = text(bytes).expect_err("no text");
            assert!(error.contains(why), "{error}");
        }
    }
}
