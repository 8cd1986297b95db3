//! The arguments that `plan` and `apply` share.

use clap::{Args, ValueEnum};

use crate::error::Error;
use crate::manifest::{Desired, previous};
use crate::plan::{PlanOptions, Rewrite, Undeclared};
use crate::report::phrases;
use crate::ui::Ui;

/// The arguments that decide how a plan is made.
#[derive(Debug, Args)]
pub(super) struct PlanArguments {
    /// Create an object again if the object of its `metadata.id` no longer exists.
    #[arg(long)]
    recreate: bool,
    /// Write this secret again although it cannot be compared with the tenant's; can be repeated.
    #[arg(long, value_name = "KIND/NAME[/PROPERTY]")]
    rewrite_secret: Vec<Rewrite>,
    /// List what was declared in this Git ref or folder and is no longer declared.
    #[arg(long, value_name = "REF|DIR")]
    previous: Option<String>,
    /// Unset settings that are no longer declared, where a setting can be unset.
    #[arg(long, requires = "previous")]
    pub(super) reset_released: bool,
    /// Do not count the devices and users that the changes affect.
    #[arg(long)]
    no_reach: bool,
    /// How to treat settings that cannot be compared.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    pub(super) unverifiable: Unverifiable,
}

/// The treatment of settings that cannot be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Unverifiable {
    /// List them.
    #[default]
    Warn,
    /// List them and fail.
    Fail,
}

impl Unverifiable {
    /// Returns an error if there are such settings and the command has to fail for them.
    pub(super) fn check(self, settings: usize) -> Result<(), Error> {
        if self == Self::Warn || settings == 0 {
            return Ok(());
        }
        let settings = phrases::count(settings, "setting");
        let message = format!("{settings} cannot be compared, and `--unverifiable fail` was given");
        let error = Error::failed("apply/unverifiable", message);
        Err(error.hint(
            "Write them with `--rewrite-secret KIND/NAME`, or leave out `--unverifiable fail`.",
        ))
    }
}

impl PlanArguments {
    /// Compares the manifests with earlier ones, and declares released settings as unset with `--reset-released`.
    pub(super) fn release(&self, ui: &Ui, desired: &mut Desired) -> Result<Undeclared, Error> {
        let Some(previous) = &self.previous else {
            return Ok(Undeclared::default());
        };
        let load = || previous::load(&desired.root, previous);
        let before = ui.watched("the earlier manifests of `--previous`", load)?;
        let release = Undeclared::between(&before.manifests, &desired.manifests);
        if self.reset_released {
            release.reset(&mut desired.manifests);
        }
        Ok(release)
    }

    /// Returns the options to plan with.
    pub(super) fn options(&self, release: &Undeclared, defaults: PlanOptions) -> PlanOptions {
        PlanOptions {
            also: release.families(),
            protected_before: release.protected(),
            recreate: self.recreate,
            rewrite: self.rewrite_secret.clone(),
            reach: !self.no_reach,
            ..defaults
        }
    }
}
