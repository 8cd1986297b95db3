//! Where a command's result goes.

use std::path::PathBuf;

use clap::Args;

use super::Format;
use crate::error::Error;
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

    /// Writes a result.
    pub(super) fn write(&self, ui: &Ui, text: &str) -> Result<(), Error> {
        let Some(path) = &self.output else {
            return ui.data(text);
        };
        std::fs::write(path, text).map_err(|source| {
            Error::failed(
                "io/output",
                format!("`{}` cannot be written", path.display()),
            )
            .because(source)
        })
    }

    /// Returns the palette for text: none in a file.
    pub(super) fn palette(&self, ui: &Ui) -> crate::ui::style::Palette {
        if self.output.is_some() {
            crate::ui::style::Palette::Plain
        } else {
            ui.palette()
        }
    }
}
