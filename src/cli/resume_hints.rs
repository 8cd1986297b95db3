//! The commands that resume a run or roll it back, built from the arguments that the run was given.

use std::ffi::OsStr;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, CommandFactory};

use super::Cli;
use crate::apply::outcome::Outcome;
use crate::journal::Command;
use crate::text::shell::{in_quotes, quoted};

/// Arguments that another `--resume` replaces, and faults, which the sandbox would play again.
const NOT_RESUMED: [&str; 4] = ["resume", "plan", "plan_digest", "sandbox_faults"];

/// Arguments that select a tenant and how it is reached.
const OF_TENANT: [&str; 4] = ["sandbox", "graph_url", "login_url", "credential"];

/// Returns the command that resumes a run with these arguments, unless all of it was done, and the command that rolls it
/// back.
pub(super) fn resume_hints(
    matches: &ArgMatches,
    command: Command,
    outcome: &Outcome,
    journal: &Path,
) -> Vec<String> {
    let mut lines = Vec::new();
    if outcome.error_kind().is_some() {
        let resume = resume(matches, command, journal, outcome.wants_reason());
        lines.push(format!("Resume:     {resume}"));
    }
    if command == Command::Apply && outcome.has_written() {
        let rollback = rollback(matches, command, journal, outcome.has_created());
        lines.push(format!("Roll back:  {rollback}"));
    }
    lines
}

/// Returns the command that resumes a run, with a placeholder for a reason that is wanted and was not given.
fn resume(matches: &ArgMatches, command: Command, journal: &Path, wants_reason: bool) -> String {
    let mut words = vec![format!("moorline {command}")];
    words.extend(given(matches, command, |id| !NOT_RESUMED.contains(&id)));
    if wants_reason && !is_given(matches, "justification") {
        words.push(format!("--justification {}", in_quotes("TEXT")));
    }
    words.push(format!("--resume {}", quoted(&journal.to_string_lossy())));
    words.join(" ")
}

/// Returns the command that rolls a run back.
fn rollback(matches: &ArgMatches, command: Command, journal: &Path, created: bool) -> String {
    let mut words = vec![format!("moorline rollback {}", quoted(&journal.to_string_lossy()))];
    words.extend(given(matches, command, |id| OF_TENANT.contains(&id)));
    if created {
        words.push("--allow delete".to_owned());
    }
    words.join(" ")
}

/// Returns the arguments that a command was given and that are wanted, as they are typed.
fn given(matches: &ArgMatches, command: Command, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut program = Cli::command();
    program.build();
    let Some(command) = program.find_subcommand(command.to_string()) else {
        return Vec::new();
    };
    let ids = matches.ids().filter(|id| wanted(id.as_str()) && is_given(matches, id.as_str()));
    ids.filter_map(|id| command.get_arguments().find(|argument| argument.get_id() == id))
        .flat_map(|argument| typed(matches, argument))
        .collect()
}

fn is_given(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// Returns an argument as it is typed, once for each time that it was given.
fn typed(matches: &ArgMatches, argument: &Arg) -> Vec<String> {
    let id = argument.get_id().as_str();
    let option = argument.get_long().map(|long| format!("--{long}"));
    let occurrences = matches.get_raw_occurrences(id).into_iter().flatten();
    let one = |value: Option<&OsStr>| match (&option, value.map(OsStr::to_string_lossy)) {
        // A saved plan as PATH is of the tenant in this folder, which needs no word.
        (None, value) => value.filter(|path| !path.ends_with(".json")).map(|path| quoted(&path)),
        (Some(option), None) => Some(option.clone()),
        (Some(option), Some(value)) => {
            let is_attached = argument.is_require_equals_set() || value.starts_with('-');
            let separator = if is_attached { '=' } else { ' ' };
            Some(format!("{option}{separator}{}", quoted(&value)))
        }
    };
    match argument.get_action() {
        ArgAction::Count => vec![option.unwrap_or_default(); matches.get_count(id).into()],
        ArgAction::SetTrue => one(None).into_iter().collect(),
        _ => occurrences.filter_map(|mut values| one(values.next())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_run_has_the_options_of_the_first_run() {
        let line = "moorline apply plan.json --plan-digest";
        let digest = format!("sha256:{}", "0".repeat(64));
        let options = "--sandbox=s.json -yvv --sandbox-faults f.json --only a/* --only b --wait-approval --justification";
        let arguments = line.split(' ').chain([&digest[..]]).chain(options.split(' '));
        let arguments = arguments.chain(["longer PINs", "--output", "out.json"]);
        let matches = Cli::command().try_get_matches_from(arguments).expect("valid arguments");
        let matches = matches.subcommand_matches("apply").expect("an apply");
        let journal = Path::new(".moorline/journal/new");
        let quotes = |text: &str| text.replace('\'', if cfg!(windows) { "\"" } else { "'" });
        assert_eq!(
            resume(matches, Command::Apply, journal, true),
            quotes(
                "moorline apply --sandbox=s.json --yes --verbose --verbose --only 'a/*' --only b --wait-approval=3600 --justification 'longer PINs' --output out.json --resume .moorline/journal/new"
            )
        );
        assert_eq!(
            rollback(matches, Command::Apply, journal, true),
            "moorline rollback .moorline/journal/new --sandbox=s.json --allow delete"
        );
    }

    #[test]
    fn wanted_reason_has_a_placeholder() {
        let arguments = ["moorline", "rollback", "old", "--resume", "begun"];
        let matches = Cli::command().try_get_matches_from(arguments).expect("valid arguments");
        let matches = matches.subcommand_matches("rollback").expect("a rollback");
        let quotes = |text: &str| text.replace('\'', if cfg!(windows) { "\"" } else { "'" });
        assert_eq!(
            resume(matches, Command::Rollback, Path::new("new"), true),
            quotes("moorline rollback old --justification 'TEXT' --resume new")
        );
    }
}
