//! Writes what is wrong with manifests: the verdict, and each finding in a table.

use super::escape::{self, cell_code};
use super::page::MarkdownPage;
use crate::diagnostic::Severity;
use crate::diagnostic::json::{FindingItem, FindingsSummary};
use crate::report::links::Links;
use crate::report::phrases::count;

/// Renders the findings about so many manifests.
pub fn findings(items: &[FindingItem], manifests: usize, _: &Links) -> String {
    let manifests = count(manifests, "manifest");
    let FindingsSummary { errors, warnings } =
        FindingsSummary::count(items.iter().map(|item| item.severity));
    let (errors_, warnings_) = (count(errors, "error"), count(warnings, "warning"));
    let mut page = MarkdownPage::new(&match (errors, warnings) {
        (0, 0) => format!("Valid: {manifests}."),
        (0, _) => format!("Valid: {manifests}, {warnings_}."),
        (_, 0) => format!("Invalid: {errors_}."),
        _ => format!("Invalid: {errors_}, {warnings_}."),
    });
    table(&mut page, items);
    page.finish(&[])
}

/// Adds the table of findings.
pub(super) fn table(page: &mut MarkdownPage, items: &[FindingItem]) {
    page.table(
        &["", "place", "code", "message", "help"],
        items.iter().map(|item| {
            let severity = match item.severity {
                Severity::Error => "**error**",
                Severity::Warning => "warning",
            };
            let place = item.file.as_ref().map(|file| match item.line {
                Some(line) => cell_code(&format!("{file}:{line}")),
                None => cell_code(file),
            });
            [
                severity.to_owned(),
                place.unwrap_or_default(),
                cell_code(&item.code),
                escape::words(&item.message),
                item.help.as_deref().map(escape::words).unwrap_or_default(),
            ]
        }),
    );
}
