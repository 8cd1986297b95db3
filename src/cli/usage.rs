//! Command lines that cannot be understood.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use super::session::is_state;
use crate::error::{Error, ErrorKind};
use crate::report;
use crate::text::style::Palette;
use crate::ui::{OutputOptions, Ui};

/// Says what clap has to say, and on stdout to a caller that reads JSON. Its own exit code for wrong usage is 2, which a
/// caller would take for drift.
pub(super) fn report(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let ui = Ui::new(OutputOptions::default());
    let text = |palette| match palette {
        Palette::Colour => error.render().ansi().to_string(),
        Palette::Plain => error.render().to_string(),
    };
    // Nothing can be done where even this cannot be written.
    if !error.use_stderr() {
        let _ = ui.data(&text(ui.palette()));
        return ExitCode::SUCCESS;
    }
    ui.notice(&text(ui.notice_palette()));
    if asks_for_json(arguments) {
        let _ = ui.data(&report::json::error(&in_our_words(error), None, None));
    }
    ExitCode::from(ErrorKind::Usage.exit_code())
}

/// Returns an error where a state file stands apart from `--sandbox`, which would take it for PATH.
pub(super) fn separated_state(arguments: &[OsString]) -> Option<Error> {
    let options = arguments.iter().take_while(|argument| *argument != "--");
    let mut pairs = options.clone().zip(options.skip(1));
    let is_meant = |path: &Path| {
        path.extension().is_some_and(|ending| ending == "json")
            && (!path.exists() || is_state(path))
    };
    let (_, file) = pairs.find(|(one, two)| *one == "--sandbox" && is_meant(Path::new(two)))?;
    let file = Path::new(file).display();
    let message = format!("`--sandbox` and `{file}` are two arguments");
    let error = Error::new(ErrorKind::Usage, "usage/arguments", message);
    Some(error.hint(format!("Write `--sandbox={file}`.")))
}

/// Says what is wrong, and on stdout to a caller that reads JSON.
pub(super) fn refuse(error: &Error, arguments: &[OsString]) -> ExitCode {
    let ui = Ui::new(OutputOptions::default());
    ui.error(error);
    if asks_for_json(arguments) {
        // Where stdout is gone, the exit code still tells.
        let _ = ui.data(&report::json::error(error, None, None));
    }
    ExitCode::from(error.kind.exit_code())
}

/// Returns whether the format would have been JSON, as far as the arguments can be told apart.
fn asks_for_json(arguments: &[OsString]) -> bool {
    let options = || {
        let options = arguments.iter().filter_map(|argument| argument.to_str());
        options.take_while(|argument| *argument != "--")
    };
    options().any(|argument| argument == "--format=json")
        || options().zip(options().skip(1)).any(|pair| pair == ("--format", "json"))
}

/// Returns clap's message without its layout: what is wrong first, tips as hints, the usage line left out.
fn in_our_words(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n").map(one_line);
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let mut ours = Error::new(ErrorKind::Usage, "usage/arguments", message);
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

    #[test]
    fn json_is_asked_for_before_the_end_of_the_options() {
        let asks = |line: &str| {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            asks_for_json(&arguments)
        };
        assert!(asks("moorline plan --foo --format json"));
        assert!(asks("moorline --format=json"));
        assert!(!asks("moorline plan --log-format json"));
        assert!(!asks("moorline explain -- --format json"));
        assert!(!asks("moorline plan --format text json"));
    }
}
