//! Builds nodes from field and assignment changes.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use super::compare::Comparer;
use super::node::{DiffContent, DiffMark, DiffNode, Direction};
use super::value;
use crate::diagnostic::Location;
use crate::plan::{AssignmentChange, Effect, FieldChange, FieldStatus, Segment, Shown};

/// Builds the nodes of one object.
pub(super) struct Viewer<'a> {
    /// The direction of the comparison.
    pub(super) direction: Direction,
    /// Whether everything is shown: long values whole, and the fields of blocked changes.
    pub(super) verbose: bool,
    /// The file of the object's manifest.
    pub(super) file: &'a str,
}

/// Returns a shown value, with a placeholder for a withheld one.
pub(super) fn json(shown: &Shown) -> Option<Cow<'_, Json>> {
    match shown {
        Shown::Unset => None,
        Shown::Value(value) => Some(Cow::Borrowed(value)),
        Shown::Withheld => Some(Cow::Owned(json!({ "$withheld": true }))),
    }
}

impl Viewer<'_> {
    /// Returns the nodes of the differences, with the assignments last, below a title.
    pub(super) fn nodes(
        &self,
        fields: &[FieldChange],
        assignments: &[AssignmentChange],
    ) -> Vec<DiffNode> {
        let mut nodes: Vec<DiffNode> = fields.iter().map(|field| self.field(field)).collect();
        if !assignments.is_empty() {
            let mut title = DiffNode::new(DiffMark::Title, "assignments", DiffContent::Nothing);
            title.children = assignments.iter().map(|change| self.assignment(change)).collect();
            nodes.push(title);
        }
        nodes
    }

    fn field(&self, field: &FieldChange) -> DiffNode {
        let own = match field.path.0.last() {
            Some(Segment::Key { key }) => value::titled(key, &field.names),
            _ => None,
        };
        let path = own.map_or(field.path.to_string(), |title| format!("{}  {title}", field.path));
        let differs = || {
            let (before, after) = (json(&field.before), json(&field.after));
            let (from, to) = self.direction.turn(before.as_deref(), after.as_deref());
            let comparer = Comparer { viewer: self, names: &field.names, encoded: field.encoded };
            comparer.differs(&path, from, to)
        };
        let words =
            |mark, words: &str| DiffNode::new(mark, &path, DiffContent::Words(words.to_owned()));
        let reason = field.reason.as_deref().unwrap_or_default();
        let mut node = match (field.status, self.direction) {
            (FieldStatus::Change, _) if field.is_rewritten() => {
                words(DiffMark::Change, "written again: it cannot be compared")
            }
            (FieldStatus::Change, _) if field.differs_in_secrets() => {
                words(DiffMark::Change, "differs in a secret that is not shown")
            }
            (FieldStatus::Change, _) => differs(),
            // Nothing can be fixed where nothing can be compared, so no location is shown.
            (FieldStatus::Unverifiable, _) => {
                return words(DiffMark::Unverifiable, &format!("cannot be compared: {reason}"));
            }
            // Nothing of a blocked field is sent, so its parts are not shown as changes.
            (FieldStatus::Blocked, Direction::Plan) => DiffNode {
                mark: DiffMark::Blocked,
                children: Vec::new(),
                reason: Some(format!("blocked: {reason}")),
                ..differs()
            },
            (FieldStatus::Blocked, Direction::Drift) => {
                DiffNode { reason: Some(format!("cannot be put back: {reason}")), ..differs() }
            }
        };
        node.place = self.place(field.location.as_ref());
        node
    }

    fn assignment(&self, change: &AssignmentChange) -> DiffNode {
        let (from, to) =
            self.direction.turn(change.filter_before.as_deref(), change.filter_after.as_deref());
        let mark = match (change.effect, self.direction) {
            (Effect::Change, _) => DiffMark::Change,
            (Effect::Add, Direction::Plan) | (Effect::Remove, Direction::Drift) => DiffMark::Add,
            (Effect::Remove, Direction::Plan) | (Effect::Add, Direction::Drift) => DiffMark::Remove,
        };
        let content = if mark == DiffMark::Change {
            let or_none = |filter: Option<&str>| Some(filter.unwrap_or("no filter").to_owned());
            DiffContent::Values { from: or_none(from), to: or_none(to) }
        } else {
            let filter = from.or(to).map(|filter| format!("({filter})"));
            let side = self.direction.one_side(mark).map(str::to_owned);
            let words: Vec<String> = filter.into_iter().chain(side).collect();
            if words.is_empty() {
                DiffContent::Nothing
            } else {
                DiffContent::Words(words.join(" "))
            }
        };
        let mut node = DiffNode::new(mark, &change.target, content);
        node.place = self.place(change.location.as_ref());
        node
    }

    /// Returns the location to show: in a plan only one outside the object's own file, in a drift report every one.
    fn place(&self, location: Option<&Location>) -> Option<String> {
        let is_news =
            |location: &&Location| self.direction == Direction::Drift || location.file != self.file;
        location.filter(is_news).map(Location::to_string)
    }
}
