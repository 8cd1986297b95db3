//! `moorline explain`.

use std::io::{self, Read};

use clap::Args;

use super::output::{Output, without_markdown};
use super::{Done, Result};
use crate::diagnose::explanation;
use crate::error::Error;
use crate::report::{self, json::Document};
use crate::ui::Ui;

/// The longest text that is read from stdin, in bytes.
const LONGEST: u64 = 1 << 20;

/// Explain an error and what to do about it: a code, a number, a response body or a log line.
#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
pub(super) struct Arguments {
    /// Code of Moorline, Graph or Microsoft Entra, or a message; `-` reads the message from stdin.
    // Devices report negative numbers.
    #[arg(value_name = "CODE | -", allow_negative_numbers = true)]
    text: Vec<String>,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let output = &arguments.output;
    let text = match &arguments.text[..] {
        [] if !output.is_json() => {
            output.write(ui, &report::text::catalogue(output.writer(ui)))?;
            return Ok(Done::Quietly);
        }
        [] => return Err(nothing().into()),
        [only] if only == "-" => ui.watched("a message on stdin", stdin)?,
        words => words.join(" "),
    };
    if text.trim().is_empty() {
        return Err(nothing().into());
    }
    let document = explanation::explain(&text);
    let text = if output.is_json() {
        Document::Explain.render(&document)
    } else {
        report::text::explain(&document, output.writer(ui))
    };
    output.write(ui, &text)?;
    Ok(Done::failed_if(document.items.is_empty()))
}

fn nothing() -> Error {
    let error = Error::usage("usage/explain", "there is nothing to explain");
    error.hint("Give a code or a message, or `-` and the message on stdin.")
}

/// Reads a message, which need not be UTF-8: it may come from any program.
fn stdin() -> Result<String, Error> {
    let mut bytes = Vec::new();
    io::stdin()
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| Error::failed("io/stdin", "stdin cannot be read").because(source))?;
    if bytes.len() as u64 > LONGEST {
        let error = Error::usage("usage/explain", "the message is longer than 1 MiB");
        return Err(error.hint("Give the lines around the error alone."));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
