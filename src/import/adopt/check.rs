//! The plan after the edits: what was adopted shows no difference any more, and nothing else differs that did not before.

use std::collections::BTreeSet;

use super::Adoption;
use super::refusal::WhyNotAdopted;
use super::value::is_within;
use crate::diagnostic::Severity;
use crate::manifest::{Address, Loaded};
use crate::plan::{Action, Change, FieldStatus, Plan};

impl Adoption<'_> {
    /// Refuses the edits that make a manifest invalid, and returns whether there are any.
    pub fn refuse_invalid(&mut self, loaded: &Loaded) -> bool {
        let mut refused = false;
        let errors = loaded.findings.iter().filter(|it| it.severity == Severity::Error);
        for finding in errors {
            let origins = loaded.origins.iter();
            let mut origins = origins
                .filter(|origin| finding.span.is_some_and(|span| origin.document.holds(span)));
            let why = WhyNotAdopted::Invalid(finding.message.clone());
            match origins.next() {
                Some(origin) if self.refuse(&origin.address, &why) => {}
                // What is not known to be of one object is put down to all of them.
                _ => self.objects.iter_mut().for_each(|object| {
                    object.refused.get_or_insert(why.clone());
                }),
            }
            refused = true;
        }
        refused
    }

    /// Refuses the edits after which the plan is not as it was meant, and returns whether there are any.
    pub fn refuse_differing(&mut self, before: &Plan, after: &Plan) -> bool {
        let mut refused = false;
        for change in &after.changes {
            let known = before.changes.iter().find(|known| known.address == change.address);
            let known = known.map(differences).unwrap_or_default();
            let adopted = self.adopted_of(&change.address);
            let left = self.left_of(&change.address);
            let is_adopted = |top: &String| adopted.iter().any(|path| is_whole(path, top));
            let mut found = differences(change).into_iter();
            let is_left = |top: &String| left.iter().any(|path| is_whole(path, top));
            let is_wrong = |top: &String| !known.contains(top) && !is_left(top) || is_adopted(top);
            let Some(wrong) = found.find(is_wrong) else { continue };
            let why = WhyNotAdopted::StillDiffers(format!("{} of {}", wrong, change.address));
            if !self.refuse(&change.address, &why) {
                self.refuse_shared(&why);
            }
            refused = true;
        }
        refused
    }

    /// Refuses all edits.
    pub fn refuse_all(&mut self) {
        for object in self.objects.iter_mut().filter(|object| object.is_edited()) {
            object.refused = Some(WhyNotAdopted::StillDiffers("again and again".to_owned()));
        }
    }

    /// Refuses the edits by which another object differs since: those of files that several may read, else all.
    fn refuse_shared(&mut self, why: &WhyNotAdopted) {
        let edited: Vec<usize> =
            (0..self.objects.len()).filter(|at| self.objects[*at].is_edited()).collect();
        let with_files = edited.iter().copied();
        let with_files: Vec<usize> =
            with_files.filter(|at| !self.objects[*at].made.payloads.is_empty()).collect();
        for at in if with_files.is_empty() { edited } else { with_files } {
            self.objects[at].refused = Some(why.clone());
        }
    }

    /// Refuses the edits of an object, and returns whether it has any.
    fn refuse(&mut self, address: &Address, why: &WhyNotAdopted) -> bool {
        let mut objects = self.objects.iter_mut();
        let object = objects.find(|object| object.address == *address && object.is_edited());
        object.is_some_and(|object| {
            object.refused = Some(why.clone());
            true
        })
    }

    /// Returns the paths of an object that are not adopted.
    fn left_of(&self, address: &Address) -> Vec<String> {
        let objects = self.objects.iter().filter(|object| object.address == *address);
        let left = objects.flat_map(|object| &object.made.left);
        left.map(|left| left.path.clone()).filter(|path| !path.is_empty()).collect()
    }

    /// Returns the paths of an object that are adopted.
    fn adopted_of(&self, address: &Address) -> Vec<String> {
        let mut objects = self.objects.iter();
        let object = objects.find(|object| object.address == *address && object.refused.is_none());
        object.map(|object| object.made.adopted.clone()).unwrap_or_default()
    }
}

/// Whether the whole of a property is adopted.
fn is_whole(path: &str, top: &str) -> bool {
    is_within(top, path)
}

/// Returns the parts of an object that differ: its fields, `assignments`, or the object itself.
fn differences(change: &Change) -> BTreeSet<String> {
    let fields = change.fields.iter().filter(|it| it.status != FieldStatus::Unverifiable);
    let mut found: BTreeSet<String> = match change.action {
        Action::Create | Action::Delete | Action::Replace => [change.action.to_string()].into(),
        _ => fields.map(|field| field.path.to_string()).collect(),
    };
    found.extend((!change.assignments.is_empty()).then(|| "assignments".to_owned()));
    found.extend(change.blocked.iter().map(|why| why.message.clone()));
    found
}
