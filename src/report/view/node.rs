//! One line of what differs, and what belongs beneath it.

/// From where to where a difference is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Reading {
    /// From the tenant to what is declared.
    Plan,
    /// From what is declared to the tenant.
    Drift,
}

impl Reading {
    /// Returns the live and the declared side in the order of reading.
    pub(in crate::report) fn turn<T>(self, before: T, after: T) -> (T, T) {
        match self {
            Self::Plan => (before, after),
            Self::Drift => (after, before),
        }
    }

    /// Returns which side has what only one has; in a plan the mark says it.
    pub(in crate::report) fn one_side(self, mark: Mark) -> Option<&'static str> {
        match (self, mark) {
            (Self::Drift, Mark::Remove) => Some("declared, not in the tenant"),
            (Self::Drift, Mark::Add) => Some("in the tenant, not declared"),
            _ => None,
        }
    }

    /// Returns which sign is which side, above parts that differ; in a plan they say it themselves.
    pub(in crate::report) fn sides(self, parts: &[Node]) -> Content {
        match self {
            Self::Drift if !parts.is_empty() => {
                Content::Words("- declared, + in the tenant".to_owned())
            }
            _ => Content::Nothing,
        }
    }
}

/// What a line says of the thing on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Mark {
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

/// A piece of a line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct Span {
    /// Whether this is what differs.
    pub(in crate::report) strong: bool,
    /// The piece.
    pub(in crate::report) text: String,
}

/// What stands behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) enum Content {
    /// Nothing: what is beneath says it.
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
    Line(Vec<Span>),
    /// Words about it.
    Words(String),
}

/// One line, and what belongs beneath it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct Node {
    /// What happens.
    pub(in crate::report) mark: Mark,
    /// To what; empty for an element of a list or a line of a text.
    pub(in crate::report) name: String,
    /// How.
    pub(in crate::report) content: Content,
    /// Why not.
    pub(in crate::report) reason: Option<String>,
    /// Where it was declared, where that is worth a word.
    pub(in crate::report) place: Option<String>,
    /// The parts.
    pub(in crate::report) children: Vec<Node>,
}

impl Node {
    pub(in crate::report) fn new(mark: Mark, name: impl Into<String>, content: Content) -> Self {
        Self { mark, name: name.into(), content, reason: None, place: None, children: Vec::new() }
    }
}
