//! A text as somebody reads it who takes escapes off, with where each byte stands in the text itself.

use std::ops::Range;

/// Bytes, and where they come from.
pub(super) struct View {
    bytes: Vec<u8>,
    /// Where in the text each byte begins and ends.
    from: Vec<Range<u32>>,
}

impl View {
    /// Returns a text as it stands.
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
        let mut decoded = Self {
            bytes: Vec::with_capacity(self.bytes.len()),
            from: Vec::with_capacity(self.bytes.len()),
        };
        let mut at = 0;
        let mut changed = false;
        while at < self.bytes.len() {
            match escape(&self.bytes[at..]) {
                Some((meant, length)) => {
                    let from = self.from[at].start..self.from[at + length - 1].end;
                    let (bytes, used) = meant.bytes();
                    for byte in &bytes[..used] {
                        decoded.push(*byte, from.clone());
                    }
                    at += length;
                    changed = true;
                }
                None => {
                    decoded.push(self.bytes[at], self.from[at].clone());
                    at += 1;
                }
            }
        }
        changed.then_some(decoded)
    }

    /// Returns the text without what can come between: blanks, ends of lines, colours, characters without a width,
    /// and what `keep` drops. It also changes what is kept.
    pub(super) fn folded(&self, keep: impl Fn(u8) -> Option<u8>) -> Self {
        let mut folded = Self {
            bytes: Vec::with_capacity(self.bytes.len()),
            from: Vec::with_capacity(self.bytes.len()),
        };
        let mut at = 0;
        while at < self.bytes.len() {
            let skipped = between(&self.bytes[at..]);
            if skipped > 0 {
                at += skipped;
                continue;
            }
            if let Some(byte) = keep(self.bytes[at]) {
                folded.push(byte, self.from[at].clone());
            }
            at += 1;
        }
        folded
    }

    /// Returns the bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns where bytes come from.
    pub(super) fn origin(&self, of: Range<usize>) -> Range<usize> {
        let (first, last) = (&self.from[of.start], &self.from[of.end - 1]);
        first.start as usize..last.end as usize
    }

    fn push(&mut self, byte: u8, from: Range<u32>) {
        self.bytes.push(byte);
        self.from.push(from);
    }
}

/// What an escape stands for.
enum Meant {
    Byte(u8),
    Character(char),
}

impl Meant {
    fn bytes(&self) -> ([u8; 4], usize) {
        let mut bytes = [0; 4];
        let used = match self {
            Self::Byte(byte) => {
                bytes[0] = *byte;
                1
            }
            Self::Character(character) => character.encode_utf8(&mut bytes).len(),
        };
        (bytes, used)
    }
}

/// Reads an escape at the beginning, and how long it is.
fn escape(bytes: &[u8]) -> Option<(Meant, usize)> {
    match bytes.first()? {
        b'%' => Some((Meant::Byte(u8::try_from(hex(bytes.get(1..3)?)?).ok()?), 3)),
        b'\\' => backslash(bytes),
        b'&' => entity(bytes),
        _ => None,
    }
}

fn backslash(bytes: &[u8]) -> Option<(Meant, usize)> {
    let short = |byte| Some((Meant::Byte(byte), 2));
    match bytes.get(1)? {
        b'u' if bytes.get(2) == Some(&b'{') => {
            let digits = bytes[3..].iter().take(7).position(|byte| *byte == b'}')?;
            let meant = char::from_u32(hex(&bytes[3..3 + digits])?)?;
            Some((Meant::Character(meant), digits + 4))
        }
        b'u' => {
            let unit = hex(bytes.get(2..6)?)?;
            if let Some(meant) = char::from_u32(unit) {
                return Some((Meant::Character(meant), 6));
            }
            let low = bytes.get(6..12).filter(|low| low.starts_with(b"\\u"))?;
            let units = [unit, hex(&low[2..])?].map(|unit| u16::try_from(unit).unwrap_or_default());
            let meant = char::decode_utf16(units).next()?.ok()?;
            Some((Meant::Character(meant), 12))
        }
        b'x' => Some((Meant::Byte(u8::try_from(hex(bytes.get(2..4)?)?).ok()?), 4)),
        b'n' => short(b'\n'),
        b'r' => short(b'\r'),
        b't' => short(b'\t'),
        byte if byte.is_ascii_punctuation() => short(*byte),
        _ => None,
    }
}

fn entity(bytes: &[u8]) -> Option<(Meant, usize)> {
    let length = bytes.iter().take(10).position(|byte| *byte == b';')?;
    let meant = match &bytes[1..length] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex(digits)?)?,
        [b'#', digits @ ..] => {
            let digits = std::str::from_utf8(digits).ok()?;
            char::from_u32(digits.parse().ok()?)?
        }
        _ => return None,
    };
    Some((Meant::Character(meant), length + 1))
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
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
