//! A request for approval, as a state holds it (FACTS 1.10).

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sandbox::actor::Actor;

/// The time for which a request is open (FACTS 1.10).
pub(super) const OPEN: SignedDuration = SignedDuration::from_hours(72);

/// A write that waits, or waited, for an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApprovalRequest {
    /// The id of the request, which is the code that the write is sent again with.
    pub code: String,
    /// The status of the request. After its end a request is `expired`, whatever stands here.
    pub status: ApprovalStatus,
    /// The justification of the requestor.
    pub justification: String,
    /// The name of the application or person that requested the write.
    pub requestor: String,
    /// The id of the application that requested the write; a person has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requestor_app_id: Option<String>,
    /// The name of the approver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// The justification of the approver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_justification: Option<String>,
    /// The verb and path of the write.
    pub operation: String,
    /// The SHA-256 of the body of the write: an approval is for that body alone.
    pub body: String,
    /// The instant of the request.
    pub requested: String,
    /// The instant at which the request expires; three days after the request where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The instant of the last change; that of the request where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The id of the object that is written; the one in the path of the write where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_id: Option<String>,
    /// The display name of that object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_name: Option<String>,
}

/// The status of a request for approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ApprovalStatus {
    /// The request is not decided.
    NeedsApproval,
    /// The write may be sent again, once.
    Approved,
    /// An approver refused the request.
    Rejected,
    /// The requestor withdrew the request.
    Cancelled,
    /// The write was sent again and carried out.
    Completed,
    /// The request was open for too long.
    Expired,
}

impl ApprovalRequest {
    /// Returns the instant at which the request expires, `None` where the instant of the request cannot be read.
    pub fn expires(&self) -> Option<Timestamp> {
        let stated = self.expires.as_ref().and_then(|text| text.parse().ok());
        stated.or_else(|| self.requested.parse::<Timestamp>().ok()?.checked_add(OPEN).ok())
    }

    /// Returns the status at an instant. After its end no action on a request is permitted, so an approval ends with it.
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

    /// Returns the id of the object that is written.
    pub(super) fn payload_id(&self) -> Option<&str> {
        let (_, path) = self.operation.split_once(' ')?;
        self.payload_id.as_deref().or_else(|| id_in(path))
    }

    pub(crate) fn is_of(&self, actor: &Actor) -> bool {
        // The requestor in an older state is known by name alone.
        self.requestor == actor.name
            && (self.requestor_app_id.is_none() || self.requestor_app_id == actor.app_id)
    }
}

/// Returns the id of the object that a path leads to or through: `/beta/deviceManagement/<collection>/<id>`.
pub(super) fn id_in(path: &str) -> Option<&str> {
    path.trim_start_matches('/').split('/').nth(3).filter(|id| !id.is_empty())
}
