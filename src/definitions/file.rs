//! The file of a catalogue: a header, and blocks that are compressed one by one.
//!
//! ```text
//! MOORCAT\n   format   length of the header   CRC-32 of the header   header   block   block …
//! ```
//!
//! The header is compressed JSON; it has the length and the checksum of each block, and the first id of each block of definitions. The blocks follow
//! in the order of the header: definitions, texts, categories, templates. A definition is one line: its id, the places of its description, of its help and of
//! its category in their tables, and the rest as JSON, with tabs between. Texts are beside the definitions because a check needs none of
//! them, and because two definitions in three share theirs with another one. The block of a template is JSON: the ids of its settings. A file
//! without templates is of the first format, which had none.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use super::error::CatalogueError;

pub(super) const MAGIC: [u8; 8] = *b"MOORCAT\n";
/// The latest format.
pub(super) const FORMAT: u32 = 2;
const WITHOUT_TEMPLATES: u32 = 1;
/// The length of what stands before the header.
pub(super) const PREAMBLE: usize = MAGIC.len() + 12;
/// The largest header and the largest block, unpacked. One description in Graph has at most some thousand bytes.
pub(super) const LIMIT: u32 = 16 << 20;

/// The header of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CatalogueHeader {
    pub(super) made: String,
    pub(super) source: String,
    pub(super) digest: String,
    pub(super) definitions: u32,
    pub(super) platforms: Vec<(String, u32)>,
    pub(super) category_count: u32,
    pub(super) blocks: Vec<DefinitionBlock>,
    pub(super) texts: Vec<TextBlock>,
    pub(super) categories: BlockSize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) templates: Vec<TemplateBlock>,
}

/// The block of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TemplateBlock {
    pub(super) id: String,
    pub(super) size: BlockSize,
}

/// A block of definitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DefinitionBlock {
    /// The first id, in lower case.
    pub(super) first: String,
    pub(super) size: BlockSize,
}

/// A block of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TextBlock {
    /// How many texts it has.
    pub(super) texts: u32,
    pub(super) size: BlockSize,
}

/// The length of a block in the file and unpacked, and its checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BlockSize {
    pub(super) packed: u32,
    pub(super) plain: u32,
    /// The CRC-32 of what is in the file.
    pub(super) sum: u32,
}

impl CatalogueHeader {
    /// Returns the length of all blocks.
    pub(super) fn length(&self) -> u64 {
        let definitions = self.blocks.iter().map(|block| block.size);
        let texts = self.texts.iter().map(|block| block.size);
        let templates = self.templates.iter().map(|block| block.size);
        let sizes = definitions.chain(texts).chain([self.categories]).chain(templates);
        sizes.map(|size| u64::from(size.packed)).sum()
    }
}

/// Compresses a block.
pub(super) fn pack(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let written = encoder.write_all(plain).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// Unpacks a block of at most so many bytes.
pub(super) fn unpack(packed: &[u8], most: u32) -> Result<Vec<u8>, CatalogueError> {
    let most = u64::from(most.min(LIMIT));
    let mut plain = Vec::new();
    let read = DeflateDecoder::new(packed).take(most + 1).read_to_end(&mut plain);
    if read.is_err() {
        return Err(CatalogueError::Damaged("a block cannot be unpacked"));
    }
    if plain.len() as u64 > most {
        return Err(CatalogueError::Damaged("a block is longer than the header says"));
    }
    Ok(plain)
}

/// Returns what begins the file: everything but the blocks.
pub(super) fn preamble(header: &CatalogueHeader) -> Vec<u8> {
    let format = if header.templates.is_empty() { WITHOUT_TEMPLATES } else { FORMAT };
    let header = pack(&serde_json::to_vec(header).unwrap_or_default());
    let length = u32::try_from(header.len()).unwrap_or(u32::MAX);
    let mut bytes = MAGIC.to_vec();
    for number in [format, length, checksum(&header)] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(header);
    bytes
}

pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let mut checksum = flate2::Crc::new();
    checksum.update(bytes);
    checksum.sum()
}
