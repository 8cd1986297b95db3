//! `moorline completions`.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::documents::DOCUMENTS;
use super::{Done, Result};
use crate::kinds;
use crate::ui::Ui;

/// Print a completion script for a shell.
///
/// Bash reads it from ~/.local/share/bash-completion/completions/moorline, zsh as _moorline from a folder of $fpath, fish
/// from ~/.config/fish/completions/moorline.fish, and PowerShell where the profile ($PROFILE) runs
/// `moorline completions powershell | Out-String | Invoke-Expression`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Shell to write the script for.
    shell: Shell,
}

pub(super) fn run<C: CommandFactory>(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut with_names(C::command()),
        "moorline",
        &mut script,
    );
    ui.data(&String::from_utf8_lossy(&script))?;
    Ok(Done::Quietly)
}

/// Adds the names that an argument takes. The command itself explains an unknown name better than a list of them all.
fn with_names(program: Command) -> Command {
    // clap takes names that live as long as the program, which ends after the script.
    let kinds = kinds::all().into_iter().map(|kind| &*kind.name.clone().leak());
    let documents = DOCUMENTS.iter().map(|document| document.name);
    let documents = PossibleValuesParser::new(documents);
    program.mut_subcommand("schema", |schema| {
        schema
            .mut_arg("kind", |kind| kind.value_parser(PossibleValuesParser::new(kinds)))
            .mut_arg("document", |document| document.value_parser(documents))
    })
}
