//! `moorline document`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use globset::{Glob, GlobMatcher};

use super::import;
use super::output::{prove_writable, save, unwritable};
use super::selection::Selection;
use super::session::Session;
use super::{Done, Result, TenantOptions};
use crate::as_built::{self, AsBuilt, RecordTerms};
use crate::error::Error;
use crate::report::json::Document;
use crate::report::{html, markdown};
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
    /// Format of the result.
    #[arg(long, value_enum, default_value_t)]
    format: RecordFormat,
    /// Write the record to this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    tenant: TenantOptions,
}

/// The format of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum RecordFormat {
    /// One file for a browser.
    #[default]
    Html,
    /// For a repository or a wiki.
    Markdown,
    /// For programs.
    Json,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let Arguments { path, tenant, output, .. } = arguments;
    if let Some(output) = output {
        prove_writable(output).map_err(|source| unwritable(output, source))?;
    }
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
    let record = as_built::record(&session.desired, &contents, &terms);
    session.close().await;
    expect_objects(&record)?;
    record.warnings.iter().for_each(|warning| ui.warning(warning));
    let text = match arguments.format {
        RecordFormat::Html => html::as_built(&record),
        RecordFormat::Markdown => markdown::as_built(&record),
        RecordFormat::Json => Document::AsBuilt.render(&record),
    };
    match output {
        Some(output) => save(ui, output, &text)?,
        None => ui.data(&text)?,
    }
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
