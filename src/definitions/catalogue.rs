//! Reading a catalogue: the header at once, and a block when a definition of it is asked for.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::definition::{SettingDefinition, SettingText, TextPlaces};
use super::error::CatalogueError;
use super::file::{BlockSize, CatalogueHeader, FORMAT, LIMIT, MAGIC, PREAMBLE, checksum, unpack};
use super::nearest;
use super::template::SettingTemplate;

/// The name of the file in the folder of the moorline.yaml.
pub const FILE_NAME: &str = "moorline.catalog";

/// A catalogue of setting definitions. It may be asked from several threads.
pub struct SettingCatalogue {
    header: CatalogueHeader,
    /// Where the blocks begin.
    start: u64,
    file: Mutex<Box<dyn Source>>,
    /// The blocks that were read, unpacked.
    blocks: Mutex<HashMap<usize, Arc<DefinitionLines>>>,
    /// The definitions that were asked for, by the id as it was written.
    found: Mutex<HashMap<Box<str>, Option<Arc<SettingDefinition>>>>,
    /// The templates that were asked for.
    templates: Mutex<HashMap<usize, Arc<SettingTemplate>>>,
    ids: OnceLock<Vec<String>>,
}

/// The origin and the size of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueInfo {
    /// When it was made.
    pub made: String,
    /// The tenant or the file that it was made from.
    pub source: String,
    /// The SHA-256 of its content.
    pub digest: String,
    /// How many definitions it has.
    pub definitions: u32,
    /// How many categories they are in.
    pub categories: u32,
    /// How many templates of policies it has.
    pub templates: u32,
    /// How many definitions each platform has.
    pub platforms: Vec<(String, u32)>,
    /// The length of the file.
    pub bytes: u64,
}

trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

impl std::fmt::Debug for SettingCatalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SettingCatalogue")
            .field("digest", &self.header.digest)
            .finish_non_exhaustive()
    }
}

impl SettingCatalogue {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// When it cannot be read, or is no whole catalogue of a format that is known.
    pub fn open(path: &Path) -> Result<Self, CatalogueError> {
        let unreadable = |source| CatalogueError::Unreadable { path: path.to_owned(), source };
        let file = crate::disk::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
        }
        Self::read(file)
    }

    /// Opens the catalogue of a folder with a moorline.yaml, if it has one.
    ///
    /// # Errors
    /// As [`SettingCatalogue::open`].
    pub fn of_folder(folder: &Path) -> Result<Option<Self>, CatalogueError> {
        let path = folder.join(FILE_NAME);
        if path.exists() { Self::open(&path).map(Some) } else { Ok(None) }
    }

    /// Reads the header of a catalogue.
    ///
    /// # Errors
    /// As [`SettingCatalogue::open`].
    pub fn read(mut file: impl Read + Seek + Send + 'static) -> Result<Self, CatalogueError> {
        let length = file.seek(SeekFrom::End(0)).map_err(lost)?;
        file.rewind().map_err(lost)?;
        let truncated = |expected: u64| CatalogueError::Truncated { expected, found: length };
        let mut preamble = Vec::with_capacity(PREAMBLE);
        file.by_ref().take(PREAMBLE as u64).read_to_end(&mut preamble).map_err(lost)?;
        let magic = &preamble[..preamble.len().min(MAGIC.len())];
        if !MAGIC.starts_with(magic) || magic.is_empty() {
            return Err(CatalogueError::Foreign);
        }
        let number = |at: usize| {
            let bytes = preamble.get(MAGIC.len() + 4 * at..MAGIC.len() + 4 * at + 4);
            bytes.and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes)
        };
        let (Some(format), Some(size), Some(sum)) = (number(0), number(1), number(2)) else {
            return Err(truncated(PREAMBLE as u64));
        };
        match format {
            0 => return Err(CatalogueError::Damaged("it has no format")),
            1..=FORMAT => {}
            found => return Err(CatalogueError::Newer { found, known: FORMAT }),
        }
        let start = PREAMBLE as u64 + u64::from(size);
        if size > LIMIT {
            return Err(CatalogueError::Damaged("its header is too long"));
        }
        if start > length {
            return Err(truncated(start));
        }
        let mut packed = Vec::new();
        file.by_ref().take(u64::from(size)).read_to_end(&mut packed).map_err(lost)?;
        if checksum(&packed) != sum {
            return Err(CatalogueError::Damaged("its header is not what was written"));
        }
        let header: CatalogueHeader = serde_json::from_slice(&unpack(&packed, LIMIT)?)
            .map_err(|_| CatalogueError::Damaged("its header cannot be understood"))?;
        let expected = start + header.length();
        if expected > length {
            return Err(truncated(expected));
        }
        if expected < length {
            return Err(CatalogueError::Damaged("it goes on after its end"));
        }
        Ok(Self {
            header,
            start,
            file: Mutex::new(Box::new(file)),
            blocks: Mutex::default(),
            found: Mutex::default(),
            templates: Mutex::default(),
            ids: OnceLock::new(),
        })
    }

    /// Returns what the catalogue says of itself.
    pub fn info(&self) -> CatalogueInfo {
        let header = self.header.clone();
        CatalogueInfo {
            bytes: self.start + header.length(),
            made: header.made,
            source: header.source,
            digest: header.digest,
            definitions: header.definitions,
            categories: header.category_count,
            templates: u32::try_from(header.templates.len()).unwrap_or(u32::MAX),
            platforms: header.platforms,
        }
    }

    /// Returns the definition of an id, in upper or lower case.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn get(&self, id: &str) -> Result<Option<Arc<SettingDefinition>>, CatalogueError> {
        if let Some(found) = lock(&self.found).get(id) {
            return Ok(found.clone());
        }
        let key = id.to_ascii_lowercase();
        let after = self.header.blocks.partition_point(|block| block.first <= key);
        let mut found = None;
        if let Some(at) = after.checked_sub(1) {
            let block = self.block(at)?;
            let lines: Vec<&str> = block.of(id).collect();
            // Where two ids differ in case alone, each is found as it is written.
            let exact = lines.iter().find(|line| line.split('\t').next() == Some(id));
            found = exact.or(lines.first()).map(|line| parse(line)).transpose()?.map(Arc::new);
        }
        lock(&self.found).insert(id.into(), found.clone());
        Ok(found)
    }

    /// Returns the name of a setting in the portal.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn display_name(&self, id: &str) -> Result<Option<String>, CatalogueError> {
        Ok(self.get(id)?.map(|definition| definition.label().to_owned()))
    }

    /// Returns the name of an option in the portal, by its suffix.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn option_name(&self, id: &str, suffix: &str) -> Result<Option<String>, CatalogueError> {
        let definition = self.get(id)?;
        let option = definition.as_ref().and_then(|definition| definition.option_by_suffix(suffix));
        Ok(option.map(|option| option.display_name.clone()).filter(|name| !name.is_empty()))
    }

    /// Returns the texts about a setting.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn text(&self, definition: &SettingDefinition) -> Result<SettingText, CatalogueError> {
        let TextPlaces { description, help, category } = definition.places;
        let text =
            |place: Option<u32>| place.map_or(Ok(String::new()), |place| self.text_at(place));
        let category = match category {
            None => Vec::new(),
            Some(place) => self.categories()?.get(place as usize).cloned().unwrap_or_default(),
        };
        Ok(SettingText { category, description: text(description)?, help: text(help)? })
    }

    /// Returns the id that is nearest to one that is not known.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn nearest(&self, id: &str) -> Result<Option<&str>, CatalogueError> {
        Ok(nearest::nearest(id, self.ids()?))
    }

    /// Returns all ids.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn ids(&self) -> Result<&[String], CatalogueError> {
        if let Some(ids) = self.ids.get() {
            return Ok(ids);
        }
        let mut ids = Vec::new();
        for at in 0..self.header.blocks.len() {
            let block = self.unpacked_block(at)?;
            ids.extend(block.lines().filter_map(|line| line.split('\t').next()).map(str::to_owned));
        }
        Ok(self.ids.get_or_init(|| ids))
    }

    /// Returns every definition, in the order of the ids in lower case; a block at a time is in memory.
    pub fn iter(&self) -> impl Iterator<Item = Result<SettingDefinition, CatalogueError>> + '_ {
        (0..self.header.blocks.len()).flat_map(|at| match self.unpacked_block(at) {
            Ok(block) => block.lines().map(parse).collect(),
            Err(error) => vec![Err(error)],
        })
    }

    /// Whether it has templates of policies.
    pub fn has_templates(&self) -> bool {
        !self.header.templates.is_empty()
    }

    /// Returns the ids of all templates.
    pub fn template_ids(&self) -> impl Iterator<Item = &str> {
        self.header.templates.iter().map(|block| block.id.as_str())
    }

    /// Returns a template of policies.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn template(&self, id: &str) -> Result<Option<Arc<SettingTemplate>>, CatalogueError> {
        let Some(at) = self.template_ids().position(|own| own.eq_ignore_ascii_case(id)) else {
            return Ok(None);
        };
        if let Some(template) = lock(&self.templates).get(&at) {
            return Ok(Some(Arc::clone(template)));
        }
        let CatalogueHeader { blocks, texts, categories, templates, .. } = &self.header;
        let before = blocks.iter().map(|block| block.size);
        let before = before.chain(texts.iter().map(|block| block.size)).chain([*categories]);
        let before = before.chain(templates[..at].iter().map(|block| block.size));
        let plain = self.unpacked(before, templates[at].size)?;
        let template: Arc<SettingTemplate> = serde_json::from_slice(&plain)
            .map(Arc::new)
            .map_err(|_| CatalogueError::Damaged("a template cannot be understood"))?;
        lock(&self.templates).insert(at, Arc::clone(&template));
        Ok(Some(template))
    }

    pub(super) fn categories(&self) -> Result<Vec<Vec<String>>, CatalogueError> {
        let texts = self.header.texts.iter().map(|block| block.size);
        let before = self.header.blocks.iter().map(|block| block.size).chain(texts);
        let plain = self.unpacked(before, self.header.categories)?;
        serde_json::from_slice(&plain)
            .map_err(|_| CatalogueError::Damaged("its categories cannot be understood"))
    }

    /// Returns all texts.
    pub(super) fn texts(&self) -> Result<Vec<String>, CatalogueError> {
        let mut texts = Vec::new();
        for at in 0..self.header.texts.len() {
            texts.append(&mut self.text_block(at)?);
        }
        Ok(texts)
    }

    fn text_at(&self, place: u32) -> Result<String, CatalogueError> {
        let mut within = place;
        for (at, block) in self.header.texts.iter().enumerate() {
            if within < block.texts {
                let mut texts = self.text_block(at)?;
                let within = within as usize;
                return Ok(if within < texts.len() {
                    texts.swap_remove(within)
                } else {
                    String::new()
                });
            }
            within -= block.texts;
        }
        Err(CatalogueError::Damaged("a text is missing"))
    }

    fn text_block(&self, at: usize) -> Result<Vec<String>, CatalogueError> {
        let before = self.header.texts[..at].iter().map(|block| block.size);
        let before = self.header.blocks.iter().map(|block| block.size).chain(before);
        let plain = self.unpacked(before, self.header.texts[at].size)?;
        serde_json::from_slice(&plain)
            .map_err(|_| CatalogueError::Damaged("its texts cannot be understood"))
    }

    fn block(&self, at: usize) -> Result<Arc<DefinitionLines>, CatalogueError> {
        if let Some(block) = lock(&self.blocks).get(&at) {
            return Ok(Arc::clone(block));
        }
        let block = Arc::new(DefinitionLines::new(self.unpacked_block(at)?));
        lock(&self.blocks).insert(at, Arc::clone(&block));
        Ok(block)
    }

    fn unpacked_block(&self, at: usize) -> Result<String, CatalogueError> {
        let before = self.header.blocks[..at].iter().map(|block| block.size);
        let plain = self.unpacked(before, self.header.blocks[at].size)?;
        String::from_utf8(plain).map_err(|_| CatalogueError::Damaged("a block is no text"))
    }

    fn unpacked(
        &self,
        before: impl Iterator<Item = BlockSize>,
        size: BlockSize,
    ) -> Result<Vec<u8>, CatalogueError> {
        let offset = self.start + before.map(|size| u64::from(size.packed)).sum::<u64>();
        let mut packed = Vec::new();
        let mut file = lock(&self.file);
        file.seek(SeekFrom::Start(offset)).map_err(lost)?;
        (&mut **file).take(u64::from(size.packed)).read_to_end(&mut packed).map_err(lost)?;
        drop(file);
        if checksum(&packed) != size.sum {
            return Err(CatalogueError::Damaged("a block is not what was written"));
        }
        let plain = unpack(&packed, size.plain)?;
        if plain.len() != size.plain as usize {
            return Err(CatalogueError::Damaged("a block is shorter than the header says"));
        }
        Ok(plain)
    }
}

/// A block of definitions, one a line, in the order of their ids in lower case.
struct DefinitionLines {
    text: String,
    /// Where the lines begin.
    lines: Vec<usize>,
}

impl DefinitionLines {
    fn new(text: String) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(ends).filter(|at| *at < text.len()).collect();
        Self { text, lines }
    }

    /// Returns the lines of an id, in upper or lower case.
    fn of(&self, id: &str) -> impl Iterator<Item = &str> {
        let wanted = id.to_ascii_lowercase();
        let own =
            |at: usize| self.text[at..].split('\t').next().unwrap_or_default().to_ascii_lowercase();
        let first = self.lines.partition_point(|at| own(*at) < wanted);
        let lines = self.lines[first..].iter().copied().take_while(move |at| own(*at) == wanted);
        lines.filter_map(|at| self.text[at..].lines().next())
    }
}

/// Reads the line of a definition.
fn parse(line: &str) -> Result<SettingDefinition, CatalogueError> {
    let damaged = CatalogueError::Damaged("a definition cannot be understood");
    let mut parts = line.splitn(5, '\t');
    let (Some(id), Some(description), Some(help), Some(category), Some(json)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(damaged);
    };
    let Ok(definition) = serde_json::from_str::<SettingDefinition>(json) else {
        return Err(damaged);
    };
    let place = |text: &str| text.parse().ok();
    let places = TextPlaces {
        description: place(description),
        help: place(help),
        category: place(category),
    };
    Ok(SettingDefinition { id: id.to_owned(), places, ..definition })
}

fn lost(source: std::io::Error) -> CatalogueError {
    CatalogueError::Lost(source)
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
