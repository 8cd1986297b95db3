//! How a command fails: an error, or manifests that cannot be used.

use std::path::Path;

use crate::auth::AuthError;
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
        if json {
            let findings = self
                .invalid
                .as_ref()
                .map(|invalid| (&invalid.findings[..], &invalid.sources));
            // Where stdout is gone, the exit code still tells.
            let _ = ui.data(&report::json::error(&self.error, findings));
        }
    }
}

impl Failure {
    /// Makes the failure of a command whose PATH holds manifests that cannot be used.
    pub(super) fn invalid(invalid: Box<Invalid>, path: &Path) -> Self {
        let kind = of_findings(&invalid.findings, &[path]).unwrap_or(ErrorKind::Invalid);
        let summary = diagnostic::text::summary(&invalid.findings);
        let error = match kind {
            ErrorKind::Usage => Error::new(
                kind,
                "usage/path",
                format!("`{}` cannot be read", path.display()),
            ),
            _ => Error::new(
                kind,
                "manifest/invalid",
                format!("the manifests cannot be used: {summary}"),
            ),
        };
        Self {
            error,
            invalid: Some(invalid),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            invalid: None,
        }
    }
}

/// Returns what findings make of a run that was given these paths. A path that leads nowhere is a slip on
/// the command line, and a file that the system does not give out says nothing about the manifests.
pub(super) fn of_findings<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    given: &[impl AsRef<Path>],
) -> Option<ErrorKind> {
    let is_given = |file: &Path| given.iter().any(|path| path.as_ref() == file);
    let errors = findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error);
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
        graph(error).into()
    }
}

/// Puts a failed call into the words of an error.
pub(super) fn graph(error: GraphError) -> Error {
    let code = match &error {
        GraphError::InvalidRequest { .. } => "graph/invalid-request",
        GraphError::Auth(_) => "auth/sign-in",
        GraphError::OutOfTime { .. } => "graph/out-of-time",
        GraphError::Communication { .. } => "graph/unreachable",
        GraphError::Throttled { .. } => "graph/throttled",
        GraphError::Service { .. } => "graph/refused",
        GraphError::AnswerLost { .. } => "graph/answer-lost",
        GraphError::BadPayload { .. } => "graph/bad-answer",
        GraphError::ForeignNextLink { .. } => "graph/foreign-page",
    };
    let hint = match (&error, error.status()) {
        (GraphError::OutOfTime { .. }, _) => {
            Some("Give the run more time: `--timeout`.".to_owned())
        }
        (GraphError::Communication { .. }, _) => {
            Some("Check the network, the proxy (`HTTPS_PROXY`) and `spec.cloud`.".to_owned())
        }
        (_, Some(401)) => Some(
            "The token was issued and then refused: check the app's Intune role and licence."
                .to_owned(),
        ),
        (_, Some(403)) => Some(
            "Grant the app the permission that the message names, with admin consent.".to_owned(),
        ),
        _ => None,
    };
    let mut result = Error::failed(code, error.to_string());
    result.hints.extend(hint);
    if let GraphError::Auth(auth) = &error {
        result.hints.extend(auth.hints());
    }
    match std::error::Error::source(&error) {
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
        Self {
            text: error.to_string(),
            next: error.source().map(|next| Box::new(Self::of(next))),
        }
    }
}

impl std::fmt::Display for Causes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Causes {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.next
            .as_deref()
            .map(|next| next as &dyn std::error::Error)
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let mut result = Error::failed("auth/sign-in", error.to_string());
        result.hints = error.hints();
        match std::error::Error::source(&error) {
            Some(cause) => result.because(Causes::of(cause)).into(),
            None => result.into(),
        }
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
