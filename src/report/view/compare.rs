//! Two values side by side, part by part.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use unicode_width::UnicodeWidthStr;

use super::node::{Content, Mark, Node, Reading};
use super::payload::{self, LONG, Payload};
use super::value::{self, Names, is_scalar};
use crate::report::width::cut;
use crate::report::{Verbosity, words};
use crate::text::sanitize;

/// How many elements or lines of one value are shown, unless everything is asked for.
const MOST: usize = 40;

/// Compares the values of one field.
pub(super) struct Comparer<'a> {
    /// From where to where.
    pub(super) reading: Reading,
    /// How much.
    pub(super) verbosity: Verbosity,
    /// Names of ids.
    pub(super) names: &'a Names,
    /// Whether its strings are base64.
    pub(super) encoded: bool,
}

impl Comparer<'_> {
    /// Returns what differs between the two sides, the one that the reading starts from first.
    pub(super) fn differs(&self, name: String, from: Option<&Json>, to: Option<&Json>) -> Node {
        match (from, to) {
            (None, None) => Node::new(Mark::Change, name, Content::Nothing),
            (Some(value), None) => self.whole(Mark::Remove, name, value, true),
            (None, Some(value)) => self.whole(Mark::Add, name, value, true),
            (Some(from), Some(to)) => self.pair(name, from, to),
        }
    }

    fn pair(&self, name: String, from: &Json, to: &Json) -> Node {
        let mut node = Node::new(Mark::Change, name, Content::Nothing);
        match (from, to) {
            (Json::Object(one), Json::Object(two)) if !is_scalar(from) && !is_scalar(to) => {
                node.children = self.members(one, two);
            }
            (Json::Array(one), Json::Array(two)) => {
                node.children = self.elements(one, two);
                node.content = self.reading.sides(&node.children);
            }
            (Json::String(one), Json::String(two))
                if !self.names.contains_key(one) && !self.names.contains_key(two) =>
            {
                self.strings(&mut node, one, two);
            }
            _ => {}
        }
        if node.children.is_empty() && node.content == Content::Nothing {
            let show = |value| {
                let text = value::show(value, self.names);
                Some(match is_scalar(value) {
                    true => text,
                    false => cut(&text, LONG),
                })
            };
            node.content = Content::Values { from: show(from), to: show(to) };
        }
        node
    }

    fn strings(&self, node: &mut Node, from: &str, to: &str) {
        let payloads = (Payload::read(from, self.encoded), Payload::read(to, self.encoded));
        let binary = |size: usize| words::count(size, "byte");
        match payloads {
            (Payload::Binary(from), Payload::Binary(to)) => {
                let other = if from == to { ", not the same" } else { "" };
                node.content = Content::Values {
                    from: Some(format!("binary, {}", binary(from))),
                    to: Some(binary(to) + other),
                };
            }
            (Payload::Text(from), Payload::Text(to)) => {
                let both = from.width() + to.width();
                if payload::is_long(&from) || payload::is_long(&to) || both > LONG {
                    node.children = payload::diff(&from, &to, self.most());
                    node.content = self.reading.sides(&node.children);
                } else if self.encoded {
                    let show = |text: &str| Some(value::show(&text.into(), self.names));
                    node.content = Content::Values { from: show(&from), to: show(&to) };
                }
            }
            (from, to) => {
                let words = |payload| match payload {
                    Payload::Binary(bytes) => Some(format!("binary, {}", binary(bytes))),
                    Payload::Text(text) => Some(payload::size(&text)),
                };
                node.content = Content::Values { from: words(from), to: words(to) };
            }
        }
    }

    fn members(&self, from: &Map<String, Json>, to: &Map<String, Json>) -> Vec<Node> {
        let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        let differing = names.into_iter().filter(|name| from.get(*name) != to.get(*name));
        differing
            .map(|name| {
                let safe = sanitize::line(name).into_owned();
                let sides = (from.get(name), to.get(name));
                if let (Some(from), Some(to)) = sides
                    && name == "@odata.type"
                {
                    let show = |value| Some(value::member(name, value, self.names));
                    let values = Content::Values { from: show(from), to: show(to) };
                    return Node::new(Mark::Change, safe, values);
                }
                self.differs(safe, sides.0, sides.1)
            })
            .collect()
    }

    /// Primitives are told by which come and which go, complex values place by place.
    fn elements(&self, from: &[Json], to: &[Json]) -> Vec<Node> {
        if !from.iter().chain(to).all(is_scalar) {
            return (0..from.len().max(to.len()))
                .filter(|at| from.get(*at) != to.get(*at))
                .map(|at| self.differs(format!("[{at}]"), from.get(at), to.get(at)))
                .collect();
        }
        let missing = |items: &[Json], others: &[Json], mark| {
            let items = items.iter().filter(|item| !others.contains(item));
            items.map(|item| self.whole(mark, String::new(), item, false)).collect::<Vec<_>>()
        };
        let mut nodes = missing(to, from, Mark::Add);
        nodes.extend(missing(from, to, Mark::Remove));
        self.cap(&mut nodes, "element");
        nodes
    }

    /// Returns a value that is on one side only. `stated` says that the side is to be named here.
    fn whole(&self, mark: Mark, name: String, value: &Json, stated: bool) -> Node {
        let mut node = Node::new(mark, name, Content::Nothing);
        let (text, lines) = self.line(value);
        let columns = text.width();
        if is_scalar(value) || columns <= LONG {
            node.content = match (stated, mark) {
                (false, _) => Content::Value(text),
                (true, Mark::Remove) => Content::Values { from: Some(text), to: None },
                (true, _) => Content::Values { from: None, to: Some(text) },
            };
            node.children = lines;
            return node;
        }
        node.content = match self.reading.one_side(mark).filter(|_| stated) {
            Some(words) => Content::Words(words.to_owned()),
            None => Content::Nothing,
        };
        node.children = match value {
            // Graph answers with every member that a type has; null says no more than its absence.
            Json::Object(members) => members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| {
                    let safe = sanitize::line(name).into_owned();
                    if name == "@odata.type" {
                        let text = value::member(name, value, self.names);
                        return Node::new(mark, safe, Content::Value(text));
                    }
                    self.whole(mark, safe, value, false)
                })
                .collect(),
            Json::Array(items) => {
                let complex = !items.iter().all(is_scalar);
                let name = |at| {
                    if complex { format!("[{at}]") } else { String::new() }
                };
                let items = items.iter().enumerate();
                items.map(|(at, item)| self.whole(mark, name(at), item, false)).collect()
            }
            _ => Vec::new(),
        };
        self.cap(&mut node.children, "element");
        node
    }

    /// Returns a value on one line and, where a text has more to show and everything is asked for, its lines.
    fn line(&self, value: &Json) -> (String, Vec<Node>) {
        let text = match value {
            Json::String(text) if !self.names.contains_key(text) => text,
            value => return (value::show(value, self.names), Vec::new()),
        };
        match Payload::read(text, self.encoded) {
            Payload::Binary(bytes) => {
                (format!("binary, {}", words::count(bytes, "byte")), Vec::new())
            }
            Payload::Text(text) if payload::is_long(&text) && !payload::is_path(&text) => {
                let lines = match self.verbosity {
                    Verbosity::Verbose => payload::diff("", &text, usize::MAX),
                    Verbosity::Normal => Vec::new(),
                };
                match text.contains('\n') {
                    true => (payload::size(&text), lines),
                    false => {
                        let shown = value::show(&text.clone().into(), self.names);
                        let size = words::count(text.len(), "byte");
                        (format!("{} ({size})", cut(&shown, LONG)), lines)
                    }
                }
            }
            Payload::Text(text) => (value::show(&text.into(), self.names), Vec::new()),
        }
    }

    fn most(&self) -> usize {
        match self.verbosity {
            Verbosity::Normal => MOST,
            Verbosity::Verbose => usize::MAX,
        }
    }

    fn cap(&self, nodes: &mut Vec<Node>, noun: &str) {
        let more = nodes.len().saturating_sub(self.most());
        if more > 0 {
            nodes.truncate(self.most());
            let words = words::more(more, noun);
            nodes.push(Node::new(Mark::Context, "", Content::Words(words)));
        }
    }
}
