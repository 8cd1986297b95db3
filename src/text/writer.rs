//! Writes lines of limited width, with or without colours.

use std::borrow::Cow;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::sanitize;
use super::style::{HINT, Palette};

/// The most columns that a line has.
pub(crate) const WIDTH: usize = 100;

/// The least width of lines; a narrower terminal wraps them itself.
pub(crate) const LEAST: usize = 40;

/// The style without colour.
pub(crate) const PLAIN: Style = Style::new();

/// Writes a text line by line, and makes everything harmless for a terminal.
pub(crate) struct TextWriter {
    palette: Palette,
    width: usize,
    text: String,
    /// The number of columns of the current line that are used.
    column: usize,
}

/// A part of a line: texts, each in a style.
pub(crate) struct Piece(Vec<(Style, String)>);

impl Piece {
    pub(crate) fn new(style: Style, text: &str) -> Self {
        Self(vec![(style, sanitize::line(text).into_owned())])
    }

    /// Returns this piece and another one column apart.
    pub(crate) fn beside(self, other: Self) -> Self {
        self.joined(Self::new(PLAIN, " ")).joined(other)
    }

    /// Returns this piece and another right behind it.
    pub(crate) fn joined(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.width()).sum()
    }
}

impl TextWriter {
    /// Returns a writer for a given width in columns.
    pub(crate) fn new(palette: Palette, width: usize) -> Self {
        Self::wrapping_at(palette, Some(width.clamp(LEAST, WIDTH)))
    }

    /// Returns a writer for lines of any width, which wraps them at a given width or not at all.
    pub(crate) fn wrapping_at(palette: Palette, width: Option<usize>) -> Self {
        Self { palette, width: width.unwrap_or(usize::MAX), text: String::new(), column: 0 }
    }

    /// Returns the most columns that a line has.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Returns the text.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// Writes an empty line.
    pub(crate) fn gap(&mut self) {
        self.begin_line(0);
    }

    /// Writes a text on one line, however wide.
    pub(crate) fn line(&mut self, indent: usize, style: Style, text: &str) {
        self.unwrapped(indent, &Piece::new(style, text.trim_end()));
    }

    /// Writes a piece on one line, however wide.
    pub(crate) fn unwrapped(&mut self, indent: usize, piece: &Piece) {
        self.indent(indent);
        self.put(piece);
        self.begin_line(0);
    }

    /// Writes sentences in one style, wrapped, the lines below the first two columns to the right.
    pub(crate) fn sentences(&mut self, indent: usize, style: Style, text: &str) {
        self.pieces(indent, indent + 2, 0, &[Piece::new(style, text)]);
    }

    /// Writes words, wrapped, every line as far to the right as the first.
    pub(crate) fn paragraph<'w>(
        &mut self,
        indent: usize,
        words: impl IntoIterator<Item = &'w str>,
    ) {
        self.indent(indent);
        self.flow(PLAIN, words.into_iter().map(sanitize::line), indent, false);
        self.begin_line(0);
    }

    /// Writes a label and words behind it, wrapped, the lines below the first two columns to the right.
    pub(crate) fn labelled<'w>(
        &mut self,
        indent: usize,
        label: Piece,
        words: impl IntoIterator<Item = &'w str>,
    ) {
        self.indent(indent);
        self.put(&label);
        let is_labelled = self.column > indent;
        self.flow(PLAIN, words.into_iter().map(sanitize::line), indent + 2, is_labelled);
        self.begin_line(0);
    }

    /// Writes remedies as a list.
    pub(crate) fn remedies(&mut self, indent: usize, remedies: &[String]) {
        for remedy in remedies {
            self.labelled(indent, Piece::new(HINT, "-"), words_of(remedy));
        }
    }

    /// Writes a label and a text of several lines behind it. Further lines are indented, so that none can pass for a
    /// message of its own.
    pub(crate) fn message(&mut self, label: Piece, text: &str, below: usize) {
        self.put(&label.joined(Piece::new(PLAIN, ":")));
        for (at, line) in sanitize::block(text.trim_end()).split('\n').enumerate() {
            let words = line.trim_start_matches(' ');
            let indent = below + line.len() - words.len();
            if at > 0 {
                self.begin_line(indent);
            }
            self.flow(PLAIN, words.split(' ').map(Cow::Borrowed), indent, at == 0);
        }
        self.begin_line(0);
    }

    /// Writes pieces beside one another, so many columns apart; what does not fit goes beneath, and what does not fit
    /// on a line of its own is wrapped.
    pub(crate) fn pieces(&mut self, indent: usize, below: usize, apart: usize, pieces: &[Piece]) {
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
                    self.flow(*style, words_of(text).map(Cow::Borrowed), below, false);
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
        words: impl Iterator<Item = Cow<'w, str>>,
        below: usize,
        mut apart: bool,
    ) {
        let mut line = String::new();
        for word in words {
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
        self.text.push_str(&self.palette.paint(style, text));
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
pub(crate) fn words_of(text: &str) -> impl Iterator<Item = &str> {
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
