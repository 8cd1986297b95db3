//! Writes the failure of a run: what happened and why, what it is about, and what to do.

use std::collections::BTreeSet;

use super::escape::{SENTENCE, cell_sentence, code, linked, name, sentence};
use super::findings;
use super::page::{MarkdownPage, TableEntry};
use crate::diagnose::Explanation;
use crate::diagnostic::json::FindingItem;
use crate::error::{Error, ErrorKind};
use crate::manifest::Invalid;
use crate::plan::Refusal;
use crate::report::links::Links;

/// Renders an error, with the explanation where a service refused, the findings where manifests are invalid, and the
/// refusals where a guard refused.
pub fn failure(
    error: &Error,
    explanation: Option<&Explanation>,
    invalid: Option<&Invalid>,
    refusals: &[Refusal],
    links: &Links,
) -> String {
    let verdict = match error.kind {
        ErrorKind::Invalid => "Invalid",
        ErrorKind::Stale => "Stale",
        ErrorKind::Refused => "Refused",
        ErrorKind::Interrupted => "Interrupted",
        _ => "Failed",
    };
    let stop = if error.message.ends_with(['.', '!', '?']) { "" } else { "." };
    let message = sentence(&error.message);
    let mut page = MarkdownPage::new(&format!("{verdict}: {message}{stop}"));
    page.block(&format!("Code {}, exit code {}", code(error.code), error.kind.exit_code()));
    page.list(error.causes().iter().map(|cause| format!("Because: {}", sentence(cause))));
    let below = below(error, explanation, refusals);
    if let Some(Invalid { findings, sources }) = invalid {
        let items = FindingItem::all(findings, sources);
        findings::table(&mut page, &items, links, below.len());
    }
    let entries: Vec<TableEntry> = refusals.iter().map(refused).collect();
    let head = ["object", "risk", "possible harm"];
    page.entries(&head, &entries, entries.len(), "refusal", below.len());
    page.append(&below);
    page.finish()
}

fn refused(refusal: &Refusal) -> TableEntry {
    let object = refusal.address.as_deref().map(|address| name(address, SENTENCE));
    let object = object.unwrap_or_else(|| "the plan as a whole".to_owned());
    let names = vec![object, name(&refusal.code, SENTENCE)];
    let row = [&names[..], &[cell_sentence(&refusal.message, SENTENCE)]].concat();
    TableEntry { row, name: names, block: String::new() }
}

/// Returns what to do.
fn below(error: &Error, explanation: Option<&Explanation>, refusals: &[Refusal]) -> MarkdownPage {
    let mut page = MarkdownPage::below();
    let flags: BTreeSet<&str> = refusals.iter().map(|refusal| refusal.flag.as_str()).collect();
    let hints = error.hints.iter().map(|hint| sentence(hint));
    let hints: Vec<String> = hints.collect();
    if !hints.is_empty() {
        page.block("**What to do**");
        page.list(hints);
    } else if !flags.is_empty() {
        let flags = code(&Vec::from_iter(flags).join(" "));
        page.block(&format!("If it is intended, add {flags}."));
    }
    if let Some(explanation) = explanation {
        let Explanation { id, title, cause, remedy, sources } = explanation;
        page.block(&format!("**{}:** {}", code(id), sentence(title)));
        page.block(&sentence(cause));
        page.list(remedy.iter().map(|remedy| sentence(remedy)));
        // The sources are those of the catalogue, which is part of the program.
        let source = |source: &String| {
            let is_page = source.starts_with("https://");
            format!("See {}", linked(code(source), is_page.then_some(source.as_str())))
        };
        page.list(sources.iter().map(source));
    }
    page
}
