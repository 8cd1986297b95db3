//! Field and assignment changes as nodes.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use super::compare::Comparer;
use super::label::place;
use super::node::{Content, Mark, Node, Reading};
use crate::diagnostic::Location;
use crate::plan::{AssignmentChange, Effect, FieldChange, FieldStatus, Shown};
use crate::report::Verbosity;
use crate::text::sanitize;

/// Reads the changes of one object.
pub(super) struct Viewer<'a> {
    /// From where to where.
    pub(super) reading: Reading,
    /// How much.
    pub(super) verbosity: Verbosity,
    /// The object's own file.
    pub(super) file: &'a str,
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
            title.children =
                assignments.iter().map(|assignment| self.assignment(assignment)).collect();
            nodes.push(title);
        }
        nodes
    }

    fn field(&self, field: &FieldChange) -> Node {
        let path = sanitize::line(&field.path.to_string()).into_owned();
        let (before, after) = (json(&field.before), json(&field.after));
        let (from, to) = self.reading.turn(before.as_deref(), after.as_deref());
        let values = Comparer {
            reading: self.reading,
            verbosity: self.verbosity,
            names: &field.names,
            encoded: field.encoded,
        };
        let reason = field.reason.as_deref().unwrap_or_default();
        let reason = sanitize::line(reason);
        let mut node = match field.status {
            FieldStatus::Change if field.is_rewritten() => {
                let words = Content::Words("written again: it cannot be compared".to_owned());
                Node::new(Mark::Change, path, words)
            }
            FieldStatus::Change => values.differs(path, from, to),
            FieldStatus::Unverifiable => {
                let words = Content::Words(format!("cannot be compared: {reason}"));
                Node::new(Mark::Unverifiable, path, words)
            }
            FieldStatus::Blocked => {
                let mut node = values.differs(path, from, to);
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
        // Where nothing can be told there is nothing to mend.
        let location = field.location.as_ref();
        node.place = self.place(location.filter(|_| field.status != FieldStatus::Unverifiable));
        node
    }

    fn assignment(&self, change: &AssignmentChange) -> Node {
        let target = sanitize::line(&change.target).into_owned();
        let filter = |filter: &Option<String>| {
            filter.as_deref().map(|filter| sanitize::line(filter).into_owned())
        };
        let (before, after) = (filter(&change.filter_before), filter(&change.filter_after));
        let (from, to) = self.reading.turn(before, after);
        let aside = |filter: Option<String>| filter.map(|filter| format!("({filter})"));
        let mark = match (change.effect, self.reading) {
            (Effect::Change, _) => Mark::Change,
            (Effect::Add, Reading::Plan) | (Effect::Remove, Reading::Drift) => Mark::Add,
            (Effect::Remove, Reading::Plan) | (Effect::Add, Reading::Drift) => Mark::Remove,
        };
        let content = if mark == Mark::Change {
            let or_none = |filter: Option<String>| filter.or(Some("no filter".to_owned()));
            Content::Values { from: or_none(from), to: or_none(to) }
        } else {
            let words = [aside(from.or(to)), self.reading.one_side(mark).map(str::to_owned)];
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

    /// A plan names a place only where it is not in the object's own file, drift names every place.
    fn place(&self, location: Option<&Location>) -> Option<String> {
        location
            .filter(|location| self.reading == Reading::Drift || location.file != self.file)
            .map(place)
    }
}
