//! Reads the audit logs: who wrote which object, and when (FACTS 6).

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde_json::Value;

use crate::graph::{Graph, GraphError, Part, Request};
use crate::http::odata;
use crate::kinds::AuditLog;
use crate::schema::types::GraphVersion;
use crate::schema::walk::Tree;

/// The most pages of a log that are read for one question.
const MOST_PAGES: usize = 50;

/// Names in records that say nothing of the write: each write has them (FACTS 6.1).
const OF_EACH_WRITE: [&str; 3] = ["DeviceManagementAPIVersion", "LastModifiedDateTime", "Version"];

/// A write that an audit log records.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// The id of the record.
    pub id: String,
    /// When the object was written.
    pub at: Timestamp,
    /// The author; `None` where the log names none.
    pub actor: Option<AuditActor>,
    /// The operation, in the words of the log.
    pub operation: String,
    /// Whether an object was deleted.
    pub is_deletion: bool,
    /// Whether the record is of an action, such as the one that assigns an object.
    pub is_action: bool,
    /// The part of the service, where the log has it.
    pub component: Option<String>,
    /// The types of the objects, as far as the log has them.
    pub types: Vec<String>,
    /// The ids of the objects, as far as the log names them.
    pub objects: Vec<String>,
    /// The display names of the objects, as far as the log has them.
    pub names: Vec<String>,
    /// The properties that were written.
    pub properties: Vec<AuditedProperty>,
}

/// A person or an app that made a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditActor {
    /// The user principal name of a person, or else the id; the client id of an app.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Whether it is an app that made the write as itself.
    pub is_app: bool,
}

/// A property that a write changed, as a log has it. What the names and values look like is not promised (FACTS 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedProperty {
    /// The name that the log has for it.
    pub name: String,
    /// The value that it had before, where the log has one.
    pub old: Option<String>,
    /// The value that it got, where the log has one.
    pub new: Option<String>,
}

/// A question to a log.
#[derive(Clone, Copy, Debug)]
pub struct AuditQuery {
    /// The log.
    pub log: AuditLog,
    /// The part of the service whose writes are asked for; all where there is none.
    pub component: Option<&'static str>,
    /// The earliest time of a write.
    pub from: Timestamp,
    /// The latest time of a write.
    pub until: Timestamp,
}

impl AuditRecord {
    /// Returns whether the record is about an object of this id. A record that names no object is about the only one of its
    /// log.
    pub fn is_about(&self, id: &str) -> bool {
        self.objects.is_empty() || self.names_object(id)
    }

    /// Returns whether the record can be about an object of a kind and a part of the service, by what it says of both.
    pub fn is_of(&self, kind: &str, component: Option<&str>) -> bool {
        let of_component = match (&self.component, component) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            _ => true,
        };
        let is_kind = |name: &String| {
            name.rsplit(['.', '#']).next().is_some_and(|name| name.eq_ignore_ascii_case(kind))
        };
        of_component && self.types.iter().all(is_kind)
    }

    /// Returns whether the record is about the assignments of an object.
    pub fn writes_assignments(&self) -> bool {
        let is_assignments = |one: &AuditedProperty| {
            let name = one.name.strip_prefix("$Collection.").unwrap_or(&one.name);
            let name = name.split(['.', '[']).next().unwrap_or(name);
            name.eq_ignore_ascii_case("assignments")
        };
        self.is_action || self.properties.iter().any(is_assignments)
    }

    /// Returns whether the record names an object by its id.
    pub fn names_object(&self, id: &str) -> bool {
        self.objects.iter().any(|one| one.eq_ignore_ascii_case(id))
    }
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
    let request = request(&AuditQuery { log, component: None, from, until });
    let records = graph.list(&request).await?;
    Ok(records.iter().filter_map(|record| read(log, record)).collect())
}

/// Reads the successful writes that answer a question, newest first, until `is_enough` says so of those that were read by
/// then. Returns them, and whether more pages would follow.
///
/// # Errors
/// When the log cannot be read.
pub async fn newest(
    graph: &Graph,
    query: &AuditQuery,
    is_enough: impl Fn(&[AuditRecord]) -> bool,
) -> Result<(Vec<AuditRecord>, bool), GraphError> {
    let mut request = request(query);
    if query.log == AuditLog::Intune {
        request.path += "&$orderby=activityDateTime%20desc";
    }
    let (mut records, mut pages) = (Vec::new(), 0);
    let take = |part| {
        match part {
            Part::Page(items) => {
                let page = items.iter().filter_map(|item| read(query.log, &item.value()?));
                records.extend(page);
                pages += 1;
            }
            Part::Anew => {
                records.clear();
                pages = 0;
            }
        }
        if pages == MOST_PAGES || is_enough(&records) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    graph.list_while(&request, take).await?;
    records.sort_by_key(|record| std::cmp::Reverse(record.at));
    Ok((records, pages == MOST_PAGES))
}

fn request(query: &AuditQuery) -> Request {
    let AuditQuery { log, component, from, until } = query;
    let within = format!("activityDateTime ge {from} and activityDateTime le {until}");
    let (version, path, filter) = match log {
        AuditLog::Intune => {
            let component = component.map(|name| format!("componentName eq '{name}' and "));
            let component = component.unwrap_or_default();
            let filter = format!("{component}{within} and activityOperationType ne 'Get'");
            (GraphVersion::Beta, "/deviceManagement/auditEvents", filter)
        }
        AuditLog::Directory(activity) => {
            let filter =
                format!("activityDisplayName eq {} and {within}", odata::literal(activity));
            (GraphVersion::V1, "/auditLogs/directoryAudits", filter)
        }
    };
    Request::get(version, format!("{path}?$filter={}", filter.replace(' ', "%20")))
}

/// Reads a record, `None` where it is of no successful write.
fn read(log: AuditLog, record: &Value) -> Option<AuditRecord> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let (result, resources, operations, people, apps) = match log {
        AuditLog::Intune => {
            let actor = &record["actor"];
            let operations =
                ["activityType", "activityOperationType", "displayName"].map(|name| &record[name]);
            let apps = [
                (&actor["applicationId"], &actor["applicationDisplayName"]),
                (&actor["servicePrincipalName"], &actor["servicePrincipalName"]),
            ];
            let people = [&actor["userPrincipalName"], &actor["userId"]].map(|id| (id, id));
            (&record["activityResult"], &record["resources"], operations, people, apps)
        }
        AuditLog::Directory(_) => {
            let (user, app) = (&record["initiatedBy"]["user"], &record["initiatedBy"]["app"]);
            let operations = ["activityDisplayName", "operationType", "category"];
            let operations = operations.map(|name| &record[name]);
            let apps = [
                (&app["appId"], &app["displayName"]),
                (&app["servicePrincipalId"], &app["displayName"]),
            ];
            let people = [
                (&user["userPrincipalName"], &user["userPrincipalName"]),
                (&user["id"], &user["displayName"]),
            ];
            (&record["result"], &record["targetResources"], operations, people, apps)
        }
    };
    let is_success = text(result).is_some_and(|result| result.eq_ignore_ascii_case("success"));
    let actor = |(id, name): (&Value, &Value), is_app| {
        let id = text(id)?;
        Some(AuditActor { name: text(name).unwrap_or_else(|| id.clone()), id, is_app })
    };
    let [by_name, by_id] = people.map(|person| actor(person, false));
    let app = apps.into_iter().find_map(|app| actor(app, true));
    // The record of a person may name the portal too.
    let is_person = text(&record["actor"]["auditActorType"])
        .is_some_and(|kind| kind.eq_ignore_ascii_case("ItPro"));
    let actor = by_name.or(if is_person { by_id.or(app) } else { app.or(by_id) });
    if !is_success {
        return None;
    }
    let resources = resources.elements();
    let properties = resources.iter().flat_map(|one| one["modifiedProperties"].elements());
    let properties = properties.filter_map(|one| {
        let name = text(&one["displayName"])?;
        let [old, new] = ["oldValue", "newValue"].map(|side| one[side].as_str().map(str::to_owned));
        let says_something = !OF_EACH_WRITE.iter().any(|it| it.eq_ignore_ascii_case(&name));
        says_something.then_some(AuditedProperty { name, old, new })
    });
    let is_operation = |wanted: &str| {
        let names = ["activityOperationType", "operationType"].into_iter();
        let mut operations = names.filter_map(|name| text(&record[name]));
        operations.any(|operation| operation.eq_ignore_ascii_case(wanted))
    };
    Some(AuditRecord {
        id: text(&record["id"])?,
        at: record["activityDateTime"].as_str()?.parse().ok()?,
        actor,
        operation: operations.into_iter().find_map(text).unwrap_or_default(),
        is_deletion: is_operation("delete"),
        is_action: is_operation("action"),
        component: text(&record["componentName"]),
        types: resources.iter().filter_map(|one| text(&one["auditResourceType"])).collect(),
        objects: resources.iter().filter_map(|one| text(&one["resourceId"])).collect(),
        names: resources.iter().filter_map(|one| text(&one["displayName"])).collect(),
        properties: properties.collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn question_is_filtered_by_component_and_time() {
        let at = |text: &str| text.parse().expect("an instant");
        let query = AuditQuery {
            log: AuditLog::Intune,
            component: Some("DeviceConfiguration"),
            from: at("2026-11-01T00:00:00Z"),
            until: at("2026-11-02T00:00:00Z"),
        };
        let asked = request(&query).path.replace("%20", " ");
        assert_eq!(
            asked,
            "/deviceManagement/auditEvents?$filter=componentName eq 'DeviceConfiguration' and activityDateTime ge 2026-11-01T00:00:00Z and activityDateTime le 2026-11-02T00:00:00Z and activityOperationType ne 'Get'"
        );
    }

    fn actor(id: &str, name: &str, is_app: bool) -> Option<AuditActor> {
        Some(AuditActor { id: id.to_owned(), name: name.to_owned(), is_app })
    }

    #[test]
    fn record_of_each_log_tells_who_wrote_what() {
        let policy = json!({
            "id": "DRS_1", "activityDateTime": "2026-11-30T02:15:01.1234567Z", "result": "success",
            "initiatedBy": { "app": null, "user": { "userPrincipalName": "alice@contoso.com" } },
            "targetResources": [{ "id": null, "modifiedProperties": [{ "displayName": "localAdminPassword" }] }],
        });
        let read_policy = read(AuditLog::Directory("x"), &policy).expect("a record");
        assert_eq!(read_policy.actor, actor("alice@contoso.com", "alice@contoso.com", false));
        let names: Vec<&str> = read_policy.properties.iter().map(|one| &*one.name).collect();
        assert_eq!(names, ["localAdminPassword"]);
        let mut event = json!({
            "id": "1", "activityDateTime": "2026-11-30T02:15:01Z", "activityResult": "Success",
            "actor": { "userPrincipalName": "", "applicationId": "a-1", "applicationDisplayName": "Pipeline" },
            "resources": [{ "resourceId": "o-1", "modifiedProperties": [] }],
        });
        let read_event = read(AuditLog::Intune, &event).expect("a record");
        assert_eq!(read_event.actor, actor("a-1", "Pipeline", true));
        assert!(read_event.is_about("O-1") && !read_event.is_about("o-2"));
        event["activityResult"] = json!("Failure");
        assert_eq!(read(AuditLog::Intune, &event), None);
    }

    #[test]
    fn record_without_a_user_principal_name_is_kept() {
        let intune = |actor: Value| json!({ "id": "1", "activityDateTime": "2026-11-30T02:15:01Z", "activityResult": "Success", "actor": actor });
        let entra = |by: Value| json!({ "id": "1", "activityDateTime": "2026-11-30T02:15:01Z", "result": "success", "initiatedBy": by });
        let directory = AuditLog::Directory("x");
        for (log, record, expected) in [
            (AuditLog::Intune, intune(json!({ "userId": "u-1" })), actor("u-1", "u-1", false)),
            (
                AuditLog::Intune,
                intune(
                    json!({ "userId": "u-1", "applicationId": "portal", "auditActorType": "ItPro" }),
                ),
                actor("u-1", "u-1", false),
            ),
            (
                AuditLog::Intune,
                intune(json!({ "userId": "u-1", "applicationId": "a-1" })),
                actor("a-1", "a-1", true),
            ),
            (AuditLog::Intune, intune(json!({ "userPrincipalName": null })), None),
            (
                directory,
                entra(json!({ "user": { "id": "u-1", "displayName": "Alice" } })),
                actor("u-1", "Alice", false),
            ),
            (directory, entra(json!({ "user": null, "app": null })), None),
        ] {
            let told = read(log, &record).map(|record| record.actor);
            assert_eq!(told, Some(expected), "{record}");
        }
    }
}
