//! `--plan` and `--plan-digest`: the plan that an apply must match.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::apply::expected::ExpectedPlan;
use crate::apply::saved;
use crate::error::Error;
use crate::manifest::TENANT_FILE;
use crate::plan::Plan;

/// The largest saved plan that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// Which plan an apply must match.
#[derive(Debug, Args)]
pub(super) struct ExpectedPlanArguments {
    /// Apply what a plan saved by `plan --out` says, where that still is the plan; PATH is where its manifests are.
    #[arg(long, value_name = "PLAN.json", conflicts_with = "plan_digest")]
    plan: Option<PathBuf>,
    /// Apply only where this is the plan's digest.
    #[arg(long, value_name = "sha256:…", value_parser = digest)]
    plan_digest: Option<String>,
}

fn digest(text: &str) -> Result<String, String> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("give the whole digest as a plan prints it: `sha256:` and 64 digits".to_owned())
    }
}

impl ExpectedPlanArguments {
    /// Returns the folder with the manifests, and the plan that an apply of them must match. The path may itself be a
    /// saved plan, of the tenant in this folder.
    pub(super) fn read<'a>(&self, path: &'a Path) -> Result<(&'a Path, ExpectedPlan), Error> {
        let is_plan = path.extension().is_some_and(|ending| ending == "json") && path.is_file();
        match (&self.plan, &self.plan_digest) {
            (Some(_), _) if is_plan => {
                let message = format!("`{}` is a plan, and `--plan` gives another", path.display());
                let error = Error::usage("usage/plan", message);
                Err(error.hint("Give the folder with the manifests as PATH."))
            }
            (Some(plan), _) => Ok((path, ExpectedPlan::Saved(load(plan)?))),
            _ if is_plan && !Path::new(TENANT_FILE).is_file() => {
                let plan = path.display();
                let message = format!("there is no tenant here that `{plan}` could be of");
                let form = format!("`moorline apply FOLDER --plan {plan}`");
                let error = Error::usage("usage/plan", message);
                Err(error.hint(format!("Say where its manifests are: {form}.")))
            }
            _ if is_plan => Ok((Path::new("."), ExpectedPlan::Saved(load(path)?))),
            (None, Some(digest)) => Ok((path, ExpectedPlan::Digest(digest.clone()))),
            (None, None) => Ok((path, ExpectedPlan::Any)),
        }
    }
}

/// Returns the globs that limit an apply: of a saved plan those that it was made with.
pub(super) fn only<'a>(
    expected: &'a ExpectedPlan,
    given: &'a [String],
    resumes: bool,
) -> Result<&'a [String], Error> {
    let ExpectedPlan::Saved(plan) = expected else {
        return Ok(given);
    };
    if resumes {
        let message = "`--resume` makes the plan anew, and a saved plan is applied as it was made";
        return Err(Error::usage("usage/plan", message)
            .hint("Leave the saved plan out: what that run did not come to do is planned anew, and shown before it is written."));
    }
    if !given.is_empty() && *given != plan.only {
        let message = "a saved plan is limited as it was when it was made";
        return Err(Error::usage("usage/plan", message)
            .hint("Leave `--only` out, or make another plan with it."));
    }
    Ok(&plan.only)
}

fn load(path: &Path) -> Result<Box<Plan>, Error> {
    let read = || {
        let mut text = String::new();
        File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
        if text.len() as u64 > LARGEST {
            return Err(format!("it is longer than {LARGEST} bytes").into());
        }
        Ok(saved::read(&text)?)
    };
    read().map(Box::new).map_err(|why: Box<dyn std::error::Error + Send + Sync>| {
        Error::failed("plan/saved", format!("`{}` cannot be applied", path.display()))
            .because(why)
            .hint("Make it anew by `moorline plan --out`; what it lists is only compared, never carried out.")
    })
}
