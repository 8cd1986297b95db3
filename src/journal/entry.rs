//! The lines of a journal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::status::Status;
use crate::diagnostic::json::FormatVersion;
use crate::http::Method;
use crate::manifest::Address;
use crate::plan::{Action, Step, TenantRef};
use crate::schema::types::GraphVersion;

/// One line of a journal, for its schema.
#[derive(Debug, schemars::JsonSchema)]
#[schemars(untagged, title = "journal")]
pub enum Line {
    /// The first one.
    Header(Box<Header>),
    /// Any other.
    Entry(Entry),
}

/// Which run a journal is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// Says what this document is.
    pub kind: Kind,
    /// The version of this document's form.
    pub format_version: FormatVersion,
    /// The tenant as the plan names it.
    pub tenant: TenantRef,
    /// Who wrote, and where to.
    #[serde(flatten)]
    pub origin: Origin,
    /// The program and its version.
    pub program: String,
    /// When the run began to write, RFC 3339.
    pub at: String,
    /// The digest of the plan that was carried out.
    pub plan_digest: String,
    /// Whether the plan creates objects anew whose id is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recreate: bool,
    /// What the plan writes though it cannot be compared, as `--rewrite-secret` names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rewrite: Vec<String>,
    /// What the plan would write, in the order of execution.
    #[schemars(with = "Vec<String>")]
    pub order: Vec<Address>,
}

/// `journal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Kind {
    /// What a run was about to write and what became of it.
    #[serde(rename = "journal")]
    Journal,
}

/// What is known of a run before its plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The command.
    pub command: Command,
    /// The journal that it takes back, or goes on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Whether what is no longer declared was unset.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset_released: bool,
    /// The tenant's id.
    pub directory_id: String,
    /// Whether an emulator took the place of the cloud.
    pub emulated: bool,
    /// What signed in, in words.
    pub signed_in_with: String,
}

/// A command that writes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// `moorline apply`.
    #[default]
    Apply,
    /// `moorline rollback`.
    Rollback,
}

impl Command {
    /// Returns a help, which names an apply, for this command. What an apply alone can do stays.
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
        f.write_str(match self {
            Self::Apply => "apply",
            Self::Rollback => "rollback",
        })
    }
}

/// What a run does, in its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "line", rename_all = "lowercase")]
pub enum Entry {
    /// It is about to write.
    Intent(Box<Intent>),
    /// What it was about to write waits for somebody else.
    Approval(ApprovalRequested),
    /// It knows what became of a change.
    Result(Box<Fate>),
    /// It is over.
    End(End),
}

/// A write that is about to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// When, RFC 3339.
    pub at: String,
    /// The change that it is a part of, by `kind/name` of its manifest.
    #[schemars(with = "String")]
    pub address: Address,
    /// The display name that people know the object by.
    pub display_name: String,
    /// What happens to the object.
    pub action: Action,
    /// What this write does.
    pub step: Step,
    /// Whether the change has steps after this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// The object's id, once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The id of the object that stays, where this one is deleted because it was created a second time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_of: Option<String>,
    /// The Graph version of the object's body.
    pub api_version: GraphVersion,
    /// The properties that are changed, each as the names that lead to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managed: Vec<Vec<String>>,
    /// What the object refers to afterwards, of what this step writes: ids by navigation property.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, Vec<String>>,
    /// The object before the change; the first step alone has it, and only where there was an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Snapshot>,
    /// What is written, secrets left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Value>,
    /// The call of a link: an object has several references, and each is a write of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// The code under which somebody else has to approve it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
}

impl Intent {
    /// Returns whether all that it changes are secrets, or hold one, or are among these properties that cannot be
    /// compared: such a write leaves no trace.
    pub(crate) fn leaves_no_trace(&self, unseen: &BTreeSet<String>) -> bool {
        let leaves_none = |path: &Vec<String>| {
            let value = self
                .written
                .as_ref()
                .and_then(|written| path.iter().try_fold(written, |value, name| value.get(name)));
            let is_unseen = path.first().is_some_and(|top| unseen.contains(top));
            is_unseen || value.is_some_and(holds_withheld)
        };
        !self.managed.is_empty() && self.managed.iter().all(leaves_none)
    }
}

fn holds_withheld(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.contains_key("$withheld") || members.values().any(holds_withheld)
        }
        Value::Array(items) => items.iter().any(holds_withheld),
        _ => false,
    }
}

/// A call as the plan has it, with what stands for ids that are not known before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Call {
    /// The verb.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The body, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// An object as far as it may be kept: what somebody could declare of it, secrets as `{"$withheld": true}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Snapshot {
    /// Its type.
    pub kind: String,
    /// Its properties in beta's form.
    pub body: Value,
    /// The targets of its direct assignments.
    pub assignments: Vec<Value>,
    /// What it refers to, as far as that was read: ids by navigation property.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, Vec<String>>,
}

/// An approval that the last write of a change waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ApprovalRequested {
    /// When it was asked for, RFC 3339.
    pub at: String,
    /// The change.
    #[schemars(with = "String")]
    pub address: Address,
    /// The code under which somebody else has to approve it.
    pub code: String,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fate {
    /// When it was known, RFC 3339.
    pub at: String,
    /// The change.
    #[schemars(with = "String")]
    pub address: Address,
    /// What became of it.
    pub status: Status,
    /// The object's id, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The id that the service answered the create with; absent where nothing was created, or the answer was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// How many calls changed something in the tenant, or may have.
    pub writes: usize,
    /// The code under which somebody else has to approve its last write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// When the request for that approval expires, where that is known, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_expires: Option<String>,
    /// Why it failed, what differs still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The object afterwards, where it is not what was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Snapshot>,
}

impl Fate {
    /// Returns whether it is known that nothing was written: the change was refused, or waits for somebody.
    pub(crate) fn is_unwritten(&self) -> bool {
        let stopped = matches!(self.status, Status::Failed | Status::ApprovalRequired);
        stopped && self.writes == 0
    }
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct End {
    /// When, RFC 3339.
    pub at: String,
    /// How it ended.
    pub how: EndReason,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndReason {
    /// By itself.
    Finished,
    /// By its user, after the change in flight.
    Interrupted,
    /// Suddenly; a later run looked after what it had begun.
    Settled,
}

/// A change that a run began: its steps so far, and what became of it.
#[derive(Clone, Debug)]
pub struct ChangeRecord {
    /// The number of the line of its first step.
    pub line: usize,
    /// The first step.
    pub first: Intent,
    /// The steps after it.
    pub others: Vec<Intent>,
    /// The code of the approval that was asked for its last step.
    pub asked: Option<String>,
    /// What became of it, where the run came to know.
    pub result: Option<Fate>,
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

    /// Returns the code of the approval that the change stopped at, or was on its way with.
    pub fn approval(&self) -> Option<&str> {
        match &self.result {
            Some(result) => result.approval.as_deref(),
            None => self.asked.as_deref().or(self.last().approval.as_deref()),
        }
    }

    /// Returns a step of this sort, where the change came so far.
    pub fn step(&self, step: Step) -> Option<&Intent> {
        self.steps().find(|intent| intent.step == step)
    }

    /// Returns the steps that write properties of the object.
    pub(crate) fn property_steps(&self) -> impl Iterator<Item = &Intent> {
        self.steps().filter(|intent| intent.step.writes_properties())
    }

    /// Returns what the object refers to after the steps so far, of what they wrote.
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

    /// Returns the object before the change, `None` where the change created it or that was not kept.
    pub(crate) fn before(&self) -> Option<&Snapshot> {
        self.first.before.as_ref().filter(|_| self.step(Step::Create).is_none())
    }
}
