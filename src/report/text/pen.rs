//! Lines of limited width, painted or plain.

use std::fmt::Display;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::text::style::Palette;

/// How many columns a line may have.
pub(super) const WIDTH: usize = 100;

/// A terminal that is narrower than this gets lines of this width all the same.
const LEAST: usize = 40;

/// Writes a text line by line.
pub(super) struct Pen {
    palette: Palette,
    width: usize,
    text: String,
}

/// A piece of a line: what is written, and how wide it is without its colours.
pub(super) struct Piece {
    painted: String,
    width: usize,
    /// What it is made of, where that may stand on several lines.
    words: Option<(Style, String)>,
}

impl Pen {
    /// Makes a pen for a place that is so many columns wide.
    pub(super) fn within(palette: Palette, width: usize) -> Self {
        Self { palette, width: width.clamp(LEAST, WIDTH), text: String::new() }
    }

    /// Returns how many columns a line may have.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn paint(&self, style: Style, text: impl Display) -> String {
        self.palette.paint(style, text).to_string()
    }

    pub(super) fn piece(&self, style: Style, text: &str) -> Piece {
        Piece {
            painted: self.paint(style, text),
            width: text.width(),
            words: Some((style, text.to_owned())),
        }
    }

    /// Ends the text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Writes an empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// Writes a line as it is.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        self.indent(indent);
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// Writes sentences in one style, wrapped, the lines below the first two columns to the right.
    pub(super) fn sentences(&mut self, indent: usize, style: Style, text: &str) {
        let piece = self.piece(style, text);
        self.pieces(indent, indent + 2, 0, &[piece]);
    }

    /// Writes pieces beside one another, so many columns apart; what does not fit goes beneath, and what does not fit
    /// on a line of its own is wrapped.
    pub(super) fn pieces(&mut self, indent: usize, below: usize, apart: usize, pieces: &[Piece]) {
        self.indent(indent);
        let mut used = indent;
        for (at, piece) in pieces.iter().enumerate() {
            if at > 0 && used + apart + piece.width > self.width {
                // A name that was padded for its value ends where its letters end.
                self.text.truncate(self.text.trim_end_matches(' ').len());
                self.text.push('\n');
                self.indent(below);
                used = below;
            } else if at > 0 {
                self.indent(apart);
                used += apart;
            }
            match &piece.words {
                Some((style, words)) if used + piece.width > self.width => {
                    used = self.wrap(*style, words, used, below);
                }
                _ => {
                    self.text.push_str(&piece.painted);
                    used += piece.width;
                }
            }
        }
        self.text.push('\n');
    }

    /// Writes words from this column on, further lines so far to the right. Returns where they end.
    fn wrap(&mut self, style: Style, text: &str, from: usize, below: usize) -> usize {
        let mut used = from;
        let mut line = String::new();
        for word in words_of(text) {
            let gap = usize::from(!line.is_empty());
            if !line.is_empty() && used + gap + word.width() > self.width {
                let painted = self.paint(style, &line);
                self.text.push_str(&painted);
                self.text.push('\n');
                self.indent(below);
                line.clear();
                used = below;
            } else if gap > 0 {
                line.push(' ');
                used += gap;
            }
            line.push_str(word);
            used += word.width();
        }
        let painted = self.paint(style, &line);
        self.text.push_str(&painted);
        used
    }

    /// Writes a label and words behind it, wrapped, the lines below the first two columns to the right.
    pub(super) fn prose<'w>(
        &mut self,
        indent: usize,
        label: &Piece,
        words: impl IntoIterator<Item = &'w str>,
    ) {
        self.indent(indent);
        self.text.push_str(&label.painted);
        let mut used = indent + label.width;
        for word in words {
            let width = word.width();
            if used > indent + 2 && used + 1 + width > self.width {
                self.text.push('\n');
                self.indent(indent + 2);
                used = indent + 2;
            } else if used > indent {
                self.text.push(' ');
                used += 1;
            }
            self.text.push_str(word);
            used += width;
        }
        self.text.push('\n');
    }

    /// Writes words, wrapped, every line as far to the right as the first.
    pub(super) fn paragraph<'w>(
        &mut self,
        indent: usize,
        words: impl IntoIterator<Item = &'w str>,
    ) {
        let mut used = 0;
        for word in words {
            let width = word.width();
            if used > indent && used + 1 + width > self.width {
                self.text.push('\n');
                used = 0;
            }
            if used == 0 {
                self.indent(indent);
                used = indent;
            } else {
                self.text.push(' ');
                used += 1;
            }
            self.text.push_str(word);
            used += width;
        }
        self.text.push('\n');
    }

    fn indent(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
    }
}

/// Returns the words of a text, between which a line may end. What stands in backticks is there to be copied, so it
/// counts as one.
pub(super) fn words_of(text: &str) -> impl Iterator<Item = &str> {
    // An odd backtick opens nothing.
    let closed = text.matches('`').count().is_multiple_of(2);
    let mut in_code = false;
    text.split(move |character| {
        in_code ^= closed && character == '`';
        character == ' ' && !in_code
    })
}

impl Piece {
    /// Returns this piece and another one column apart.
    pub(super) fn beside(self, other: Self) -> Self {
        Self {
            painted: format!("{} {}", self.painted, other.painted),
            width: self.width + 1 + other.width,
            words: None,
        }
    }

    /// Returns this piece and another right behind it.
    pub(super) fn joined(self, other: Self) -> Self {
        Self {
            painted: self.painted + &other.painted,
            width: self.width + other.width,
            words: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_does_not_end_in_what_is_there_to_be_copied() {
        let split = |text| words_of(text).collect::<Vec<_>>();
        assert_eq!(split("by `{ $env: NAME }` or `x`."), ["by", "`{ $env: NAME }`", "or", "`x`."]);
        assert_eq!(split("an odd ` in it"), ["an", "odd", "`", "in", "it"]);
    }
}
