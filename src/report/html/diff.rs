//! Writes the differences of an object as nested lists: the value that the tenant has, and the one that Git declares.

use maud::{Markup, html};

use super::words::Plain;
use crate::report::phrases;
use crate::report::view::{DiffContent, DiffMark, DiffNode};

/// The most lines of one object.
const MOST: usize = 1_000;

/// Returns the name of a mark in classes, and its words.
pub(super) fn mark(mark: DiffMark) -> (&'static str, &'static str) {
    match mark {
        DiffMark::Add => ("add", "added"),
        DiffMark::Change => ("change", "changed"),
        DiffMark::Remove => ("remove", "removed"),
        DiffMark::Replace => ("replace", "replaced"),
        DiffMark::Blocked => ("blocked", "blocked"),
        DiffMark::Unverifiable => ("unverifiable", "not comparable"),
        DiffMark::Accepted => ("accepted", "accepted"),
        DiffMark::Context => ("context", ""),
        DiffMark::Hunk => ("hunk", ""),
        DiffMark::Title => ("title", ""),
    }
}

/// Returns the nodes of an object.
pub(super) fn nodes(nodes: &[DiffNode]) -> Markup {
    let mut writer = DiffWriter { left: MOST };
    let list = writer.list(nodes);
    let all: usize = nodes.iter().map(lines).sum();
    let more = all.saturating_sub(MOST);
    html! {
        (list)
        @if more > 0 { p.more { (phrases::more(more, "line")) ": the JSON document has all of them." } }
    }
}

fn lines(node: &DiffNode) -> usize {
    1 + node.children.iter().map(lines).sum::<usize>()
}

struct DiffWriter {
    /// The number of lines that may still be written.
    left: usize,
}

impl DiffWriter {
    fn list(&mut self, nodes: &[DiffNode]) -> Markup {
        let mut items = Vec::new();
        for node in nodes {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            items.push(self.node(node));
        }
        if items.is_empty() {
            return html! {};
        }
        html! { ul.diff { @for item in &items { (item) } } }
    }

    fn node(&mut self, node: &DiffNode) -> Markup {
        let (class, words) = mark(node.mark);
        let line = html! {
            div.line {
                @if node.mark != DiffMark::Title {
                    span.sign aria-hidden="true" { (node.mark.sign()) }
                }
                @if !words.is_empty() { span.vh { (words) ": " } }
                span.what {
                    @if node.mark == DiffMark::Title { span.heading { (node.name) } }
                    @else if !node.name.is_empty() { code.name { (Plain(&node.name)) } }
                    (content(node))
                    @if let Some(reason) = &node.reason { " " span.reason { (Plain(reason)) } }
                    @if let Some(origin) = &node.origin { " " span.reason { (Plain(origin)) } }
                    @if let Some(place) = &node.place { " " span.place { (Plain(place)) } }
                }
            }
        };
        html! { li.(class) { (line) (self.list(&node.children)) } }
    }
}

fn content(node: &DiffNode) -> Markup {
    html! {
        @match &node.content {
            DiffContent::Nothing => {}
            DiffContent::Value(text) => {
                " "
                @match node.mark {
                    DiffMark::Add => ins { code { (Plain(text)) } },
                    DiffMark::Remove => del { code { (Plain(text)) } },
                    _ => code.value { (Plain(text)) },
                }
            }
            DiffContent::Words(text) => { " " span.remark { (Plain(text)) } }
            DiffContent::Line(spans) => {
                " " code.text {
                    @for span in spans {
                        @if span.strong { mark { (Plain(&span.text)) } } @else { (Plain(&span.text)) }
                    }
                }
            }
            DiffContent::Values { from, to } => {
                " " del { span.vh { "the tenant has " } code { (Plain(from)) } }
                " " span.arrow aria-hidden="true" { "→" } " "
                ins { span.vh { "Git declares " } code { (Plain(to)) } }
            }
        }
    }
}
