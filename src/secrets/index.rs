//! Indexes pieces of secrets in every form, and finds them in a text.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use url::form_urlencoded;

use super::view::{View, folded};

/// The shortest secret that is looked for: a shorter one stands in ordinary words and numbers.
const SHORTEST: usize = 6;

/// Pieces of some secrets.
#[derive(Default)]
pub(super) struct PieceIndex {
    /// As text and in hexadecimal digits, in small letters.
    plain: Pieces,
    /// In base64.
    base64: Pieces,
}

/// The position of a piece in a text, or of pieces that follow one another.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) range: Range<usize>,
    /// Whether the piece is part of a secret only; an ordinary piece is part of other texts as well.
    pub(super) is_secret: bool,
}

/// Pieces, found by their first four bytes.
#[derive(Default)]
struct Pieces {
    /// Each with whether it is part of a secret only.
    known: HashMap<Box<[u8]>, bool>,
    /// The lengths of the pieces that begin with four bytes.
    lengths: HashMap<u32, BTreeSet<usize>>,
    /// The first four bytes of the pieces, as bits.
    beginnings: Vec<u64>,
}

impl PieceIndex {
    /// Adds every piece of a secret that has so many characters, or three quarters of a short secret.
    ///
    /// Of a short secret a word or a number is ordinary: `Password1!` is no reason to withhold `passwordRequired`.
    /// Encoded, a short secret is looked for as a whole.
    pub(super) fn add(&mut self, secret: &str, longest: usize) {
        let folded = plain(&View::of(secret));
        let length = folded.bytes().len();
        if length < SHORTEST {
            return;
        }
        let piece = (length - length / 4).clamp(SHORTEST, longest.max(SHORTEST));
        let is_short = piece < longest;
        if is_short {
            let runs: Vec<View> = runs(secret).map(|run| plain(&View::of(run))).collect();
            let in_run = |piece: &[u8]| {
                runs.iter().any(|run| run.bytes().windows(piece.len()).any(|part| part == piece))
            };
            self.plain.cut(folded.bytes(), piece, |piece| !in_run(piece));
            self.plain.cut(folded.bytes(), length, |_| true);
        } else {
            self.plain.cut(folded.bytes(), piece, |_| true);
        }
        for form in forms(secret.trim()) {
            let piece = if is_short { form.len() } else { piece };
            self.plain.cut(hexadecimal(&form).as_bytes(), 2 * piece, |_| true);
            for before in 0..3 {
                let encoded = in_base64(&form, before);
                let piece = if is_short { encoded.len() } else { (8 * piece - 4) / 6 };
                self.base64.cut(encoded.as_bytes(), piece, |_| true);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.plain.known.is_empty() && self.base64.known.is_empty()
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.plain.extend(other.plain);
        self.base64.extend(other.base64);
    }

    /// Adds where pieces stand in a text.
    pub(super) fn find(&self, text: &View, found: &mut Vec<Place>) {
        // A look takes as much memory as the text several times over: one at a time.
        for (look, pieces) in [(plain as Look, &self.plain), (base64, &self.base64)] {
            let view = look(text);
            pieces.each(view.bytes(), |place, is_secret| {
                found.push(Place { range: view.origin(place), is_secret });
            });
        }
    }

    /// Makes the pieces that stand in a text ordinary: they count beside other pieces of the secret alone.
    pub(super) fn weaken(&mut self, text: &str) {
        let looks = [(plain_byte as Fold, &mut self.plain), (base64_byte, &mut self.base64)];
        for (fold, pieces) in looks.into_iter().filter(|(_, pieces)| !pieces.known.is_empty()) {
            // All manifests are looked at, and nothing asks where a piece stands in them.
            let bytes = folded(text, fold);
            let mut known = Vec::new();
            pieces.each(&bytes, |place, _| known.push(place));
            for place in known {
                if let Some(is_secret) = pieces.known.get_mut(&bytes[place]) {
                    *is_secret = false;
                }
            }
        }
    }
}

impl Pieces {
    /// Adds every piece of this length, each with whether it is part of a secret only.
    fn cut(&mut self, text: &[u8], length: usize, is_secret: impl Fn(&[u8]) -> bool) {
        if length == 0 {
            return;
        }
        for piece in text.windows(length) {
            self.insert(piece.into(), is_secret(piece));
        }
    }

    /// Adds a piece, which is part of a secret only where it is so of one secret.
    fn insert(&mut self, piece: Box<[u8]>, is_secret: bool) {
        if let Some(known) = self.known.get_mut(&piece) {
            *known |= is_secret;
            return;
        }
        let first = beginning(&piece);
        let bit = bit(first);
        self.beginnings.resize(BITS / 64, 0);
        self.beginnings[bit / 64] |= 1 << (bit % 64);
        self.lengths.entry(first).or_default().insert(piece.len());
        self.known.insert(piece, is_secret);
    }

    fn extend(&mut self, other: Self) {
        if self.known.is_empty() {
            *self = other;
            return;
        }
        for (piece, is_secret) in other.known {
            self.insert(piece, is_secret);
        }
    }

    fn each(&self, text: &[u8], mut found: impl FnMut(Range<usize>, bool)) {
        if self.beginnings.is_empty() {
            return;
        }
        for at in 0..text.len().saturating_sub(3) {
            let first = beginning(&text[at..]);
            let bit = bit(first);
            if self.beginnings[bit / 64] & (1 << (bit % 64)) == 0 {
                continue;
            }
            for length in self.lengths.get(&first).into_iter().flatten() {
                let place = at..at + length;
                let piece = text.get(place.clone()).and_then(|piece| self.known.get(piece));
                if let Some(is_secret) = piece {
                    found(place, *is_secret);
                }
            }
        }
    }
}

/// Returns a text in the form in which pieces are looked for.
type Look = fn(&View) -> View;

/// Returns what a look makes of a byte, nothing where it is left out.
type Fold = fn(u8) -> Option<u8>;

/// The number of bits for the first bytes of pieces.
const BITS: usize = 1 << 18;

/// Returns the first four bytes, which a piece always has, as a number.
fn beginning(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |four| u32::from_be_bytes(*four))
}

/// Returns the bit of four bytes.
fn bit(beginning: u32) -> usize {
    (beginning.wrapping_mul(0x9e37_79b1) >> 14) as usize
}

/// Returns a text as secrets are compared: without regard to case, and to what stands between hexadecimal digits or
/// for a blank.
fn plain(text: &View) -> View {
    text.folded(plain_byte)
}

fn plain_byte(byte: u8) -> Option<u8> {
    (!b"+-:,".contains(&byte)).then(|| byte.to_ascii_lowercase())
}

/// Returns a text as base64 is compared: with one alphabet.
fn base64(text: &View) -> View {
    text.folded(base64_byte)
}

fn base64_byte(byte: u8) -> Option<u8> {
    Some(match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    })
}

/// Returns the forms in which a secret is part of a request, and the UTF-16 form of Windows.
fn forms(secret: &str) -> HashSet<Vec<u8>> {
    let quoted = serde_json::Value::from(secret).to_string();
    let escaped = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let wide = secret.encode_utf16().flat_map(u16::to_le_bytes);
    HashSet::from([
        secret.as_bytes().to_vec(),
        escaped.as_bytes().to_vec(),
        encoded.into_bytes(),
        wide.collect(),
    ])
}

/// Returns the words and the numbers in a secret.
fn runs(secret: &str) -> impl Iterator<Item = &str> {
    let words = secret.split(|c: char| !c.is_alphabetic());
    let numbers = secret.split(|c: char| !c.is_ascii_digit());
    words.chain(numbers).filter(|run| !run.is_empty())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the digits that a text has in base64 wherever so many bytes come before it, modulo three.
pub(super) fn in_base64(bytes: &[u8], before: usize) -> String {
    let shifted = [&vec![0; before], bytes].concat();
    let encoded = STANDARD_NO_PAD.encode(&shifted);
    // Six bits a digit: those that hold bits of a neighbour are left out.
    let (first, end) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
    encoded.get(first..end).unwrap_or_default().to_owned()
}
