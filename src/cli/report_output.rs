//! The result of validate, plan, apply, rollback and drift, in every format.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::ci_files::CiFiles;
use super::environment::variable;
use super::failure::RunOf;
use super::output::{Destination, Output, expect_no_manifest, unwritable};
use super::{Format, ReportFormat};
use crate::error::Error;
use crate::report::repository::Repository;
use crate::report::sarif::{self, Suppressed};
use crate::report::{self, FailedRun, Links, ReportDocument, Results, ToStory};
use crate::ui::Ui;
use crate::ui::ci_log::CiLog;

/// The arguments for a result that reviewers, pipelines and other tools read.
#[derive(Debug, Args)]
pub(super) struct ReportOutput {
    #[command(flatten)]
    pub(super) result: Output<ReportFormat>,
    /// Address of the repository's files at this commit, for links to manifests; found in GitHub Actions.
    #[arg(long, value_name = "URL")]
    link_base: Option<String>,
    /// Write neither GITHUB_OUTPUT nor GITHUB_STEP_SUMMARY, which GitHub Actions names.
    #[arg(long)]
    no_ci_files: bool,
    /// Treatment of accepted drift in SARIF.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    sarif_accepted: SarifAccepted,
}

/// The treatment of accepted drift in SARIF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum SarifAccepted {
    /// Leave it out in GitHub Actions, whose code scanning does not know suppressions, else mark it.
    #[default]
    Auto,
    /// Mark it as suppressed.
    Suppress,
    /// Leave it out.
    Omit,
}

/// A result as it is written.
enum Rendered {
    Text(String),
    Commands(CiLog),
}

impl ReportOutput {
    /// Returns the arguments of a command line that cannot be parsed as a whole.
    pub(super) fn of_usage(
        format: ReportFormat,
        output: Option<PathBuf>,
        no_ci_files: bool,
    ) -> Self {
        Self {
            result: Output { format, output },
            link_base: None,
            no_ci_files,
            sarif_accepted: SarifAccepted::Auto,
        }
    }

    /// Whether people read the result on stdout.
    pub(super) fn is_text_on_stdout(&self) -> bool {
        self.result.format == ReportFormat::Text && self.result.output.is_none()
    }

    /// Returns the output for what `drift --adopt` did.
    ///
    /// # Errors
    /// `usage/arguments` for a format that it does not have.
    pub(super) fn of_adopt(&self) -> Result<Output, Error> {
        let format = match self.result.format {
            ReportFormat::Text => Format::Text,
            ReportFormat::Json => Format::Json,
            ReportFormat::Markdown => Format::Markdown,
            _ => {
                let message = "`drift --adopt` has no result in this format";
                return Err(Error::usage("usage/arguments", message)
                    .hint("Write `--format text`, `--format json` or `--format markdown`."));
            }
        };
        Ok(Output { format, output: self.result.output.clone() })
    }

    /// Prints the warnings of a result on stderr, except for formats that show them.
    pub(super) fn warn(&self, ui: &Ui, warnings: &[String]) {
        use ReportFormat::{AzureDevops, Github, Text};
        if ![Text, Github, AzureDevops].contains(&self.result.format) {
            warnings.iter().for_each(|warning| ui.warning(warning));
        }
    }

    /// Writes a plan or a drift report.
    pub(super) fn tell(
        &self,
        ui: &Ui,
        run: &RunOf,
        told: &(impl ToStory + Serialize + ReportDocument),
    ) -> Result<(), Error> {
        let text = || report::text::story(told, self.result.writer(ui), ui.verbosity > 0);
        self.write(ui, run, told, text)
    }

    /// Writes a result, and the files of the CI system; `text` is the result for people.
    pub(super) fn write(
        &self,
        ui: &Ui,
        run: &RunOf,
        told: &impl ReportDocument,
        text: impl FnOnce() -> String,
    ) -> Result<(), Error> {
        let rendered = match self.rendered(run, told) {
            Some(rendered) => rendered,
            None => Rendered::Text(text()),
        };
        self.put(ui, &rendered)?;
        self.ci_files().write(ui, || self.results(run, told), || told.markdown(&self.links()));
        Ok(())
    }

    /// Returns a document in the format that is asked for, none for text.
    fn rendered(&self, run: &RunOf, told: &impl ReportDocument) -> Option<Rendered> {
        let results = || self.results(run, told);
        Some(match self.result.format {
            ReportFormat::Text => return None,
            ReportFormat::Json => Rendered::Text(told.json()),
            ReportFormat::Markdown => Rendered::Text(told.markdown(&self.links())),
            ReportFormat::Html => Rendered::Text(told.html(&self.links())),
            ReportFormat::Sarif => Rendered::Text(sarif::render(&results(), self.suppressed())),
            ReportFormat::Junit => Rendered::Text(report::junit::render(&results())),
            ReportFormat::Github => Rendered::Commands(report::github::render(&results())),
            ReportFormat::AzureDevops => {
                Rendered::Commands(report::azure_devops::render(&results()))
            }
        })
    }

    fn results(&self, run: &RunOf, told: &impl ReportDocument) -> Results {
        let tenant_file = run.tenant_file().display().to_string();
        told.results().of(&run.command, &repository(), &tenant_file)
    }

    /// Returns the links to manifests.
    pub(super) fn links(&self) -> Links {
        let base = self.link_base.clone().or_else(|| of_github(variable));
        repository().links(base.as_deref())
    }

    fn suppressed(&self) -> Suppressed {
        let is_github = || variable("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        match self.sarif_accepted {
            SarifAccepted::Suppress => Suppressed::Marked,
            SarifAccepted::Omit => Suppressed::LeftOut,
            SarifAccepted::Auto if is_github() => Suppressed::LeftOut,
            SarifAccepted::Auto => Suppressed::Marked,
        }
    }

    fn put(&self, ui: &Ui, rendered: &Rendered) -> Result<(), Error> {
        match (rendered, &self.result.output) {
            (Rendered::Text(text), _) => self.result.write(ui, text),
            (Rendered::Commands(log), None) => ui.ci_log(log),
            (Rendered::Commands(log), Some(path)) => {
                expect_no_manifest(path)?;
                ui.save_ci_log(path, log).map_err(|source| unwritable(path, source))
            }
        }
    }

    /// Returns the files that the CI system reads. A result in Markdown on stdout is the summary already, for a step that
    /// appends it.
    fn ci_files(&self) -> CiFiles {
        if self.no_ci_files {
            return CiFiles::default();
        }
        let is_summary =
            self.result.format == ReportFormat::Markdown && self.result.output.is_none();
        let files = CiFiles::named(variable);
        if is_summary { files.without_summary() } else { files }
    }
}

/// Returns the repository around the current folder.
fn repository() -> Repository {
    Repository::around(&std::env::current_dir().unwrap_or_default(), variable)
}

/// Returns the address of the repository's files at the commit of a run of GitHub Actions.
fn of_github(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let names = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA"];
    let [server, repository, commit] =
        names.map(|name| variable(name).filter(|value| !value.is_empty()));
    Some(format!("{}/{}/blob/{}", server?, repository?, commit?))
}

impl Destination for ReportOutput {
    fn prove_writable(&self) -> Result<(), Error> {
        self.result.check()
    }

    fn fail(&self, ui: &Ui, failed: &FailedRun<'_>) {
        if ui.has_answered() {
            return;
        }
        let run = RunOf::new(failed.command, &failed.path);
        if let Some(rendered) = self.rendered(&run, failed)
            && self.put(ui, &rendered).is_err()
        {
            // If stdout is closed, the exit code is left.
            let _ = match &rendered {
                Rendered::Text(text) => ui.data(text),
                Rendered::Commands(log) => ui.ci_log(log),
            };
        }
        self.ci_files().write(ui, || self.results(&run, failed), || failed.markdown(&self.links()));
    }

    fn finish(&self, ui: &Ui, code: u8) {
        self.ci_files().finish(ui, code);
    }
}
