//! The format of a command's result, and the file that it is written to.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Arg, Args, ValueEnum};

use super::{Format, ResultFormat};
use crate::disk;
use crate::error::Error;
use crate::manifest::load;
use crate::report::{FailedRun, Links, ReportDocument as _, rendered};
use crate::text::style::Palette;
use crate::text::writer::TextWriter;
use crate::ui::Ui;

/// The arguments for a command's result, in one of the formats that the command has.
#[derive(Debug, Args)]
pub(super) struct Output<F: ResultFormat = Format> {
    /// Format of the result.
    // `default_value_t` keeps one value for every `F`.
    #[arg(long, value_enum, default_value = F::DEFAULT)]
    pub(super) format: F,
    /// Write what is shown to this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// Removes Markdown from the formats of a command that does not write it.
pub(super) fn without_markdown(format: Arg) -> Arg {
    let formats = Format::value_variants().iter().filter(|format| **format != Format::Markdown);
    let values = formats.filter_map(ValueEnum::to_possible_value);
    let parser = PossibleValuesParser::new(values);
    format.value_parser(parser.try_map(|name| Format::from_str(&name, false)))
}

/// The destination of a command's result, whatever its formats are.
pub(super) trait Destination {
    /// Checks that the result can be written later, without changing the file.
    ///
    /// # Errors
    /// `io/output` if it cannot.
    fn prove_writable(&self) -> Result<(), Error>;

    /// Writes the document of a run that failed, where no result is there yet.
    fn fail(&self, ui: &Ui, failed: &FailedRun<'_>);

    /// Notes the exit code, where something waits for it.
    fn finish(&self, _ui: &Ui, _code: u8) {}
}

impl Destination for Output {
    fn prove_writable(&self) -> Result<(), Error> {
        self.check()
    }

    fn fail(&self, ui: &Ui, failed: &FailedRun<'_>) {
        let text = match self.format {
            // The error is on stderr.
            Format::Text => return,
            Format::Json => failed.json(),
            Format::Markdown => failed.markdown(&Links::default()),
        };
        if !ui.has_answered() && self.write(ui, &text).is_err() {
            // If stdout is closed, the exit code is left.
            let _ = ui.data(&text);
        }
    }
}

impl Output {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

impl<F: ResultFormat> Output<F> {
    /// As [`Destination::prove_writable`].
    pub(super) fn check(&self) -> Result<(), Error> {
        match &self.output {
            Some(path) => {
                expect_no_manifest(path)?;
                prove_writable(path).map_err(|source| unwritable(path, source))
            }
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

    /// Returns the writer for text: in a file, without colors and as wide as text gets.
    pub(super) fn writer(&self, ui: &Ui) -> TextWriter {
        let width = if self.output.is_some() { usize::MAX } else { ui.width };
        TextWriter::new(self.palette(ui), width)
    }

    /// Returns the palette for text: in a file, no colors.
    pub(super) fn palette(&self, ui: &Ui) -> Palette {
        if self.output.is_some() { Palette::Plain } else { ui.palette }
    }
}

/// Checks that a file can be written later, without changing it.
pub(super) fn prove_writable(path: &Path) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        // The reader of a pipe would take its closing for the end of the result.
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => Ok(()),
        Ok(_) => OpenOptions::new().append(true).open(path).map(drop),
        Err(_) => OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|_| std::fs::remove_file(path)),
    }
}

/// Checks that a file is no manifest that the user wrote, which a result must not overwrite.
///
/// # Errors
/// `output/manifest` if it is one.
pub(super) fn expect_no_manifest(path: &Path) -> Result<(), Error> {
    if !load::is_manifest(path) || is_rendered(path) {
        return Ok(());
    }
    let message = format!(
        "`{}` is a manifest or a tenant file, which a result would overwrite",
        path.display()
    );
    let hint = "Name another file. Only a file whose first line is that of `moorline render` is overwritten.";
    Err(Error::failed("output/manifest", message).hint(hint))
}

/// Whether a file begins with the line that marks rendered manifests.
fn is_rendered(path: &Path) -> bool {
    let line = rendered::FIRST_LINE.as_bytes();
    let mut begins = Vec::new();
    let read =
        disk::open(path).and_then(|file| file.take(line.len() as u64 + 1).read_to_end(&mut begins));
    let end = begins.strip_prefix(line);
    read.is_ok() && matches!(end, Some(b"\n" | b"\r"))
}

/// Writes a result to a file.
pub(super) fn save(ui: &Ui, path: &Path, text: &str) -> Result<(), Error> {
    expect_no_manifest(path)?;
    ui.save_result(path, text).map_err(|source| unwritable(path, source))
}

/// Writes a file that is no text.
pub(super) fn save_bytes(ui: &Ui, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let what = format!("`{}` to take the result", path.display());
    expect_no_manifest(path)?;
    let written = ui.watched(&what, || disk::replace(path, bytes));
    written.map_err(|source| unwritable(path, source))
}

pub(super) fn unwritable(path: &Path, source: std::io::Error) -> Error {
    let message = format!("`{}` cannot be written", path.display());
    Error::failed("io/output", message).because(source)
}
