//! Writes the examination of a set-up, and the permissions that manifests need.

use super::escape::{self, cell_code, code, fenced, sentence};
use super::page::MarkdownPage;
use crate::diagnose::doctor::{CheckStatus, DoctorDocument};
use crate::diagnose::needs::PermissionsDocument;
use crate::diagnose::permissions::ScopesDocument;
use crate::diagnose::setup::{SetupDocument, SetupLanguage};
use crate::report::phrases;

/// Renders each check with its result, and the remedy where something is missing.
pub fn doctor(document: &DoctorDocument) -> String {
    let mut page = MarkdownPage::of_set_up(&phrases::examination(document.summary));
    page.block(&sentence(&phrases::set_up(document)));
    let made = || document.items.iter().filter(|check| !check.is_left_out());
    page.table(
        &["", "check", "what was seen"],
        made().map(|check| {
            let status = check.result.status;
            let missing = if status == CheckStatus::Missing { "**" } else { "" };
            [
                format!("{missing}{status}{missing}"),
                cell_code(&check.title),
                escape::words(&check.result.detail),
            ]
        }),
    );
    if let Some(left_out) = phrases::left_out(&document.items) {
        page.block(&format!("Unknown: {}.", sentence(&left_out)));
    }
    let wanting = made().filter(|check| check.result.status != CheckStatus::Ok);
    for check in wanting.filter(|check| !check.result.remedy.is_empty()) {
        page.block(&format!("**{}**", escape::words(&check.title)));
        page.list(check.result.remedy.iter().map(|remedy| sentence(remedy)));
    }
    if let Some(cause) = &document.cause {
        page.block(&format!("Begin with {}.", code(&format!("moorline explain {cause}"))));
    }
    page.finish()
}

/// Renders the least privileges for each purpose, purposes with the same needs together.
pub fn permissions(document: &PermissionsDocument) -> String {
    let mut page = MarkdownPage::of_set_up("Permissions of Microsoft Graph");
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
    page.finish()
}

/// Renders every scope for Intune and every partner's permission.
pub fn scopes(document: &ScopesDocument) -> String {
    let mut page = MarkdownPage::of_set_up(phrases::INTUNE_SCOPES);
    page.table(
        &["scope", "in the portal", "permits", "application id", "delegated id"],
        document.items.iter().map(|scope| {
            let permits: Vec<String> =
                phrases::permits(scope).iter().map(|permits| escape::words(permits)).collect();
            [
                cell_code(&scope.name),
                escape::words(&scope.label),
                permits.join("<br>"),
                cell_code(&scope.application),
                cell_code(&scope.delegated),
            ]
        }),
    );
    page.block(&format!("#### {}", phrases::PARTNER_PERMISSIONS));
    page.table(
        &["permission", "permits", "used by"],
        document.partner_permissions.iter().map(|of| {
            [cell_code(&of.name), escape::words(&of.permits), escape::words(&of.partners)]
        }),
    );
    page.block(&format!("#### {}", phrases::OPTIONAL_PERMISSIONS));
    page.table(
        &["permission", "purpose"],
        document.optional.iter().map(|of| [cell_code(&of.permission), escape::words(&of.why)]),
    );
    page.finish()
}

/// Renders the set-up of a pipeline's sign-in: the apps with their permissions, and the script or the configuration.
pub fn setup(document: &SetupDocument) -> String {
    let mut page = MarkdownPage::of_set_up(&phrases::sign_in(document));
    page.table(
        &["app", "for", "permissions"],
        document.items.iter().map(|app| {
            let permissions = app.permissions.iter().map(|of| cell_code(&of.name));
            [
                cell_code(&app.name),
                phrases::purposes(&app.purposes),
                permissions.collect::<Vec<_>>().join("<br>"),
            ]
        }),
    );
    let language = match document.language {
        SetupLanguage::Shell => "sh",
        SetupLanguage::Terraform => "hcl",
    };
    let lines: Vec<String> = document.text.lines().map(str::to_owned).collect();
    page.block(&fenced(language, &lines));
    page.finish()
}
