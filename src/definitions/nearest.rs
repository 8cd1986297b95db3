//! The id that is nearest to a misspelt one.
//!
//! Ids are long and much alike, and there are 18,000 of them. So what they share in groups of three letters chooses a few, and the
//! number of letters that differ chooses among these.

use std::collections::HashSet;

/// How many ids are compared letter by letter.
const CANDIDATES: usize = 24;

/// Returns the id nearest to a misspelt one, if any is near enough.
pub(super) fn nearest<'a>(id: &str, ids: &'a [String]) -> Option<&'a str> {
    let written = id.to_lowercase();
    let parts = groups(written.as_bytes());
    let mut likely: Vec<(usize, &str)> = ids
        .iter()
        .filter(|known| known.len().abs_diff(id.len()) <= id.len() / 3)
        .map(|known| {
            let lower = known.to_ascii_lowercase();
            let shared = lower.as_bytes().windows(3).filter(|group| parts.contains(*group)).count();
            (known.len().abs_diff(shared) + id.len().abs_diff(shared), &**known)
        })
        .collect();
    let last = CANDIDATES.min(likely.len());
    if last < likely.len() {
        likely.select_nth_unstable(last);
    }
    let near = likely[..last]
        .iter()
        .map(|(_, known)| (strsim::damerau_levenshtein(&written, &known.to_lowercase()), *known));
    // Two ids of one family differ in a fifth of their letters or so.
    near.filter(|(distance, _)| *distance <= id.chars().count() / 6).min().map(|(_, known)| known)
}

fn groups(text: &[u8]) -> HashSet<&[u8]> {
    text.windows(3).collect()
}
