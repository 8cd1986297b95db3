//! `moorline permissions`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::output::Output;
use super::selection::{Only, Selection};
use super::{Done, Format};
use crate::diagnose::needs::{self, PermissionsDocument, Purpose};
use crate::manifest::{Manifest, bundle};
use crate::report;
use crate::ui::Ui;

/// List the least privileges that the manifests need, why, and how to grant them; the tenant is not asked.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// For one command alone.
    #[arg(long = "for", value_name = "COMMAND")]
    purpose: Option<For>,
    #[command(flatten)]
    only: Only,
    #[command(flatten)]
    pub(super) output: Output,
}

/// The commands that need permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum For {
    /// See what an apply would do.
    Plan,
    /// See what differs.
    Drift,
    /// Make it so.
    Apply,
}

impl From<For> for Purpose {
    fn from(purpose: For) -> Self {
        match purpose {
            For::Plan => Self::Plan,
            For::Drift => Self::Drift,
            For::Apply => Self::Apply,
        }
    }
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done, Failure> {
    let desired = bundle::load(&arguments.path)
        .into_desired()
        .map_err(|invalid| Failure::invalid(invalid, &arguments.path))?;
    let selection = Selection::new(&arguments.only.globs, &desired.manifests)?;
    let manifests: Vec<&Manifest> =
        desired.manifests.iter().filter(|manifest| selection.takes(&manifest.address)).collect();
    let purposes = match arguments.purpose {
        Some(one) => vec![one.into()],
        None => Purpose::ALL.to_vec(),
    };
    let ownership = desired.tenant.spec.ownership.as_ref();
    let items =
        purposes.into_iter().map(|purpose| needs::least_privileges(&manifests, ownership, purpose));
    let document = PermissionsDocument { items: items.collect() };
    let output = &arguments.output;
    let text = match output.format {
        Format::Text => report::text::permissions(&document, output.palette(ui), output.width(ui)),
        Format::Json => report::json::permissions(&document),
        Format::Markdown => report::markdown::permissions(&document),
    };
    output.write(ui, &text)?;
    Ok(Done::Quietly)
}
