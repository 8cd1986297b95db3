//! `moorline validate`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::{self, RunOf};
use super::report_output::ReportOutput;
use super::selection::{Only, Selection};
use super::{Done, Result};
use crate::definitions::FILE_NAME;
use crate::diagnostic::text;
use crate::error::Error;
use crate::manifest::load;
use crate::manifest::{Loaded, Manifest};
use crate::report::{Checked, phrases};
use crate::text::writer::PLAIN;
use crate::ui::Ui;

/// Check manifests offline and report every finding with its place and its remedy.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folders with a moorline.yaml, moorline.yaml files, or single manifests.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    only: Only,
    #[command(flatten)]
    pub(super) output: ReportOutput,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let (tenants, files): (Vec<PathBuf>, Vec<PathBuf>) =
        arguments.paths.iter().cloned().partition(|path| load::is_tenant(path));
    let mut loads: Vec<Loaded> = ui.watched("the manifests", || {
        let tenants = tenants.iter().map(|path| load::load(path));
        let files = (!files.is_empty()).then(|| load::load_files(&files));
        tenants.chain(files).collect()
    });
    select(&arguments.only, &mut loads)?;
    let text = || -> String {
        let texts = loads.iter().map(|loaded| as_text(ui, arguments, loaded));
        texts.chain([not_checked(ui, arguments, &loads)]).collect()
    };
    let first = arguments.paths.first().map_or(Path::new("."), PathBuf::as_path);
    arguments.output.write(ui, &RunOf::new("validate", first), &Checked(&loads), text)?;
    let findings = loads.iter().flat_map(|loaded| &loaded.findings);
    Ok(failure::kind_of_findings(findings, &arguments.paths).map_or(Done::Quietly, Done::As))
}

/// Removes the manifests that `--only` does not select.
fn select(only: &Only, loads: &mut [Loaded]) -> Result<(), Error> {
    if only.globs.is_empty() {
        return Ok(());
    }
    let manifests: Vec<Manifest> =
        loads.iter().flat_map(|loaded| loaded.manifests.iter().cloned()).collect();
    let selection = Selection::new(&only.globs, &manifests)?;
    for loaded in loads {
        loaded.retain(|address| selection.takes(address));
    }
    Ok(())
}

fn as_text(ui: &Ui, arguments: &Arguments, loaded: &Loaded) -> String {
    let mut text = text::render(
        &loaded.findings,
        &loaded.sources,
        arguments.output.result.palette(ui),
        ui.width,
    );
    if !text.is_empty() {
        text.push('\n');
    }
    let manifests = phrases::count(loaded.manifests.len(), "manifest");
    let summary = text::summary(&loaded.findings);
    let result = if loaded.has_errors() {
        format!("Invalid: {summary}.")
    } else if loaded.findings.is_empty() {
        format!("Valid: {manifests}.")
    } else {
        format!("Valid: {manifests}, {summary}.")
    };
    text + &result + "\n"
}

/// Returns the line about the checks that were not made for want of a catalogue of definitions.
fn not_checked(ui: &Ui, arguments: &Arguments, loads: &[Loaded]) -> String {
    let policies = match loads.iter().map(|loaded| loaded.unchecked.len()).sum() {
        0 => return String::new(),
        1 => "1 policy was".to_owned(),
        many => format!("{} policies were", phrases::thousands(many)),
    };
    let text = format!(
        "{policies} not checked against definitions: there is no {FILE_NAME} (`moorline catalog refresh`)."
    );
    let mut writer = arguments.output.result.writer(ui);
    writer.sentences(0, PLAIN, &text);
    writer.finish()
}
