//! The findings of a run, and how far it looked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::drift::{DriftItem, DriftReport, DriftStatus};
use crate::plan::{Action, Effect, FieldPath, Segment};
use crate::tenant::approvals::{ApprovalRequest, RequestStatus};
use crate::values::digest::{self, Domain};

use super::notification::FindingTopic;

/// The number of digits of a digest: enough to tell thousands of findings of one tenant apart.
const DIGITS: usize = 12;

/// The key of a finding: the digest of its object, and for drift the digest of the part of the object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FindingKey {
    pub(super) object: String,
    pub(super) part: Option<String>,
}

/// A finding that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenFinding {
    pub(super) topic: FindingTopic,
    pub(super) subject: String,
    pub(super) what: String,
    pub(super) expires: Option<String>,
}

/// An object that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CheckedObject {
    pub(super) subject: String,
    /// The end of what was open, in words.
    pub(super) end: String,
}

/// The findings of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observation {
    /// The open findings.
    pub(super) open: BTreeMap<FindingKey, OpenFinding>,
    /// The objects that were looked at, by the digest of each.
    pub(super) checked: BTreeMap<String, CheckedObject>,
    /// The objects whose drift is not known.
    unknown: BTreeSet<String>,
    /// Whether some manifests were left out.
    is_partial: bool,
    /// Whether the requests for approval could be read.
    knows_approvals: bool,
}

impl fmt::Display for FindingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            Some(part) => write!(f, "{}.{part}", self.object),
            None => f.write_str(&self.object),
        }
    }
}

impl FindingKey {
    /// Reads a key as [`fmt::Display`] writes it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let is_digest =
            |text: &str| text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (object, part) = match text.split_once('.') {
            Some((object, part)) => (object, Some(part)),
            None => (text, None),
        };
        let is_key = is_digest(object) && part.is_none_or(is_digest);
        is_key.then(|| Self { object: object.to_owned(), part: part.map(str::to_owned) })
    }

    /// Returns what the finding is about.
    pub(super) fn topic(&self) -> FindingTopic {
        if self.part.is_some() { FindingTopic::Drift } else { FindingTopic::Approval }
    }
}

impl Observation {
    /// Makes the observation of a drift report and of the requests for approval, if they could be read.
    pub(crate) fn new(report: &DriftReport, approvals: Option<&[ApprovalRequest]>) -> Self {
        let mut observation = Self {
            is_partial: !report.only.is_empty(),
            knows_approvals: approvals.is_some(),
            ..Self::default()
        };
        report.items.iter().for_each(|item| observation.add_item(item));
        approvals.into_iter().flatten().for_each(|request| observation.add_request(request));
        observation
    }

    /// Whether a finding that an earlier run left is neither open nor known to be over, because this run did not look.
    pub(super) fn cannot_tell(&self, key: &FindingKey) -> bool {
        match key.topic() {
            FindingTopic::Approval => !self.knows_approvals,
            FindingTopic::Drift => {
                let object = &key.object;
                self.unknown.contains(object)
                    || self.is_partial && !self.checked.contains_key(object)
            }
        }
    }

    fn add_item(&mut self, item: &DriftItem) {
        let subject = item.address.to_string();
        let object = digest_of(&("drift", &subject));
        if item.status == DriftStatus::Unknown {
            self.unknown.insert(object);
            return;
        }
        for (part, what) in differences(item) {
            let key = FindingKey { object: object.clone(), part: Some(digest_of(&part)) };
            let topic = FindingTopic::Drift;
            let finding = OpenFinding { topic, subject: subject.clone(), what, expires: None };
            self.open.insert(key, finding);
        }
        let end = "is as declared again".to_owned();
        self.checked.insert(object, CheckedObject { subject, end });
    }

    fn add_request(&mut self, request: &ApprovalRequest) {
        let subject = request.payload_name.clone().unwrap_or_else(|| "an object".to_owned());
        let object = digest_of(&("approval", request.id.to_ascii_lowercase()));
        if request.is_open() {
            let by = request.requestor.as_ref().map(|by| format!(", requested by {by}"));
            let why = request.justification.as_ref().map(|why| format!(": {why}"));
            let state = match request.status {
                RequestStatus::Approved => "is approved and not yet carried out",
                _ => "waits for a second administrator",
            };
            let what = [Some(state.to_owned()), by, why].into_iter().flatten().collect();
            let expires = request.expires.map(|at| at.to_string());
            let topic = FindingTopic::Approval;
            let finding = OpenFinding { topic, subject: subject.clone(), what, expires };
            self.open.insert(FindingKey { object: object.clone(), part: None }, finding);
        }
        let end = match request.status {
            RequestStatus::Completed => "was approved and carried out",
            RequestStatus::Rejected => "was rejected",
            RequestStatus::Cancelled => "was withdrawn",
            RequestStatus::Expired => "expired without being carried out",
            _ => "is no longer open",
        };
        self.checked.insert(object, CheckedObject { subject, end: end.to_owned() });
    }
}

/// Returns the parts of an object that differ, each with words for it.
fn differences(item: &DriftItem) -> Vec<(String, String)> {
    match (item.status, item.action) {
        // What was merged and waits for an apply is no news.
        _ if !item.is_drift() => return Vec::new(),
        (DriftStatus::Missing, _) => return vec![("missing".to_owned(), "is missing".to_owned())],
        (DriftStatus::Drifted, Action::Delete) => {
            let what = "exists, and is declared absent".to_owned();
            return vec![("absent".to_owned(), what)];
        }
        (DriftStatus::Drifted, _) => {}
        _ => return Vec::new(),
    }
    let fields = item
        .drifted()
        .map(|field| (format!("field {}", key_of(&field.path)), format!("{} differs", field.path)));
    let assignments = item.assignments.iter().map(|assignment| {
        let target = &assignment.target;
        let what = match assignment.effect {
            Effect::Add => format!("is no longer assigned to {target}"),
            Effect::Change => format!("is assigned to {target} with another filter"),
            Effect::Remove => format!("is assigned to {target}, which is not declared"),
        };
        (format!("assignment {target}"), what)
    });
    let all: Vec<_> = fields.chain(assignments).collect();
    if all.is_empty() { vec![("object".to_owned(), "differs".to_owned())] } else { all }
}

/// Returns a path without the digests of elements in it, since an element may be a secret.
fn key_of(path: &FieldPath) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Name(name) => format!(".{name}"),
        Segment::Key { key } => format!("[{key}]"),
        Segment::Index { index } => format!("[{index}]"),
        Segment::Element { label, .. } => format!("[{}]", label.as_deref().unwrap_or_default()),
    };
    path.0.iter().map(segment).collect()
}

/// Returns the beginning of a digest.
pub(super) fn digest_of(value: &impl serde::Serialize) -> String {
    digest::hex(Domain::Finding, value)[..DIGITS].to_owned()
}
