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

/// The arguments that name the plan which an apply must match.
#[derive(Debug, Args)]
pub(super) struct ExpectedPlanArguments {
    /// Apply this plan, which `plan --out` saved, if the tenant and the manifests in PATH still lead to it.
    #[arg(long, value_name = "PLAN.json", conflicts_with = "plan_digest")]
    plan: Option<PathBuf>,
    /// Apply only if the plan has this digest.
    #[arg(long, value_name = "sha256:…", value_parser = digest)]
    plan_digest: Option<String>,
}

fn digest(text: &str) -> Result<String, String> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("give the whole digest as the plan prints it: `sha256:` and 64 hexadecimal digits"
            .to_owned())
    }
}

impl ExpectedPlanArguments {
    /// Returns the folder with the manifests, and the plan that an apply of them must match. The path may itself be a
    /// saved plan, of the tenant in this folder.
    pub(super) fn read<'a>(&self, path: &'a Path) -> Result<(&'a Path, ExpectedPlan), Error> {
        let is_plan = path.extension().is_some_and(|ending| ending == "json") && path.is_file();
        match (&self.plan, &self.plan_digest) {
            (Some(_), _) if is_plan => {
                let message =
                    format!("`{}` is a saved plan, and `--plan` names another one", path.display());
                let error = Error::usage("usage/plan", message);
                Err(error.hint("Give the folder with the manifests as PATH."))
            }
            (Some(plan), _) => Ok((path, ExpectedPlan::Saved(load(plan)?))),
            _ if is_plan && !Path::new(TENANT_FILE).is_file() => {
                let plan = path.display();
                let message =
                    format!("this folder has no {TENANT_FILE} for the saved plan `{plan}`");
                let form = format!("`moorline apply FOLDER --plan {plan}`");
                let error = Error::usage("usage/plan", message);
                Err(error.hint(format!("Name the folder with its manifests: {form}.")))
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
        let message = "`--resume` makes a new plan, so no saved plan can be given with it";
        return Err(Error::usage("usage/plan", message)
            .hint("Leave the saved plan out: the changes that the run did not complete are planned again, and shown before they are written."));
    }
    if !given.is_empty() && *given != plan.only {
        let message = "a saved plan is limited by the `--only` that it was made with";
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
            .hint("Save it again with `moorline plan --out`.")
    })
}
