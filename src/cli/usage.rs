//! Errors of the command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, CommandFactory as _, ValueEnum as _};

use super::ReportFormat;
use super::environment::tokens;
use super::output::Destination as _;
use super::report_output::ReportOutput;
use super::session::is_state;
use crate::error::Error;
use crate::report::FailedRun;
use crate::text::style::Palette;
use crate::ui::Ui;

/// The commands whose result has all formats, and files that a CI system reads.
const REPORTS: [&str; 5] = ["validate", "plan", "apply", "rollback", "drift"];

/// The commands that take the journal of a run.
const JOURNALED: [&str; 3] = ["plan", "apply", "rollback"];

/// Prints clap's help or error, and the error as a document too in the format that is asked for. The exit code is not clap's 2,
/// which means drift.
pub(super) fn report(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let ui = ui();
    let text = |palette| match palette {
        Palette::Colour => error.render().ansi().to_string(),
        Palette::Plain => error.render().to_string(),
    };
    // There is no other place for a help that cannot be written.
    if !error.use_stderr() {
        let _ = ui.data(&text(ui.palette));
        return ExitCode::SUCCESS;
    }
    ui.notice(&text(ui.notice_palette));
    end(&ui, &from_clap(error), arguments)
}

/// An argument of other commands or programs, and what is used instead.
struct Elsewhere {
    argument: &'static str,
    /// The commands whose users are told; all that lack the argument where none is named.
    of: &'static [&'static str],
    instead: &'static str,
}

const ELSEWHERE: [Elsewhere; 4] = [
    Elsewhere {
        argument: "--dry-run",
        of: &["apply"],
        instead: "`moorline plan` shows what an apply would change, and writes nothing",
    },
    Elsewhere { argument: "--dry-run", of: &[], instead: "it writes nothing anyway" },
    Elsewhere {
        argument: "--sandbox",
        of: &[],
        instead: "it reaches no tenant, and needs no sandbox in the place of one",
    },
    Elsewhere { argument: "--yes", of: &[], instead: "it asks for no confirmation" },
];

/// Replaces the tip that an unknown argument could be a value, which none of them is meant to be, by what is used instead
/// where that is known.
pub(super) fn with_own_tips(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(unknown)) => unknown.clone(),
        _ => return error,
    };
    let is_misleading = |tips: &[StyledStr]| tips.iter().any(|tip| is_of_a_value(&tip.to_string()));
    if let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested)
        && is_misleading(tips)
    {
        let kept = tips.iter().filter(|tip| !is_of_a_value(&tip.to_string()));
        let kept: Vec<StyledStr> = kept.cloned().collect();
        if kept.is_empty() {
            error.remove(ContextKind::Suggested);
        } else {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(kept));
        }
    }
    let is_named = |commands: &[&str]| {
        commands.is_empty() || arguments.iter().any(|word| commands.iter().any(|name| word == name))
    };
    let known = ELSEWHERE.iter().find(|known| known.argument == unknown && is_named(known.of));
    if let Some(known) = known {
        let tip = vec![StyledStr::from(known.instead)];
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tip));
    }
    error
}

fn is_of_a_value(tip: &str) -> bool {
    tip.contains("as a value, use")
}

/// Returns an error for `--sandbox STATE.json`, which would be read as `--sandbox` and PATH.
pub(super) fn separated_state(arguments: &[OsString]) -> Option<Error> {
    let options = arguments.iter().take_while(|argument| *argument != "--");
    let mut pairs = options.clone().zip(options.skip(1));
    let is_state_path = |path: &Path| {
        path.extension().is_some_and(|ending| ending == "json")
            && (!path.exists() || is_state(path))
    };
    let (_, file) =
        pairs.find(|(one, two)| *one == "--sandbox" && is_state_path(Path::new(two)))?;
    let file = Path::new(file).display();
    let message = format!("`--sandbox` and `{file}` are two arguments");
    let error = Error::usage("usage/arguments", message);
    Some(error.hint(format!("Write `--sandbox={file}`.")))
}

/// Returns an error for several journals, as a glob of a shell gives them, of which the second would be read as PATH.
pub(super) fn several_journals(arguments: &[OsString]) -> Option<Error> {
    let command =
        arguments.get(1).filter(|command| JOURNALED.iter().any(|name| *command == *name))?;
    let options = || arguments.iter().skip(1).take_while(|argument| *argument != "--");
    // A rollback that is resumed has two: the one of the apply, and its own.
    let own = |before: &OsString| *command == "rollback" && *before == "--resume";
    let journals = options().zip(options().skip(1)).filter(|(before, path)| {
        let path = Path::new(path);
        let is_journal = path.extension().is_some_and(|ending| ending == "jsonl");
        is_journal && !own(before) && !path.as_os_str().to_string_lossy().starts_with('-')
    });
    // The name of a journal begins with the time of its run.
    let names: Vec<&OsString> = journals.map(|(_, path)| path).collect();
    let newest = names.iter().max().filter(|_| names.len() > 1)?;
    let message = format!("{} journals are given: give one", names.len());
    let hint = format!("The newest is `{}`.", Path::new(newest).display());
    Some(Error::usage("usage/journal", message).hint(hint))
}

/// Prints an error, and as a document too in the format that is asked for.
pub(super) fn refuse(error: &Error, arguments: &[OsString]) -> ExitCode {
    let ui = ui();
    ui.error(error);
    end(&ui, error, arguments)
}

fn ui() -> Ui {
    let ui = Ui::new(ColorChoice::Auto, false, 0);
    ui.known.add_all(&tokens());
    ui
}

/// Writes an error where the result would have been, in the format that is asked for, and returns its exit code.
fn end(ui: &Ui, error: &Error, arguments: &[OsString]) -> ExitCode {
    let command = command_asked(arguments);
    let is_report = REPORTS.contains(&command);
    let format =
        asked(arguments, "--format").and_then(|name| ReportFormat::from_str(name, false).ok());
    let code = error.kind.exit_code();
    if !is_report && format.is_none() {
        return ExitCode::from(code);
    }
    let failed = FailedRun {
        command,
        path: ".".into(),
        tenant: None,
        error,
        explanation: None,
        invalid: None,
        refusals: &[],
    };
    let no_ci_files = !is_report || options(arguments).any(|option| option == "--no-ci-files");
    let file = asked(arguments, "--output").map(PathBuf::from);
    let output = ReportOutput::of_usage(format.unwrap_or_default(), file, no_ci_files);
    output.fail(ui, &failed);
    output.finish(ui, code);
    ExitCode::from(code)
}

/// Returns the arguments before the end of options.
fn options(arguments: &[OsString]) -> impl Iterator<Item = &str> {
    let options = arguments.iter().filter_map(|argument| argument.to_str());
    options.take_while(|argument| *argument != "--")
}

/// Returns the first argument that names a command, or else the first one.
fn command_asked(arguments: &[OsString]) -> &str {
    let cli = super::Cli::command();
    let mut words = options(arguments).skip(1);
    let command = words.find(|word| cli.find_subcommand(word).is_some());
    command.or_else(|| options(arguments).nth(1)).unwrap_or_default()
}

/// Returns the value that the arguments give an option, as far as they can be parsed.
fn asked<'a>(arguments: &'a [OsString], name: &str) -> Option<&'a str> {
    let joined =
        options(arguments).find_map(|argument| argument.strip_prefix(name)?.strip_prefix('='));
    let apart = || options(arguments).zip(options(arguments).skip(1)).find(|(one, _)| *one == name);
    joined.or_else(|| apart().map(|(_, value)| value).filter(|value| !value.starts_with("--")))
}

/// Returns clap's message as an error: the first paragraph as the message, tips as hints, without the usage line.
fn from_clap(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n").map(one_line);
    let first = paragraphs.next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(&first);
    let mut ours = Error::usage("usage/arguments", message);
    for paragraph in paragraphs {
        if let Some(tip) = paragraph.strip_prefix("tip: ") {
            ours = ours.hint(tip);
        }
    }
    ours.hint("`moorline COMMAND --help` lists what there is.")
}

fn one_line(paragraph: &str) -> String {
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn several_journals_are_told_unless_each_has_its_place() {
        let found = |line: &str| several_journals(&arguments(line)).map(|error| error.message);
        assert_eq!(
            found("moorline rollback 1.jsonl 2.jsonl 3.jsonl").as_deref(),
            Some("3 journals are given: give one")
        );
        assert!(found("moorline apply --resume 1.jsonl 2.jsonl --yes").is_some());
        assert!(found("moorline plan --resume 1.jsonl 2.jsonl").is_some());
        assert!(found("moorline rollback 1.jsonl --resume 2.jsonl 3.jsonl").is_some());
        for line in [
            "moorline rollback 1.jsonl tenant --resume 2.jsonl",
            "moorline rollback --resume 2.jsonl 1.jsonl",
            "moorline apply --resume 1.jsonl .",
            "moorline validate 1.jsonl 2.jsonl",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
    }

    #[test]
    fn format_counts_only_before_the_end_of_options() {
        let asks = |line: &str| asked(&arguments(line), "--format") == Some("json");
        assert!(asks("moorline plan --foo --format json"));
        assert!(asks("moorline --format=json"));
        assert!(!asks("moorline plan --log-format json"));
        assert!(!asks("moorline explain -- --format json"));
        assert!(!asks("moorline plan --format text json"));
        assert_eq!(asked(&arguments("moorline plan --output --format json"), "--output"), None);
    }

    #[test]
    fn command_is_the_first_argument_that_names_one() {
        for (line, command) in [
            ("moorline plan --foo", "plan"),
            ("moorline --color always drift plan", "drift"),
            ("moorline import plan --foo", "import"),
            ("moorline plann --format json", "plann"),
            ("moorline", ""),
        ] {
            assert_eq!(command_asked(&arguments(line)), command, "{line}");
        }
    }
}
