//! The colours of text output. No information is in a colour alone.

use std::fmt;

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
    /// Returns the text in a style, as something to format with.
    pub fn paint<T: fmt::Display>(self, style: Style, text: T) -> Painted<T> {
        Painted { style: if self == Self::Colour { style } else { Style::new() }, text }
    }
}

/// A text in a style. Width and alignment of the format apply to the text alone.
#[derive(Clone, Copy, Debug)]
pub struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.style)?;
        self.text.fmt(f)?;
        write!(f, "{:#}", self.style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_palette_adds_no_codes() {
        assert_eq!(Palette::Plain.paint(CREATED, "+ new").to_string(), "+ new");
        assert_eq!(Palette::Colour.paint(CREATED, "+ new").to_string(), "\u{1b}[32m+ new\u{1b}[0m");
        assert_eq!(format!("{:>4}|", Palette::Colour.paint(DIM, 7)), "\u{1b}[2m   7\u{1b}[0m|");
    }
}
