//! Records of changes in the two audit logs (FACTS 6).

use serde_json::{Value, json};
use uuid::Uuid;

use super::actor::{Actor, Change};
use super::rows::Collection;
use super::state::{State, text};
use super::{Object, object};
use crate::schema::types::type_name;

mod spelling;

/// Appends Intune's record of a change. The record has the values that reads of the object show, so no masked one.
pub(crate) fn of_object(
    state: &mut State,
    row: &Collection,
    change: &Change<'_>,
    operation: &str,
    before: Option<&Object>,
    after: Option<&Object>,
) {
    let Some(subject) = after.or(before) else { return };
    let activity = format!("{operation} {}", row.audit.noun);
    let Actor { app_id, name } = change.actor;
    let (kind, application, upn) = match app_id {
        Some(_) => ("Application", name.as_str(), None),
        None => ("ItPro", "Microsoft Intune portal extension", Some(name)),
    };
    let event = object(json!({
        "id": Uuid::new_v4().to_string(),
        "displayName": activity,
        "componentName": row.audit.component,
        "activity": null,
        "activityDateTime": state.last_change,
        "activityType": activity,
        "activityOperationType": operation,
        "activityResult": "Success",
        "correlationId": Uuid::new_v4().to_string(),
        "category": row.audit.category,
        "actor": {
            "type": null,
            "auditActorType": kind,
            "userPermissions": ["*"],
            "applicationId": app_id,
            "applicationDisplayName": application,
            "userPrincipalName": upn,
            "servicePrincipalName": null,
            "ipAddress": null,
            "userId": upn.and_then(|upn| state.user(upn)).map(|user| &user.id),
            "remoteTenantId": null,
            "remoteUserId": null,
            "userRoleScopeTags": [],
        },
        "resources": [{
            "type": null,
            "displayName": text(subject, row.name_property),
            "auditResourceType": type_name(text(subject, "@odata.type")),
            "resourceId": text(subject, "id"),
            "modifiedProperties": spelling::modified(state, before, after),
        }],
    }));
    state.audit_events.push(event);
}

/// Appends Entra's record of a change. The service's own `modifiedProperties` of this activity are not known.
pub(crate) fn device_registration_policy(
    state: &mut State,
    change: &Change<'_>,
    before: &Object,
    after: &Object,
) {
    let Actor { app_id, name } = change.actor;
    let initiated_by = match app_id {
        Some(id) => json!({
            "user": null,
            "app": { "appId": id, "displayName": name, "servicePrincipalId": null, "servicePrincipalName": null },
        }),
        None => json!({
            "app": null,
            "user": { "id": state.user(name).map(|user| &user.id), "displayName": null, "userPrincipalName": name, "ipAddress": null },
        }),
    };
    let record = object(json!({
        "id": format!("DRS_{}", Uuid::new_v4()),
        "category": "Policy",
        "correlationId": Uuid::new_v4().to_string(),
        "result": "success",
        "resultReason": "",
        "activityDisplayName": "Set device registration policies",
        "activityDateTime": state.last_change,
        "loggedByService": "Device Registration Service",
        "operationType": "Update",
        "initiatedBy": initiated_by,
        "targetResources": [{
            "id": null,
            "displayName": null,
            "type": "Policy",
            "userPrincipalName": null,
            "groupType": null,
            "modifiedProperties": modified(before, after),
        }],
        "additionalDetails": [],
    }));
    state.directory_audits.push(record);
}

/// Returns the properties that differ, as JSON in texts, which is how Entra's log has other values (FACTS 6.2).
fn modified(before: &Object, after: &Object) -> Value {
    let differs = |(name, new): (&String, &Value)| {
        let old = before.get(name);
        let entry = json!({ "displayName": name, "oldValue": old.map(Value::to_string), "newValue": new.to_string() });
        (old != Some(new)).then_some(entry)
    };
    after.iter().filter_map(differs).collect()
}
