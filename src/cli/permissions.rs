//! `moorline permissions`.

use std::path::PathBuf;

use clap::Args;

use super::output::Output;
use super::selection::{Only, Selection, load};
use super::{Done, Format, Result};
use crate::diagnose::needs::{self, PermissionsDocument, Purpose};
use crate::diagnose::permissions::ScopesDocument;
use crate::diagnose::setup::{
    self, AzureDevOpsPipelines, GithubRepository, PipelinePlace, SetupLanguage,
};
use crate::error::Error;
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
    /// Print a script that lets the workflows of this repository on GitHub sign in: apps, federated credentials, grants, variables.
    #[arg(long, value_name = "OWNER/REPO", value_parser = clap::value_parser!(GithubRepository), conflicts_with_all = ["list", "purpose", "azure_devops"])]
    github: Option<GithubRepository>,
    /// The same for the pipelines of a project of Azure DevOps, with service connections whose names begin with CONNECTION.
    #[arg(long, value_name = "ORG/PROJECT[/CONNECTION]", value_parser = clap::value_parser!(AzureDevOpsPipelines), conflicts_with_all = ["list", "purpose"])]
    azure_devops: Option<AzureDevOpsPipelines>,
    /// With --github or --azure-devops: print a configuration of Terraform instead.
    #[arg(long)]
    terraform: bool,
    /// With --github or --azure-devops: grant the permissions that are useful and not needed, too.
    #[arg(long)]
    with_optional: bool,
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
    if let Some(place) = arguments.place()? {
        let language =
            if arguments.terraform { SetupLanguage::Terraform } else { SetupLanguage::Shell };
        let document =
            setup::set_up(&desired.tenant, &manifests, &place, language, arguments.with_optional);
        let text = match output.format {
            Format::Text => document.text.clone(),
            Format::Json => Document::Setup.render(&document),
            Format::Markdown => report::markdown::setup(&document),
        };
        if manifests.is_empty() {
            ui.warning("No manifest declares anything yet, so the set-up grants the apps no permission. Import or write the first manifests, and make it again.");
        }
        output.write(ui, &text)?;
        return Ok(Done::Quietly);
    }
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

impl Arguments {
    /// Returns the place whose pipelines are set up, where one is given.
    fn place(&self) -> Result<Option<PipelinePlace>, Error> {
        let github = self.github.clone().map(PipelinePlace::Github);
        let place = github.or_else(|| self.azure_devops.clone().map(PipelinePlace::AzureDevOps));
        if place.is_none() && (self.terraform || self.with_optional) {
            let message = "`--terraform` and `--with-optional` are of the set-up of pipelines";
            return Err(Error::usage("usage/arguments", message)
                .hint("Give `--github OWNER/REPO` or `--azure-devops ORG/PROJECT`, too."));
        }
        Ok(place)
    }
}
