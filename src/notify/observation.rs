//! The findings of a run, and how far it looked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::drift::{Attribution, Author, DriftItem, DriftReport, DriftStatus, Since};
use crate::plan::{Acceptance, Action, Effect, FieldPath, FieldStatus, Segment, Unmanaged};
use crate::tenant::approvals::{ApprovalRequest, RequestStatus};
use crate::tenant::unread::UNREAD;
use crate::values::digest::{self, Domain};

use super::notification::{FindingTopic, ToldChange};

/// The number of digits of a digest: enough to tell thousands of findings of one tenant apart.
const DIGITS: usize = 12;

/// The part of the finding about an object that no manifest manages.
const UNMANAGED: &str = "unmanaged";

/// The part of the finding about an object that does not exist.
const MISSING: &str = "missing";

/// The end of a difference that an apply reverts, since the manifests changed and not the tenant.
const PENDING: &str = "is pending: the next apply sets it";

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
    pub(super) changed: Option<ToldChange>,
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
    /// The ends of single findings, where they are not their object's.
    ends: BTreeMap<FindingKey, String>,
    /// The objects whose drift is not known.
    unknown: BTreeSet<String>,
    /// Whether objects of the tenant could not be read.
    has_unread: bool,
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
            has_unread: !report.coverage.unread.is_empty(),
            knows_approvals: approvals.is_some(),
            ..Self::default()
        };
        report.items.iter().for_each(|item| observation.add_item(item));
        report.coverage.unmanaged.iter().for_each(|object| observation.add_unmanaged(object));
        report.unmanaged.iter().for_each(|object| observation.open_unmanaged(object));
        approvals.into_iter().flatten().for_each(|request| observation.add_request(request));
        observation
    }

    /// Whether a finding that an earlier run left is neither open nor known to be over, because this run did not look.
    pub(super) fn cannot_tell(&self, key: &FindingKey) -> bool {
        match key.topic() {
            FindingTopic::Approval => !self.knows_approvals,
            FindingTopic::Drift => {
                let object = &key.object;
                let looked = self.checked.contains_key(object);
                let is_hidden = self.has_unread && is_of_unmanaged(key);
                self.unknown.contains(object) || (self.is_partial || is_hidden) && !looked
            }
        }
    }

    /// Returns the subject of a finding that is over, and its end in words.
    pub(super) fn end_of(&self, key: &FindingKey) -> (String, String) {
        match self.checked.get(&key.object) {
            Some(CheckedObject { subject, end }) => {
                (subject.clone(), self.ends.get(key).unwrap_or(end).clone())
            }
            None if is_of_unmanaged(key) => {
                ("an unmanaged object".to_owned(), "is gone or managed now".to_owned())
            }
            None => {
                ("an object".to_owned(), "is no longer declared, or no longer listed".to_owned())
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
        self.has_unread |= item.reasons.iter().any(|why| why.code == UNREAD);
        if let Some(id) = &item.id {
            // The object may have been an unmanaged one.
            let end = "is managed now".to_owned();
            let managed = CheckedObject { subject: subject.clone(), end };
            self.checked.insert(unmanaged_object(&item.address.kind, id), managed);
        }
        let key = |part: &str| FindingKey { object: object.clone(), part: Some(digest_of(&part)) };
        for acceptance in &item.accepted {
            let end = format!("is accepted until {}", acceptance.until);
            self.ends.extend(parts_of(acceptance).map(|part| (key(&part), end.clone())));
        }
        for field in item.fields.iter().filter(|one| one.status == FieldStatus::Unverifiable) {
            let end = "cannot be compared now".to_owned();
            self.ends.insert(key(&field_part(&field.path)), end);
        }
        for ItemDifference { part, what, is_pending, changed } in differences(item) {
            if is_pending {
                self.ends.insert(key(&part), PENDING.to_owned());
                continue;
            }
            let topic = FindingTopic::Drift;
            let changed = changed.or_else(|| told(item.changed.as_ref()));
            let subject = subject.clone();
            let finding = OpenFinding { topic, subject, what, changed, expires: None };
            self.open.insert(key(&part), finding);
        }
        let end = match (item.status, item.action) {
            (DriftStatus::Missing, _) => "is missing now",
            (DriftStatus::Drifted, Action::Delete) => "is declared absent now",
            (DriftStatus::Drifted, _) => {
                self.ends.insert(key(MISSING), "is there again".to_owned());
                "has fewer differences now"
            }
            _ => "is as declared again",
        };
        self.checked.insert(object, CheckedObject { subject, end: end.to_owned() });
    }

    fn add_unmanaged(&mut self, object: &Unmanaged) {
        // With some manifests alone, no unmanaged object is drift.
        if !self.is_partial {
            let subject = format!("{}/{}", object.kind, object.display_name);
            let end = "is no drift by `spec.drift.unmanaged` now".to_owned();
            let checked = CheckedObject { subject, end };
            self.checked.insert(unmanaged_object(&object.kind, &object.id), checked);
        }
    }

    fn open_unmanaged(&mut self, object: &Unmanaged) {
        let Unmanaged { kind, display_name, id } = object;
        let part = Some(digest_of(&UNMANAGED));
        let finding = OpenFinding {
            topic: FindingTopic::Drift,
            subject: format!("{kind}/{display_name}"),
            what: format!("is managed by no manifest ({id})"),
            changed: None,
            expires: None,
        };
        self.open.insert(FindingKey { object: unmanaged_object(kind, id), part }, finding);
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
            let changed = None;
            let finding = OpenFinding { topic, subject: subject.clone(), what, changed, expires };
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

/// A part of an object that differs.
struct ItemDifference {
    /// The part.
    part: String,
    /// The difference in words.
    what: String,
    /// Whether it only waits for an apply, which is no news.
    is_pending: bool,
    /// The last change of this part, where it is known beside that of the object.
    changed: Option<ToldChange>,
}

/// Returns the parts of an object that differ.
fn differences(item: &DriftItem) -> Vec<ItemDifference> {
    let is_pending = !item.is_drift();
    let whole = |part: &str, what: &str| {
        let (part, what) = (part.to_owned(), what.to_owned());
        vec![ItemDifference { part, what, is_pending, changed: None }]
    };
    match (item.status, item.action) {
        (DriftStatus::Missing, _) if item.renamed_id.is_some() => {
            return whole(MISSING, "is missing, or has another name");
        }
        (DriftStatus::Missing, _) => return whole(MISSING, "is missing"),
        (DriftStatus::Drifted, Action::Delete) => {
            return whole("absent", "exists, and is declared absent");
        }
        (DriftStatus::Drifted, _) => {}
        _ => return Vec::new(),
    }
    let change_of = |path: &FieldPath| {
        let origin = item.origins.iter().find(|origin| origin.path == *path)?;
        origin.changed.as_ref()
    };
    let drifted: Vec<&FieldPath> = item.drifted().map(|field| &field.path).collect();
    let differing = item.fields.iter().filter(|field| field.status != FieldStatus::Unverifiable);
    let fields = differing.map(|field| ItemDifference {
        part: field_part(&field.path),
        what: format!("{} differs", field.path),
        is_pending: is_pending || !drifted.contains(&&field.path),
        changed: told(change_of(&field.path)),
    });
    let assignments = item.assignments.iter().map(|assignment| {
        let target = &assignment.target;
        let what = match assignment.effect {
            Effect::Add => format!("is not assigned to {target}, which is declared"),
            Effect::Change => format!("is assigned to {target} with another filter"),
            Effect::Remove => format!("is assigned to {target}, which is not declared"),
        };
        ItemDifference {
            part: assignment_part(target),
            what,
            is_pending: is_pending || item.since_of(assignment) == Some(Since::Pending),
            changed: None,
        }
    });
    let undeclared = item.undeclared.iter().filter(|_| item.undeclared_is_drift);
    let undeclared = undeclared.map(|setting| ItemDifference {
        part: undeclared_part(&setting.path),
        what: format!("{} is set, and is not declared", setting.path),
        is_pending,
        changed: told(change_of(&setting.path)),
    });
    let mut all: Vec<_> = fields.chain(assignments).collect();
    let is_told = all.iter().any(|one| !one.is_pending) || is_pending && !all.is_empty();
    if !is_told && (item.action == Action::Replace || !item.undeclared_is_drift) {
        all.extend(whole("object", "differs"));
    }
    all.extend(undeclared);
    all
}

/// Returns a change as it is told: without the values, and none of an unknown author.
fn told(changed: Option<&Attribution>) -> Option<ToldChange> {
    let changed = changed.filter(|changed| !matches!(changed.by, Author::Unknown { .. }))?;
    Some(ToldChange { by: changed.by.to_string(), at: changed.at.clone() })
}

fn field_part(path: &FieldPath) -> String {
    format!("field {}", key_of(path))
}

fn undeclared_part(path: &FieldPath) -> String {
    format!("undeclared {}", key_of(path))
}

fn assignment_part(target: &str) -> String {
    format!("assignment {target}")
}

/// Returns the parts that the path of an acceptance may be of, whose text does not tell a label from a digest.
fn parts_of(acceptance: &Acceptance) -> impl Iterator<Item = String> {
    let path = acceptance.path.as_str();
    let target = path.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
    let target = target.filter(|_| acceptance.is_of_assignment());
    let mut without_digests = String::new();
    for piece in path.split_inclusive('[') {
        let digest = piece.split_once(']').filter(|(text, _)| {
            text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        match digest {
            Some((_, rest)) => without_digests.extend(["]", rest]),
            None => without_digests += piece,
        }
    }
    let fields = [format!("field .{path}"), format!("field .{without_digests}")];
    fields.into_iter().chain(target.map(assignment_part))
}

/// Returns the digest of an object that no manifest manages.
fn unmanaged_object(kind: &str, id: &str) -> String {
    digest_of(&(UNMANAGED, kind, id.to_ascii_lowercase()))
}

fn is_of_unmanaged(key: &FindingKey) -> bool {
    key.part.as_ref().is_some_and(|part| *part == digest_of(&UNMANAGED))
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
