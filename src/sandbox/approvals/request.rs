//! A request for approval, as a state holds it (FACTS 1.10).

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sandbox::actor::Actor;

/// How long a request is open (FACTS 1.10).
pub(super) const OPEN: SignedDuration = SignedDuration::from_hours(72);

/// A write that waits, or waited, for an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApprovalRequest {
    /// Its id, which is the code that the write is sent again with.
    pub code: String,
    /// How it stands. One whose time is over is `expired`, whatever stands here.
    pub status: ApprovalStatus,
    /// Why the write is wanted, in the words of who wants it.
    pub justification: String,
    /// Who wants it.
    pub requestor: String,
    /// The id of the application that wants it; a person has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requestor_app_id: Option<String>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// Why it was decided like that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_justification: Option<String>,
    /// The verb and path of the write.
    pub operation: String,
    /// The SHA-256 of its body: another write is not what was approved.
    pub body: String,
    /// When it was asked for.
    pub requested: String,
    /// When it expires; three days after it was asked for where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// When it last changed; when it was asked for where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The object that the write is about; the one in the path of the write where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_id: Option<String>,
    /// The display name of that object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_name: Option<String>,
}

/// How a request for approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ApprovalStatus {
    /// Nobody decided yet.
    NeedsApproval,
    /// It may be sent again, once.
    Approved,
    /// Somebody said no.
    Rejected,
    /// Who asked for it withdrew it.
    Cancelled,
    /// It was sent again and carried out.
    Completed,
    /// Its time is over.
    Expired,
}

impl ApprovalRequest {
    /// Returns when it expires, `None` where nobody can tell when it was made.
    pub fn expires(&self) -> Option<Timestamp> {
        let stated = self.expires.as_ref().and_then(|text| text.parse().ok());
        stated.or_else(|| self.requested.parse::<Timestamp>().ok()?.checked_add(OPEN).ok())
    }

    /// Returns how it stands at an instant. After its end no action on it is permitted, so an approval ends with it.
    pub(crate) fn status_at(&self, now: Timestamp) -> ApprovalStatus {
        let is_late = self.expires().is_some_and(|end| end <= now);
        match self.status {
            ApprovalStatus::NeedsApproval | ApprovalStatus::Approved if is_late => {
                ApprovalStatus::Expired
            }
            status => status,
        }
    }

    pub(super) fn is_open_at(&self, now: Timestamp) -> bool {
        matches!(self.status_at(now), ApprovalStatus::NeedsApproval | ApprovalStatus::Approved)
    }

    /// Returns the id of the object that it is about.
    pub(super) fn payload_id(&self) -> Option<&str> {
        let (_, path) = self.operation.split_once(' ')?;
        self.payload_id.as_deref().or_else(|| id_in(path))
    }

    pub(crate) fn is_of(&self, actor: &Actor) -> bool {
        // The requestor in an older state is known by name alone.
        self.requestor == actor.name()
            && (self.requestor_app_id.is_none()
                || self.requestor_app_id.as_deref() == actor.app_id())
    }
}

/// Returns the id of the object that a path leads to or through: `/beta/deviceManagement/<collection>/<id>`.
pub(super) fn id_in(path: &str) -> Option<&str> {
    path.trim_start_matches('/').split('/').nth(3).filter(|id| !id.is_empty())
}
