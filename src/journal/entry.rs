//! The lines of a journal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diagnostic::json::FormatVersion;
use crate::http::Method;
use crate::manifest::Address;
use crate::plan::{Action, Step, TenantRef};
use crate::schema::types::GraphVersion;
use crate::schema::walk::any;
use crate::values::secret::stands_for_secret;

/// A line of a journal, for the schema.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, title = "journal")]
pub enum Line {
    /// The first line.
    Header(Box<Header>),
    /// Any other line.
    Entry(Entry),
}

/// The run that a journal belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The kind of this document.
    pub kind: JournalKind,
    /// The format version of this document.
    pub format_version: FormatVersion,
    /// The tenant.
    pub tenant: TenantRef,
    /// The command, the tenant and the sign-in.
    #[serde(flatten)]
    pub origin: Origin,
    /// The program and its version.
    pub program: String,
    /// When the journal was created, RFC 3339.
    pub at: String,
    /// The digest of the plan.
    pub plan_digest: String,
    /// Whether the plan creates objects again whose pinned id does not exist.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recreate: bool,
    /// The values of `--rewrite-secret`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rewrite: Vec<String>,
    /// The manifests that forbid deleting their objects; absent in the journal of a rollback, and in older ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected: Option<Vec<ProtectedObject>>,
    /// The addresses of the changes, in the order of execution.
    pub order: Vec<Address>,
}

/// A manifest that forbids deleting its object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ProtectedObject {
    /// `kind/name` of the manifest.
    pub address: Address,
    /// The object's id; absent where the run created the object or did not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// `journal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum JournalKind {
    /// A journal.
    #[serde(rename = "journal")]
    Journal,
}

/// The origin of a run, known before its plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The command.
    pub command: Command,
    /// The journal that the run reverts or resumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Whether properties that are no longer declared are unset.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset_released: bool,
    /// The tenant's id.
    pub directory_id: String,
    /// Whether an emulator replaces the cloud.
    pub emulated: bool,
    /// A description of the credential.
    pub signed_in_with: String,
}

/// A command that writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// `moorline apply`.
    #[default]
    Apply,
    /// `moorline rollback`.
    Rollback,
}

impl Command {
    /// Replaces `moorline apply` in a help text by this command.
    pub(crate) fn in_help(self, help: &str) -> String {
        match self {
            Self::Apply => help.to_owned(),
            Self::Rollback => help
                .replace(
                    "`moorline apply --resume JOURNAL`",
                    "`moorline rollback JOURNAL --resume ROLLBACK_JOURNAL`",
                )
                .replace(
                    "`moorline apply --justification",
                    "`moorline rollback JOURNAL --justification",
                )
                .replace("`moorline apply`", "`moorline rollback JOURNAL`"),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// An entry of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "line", rename_all = "lowercase")]
pub enum Entry {
    /// A write is about to be sent.
    Intent(Box<Intent>),
    /// The last write of a change waits for an approval.
    Approval(ApprovalRequested),
    /// A change has its result.
    Result(Box<ChangeResult>),
    /// The run ended.
    End(End),
}

/// A write that is about to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// When, RFC 3339.
    pub at: String,
    /// `kind/name` of the change's manifest.
    pub address: Address,
    /// The object's display name.
    pub display_name: String,
    /// The action of the change.
    pub action: Action,
    /// The kind of this write.
    pub step: Step,
    /// Whether the change has steps after this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// The object's id, once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The id of the object that stays, where this object is its twin and is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_of: Option<String>,
    /// The Graph version of the object's body.
    pub api_version: GraphVersion,
    /// The paths of the changed properties.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managed: Vec<Vec<String>>,
    /// The references that this write sets: ids by navigation property.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, Vec<String>>,
    /// The object before the change, in the first write of the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Snapshot>,
    /// The written values, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Value>,
    /// The request of a link: each reference of an object is a write of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<RecordedCall>,
    /// The approval code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
}

impl Intent {
    /// Returns whether all properties that the write changes are or contain secrets, or are among `unseen`, the
    /// properties that cannot be compared.
    pub(crate) fn leaves_no_trace(&self, unseen: &BTreeSet<String>) -> bool {
        let leaves_none = |path: &Vec<String>| {
            let value = self
                .written
                .as_ref()
                .and_then(|written| path.iter().try_fold(written, |value, name| value.get(name)));
            let is_unseen = path.first().is_some_and(|top| unseen.contains(top));
            is_unseen || value.is_some_and(|value| any(value, &mut stands_for_secret))
        };
        !self.managed.is_empty() && self.managed.iter().all(leaves_none)
    }
}

/// A planned request, with placeholders for ids that are not known before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedCall {
    /// The verb.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The body, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// The declarable properties of an object, with secrets as `{"$withheld": true}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// Its type.
    pub kind: String,
    /// Its properties, as beta returns them.
    pub body: Value,
    /// The targets of its direct assignments.
    pub assignments: Vec<Value>,
    /// Its references, as far as they were read: ids by navigation property.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, Vec<String>>,
}

/// The approval request of the last write of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalRequested {
    /// When the approval was requested, RFC 3339.
    pub at: String,
    /// `kind/name` of the change's manifest.
    pub address: Address,
    /// The approval code.
    pub code: String,
}

/// The result of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeResult {
    /// When, RFC 3339.
    pub at: String,
    /// `kind/name` of the change's manifest.
    pub address: Address,
    /// The status.
    pub status: Status,
    /// The object's id, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The id in the answer to the create; absent where nothing was created, or the answer was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The number of calls that changed something in the tenant, or may have.
    pub writes: usize,
    /// The approval code of its last write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// When that approval request expires, where that is known, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_expires: Option<String>,
    /// A message: why the change failed, or what still differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The object afterwards, where it differs from the written values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Snapshot>,
}

impl ChangeResult {
    /// Returns whether nothing was written: the change was refused, or waits for an approval.
    pub(crate) fn is_unwritten(&self) -> bool {
        let stopped = matches!(self.status, Status::Failed | Status::ApprovalRequired);
        stopped && self.writes == 0
    }
}

/// The status of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Written, and the tenant shows it.
    Applied,
    /// The tenant had the values already.
    AlreadyInPlace,
    /// Written and accepted; the tenant did not show the values in time.
    NotYetVisible,
    /// Written and accepted; the tenant does not return the values, nor show that the object changed.
    Unverifiable,
    /// Written and accepted; the object changed and shows other values.
    DidNotStick,
    /// Refused, or its answer was lost.
    Failed,
    /// A second administrator has to approve it; not written.
    ApprovalRequired,
    /// The tenant changed since the plan; not written.
    Stale,
    /// Blocked in the plan; not written.
    Blocked,
    /// Not started: the run ended before.
    NotBegun,
}

impl Status {
    /// Returns whether the tenant shows the values of the change.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Applied | Self::AlreadyInPlace)
    }

    /// Returns whether the change failed.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::DidNotStick | Self::Failed)
    }
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct End {
    /// When, RFC 3339.
    pub at: String,
    /// The reason.
    pub how: EndReason,
}

/// The reason why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndReason {
    /// The run completed.
    Finished,
    /// The user interrupted the run.
    Interrupted,
    /// The run crashed, and a later run settled its changes in flight.
    Settled,
}

/// A change that a run started: its steps so far, and its result.
#[derive(Clone, Debug)]
pub struct ChangeRecord {
    /// The line number of its first step.
    pub line: usize,
    /// The first step.
    pub first: Intent,
    /// The steps after it.
    pub others: Vec<Intent>,
    /// The approval code that was requested for its last step.
    pub asked: Option<String>,
    /// Its result, where the run recorded one.
    pub result: Option<ChangeResult>,
}

impl ChangeRecord {
    /// Returns the steps.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &Intent> {
        [&self.first].into_iter().chain(&self.others)
    }

    /// Returns the last step.
    pub fn last(&self) -> &Intent {
        self.others.last().unwrap_or(&self.first)
    }

    /// Returns the approval code of its last step, where the change stopped at it or was in flight with it.
    pub fn approval(&self) -> Option<&str> {
        match &self.result {
            Some(result) => result.approval.as_deref(),
            None => self.asked.as_deref().or(self.last().approval.as_deref()),
        }
    }

    /// Returns the first step of a kind, where the change has one.
    pub fn step(&self, step: Step) -> Option<&Intent> {
        self.steps().find(|intent| intent.step == step)
    }

    /// Returns the steps that write properties of the object.
    pub(crate) fn property_steps(&self) -> impl Iterator<Item = &Intent> {
        self.steps().filter(|intent| intent.step.writes_properties())
    }

    /// Returns the references that the steps wrote: ids by navigation property.
    pub fn links(&self) -> BTreeMap<String, Vec<String>> {
        let links = self.steps().flat_map(|step| &step.links);
        links.map(|(property, ids)| (property.clone(), ids.clone())).collect()
    }

    /// Returns the id of the object that the change leaves, where it is known.
    pub fn id(&self) -> Option<&str> {
        let result = self.result.as_ref().and_then(|result| result.id.as_deref());
        let creates = self.step(Step::Create).is_some();
        let after = self.steps().filter(|step| !creates || step.step == Step::Assign);
        result.or(after.filter_map(|step| step.id.as_deref()).next_back())
    }

    /// Returns the object before the change, `None` where the change created it or the journal does not have it.
    pub(crate) fn before(&self) -> Option<&Snapshot> {
        self.first.before.as_ref().filter(|_| self.step(Step::Create).is_none())
    }
}

/// An approval code, and the write that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovalCode {
    /// The write.
    pub write: Intent,
    /// The code.
    pub code: String,
    /// When the approval request expires, where the run recorded it.
    pub expires: Option<Timestamp>,
}
