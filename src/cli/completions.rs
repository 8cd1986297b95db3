//! `moorline completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Done, Result};
use crate::ui::Ui;

/// Print a completion script for a shell.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Shell to write the script for.
    shell: Shell,
}

pub(super) fn run<C: CommandFactory>(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut C::command(), "moorline", &mut script);
    ui.data(&String::from_utf8_lossy(&script))?;
    Ok(Done::Quietly)
}
