//! Writes the permissions that manifests need, and the commands that grant them.

use super::escape::{self, cell_code, fenced};
use super::page::MarkdownPage;
use crate::diagnose::needs::PermissionsDocument;
use crate::report::phrases;

/// Renders the least privileges for each purpose, purposes with the same needs together.
pub fn permissions(document: &PermissionsDocument) -> String {
    let mut page = MarkdownPage::new("Permissions of Microsoft Graph");
    for (purposes, needs) in document.grouped() {
        page.block(&format!("#### For {}", phrases::purposes(&purposes)));
        if needs.permissions.is_empty() {
            page.block(phrases::NO_PERMISSION);
            continue;
        }
        let needed = needs.permissions.iter().map(|need| (need, ""));
        let optional = needs.optional.iter().map(|need| (need, " (optional)"));
        page.table(
            &["permission", "what for", "application id", "delegated id"],
            needed.chain(optional).map(|(need, remark)| {
                let reasons = need.reasons.iter();
                let reasons = reasons.map(|reason| escape::words(&phrases::reason(reason)));
                [
                    format!("{}{remark}", cell_code(&need.permission)),
                    reasons.collect::<Vec<_>>().join("<br>"),
                    cell_code(&need.application_id),
                    cell_code(&need.delegated_id),
                ]
            }),
        );
        page.block(phrases::ROLES);
        page.list(
            needs.roles.iter().map(|role| {
                format!("{}: {}", escape::words(&role.why), escape::words(&role.names()))
            }),
        );
        for (to, commands) in phrases::grants(needs) {
            page.block(&format!("To grant them to {to}:"));
            page.block(&fenced("sh", &commands));
        }
    }
    page.finish(&[])
}
