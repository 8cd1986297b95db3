//! Writes a new value in the place and the notation of an old one.

use serde_json::Value as Json;

use super::splice::Splice;
use crate::yaml::node::{Node, NodeContent, NodeEntry};
use crate::yaml::written::{Form, Written, line_end, line_start};
use crate::yaml::{quote, write};

/// The surroundings of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Surroundings {
    /// The value is a document.
    Root,
    /// The value follows a key in this column.
    Member(usize),
    /// The value follows a dash in this column.
    Element(usize),
    /// The value stands within brackets or braces.
    Flow,
}

impl Surroundings {
    /// Returns the indentation of lines below the value's own.
    fn indent(self) -> usize {
        match self {
            Self::Root | Self::Flow => 0,
            Self::Member(column) | Self::Element(column) => column + 2,
        }
    }
}

/// Replaces a value.
pub(super) fn replace(text: &str, old: &Written, around: &Surroundings, node: &Node) -> Splice {
    if matches!(around, Surroundings::Flow) {
        let new = match &node.content {
            NodeContent::Scalar(scalar) => in_notation(old, scalar, true),
            _ => None,
        };
        let new = new.unwrap_or_else(|| write::flow(node));
        let is_unwritten = matches!(old.form, Form::Unwritten);
        let lead = match (is_unwritten, text[..old.lead].ends_with(':')) {
            (true, true) => " ",
            (true, false) => ": ",
            _ => "",
        };
        return (old.range.clone(), format!("{lead}{new}"));
    }
    let tail = Tail::of(text, old);
    let comment = match node.comment.as_deref().and_then(quote::comment) {
        Some(comment) => format!("  # {comment}"),
        None => tail.text.to_owned(),
    };
    let indent = around.indent();
    // An inline value stands where the old one stood, behind its anchor and tag.
    let (start, blank) = match old.form {
        Form::Unwritten => (old.lead, " "),
        _ if is_block(old) => (old.lead, " "),
        _ => (old.range.start, ""),
    };
    let blank = if matches!(around, Surroundings::Root) && start == 0 { "" } else { blank };
    match &node.content {
        NodeContent::Scalar(scalar) => {
            if let Some(new) = in_notation(old, scalar, false) {
                return (start..tail.end, format!("{blank}{new}{comment}"));
            }
            let Json::String(new) = scalar else {
                return (start..tail.end, format!("{blank}{}{comment}", quote::scalar(scalar)));
            };
            let indent = indent.max(2);
            let lines = write::block_scalar(new, indent, &comment);
            (start..tail.end, format!("{blank}{}", lines.trim_end_matches('\n')))
        }
        _ => {
            let node = Node { comment: None, ..node.clone() };
            if let Some(new) = write::inline(&node) {
                return (start..tail.end, format!("{blank}{new}{comment}"));
            }
            let lines = write::block(&node, indent);
            let lines = lines.trim_end_matches('\n');
            let new = match around {
                Surroundings::Root => return (old.range.start..tail.end, lines.to_owned()),
                // A comment behind the key stays there.
                _ if !is_block(old) && text[old.lead..old.range.start].contains('\n') => {
                    let comment = comment.trim_start();
                    let own = if comment.is_empty() {
                        String::new()
                    } else {
                        format!("{:indent$}{comment}\n", "")
                    };
                    let start = line_start(text, old.range.start);
                    return (start..tail.end, own + lines);
                }
                Surroundings::Element(_) if comment.is_empty() && !begins_with_comment(&node) => {
                    format!(" {}", lines.trim_start_matches(' '))
                }
                _ => format!("{comment}\n{lines}"),
            };
            (old.lead..tail.end, new)
        }
    }
}

/// Puts a comment behind a value.
pub(super) fn comment(text: &str, old: &Written, around: &Surroundings, comment: &str) -> Splice {
    let Some(comment) = quote::comment(comment) else { return (0..0, String::new()) };
    let (start, end) = match around {
        // Brackets and a document leave no room for it.
        Surroundings::Flow | Surroundings::Root => return (0..0, String::new()),
        _ if is_block(old) => {
            let begin = text[old.lead..].find(|letter| !matches!(letter, ' ' | '\t'));
            let begin = begin.map_or(text.len(), |length| old.lead + length);
            let is_free = text[begin..].starts_with(['#', '\r', '\n']);
            if is_free { (old.lead, line_end(text, begin)) } else { return (0..0, String::new()) }
        }
        _ => match old.form {
            Form::Block(header) => (header, line_end(text, header)),
            _ => (old.range.end, line_end(text, old.range.end)),
        },
    };
    let is_same = text[start..end].trim().strip_prefix('#').map(str::trim) == Some(&comment);
    if is_same { (0..0, String::new()) } else { (start..end, format!("  # {comment}")) }
}

/// The rest of a value's line, which stays when the value changes.
struct Tail<'text> {
    text: &'text str,
    /// The end of the value and of the rest.
    end: usize,
}

impl<'text> Tail<'text> {
    fn of(text: &'text str, old: &Written) -> Self {
        let end = line_end(text, old.range.end);
        let rest = match old.form {
            Form::Block(header) => {
                let end = line_end(text, header).min(end);
                return Self { text: text[header..end].trim_end(), end: old.range.end.max(end) };
            }
            _ if is_block(old) => {
                let rest = &text[old.lead..line_end(text, old.lead)];
                if rest.trim_start().starts_with('#') { rest } else { "" }
            }
            _ => &text[old.range.end..end],
        };
        Self { text: rest.trim_end(), end }
    }
}

fn is_block(value: &Written) -> bool {
    !value.is_flow() && matches!(value.form, Form::Map { .. } | Form::List { .. })
}

fn begins_with_comment(node: &Node) -> bool {
    match &node.content {
        NodeContent::Map(entries) => matches!(entries.first(), Some(NodeEntry::Comment(_))),
        _ => false,
    }
}

/// Returns a scalar on one line in the notation of another value, `None` where it needs lines below `|`.
fn in_notation(old: &Written, new: &Json, in_flow: bool) -> Option<String> {
    let Json::String(new) = new else { return Some(quote::scalar(new)) };
    let is_lines = !in_flow && quote::is_block_scalar(new);
    let kept = match old.form {
        Form::Plain if quote::may_be_plain(new, in_flow) => Some(new.clone()),
        Form::Single => quote::single_quoted(new),
        Form::Double => Some(quote::double_quoted(new)),
        _ => None,
    };
    match kept {
        Some(kept) => Some(kept),
        None if is_lines => None,
        None => Some(quote::string(new)),
    }
}
