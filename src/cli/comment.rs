//! `moorline comment`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::environment::variable;
use super::output::unwritable;
use super::session::retry_observer;
use super::{Done, Result};
use crate::clock::Clock;
use crate::disk;
use crate::error::Error;
use crate::forge::comment::{CommentOutcome, CommentRequest};
use crate::forge::{ForgeClient, ForgeContext, ForgeError, ForgeKind, ForgeOptions};
use crate::manifest::load;
use crate::ui::Ui;

/// The longest text that is read, in bytes; every forge takes less.
const LONGEST: u64 = 16 << 20;

/// The variable with the file that GitHub shows as the summary of a step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Create or update the one comment of a tenant on a pull request.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// File with the text, in Markdown.
    #[arg(long, value_name = "FILE", required_unless_present = "outdated")]
    body: Option<PathBuf>,
    /// Mark the comment of an earlier commit as outdated, because this one changes nothing; without --body it keeps its text.
    #[arg(long)]
    outdated: bool,
    /// Number of the pull request, instead of the pipeline's.
    #[arg(long, value_name = "N")]
    pull_request: Option<u64>,
    /// Repository, instead of the pipeline's.
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,
    /// Last commit of the pull request, instead of the pipeline's.
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// URL of the REST interface; http is allowed only for this machine.
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// Service that has the repository, instead of the pipeline's.
    #[arg(long, value_name = "NAME", value_enum)]
    forge: Option<ForgeKind>,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let tenant = tenant_name(&arguments.path)?;
    let body = arguments.body.as_deref().map(read).transpose()?;
    let context = ForgeContext::find(arguments.options(), &variable)?;
    let facts = context.kind.facts();
    let number = context.pull_request.ok_or_else(|| {
        let message = format!("this run is of no {}", facts.request);
        Error::usage("forge/unknown", message)
            .hint("Run it where a pull request is planned, or name one: `--pull-request N`.")
    })?;
    if context.is_fork {
        let why =
            format!("{} {number} comes from a fork, whose runs may not comment", facts.request);
        return in_place_of_comment(ui, body.as_deref(), &why);
    }
    let commit = context.commit.as_deref().ok_or_else(|| {
        Error::usage("forge/unknown", "the commit of this run is not known")
            .hint("Name it: `--commit \"$(git rev-parse HEAD)\"`.")
    })?;
    let clock = Clock::system();
    let observer = retry_observer(ui, &clock);
    let client = ForgeClient::new(&context, &ui.known, clock, observer)?;
    let body = body.map(|body| ui.known.scrub(&body).into_owned());
    let wanted = CommentRequest {
        tenant: &tenant,
        number,
        commit,
        run: context.run,
        body: body.as_deref(),
        outdated: arguments.outdated,
    };
    let place = format!("{} {number} of {}", facts.request, context.repository);
    match client.comment(&wanted).await {
        Ok(outcome) => ui.data(&told(&outcome, &tenant, &place))?,
        Err(error) if error.is_forbidden() => {
            ui.warning(&format!("{error}. {}", facts.permission_hint));
            let why = format!("the token may not comment on {place}");
            return in_place_of_comment(ui, body.as_deref(), &why);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Done::Quietly)
}

impl Arguments {
    fn options(&self) -> ForgeOptions {
        ForgeOptions {
            forge: self.forge,
            api_url: self.api_url.clone(),
            repository: self.repository.clone(),
            pull_request: self.pull_request,
            commit: self.commit.clone(),
        }
    }
}

/// Returns the sentence for what became of the comment.
fn told(outcome: &CommentOutcome, tenant: &str, place: &str) -> String {
    let at = |url: &Option<String>| match url {
        Some(url) => format!(": {url}"),
        None => ".".to_owned(),
    };
    let comment = format!("comment of {tenant} on {place}");
    let sentence = match outcome {
        CommentOutcome::Created(url) => format!("Created the {comment}{}", at(url)),
        CommentOutcome::Updated(url) => format!("Updated the {comment}{}", at(url)),
        CommentOutcome::MarkedOutdated(url) => {
            format!("Marked the {comment} as outdated{}", at(url))
        }
        CommentOutcome::Unchanged(url) => format!("Nothing changed in the {comment}{}", at(url)),
        CommentOutcome::NothingOutdated => {
            format!("There is no {comment} that could be outdated.")
        }
        CommentOutcome::Older(head) => format!(
            "Left the {comment} alone: a later run writes it, or has written it, for commit {head}."
        ),
        CommentOutcome::Closed => format!("Wrote no {comment}: it is closed."),
    };
    sentence + "\n"
}

/// Writes the text into the summary of the step, or else to stdout, because it cannot be a comment.
fn in_place_of_comment(ui: &Ui, body: Option<&str>, why: &str) -> Result<Done> {
    let Some(body) = body else {
        ui.data(&format!("Wrote nothing: {why}.\n"))?;
        return Ok(Done::Quietly);
    };
    match variable(STEP_SUMMARY).filter(|path| !path.is_empty()) {
        Some(path) => {
            let path = Path::new(&path);
            let file = OpenOptions::new().append(true).create(true).open(path);
            let text = format!("{}\n", ui.known.scrub(body).trim_end());
            let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
            written.map_err(|source| unwritable(path, source))?;
            ui.data(&format!("Wrote the text into the summary of the step: {why}.\n"))?;
        }
        None => {
            ui.status(&format!("The text stands here: {why}."));
            ui.data(body)?;
        }
    }
    Ok(Done::Quietly)
}

/// Reads the name of a tenant, also where the rest of its file cannot be used: a comment says what is wrong with it.
fn tenant_name(path: &Path) -> Result<String> {
    Ok(load::tenant_name(path).ok_or_else(|| {
        let message = format!("`{}` has no tenant file with `metadata.name`", path.display());
        Error::usage("usage/path", message)
            .hint("Name the folder of the `moorline.yaml` that the plan is of.")
    })?)
}

fn read(path: &Path) -> Result<String> {
    let text = disk::read_text(path, LONGEST).map_err(|source| {
        let message = format!("`{}` with the text cannot be read", path.display());
        Error::usage("usage/path", message)
            .because(source)
            .hint("Write it first: `moorline plan --format markdown --output plan.md`.")
    })?;
    if text.trim().is_empty() {
        let message = format!("`{}` has no text", path.display());
        let hint = "Write it first: `moorline plan --format markdown --output plan.md`.";
        return Err(Error::usage("usage/path", message).hint(hint).into());
    }
    Ok(text)
}

impl From<ForgeError> for super::CommandError {
    fn from(error: ForgeError) -> Self {
        Error::from(error).into()
    }
}
