//! The memory that a run leaves for the next one: digests and times. It is one line that can stand in a comment of HTML.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::observation::{FindingKey, digest_of};

/// The version of the form.
const VERSION: u8 = 1;

/// The most findings that are kept: 600 of them take 16 KB, and an issue takes 64 KB with its text.
pub(super) const MOST: usize = 600;

/// The findings that were open when people were told last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Memory {
    version: u8,
    /// The digests of the names of the channels that were told everything.
    channels: BTreeSet<String>,
    /// The findings by the time since when they have been open.
    open: BTreeMap<String, Vec<String>>,
    /// Whether more is open than is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

impl Memory {
    /// Makes the memory of findings, each with the time since when it has been open.
    pub(super) fn new(open: &BTreeMap<FindingKey, String>) -> Self {
        let mut by_time: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, since) in open.iter().take(MOST) {
            by_time.entry(since.clone()).or_default().push(key.to_string());
        }
        let more = open.len() > MOST;
        Self { version: VERSION, channels: BTreeSet::new(), open: by_time, more }
    }

    /// Reads a memory; `None` where the text is none, or of another version.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let memory: Self = serde_json::from_str(text).ok()?;
        let is_time = |text: &String| text.parse::<jiff::Timestamp>().is_ok();
        (memory.version == VERSION && memory.open.keys().all(is_time)).then_some(memory)
    }

    /// Returns the text of the memory: one line without `--`.
    pub(crate) fn to_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns whether something is open.
    pub(crate) fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Returns the findings, each with the time since when it has been open.
    pub(super) fn findings(&self) -> BTreeMap<FindingKey, String> {
        let of_time = |(since, keys): (&String, &Vec<String>)| {
            let keys = keys.iter().filter_map(|key| FindingKey::read(key));
            keys.map(|key| (key, since.clone())).collect::<Vec<_>>()
        };
        self.open.iter().flat_map(of_time).collect()
    }

    /// Returns whether more was open than is kept.
    pub(super) fn has_more(&self) -> bool {
        self.more
    }

    /// Returns whether a channel was told everything.
    pub(super) fn has_told(&self, channel: &str) -> bool {
        self.channels.contains(&digest_of(&channel))
    }

    /// Notes that a channel knows everything.
    pub(crate) fn told(&mut self, channel: &str) {
        self.channels.insert(digest_of(&channel));
    }

    /// Takes over the channels of an earlier memory, when nothing moved since.
    pub(super) fn keep_channels(&mut self, earlier: &Self) {
        self.channels.clone_from(&earlier.channels);
    }
}
