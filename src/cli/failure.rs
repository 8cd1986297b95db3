//! How a command fails: an error, or manifests that cannot be used.

use crate::auth::AuthError;
use crate::diagnose::failure as known;
use crate::diagnose::{Catalogue, Entry, Explanation};
use crate::diagnostic;
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
    /// Whether stdout should hold an `error` document.
    as_json: bool,
}

impl Failure {
    pub(super) fn kind(&self) -> ErrorKind {
        self.error.kind
    }

    /// Makes stdout hold an `error` document where the caller reads JSON.
    pub(super) fn with_json(mut self, json: bool) -> Self {
        self.as_json = json;
        self
    }

    /// Tells the user.
    pub(super) fn report(&self, ui: &Ui) {
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
            ui.notice(&report::text::explanation(explanation, ui.notice_palette()));
        }
        if self.as_json {
            let findings = self
                .invalid
                .as_ref()
                .map(|invalid| (&invalid.findings[..], &invalid.sources));
            // Where stdout is gone, the exit code still tells.
            let explanation = self.explanation.as_deref();
            let _ = ui.data(&report::json::error(&self.error, explanation, findings));
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
        Self {
            error,
            invalid: None,
            explanation: None,
            as_json: false,
        }
    }
}

impl Failure {
    /// Makes the failure of a service's, which ends with what the catalogue says of it.
    fn explained(error: Error, entry: Option<&Entry>) -> Self {
        Self {
            error,
            invalid: None,
            explanation: entry.map(|entry| Box::new(Explanation::from(entry))),
            as_json: false,
        }
    }
}

impl From<Box<Invalid>> for Failure {
    fn from(invalid: Box<Invalid>) -> Self {
        let message = format!(
            "the manifests cannot be used: {}",
            diagnostic::text::summary(&invalid.findings)
        );
        let error = Error::new(ErrorKind::Invalid, "manifest/invalid", message);
        Self {
            error,
            invalid: Some(invalid),
            explanation: None,
            as_json: false,
        }
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let entry = known::of_call(&error);
        Self::explained(failed(known::code(&error), &error), entry)
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let entry = known::of_sign_in(&error);
        Self::explained(failed(known::sign_in_code(&error), &error), entry)
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
