//! Writes lines of limited width, with or without colours.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::text::sanitize;
use crate::text::style::{HINT, Palette};

/// The most columns that a line has.
pub(super) const WIDTH: usize = 100;

/// The least width of lines, on narrower terminals too.
const LEAST: usize = 40;

/// The style without colour.
pub(super) const PLAIN: Style = Style::new();

/// Writes a text line by line, and makes everything harmless for a terminal.
pub(super) struct TextWriter {
    palette: Palette,
    width: usize,
    text: String,
    /// The number of columns of the current line that are used.
    column: usize,
}

/// A part of a line: texts, each in a style.
pub(super) struct Piece(Vec<(Style, String)>);

impl Piece {
    pub(super) fn new(style: Style, text: &str) -> Self {
        Self(vec![(style, sanitize::line(text).into_owned())])
    }

    /// Returns this piece and another one column apart.
    pub(super) fn beside(self, other: Self) -> Self {
        self.joined(Self::new(PLAIN, " ")).joined(other)
    }

    /// Returns this piece and another right behind it.
    pub(super) fn joined(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.width()).sum()
    }
}

impl TextWriter {
    /// Returns a writer for a given width in columns.
    pub(super) fn new(palette: Palette, width: usize) -> Self {
        Self { palette, width: width.clamp(LEAST, WIDTH), text: String::new(), column: 0 }
    }

    /// Returns the most columns that a line has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Returns the text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Writes an empty line.
    pub(super) fn gap(&mut self) {
        self.begin_line(0);
    }

    /// Writes a text on one line, however wide.
    pub(super) fn line(&mut self, indent: usize, style: Style, text: &str) {
        self.unwrapped(indent, &Piece::new(style, text.trim_end()));
    }

    /// Writes a piece on one line, however wide.
    pub(super) fn unwrapped(&mut self, indent: usize, piece: &Piece) {
        self.indent(indent);
        self.put(piece);
        self.begin_line(0);
    }

    /// Writes sentences in one style, wrapped, the lines below the first two columns to the right.
    pub(super) fn sentences(&mut self, indent: usize, style: Style, text: &str) {
        self.pieces(indent, indent + 2, 0, &[Piece::new(style, text)]);
    }

    /// Writes words, wrapped, every line as far to the right as the first.
    pub(super) fn paragraph<'w>(
        &mut self,
        indent: usize,
        words: impl IntoIterator<Item = &'w str>,
    ) {
        self.indent(indent);
        self.flow(PLAIN, words, indent, false);
        self.begin_line(0);
    }

    /// Writes a label and words behind it, wrapped, the lines below the first two columns to the right.
    pub(super) fn labelled<'w>(
        &mut self,
        indent: usize,
        label: Piece,
        words: impl IntoIterator<Item = &'w str>,
    ) {
        self.indent(indent);
        self.put(&label);
        self.flow(PLAIN, words, indent + 2, self.column > indent);
        self.begin_line(0);
    }

    /// Writes remedies as a list.
    pub(super) fn remedies(&mut self, indent: usize, remedies: &[String]) {
        for remedy in remedies {
            self.labelled(indent, Piece::new(HINT, "-"), words_of(remedy));
        }
    }

    /// Writes pieces beside one another, so many columns apart; what does not fit goes beneath, and what does not fit
    /// on a line of its own is wrapped.
    pub(super) fn pieces(&mut self, indent: usize, below: usize, apart: usize, pieces: &[Piece]) {
        self.indent(indent);
        for (at, piece) in pieces.iter().enumerate() {
            let width = piece.width();
            if at > 0 && self.column + apart + width > self.width {
                // A name that was padded for its value ends where its letters end.
                self.text.truncate(self.text.trim_end_matches(' ').len());
                self.begin_line(below);
            } else if at > 0 {
                self.indent(apart);
            }
            match &piece.0[..] {
                [(style, text)] if self.column + width > self.width => {
                    self.flow(*style, words_of(text), below, false);
                }
                _ => self.put(piece),
            }
        }
        self.begin_line(0);
    }

    /// Writes words from this column on, further lines so far to the right. `apart` says whether the first word stands
    /// behind something.
    fn flow<'w>(
        &mut self,
        style: Style,
        words: impl IntoIterator<Item = &'w str>,
        below: usize,
        mut apart: bool,
    ) {
        let mut line = String::new();
        for word in words {
            let word = sanitize::line(word);
            if apart && self.column > below && self.column + 1 + word.width() > self.width {
                let written = std::mem::take(&mut line);
                self.push(style, &written);
                self.begin_line(below);
            } else if apart {
                line.push(' ');
                self.column += 1;
            }
            line.push_str(&word);
            self.column += word.width();
            apart = true;
        }
        self.push(style, &line);
    }

    fn put(&mut self, piece: &Piece) {
        for (style, text) in &piece.0 {
            self.push(*style, text);
        }
        self.column += piece.width();
    }

    fn push(&mut self, style: Style, text: &str) {
        self.text.push_str(&self.palette.paint(style, text).to_string());
    }

    fn begin_line(&mut self, indent: usize) {
        self.text.push('\n');
        self.column = 0;
        self.indent(indent);
    }

    fn indent(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
        self.column += columns;
    }
}

/// Returns the words of a text, between which a line may end. A piece in backticks is meant to be copied and counts as
/// one word.
pub(super) fn words_of(text: &str) -> impl Iterator<Item = &str> {
    // An odd backtick opens nothing.
    let closed = text.matches('`').count().is_multiple_of(2);
    let mut in_code = false;
    text.split(move |character| {
        in_code ^= closed && character == '`';
        character == ' ' && !in_code
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_backticks_is_not_broken() {
        let split = |text| words_of(text).collect::<Vec<_>>();
        assert_eq!(split("by `{ $env: NAME }` or `x`."), ["by", "`{ $env: NAME }`", "or", "`x`."]);
        assert_eq!(split("an odd ` in it"), ["an", "odd", "`", "in", "it"]);
    }

    #[test]
    fn every_text_is_made_harmless() {
        let mut writer = TextWriter::new(Palette::Plain, WIDTH);
        writer.line(0, PLAIN, "a\u{1b}[0m");
        writer.labelled(0, Piece::new(PLAIN, "b\u{9b}"), ["c\u{202e}"]);
        writer.paragraph(0, ["d\n"]);
        assert_eq!(writer.finish(), "a\\u{1b}[0m\nb\\u{9b} c\\u{202e}\nd\\n\n");
    }
}
