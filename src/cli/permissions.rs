//! `moorline permissions`.

use std::path::PathBuf;

use clap::Args;

use super::output::Output;
use super::selection::{Only, Selection, load};
use super::{Done, Format, Result};
use crate::diagnose::needs::{self, PermissionsDocument, Purpose};
use crate::diagnose::permissions::ScopesDocument;
use crate::manifest::Manifest;
use crate::report::{self, json::Document};
use crate::ui::Ui;

/// List the least privileges that the manifests need, why, and how to grant them; nothing is sent to the tenant.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// List only the permissions of this command.
    #[arg(long = "for", value_name = "COMMAND")]
    purpose: Option<Purpose>,
    /// List every scope for Intune and every partner permission instead, with what they permit; no tenant is needed.
    #[arg(long, conflicts_with_all = ["purpose", "globs"])]
    list: bool,
    #[command(flatten)]
    only: Only,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let output = &arguments.output;
    if arguments.list {
        let document = ScopesDocument::built_in();
        let text = match output.format {
            Format::Text => report::text::scopes(&document, output.writer(ui)),
            Format::Json => Document::Scopes.render(&document),
            Format::Markdown => report::markdown::scopes(&document),
        };
        output.write(ui, &text)?;
        return Ok(Done::Quietly);
    }
    let desired = load(&arguments.path)?;
    let selection = Selection::new(&arguments.only.globs, &desired.manifests)?;
    let manifests: Vec<&Manifest> =
        desired.manifests.iter().filter(|manifest| selection.takes(&manifest.address)).collect();
    let all = Purpose::OF_MANIFESTS.to_vec();
    let purposes = arguments.purpose.map_or(all, |purpose| vec![purpose]);
    let ownership = desired.tenant.spec.ownership.as_ref();
    let items =
        purposes.into_iter().map(|purpose| needs::least_privileges(&manifests, ownership, purpose));
    let document = PermissionsDocument { items: items.collect() };
    let text = match output.format {
        Format::Text => report::text::permissions(&document, output.writer(ui)),
        Format::Json => Document::Permissions.render(&document),
        Format::Markdown => report::markdown::permissions(&document),
    };
    output.write(ui, &text)?;
    Ok(Done::Quietly)
}
