//! Accepted differences: an apply leaves them as they are until their day, as long as both sides stay.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::assignments::who;
use super::{Action, AssignmentChange, Change, FieldChange, Segment, Shown};
use crate::diagnostic::{Location, Sources};
use crate::manifest::AcceptedDrift;
use crate::schema::walk::any;
use crate::values::secret::{WITHHELD, stands_for_secret};
use crate::values::{payload, target_form};

/// A difference that is accepted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Acceptance {
    /// The path of the value, as a plan prints it.
    pub path: String,
    /// The declared value.
    pub declared: Shown,
    /// The live value, which stays.
    pub live: Shown,
    /// Whether the values are texts in base64.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub encoded: bool,
    /// Names of ids that occur in the values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// The reason.
    pub reason: String,
    /// The author.
    pub by: String,
    /// The last day on which it is accepted, in UTC: `2027-01-31`.
    pub until: String,
    /// The first day on which an apply would set the declared value.
    pub expires: String,
    /// The place of its entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// An acceptance that does not hold any more: its difference, if there still is one, is drift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VoidAcceptance {
    /// The acceptance.
    #[serde(flatten)]
    pub acceptance: Acceptance,
    /// Why it does not hold.
    pub why: WhyVoid,
}

/// Why an acceptance does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WhyVoid {
    /// Its last day has ended.
    Ended,
    /// Another value is declared.
    DeclaredMoved,
    /// The tenant has another value.
    LiveMoved,
    /// Both sides have other values.
    BothMoved,
    /// There is no such difference any more.
    Settled,
    /// The tenant does not have the object, so that an apply creates it as declared.
    Missing,
    /// An apply replaces the object by a new one, as declared.
    Replaced,
}

impl Acceptance {
    /// Returns whether it is of an assignment.
    pub fn is_of_assignment(&self) -> bool {
        self.path.starts_with(PREFIX)
    }
}

impl VoidAcceptance {
    /// Returns why it does not hold, as a clause.
    pub fn words(&self) -> String {
        match self.why {
            WhyVoid::Ended => format!("the UTC day {} has ended", self.acceptance.until),
            WhyVoid::DeclaredMoved => "another value is declared now".to_owned(),
            WhyVoid::LiveMoved => "the tenant has another value now".to_owned(),
            WhyVoid::BothMoved => {
                "another value is declared now, and the tenant has another one too".to_owned()
            }
            WhyVoid::Settled => "there is no such difference any more".to_owned(),
            WhyVoid::Missing => "the tenant does not have the object".to_owned(),
            WhyVoid::Replaced => "an apply replaces the object by a new one".to_owned(),
        }
    }
}

/// The accepted differences of one manifest, while it is compared.
#[derive(Default)]
pub(super) struct Acceptances<'a> {
    entries: &'a [AcceptedDrift],
    judged: Vec<Judgement>,
}

/// An entry that a difference was found for.
struct Judgement {
    entry: usize,
    /// The difference, where it is accepted.
    accepted: Option<FieldChange>,
    why: Option<WhyVoid>,
}

impl<'a> Acceptances<'a> {
    pub(super) fn new(entries: &'a [AcceptedDrift]) -> Self {
        Self { entries, judged: Vec::new() }
    }

    /// Adds the differences that others of the same entries were found for.
    pub(super) fn extend(&mut self, others: Acceptances<'_>) {
        self.judged.extend(others.judged);
    }

    /// Returns whether nothing is accepted.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the number of entries that a difference was found for.
    pub(super) fn len(&self) -> usize {
        self.judged.len()
    }

    /// Forgets the differences after the first ones.
    pub(super) fn truncate(&mut self, length: usize) {
        self.judged.truncate(length);
    }

    /// Returns whether a difference is accepted. `same` tells whether two values mean the same.
    pub(super) fn accept(
        &mut self,
        field: &FieldChange,
        same: impl Fn(&Json, &Json) -> bool,
    ) -> bool {
        if self.entries.is_empty() {
            return false;
        }
        let is = |shown: &Shown, accepted: &Option<Json>| match (shown, accepted) {
            (Shown::Unset, None) => true,
            (Shown::Value(shown), Some(accepted)) => {
                is_comparable(shown) && (shown == accepted || same(shown, accepted))
            }
            _ => false,
        };
        let both =
            |one: &AcceptedDrift| [is(&field.after, &one.declared), is(&field.before, &one.live)];
        let path = field.path.to_string();
        // An element of a list is still the one of the same value where others come or go before it.
        let is_element =
            matches!(field.path.0.last(), Some(Segment::Index { .. } | Segment::Element { .. }));
        let moved = |one: &AcceptedDrift| {
            is_element && list_of(&one.property) == list_of(&path) && both(one) == [true; 2]
        };
        let found = self.position(|one| one.property == path && both(one) == [true; 2]);
        let found = found.or_else(|| self.position(moved));
        let Some(entry) = found.or_else(|| self.of_path(&path)) else {
            return false;
        };
        self.judge(entry, both(&self.entries[entry]), || field.clone())
    }

    /// Takes the accepted ones out of differences of assignments, and makes the targets those that the tenant keeps.
    pub(super) fn accept_assignments(
        &mut self,
        changes: &mut Vec<AssignmentChange>,
        targets: &mut Vec<(Json, Location)>,
        sources: &Sources,
    ) {
        if self.entries.is_empty() {
            return;
        }
        changes.retain(|change| {
            let is = |shown: &Option<Json>, accepted: &Option<Json>| {
                shown.as_ref().map(target_form) == accepted.as_ref().map(target_form)
            };
            let both = |one: &AcceptedDrift| {
                [is(&change.after, &one.declared), is(&change.before, &one.live)]
            };
            let path = change.path();
            // A group that has another name is still the one of the same id.
            let found =
                self.position(|one| one.property.starts_with(PREFIX) && both(one) == [true; 2]);
            let found = found.or_else(|| self.of_path(&path));
            let Some(entry) = found else { return true };
            let one = &self.entries[entry];
            let shown = |value: &Option<Json>| value.clone().map_or(Shown::Unset, Shown::Value);
            let (before, after) = (shown(&change.before), shown(&change.after));
            let field = || FieldChange { before, after, ..FieldChange::default() };
            if !self.judge(entry, both(one), field) {
                return true;
            }
            if let Some(declared) = &change.after {
                targets
                    .retain(|(target, _)| who(&target_form(target)) != who(&target_form(declared)));
            }
            targets.extend(change.before.clone().map(|live| (live, sources.locate(one.span))));
            false
        });
    }

    /// Returns an entry.
    fn position(&self, is_it: impl Fn(&AcceptedDrift) -> bool) -> Option<usize> {
        self.entries.iter().position(is_it)
    }

    /// Returns the entry of a path, unless a difference was found for it before.
    fn of_path(&self, path: &str) -> Option<usize> {
        let found = self.position(|one| one.property == path)?;
        self.judged.iter().all(|judged| judged.entry != found).then_some(found)
    }

    /// Decides about the difference of an entry by whether each side stayed, and returns whether it is accepted.
    fn judge(
        &mut self,
        entry: usize,
        stays: [bool; 2],
        field: impl FnOnce() -> FieldChange,
    ) -> bool {
        let why = match stays {
            _ if self.entries[entry].has_ended => Some(WhyVoid::Ended),
            [true, true] => None,
            [false, true] => Some(WhyVoid::DeclaredMoved),
            [true, false] => Some(WhyVoid::LiveMoved),
            [false, false] => Some(WhyVoid::BothMoved),
        };
        let accepted = why.is_none().then(field);
        let is_accepted = accepted.is_some();
        self.judged.push(Judgement { entry, accepted, why });
        is_accepted
    }

    /// Tells a change what is accepted of it, and which acceptances are void.
    pub(super) fn settle(mut self, change: &mut Change, sources: &Sources) {
        let otherwise = match change.action {
            Action::Update | Action::None => WhyVoid::Settled,
            Action::Create => WhyVoid::Missing,
            Action::Replace => WhyVoid::Replaced,
            // It has no manifest, and so no entries.
            Action::Delete => return,
        };
        for (at, one) in self.entries.iter().enumerate() {
            let judged = self.judged.iter().position(|judged| judged.entry == at);
            let judged = judged.map(|at| self.judged.swap_remove(at));
            let acceptance = Acceptance {
                path: one.property.clone(),
                declared: one.declared.clone().map_or(Shown::Unset, Shown::Value),
                live: one.live.clone().map_or(Shown::Unset, Shown::Value),
                encoded: false,
                names: BTreeMap::new(),
                reason: one.reason.clone(),
                by: one.by.clone(),
                until: one.until.to_string(),
                expires: one.until.tomorrow().unwrap_or(one.until).to_string(),
                location: Some(sources.locate(one.span)),
            };
            let why = match judged {
                Some(Judgement { accepted: Some(field), .. }) => {
                    let FieldChange { before: live, after: declared, encoded, names, .. } = field;
                    let acceptance = Acceptance { live, declared, encoded, names, ..acceptance };
                    change.accepted.push(acceptance);
                    continue;
                }
                Some(judged) => judged.why.unwrap_or(otherwise),
                // Of a change that cannot be made, not all differences are known.
                None if !change.blocked.is_empty() => continue,
                None if one.has_ended => WhyVoid::Ended,
                None => otherwise,
            };
            change.void.push(VoidAcceptance { acceptance, why });
        }
    }
}

/// Returns the path of the list that a path leads to an element of.
fn list_of(path: &str) -> Option<&str> {
    path.strip_suffix(']')?.rsplit_once('[').map(|(list, _)| list)
}

/// The beginning of the path of an assignment.
const PREFIX: &str = "assignments[";

impl AssignmentChange {
    /// Returns its path, as a plan prints it.
    pub fn path(&self) -> String {
        format!("{PREFIX}{}]", self.target)
    }
}

/// Returns whether a value may be written down and compared later: nothing in it stands for a secret, nor in what it encodes.
pub fn is_comparable(value: &Json) -> bool {
    let is_encoded = |text: &str| {
        let bytes = payload::decoded(text);
        bytes.is_some_and(|bytes| String::from_utf8_lossy(&bytes).contains(WITHHELD))
    };
    let is_withheld = |text: &str| text.contains(WITHHELD) || is_encoded(text);
    !any(value, &mut |part| stands_for_secret(part) || part.as_str().is_some_and(is_withheld))
}

/// Returns the part of acceptances that the digest of a plan covers.
pub(super) fn digested(change: &Change) -> Vec<Json> {
    let form = |it: &Acceptance, why: Option<WhyVoid>| {
        json!([it.path, it.declared, it.live, it.reason, it.by, it.until, why])
    };
    let accepted = change.accepted.iter().map(|it| form(it, None));
    let void = change.void.iter().map(|it| form(&it.acceptance, Some(it.why)));
    accepted.chain(void).collect()
}

/// Returns a warning for each acceptance whose difference is gone.
pub(super) fn settled(changes: &[Change]) -> Vec<String> {
    let warnings = changes.iter().flat_map(|change| {
        let void = change.void.iter().filter(|it| it.why == WhyVoid::Settled);
        void.map(|it| {
            let (path, until) = (&it.acceptance.path, &it.acceptance.until);
            let place =
                it.acceptance.location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default();
            format!(
                "{place}{path} of {} is accepted until {until}, and {}; remove the entry",
                change.address,
                it.words()
            )
        })
    });
    warnings.collect()
}
