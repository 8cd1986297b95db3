//! The plan that an apply is held to: one that somebody looked at before.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::session::{Session, Terms};
use crate::apply::saved::{self, SavedPlanError};
use crate::apply::{ApplyError, StaleChange};
use crate::error::{Error, ErrorKind};
use crate::manifest::tenant_file::GuardSpec;
use crate::manifest::{Address, Desired, TENANT_FILE};
use crate::plan::{Plan, Planned, risk};
use crate::report;
use crate::tenant::Live;
use crate::ui::Ui;

/// The largest saved plan that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// Which plan an apply is held to.
#[derive(Debug, Args)]
pub(super) struct ReviewedOptions {
    /// Apply what a plan saved by `plan --out` says, where that still is the plan; PATH is where its manifests are.
    #[arg(long, value_name = "PLAN.json", conflicts_with = "plan_digest")]
    plan: Option<PathBuf>,
    /// Apply only where this is the plan's digest.
    #[arg(long, value_name = "sha256:…", value_parser = digest)]
    plan_digest: Option<String>,
}

fn digest(text: &str) -> Result<String, String> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    match hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(text.to_ascii_lowercase()),
        false => {
            Err("give the whole digest as a plan prints it: `sha256:` and 64 digits".to_owned())
        }
    }
}

/// What an apply is held to, and where its manifests are.
pub(super) struct Reviewed<'a> {
    pub(super) path: &'a Path,
    standard: Standard<'a>,
}

enum Standard<'a> {
    /// Nothing but what is shown now.
    None,
    Plan(Box<Plan>),
    Digest(&'a str),
}

impl ReviewedOptions {
    /// Reads what an apply is held to. The path may itself be a saved plan, of the tenant in this folder.
    pub(super) fn read<'a>(&'a self, path: &'a Path) -> Result<Reviewed<'a>, Error> {
        let is_plan = path.extension().is_some_and(|ending| ending == "json") && path.is_file();
        let (path, plan) = match (&self.plan, is_plan) {
            (Some(_), true) => {
                let message = format!("`{}` is a plan, and `--plan` gives another", path.display());
                return Err(Error::new(ErrorKind::Usage, "usage/plan", message)
                    .hint("Give the folder with the manifests as PATH."));
            }
            (Some(plan), false) => (path, Some(plan.as_path())),
            (None, true) if !Path::new(TENANT_FILE).is_file() => {
                let message =
                    format!("there is no tenant here that `{}` could be of", path.display());
                let form = format!("`moorline apply FOLDER --plan {}`", path.display());
                return Err(Error::new(ErrorKind::Usage, "usage/plan", message)
                    .hint(format!("Say where its manifests are: {form}.")));
            }
            (None, true) => (Path::new("."), Some(path)),
            (None, false) => (path, None),
        };
        let standard = match (plan, &self.plan_digest) {
            (Some(plan), _) => Standard::Plan(Box::new(load(plan)?)),
            (None, Some(digest)) => Standard::Digest(digest),
            (None, None) => Standard::None,
        };
        Ok(Reviewed { path, standard })
    }
}

fn load(path: &Path) -> Result<Plan, Error> {
    let unusable = |source: Box<dyn std::error::Error + Send + Sync>| {
        let mut error = Error::failed(
            "plan/saved",
            format!("`{}` cannot be applied", path.display()),
        )
        .hint("Make it anew by `moorline plan --out`; what it lists is only compared, never carried out.");
        error.source = Some(source);
        error
    };
    let read = || {
        let mut text = String::new();
        File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
        Ok::<_, std::io::Error>(text)
    };
    let text = read().map_err(|error| unusable(error.into()))?;
    if text.len() as u64 > LARGEST {
        return Err(unusable(format!("it is longer than {LARGEST} bytes").into()));
    }
    saved::read(&text).map_err(|error: SavedPlanError| unusable(error.into()))
}

/// Returns the terms that a saved plan was made under.
fn terms_of(plan: &Plan) -> Result<Terms, Error> {
    let rewrite = plan.rewrite.iter().map(|text| text.parse());
    let rewrite = rewrite.collect::<Result<_, _>>().map_err(|why: &str| {
        Error::failed("plan/saved", format!("the saved plan cannot be applied: `rewrite`: {why}"))
    })?;
    Ok(Terms {
        recreate: plan.recreate,
        rewrite,
        leave_masked: !plan.masked_read,
        ..Terms::default()
    })
}

impl Reviewed<'_> {
    /// Returns the globs that limit the plan.
    pub(super) fn only(&self, given: &[String]) -> Result<Vec<String>, Error> {
        match &self.standard {
            Standard::Plan(plan) if given.is_empty() || *given == plan.only => {
                Ok(plan.only.clone())
            }
            Standard::Plan(_) => Err(Error::new(
                ErrorKind::Usage,
                "usage/plan",
                "a saved plan is limited as it was when it was made",
            )
            .hint("Leave `--only` out, or make another plan with it.")),
            Standard::None | Standard::Digest(_) => Ok(given.to_vec()),
        }
    }

    /// Returns what an apply is held to, in words, which `--resume` leaves out.
    pub(super) fn by(&self) -> Option<&'static str> {
        match &self.standard {
            Standard::None => None,
            Standard::Plan(_) => Some("the saved plan"),
            Standard::Digest(_) => Some("`--plan-digest`"),
        }
    }

    /// Says how the plan stands to the saved one, which was shown with what is left out of it.
    pub(super) fn tell(&self, ui: &Ui, plan: &Plan, left_out: &[StaleChange]) {
        let Standard::Plan(_) = &self.standard else {
            return;
        };
        match left_out {
            [] => ui.status("The saved plan still holds."),
            _ => {
                ui.notice(&report::text::left_out(left_out, plan, ui.notice_palette(), ui.width()))
            }
        }
    }

    /// Refuses to limit what is compared as a whole.
    pub(super) fn is_free_to_resume(&self) -> Result<(), Error> {
        match &self.standard {
            Standard::None => Ok(()),
            Standard::Plan(_) | Standard::Digest(_) => Err(Error::new(
                ErrorKind::Usage,
                "usage/plan",
                "`--resume` makes the plan anew, and a saved plan is applied as it was made",
            )
            .hint("Leave the saved plan out: what that run did not come to do is planned anew, and shown before it is written.")),
        }
    }

    /// Checks that a saved plan is of this tenant.
    pub(super) fn check_tenant(&self, desired: &Desired) -> Result<(), Error> {
        let Standard::Plan(plan) = &self.standard else {
            return Ok(());
        };
        let spec = &desired.tenant.spec;
        if plan.tenant.tenant_id == spec.tenant_id && plan.tenant.cloud == spec.cloud.name() {
            return Ok(());
        }
        let message = format!(
            "the plan is of the tenant {} ({}), and these manifests are of {} ({}); nothing was written",
            plan.tenant.tenant_id,
            plan.tenant.cloud,
            spec.tenant_id,
            spec.cloud.name(),
        );
        Err(Error::new(ErrorKind::Stale, "plan/another-tenant", message)
            .hint("Give the folder that the plan was made from as PATH, and the plan as `--plan`."))
    }

    /// Plans under the terms of the plan that was looked at.
    pub(super) async fn plan(
        &self,
        ui: &Ui,
        session: &Session,
        given: Terms,
    ) -> Result<(Planned, Live), Failure> {
        let terms = match &self.standard {
            Standard::Plan(plan) => {
                Terms { also: given.also, reach: given.reach, ..terms_of(plan)? }
            }
            Standard::None | Standard::Digest(_) => given,
        };
        let (planned, live) = session.plan(ui, terms.clone()).await?;
        let plan = &planned.plan;
        match &self.standard {
            // Whoever made it may not have been allowed to read what is masked.
            Standard::Digest(digest) if plan.masked_read && plan.digest != *digest => {
                let terms = Terms { leave_masked: true, ..terms };
                let masked = session.plan(ui, terms).await?;
                Ok(if masked.0.plan.digest == *digest { masked } else { (planned, live) })
            }
            _ => Ok((planned, live)),
        }
    }

    /// Holds a plan to the one that was looked at. Returns what is left of it, and what has to be left out.
    pub(super) fn hold(
        &self,
        mut planned: Planned,
        guard: &GuardSpec,
        skip_stale: bool,
    ) -> Result<(Planned, Vec<StaleChange>), Error> {
        let plan = &mut planned.plan;
        match &self.standard {
            Standard::None => Ok((planned, Vec::new())),
            Standard::Digest(digest) if plan.digest == *digest => Ok((planned, Vec::new())),
            Standard::Digest(digest) => Err(Error::new(
                ErrorKind::Stale,
                "plan/another-digest",
                format!(
                    "the plan is another one now, so nothing was written\n  looked at {digest}\n  now       {}",
                    plan.digest
                ),
            )
            .hint("The tenant, the manifests, `--only` or Moorline's release changed: look at the plan above, and give its digest if it is what you want.")),
            Standard::Plan(saved) => {
                let moved = saved::moved(saved, plan);
                // Other types matter only where they make another change of what was looked at.
                if saved.knowledge != plan.knowledge && !moved.is_empty() {
                    return Err(Error::new(
                        ErrorKind::Stale,
                        "plan/another-release",
                        "the plan was made by a release of Moorline that knows other types, and is another one now; nothing was written",
                    )
                    .hint("Use one release for both, or make the plan anew."));
                }
                if !moved.is_empty() && !skip_stale {
                    return Err(ApplyError::Stale(moved).into_error());
                }
                let is_left = |address: &Address| moved.iter().any(|stale| stale.address == *address);
                plan.order.retain(|address| !is_left(address));
                plan.changes.retain(|change| !is_left(&change.address));
                plan.summary = plan.recount();
                plan.limits = risk::limits(plan, planned.pruned.len(), guard);
                plan.digest.clone_from(&saved.digest);
                Ok((planned, moved))
            }
        }
    }
}
