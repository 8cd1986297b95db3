//! Lays nodes out as lines, with the names of siblings in one column.

use unicode_width::UnicodeWidthStr;

use super::node::{DiffContent, DiffMark, DiffNode};
use crate::report::width::cut_middle;

/// The widest name that moves the values of its siblings to the right.
const WIDEST: usize = 44;
/// The most columns of a name: enough for a path, which is not cut.
const ALONE: usize = 255;

/// A node with its position.
pub(in crate::report) struct DiffRow<'a> {
    /// The indentation in columns.
    pub(in crate::report) indent: usize,
    /// The node.
    pub(in crate::report) node: &'a DiffNode,
    /// Its name, padded to the column of its siblings.
    pub(in crate::report) name: String,
}

/// Returns nodes line by line.
pub(in crate::report) fn rows(nodes: &[DiffNode]) -> Vec<DiffRow<'_>> {
    let mut rows = Vec::new();
    place(nodes, 0, &mut rows);
    rows
}

fn place<'a>(nodes: &'a [DiffNode], indent: usize, rows: &mut Vec<DiffRow<'a>>) {
    let column = nodes
        .iter()
        .filter(|node| node.content != DiffContent::Nothing)
        .map(|node| node.name.width())
        .filter(|width| *width <= WIDEST)
        .max()
        .unwrap_or_default();
    for node in nodes {
        let bare = node.content == DiffContent::Nothing && node.reason.is_none();
        let mut name = cut_middle(&node.name, ALONE);
        if !bare && !name.is_empty() {
            name.extend(std::iter::repeat_n(' ', column.saturating_sub(name.width())));
        }
        rows.push(DiffRow { indent, node, name });
        // A title has no sign, so the lines below it need less indentation.
        let step = if node.mark == DiffMark::Title { 2 } else { 4 };
        place(&node.children, indent + step, rows);
    }
}
