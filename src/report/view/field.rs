//! Builds nodes from field and assignment changes.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use super::compare::Comparer;
use super::node::{DiffContent, DiffMark, DiffNode};
use super::story::StoryKind;
use super::value;
use crate::diagnostic::Location;
use crate::plan::{AssignmentChange, Effect, FieldChange, FieldStatus, Segment, Shown};
use crate::report::width::cut;

/// The most columns of a value beside other words.
const ON_ONE_LINE: usize = 60;

/// Builds the nodes of one object.
pub(super) struct Viewer<'a> {
    /// The report that they are for.
    pub(super) kind: StoryKind,
    /// Whether everything is shown: long values whole, and the fields of blocked changes.
    pub(super) verbose: bool,
    /// The file of the object's manifest.
    pub(super) file: &'a str,
}

/// Returns a shown value, with a placeholder for a withheld one.
pub(in crate::report) fn json(shown: &Shown) -> Option<Cow<'_, Json>> {
    match shown {
        Shown::Unset => None,
        Shown::Value(value) => Some(Cow::Borrowed(value)),
        Shown::Withheld => Some(Cow::Owned(json!({ "$withheld": true }))),
    }
}

/// Returns a shown value on one line, `None` where it is unset.
pub(in crate::report) fn on_one_line(shown: &Shown, names: &value::IdNames) -> Option<String> {
    json(shown).map(|shown| cut(&value::show("", &shown, names), ON_ONE_LINE))
}

impl Viewer<'_> {
    /// Returns the nodes of the differences, with the assignments last, below a title.
    pub(super) fn nodes(
        &self,
        fields: &[FieldChange],
        assignments: &[AssignmentChange],
    ) -> Vec<DiffNode> {
        let mut nodes: Vec<DiffNode> = self.shown(fields).map(|field| self.field(field)).collect();
        if !assignments.is_empty() {
            let mut title = DiffNode::new(DiffMark::Title, "assignments", DiffContent::Nothing);
            title.children = assignments.iter().map(|change| self.assignment(change)).collect();
            nodes.push(title);
        }
        nodes
    }

    /// Returns the fields that have a line. Every run would show what cannot be compared, so a line of the report names it.
    pub(super) fn shown<'f>(
        &self,
        fields: &'f [FieldChange],
    ) -> impl Iterator<Item = &'f FieldChange> {
        let verbose = self.verbose;
        fields.iter().filter(move |field| verbose || field.status != FieldStatus::Unverifiable)
    }

    fn field(&self, field: &FieldChange) -> DiffNode {
        let own = match field.path.0.last() {
            Some(Segment::Key { key }) => value::titled(key, &field.names),
            _ => None,
        };
        let path = own.map_or(field.path.to_string(), |title| format!("{}  {title}", field.path));
        let differs = || {
            let (live, declared) = (json(&field.before), json(&field.after));
            let comparer = Comparer { viewer: self, names: &field.names, encoded: field.encoded };
            comparer.differs(&path, live.as_deref(), declared.as_deref())
        };
        let words =
            |mark, words: &str| DiffNode::new(mark, &path, DiffContent::Words(words.to_owned()));
        let reason = field.reason.as_deref().unwrap_or_default();
        let mut node = match field.status {
            FieldStatus::Change if field.is_rewritten() => {
                words(DiffMark::Change, "written again: it cannot be compared")
            }
            FieldStatus::Change if field.differs_in_secrets() => {
                words(DiffMark::Change, "differs in a secret that is not shown")
            }
            FieldStatus::Change => differs(),
            // Nothing can be fixed where nothing can be compared, so no location is shown.
            FieldStatus::Unverifiable => {
                return words(DiffMark::Unverifiable, &format!("cannot be compared: {reason}"));
            }
            FieldStatus::Blocked => self.blocked(differs(), reason),
        };
        node.place = self.place(field.location.as_ref());
        node
    }

    /// Returns the node of a field that differs and cannot be changed. Its sign does not say the side of a value, so its
    /// content does.
    fn blocked(&self, node: DiffNode, reason: &str) -> DiffNode {
        let unset = || "unset".to_owned();
        let content = match (node.mark, node.content) {
            (DiffMark::Add, DiffContent::Value(to)) => DiffContent::Values { from: unset(), to },
            (DiffMark::Remove, DiffContent::Value(from)) => {
                DiffContent::Values { from, to: unset() }
            }
            (_, content) => content,
        };
        let (verb, children) = match self.kind {
            // Nothing of the field is sent, so a plan does not show its parts as changes.
            StoryKind::Plan => ("blocked", Vec::new()),
            StoryKind::Drift => ("cannot be put back", node.children),
        };
        let reason = Some(format!("{verb}: {reason}"));
        DiffNode { mark: DiffMark::Blocked, content, children, reason, ..node }
    }

    fn assignment(&self, change: &AssignmentChange) -> DiffNode {
        let (live, declared) = (change.filter_before.as_deref(), change.filter_after.as_deref());
        let of_one_side = |filter: Option<&str>| match filter {
            Some(filter) => DiffContent::Words(format!("({filter})")),
            None => DiffContent::Nothing,
        };
        let or_none = |filter: Option<&str>| filter.unwrap_or("no filter").to_owned();
        let (mark, content) = match change.effect {
            Effect::Add => (DiffMark::Add, of_one_side(declared)),
            Effect::Remove => (DiffMark::Remove, of_one_side(live)),
            Effect::Change => {
                let (from, to) = (or_none(live), or_none(declared));
                (DiffMark::Change, DiffContent::Values { from, to })
            }
        };
        let mut node = DiffNode::new(mark, &change.target, content);
        node.place = self.place(change.location.as_ref());
        node
    }

    /// Returns the location to show: in a plan only one outside the object's own file, in a drift report every one.
    fn place(&self, location: Option<&Location>) -> Option<String> {
        let is_news =
            |location: &&Location| self.kind == StoryKind::Drift || location.file != self.file;
        location.filter(is_news).map(Location::to_string)
    }
}
