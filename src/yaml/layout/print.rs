//! Prints the values of a text in their layout, with the comments and blank lines around them.

use super::DocumentOrder;
use super::gap::{Gap, GapLine};
use crate::yaml::quote;
use crate::yaml::written::{Form, Written, WrittenItem, column, line_end, skip_trivia};

/// The blanks by which a level is indented.
const STEP: usize = 2;

/// The longest key that stands before a `:`.
const LONGEST_KEY: usize = 1000;

/// A member or an element with the lines that belong to it.
#[derive(Debug)]
pub(super) struct Line<'tree> {
    pub(super) item: &'tree WrittenItem,
    /// The comments and blank lines above it.
    pub(super) leading: Vec<GapLine>,
    /// The comment in its last line.
    tail: String,
    /// The comments below it that stand deeper.
    trailing: Vec<GapLine>,
}

/// The beginning of a collection.
#[derive(Clone, Copy, PartialEq)]
enum Beginning {
    /// In the line of the dash before.
    Inline,
    /// On a line of its own.
    OwnLine,
}

/// Prints one text.
pub(super) struct Printer<'a> {
    text: &'a str,
    out: String,
    order: DocumentOrder<'a>,
    path: Vec<String>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(text: &'a str, order: DocumentOrder<'a>) -> Self {
        Self { text, out: String::with_capacity(text.len()), order, path: Vec::new() }
    }

    /// Returns the text, with the rest from a place as it is.
    pub(super) fn finish(self, rest: usize) -> String {
        self.out + &self.text[rest..]
    }

    /// Prints a document and what precedes it from a place, up to another. A document that is no mapping stays as it is.
    pub(super) fn document(&mut self, root: &Written, from: usize, to: usize) -> Option<()> {
        let after = Gap::read(&self.text[root.range.end..to]);
        let after = after.filter(|after| self.is_laid_out(root, after));
        let Some((first, mut after)) = root.items().first().zip(after) else {
            self.out += &self.text[from..to];
            return Some(());
        };
        self.out += self.text[from..root.lead].trim_end_matches([' ', '\t']);
        let is_flow = root.is_flow();
        let begin = if is_flow { root.range.start } else { first.start };
        let head = Gap::read(&self.text[root.lead..begin])?;
        if self.text[..root.lead].ends_with("---") {
            self.out += &head.tail;
            self.out.push('\n');
        }
        self.lines(&head.lines, 0);
        // Below the values, the last piece of the gap is a line.
        while to == self.text.len() && after.lines.last().is_some_and(GapLine::is_blank) {
            after.lines.pop();
        }
        let rest = self.collection(root, 0, Beginning::OwnLine, Vec::new(), after)?;
        self.lines(&rest, 0);
        Some(())
    }

    fn is_laid_out(&self, root: &Written, after: &Gap) -> bool {
        let is_closed = root.is_flow() && (!after.tail.is_empty() || (self.order)(&[]).is_none());
        let is_commented = is_closed || self.is_commented_flow(root);
        matches!(root.form, Form::Map { .. }) && !root.has_properties && !is_commented
    }

    fn is_commented_flow(&self, value: &Written) -> bool {
        value.is_flow() && self.text[value.range.clone()].contains('#')
    }

    fn lines(&mut self, lines: &[GapLine], column: usize) {
        lines.iter().for_each(|line| self.out += &line.in_column(column));
    }

    fn indent(&mut self, column: usize) {
        self.out.extend(std::iter::repeat_n(' ', column));
    }

    /// Prints a mapping or a list from a column on. `leading` stands above its first item. `after` is the gap below it, and
    /// the lines that do not belong to it are returned.
    fn collection(
        &mut self,
        value: &Written,
        to: usize,
        beginning: Beginning,
        mut leading: Vec<GapLine>,
        mut after: Gap,
    ) -> Option<Vec<GapLine>> {
        let items = value.items();
        let is_map = matches!(value.form, Form::Map { .. });
        let is_flow = value.is_flow();
        let old = items.first().map_or(0, |first| column(self.text, first.start));
        let mut lines: Vec<Line<'_>> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut gap = match items.get(at + 1) {
                _ if is_flow => Gap::default(),
                Some(next) => Gap::read(&self.text[item.value.range.end..next.start])?,
                None => std::mem::take(&mut after),
            };
            let trailing = gap.take_deeper(old + 1);
            let tail = std::mem::take(&mut gap.tail);
            lines.push(Line { item, leading: std::mem::take(&mut leading), tail, trailing });
            if at + 1 < items.len() {
                leading = gap.lines;
            } else if !is_flow {
                after = gap;
            }
        }
        if is_map && let Some(order) = (self.order)(&self.path) {
            lines = order.sort(lines);
        }
        for (at, line) in lines.into_iter().enumerate() {
            let is_inline = at == 0 && beginning == Beginning::Inline && line.leading.is_empty();
            if at == 0 && beginning == Beginning::Inline && !is_inline {
                self.out.push('\n');
            }
            self.lines(&line.leading, to);
            if is_inline {
                self.out.push(' ')
            } else {
                self.indent(to)
            }
            self.path.push(if is_map { line.item.name.clone() } else { "-".to_owned() });
            self.item(line, to, is_map)?;
            self.path.pop();
        }
        let own = after.take_deeper(if is_flow { usize::MAX } else { old });
        self.lines(&own, to);
        Some(after.lines)
    }

    fn item(&mut self, line: Line<'_>, to: usize, is_map: bool) -> Option<()> {
        if is_map {
            let key = self.key(line.item)?;
            self.out += &key;
            self.out.push(':');
        } else {
            self.out.push('-');
        }
        self.value(line, to, is_map)
    }

    /// Returns a key with its anchor and its tag.
    fn key(&self, item: &WrittenItem) -> Option<String> {
        let raw = &self.text[item.key.clone()];
        let before = self.text[item.start..item.key.start].trim_start_matches('?').trim();
        let is_simple =
            !raw.contains('\n') && !before.contains(['\n', '#']) && raw.len() < LONGEST_KEY;
        let colon = skip_trivia(self.text, item.key.end);
        let is_near = self.text[item.key.end..colon].trim().is_empty();
        if !is_simple || !is_near {
            return None;
        }
        let is_quoted = raw.starts_with(['"', '\'']);
        let plain =
            (is_quoted && quote::key(&item.name) == item.name).then_some(item.name.as_str());
        let gap = if before.is_empty() { "" } else { " " };
        // A colon right after an alias would be a part of its name.
        let end = if raw.starts_with('*') { " " } else { "" };
        Some(format!("{before}{gap}{}{end}", plain.unwrap_or(raw)))
    }

    /// Prints a value behind its key or its dash, which stands in a column.
    fn value(&mut self, line: Line<'_>, to: usize, is_map: bool) -> Option<()> {
        let Line { item, tail, trailing, .. } = line;
        let value = &item.value;
        let is_block = !value.items().is_empty() && !value.is_flow();
        let begin = match value.items().first() {
            Some(first) if is_block => first.start,
            _ => value.range.start,
        };
        let (properties, before) = properties(&self.text[value.lead.min(begin)..begin], value);
        let head = Gap::read(&before)?;
        for property in &properties {
            self.out.push(' ');
            self.out += property;
        }
        let inner = to + STEP;
        if is_block {
            let is_inline = !is_map && properties.is_empty() && head.is_blank();
            let beginning = if is_inline { Beginning::Inline } else { Beginning::OwnLine };
            if !is_inline {
                self.out += &head.tail;
                self.out.push('\n');
            }
            let leading = if is_inline { Vec::new() } else { head.lines };
            let after = Gap { tail, lines: trailing };
            let rest = self.collection(value, inner, beginning, leading, after)?;
            self.lines(&rest, inner);
            return Some(());
        }
        let has_order = (self.order)(&self.path).is_some();
        let is_opened = has_order && !value.items().is_empty() && !self.is_commented_flow(value);
        if is_opened && head.is_blank() && properties.is_empty() {
            self.out += &tail;
            self.out.push('\n');
            let after = Gap { tail: String::new(), lines: trailing };
            let rest = self.collection(value, inner, Beginning::OwnLine, Vec::new(), after)?;
            self.lines(&rest, inner);
            return Some(());
        }
        if !head.is_blank() {
            self.out += &head.tail;
            self.out.push('\n');
            self.lines(&head.lines, inner);
            self.indent(inner);
        } else if !matches!(value.form, Form::Unwritten) {
            self.out.push(' ');
        }
        let text = self.scalar(value, column(self.text, item.start), to)?;
        self.out += &text;
        self.out += &tail;
        self.out.push('\n');
        // Deeper than its key, a comment belongs to the value above it; as deep as a text below `|`, it would be a part of it.
        let deeper = if matches!(value.form, Form::Block(_)) { to + 1 } else { inner };
        self.lines(&trailing, deeper);
        Some(())
    }

    /// Returns the text of a value that has no lines of its own, or of a text below `|`.
    fn scalar(&self, value: &Written, old: usize, new: usize) -> Option<String> {
        let raw = &self.text[value.range.clone()];
        Some(match value.form {
            Form::Unwritten => String::new(),
            Form::Single | Form::Double if !value.has_properties && !raw.contains('\n') => {
                unquoted(raw)
            }
            Form::Plain | Form::Single | Form::Double | Form::Alias | Form::Pair => {
                let lines = raw.lines().map(|line| line.trim_start_matches([' ', '\t']));
                lines.enumerate().map(|(at, line)| joined(at, line, new + STEP)).collect()
            }
            Form::Block(header) => self.block_scalar(value, header, old, new)?,
            Form::List { .. } | Form::Map { .. } => {
                let mut text = String::new();
                let mut at = value.range.start;
                let quoted = quoted_within(value).into_iter();
                // A plain text is parted from what is before it.
                let is_apart = |at: usize| self.text[..at].ends_with([' ', '[']);
                for scalar in quoted.filter(|scalar| is_apart(scalar.start)) {
                    text += &self.text[at..scalar.start];
                    text += &unquoted(&self.text[scalar.clone()]);
                    at = scalar.end;
                }
                text += &self.text[at..value.range.end];
                let shifted = text.lines().enumerate().map(|(at, line)| {
                    let own = line.trim_start_matches(' ');
                    joined(at, own, (line.len() - own.len() + new).saturating_sub(old))
                });
                shifted.collect()
            }
        })
    }

    /// Returns a text below `|`, whose lines move with its key.
    fn block_scalar(
        &self,
        value: &Written,
        header: usize,
        old: usize,
        new: usize,
    ) -> Option<String> {
        let sign = &self.text[value.range.start..header];
        if value.range.end == header {
            return Some(sign.to_owned());
        }
        let head_end = line_end(self.text, header);
        let head = self.text[header..head_end].trim_end();
        let content = self.text.get(head_end..value.range.end).unwrap_or_default();
        let lines = content.split('\n').skip(1);
        let lines: Vec<&str> = lines.map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
        let width = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let first = lines.iter().find(|line| !line.trim_matches(' ').is_empty());
        let (from, to) = match sign.chars().find_map(|letter| letter.to_digit(10)) {
            Some(_) => (old, new),
            None => (first.map_or(0, |line| width(line)), new + STEP),
        };
        let mut text = format!("{sign}{head}");
        for line in lines {
            let blanks = width(line);
            text.push('\n');
            if line.len() > blanks || blanks > from {
                let indent = (blanks + to).checked_sub(from)?;
                text.extend(std::iter::repeat_n(' ', indent));
                text += &line[blanks..];
            }
        }
        Some(text)
    }
}

/// Returns the anchor and the tag before a value, and the text there without them.
fn properties(before: &str, value: &Written) -> (Vec<String>, String) {
    if !value.has_properties {
        return (Vec::new(), before.to_owned());
    }
    let mut properties = Vec::new();
    let mut rest = Vec::new();
    for line in before.split('\n') {
        let comment = line.find('#').filter(|at| *at == 0 || line[..*at].ends_with([' ', '\t']));
        let (words, comment) = line.split_at(comment.unwrap_or(line.len()));
        let found = words.split_whitespace().filter(|word| word.starts_with(['&', '!']));
        properties.extend(found.map(str::to_owned));
        let blank = if words.trim().is_empty() { words } else { " " };
        rest.push(format!("{blank}{comment}"));
    }
    (properties, rest.join("\n"))
}

fn joined(at: usize, line: &str, indent: usize) -> String {
    match at {
        0 => line.to_owned(),
        _ if line.is_empty() => "\n".to_owned(),
        _ => format!("\n{:indent$}{line}", ""),
    }
}

/// Returns the text of a quoted scalar without its quotes, where it needs none.
fn unquoted(raw: &str) -> String {
    let inner = &raw[1..raw.len() - 1];
    let is_as_it_stands = !inner.contains(['\\', '"', '\'']);
    if is_as_it_stands && quote::is_plain(inner) { inner.to_owned() } else { raw.to_owned() }
}

/// Returns the places of quoted values within brackets or braces.
fn quoted_within(value: &Written) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    for item in value.items() {
        match item.value.form {
            Form::Single | Form::Double if !item.value.has_properties => {
                found.push(item.value.range.clone());
            }
            _ => found.extend(quoted_within(&item.value)),
        }
    }
    found
}
