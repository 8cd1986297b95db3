//! Under which terms a command plans.

use clap::{Args, ValueEnum};

use super::previous;
use super::session::Terms;
use crate::error::Error;
use crate::manifest::Desired;
use crate::plan::{Release, Rewrite};

/// What a plan and an apply take alike.
#[derive(Debug, Args)]
pub(super) struct PlanOptions {
    /// Create an object anew whose `metadata.id` is gone.
    #[arg(long)]
    pub(super) recreate: bool,
    /// Write a secret that cannot be compared again; may be given several times.
    #[arg(long, value_name = "KIND/NAME[/PROPERTY]")]
    rewrite_secret: Vec<Rewrite>,
    /// List what was declared before, in this Git ref or folder, and no longer is.
    #[arg(long, value_name = "REF|DIR")]
    previous: Option<String>,
    /// Unset what is no longer declared, where there is a value for that.
    #[arg(long, requires = "previous")]
    pub(super) reset_released: bool,
    /// Do not count the devices and users that the changes reach.
    #[arg(long)]
    no_reach: bool,
    #[command(flatten)]
    pub(super) unverifiable: UnverifiableOption,
}

/// What becomes of settings that cannot be compared.
#[derive(Debug, Args)]
pub(super) struct UnverifiableOption {
    /// Whether settings that cannot be compared are only listed, or make the command fail.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    unverifiable: Unverifiable,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Unverifiable {
    /// List them.
    #[default]
    Warn,
    /// Fail.
    Fail,
}

impl UnverifiableOption {
    /// Returns an error where so many settings that cannot be compared are too many.
    pub(super) fn check(&self, settings: usize) -> Result<(), Error> {
        if self.unverifiable == Unverifiable::Warn || settings == 0 {
            return Ok(());
        }
        let settings = match settings {
            1 => "1 setting".to_owned(),
            many => format!("{many} settings"),
        };
        let message = format!("{settings} cannot be compared, and `--unverifiable fail` was given");
        let error = Error::failed("apply/unverifiable", message);
        Err(error.hint(
            "Write them with `--rewrite-secret KIND/NAME`, or go on without `--unverifiable fail`.",
        ))
    }
}

impl PlanOptions {
    /// Compares what is declared with what was declared before, and declares what is released as unset where
    /// that is wanted.
    pub(super) fn release(&self, desired: &mut Desired) -> Result<Release, Error> {
        let Some(previous) = &self.previous else {
            return Ok(Release::default());
        };
        let before = previous::load(&desired.root, previous)?;
        let release = Release::between(&before, &desired.manifests);
        if self.reset_released {
            release.reset(&mut desired.manifests);
        }
        Ok(release)
    }

    /// Returns the terms.
    pub(super) fn terms(&self, release: &Release) -> Terms {
        Terms {
            also: release.families(),
            recreate: self.recreate,
            rewrite: self.rewrite_secret.clone(),
            leave_masked: false,
            reach: !self.no_reach,
        }
    }
}
