//! Writes the failure of a run: what happened and why, and what to do.

use super::escape::{code, sentence};
use super::findings;
use super::page::MarkdownPage;
use crate::diagnose::Explanation;
use crate::diagnostic::json::FindingItem;
use crate::error::Error;
use crate::manifest::Invalid;
use crate::plan::Refusal;
use crate::report::links::Links;
use crate::report::phrases;

/// Renders an error, with the explanation where a service refused, the findings where manifests are invalid, and the
/// refusals where a guard refused.
pub fn failure(
    error: &Error,
    explanation: Option<&Explanation>,
    invalid: Option<&Invalid>,
    refusals: &[Refusal],
    _: &Links,
) -> String {
    let message = phrases::sentence(&error.message);
    let mut page = MarkdownPage::new(&format!("Failed: {}", sentence(&message)));
    page.block(&format!("Code {}, exit code {}", code(error.code), error.kind.exit_code()));
    page.list(error.causes().iter().map(|cause| format!("Because: {}", sentence(cause))));
    if let Some(Invalid { findings, sources }) = invalid {
        findings::table(&mut page, &FindingItem::all(findings, sources));
    }
    page.list(refusals.iter().map(|refusal| {
        let object = refusal.address.as_deref().unwrap_or("the plan");
        let (object, risk) = (code(object), code(&refusal.code));
        format!("{object}: risk {risk}: {}", sentence(&refusal.message))
    }));
    page.list(error.hints.iter().map(|hint| sentence(hint)));
    if let Some(explanation) = explanation {
        page.block(&sentence(&explanation.title));
        page.block(&sentence(&explanation.cause));
        page.list(explanation.remedy.iter().map(|remedy| sentence(remedy)));
    }
    page.finish(&[])
}
