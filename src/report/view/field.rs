//! Field and assignment changes as nodes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};
use unicode_width::UnicodeWidthStr;

use super::payload::{self, LONG, Payload};
use super::value::{self, Names, is_scalar};
use super::{Content, Mark, Node, Reading, place};
use crate::diagnostic::Location;
use crate::plan::{AssignmentChange, Effect, FieldChange, FieldStatus, Shown};
use crate::report::width::cut;
use crate::report::{Verbosity, words};
use crate::ui::sanitize;

/// How many elements or lines of one field are shown, unless everything is asked for.
const MOST: usize = 40;

/// Reads the changes of one object.
pub(super) struct Viewer<'a> {
    /// From where to where.
    pub(super) reading: Reading,
    /// How much.
    pub(super) verbosity: Verbosity,
    /// The object's own file.
    pub(super) file: &'a str,
}

/// What is known of all values in a field.
#[derive(Clone, Copy)]
struct Known<'a> {
    names: &'a Names,
    encoded: bool,
}

/// Returns a shown value, what is withheld as its placeholder.
pub(super) fn json(shown: &Shown) -> Option<Cow<'_, Json>> {
    match shown {
        Shown::Unset => None,
        Shown::Value(value) => Some(Cow::Borrowed(value)),
        Shown::Withheld => Some(Cow::Owned(json!({ "$withheld": true }))),
    }
}

impl Viewer<'_> {
    /// Returns what differs, assignments last beneath a title of their own.
    pub(super) fn nodes(
        &self,
        fields: &[FieldChange],
        assignments: &[AssignmentChange],
    ) -> Vec<Node> {
        let mut nodes: Vec<Node> = fields.iter().map(|field| self.field(field)).collect();
        if !assignments.is_empty() {
            let mut title = Node::new(Mark::Title, "assignments", Content::Nothing);
            title.children = assignments
                .iter()
                .map(|assignment| self.assignment(assignment))
                .collect();
            nodes.push(title);
        }
        nodes
    }

    fn field(&self, field: &FieldChange) -> Node {
        let path = sanitize::line(&field.path.to_string()).into_owned();
        let (before, after) = (json(&field.before), json(&field.after));
        let (from, to) = self.turn(before.as_deref(), after.as_deref());
        let known = Known {
            names: &field.names,
            encoded: field.encoded,
        };
        let reason = field.reason.as_deref().unwrap_or_default();
        let reason = sanitize::line(reason);
        let mut node = match field.status {
            FieldStatus::Change => self.differs(known, path, from, to),
            FieldStatus::Unverifiable => {
                let words = Content::Words(format!("cannot be compared: {reason}"));
                Node::new(Mark::Unverifiable, path, words)
            }
            FieldStatus::Blocked => {
                let mut node = self.differs(known, path, from, to);
                if self.reading == Reading::Plan {
                    node.mark = Mark::Blocked;
                    // Nothing of it would be sent, so nothing of it may look as if it were.
                    node.children.clear();
                }
                node.reason = Some(match self.reading {
                    Reading::Plan => format!("blocked: {reason}"),
                    Reading::Drift => format!("cannot be put back: {reason}"),
                });
                node
            }
        };
        node.place = self.place(field.location.as_ref());
        node
    }

    fn assignment(&self, change: &AssignmentChange) -> Node {
        let target = sanitize::line(&change.target).into_owned();
        let filter = |filter: &Option<String>| {
            filter
                .as_deref()
                .map(|filter| sanitize::line(filter).into_owned())
        };
        let (before, after) = (filter(&change.filter_before), filter(&change.filter_after));
        let (from, to) = self.turn(before, after);
        let aside = |filter: Option<String>| filter.map(|filter| format!("({filter})"));
        let mark = match (change.effect, self.reading) {
            (Effect::Change, _) => Mark::Change,
            (Effect::Add, Reading::Plan) | (Effect::Remove, Reading::Drift) => Mark::Add,
            (Effect::Remove, Reading::Plan) | (Effect::Add, Reading::Drift) => Mark::Remove,
        };
        let content = if mark == Mark::Change {
            let or_none = |filter: Option<String>| filter.or(Some("no filter".to_owned()));
            Content::Values {
                from: or_none(from),
                to: or_none(to),
            }
        } else {
            let words = [aside(from.or(to)), self.one_side(mark).map(str::to_owned)];
            let words: Vec<String> = words.into_iter().flatten().collect();
            match words.is_empty() {
                true => Content::Nothing,
                false => Content::Words(words.join(" ")),
            }
        };
        let mut node = Node::new(mark, target, content);
        node.place = self.place(change.location.as_ref());
        node
    }

    /// Returns the live and the declared side in the order of reading.
    fn turn<T>(&self, before: T, after: T) -> (T, T) {
        match self.reading {
            Reading::Plan => (before, after),
            Reading::Drift => (after, before),
        }
    }

    /// Returns which side has what only one has; in a plan the mark says it.
    fn one_side(&self, mark: Mark) -> Option<&'static str> {
        match (self.reading, mark) {
            (Reading::Drift, Mark::Remove) => Some("declared, not in the tenant"),
            (Reading::Drift, Mark::Add) => Some("in the tenant, not declared"),
            _ => None,
        }
    }

    /// Returns which sign is which side, above parts that differ; in a plan they say it themselves.
    fn sides(&self, parts: &[Node]) -> Content {
        match self.reading {
            Reading::Drift if !parts.is_empty() => {
                Content::Words("- declared, + in the tenant".to_owned())
            }
            _ => Content::Nothing,
        }
    }

    /// A plan names a place only where it is not in the object's own file, drift names every place.
    fn place(&self, location: Option<&Location>) -> Option<String> {
        location
            .filter(|location| self.reading == Reading::Drift || location.file != self.file)
            .map(place)
    }

    fn differs(
        &self,
        known: Known<'_>,
        name: String,
        from: Option<&Json>,
        to: Option<&Json>,
    ) -> Node {
        match (from, to) {
            (None, None) => Node::new(Mark::Change, name, Content::Nothing),
            (Some(value), None) => self.whole(known, Mark::Remove, name, value, true),
            (None, Some(value)) => self.whole(known, Mark::Add, name, value, true),
            (Some(from), Some(to)) => self.pair(known, name, from, to),
        }
    }

    fn pair(&self, known: Known<'_>, name: String, from: &Json, to: &Json) -> Node {
        let mut node = Node::new(Mark::Change, name, Content::Nothing);
        match (from, to) {
            (Json::Object(one), Json::Object(two)) if !is_scalar(from) && !is_scalar(to) => {
                node.children = self.members(known, one, two);
            }
            (Json::Array(one), Json::Array(two)) => {
                node.children = self.elements(known, one, two);
                node.content = self.sides(&node.children);
            }
            (Json::String(one), Json::String(two))
                if !known.names.contains_key(one) && !known.names.contains_key(two) =>
            {
                self.strings(known, &mut node, one, two);
            }
            _ => {}
        }
        if node.children.is_empty() && node.content == Content::Nothing {
            let show = |value| Some(cut(&value::show(value, known.names), LONG));
            node.content = Content::Values {
                from: show(from),
                to: show(to),
            };
        }
        node
    }

    fn strings(&self, known: Known<'_>, node: &mut Node, from: &str, to: &str) {
        let payloads = (
            Payload::read(from, known.encoded),
            Payload::read(to, known.encoded),
        );
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
                    node.content = self.sides(&node.children);
                } else if known.encoded {
                    let show = |text: &str| Some(value::show(&text.into(), known.names));
                    node.content = Content::Values {
                        from: show(&from),
                        to: show(&to),
                    };
                }
            }
            (from, to) => {
                let words = |payload| match payload {
                    Payload::Binary(bytes) => Some(format!("binary, {}", binary(bytes))),
                    Payload::Text(text) => Some(payload::size(&text)),
                };
                node.content = Content::Values {
                    from: words(from),
                    to: words(to),
                };
            }
        }
    }

    fn members(
        &self,
        known: Known<'_>,
        from: &Map<String, Json>,
        to: &Map<String, Json>,
    ) -> Vec<Node> {
        let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        let differing = names
            .into_iter()
            .filter(|name| from.get(*name) != to.get(*name));
        differing
            .map(|name| {
                let safe = sanitize::line(name).into_owned();
                let sides = (from.get(name), to.get(name));
                if let (Some(from), Some(to)) = sides
                    && name == "@odata.type"
                {
                    let show = |value| Some(value::member(name, value, known.names));
                    let values = Content::Values {
                        from: show(from),
                        to: show(to),
                    };
                    return Node::new(Mark::Change, safe, values);
                }
                self.differs(known, safe, sides.0, sides.1)
            })
            .collect()
    }

    /// Primitives are told by which come and which go, complex values place by place.
    fn elements(&self, known: Known<'_>, from: &[Json], to: &[Json]) -> Vec<Node> {
        if !from.iter().chain(to).all(is_scalar) {
            return (0..from.len().max(to.len()))
                .filter(|at| from.get(*at) != to.get(*at))
                .map(|at| self.differs(known, format!("[{at}]"), from.get(at), to.get(at)))
                .collect();
        }
        let missing = |items: &[Json], others: &[Json], mark| {
            let items = items.iter().filter(|item| !others.contains(item));
            items
                .map(|item| self.whole(known, mark, String::new(), item, false))
                .collect::<Vec<_>>()
        };
        let mut nodes = missing(to, from, Mark::Add);
        nodes.extend(missing(from, to, Mark::Remove));
        self.cap(&mut nodes, "element");
        nodes
    }

    /// Returns a value that is on one side only. `stated` says that the side is to be named here.
    fn whole(
        &self,
        known: Known<'_>,
        mark: Mark,
        name: String,
        value: &Json,
        stated: bool,
    ) -> Node {
        let mut node = Node::new(mark, name, Content::Nothing);
        let (text, lines) = self.line(known, value);
        let columns = text.width();
        if is_scalar(value) || columns <= LONG {
            let text = match value {
                // What is said of a payload is ours and stays whole.
                Json::String(_) => text,
                _ => cut(&text, LONG),
            };
            node.content = match (stated, mark) {
                (false, _) => Content::Value(text),
                (true, Mark::Remove) => Content::Values {
                    from: Some(text),
                    to: None,
                },
                (true, _) => Content::Values {
                    from: None,
                    to: Some(text),
                },
            };
            node.children = lines;
            return node;
        }
        node.content = match self.one_side(mark).filter(|_| stated) {
            Some(words) => Content::Words(words.to_owned()),
            None => Content::Nothing,
        };
        node.children = match value {
            Json::Object(members) => members
                .iter()
                .map(|(name, value)| {
                    let safe = sanitize::line(name).into_owned();
                    if name == "@odata.type" {
                        let text = value::member(name, value, known.names);
                        return Node::new(mark, safe, Content::Value(text));
                    }
                    self.whole(known, mark, safe, value, false)
                })
                .collect(),
            Json::Array(items) => {
                let complex = !items.iter().all(is_scalar);
                let name = |at| {
                    if complex {
                        format!("[{at}]")
                    } else {
                        String::new()
                    }
                };
                let items = items.iter().enumerate();
                items
                    .map(|(at, item)| self.whole(known, mark, name(at), item, false))
                    .collect()
            }
            _ => Vec::new(),
        };
        self.cap(&mut node.children, "element");
        node
    }

    /// Returns a value on one line and, where a text has more to show and everything is asked for, its lines.
    fn line(&self, known: Known<'_>, value: &Json) -> (String, Vec<Node>) {
        let text = match value {
            Json::String(text) if !known.names.contains_key(text) => text,
            value => return (value::show(value, known.names), Vec::new()),
        };
        match Payload::read(text, known.encoded) {
            Payload::Binary(bytes) => (
                format!("binary, {}", words::count(bytes, "byte")),
                Vec::new(),
            ),
            Payload::Text(text) if payload::is_long(&text) => {
                let lines = match self.verbosity {
                    Verbosity::Verbose => payload::diff("", &text, usize::MAX),
                    Verbosity::Normal => Vec::new(),
                };
                match text.contains('\n') {
                    true => (payload::size(&text), lines),
                    false => {
                        let shown = value::show(&text.clone().into(), known.names);
                        let size = words::count(text.len(), "byte");
                        (format!("{} ({size})", cut(&shown, LONG)), lines)
                    }
                }
            }
            Payload::Text(text) => (value::show(&text.into(), known.names), Vec::new()),
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
            let words = format!("… {} more", words::count(more, noun));
            nodes.push(Node::new(Mark::Context, "", Content::Words(words)));
        }
    }
}
