//! Limits the number of findings about one file or manifest.

use crate::diagnostic::Finding;

/// The most findings that are kept about one file or manifest.
pub(super) const MAX_FINDINGS: usize = 1000;

/// Truncates findings to [`MAX_FINDINGS`], and adds one that says so.
pub(super) fn bounded(mut findings: Vec<Finding>) -> Vec<Finding> {
    if let Some(next) = findings.get(MAX_FINDINGS) {
        let more = Finding {
            span: next.span,
            file: next.file.clone(),
            ..Finding::file_error("manifest/more", "", "there are more findings from here on")
        };
        findings.truncate(MAX_FINDINGS);
        findings.push(more.help("fix the ones above first"));
    }
    findings
}
