//! `moorline drift --adopt` and `moorline import --refresh`: the tenant's values into manifests that exist.

use std::path::Path;

use clap::Args;
use globset::Glob;

use super::drift::ComparedEarlier;
use super::import::{folder, read};
use super::output::Output;
use super::plan::unread_objects;
use super::selection::near_address;
use super::session::Session;
use super::{Done, Format, Result};
use crate::drift;
use crate::error::{Error, ErrorKind};
use crate::import::adopt::document::AdoptDocument;
use crate::import::adopt::drafts::{FileChange, drafts};
use crate::import::adopt::{self, AdoptInput, AdoptOptions, Adoption};
use crate::import::{self, ImportOptions, ImportSelection};
use crate::manifest::{Address, Desired, load};
use crate::plan::{Plan, PlanOptions};
use crate::report;
use crate::report::json::Document;
use crate::report::phrases;
use crate::text::sanitize;
use crate::ui::Ui;

/// How often edits are refused before nothing is written: each round, what is left is planned again.
const ROUNDS: usize = 5;

/// The arguments that decide what is written.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct AdoptArguments {
    /// Write nothing, and exit with 2 if a file would change.
    #[arg(long)]
    pub(super) check: bool,
    /// Write nothing, and show the changes of the files as a unified diff.
    #[arg(long)]
    pub(super) diff: bool,
}

/// Adopts the differences of the tenant, and plans the manifests with the edits before any file is written.
pub(super) async fn run(
    ui: &Ui,
    path: &Path,
    mut session: Session,
    earlier: Option<&Desired>,
    options: &AdoptOptions,
    arguments: AdoptArguments,
    output: &Output,
) -> Result<Done> {
    let opened = adopt::open_accepted(&mut session.desired, options);
    let plan_options = PlanOptions { reach: false, ..session.plan_options() };
    let (mut planned, mut live) = session.plan(ui, &plan_options).await?;
    let (graph, desired) = (&session.graph, &session.desired);
    // The plan with the edits is compared with the whole one.
    let whole = planned.plan.clone();
    let mut options = options.clone();
    options.undeclared = drift::undeclared_drift(&whole, &desired.tenant.spec.drift);
    let mut pending = Vec::new();
    if let Some(earlier) = earlier {
        let compared = ComparedEarlier::of(&session, earlier, &whole, &plan_options).await?;
        let told = drift::keep_drifted(&mut planned.plan, &compared.previous(""));
        pending = told.pending;
        pending.retain(|left| options.asks_for(&left.address, &left.path));
        options.parts = told.parts;
        // No earlier manifest declared them either.
        for (address, parts) in &mut options.parts {
            parts.extend(options.undeclared.get(address).into_iter().flatten().cloned());
        }
    }
    let options = &options;
    adopt::read_renamed(graph, desired, &mut planned, &mut live, options).await?;
    let names = adopt::names(graph, &adopt::objects(&planned, &live, options)).await?;
    let input =
        AdoptInput { desired, planned: &planned, live: &live, names: &names, opened: &opened };
    let mut adoption = adopt::adopt(&input, options);
    for left in pending {
        if let Some(change) = whole.change(&left.address) {
            adoption.leave_pending(change, &left.path, left.since.is_some());
        }
    }
    let unmanaged = options.unmanaged(desired);
    if !unmanaged.is_empty() {
        import(ui, &session, &unmanaged, &mut adoption).await?;
    }
    let files = checked(ui, path, &session, &whole, &plan_options, &mut adoption).await?;
    let writes = !arguments.check && !arguments.diff;
    let bases = adoption.shared_bases(&files);
    if writes {
        for base in &bases {
            ui.status(&format!(
                "Editing {}, which serves {}.",
                base.folder,
                base.tenants.join(", ")
            ));
        }
        let write = || adopt::write::write(&session.desired.root, &files);
        ui.watched("the manifests to be written", write)
            .map_err(|error| Error::failed("io/output", error.to_string()).because(error))?;
    }
    let mut document = adoption.document(&files, arguments.diff, writes);
    document.bases = bases;
    tell(ui, output, arguments, &document)?;
    let unread = planned.plan.unread();
    session.close().await;
    if unread > 0 {
        ui.error(&unread_objects(unread));
        return Ok(Done::As(ErrorKind::Failed));
    }
    let refused = document.items.iter().filter(|item| item.is_refused).count();
    if refused > 0 {
        let objects = phrases::count(refused, "object");
        let message = format!("the edits of {objects} were not made");
        ui.error(
            &Error::failed("adopt/refused", message)
                .hint("The reasons are above; edit the manifests by hand, or leave the difference to `moorline apply`."),
        );
        return Ok(Done::As(ErrorKind::Failed));
    }
    let would_change = arguments.check && !document.files.is_empty();
    Ok(if would_change { Done::WithDifferences } else { Done::Quietly })
}

/// Adds manifests of objects that no manifest manages.
async fn import(
    ui: &Ui,
    session: &Session,
    addresses: &[&Address],
    adoption: &mut Adoption<'_>,
) -> Result<()> {
    let Session { desired, graph, .. } = session;
    let root = folder(desired)?;
    ui.status("Looking for objects that no manifest manages …");
    let (contents, _) = read(ui, graph, false).await?;
    for address in addresses {
        let only = Glob::new(&globset::escape(&address.to_string())).map(|it| it.compile_matcher());
        let selection = ImportSelection { only: only.into_iter().collect(), ..Default::default() };
        let options = ImportOptions { selection, root: root.clone(), ..Default::default() };
        let import = import::import(desired, &contents, &options);
        if import.manifests.is_empty() {
            let wanted = address.to_string();
            let message =
                format!("no manifest is `{wanted}`, and no other object would get that name");
            let otherwise = "Write KIND/NAME as the manifests have them, or as `moorline import` would name the object.";
            let hint = near_address(&wanted, &desired.manifests, otherwise);
            return Err(Error::usage("usage/address", message).hint(hint).into());
        }
        adoption.import(import);
    }
    Ok(())
}

/// Returns the files that change. Edits after which the manifests are not valid, or the plan is not as it was meant, are
/// refused.
async fn checked(
    ui: &Ui,
    path: &Path,
    session: &Session,
    before: &Plan,
    options: &PlanOptions,
    adoption: &mut Adoption<'_>,
) -> Result<Vec<FileChange>> {
    for _ in 0..ROUNDS {
        let files = adoption.files();
        if files.is_empty() {
            return Ok(files);
        }
        let loaded = load::load_with(path, drafts(&files));
        if adoption.refuse_invalid(&loaded) {
            continue;
        }
        let Ok(desired) = loaded.into_desired() else { return Ok(Vec::new()) };
        ui.status("Planning the manifests with the edits …");
        let (planned, _) = session.plan_of(&desired, options).await?;
        if !adoption.refuse_differing(before, &planned.plan) {
            return Ok(files);
        }
    }
    adoption.refuse_all();
    Ok(Vec::new())
}

/// Writes the result. As text, a diff stands alone on stdout.
fn tell(
    ui: &Ui,
    output: &Output,
    arguments: AdoptArguments,
    document: &AdoptDocument,
) -> Result<()> {
    let text = match output.format {
        Format::Json => Document::Adopt.render(document),
        Format::Markdown => report::markdown::adopt(document),
        Format::Text => {
            let writer = output.writer(ui);
            let summary = report::text::adopt(document, writer, ui.verbosity > 0);
            if arguments.diff {
                if !ui.quiet {
                    ui.notice(&summary);
                }
                let diffs = document.files.iter().filter_map(|file| file.diff.as_deref());
                diffs.map(|diff| sanitize::block(diff).into_owned()).collect()
            } else {
                summary
            }
        }
    };
    Ok(output.write(ui, &text)?)
}
