//! How a command fails: an error, or manifests that cannot be used.

use std::path::Path;

use crate::auth::AuthError;
use crate::diagnose::failure as known;
use crate::diagnose::{Catalogue, CatalogueEntry, Explanation};
use crate::diagnostic::{self, Finding, Severity};
use crate::error::{Error, ErrorKind};
use crate::graph::error::GraphError;
use crate::manifest::Invalid;
use crate::report;
use crate::ui::Ui;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(super) struct Failure {
    error: Error,
    invalid: Option<Box<Invalid>>,
    /// What the catalogue says of what a service answered.
    explanation: Option<Box<Explanation>>,
}

impl Failure {
    pub(super) fn kind(&self) -> ErrorKind {
        self.error.kind
    }

    /// Tells the user, and on stdout a caller that reads JSON.
    pub(super) fn report(&self, ui: &Ui, json: bool) {
        if let Some(invalid) = &self.invalid {
            let text = diagnostic::text::render(
                &invalid.findings,
                &invalid.sources,
                ui.notice_palette(),
                ui.width(),
            );
            ui.notice(&text);
        }
        ui.error(&self.error);
        if let Some(explanation) = &self.explanation {
            let palette = ui.notice_palette();
            ui.notice(&report::text::explanation(explanation, palette, ui.width()));
        }
        if json {
            let findings =
                self.invalid.as_ref().map(|invalid| (&invalid.findings[..], &invalid.sources));
            // Where stdout is gone, the exit code still tells.
            let explanation = self.explanation.as_deref();
            let _ = ui.data(&report::json::error(&self.error, explanation, findings));
        }
    }
}

impl Failure {
    /// Makes the failure of a command whose PATH holds manifests that cannot be used.
    pub(super) fn invalid(invalid: Box<Invalid>, path: &Path) -> Self {
        let kind = of_findings(&invalid.findings, &[path]).unwrap_or(ErrorKind::Invalid);
        let summary = diagnostic::text::summary(&invalid.findings);
        let error = match kind {
            ErrorKind::Usage => {
                Error::new(kind, "usage/path", format!("`{}` cannot be read", path.display()))
            }
            _ => Error::new(
                kind,
                "manifest/invalid",
                format!("the manifests cannot be used: {summary}"),
            ),
        };
        Self { error, invalid: Some(invalid), explanation: None }
    }

    /// Makes the failure of a service's, which ends with what the catalogue says of it.
    fn explained(error: Error, entry: Option<&CatalogueEntry>) -> Self {
        Self {
            error,
            invalid: None,
            explanation: entry.map(|entry| Box::new(Explanation::from(entry))),
        }
    }
}

impl From<Error> for Failure {
    fn from(mut error: Error) -> Self {
        if error.hints.is_empty()
            && let Some(entry) = Catalogue::built_in().by_code(error.code)
        {
            error.hints.clone_from(&entry.remedy);
        }
        Self { error, invalid: None, explanation: None }
    }
}

/// Returns what findings make of a run that was given these paths. A path that leads nowhere is a slip on
/// the command line, and a file that the system does not give out says nothing about the manifests.
pub(super) fn of_findings<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    given: &[impl AsRef<Path>],
) -> Option<ErrorKind> {
    let is_given = |file: &Path| given.iter().any(|path| path.as_ref() == file);
    let errors = findings.into_iter().filter(|finding| finding.severity == Severity::Error);
    let kinds = errors.map(|finding| match finding.code.as_str() {
        "file/missing" | "file/unreadable" | "tenant/missing"
            if finding.file.as_deref().is_some_and(is_given) =>
        {
            ErrorKind::Usage
        }
        "file/unreadable" => ErrorKind::Failed,
        _ => ErrorKind::Invalid,
    });
    kinds.max()
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let entry = known::of_call(&error);
        let mut result = failed(known::code(&error), &error);
        if let GraphError::Auth(error) = &error {
            result.hints = error.hints();
        }
        Self::explained(result, entry)
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let entry = known::of_sign_in(&error);
        let mut result = failed(known::sign_in_code(&error), &error);
        result.hints = error.hints();
        Self::explained(result, entry)
    }
}

/// Puts a lower layer's error into the words of one for the user.
fn failed(code: &'static str, error: &dyn std::error::Error) -> Error {
    let result = Error::failed(code, error.to_string());
    match error.source() {
        Some(cause) => result.because(Causes::of(cause)),
        None => result,
    }
}

/// A chain of causes that outlives what it was read from.
#[derive(Debug)]
struct Causes {
    text: String,
    next: Option<Box<Causes>>,
}

impl Causes {
    fn of(error: &dyn std::error::Error) -> Self {
        Self { text: error.to_string(), next: error.source().map(|next| Box::new(Self::of(next))) }
    }
}

impl std::fmt::Display for Causes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Causes {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.next.as_deref().map(|next| next as &dyn std::error::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_the_system_does_not_give_out_is_no_invalid_manifest() {
        let error = |code: &&str| Finding::file_error(*code, "a.yaml", "it");
        let kind = |codes: &[&str]| {
            let findings: Vec<Finding> = codes.iter().map(error).collect();
            of_findings(&findings, &["b.yaml"])
        };
        assert_eq!(kind(&[]), None);
        assert_eq!(kind(&["file/unreadable"]), Some(ErrorKind::Failed));
        let both = kind(&["file/unreadable", "yaml/syntax"]);
        assert_eq!(both, Some(ErrorKind::Invalid));
    }
}
