//! The colours of text output. No information is in a colour alone.

use anstyle::{AnsiColor, Style};

/// Created objects and values.
pub const CREATED: Style = AnsiColor::Green.on_default();
/// Changed values.
pub const CHANGED: Style = AnsiColor::Yellow.on_default();
/// Deleted objects and values.
pub const DELETED: Style = AnsiColor::Red.on_default();
/// Errors.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Warnings.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// Remedies.
pub const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// Details.
pub const DIM: Style = Style::new().dimmed();
/// Emphasised text.
pub const BOLD: Style = Style::new().bold();
/// Titles of sections.
pub const HEADING: Style = Style::new().bold().underline();

/// Whether a text is rendered with colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// Nothing but the text.
    #[default]
    Plain,
    /// ANSI colours.
    Colour,
}

impl Palette {
    /// Returns the text in a style.
    pub fn paint(self, style: Style, text: &str) -> String {
        let style = if self == Self::Colour { style } else { Style::new() };
        format!("{style}{text}{style:#}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_palette_adds_no_codes() {
        assert_eq!(Palette::Plain.paint(CREATED, "+ new"), "+ new");
        assert_eq!(Palette::Colour.paint(CREATED, "+ new"), "\u{1b}[32m+ new\u{1b}[0m");
    }
}
