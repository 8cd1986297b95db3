//! Makes one step of an edit in a text.

use std::ops::Range;

use super::changes::{ChangeStep, Position, ValueChange};
use super::value::{self, Surroundings};
use super::{EditFault, Step};
use crate::yaml::node::{Node, NodeContent, NodeEntry};
use crate::yaml::write;
use crate::yaml::written::{
    self, Form, Written, WrittenItem, column, line_end, line_start, skip_trivia, trim_line_end,
};

/// A piece of a text and its new text.
pub(super) type Splice = (Range<usize>, String);

/// Returns a text after a step.
pub(super) fn after(
    text: &str,
    document: usize,
    (path, change): &ChangeStep,
) -> Result<String, EditFault> {
    let documents = written::documents(text).ok_or(EditFault::Notation)?;
    let Some(root) = documents.get(document) else {
        return match change {
            ValueChange::Replace(node) if path.is_empty() => Ok(with_document(text, node)),
            _ => Err(EditFault::NoDocument),
        };
    };
    let mut splices = match change {
        ValueChange::Replace(node) => {
            let target = walk(text, root, path)?;
            vec![value::replace(text, target.value, &target.around, node)]
        }
        ValueChange::Comment(comment) => {
            let target = walk(text, root, path)?;
            vec![value::comment(text, target.value, &target.around, comment)]
        }
        ValueChange::Insert(node, position) => {
            let (last, above) = path.split_last().ok_or(EditFault::NoPlace)?;
            insert(text, &walk(text, root, above)?, last, node, position)?
        }
        ValueChange::Remove => {
            let (last, above) = path.split_last().ok_or(EditFault::NoPlace)?;
            let target = walk(text, root, above)?;
            let at = index(target.value, last).ok_or(EditFault::NoPlace)?;
            vec![remove(text, &target, at)]
        }
    };
    splices.sort_by_key(|(range, _)| range.start);
    let is_crlf = text.find('\n').is_some_and(|end| text[..end].ends_with('\r'));
    let mut new = text.to_owned();
    for (range, piece) in splices.into_iter().rev() {
        let piece = if is_crlf { piece.replace("\r\n", "\n").replace('\n', "\r\n") } else { piece };
        new.replace_range(range, &piece);
    }
    Ok(new)
}

/// A value of the text and what it stands in.
struct Target<'tree> {
    value: &'tree Written,
    around: Surroundings,
}

fn walk<'tree>(
    text: &str,
    root: &'tree Written,
    path: &[Step],
) -> Result<Target<'tree>, EditFault> {
    let mut target = Target { value: root, around: Surroundings::Root };
    for step in path {
        check(target.value)?;
        let at = index(target.value, step).ok_or(EditFault::NoPlace)?;
        let item = &target.value.items()[at];
        target.around = match (step, target.value.is_flow()) {
            (_, true) => Surroundings::Flow,
            (Step::Member(_), false) => Surroundings::Member(column(text, item.start)),
            (Step::Element(_), false) => Surroundings::Element(column(text, item.start)),
        };
        target.value = &item.value;
    }
    check(target.value)?;
    Ok(target)
}

fn check(value: &Written) -> Result<(), EditFault> {
    match value.form {
        Form::Alias => Err(EditFault::Alias),
        Form::Pair => Err(EditFault::Notation),
        _ => Ok(()),
    }
}

fn index(value: &Written, step: &Step) -> Option<usize> {
    match (step, &value.form) {
        (Step::Member(name), Form::Map { members, .. }) => {
            members.iter().position(|member| member.name == *name)
        }
        (Step::Element(at), Form::List { elements, .. }) => (*at < elements.len()).then_some(*at),
        _ => None,
    }
}

/// Returns a text that has no document, with one.
fn with_document(text: &str, node: &Node) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let new = write::document(node);
    let is_crlf = text.contains("\r\n");
    let new = if is_crlf { new.replace('\n', "\r\n") } else { new };
    format!("{text}{gap}{new}")
}

fn insert(
    text: &str,
    target: &Target<'_>,
    step: &Step,
    node: &Node,
    position: &Position,
) -> Result<Vec<Splice>, EditFault> {
    let parent = target.value;
    let items = parent.items();
    let after = match (step, position) {
        (Step::Element(at), _) => at.checked_sub(1),
        (_, Position::End) => items.len().checked_sub(1),
        (_, Position::After(siblings)) => {
            items.iter().rposition(|item| siblings.contains(&item.name))
        }
    };
    if items.is_empty() && !matches!(target.around, Surroundings::Flow) {
        let new = match step {
            Step::Member(name) => {
                NodeContent::Map(vec![NodeEntry::Member(name.clone(), node.clone())])
            }
            Step::Element(_) => NodeContent::List(vec![node.clone()]),
        };
        let is_flow =
            matches!(step, Step::Element(_)) && matches!(node.content, NodeContent::Scalar(_));
        let new = Node { content: new, comment: None, is_flow };
        return Ok(vec![value::replace(text, parent, &target.around, &new)]);
    }
    let is_flow = match parent.form {
        Form::Map { is_flow, .. } | Form::List { is_flow, .. } => is_flow,
        _ => return Err(EditFault::NoPlace),
    };
    Ok(match (is_flow, step) {
        (true, Step::Member(name)) => {
            insert_flow(text, parent, after, &write::flow_member(name, node))
        }
        (true, Step::Element(_)) => insert_flow(text, parent, after, &write::flow(node)),
        (false, Step::Member(name)) => {
            let indent = column(text, items[0].start);
            let lines = write::entry(&NodeEntry::Member(name.clone(), node.clone()), indent);
            vec![insert_lines(text, items, after, &lines, indent)]
        }
        (false, Step::Element(_)) => {
            let indent = column(text, items[0].start);
            vec![insert_lines(text, items, after, &write::element(node, indent), indent)]
        }
    })
}

/// Inserts lines after an item, or before the first one.
fn insert_lines(
    text: &str,
    items: &[WrittenItem],
    after: Option<usize>,
    lines: &str,
    indent: usize,
) -> Splice {
    match after.and_then(|at| items.get(at)) {
        Some(item) => {
            let at = line_end(text, item.value.range.end);
            (at..at, format!("\n{}", lines.trim_end_matches('\n')))
        }
        None => {
            let at = items[0].start;
            (at..at, format!("{}{:indent$}", lines.trim_start_matches(' '), ""))
        }
    }
}

/// Inserts an item within brackets or braces, after another or before the first one.
fn insert_flow(text: &str, parent: &Written, after: Option<usize>, new: &str) -> Vec<Splice> {
    let items = parent.items();
    let begin = parent.range.start + 1;
    let close = parent.range.end - 1;
    let (Some(first), Some(last)) = (items.first(), items.last()) else {
        let inner = &text[begin..close];
        let is_map = text[parent.range.start..].starts_with('{');
        let blank = if is_map { " " } else { "" };
        return if inner.trim().is_empty() {
            vec![(begin..close, format!("{blank}{new}{blank}"))]
        } else {
            vec![(close..close, format!(" {new} "))]
        };
    };
    let Some(at) = after else {
        return vec![(first.start..first.start, format!("{new},{}", gap(text, first)))];
    };
    let item = items.get(at).unwrap_or(last);
    let end = item.value.range.end;
    let comma = skip_trivia(text, end);
    let has_comma = text[comma..].starts_with(',');
    let rest_begin = if has_comma { comma + 1 } else { end };
    let rest_end = line_end(text, rest_begin).min(close);
    let rest = &text[rest_begin..rest_end];
    // A comment behind the item stays behind it.
    if rest.trim_start().starts_with('#') {
        let mut splices = vec![(
            rest_end..rest_end,
            format!("{}{new}{}", gap(text, item), if has_comma { "," } else { "" }),
        )];
        if !has_comma {
            splices.push((end..end, ",".to_owned()));
        }
        return splices;
    }
    vec![(end..end, format!(",{}{new}", gap(text, item)))]
}

/// Returns the blank between two items: a line end where an item begins its line.
fn gap(text: &str, item: &WrittenItem) -> String {
    let start = line_start(text, item.start);
    let lead = &text[start..item.start];
    if lead.trim().is_empty() && start > 0 { format!("\n{lead}") } else { " ".to_owned() }
}

fn remove(text: &str, target: &Target<'_>, at: usize) -> Splice {
    let parent = target.value;
    let items = parent.items();
    if items.len() == 1 {
        return remove_only(text, target, &items[0]);
    }
    if parent.is_flow() { remove_flow(text, parent, at) } else { remove_lines(text, items, at) }
}

/// Removes the lines of an item of a block.
fn remove_lines(text: &str, items: &[WrittenItem], at: usize) -> Splice {
    let item = &items[at];
    let end = line_end(text, item.value.range.end);
    let begin = line_start(text, item.start);
    if text[begin..item.start].trim().is_empty() {
        let next = text[end..].find('\n').map(|length| end + length + 1);
        return match next {
            Some(next) => (begin..next, String::new()),
            // Without a line end at the end of the text, the one above goes.
            None => (trim_line_end(&text[..begin]).len()..end, String::new()),
        };
    }
    // The first item stands behind a dash, and the next one takes its place.
    match items.get(at + 1) {
        Some(next) if !text[end..next.start].contains('#') => {
            (item.start..next.start, String::new())
        }
        _ => (item.start..end, String::new()),
    }
}

/// Removes the only item of a collection.
fn remove_only(text: &str, target: &Target<'_>, item: &WrittenItem) -> Splice {
    let parent = target.value;
    let empty = if matches!(parent.form, Form::Map { .. }) { "{}" } else { "[]" };
    if parent.is_flow() {
        let close = parent.range.end - 1;
        let comma = skip_trivia(text, item.value.range.end);
        let end = if text[comma..].starts_with(',') { comma + 1 } else { item.value.range.end };
        let has_comment = text[parent.range.start + 1..item.start].contains('#')
            || text[end..close].contains('#');
        return if has_comment {
            (item.start..end, String::new())
        } else {
            (parent.range.clone(), empty.to_owned())
        };
    }
    let end = line_end(text, item.value.range.end);
    let lead = &text[parent.lead..item.start];
    let is_root = matches!(target.around, Surroundings::Root);
    if is_root || lead.contains('#') || parent.has_properties {
        return (item.start..end, empty.to_owned());
    }
    (parent.lead..end, format!(" {empty}"))
}

/// Removes an item within brackets or braces, with one comma.
fn remove_flow(text: &str, parent: &Written, at: usize) -> Splice {
    let items = parent.items();
    let item = &items[at];
    let end = item.value.range.end;
    let comma = skip_trivia(text, end);
    let after_comma = if text[comma..].starts_with(',') { comma + 1 } else { end };
    if let Some(next) = items.get(at + 1) {
        let has_comment = text[after_comma..next.start].contains('#');
        return if has_comment {
            (item.start..after_comma, String::new())
        } else {
            (item.start..next.start, String::new())
        };
    }
    let before = at.checked_sub(1).map_or(item.start, |at| items[at].value.range.end);
    let has_comment = text[before..item.start].contains('#');
    (if has_comment { item.start..after_comma } else { before..end }, String::new())
}
