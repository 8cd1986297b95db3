//! `moorline doctor`.

use std::path::PathBuf;

use clap::Args;

use super::failure::CommandError;
use super::output::Output;
use super::selection::Selection;
use super::session::Connection;
use super::{Done, Format, Result, TenantOptions};
use crate::diagnose::doctor::{self, SetUp};
use crate::diagnose::needs::Purpose;
use crate::diagnostic;
use crate::manifest::{Invalid, load};
use crate::report::{self, json::Document};
use crate::ui::Ui;

/// Check the set-up: sign-in, tenant, permissions, role and licence; nothing is written.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Command that the set-up is checked for.
    #[arg(long = "for", value_name = "COMMAND", default_value = "plan")]
    purpose: Purpose,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let loaded = load::load(&arguments.path);
    let Some(tenant) = &loaded.tenant else {
        // Without a tenant there is nothing to check.
        let invalid = Invalid { findings: loaded.findings, sources: loaded.sources };
        return Err(CommandError::invalid(Box::new(invalid), &arguments.path));
    };
    let valid = !loaded.has_errors();
    if !valid {
        let summary = diagnostic::text::summary(&loaded.findings);
        ui.warning(&format!(
            "The manifests have errors: {summary}. The permissions that they need are not checked."
        ));
    }
    let selection = Selection::new(&arguments.tenant.only.globs, &loaded.manifests)?;
    let selected = loaded.manifests.iter().filter(|m| selection.takes(&m.address));
    let connection = Connection::open(ui, &arguments.tenant, tenant, &loaded.root).await?;
    let document = doctor::examine(SetUp {
        tenant: &tenant.spec.tenant_id,
        http: &connection.http,
        caller: &connection.caller,
        concurrency: arguments.tenant.concurrency.into(),
        credential: connection.credential,
        manifests: valid.then(|| selected.collect()),
        ownership: tenant.spec.ownership.as_ref(),
        purpose: arguments.purpose,
    })
    .await;
    if let Some(sandbox) = connection.sandbox {
        sandbox.shutdown().await;
    }
    let output = &arguments.output;
    let text = match output.format {
        Format::Text => report::text::doctor(&document, output.writer(ui)),
        Format::Json => Document::Doctor.render(&document),
        Format::Markdown => report::markdown::doctor(&document),
    };
    output.write(ui, &text)?;
    Ok(Done::failed_if(!document.is_well()))
}
