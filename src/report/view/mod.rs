//! What a report says of an object, before any format: marks, names, words, and values on one line.
//!
//! Every text in it is harmless on a terminal. Signs, colours, alignment and escaping are the formats'.

use crate::diagnostic::Location;
use crate::drift::{DriftItem, DriftStatus};
use crate::plan::{Action, Blocked, Change, RiskLevel};
use crate::ui::sanitize;

use super::{Verbosity, words};
use field::Viewer;

mod field;
mod layout;
mod payload;
mod value;

pub(super) use layout::{Row, rows};

/// From where to where a difference is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// From the tenant to what is declared.
    Plan,
    /// From what is declared to the tenant.
    Drift,
}

/// What a line says of the thing on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
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
pub(super) struct Span {
    /// Whether this is what differs.
    pub(super) strong: bool,
    /// The piece.
    pub(super) text: String,
}

/// What stands behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
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
pub(super) struct Node {
    /// What happens.
    pub(super) mark: Mark,
    /// To what; empty for an element of a list or a line of a text.
    pub(super) name: String,
    /// How.
    pub(super) content: Content,
    /// Why not.
    pub(super) reason: Option<String>,
    /// Where it was declared, where that is worth a word.
    pub(super) place: Option<String>,
    /// The parts.
    pub(super) children: Vec<Node>,
}

impl Node {
    fn new(mark: Mark, name: impl Into<String>, content: Content) -> Self {
        Self {
            mark,
            name: name.into(),
            content,
            reason: None,
            place: None,
            children: Vec::new(),
        }
    }
}

/// Why something cannot be done or told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    /// `area/slug`.
    pub(super) code: String,
    /// What is wrong.
    pub(super) message: String,
    /// What to do.
    pub(super) help: String,
    /// Where it was declared.
    pub(super) place: Option<String>,
}

/// A risk, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Danger {
    /// Its name.
    pub(super) code: String,
    /// Whether an apply stops for it.
    pub(super) refused: bool,
    /// What could happen.
    pub(super) message: String,
}

/// What a report says of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// What happens.
    pub(super) mark: Mark,
    /// `kind/name`.
    pub(super) address: String,
    /// What people know it by, in quotes.
    pub(super) display_name: Option<String>,
    /// Where its manifest is.
    pub(super) place: String,
    /// What is to be said first.
    pub(super) notes: Vec<String>,
    /// Why it cannot be done or told.
    pub(super) reasons: Vec<Reason>,
    /// The differences.
    pub(super) nodes: Vec<Node>,
    /// How many settings and assignments differ, in words.
    pub(super) extent: String,
    /// Live settings that nobody declares, `name = value`.
    pub(super) left_alone: Vec<String>,
    /// What could hurt.
    pub(super) dangers: Vec<Danger>,
}

/// Returns what a plan says of an object.
pub(super) fn change(change: &Change, verbosity: Verbosity) -> Object {
    let blocked = !change.blocked.is_empty();
    let viewer = Viewer {
        reading: Reading::Plan,
        verbosity,
        file: &change.location.file,
    };
    // What a blocked change would have been is for those who look closer: nothing of it happens.
    let hidden = blocked && verbosity == Verbosity::Normal;
    let nodes = if hidden {
        Vec::new()
    } else {
        viewer.nodes(&change.fields, &change.assignments)
    };
    let left_alone = change.left_alone.iter().map(|setting| {
        let path = sanitize::line(&setting.path.to_string()).into_owned();
        let live = field::json(&setting.live).map(|live| value::show(&live, &Default::default()));
        format!("{path} = {}", live.unwrap_or_default())
    });
    Object {
        mark: match change.action {
            _ if blocked => Mark::Blocked,
            Action::Create => Mark::Add,
            Action::Update => Mark::Change,
            Action::Replace => Mark::Replace,
            Action::Delete => Mark::Remove,
            Action::None => mark_of_nothing(&nodes),
        },
        address: address(&change.address),
        display_name: display_name(&change.display_name),
        place: place(&change.location),
        notes: Vec::new(),
        reasons: change.blocked.iter().map(reason).collect(),
        extent: words::extent(&change.fields, &change.assignments),
        nodes,
        left_alone: if blocked {
            Vec::new()
        } else {
            left_alone.collect()
        },
        dangers: change
            .risks
            .iter()
            .filter(|_| !blocked)
            .map(danger)
            .collect(),
    }
}

/// Returns what a drift report says of an object.
pub(super) fn drift_item(item: &DriftItem, verbosity: Verbosity) -> Object {
    let viewer = Viewer {
        reading: Reading::Drift,
        verbosity,
        file: &item.location.file,
    };
    let nodes = viewer.nodes(&item.fields, &item.assignments);
    let told = !nodes.is_empty() || !item.reasons.is_empty();
    let summary = match item.status {
        DriftStatus::Missing => Some("it is declared, and the tenant does not have it"),
        DriftStatus::Drifted if !told => Some("it should not exist, and the tenant has it"),
        _ => None,
    };
    let modified = item.last_modified.as_deref();
    let modified = modified.map(|at| format!("last modified {}", words::moment(at)));
    Object {
        mark: match item.status {
            DriftStatus::Missing => Mark::Remove,
            DriftStatus::Drifted if !told => Mark::Add,
            DriftStatus::Drifted => Mark::Change,
            DriftStatus::Unverifiable => Mark::Unverifiable,
            DriftStatus::Unknown => Mark::Blocked,
            DriftStatus::InSync => Mark::Context,
        },
        address: address(&item.address),
        display_name: display_name(&item.display_name),
        place: place(&item.location),
        notes: summary
            .map(str::to_owned)
            .into_iter()
            .chain(modified)
            .collect(),
        reasons: item.reasons.iter().map(reason).collect(),
        extent: words::extent(&item.fields, &item.assignments),
        nodes,
        left_alone: Vec::new(),
        dangers: Vec::new(),
    }
}

/// Returns a place as `file:line`.
pub(super) fn place(location: &Location) -> String {
    sanitize::line(&location.to_string()).into_owned()
}

/// Returns an address.
pub(super) fn address(address: &crate::manifest::Address) -> String {
    sanitize::line(&address.to_string()).into_owned()
}

/// Returns a display name in quotes, none where there is none.
pub(super) fn display_name(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| format!("\"{}\"", sanitize::line(name)))
}

/// The mark of an object that is left as it is though something is to be said of it.
fn mark_of_nothing(nodes: &[Node]) -> Mark {
    match nodes.first() {
        Some(_) if nodes.iter().any(|node| node.mark == Mark::Blocked) => Mark::Blocked,
        Some(_) => Mark::Unverifiable,
        None => Mark::Context,
    }
}

fn reason(blocked: &Blocked) -> Reason {
    Reason {
        code: sanitize::line(&blocked.code).into_owned(),
        message: sanitize::line(&blocked.message).into_owned(),
        help: sanitize::line(&blocked.help).into_owned(),
        place: blocked.location.as_ref().map(place),
    }
}

fn danger(risk: &crate::plan::Risk) -> Danger {
    Danger {
        code: sanitize::line(&risk.code).into_owned(),
        refused: risk.level == RiskLevel::Refused,
        message: sanitize::line(&risk.message).into_owned(),
    }
}
