//! Writes what is wrong with manifests: the verdict, and each finding in a table.

use super::escape::{cell_sentence, name};
use super::object::place;
use super::page::{MarkdownPage, TableEntry};
use crate::diagnostic::json::FindingItem;
use crate::diagnostic::{Location, Severity};
use crate::report::links::Links;
use crate::report::phrases::{self, count};

/// The most columns of a code.
const CODE: usize = 80;
/// The most columns of a message and of a remedy in a row.
const IN_ROW: usize = 400;

/// Renders the findings about so many manifests.
pub fn findings(items: &[FindingItem], manifests: usize, links: &Links) -> String {
    let manifests = count(manifests, "manifest");
    let has_errors = items.iter().any(|item| item.severity == Severity::Error);
    let mut page = MarkdownPage::new(&match (has_errors, items.is_empty()) {
        (true, _) => format!("Invalid: {}.", phrases::findings(items)),
        (false, true) => format!("Valid: {manifests}."),
        (false, false) => format!("Valid: {manifests}, {}.", phrases::findings(items)),
    });
    table(&mut page, items, links, 0);
    page.finish()
}

/// Adds the table of findings, errors first, as much of it as fits beside what still comes.
pub(super) fn table(page: &mut MarkdownPage, items: &[FindingItem], links: &Links, rest: usize) {
    let (errors, warnings): (Vec<&FindingItem>, Vec<&FindingItem>) =
        items.iter().partition(|item| item.severity == Severity::Error);
    let entries = errors.iter().chain(&warnings).map(|item| entry(item, links));
    let entries: Vec<TableEntry> = entries.collect();
    let head = ["", "place", "code", "message", "help"];
    page.entries(&head, &entries, errors.len(), "finding", rest);
}

fn entry(item: &FindingItem, links: &Links) -> TableEntry {
    let severity = match item.severity {
        Severity::Error => "**error**".to_owned(),
        Severity::Warning => "warning".to_owned(),
    };
    let at = item.file.as_ref().map(|file| Location {
        file: file.clone(),
        line: item.line.unwrap_or_default(),
        column: item.column.unwrap_or_default(),
    });
    let at = at.map(|at| place(&at, links)).unwrap_or_default();
    let code = name(&item.code, CODE);
    let help = item.help.as_deref().map(|help| cell_sentence(help, IN_ROW));
    let message = cell_sentence(&item.message, IN_ROW);
    let names = vec![severity, at, code];
    let row = [&names[..], &[message, help.unwrap_or_default()]].concat();
    TableEntry { row, name: names, block: String::new() }
}
