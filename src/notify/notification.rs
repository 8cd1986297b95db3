//! The message to a channel.

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::TenantRef;

/// The message to a channel: the differences between two runs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notification {
    /// The tenant.
    pub(crate) tenant: TenantRef,
    /// When the tenant was read, RFC 3339.
    pub(crate) checked_at: String,
    /// Whether this channel was told of an earlier run. Otherwise everything that is open is listed, and nothing is resolved.
    pub(crate) earlier_known: bool,
    /// The findings that are open now and were not before.
    pub(crate) opened: Vec<ToldFinding>,
    /// The findings that were open before and still are.
    pub(crate) still_open: Vec<ToldFinding>,
    /// The findings that were open before and are no longer.
    pub(crate) resolved: Vec<ToldFinding>,
    /// The address of the issue that tracks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
}

/// A finding of a notification.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToldFinding {
    /// The digest by which the finding is known again: the same in every run, as long as it is open and when it is resolved.
    pub(crate) digest: String,
    /// Whether it is drift or an approval.
    pub(crate) topic: FindingTopic,
    /// The address of the manifest, or the name of the object that a request for approval is about.
    pub(crate) subject: String,
    /// The finding in words.
    pub(crate) what: String,
    /// Since when it has been open, RFC 3339: the first run that found it.
    pub(crate) since: String,
    /// The last change of what differs, where the audit log tells of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changed: Option<ToldChange>,
    /// When a request for approval expires, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<String>,
}

/// The author and the time of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToldChange {
    /// The author.
    pub(crate) by: String,
    /// The time, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
}

/// The subject matter of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FindingTopic {
    /// The tenant differs from a manifest.
    Drift,
    /// A write waits for a second administrator.
    Approval,
}
