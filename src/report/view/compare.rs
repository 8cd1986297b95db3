//! Compares two values part by part.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use unicode_width::UnicodeWidthStr;

use super::field::Viewer;
use super::node::{DiffContent, DiffMark, DiffNode};
use super::payload::{self, LONG, Payload};
use super::value::{self, IdNames, TYPE, is_scalar};
use crate::report::phrases;
use crate::report::width::cut;

/// The number of elements or lines of one value that are shown, unless the report is verbose.
const MOST: usize = 40;

/// Compares the values of one field.
pub(super) struct Comparer<'a> {
    /// How much is shown.
    pub(super) viewer: &'a Viewer<'a>,
    /// Display names by id.
    pub(super) names: &'a IdNames,
    /// Whether the field's strings are base64.
    pub(super) encoded: bool,
}

impl Comparer<'_> {
    /// Returns the node for the two sides of a value: the live one and the declared one.
    pub(super) fn differs(&self, name: &str, from: Option<&Json>, to: Option<&Json>) -> DiffNode {
        match (from, to) {
            (None, None) => DiffNode::new(DiffMark::Change, name, DiffContent::Nothing),
            (Some(value), None) => self.whole(DiffMark::Remove, name, value),
            (None, Some(value)) => self.whole(DiffMark::Add, name, value),
            (Some(from), Some(to)) => self.pair(name, from, to),
        }
    }

    fn pair(&self, name: &str, from: &Json, to: &Json) -> DiffNode {
        let mut node = DiffNode::new(DiffMark::Change, name, DiffContent::Nothing);
        match (from, to) {
            (Json::Object(one), Json::Object(two)) if !is_scalar(from) && !is_scalar(to) => {
                node.children = self.members(one, two);
            }
            (Json::Array(one), Json::Array(two)) => {
                node.children = self.elements(one, two);
            }
            _ => {
                if let Some((one, two)) = self.payload(name, from).zip(self.payload(name, to)) {
                    self.strings(&mut node, &one, &two);
                }
            }
        }
        if node.children.is_empty() && node.content == DiffContent::Nothing {
            let show = |value| {
                let text = value::show(name, value, self.names);
                if is_scalar(value) { text } else { cut(&text, LONG) }
            };
            node.content = DiffContent::Values { from: show(from), to: show(to) };
        }
        node
    }

    /// Returns the content of a text of its own: no type, and no id that has a name.
    fn payload<'v>(&self, name: &str, value: &'v Json) -> Option<Payload<'v>> {
        let (text, is_decoded) = value::text_of(value)?;
        let is_own = name != TYPE && !self.names.contains_key(text);
        is_own.then(|| Payload::read(text, self.encoded && !is_decoded))
    }

    fn strings(&self, node: &mut DiffNode, from: &Payload<'_>, to: &Payload<'_>) {
        let (from, to) = match (from, to) {
            (Payload::Binary(one), Payload::Binary(two)) => {
                let other = if one == two { ", not the same" } else { "" };
                (from.summary(), phrases::count(*two, "byte") + other)
            }
            (Payload::Text(one), Payload::Text(two)) => {
                let both = one.width() + two.width();
                if payload::is_long(one) || payload::is_long(two) || both > LONG {
                    node.children = payload::diff(one, two, self.most());
                }
                if !self.encoded || !node.children.is_empty() {
                    return;
                }
                let show = |text: &str| value::show("", &text.into(), self.names);
                (show(one), show(two))
            }
            _ => (from.summary(), to.summary()),
        };
        node.content = DiffContent::Values { from, to };
    }

    fn members(&self, from: &Map<String, Json>, to: &Map<String, Json>) -> Vec<DiffNode> {
        let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        let differing = names.into_iter().filter(|name| from.get(*name) != to.get(*name));
        differing
            .map(|name| self.titled(name, self.differs(name, from.get(name), to.get(name))))
            .collect()
    }

    /// Adds the display name of what a member's name stands for.
    fn titled(&self, name: &str, mut node: DiffNode) -> DiffNode {
        if let Some(title) = value::titled(name, self.names) {
            node.name = format!("{}  {title}", node.name);
        }
        node
    }

    /// Compares primitives as sets, and complex values index by index.
    fn elements(&self, from: &[Json], to: &[Json]) -> Vec<DiffNode> {
        if !from.iter().chain(to).all(is_scalar) {
            return (0..from.len().max(to.len()))
                .filter(|at| from.get(*at) != to.get(*at))
                .map(|at| self.differs(&format!("[{at}]"), from.get(at), to.get(at)))
                .collect();
        }
        let missing = |mark, items: &[Json], others: &[Json]| -> Vec<DiffNode> {
            let items = items.iter().filter(|item| !others.contains(item));
            items.map(|item| self.whole(mark, "", item)).collect()
        };
        let mut nodes = missing(DiffMark::Add, to, from);
        nodes.extend(missing(DiffMark::Remove, from, to));
        payload::cap(&mut nodes, self.most(), "element");
        nodes
    }

    /// Returns the node for a value that is on one side only.
    fn whole(&self, mark: DiffMark, name: &str, value: &Json) -> DiffNode {
        let mut node = DiffNode::new(mark, name, DiffContent::Nothing);
        let (text, lines) = self.line(name, value);
        if is_scalar(value) || text.width() <= LONG {
            node.content = DiffContent::Value(text);
            node.children = lines;
            return node;
        }
        node.children = match value {
            // Graph answers with every member that a type has; null says no more than its absence.
            Json::Object(members) => members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| self.titled(name, self.whole(mark, name, value)))
                .collect(),
            Json::Array(items) => {
                let complex = !items.iter().all(is_scalar);
                let name = |at| if complex { format!("[{at}]") } else { String::new() };
                let items = items.iter().enumerate();
                items.map(|(at, item)| self.whole(mark, &name(at), item)).collect()
            }
            _ => Vec::new(),
        };
        payload::cap(&mut node.children, self.most(), "element");
        node
    }

    /// Returns a value on one line and, for a long text in a verbose report, its lines.
    fn line(&self, name: &str, value: &Json) -> (String, Vec<DiffNode>) {
        let Some(payload) = self.payload(name, value) else {
            return (value::show(name, value, self.names), Vec::new());
        };
        let Payload::Text(text) = &payload else {
            return (payload.summary(), Vec::new());
        };
        let shown = value::show("", &Json::from(text.as_ref()), self.names);
        if !payload::is_long(text) || payload::is_path(text) {
            return (shown, Vec::new());
        }
        let verbose = self.viewer.verbose;
        let lines = if verbose { payload::diff("", text, usize::MAX) } else { Vec::new() };
        if text.contains('\n') {
            return (payload.summary(), lines);
        }
        let size = phrases::count(text.len(), "byte");
        (format!("{} ({size})", cut(&shown, LONG)), lines)
    }

    fn most(&self) -> usize {
        if self.viewer.verbose { usize::MAX } else { MOST }
    }
}
