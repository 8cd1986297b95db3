//! Writes the examination of a set-up.

use super::escape::{self, cell_code, code, sentence};
use super::page::MarkdownPage;
use crate::diagnose::doctor::{CheckStatus, DoctorDocument};
use crate::report::phrases;

/// Renders each check with its result, and the remedy where something is missing.
pub fn doctor(document: &DoctorDocument) -> String {
    let mut page = MarkdownPage::new(&phrases::examination(document.summary));
    page.block(&sentence(&phrases::set_up(document)));
    let made = || document.items.iter().filter(|check| !check.is_left_out());
    page.table(
        &["", "check", "what was seen"],
        made().map(|check| {
            let status = phrases::check_status(check.result.status);
            let missing = if check.result.status == CheckStatus::Missing { "**" } else { "" };
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
    let begin = document
        .cause
        .as_ref()
        .map(|cause| format!("Begin with {}.", code(&format!("moorline explain {cause}"))));
    page.finish(begin.as_slice())
}
