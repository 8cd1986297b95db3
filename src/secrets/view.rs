//! A text with escapes decoded, and the position of each byte in the original text.

use std::ops::Range;

/// Bytes, and their positions in the original text.
pub(super) struct View {
    bytes: Vec<u8>,
    /// The range of the original text for each byte.
    from: Vec<Range<u32>>,
}

impl View {
    /// Returns the view of a text without changes.
    pub(super) fn of(text: &str) -> Self {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            bytes: text.as_bytes().to_vec(),
            from: (0..text.len()).map(|at| place(at)..place(at + 1)).collect(),
        }
    }

    /// Returns the text with one layer of escapes taken off, nothing where it has none: percent-encoding, the escapes
    /// of JSON, Rust, Markdown and HTML.
    pub(super) fn decoded(&self) -> Option<Self> {
        let mut changed = false;
        let decoded = self.rewritten(|bytes, decoded| match escape(bytes) {
            Some((meant, length)) => {
                changed = true;
                decoded.extend(meant);
                length
            }
            None => {
                decoded.push(bytes[0]);
                1
            }
        });
        changed.then_some(decoded)
    }

    /// Returns the text without what can come between: blanks, ends of lines, colours, characters without a width,
    /// and what `keep` drops. It also changes what is kept.
    pub(super) fn folded(&self, keep: impl Fn(u8) -> Option<u8>) -> Self {
        self.rewritten(|bytes, kept| match between(bytes) {
            0 => {
                kept.extend(keep(bytes[0]));
                1
            }
            skipped => skipped,
        })
    }

    /// Returns the text as `read` decodes it: for each position it adds bytes, and returns how many bytes they replace.
    fn rewritten(&self, mut read: impl FnMut(&[u8], &mut Vec<u8>) -> usize) -> Self {
        let mut rewritten = Self {
            bytes: Vec::with_capacity(self.bytes.len()),
            from: Vec::with_capacity(self.bytes.len()),
        };
        let mut at = 0;
        while at < self.bytes.len() {
            let length = read(&self.bytes[at..], &mut rewritten.bytes);
            let end = self.bytes.len().min(at + length);
            let from = self.from[at].start..self.from[end - 1].end;
            rewritten.from.resize(rewritten.bytes.len(), from);
            at = end;
        }
        rewritten
    }

    /// Returns the bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the range of the original text for a range of bytes.
    pub(super) fn origin(&self, of: Range<usize>) -> Range<usize> {
        let (first, last) = (&self.from[of.start], &self.from[of.end - 1]);
        first.start as usize..last.end as usize
    }
}

/// Returns the bytes of [`View::folded`] of a text, without their positions.
pub(super) fn folded(text: &str, keep: impl Fn(u8) -> Option<u8>) -> Vec<u8> {
    let (bytes, mut at) = (text.as_bytes(), 0);
    let mut kept = Vec::with_capacity(bytes.len());
    while at < bytes.len() {
        let skipped = between(&bytes[at..]);
        if skipped == 0 {
            kept.extend(keep(bytes[at]));
        }
        at += skipped.max(1);
    }
    kept
}

/// The bytes that an escape stands for, and its length.
type Escape = (Vec<u8>, usize);

/// Returns the escape at the start of the bytes.
fn escape(bytes: &[u8]) -> Option<Escape> {
    match bytes.first()? {
        b'%' => Some((vec![u8::try_from(hex(bytes.get(1..3)?)?).ok()?], 3)),
        b'\\' => backslash(bytes),
        b'&' => entity(bytes),
        _ => None,
    }
}

fn backslash(bytes: &[u8]) -> Option<Escape> {
    let byte = match *bytes.get(1)? {
        b'u' if bytes.get(2) == Some(&b'{') => {
            let digits = bytes[3..].iter().take(7).position(|byte| *byte == b'}')?;
            return Some((character(hex(&bytes[3..3 + digits])?)?, digits + 4));
        }
        b'u' => {
            let unit = hex(bytes.get(2..6)?)?;
            if let Some(meant) = character(unit) {
                return Some((meant, 6));
            }
            let low = bytes.get(6..12).filter(|low| low.starts_with(b"\\u"))?;
            let units = [unit, hex(&low[2..])?].map(|unit| u16::try_from(unit).unwrap_or_default());
            let meant = char::decode_utf16(units).next()?.ok()?;
            return Some((character(meant.into())?, 12));
        }
        b'x' => return Some((vec![u8::try_from(hex(bytes.get(2..4)?)?).ok()?], 4)),
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        byte if byte.is_ascii_punctuation() => byte,
        _ => return None,
    };
    Some((vec![byte], 2))
}

fn entity(bytes: &[u8]) -> Option<Escape> {
    let length = bytes.iter().take(10).position(|byte| *byte == b';')?;
    let code = match &bytes[1..length] {
        b"amp" => u32::from('&'),
        b"lt" => u32::from('<'),
        b"gt" => u32::from('>'),
        b"quot" => u32::from('"'),
        b"apos" => u32::from('\''),
        [b'#', b'x' | b'X', digits @ ..] => hex(digits)?,
        [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
        _ => return None,
    };
    Some((character(code)?, length + 1))
}

fn character(code: u32) -> Option<Vec<u8>> {
    Some(char::from_u32(code)?.to_string().into_bytes())
}

fn hex(digits: &[u8]) -> Option<u32> {
    // A sign would be read as part of the number.
    let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Returns how many bytes at the beginning are nothing that a reader would take for part of a word.
fn between(bytes: &[u8]) -> usize {
    match bytes {
        [byte, ..] if byte.is_ascii_whitespace() => 1,
        [0x1b, b'[', rest @ ..] => {
            let parameters = rest.iter().take_while(|byte| !byte.is_ascii_alphabetic());
            2 + parameters.count() + 1
        }
        // Soft hyphen, zero width space and its like, byte order mark, no-break space.
        [0xc2, 0xad | 0xa0, ..] => 2,
        [0xe2, 0x80, 0x8b..=0x8f, ..] | [0xe2, 0x81, 0xa0, ..] | [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_without_positions_are_those_with_positions() {
        let keep = |byte: u8| (byte != b'-').then(|| byte.to_ascii_lowercase());
        for text in ["", "A b-C", "\u{1b}[1mX\u{1b}[", "a\u{200b}\u{ad}b\n\u{feff}", "é-\u{e000}"]
        {
            assert_eq!(folded(text, keep), View::of(text).folded(keep).bytes(), "{text:?}");
        }
    }
}
