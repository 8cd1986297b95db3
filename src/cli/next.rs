//! The command to run next, as it is typed.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{Command, CommandFactory};

use super::Cli;
use crate::apply::outcome::Outcome;
use crate::journal;

/// Options that say which plan a run is held to or which run it goes on with; another `--resume` takes their place.
const HELD_TO: [&str; 3] = ["--resume", "--plan", "--plan-digest"];

/// The option for faults that a sandbox is told to have: they would strike again.
const FAULTS: &str = "--sandbox-faults";

/// The option with the reason that an approver is told.
const REASON: &str = "--justification";

/// Options that say which tenant a run is about, and how it is reached.
const OF_TENANT: [&str; 4] = ["--sandbox", "--graph-url", "--login-url", "--credential"];

/// Returns the command that goes on with the run of these arguments, the program's name first among them. A place for
/// the reason is in it where one is wanted and none was given.
fn resume(arguments: &[OsString], journal: &Path, wants_reason: bool) -> String {
    let is_left_out = |option: &str| HELD_TO.contains(&option) || option == FAULTS;
    let has_reason = options(arguments).any(|option| option.name == Some(REASON));
    let kept = options(arguments)
        .filter(|option| !option.name.is_some_and(is_left_out) && !is_plan(option))
        .flat_map(|option| option.words);
    let mut words = typed(kept);
    if wants_reason && !has_reason {
        let quote = if cfg!(windows) { '"' } else { '\'' };
        words.push_str(&format!(" {REASON} {quote}TEXT{quote}"));
    }
    format!("{words} --resume {}", quoted(&journal.to_string_lossy()))
}

/// Returns the command that takes back what the run of these arguments wrote.
fn rollback(arguments: &[OsString], journal: &Path, created: bool) -> String {
    let is_of_tenant = |option: &str| OF_TENANT.contains(&option);
    let kept = options(arguments)
        .filter(|option| option.name.is_some_and(is_of_tenant))
        .flat_map(|option| option.words);
    let rollback = [OsStr::new("moorline"), OsStr::new("rollback"), journal.as_os_str()];
    let allowed: &[&str] = if created { &["--allow", "delete"] } else { &[] };
    let allowed = allowed.iter().map(OsStr::new);
    typed(rollback.into_iter().chain(kept).chain(allowed))
}

/// Returns the command that goes on with the run, and the one that takes back what it wrote.
pub(super) fn commands(
    arguments: &[OsString],
    command: journal::Command,
    outcome: &Outcome,
    journal: &Path,
) -> Vec<String> {
    let resume = resume(arguments, journal, outcome.wants_reason());
    let mut lines = vec![format!("Go on with it:  {resume}")];
    if command == journal::Command::Apply && outcome.has_written() {
        let rollback = rollback(arguments, journal, outcome.has_created());
        lines.push(format!("Take it back:   {rollback}"));
    }
    lines
}

/// A word of a command line, and the value behind it where that is another word.
struct Given<'a> {
    /// The option's name; a plain word has none.
    name: Option<&'a str>,
    words: Vec<&'a OsStr>,
}

/// Returns the words of a command line, those together that belong together.
fn options(arguments: &[OsString]) -> impl Iterator<Item = Given<'_>> {
    let mut words = arguments.iter().map(OsString::as_os_str);
    let with_value = with_value();
    std::iter::from_fn(move || {
        let word = words.next()?;
        let option = word.to_str().filter(|word| word.starts_with("--"));
        let (name, has_value) = match option.and_then(|option| option.split_once('=')) {
            Some((name, _)) => (Some(name), true),
            None => (option, false),
        };
        let takes = !has_value && name.is_some_and(|name| with_value.contains(name));
        let value = if takes { words.next() } else { None };
        Some(Given { name, words: std::iter::once(word).chain(value).collect() })
    })
}

/// Returns the options whose value is the word behind them.
fn with_value() -> BTreeSet<String> {
    let mut program = Cli::command();
    program.build();
    let commands = ["apply", "rollback"].map(|name| program.find_subcommand(name));
    let arguments = commands.into_iter().flatten().flat_map(Command::get_arguments);
    arguments
        .filter(|argument| {
            argument.get_action().takes_values() && !argument.is_require_equals_set()
        })
        .filter_map(|argument| Some(format!("--{}", argument.get_long()?)))
        .collect()
}

/// Returns whether a saved plan stands in the place of PATH: of the tenant in this folder, which needs no word.
fn is_plan(option: &Given<'_>) -> bool {
    let ends = |word: &&OsStr| Path::new(word).extension().is_some_and(|end| end == "json");
    option.name.is_none() && option.words.iter().any(ends)
}

fn typed<'a>(words: impl Iterator<Item = &'a OsStr>) -> String {
    let words = words.enumerate().map(|(at, word)| match at {
        // Wherever the program lies.
        0 => "moorline".to_owned(),
        _ => quoted(&word.to_string_lossy()),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Returns a word as a shell reads it as one.
fn quoted(word: &str) -> String {
    let plain =
        |character: char| character.is_alphanumeric() || "-_./:=,@+%~\\".contains(character);
    match word {
        _ if !word.is_empty()
            && word.chars().all(plain)
            && (cfg!(windows) || !word.contains('\\')) =>
        {
            word.to_owned()
        }
        _ if cfg!(windows) => format!("\"{word}\""),
        // A CI system would obey `##[`, which a shell makes of `#''#[` again.
        _ => format!("'{}'", word.replace('\'', r"'\''").replace("##", "#''#")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_with_the_options_that_it_had() {
        let line = "target/moorline apply plan.json --plan-digest x --sandbox=s.json --yes --sandbox-faults f.json --resume old";
        let mut arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let more = ["--justification", "longer PINs", "--output", "out.json", "-y"];
        arguments.extend(more.map(OsString::from));
        let journal = Path::new(".moorline/journal/new");
        assert_eq!(
            resume(&arguments, journal, true),
            r#"moorline apply --sandbox=s.json --yes --justification 'longer PINs' --output out.json -y --resume .moorline/journal/new"#
                .replace('\'', if cfg!(windows) { "\"" } else { "'" })
        );
        if !cfg!(windows) {
            assert_eq!(quoted("##vso[x]###"), "'#''#vso[x]#''##'");
        }
        assert_eq!(
            rollback(&arguments, journal, true),
            "moorline rollback .moorline/journal/new --sandbox=s.json --allow delete"
        );
        assert_eq!(
            resume(&arguments[..1], journal, true),
            "moorline --justification 'TEXT' --resume .moorline/journal/new"
                .replace('\'', if cfg!(windows) { "\"" } else { "'" })
        );
    }
}
