//! Reads the audit logs: who wrote which object, and when (FACTS 6).

use jiff::Timestamp;
use serde_json::Value;

use crate::graph::{Graph, GraphError, Request};
use crate::http::odata;
use crate::kinds::AuditLog;
use crate::schema::types::GraphVersion;
use crate::schema::walk::Tree;

/// A write that an audit log records.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// The id of the record.
    pub id: String,
    /// When the object was written.
    pub at: Timestamp,
    /// The user principal name of a person, or the client id of an app.
    pub actor: String,
    /// The name of the person or app for people.
    pub name: String,
    /// The id of the object, where the log names it.
    pub object: Option<String>,
    /// The properties that were written.
    pub properties: Vec<String>,
}

/// Returns the successful writes that a log records within a time.
///
/// # Errors
/// When the log cannot be read.
pub async fn written(
    graph: &Graph,
    log: AuditLog,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<AuditRecord>, GraphError> {
    let within = format!("activityDateTime ge {from} and activityDateTime le {until}");
    let (version, path, filter) = match log {
        AuditLog::Intune => {
            let filter = format!("{within} and activityOperationType ne 'Get'");
            (GraphVersion::Beta, "/deviceManagement/auditEvents", filter)
        }
        AuditLog::Directory(activity) => {
            let filter =
                format!("activityDisplayName eq {} and {within}", odata::literal(activity));
            (GraphVersion::V1, "/auditLogs/directoryAudits", filter)
        }
    };
    let request = Request::get(version, format!("{path}?$filter={}", filter.replace(' ', "%20")));
    let records = graph.list(&request).await?;
    Ok(records.iter().filter_map(|record| read(log, record)).collect())
}

/// Reads a record, `None` where it is of no successful write or does not say who made it.
fn read(log: AuditLog, record: &Value) -> Option<AuditRecord> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let (result, resources, who) = match log {
        AuditLog::Intune => {
            let actor = &record["actor"];
            let who = [
                (&actor["userPrincipalName"], &actor["userPrincipalName"]),
                (&actor["applicationId"], &actor["applicationDisplayName"]),
            ];
            (&record["activityResult"], &record["resources"], who)
        }
        AuditLog::Directory(_) => {
            let (user, app) = (&record["initiatedBy"]["user"], &record["initiatedBy"]["app"]);
            let who = [
                (&user["userPrincipalName"], &user["userPrincipalName"]),
                (&app["appId"], &app["displayName"]),
            ];
            (&record["result"], &record["targetResources"], who)
        }
    };
    let is_success = text(result).is_some_and(|result| result.eq_ignore_ascii_case("success"));
    let (actor, name) =
        who.into_iter().find(|(actor, _)| actor.is_string()).filter(|_| is_success)?;
    let resources = resources.elements();
    let properties = resources.iter().flat_map(|one| one["modifiedProperties"].elements());
    Some(AuditRecord {
        id: text(&record["id"])?,
        at: record["activityDateTime"].as_str()?.parse().ok()?,
        actor: text(actor)?,
        name: text(name).or(text(actor))?,
        object: resources.iter().find_map(|one| text(&one["resourceId"])),
        properties: properties.filter_map(|one| text(&one["displayName"])).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn record_of_each_log_tells_who_wrote_what() {
        let policy = json!({
            "id": "DRS_1", "activityDateTime": "2026-11-30T02:15:01.1234567Z", "result": "success",
            "initiatedBy": { "app": null, "user": { "userPrincipalName": "alice@contoso.com" } },
            "targetResources": [{ "id": null, "modifiedProperties": [{ "displayName": "localAdminPassword" }] }],
        });
        let read_policy = read(AuditLog::Directory("x"), &policy).expect("a record");
        assert_eq!(read_policy.name, "alice@contoso.com");
        assert_eq!(read_policy.properties, ["localAdminPassword"]);
        let mut event = json!({
            "id": "1", "activityDateTime": "2026-11-30T02:15:01Z", "activityResult": "Success",
            "actor": { "userPrincipalName": null, "applicationId": "a-1", "applicationDisplayName": "Pipeline" },
            "resources": [{ "resourceId": "o-1", "modifiedProperties": [] }],
        });
        let read_event = read(AuditLog::Intune, &event).expect("a record");
        assert_eq!((&*read_event.actor, &*read_event.name), ("a-1", "Pipeline"));
        assert_eq!(read_event.object.as_deref(), Some("o-1"));
        event["activityResult"] = json!("Failure");
        assert_eq!(read(AuditLog::Intune, &event), None);
    }
}
