//! Under which terms a command plans.

use clap::{Args, ValueEnum};

use super::session::Terms;
use crate::plan::Rewrite;

/// What a plan and an apply take alike.
#[derive(Debug, Args)]
pub(super) struct PlanOptions {
    /// Create an object anew whose `metadata.id` is gone.
    #[arg(long)]
    pub(super) recreate: bool,
    /// Write a secret that cannot be compared again; may be given several times.
    #[arg(long, value_name = "KIND/NAME[/PROPERTY]")]
    rewrite_secret: Vec<Rewrite>,
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
    /// Returns whether so many settings that cannot be compared are too many.
    pub(super) fn fails(&self, settings: usize) -> bool {
        self.unverifiable == Unverifiable::Fail && settings > 0
    }
}

impl PlanOptions {
    /// Returns the terms.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            recreate: self.recreate,
            rewrite: self.rewrite_secret.clone(),
            leave_masked: false,
        }
    }
}
