//! `moorline document`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use globset::{Glob, GlobMatcher};

use super::import;
use super::output::{Destination, Output};
use super::selection::Selection;
use super::session::Session;
use super::{Done, Result, ResultFormat, TenantOptions};
use crate::as_built::{self, AsBuilt, RecordTerms};
use crate::error::Error;
use crate::report::json::Document;
use crate::report::{FailedRun, Links, ReportDocument as _, html, markdown};
use crate::tenant::reach;
use crate::ui::Ui;

/// Write the record of a tenant: every object with its settings and assignments, its manifest, and its last change.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Count the devices and users that the objects reach.
    #[arg(long)]
    reach: bool,
    #[command(flatten)]
    pub(super) output: Output<RecordFormat>,
    #[command(flatten)]
    tenant: TenantOptions,
}

/// The format of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RecordFormat {
    /// Markdown at a terminal, else HTML.
    Auto,
    /// One file for a browser.
    Html,
    /// For a repository or a wiki.
    Markdown,
    /// For programs.
    Json,
}

impl ResultFormat for RecordFormat {
    const DEFAULT: &'static str = "auto";
}

impl Output<RecordFormat> {
    /// Whether the result goes to a person at a terminal.
    fn is_at_terminal(&self, ui: &Ui) -> bool {
        self.output.is_none() && ui.has_terminal
    }
}

impl Destination for Output<RecordFormat> {
    fn prove_writable(&self) -> Result<(), Error> {
        self.check()
    }

    fn fail(&self, ui: &Ui, failed: &FailedRun<'_>) {
        let text = match self.format {
            // The error is on stderr.
            RecordFormat::Auto if self.is_at_terminal(ui) => return,
            RecordFormat::Auto | RecordFormat::Html => failed.html(&Links::default()),
            RecordFormat::Markdown => failed.markdown(&Links::default()),
            RecordFormat::Json => failed.json(),
        };
        if !ui.has_answered() && self.write(ui, &text).is_err() {
            // If stdout is closed, the exit code is left.
            let _ = ui.data(&text);
        }
    }
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let Arguments { path, tenant, output, .. } = arguments;
    let only = globs(&tenant.only.globs)?;
    let desired = super::selection::load(path)?;
    let everything = Selection::new(&[], &[])?;
    let session = Session::sign_in(ui, tenant, desired, everything, Ok(None)).await?;
    ui.status(&format!("Reading {} …", session.place()));
    let checked_at = session.plan_options().created_at;
    let (contents, not_covered) = import::read(ui, &session.graph, false).await?;
    let counts = match arguments.reach {
        true => Some(reach::read(&session.graph, &as_built::subjects(&contents)).await),
        false => None,
    };
    let terms = RecordTerms {
        checked_at,
        only: tenant.only.globs.clone(),
        takes: &|address| only.is_empty() || only.iter().any(|glob| glob.is_match(address)),
        not_covered,
        counts: counts.as_ref(),
    };
    let mut record = as_built::record(&session.desired, &contents, &terms);
    if let Err(error) = expect_objects(&record) {
        session.close().await;
        return Err(error.into());
    }
    as_built::attribute(&session.graph, &mut record).await;
    session.close().await;
    record.warnings.iter().for_each(|warning| ui.warning(warning));
    let text = match output.format {
        RecordFormat::Auto if output.is_at_terminal(ui) => markdown::as_built(&record),
        RecordFormat::Auto | RecordFormat::Html => html::as_built(&record),
        RecordFormat::Markdown => markdown::as_built(&record),
        RecordFormat::Json => Document::AsBuilt.render(&record),
    };
    output.write(ui, &text)?;
    Ok(Done::failed_if(!record.unreadable.is_empty()))
}

fn globs(texts: &[String]) -> Result<Vec<GlobMatcher>, Error> {
    let globs = texts.iter().map(|text| {
        let glob = Glob::new(text).map_err(|error| {
            Error::usage("usage/only", format!("`--only {text}` is no glob: {}", error.kind()))
        })?;
        Ok(glob.compile_matcher())
    });
    globs.collect()
}

/// Refuses globs that select nothing, which are misspelt more often than not.
fn expect_objects(record: &AsBuilt) -> Result<(), Error> {
    if record.only.is_empty() || !(record.items.is_empty() && record.missing.is_empty()) {
        return Ok(());
    }
    let message = format!("`--only {}` matches no object of the tenant", record.only.join(" "));
    Err(Error::usage("usage/only", message).hint(
        "Write KIND/NAME: the name of the manifest, or the display name of an object that has none; or a glob such as 'windows*/*'.",
    ))
}
