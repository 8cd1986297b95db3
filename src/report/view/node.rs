//! One line of what differs, and what belongs beneath it.

use crate::text::sanitize;

/// From where to where a difference is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Direction {
    /// From the tenant to what is declared.
    Plan,
    /// From what is declared to the tenant.
    Drift,
}

impl Direction {
    /// Returns the live and the declared side in the order of reading.
    pub(in crate::report) fn turn<T>(self, before: T, after: T) -> (T, T) {
        match self {
            Self::Plan => (before, after),
            Self::Drift => (after, before),
        }
    }

    /// Returns which side has what only one has; in a plan the mark says it.
    pub(in crate::report) fn one_side(self, mark: DiffMark) -> Option<&'static str> {
        match (self, mark) {
            (Self::Drift, DiffMark::Remove) => Some("declared, not in the tenant"),
            (Self::Drift, DiffMark::Add) => Some("in the tenant, not declared"),
            _ => None,
        }
    }

    /// Returns which sign is which side, above parts that differ; in a plan they say it themselves.
    pub(in crate::report) fn sides(self, parts: &[DiffNode]) -> DiffContent {
        match self {
            Self::Drift if !parts.is_empty() => {
                DiffContent::Words("- declared, + in the tenant".to_owned())
            }
            _ => DiffContent::Nothing,
        }
    }
}

/// What a line says of the thing on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum DiffMark {
    /// It comes.
    Add,
    /// It becomes another.
    Change,
    /// It goes.
    Remove,
    /// It goes and comes anew.
    Replace,
    /// It cannot be done.
    Blocked,
    /// It cannot be told.
    Unverifiable,
    /// It stays: a line of a text, around those that differ.
    Context,
    /// It is a place in a text.
    Hunk,
    /// It is the title of what is beneath.
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
            Self::Context => " ",
            Self::Hunk => "@@",
            Self::Title => "",
        }
    }
}

/// A piece of a line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct TextSpan {
    /// Whether this is what differs.
    pub(in crate::report) strong: bool,
    /// The piece.
    pub(in crate::report) text: String,
}

/// What stands behind a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::report) enum DiffContent {
    /// Nothing: what is beneath says it.
    #[default]
    Nothing,
    /// A value alone.
    Value(String),
    /// A value on one side or two different ones.
    Values {
        /// Where the reading starts.
        from: Option<String>,
        /// Where it ends.
        to: Option<String>,
    },
    /// A line of text.
    Line(Vec<TextSpan>),
    /// Words about it.
    Words(String),
}

/// One line, and what belongs beneath it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct DiffNode {
    /// What happens.
    pub(in crate::report) mark: DiffMark,
    /// To what; empty for an element of a list or a line of a text.
    pub(in crate::report) name: String,
    /// How.
    pub(in crate::report) content: DiffContent,
    /// Why not.
    pub(in crate::report) reason: Option<String>,
    /// Where it was declared, where that is worth a word.
    pub(in crate::report) place: Option<String>,
    /// The parts.
    pub(in crate::report) children: Vec<DiffNode>,
}

impl DiffNode {
    /// Makes a node without parts. Its name is made harmless, so that its width is known.
    pub(in crate::report) fn new(mark: DiffMark, name: &str, content: DiffContent) -> Self {
        let name = sanitize::line(name).into_owned();
        Self { mark, name, content, reason: None, place: None, children: Vec::new() }
    }

    /// Makes a node that says something about what stands around it.
    pub(in crate::report) fn remark(mark: DiffMark, words: impl Into<String>) -> Self {
        Self::new(mark, "", DiffContent::Words(words.into()))
    }
}
