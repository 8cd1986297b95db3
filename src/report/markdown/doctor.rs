//! Whether a set-up works.

use super::escape::{self, cell_code, code, sentence};
use super::page::Page;
use crate::diagnose::doctor::{Check, CheckStatus, DoctorDocument};
use crate::report::words;

/// Returns each check with what was seen, and what to do where something is missing.
pub fn doctor(document: &DoctorDocument) -> String {
    let mut page = Page::new(&words::examination(document.summary));
    page.block(&sentence(&words::set_up(document)));
    page.block("| | check | what was seen |\n|---|---|---|");
    let made = || document.items.iter().filter(|check| !check.is_left_out());
    for check in made() {
        page.line(&row(check));
    }
    if let Some(left_out) = words::left_out(&document.items) {
        page.block(&format!("Unknown: {}.", sentence(&left_out)));
    }
    for check in
        made().filter(|c| c.result.status != CheckStatus::Ok && !c.result.remedy.is_empty())
    {
        page.block(&format!("**{}**", escape::words(&check.title)));
        let remedies = check.result.remedy.iter();
        let remedies = remedies.map(|remedy| format!("- {}", sentence(remedy)));
        page.block(&remedies.collect::<Vec<_>>().join("\n"));
    }
    let begin = document.cause.as_ref().map(|cause| {
        let command = code(&format!("moorline explain {cause}"));
        format!("Begin with {command}.")
    });
    page.finish(&begin.into_iter().collect::<Vec<_>>())
}

fn row(check: &Check) -> String {
    let status = match check.result.status {
        CheckStatus::Ok => "ok",
        CheckStatus::Missing => "**missing**",
        CheckStatus::Unknown => "unknown",
    };
    format!("| {status} | {} | {} |", cell_code(&check.title), escape::words(&check.result.detail))
}
