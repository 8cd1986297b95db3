//! The tree of differences: a node is one line, and its children are the lines below.
//!
//! One convention of signs holds in every report: those of an apply. `-` is what the tenant has, and `+` what Git declares.

use crate::text::sanitize;

/// The kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum DiffMark {
    /// Declared, and not in the tenant.
    Add,
    /// Another value in the tenant than declared.
    Change,
    /// In the tenant, and not declared.
    Remove,
    /// Deleted and created again.
    Replace,
    /// Blocked.
    Blocked,
    /// Not comparable.
    Unverifiable,
    /// Different, and accepted.
    Accepted,
    /// Unchanged: a line of a text next to lines that differ.
    Context,
    /// The header of a part of a unified diff.
    Hunk,
    /// The title of the lines below.
    Title,
}

impl DiffMark {
    /// Returns its sign.
    pub(in crate::report) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Change => "~",
            Self::Remove => "-",
            Self::Replace => "-/+",
            Self::Blocked => "!",
            Self::Unverifiable => "?",
            Self::Accepted => "=",
            Self::Context => " ",
            Self::Hunk => "@@",
            Self::Title => "",
        }
    }
}

/// A part of a line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct TextSpan {
    /// Whether this part differs.
    pub(in crate::report) strong: bool,
    /// The text.
    pub(in crate::report) text: String,
}

/// The content of a line, after the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) enum DiffContent {
    /// Nothing: the lines below say it.
    Nothing,
    /// A value alone.
    Value(String),
    /// Two different values.
    Values {
        /// The value that the tenant has.
        from: String,
        /// The value that Git declares.
        to: String,
    },
    /// A line of text.
    Line(Vec<TextSpan>),
    /// A remark.
    Words(String),
}

/// One line, and the lines below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct DiffNode {
    /// The kind of the line.
    pub(in crate::report) mark: DiffMark,
    /// The name; empty for an element of a list or a line of a text.
    pub(in crate::report) name: String,
    /// The content.
    pub(in crate::report) content: DiffContent,
    /// Why the field is not changed, or a remark on the difference.
    pub(in crate::report) reason: Option<String>,
    /// Which side changed it, and who from which value.
    pub(in crate::report) origin: Option<String>,
    /// The location of the declaration, where it is shown.
    pub(in crate::report) place: Option<String>,
    /// The parts.
    pub(in crate::report) children: Vec<DiffNode>,
}

impl DiffNode {
    /// Returns a node without children. The name is made harmless, so that its width is known.
    pub(in crate::report) fn new(mark: DiffMark, name: &str, content: DiffContent) -> Self {
        let name = sanitize::line(name).into_owned();
        let (reason, origin, place) = (None, None, None);
        Self { mark, name, content, reason, origin, place, children: Vec::new() }
    }

    /// Returns a node without a name, about the lines next to it.
    pub(in crate::report) fn remark(mark: DiffMark, words: impl Into<String>) -> Self {
        Self::new(mark, "", DiffContent::Words(words.into()))
    }
}
