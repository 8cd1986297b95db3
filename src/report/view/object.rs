//! One object of a plan or a drift report.

use super::field::{self, Viewer};
use super::label::{address, display_name, place};
use super::node::{Mark, Node, Reading};
use super::payload::Payload;
use super::reach;
use super::value;
use crate::drift::{DriftItem, DriftStatus};
use crate::plan::{Action, Blocked, Change, FieldStatus, Plan, Refusal, Risk, RiskLevel, Shown};
use crate::report::{Verbosity, words};
use crate::text::sanitize;

/// Why something cannot be done or told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct Reason {
    /// `area/slug`.
    pub(in crate::report) code: String,
    /// What is wrong.
    pub(in crate::report) message: String,
    /// What to do.
    pub(in crate::report) help: String,
    /// Where it was declared.
    pub(in crate::report) place: Option<String>,
}

/// A risk, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct Danger {
    /// Its name.
    pub(in crate::report) code: String,
    /// Whether an apply stops for it.
    pub(in crate::report) refused: bool,
    /// What could happen.
    pub(in crate::report) message: String,
}

/// What a report says of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct Object {
    /// What happens.
    pub(in crate::report) mark: Mark,
    /// `kind/name`.
    pub(in crate::report) address: String,
    /// What people know it by, in quotes.
    pub(in crate::report) display_name: Option<String>,
    /// Where its manifest is.
    pub(in crate::report) place: String,
    /// What becomes of it as a whole, where that is the news.
    pub(in crate::report) whole: Option<&'static str>,
    /// When it was last modified.
    pub(in crate::report) modified: Option<String>,
    /// Why it cannot be done or told.
    pub(in crate::report) reasons: Vec<Reason>,
    /// The differences.
    pub(in crate::report) nodes: Vec<Node>,
    /// How many settings and assignments differ, in words.
    pub(in crate::report) extent: String,
    /// Whom it concerns, in a sentence without its beginning and end.
    pub(in crate::report) reach: Option<String>,
    /// Live settings that nobody declares, `name = value`.
    pub(in crate::report) left_alone: Vec<String>,
    /// What could hurt.
    pub(in crate::report) dangers: Vec<Danger>,
}

/// Returns what a plan says of an object.
pub(in crate::report) fn change(change: &Change, verbosity: Verbosity) -> Object {
    let blocked = !change.blocked.is_empty();
    let viewer = Viewer { reading: Reading::Plan, verbosity, file: &change.location.file };
    // What a blocked change would have been is for those who look closer: nothing of it happens.
    let hidden = blocked && verbosity == Verbosity::Normal;
    let nodes = if hidden { Vec::new() } else { viewer.nodes(&change.fields, &change.assignments) };
    let left_alone = change.left_alone.iter().map(|setting| {
        let path = sanitize::line(&setting.path.to_string()).into_owned();
        format!("{path} = {}", live_value(&setting.live, setting.encoded))
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
        whole: match change.action {
            _ if blocked => None,
            Action::Delete => Some("to be deleted"),
            Action::Replace => Some("to be deleted and made anew"),
            Action::Create | Action::Update | Action::None => None,
        },
        // Of what cannot be compared it is all that the tenant tells.
        modified: change
            .with_status(FieldStatus::Unverifiable)
            .next()
            .and(change.last_modified.as_deref())
            .map(modified),
        reasons: change.blocked.iter().map(reason).collect(),
        extent: words::extent(&change.fields, &change.assignments),
        nodes,
        reach: change.reach.as_ref().map(reach::sentence),
        left_alone: if blocked { Vec::new() } else { left_alone.collect() },
        dangers: change.risks.iter().filter(|_| !blocked).map(danger).collect(),
    }
}

/// Returns what could hurt of a plan as a whole.
pub(in crate::report) fn limits(plan: &Plan) -> Vec<Danger> {
    let of_limit = |limit: &Refusal| Danger {
        code: sanitize::line(&limit.code).into_owned(),
        refused: true,
        message: sanitize::line(&limit.message).into_owned(),
    };
    plan.limits.iter().map(of_limit).collect()
}

/// Returns what a drift report says of an object.
pub(in crate::report) fn drift_item(item: &DriftItem, verbosity: Verbosity) -> Object {
    let viewer = Viewer { reading: Reading::Drift, verbosity, file: &item.location.file };
    let nodes = viewer.nodes(&item.fields, &item.assignments);
    let whole = match item.status {
        DriftStatus::Missing => Some("declared, and the tenant does not have it"),
        // What stands for its manifest is named by its id.
        DriftStatus::Drifted
            if item.action == Action::Delete && item.id.as_deref() == Some(&item.address.name) =>
        {
            Some("it carries the owner's scope tag, and no manifest declares it")
        }
        DriftStatus::Drifted if item.action == Action::Delete => {
            Some("declared absent, and the tenant has it")
        }
        DriftStatus::Drifted if item.action == Action::Replace => {
            Some("of another type in the tenant")
        }
        _ => None,
    };
    Object {
        mark: match item.status {
            DriftStatus::Missing => Mark::Remove,
            DriftStatus::Drifted if item.action == Action::Delete => Mark::Add,
            DriftStatus::Drifted => Mark::Change,
            DriftStatus::Unverifiable => Mark::Unverifiable,
            DriftStatus::Unknown => Mark::Blocked,
            DriftStatus::InSync => Mark::Context,
        },
        address: address(&item.address),
        display_name: display_name(&item.display_name),
        place: place(&item.location),
        whole,
        modified: item.last_modified.as_deref().map(modified),
        reasons: item.reasons.iter().map(reason).collect(),
        extent: words::extent(&item.fields, &item.assignments),
        nodes,
        reach: None,
        left_alone: Vec::new(),
        dangers: Vec::new(),
    }
}

/// Returns the objects that are not in sync, what has drifted before what cannot be told.
pub(in crate::report) fn out_of_sync(items: &[DriftItem]) -> impl Iterator<Item = &DriftItem> {
    let known =
        |item: &&DriftItem| matches!(item.status, DriftStatus::Drifted | DriftStatus::Missing);
    let untold =
        |item: &&DriftItem| matches!(item.status, DriftStatus::Unverifiable | DriftStatus::Unknown);
    items.iter().filter(known).chain(items.iter().filter(untold))
}

/// Returns a live value on one line.
fn live_value(live: &Shown, encoded: bool) -> String {
    let live = field::json(live).map(|live| match live.as_str() {
        Some(text) if encoded => Payload::read(text, true).summary(),
        _ => value::show(&live, &Default::default()),
    });
    live.unwrap_or_default()
}

/// Returns a line for each thing that left Git and stays in the tenant.
pub(in crate::report) fn released(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for released in &plan.released {
        let address = address(&released.address);
        for field in &released.fields {
            let path = sanitize::line(&field.path.to_string()).into_owned();
            let live = live_value(&field.live, field.encoded);
            lines.push(format!("released: {address} {path}, live stays {live}"));
        }
        if let Some(kept) = released.assignments {
            let kept = words::count(kept, "assignment");
            lines.push(format!("released: {address} assignments, live stays {kept}"));
        }
    }
    let objects = plan.no_longer_managed.iter().map(|object| {
        let name = display_name(&object.display_name).unwrap_or_default();
        format!("no longer managed: {} {name}", address(&object.address))
    });
    lines.extend(objects);
    lines
}

fn modified(at: &str) -> String {
    format!("last modified {}", words::moment(at))
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

fn danger(risk: &Risk) -> Danger {
    Danger {
        code: sanitize::line(&risk.code).into_owned(),
        refused: risk.level == RiskLevel::Refused,
        message: sanitize::line(&risk.message).into_owned(),
    }
}
