//! The edits that one object needs, before they are made.

use crate::diagnostic::FileId;
use crate::plan::FieldPath;
use crate::yaml::edit::{Step, YamlChange};

use super::refusal::WhyNotAdopted;
use crate::import::left_out::{LeftOut, NeededSecret};

/// A document that an edit is made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EditTarget {
    /// A document that exists, by its place among those of its file that are not empty.
    Document(FileId, usize),
    /// The tenant's own document of the object, which may not exist yet.
    Overlay,
}

/// An edit of a manifest.
#[derive(Clone, Debug)]
pub(super) struct PlannedEdit {
    pub(super) target: EditTarget,
    /// The steps from the root of the document.
    pub(super) path: Vec<Step>,
    pub(super) change: YamlChange,
}

/// A new content of a file that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PayloadEdit {
    /// The document whose file it is beside.
    pub(super) beside: EditTarget,
    /// The path from there.
    pub(super) path: String,
    pub(super) content: Vec<u8>,
}

/// The edits of the manifest of one object, and the differences without one.
#[derive(Debug, Default)]
pub(super) struct ObjectEdits {
    pub(super) edits: Vec<PlannedEdit>,
    pub(super) payloads: Vec<PayloadEdit>,
    /// The paths of the values that are adopted.
    pub(super) adopted: Vec<String>,
    /// The values that are not adopted.
    pub(super) left: Vec<LeftOut>,
    /// The secrets that new values take from the environment.
    pub(super) secrets: Vec<NeededSecret>,
}

impl ObjectEdits {
    pub(super) fn leave(&mut self, path: &FieldPath, why: &WhyNotAdopted) {
        self.leave_out(why.of(path.to_string()));
    }

    pub(super) fn leave_out(&mut self, left: LeftOut) {
        if !self.left.contains(&left) {
            self.left.push(left);
        }
    }
}
