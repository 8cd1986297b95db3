//! The error of a command, with the findings or the explanation that are printed with it.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::output::Destination;
use crate::auth::AuthError;
use crate::diagnose::failure as known;
use crate::diagnose::{Catalogue, CatalogueEntry, Explanation};
use crate::diagnostic::{self, Finding, Severity};
use crate::error::{Error, ErrorKind};
use crate::graph::error::GraphError;
use crate::manifest::{Invalid, TENANT_FILE, load};
use crate::plan::Refusal;
use crate::report::{self, FailedRun};
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
    /// The risks and limits for which a plan is refused.
    refusals: Vec<Refusal>,
}

/// The run that a result is of.
#[derive(Clone, Debug)]
pub(super) struct RunOf {
    /// The command.
    pub(super) command: String,
    /// The folder of the tenant, or its tenant file.
    pub(super) path: PathBuf,
}

impl RunOf {
    pub(super) fn new(command: &str, path: &Path) -> Self {
        Self { command: command.to_owned(), path: path.to_owned() }
    }

    /// Returns the run that arguments are of.
    pub(super) fn parsed(matches: &ArgMatches) -> Self {
        let (command, matches) = matches.subcommand().unwrap_or(("", matches));
        let mut paths = ["path", "paths"]
            .into_iter()
            .filter_map(|name| matches.try_get_one::<PathBuf>(name).ok().flatten());
        let path = paths.next().map_or(Path::new("."), PathBuf::as_path);
        Self::new(command, path)
    }

    /// Returns the path of the tenant file.
    pub(super) fn tenant_file(&self) -> PathBuf {
        match self.path.is_dir() {
            true => self.path.join(TENANT_FILE),
            // A single manifest, or a saved plan: the tenant is around it, or here.
            false if self.path.file_name().is_some_and(|name| name != TENANT_FILE) => {
                self.path.with_file_name(TENANT_FILE)
            }
            false => self.path.clone(),
        }
    }

    /// Returns the name of the tenant, where its file can be read.
    fn tenant(&self) -> Option<String> {
        let file = self.tenant_file();
        let (tenant, _) = file.is_file().then(|| load::tenant(&file)).flatten()?;
        Some(tenant.metadata.name)
    }
}

impl CommandError {
    /// Prints the error on stderr, and as a document where the result would have been.
    pub(super) fn report(&self, ui: &Ui, output: Option<&dyn Destination>, run: &RunOf) {
        if let Some(invalid) = &self.invalid {
            let Invalid { findings, sources } = &**invalid;
            let palette = ui.notice_palette;
            ui.notice(&diagnostic::text::render(findings, sources, palette, ui.width));
        }
        if self.invalid.as_ref().is_some_and(|invalid| says_all(&invalid.findings)) {
            // A second error would say the same.
        } else if [DECLINED, UNANSWERED].contains(&self.error.code) {
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
        if let Some(output) = output {
            let failed = FailedRun {
                command: &run.command,
                path: run.path.clone(),
                tenant: run.tenant(),
                error: &self.error,
                explanation: self.explanation.as_deref(),
                invalid: self.invalid.as_deref(),
                refusals: &self.refusals,
            };
            output.fail(ui, &failed);
        }
    }

    /// Makes the error for a plan that is refused.
    pub(super) fn refused(error: Error, refusals: Vec<Refusal>) -> Self {
        Self { refusals, ..Self::from(error) }
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
        Self { error, invalid: Some(invalid), explanation: None, refusals: Vec::new() }
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
            refusals: Vec::new(),
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
        Self { error, invalid: None, explanation: None, refusals: Vec::new() }
    }
}

/// Whether findings are one about a whole file, such as a tenant file that is missing: there is no more to say.
fn says_all(findings: &[Finding]) -> bool {
    matches!(findings, [Finding { span: None, severity: Severity::Error, .. }])
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
