//! The places of comments: the value that each stands at, above or below.

use std::ops::Range;

use super::marker_after;
use crate::yaml::presentation::presentation;
use crate::yaml::written::{Form, Written, WrittenItem, column, documents, line_start};

/// The comments of one document in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DocumentComments {
    /// The comments above the first value, which stay there.
    head: Vec<String>,
    /// The others, each with its place.
    placed: Vec<(CommentPlace, String)>,
}

/// Where a comment stands, by the names and numbers that lead to a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CommentPlace {
    /// In the lines of a value.
    At(String),
    /// Right above a member or an element.
    Above(String),
    /// Within a mapping or a list, parted by a blank line from what follows, or at its end.
    Within(String),
}

/// A member or an element, before those within it.
struct Anchor {
    start: usize,
    column: usize,
    path: String,
    parent: Option<usize>,
    /// The value, where it has no lines of its own for members or elements.
    leaf: Option<Range<usize>>,
}

/// Whether each comment of a text stands at the same value in another. The comments above the first value of a document may
/// be followed by another value.
pub(super) fn are_kept(old: &str, new: &str) -> bool {
    let Some(old) = comments(old, None) else { return false };
    let heads: Vec<usize> = old.iter().map(|document| document.head.len()).collect();
    comments(new, Some(&heads)).is_some_and(|new| old == new)
}

/// Returns the comments of each document, and of the text behind the last one. At the most as many as `heads` says stand at
/// the beginning of a document.
fn comments(text: &str, heads: Option<&[usize]>) -> Option<Vec<DocumentComments>> {
    let mut comments = presentation(text).comments.into_iter().peekable();
    let mut found = Vec::new();
    for root in documents(text)? {
        let head = heads.map_or(usize::MAX, |heads| heads.get(found.len()).copied().unwrap_or(0));
        let end = marker_after(text, root.range.end);
        let own = std::iter::from_fn(|| comments.next_if(|comment| comment.start < end));
        found.push(DocumentComments::of(text, &root, own, head));
    }
    let head = comments.map(|comment| words(text, comment)).collect();
    found.push(DocumentComments { head, placed: Vec::new() });
    Some(found)
}

impl DocumentComments {
    fn of(
        text: &str,
        root: &Written,
        comments: impl Iterator<Item = Range<usize>>,
        head: usize,
    ) -> Self {
        let mut anchors = Vec::new();
        collect(text, root, None, &mut anchors);
        let begin = anchors.first().map_or(root.range.start, |first| first.start);
        let mut own = Self::default();
        // The anchor before the last comment, and the least column of the comments below it.
        let (mut last, mut least) = (None, usize::MAX);
        for comment in comments {
            if comment.start < begin && own.head.len() < head {
                own.head.push(words(text, comment));
                continue;
            }
            let next = anchors.partition_point(|anchor| anchor.start < comment.start);
            let before = next.checked_sub(1);
            if last != before {
                (last, least) = (before, usize::MAX);
            }
            let is_tail = !text[line_start(text, comment.start)..comment.start].trim().is_empty();
            if !is_tail {
                least = least.min(column(text, comment.start));
            }
            let place = place(text, &anchors, next, comment.start, (!is_tail).then_some(least));
            own.placed.push((place, words(text, comment)));
        }
        own.placed.sort();
        own
    }
}

/// Returns the place of a comment before the anchor `next`. `least` is its column, or that of one above it that is less
/// deep; `None` of a comment behind a value.
fn place(
    text: &str,
    anchors: &[Anchor],
    next: usize,
    at: usize,
    least: Option<usize>,
) -> CommentPlace {
    let path =
        |anchor: Option<usize>| anchor.map_or_else(String::new, |at| anchors[at].path.clone());
    let before = next.checked_sub(1);
    let is_in_leaf = |leaf: &Range<usize>| at < leaf.end;
    let leaf = before.and_then(|before| anchors[before].leaf.as_ref());
    let Some(least) = least.filter(|_| !leaf.is_some_and(is_in_leaf)) else {
        return CommentPlace::At(path(before));
    };
    if let Some(follower) = anchors.get(next)
        && (follower.column >= least || follower.parent == before)
    {
        // What follows the last line end is the indentation of the value.
        let lines = text[at..follower.start].rsplit_once('\n').map_or("", |(lines, _)| lines);
        let is_apart = lines.split('\n').any(|line| line.trim().is_empty());
        return if is_apart {
            CommentPlace::Within(path(follower.parent))
        } else {
            CommentPlace::Above(follower.path.clone())
        };
    }
    let mut above = before;
    while let Some(anchor) = above.filter(|at| anchors[*at].column >= least) {
        above = anchors[anchor].parent;
    }
    CommentPlace::Within(path(above))
}

fn collect(text: &str, value: &Written, parent: Option<usize>, anchors: &mut Vec<Anchor>) {
    let is_list = matches!(value.form, Form::List { .. });
    for (index, item) in block_items(value).iter().enumerate() {
        let above = parent.map_or("", |parent| anchors[parent].path.as_str());
        let step = if is_list { index.to_string() } else { format!("{:?}", item.name) };
        let path = format!("{above}/{step}");
        let leaf = block_items(&item.value).is_empty().then(|| item.value.range.clone());
        let column = column(text, item.start);
        anchors.push(Anchor { start: item.start, column, path, parent, leaf });
        collect(text, &item.value, Some(anchors.len() - 1), anchors);
    }
}

/// Returns the members or elements that have lines of their own.
fn block_items(value: &Written) -> &[WrittenItem] {
    if value.is_flow() { &[] } else { value.items() }
}

fn words(text: &str, comment: Range<usize>) -> String {
    text[comment].trim().to_owned()
}
