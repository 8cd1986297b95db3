//! What manifests need, and how to grant it: for whoever grants it.

use super::escape::{self, cell_code, fenced};
use super::page::Page;
use crate::diagnose::needs::{Need, PermissionsDocument};
use crate::report::words;

/// Returns the least privileges for each purpose, those that need the same together.
pub fn permissions(document: &PermissionsDocument) -> String {
    let mut page = Page::new("Permissions of Microsoft Graph");
    for (purposes, needs) in document.grouped() {
        page.block(&format!("#### For {}", words::purposes(&purposes)));
        if needs.permissions.is_empty() {
            page.block("Nothing: no manifest needs a permission.");
            continue;
        }
        page.block("| permission | what for | application id | delegated id |\n|---|---|---|---|");
        for need in needs.permissions.iter().chain(&needs.optional) {
            page.line(&row(need, needs.optional.contains(need)));
        }
        page.block(
            "An app that signs in as itself needs no role. A person needs one of each line:",
        );
        let roles = needs.roles.iter().map(|role| {
            let (why, names) = (escape::words(&role.why), escape::words(&role.names()));
            format!("- {why}: {names}")
        });
        page.block(&roles.collect::<Vec<_>>().join("\n"));
        let access = &needs.required_resource_access;
        for (to, blocks) in [
            ("an app that signs in as itself", &access.application),
            ("an app that people sign in with", &access.delegated),
        ] {
            page.block(&format!("To grant them to {to}:"));
            page.block(&fenced("sh", &words::grant(blocks)));
        }
    }
    page.finish(&[])
}

fn row(need: &Need, is_optional: bool) -> String {
    let reasons: Vec<String> =
        need.reasons.iter().map(|reason| escape::words(&words::reason(reason))).collect();
    let optional = if is_optional { " (optional)" } else { "" };
    format!(
        "| {}{optional} | {} | {} | {} |",
        cell_code(&need.permission),
        reasons.join("<br>"),
        cell_code(&need.application_id),
        cell_code(&need.delegated_id)
    )
}
