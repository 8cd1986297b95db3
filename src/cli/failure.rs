//! The error of a command, with the findings or the explanation that are printed with it.

use std::error::Error as StdError;
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

/// The code of a run that the user declined when asked.
pub(super) const DECLINED: &str = "apply/declined";

/// The code of a run that a signal ended while the user was asked.
pub(super) const UNANSWERED: &str = "apply/unanswered";

/// The most hints that stand before an explanation.
const MOST_HINTS: usize = 4;

/// The error of a command.
#[derive(Debug)]
pub(super) struct CommandError {
    pub(super) error: Error,
    invalid: Option<Box<Invalid>>,
    /// The entry of the error catalogue for a service's response.
    explanation: Option<Box<Explanation>>,
}

impl CommandError {
    /// Prints the error on stderr, and for a caller that reads JSON on stdout too, where no result is there yet.
    pub(super) fn report(&self, ui: &Ui, json: bool) {
        if let Some(invalid) = &self.invalid {
            let Invalid { findings, sources } = &**invalid;
            let palette = ui.notice_palette;
            ui.notice(&diagnostic::text::render(findings, sources, palette, ui.width));
        }
        if [DECLINED, UNANSWERED].contains(&self.error.code) {
            // The user knows why. A signal leaves the question's line open.
            let line = if self.error.code == UNANSWERED { "\n" } else { "" };
            ui.notice(&format!("{line}Nothing was written.\n"));
        } else if self.explanation.is_some() && self.error.hints.len() > MOST_HINTS {
            let hints = (ui.verbosity > 0).then_some(&self.error.hints[..]);
            let more = ["`-v` lists what each kind of credential needs.".to_owned()];
            ui.error_with(&self.error, hints.unwrap_or(&more));
        } else {
            ui.error(&self.error);
        }
        if let Some(explanation) = &self.explanation {
            ui.notice(&report::text::explanation(explanation, ui.notice_writer()));
        }
        if json {
            let (explanation, invalid) = (self.explanation.as_deref(), self.invalid.as_deref());
            ui.error_document(&report::json::error(&self.error, explanation, invalid));
        }
    }

    /// Makes the error for invalid manifests in PATH.
    pub(super) fn invalid(invalid: Box<Invalid>, path: &Path) -> Self {
        let kind = kind_of_findings(&invalid.findings, &[path]).unwrap_or(ErrorKind::Invalid);
        let summary = diagnostic::text::summary(&invalid.findings);
        let error = if kind == ErrorKind::Usage {
            Error::usage("usage/path", format!("`{}` cannot be read", path.display()))
        } else {
            let message = format!("the manifests cannot be used: {summary}");
            Error::new(kind, "manifest/invalid", message)
        };
        Self { error, invalid: Some(invalid), explanation: None }
    }

    /// Makes the error for a service's error, with its entry in the catalogue.
    fn explained(
        code: &'static str,
        error: impl StdError + Send + Sync + 'static,
        hints: Vec<String>,
        entry: Option<&CatalogueEntry>,
    ) -> Self {
        let failed = Error::failed(code, error.to_string()).because(error);
        Self {
            error: Error { hints, ..failed },
            invalid: None,
            explanation: entry.map(|entry| Box::new(Explanation::new(&entry.id, entry))),
        }
    }
}

impl From<Error> for CommandError {
    fn from(mut error: Error) -> Self {
        if error.hints.is_empty()
            && let Some(entry) = Catalogue::built_in().by_code(error.code)
        {
            error.hints.clone_from(&entry.remedy);
        }
        Self { error, invalid: None, explanation: None }
    }
}

/// Returns the error kind of findings in a run that was given these paths. A path that does not exist is a usage error,
/// and a file that cannot be read is no invalid manifest.
pub(super) fn kind_of_findings<'a>(
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

impl From<GraphError> for CommandError {
    fn from(error: GraphError) -> Self {
        let entry = known::of_call(&error);
        let hints = match &error {
            GraphError::Auth(error) => error.hints(),
            _ => Vec::new(),
        };
        Self::explained(known::code(&error), error, hints, entry)
    }
}

impl From<AuthError> for CommandError {
    fn from(error: AuthError) -> Self {
        let (entry, hints) = (known::of_sign_in(&error), error.hints());
        Self::explained(known::sign_in_code(&error), error, hints, entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreadable_file_is_no_invalid_manifest() {
        let error = |code: &&str| Finding::file_error(*code, "a.yaml", "it");
        let kind = |codes: &[&str]| {
            let findings: Vec<Finding> = codes.iter().map(error).collect();
            kind_of_findings(&findings, &["b.yaml"])
        };
        assert_eq!(kind(&[]), None);
        assert_eq!(kind(&["file/unreadable"]), Some(ErrorKind::Failed));
        let both = kind(&["file/unreadable", "yaml/syntax"]);
        assert_eq!(both, Some(ErrorKind::Invalid));
    }
}
