//! Where a command's result goes.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Arg, Args, ValueEnum};

use super::Format;
use crate::error::Error;
use crate::text::style::Palette;
use crate::ui::Ui;

/// The format and the place of a result.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// The result's format.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// Write the result to this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// Takes Markdown from the formats of a command whose result has no such form.
pub(super) fn without_markdown(format: Arg) -> Arg {
    let formats = Format::value_variants().iter().filter(|format| **format != Format::Markdown);
    let values = formats.filter_map(ValueEnum::to_possible_value);
    let parser = PossibleValuesParser::new(values);
    format.value_parser(parser.try_map(|name| Format::from_str(&name, false)))
}

impl Output {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Says on stderr what a result warns of, where the result is not for people; a text says it itself.
    pub(super) fn warn(&self, ui: &Ui, warnings: &[String]) {
        if self.format != Format::Text {
            for warning in warnings {
                ui.warning(warning);
            }
        }
    }

    /// Makes sure that a result can be written later, and leaves everything as it is.
    ///
    /// # Errors
    /// `io/output` where it cannot.
    pub(super) fn prove_writable(&self) -> Result<(), Error> {
        match &self.output {
            Some(path) => prove_writable(path).map_err(|source| unwritable(path, source)),
            None => Ok(()),
        }
    }

    /// Writes a result.
    pub(super) fn write(&self, ui: &Ui, text: &str) -> Result<(), Error> {
        match &self.output {
            Some(path) => save(ui, path, text),
            None => ui.data(text),
        }
    }

    /// Returns how many columns a line of text may take: in a file, as many as it likes.
    pub(super) fn width(&self, ui: &Ui) -> usize {
        if self.output.is_some() { usize::MAX } else { ui.width() }
    }

    /// Returns the palette for text: none in a file.
    pub(super) fn palette(&self, ui: &Ui) -> Palette {
        if self.output.is_some() { Palette::Plain } else { ui.palette() }
    }
}

/// Makes sure that a file can be written later, and leaves it as it is.
pub(super) fn prove_writable(path: &Path) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        // Whoever reads from a pipe would take its closing for the end of the result.
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => Ok(()),
        Ok(_) => OpenOptions::new().append(true).open(path).map(drop),
        Err(_) => OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|_| std::fs::remove_file(path)),
    }
}

/// Writes a file.
pub(super) fn save(ui: &Ui, path: &Path, text: &str) -> Result<(), Error> {
    ui.save(path, text).map_err(|source| unwritable(path, source))
}

fn unwritable(path: &Path, source: std::io::Error) -> Error {
    let message = format!("`{}` cannot be written", path.display());
    Error::failed("io/output", message).because(source)
}
