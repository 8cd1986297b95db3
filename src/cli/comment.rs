//! `moorline comment`.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};

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
#[command(group(ArgGroup::new("content").args(["body", "outdated"]).required(true).multiple(true)))]
pub(super) struct Arguments {
    /// Folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// File with the text, in Markdown; `-` reads stdin.
    #[arg(long, value_name = "FILE")]
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
    let client = ForgeClient::new(&context, &ui.known, clock, observer);
    if matches!(client, Err(ForgeError::NoToken(_)))
        && let Some(body) = &body
        && into_summary(ui, variable(STEP_SUMMARY), body)?
    {
        ui.status("Wrote the text into the summary of the step, since there is no token.");
    }
    let client = client?;
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
    if into_summary(ui, variable(STEP_SUMMARY), body)? {
        ui.data(&format!("Wrote the text into the summary of the step: {why}.\n"))?;
    } else {
        ui.status(&format!("The text stands here: {why}."));
        ui.data(body)?;
    }
    Ok(Done::Quietly)
}

/// Writes a text into the summary of the step. Returns whether the step has one.
fn into_summary(ui: &Ui, summary: Option<String>, body: &str) -> Result<bool> {
    let Some(path) = summary.filter(|path| !path.is_empty()) else { return Ok(false) };
    let path = Path::new(&path);
    let file = OpenOptions::new().append(true).create(true).open(path);
    let text = format!("{}\n", ui.known.scrub(body).trim_end());
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| unwritable(path, source))?;
    Ok(true)
}

/// Reads stdin, as long as it is no longer than a file may be.
fn read_stdin() -> std::io::Result<String> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(LONGEST + 1).read_to_string(&mut text)?;
    if read as u64 > LONGEST {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
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
    let is_stdin = path == Path::new("-");
    let text = if is_stdin { read_stdin() } else { disk::read_text(path, LONGEST) };
    let text = text.map_err(|source| {
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

#[cfg(test)]
mod tests {
    use clap::{ColorChoice, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Alone {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn text_or_outdated_is_asked_for() {
        let error = Alone::try_parse_from(["comment", "."]).expect_err("nothing to say");
        let error = error.to_string();
        assert!(error.contains("--body <FILE>") && error.contains("--outdated"), "{error}");
        for line in [&["--outdated"][..], &["--body", "-"], &["--outdated", "--body", "x.md"]] {
            let line = ["comment"].iter().chain(line);
            Alone::try_parse_from(line).expect("enough");
        }
    }

    #[test]
    fn text_is_added_to_the_summary_of_a_step_that_has_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("summary.md");
        let name = || Some(path.display().to_string());
        let ui = Ui::new(ColorChoice::Never, true, 0);
        let is_written = |summary, body| {
            into_summary(&ui, summary, body).unwrap_or_else(|_| panic!("not written"))
        };
        assert!(is_written(name(), "one\n") && is_written(name(), "two"));
        assert!(!is_written(None, "three") && !is_written(Some(String::new()), "three"));
        assert_eq!(std::fs::read_to_string(&path).expect("written"), "one\ntwo\n");
    }
}
