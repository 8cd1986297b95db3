//! The text between two values: comments and blank lines.

/// The comments and blank lines between two values.
#[derive(Clone, Debug, Default)]
pub(super) struct Gap {
    /// The comment in the line of the value before, with the blanks that part the two.
    pub(super) tail: String,
    /// The lines below it.
    pub(super) lines: Vec<GapLine>,
}

/// A line without a value.
#[derive(Clone, Debug)]
pub(super) struct GapLine {
    column: usize,
    comment: String,
}

impl Gap {
    /// Reads the text between two values; `None` where it holds more than comments and blanks.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let tail = lines.next()?.trim_end();
        let mut lines: Vec<GapLine> = lines.map(GapLine::read).collect();
        // The last one is the indentation of the next value.
        if lines.last().is_some_and(GapLine::is_blank) {
            lines.pop();
        }
        let is_comment = |text: &str| text.is_empty() || text.starts_with('#');
        let is_read =
            is_comment(tail.trim_start()) && lines.iter().all(|line| is_comment(&line.comment));
        is_read.then(|| Self { tail: tail.to_owned(), lines })
    }

    /// Whether there is no comment.
    pub(super) fn is_blank(&self) -> bool {
        self.tail.is_empty() && self.lines.iter().all(GapLine::is_blank)
    }

    /// Takes the first lines, as far as their comments stand in a column or behind it.
    pub(super) fn take_deeper(&mut self, column: usize) -> Vec<GapLine> {
        let inner = self.lines.iter().take_while(|line| line.is_blank() || line.column >= column);
        let inner: Vec<bool> = inner.map(GapLine::is_blank).collect();
        let count = inner.iter().rposition(|is_blank| !is_blank).map_or(0, |at| at + 1);
        self.lines.drain(..count).collect()
    }
}

impl GapLine {
    fn read(line: &str) -> Self {
        let comment = line.trim();
        Self { column: line.len() - line.trim_start().len(), comment: comment.to_owned() }
    }

    /// Whether the line has no comment.
    pub(super) fn is_blank(&self) -> bool {
        self.comment.is_empty()
    }

    /// Returns the line in a column.
    pub(super) fn in_column(&self, column: usize) -> String {
        let column = if self.is_blank() { 0 } else { column };
        format!("{:column$}{}\n", "", self.comment)
    }
}
