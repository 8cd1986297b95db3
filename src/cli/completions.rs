//! `moorline completions`, and the answers to the shells that run its scripts.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, ColorChoice, CommandFactory};
use clap_complete::Shell;
use clap_complete::env::{EnvCompleter, Shells};

use super::{Done, Result};
use crate::error::Error;
use crate::ui::Ui;

mod candidates;

/// The variable in which a script names its shell when it asks for completions.
const VARIABLE: &str = "MOORLINE_COMPLETE";

/// The name of the program in a script.
const PROGRAM: &str = "moorline";

/// The end of zsh's script: a file of $fpath is run at the first completion, which it has to answer too.
const OF_FOLDER: &str = r#"
if [[ "${funcstack[1]-}" == _moorline ]]; then
    _clap_dynamic_completer_moorline "$@"
fi
"#;

/// Print a completion script for a shell.
///
/// The script asks the installed moorline for commands, options, kinds, error codes and the names of a tenant's manifests. Bash
/// reads it from ~/.local/share/bash-completion/completions/moorline, zsh as _moorline from a folder of $fpath, fish from
/// ~/.config/fish/completions/moorline.fish, and PowerShell where the profile ($PROFILE) runs
/// `moorline completions powershell | Out-String | Invoke-Expression`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Shell to write the script for.
    shell: Shell,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let name = arguments.shell.to_string();
    let Some(shell) = Shells::builtins().completer(&name).map(script) else {
        return Err(Error::usage("usage/shell", format!("there is no script for {name}")).into());
    };
    ui.data(&shell)?;
    Ok(Done::Quietly)
}

fn script(shell: &dyn EnvCompleter) -> String {
    let mut script = Vec::new();
    // Memory takes every text.
    let _ = shell.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell.is("zsh") {
        script += OF_FOLDER;
    }
    script
}

/// Answers a shell that asks for completions; `None` for any other run. An answer that fails has no message, which would
/// stand in the line that is being typed.
pub(super) fn answer<C: CommandFactory>(arguments: &[OsString]) -> Option<ExitCode> {
    let name = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty())?;
    let shells = Shells::builtins();
    let text = shells.completer(&name).and_then(|shell| complete::<C>(shell, arguments));
    let written = text.map(|text| Ui::new(ColorChoice::Never, true, 0).data(&text));
    Some(if written.is_some_and(|written| written.is_ok()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Returns the candidates for the word under the cursor, as the shell reads them. The words of its line follow `--`.
fn complete<C: CommandFactory>(shell: &dyn EnvCompleter, arguments: &[OsString]) -> Option<String> {
    let begin = arguments.iter().position(|argument| argument == "--")? + 1;
    let words = arguments[begin..].to_vec();
    let mut program = candidates::added(C::command(), &words);
    let folder = std::env::current_dir().ok();
    let mut text = Vec::new();
    shell.write_complete(&mut program, words, folder.as_deref(), &mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}
