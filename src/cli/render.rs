//! `moorline render`.

use std::path::PathBuf;

use clap::Args;

use super::failure::CommandError;
use super::output::{Output, without_markdown};
use super::selection::{Only, Selection};
use super::{Done, Result};
use crate::diagnostic::text;
use crate::manifest::{Invalid, load};
use crate::report::json::Document;
use crate::report::rendered;
use crate::ui::Ui;

/// Print the manifests as they count: bases and overlays merged, files and references resolved, and where each value is from.
#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
pub(super) struct Arguments {
    /// Folder with a moorline.yaml, that file, or a single manifest.
    #[arg(default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    only: Only,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let Arguments { path, only, output } = arguments;
    let loaded = ui.watched("the manifests", || {
        if load::is_tenant(path) {
            load::load(path)
        } else {
            load::load_files(std::slice::from_ref(path))
        }
    });
    let is_usable = !loaded.has_errors();
    let (findings, sources, mut manifests) = (loaded.findings, loaded.sources, loaded.manifests);
    if !is_usable {
        return Err(CommandError::invalid(Box::new(Invalid { findings, sources }), path));
    }
    if !findings.is_empty() {
        ui.notice(&text::render(&findings, &sources, ui.notice_palette, ui.width));
    }
    let selection = Selection::new(&only.globs, &manifests)?;
    manifests.retain(|manifest| selection.takes(&manifest.address));
    let text = if output.is_json() {
        Document::Manifests.render(&rendered::document(&manifests, &sources))
    } else {
        rendered::yaml(&manifests, &sources)
    };
    output.write(ui, &text)?;
    Ok(Done::Quietly)
}
