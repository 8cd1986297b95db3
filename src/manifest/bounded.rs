//! How many findings are shown.

use crate::diagnostic::Finding;

/// How many findings of one file or manifest are shown: more than anybody mends before looking again.
pub(super) const MAX_FINDINGS: usize = 1000;

/// Leaves out what is beyond [`MAX_FINDINGS`], and says so.
pub(super) fn bounded(mut findings: Vec<Finding>) -> Vec<Finding> {
    if let Some(next) = findings.get(MAX_FINDINGS) {
        let more = Finding {
            span: next.span,
            file: next.file.clone(),
            ..Finding::file_error("manifest/more", "", "there are more faults, from here on")
        };
        findings.truncate(MAX_FINDINGS);
        findings.push(more.help("mend those above first"));
    }
    findings
}
