//! Writes YAML: one layout and one rule of quoting for all that the program writes.

use serde_json::Value as Json;

use super::node::{Node, NodeContent, NodeEntry};
use super::quote;

/// The longest line that holds a list. A longer one has each element on a line of its own.
const LONGEST: usize = 120;

/// The longest key that every reader accepts before a `:`. A longer one stands behind `?`.
const LONGEST_KEY: usize = 1000;

/// Returns the text of a document, without `---`; it ends its last line. Every reader of YAML 1.1 and 1.2 reads the same
/// value from it.
#[must_use]
pub fn document(node: &Node) -> String {
    let comment: String = node.comment.iter().map(|comment| comment_lines(comment, 0)).collect();
    let text = match (inline(node), &node.content) {
        (Some(text), _) if is_short("", &text, node) => text + "\n",
        (_, NodeContent::Scalar(Json::String(text))) => block_scalar(text, 2, ""),
        _ => block(node, 0),
    };
    comment + &text
}

/// Returns the text that follows a key and its colon, or a dash: it begins with a space or a line end, lines of its own are
/// indented by so many spaces, and it ends its last line.
#[must_use]
pub fn after_key(node: &Node, indent: usize) -> String {
    behind("", node, indent)
}

/// Returns a value as it stands within a line, `None` where it needs lines of its own.
pub(super) fn inline(node: &Node) -> Option<String> {
    match &node.content {
        NodeContent::Scalar(Json::String(text)) if quote::is_block_scalar(text) => None,
        NodeContent::Scalar(scalar) => Some(quote::scalar(scalar)),
        NodeContent::List(elements) if elements.is_empty() => Some("[]".to_owned()),
        NodeContent::Map(entries) if entries.is_empty() => Some("{}".to_owned()),
        _ if !node.is_flow => None,
        NodeContent::List(elements) => {
            let elements: Option<Vec<String>> = elements.iter().map(within).collect();
            Some(format!("[{}]", elements?.join(", ")))
        }
        NodeContent::Map(entries) => {
            let member = |entry: &NodeEntry| match entry {
                NodeEntry::Member(name, node) if !is_long(&quote::key(name)) => {
                    Some(format!("{}: {}", quote::key(name), within(node)?))
                }
                _ => None,
            };
            let members: Option<Vec<String>> = entries.iter().map(member).collect();
            Some(format!("{{ {} }}", members?.join(", ")))
        }
    }
}

/// Returns a value within brackets, which leave no room for its comment.
fn within(node: &Node) -> Option<String> {
    if node.comment.is_some() { None } else { inline(node) }
}

/// Returns a value on one line whatever its layout, without comments.
pub(super) fn flow(node: &Node) -> String {
    match &node.content {
        NodeContent::Scalar(scalar) => quote::scalar(scalar),
        NodeContent::List(elements) => {
            format!("[{}]", elements.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        NodeContent::Map(entries) => {
            let members = entries.iter().filter_map(|entry| match entry {
                NodeEntry::Member(name, node) => Some(flow_member(name, node)),
                NodeEntry::Comment(_) => None,
            });
            match members.collect::<Vec<_>>().join(", ") {
                members if members.is_empty() => "{}".to_owned(),
                members => format!("{{ {members} }}"),
            }
        }
    }
}

/// Returns a member within braces.
pub(super) fn flow_member(name: &str, node: &Node) -> String {
    format!("{}: {}", quote::key(name), flow(node))
}

/// Returns the lines of a mapping or a list.
pub(super) fn block(node: &Node, indent: usize) -> String {
    match &node.content {
        NodeContent::Map(entries) => {
            let has_member = entries.iter().any(|entry| matches!(entry, NodeEntry::Member(..)));
            let entries = entries.iter().map(|entry| self::entry(entry, indent));
            let lines: String = entries.collect();
            if has_member { lines } else { format!("{lines}{:indent$}{{}}\n", "") }
        }
        NodeContent::List(elements) if elements.is_empty() => format!("{:indent$}[]\n", ""),
        NodeContent::List(elements) => {
            elements.iter().map(|element| self::element(element, indent)).collect()
        }
        NodeContent::Scalar(scalar) => format!("{:indent$}{}\n", "", quote::scalar(scalar)),
    }
}

/// Returns the lines of a member or of a comment.
pub(super) fn entry(entry: &NodeEntry, indent: usize) -> String {
    match entry {
        NodeEntry::Comment(text) => comment_lines(text, indent),
        NodeEntry::Member(name, node) => behind(&key(name, indent), node, indent + 2),
    }
}

/// Returns a key with its indentation and its colon.
fn key(name: &str, indent: usize) -> String {
    let key = quote::key(name);
    if is_long(&key) {
        format!("{:indent$}? {key}\n{:indent$}:", "", "")
    } else {
        format!("{:indent$}{key}:", "")
    }
}

fn is_long(key: &str) -> bool {
    key.chars().count() > LONGEST_KEY
}

/// Returns the lines of an element. The first line of a block stands behind the dash.
pub(super) fn element(node: &Node, indent: usize) -> String {
    let dash = format!("{:indent$}-", "");
    let begins_with_comment = match &node.content {
        NodeContent::Map(entries) => matches!(entries.first(), Some(NodeEntry::Comment(_))),
        _ => false,
    };
    let is_scalar = matches!(node.content, NodeContent::Scalar(_));
    let is_inline = inline(node).is_some_and(|text| is_short(&dash, &text, node));
    if is_scalar || is_inline || begins_with_comment || comment_of(node).is_some() {
        return behind(&dash, node, indent + 2);
    }
    format!("{dash} {}", block(node, indent + 2).trim_start_matches(' '))
}

/// Returns a value behind its key or its dash, with the indentation of lines of its own.
fn behind(lead: &str, node: &Node, indent: usize) -> String {
    let comment = comment_of(node).map(|comment| format!("  # {comment}")).unwrap_or_default();
    if let Some(text) = inline(node)
        && is_short(lead, &text, node)
    {
        return format!("{lead} {text}{comment}\n");
    }
    if let NodeContent::Scalar(Json::String(text)) = &node.content {
        return format!("{lead} {}", block_scalar(text, indent, &comment));
    }
    format!("{lead}{comment}\n{}", block(node, indent))
}

/// Returns a text of several lines below `|`.
pub(super) fn block_scalar(text: &str, indent: usize, comment: &str) -> String {
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    let line = |line: &str| {
        if line.is_empty() { "\n".to_owned() } else { format!("{:indent$}{line}\n", "") }
    };
    let lines: String = lines.map(line).collect();
    let chomping = if text.ends_with('\n') { "" } else { "-" };
    format!("|{chomping}{comment}\n{lines}")
}

fn comment_of(node: &Node) -> Option<String> {
    node.comment.as_deref().and_then(quote::comment)
}

/// Returns a comment on lines of its own.
fn comment_lines(text: &str, indent: usize) -> String {
    let line = |line: &str| match quote::comment_line(line) {
        line if line.is_empty() => format!("{:indent$}#\n", ""),
        line => format!("{:indent$}# {line}\n", ""),
    };
    text.split('\n').map(line).collect()
}

/// Whether a value stays on the line: lists do not make lines long.
fn is_short(lead: &str, text: &str, node: &Node) -> bool {
    lead.len() + 1 + text.chars().count() <= LONGEST || !has_list(node)
}

fn has_list(node: &Node) -> bool {
    match &node.content {
        NodeContent::Scalar(_) => false,
        NodeContent::List(elements) => elements.len() > 1,
        NodeContent::Map(entries) => entries.iter().any(|entry| match entry {
            NodeEntry::Member(_, node) => has_list(node),
            NodeEntry::Comment(_) => false,
        }),
    }
}

#[cfg(test)]
pub(super) mod tests;
