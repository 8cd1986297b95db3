//! Finds settings by words.

use super::catalogue::SettingCatalogue;
use super::definition::{SettingDefinition, TextPlaces};
use super::error::CatalogueError;

/// A definition that has the words.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingMatch {
    /// How well it fits; more is better.
    pub score: u32,
    /// The definition.
    pub definition: SettingDefinition,
    /// Its categories, from the top one.
    pub category: Vec<String>,
}

/// The weight of a word in each place.
const IN_NAME: u32 = 40;
const IN_OWN_NAME: u32 = 20;
const IN_ID: u32 = 12;
const IN_CATEGORY: u32 = 8;
const IN_OPTION: u32 = 6;
const IN_TEXT: u32 = 2;

impl SettingCatalogue {
    /// Returns the settings that have all these words somewhere, of a platform if one is given, the best first; at most so
    /// many, and how many there are.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn search(
        &self,
        words: &[String],
        platform: Option<&str>,
        most: usize,
    ) -> Result<(Vec<SettingMatch>, usize), CatalogueError> {
        let words: Vec<String> =
            words.iter().flat_map(|word| word.split_whitespace()).map(str::to_lowercase).collect();
        if words.is_empty() {
            return Ok((Vec::new(), 0));
        }
        let phrase = words.join(" ");
        let categories = self.categories()?;
        // For each category and for each text, which of the words it has.
        let in_categories: Vec<u64> =
            categories.iter().map(|path| has(&path.join(" / "), &words)).collect();
        let in_texts: Vec<u64> = self.texts()?.iter().map(|text| has(text, &words)).collect();
        let mut found: Vec<SettingMatch> = Vec::new();
        let mut number = 0;
        for definition in self.iter() {
            let definition = definition?;
            let is_of = |name: &str| {
                definition.platform.split(',').any(|own| own.trim().eq_ignore_ascii_case(name))
            };
            if !platform.is_none_or(is_of) {
                continue;
            }
            let TextPlaces { description, help, category } = definition.places;
            let category = category.map(|place| place as usize);
            let in_category =
                category.and_then(|at| in_categories.get(at)).copied().unwrap_or_default();
            let places = [description, help].into_iter().flatten();
            let in_text =
                places.filter_map(|at| in_texts.get(at as usize)).fold(0, |all, it| all | it);
            let Some(score) = score(&definition, &words, &phrase, in_category, in_text) else {
                continue;
            };
            number += 1;
            let category = category.and_then(|at| categories.get(at)).cloned().unwrap_or_default();
            found.push(SettingMatch { score, definition, category });
            // What cannot be among the best is dropped as it comes.
            if found.len() >= most.max(64).saturating_mul(2) {
                keep_best(&mut found, most);
            }
        }
        keep_best(&mut found, most);
        Ok((found, number))
    }
}

fn keep_best(found: &mut Vec<SettingMatch>, most: usize) {
    let rank = |it: &SettingMatch| {
        (std::cmp::Reverse(it.score), it.definition.label().len(), it.definition.id.clone())
    };
    found.sort_by_cached_key(rank);
    found.truncate(most);
}

/// Returns how well a definition fits, if it has each word somewhere.
fn score(
    definition: &SettingDefinition,
    words: &[String],
    phrase: &str,
    in_category: u64,
    in_texts: u64,
) -> Option<u32> {
    let name = definition.display_name.to_lowercase();
    let own = definition.name.to_lowercase();
    let id = definition.id.to_lowercase();
    let uri = definition.uri.to_lowercase();
    let options: Vec<String> =
        definition.options().iter().map(|option| option.display_name.to_lowercase()).collect();
    let mut score = 0;
    for (at, word) in words.iter().enumerate() {
        let bit = 1u64 << at.min(63);
        score += if begins_word(&name, word) {
            IN_NAME
        } else if name.contains(word.as_str()) {
            IN_NAME / 2
        } else if own.contains(word.as_str()) {
            IN_OWN_NAME
        } else if id.contains(word.as_str()) || uri.contains(word.as_str()) {
            IN_ID
        } else if in_category & bit != 0 {
            IN_CATEGORY
        } else if options.iter().any(|option| option.contains(word.as_str())) {
            IN_OPTION
        } else if in_texts & bit != 0 {
            IN_TEXT
        } else {
            return None;
        };
    }
    if name == phrase || id == phrase {
        score += 1000;
    } else if name.contains(phrase) {
        score += 100;
    }
    // The setting at the top comes before what stands beneath it.
    Some(score + u32::from(definition.root.is_none()))
}

/// Returns the words that a text has, as bits; from the 64th on they share one.
fn has(text: &str, words: &[String]) -> u64 {
    let text = text.to_lowercase();
    let bits = words.iter().enumerate().filter(|(_, word)| text.contains(word.as_str()));
    bits.fold(0, |bits, (at, _)| bits | 1 << at.min(63))
}

/// Whether a word of the text begins with this one.
fn begins_word(text: &str, word: &str) -> bool {
    let mut places = text.match_indices(word);
    places.any(|(at, _)| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
}
