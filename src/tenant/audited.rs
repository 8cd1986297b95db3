//! The names that objects had according to Intune's audit log.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::LiveObject;
use crate::graph::{Graph, GraphError, Request};
use crate::schema::types::GraphVersion;

/// How long before the last change of an object the log is searched for a change of its name.
const SEARCHED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long after a change its entry may be dated.
const LATE: SignedDuration = SignedDuration::from_mins(5);

/// The names that the log has of objects, by their ids in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuditedNames {
    names: BTreeMap<String, BTreeMap<String, AuditedName>>,
    /// Why the log could not be read.
    pub(crate) unread: Option<String>,
}

/// The last entry of the log that has a name of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditedName {
    /// The time of the entry, as the log has it.
    pub(crate) at: String,
    /// The user or app that made the change.
    pub(crate) by: Option<String>,
}

/// The time in which objects may have got other names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AuditWindow {
    from: Timestamp,
    to: Timestamp,
}

impl AuditWindow {
    /// Returns the time in which an object may have got another name, `None` where its dates are not known.
    pub(crate) fn of(object: &LiveObject) -> Option<Self> {
        let body = object.body.value();
        let at = |name: &str| body.get(name)?.as_str()?.parse::<Timestamp>().ok();
        let modified = at("lastModifiedDateTime")?;
        let from = modified.checked_sub(SEARCHED).ok()?;
        let from = at("createdDateTime").map_or(from, |created| created.max(from));
        Some(Self { from, to: modified.checked_add(LATE).ok()? })
    }

    /// Returns the time that holds both.
    pub(crate) fn with(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }
}

impl AuditedNames {
    /// Returns the entry that has a name of an object.
    pub(crate) fn entry(&self, object: &LiveObject, name: &str) -> Option<&AuditedName> {
        self.names.get(&object.id.to_lowercase())?.get(name)
    }

    /// Adds the names that an entry has of objects.
    fn add(&mut self, event: &Value) {
        let text = |name: &str| event.get(name)?.as_str();
        let at = text("activityDateTime").unwrap_or_default();
        let actor = |name: &str| event.get("actor")?.get(name)?.as_str();
        let by = actor("userPrincipalName").or_else(|| actor("applicationDisplayName"));
        let resources = event.get("resources").and_then(Value::as_array).into_iter().flatten();
        for resource in resources {
            let text = |name: &str| resource.get(name)?.as_str();
            let Some(id) = text("resourceId") else { continue };
            let names = self.names.entry(id.to_lowercase()).or_default();
            for name in text("displayName").map(str::to_owned).into_iter().chain(former(resource)) {
                let entry = names
                    .entry(name)
                    .or_insert_with(|| AuditedName { at: String::new(), by: None });
                if *entry.at < *at {
                    *entry = AuditedName { at: at.to_owned(), by: by.map(str::to_owned) };
                }
            }
        }
    }
}

/// Returns the names that a resource of an entry had before and after the change.
fn former(resource: &Value) -> impl Iterator<Item = String> {
    let modified = resource.get("modifiedProperties").and_then(Value::as_array);
    let is_name = |property: &&Value| {
        let name = property.get("displayName").and_then(Value::as_str);
        name.is_some_and(|name| name.eq_ignore_ascii_case("displayName"))
    };
    let values = |property: &Value| {
        ["oldValue", "newValue"].map(|name| Some(unquoted(property.get(name)?.as_str()?)))
    };
    let modified = modified.into_iter().flatten().filter(is_name);
    modified.flat_map(values).flatten().collect::<Vec<_>>().into_iter()
}

/// Returns a text that may be written as JSON (FACTS 6).
fn unquoted(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())
}

/// Reads the names that the log has of objects from a time.
///
/// # Errors
/// Only those that end the run: no plan depends on the log alone.
pub(crate) async fn read(
    graph: &Graph,
    window: Option<AuditWindow>,
) -> Result<Option<AuditedNames>, GraphError> {
    let Some(AuditWindow { from, to }) = window else { return Ok(None) };
    let path = format!(
        "/deviceManagement/auditEvents?$filter=activityDateTime%20ge%20{from}%20and%20activityDateTime%20le%20{to}%20and%20activityOperationType%20ne%20'Get'"
    );
    let mut names = AuditedNames::default();
    match graph.list(&Request::get(GraphVersion::V1, path)).await {
        Ok(events) => events.iter().for_each(|event| names.add(event)),
        Err(error) if error.ends_run() => return Err(error),
        Err(error) => names.unread = Some(error.to_string()),
    }
    Ok(Some(names))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds;

    fn object(id: &str, more: &Value) -> LiveObject {
        let mut body = json!({ "@odata.type": "#microsoft.graph.k", "id": id });
        let members = body.as_object_mut().expect("an object");
        members.extend(more.as_object().cloned().unwrap_or_default());
        LiveObject::from_body(kinds::FAMILIES[0], body).expect("an object")
    }

    #[test]
    fn names_are_read_from_both_forms_of_an_entry() {
        let event = |at: &str, old: &str, new: &str| {
            json!({
                "activityDateTime": at,
                "actor": { "userPrincipalName": "alice@contoso.com", "applicationDisplayName": "Portal" },
                "resources": [{
                    "resourceId": "6D1F0B2C", "displayName": "Lobby",
                    "modifiedProperties": [{ "displayName": "DisplayName", "oldValue": old, "newValue": new }],
                }],
            })
        };
        let mut names = AuditedNames::default();
        names.add(&event("2026-03-02T10:00:00Z", "Foyer", "Lobby"));
        names.add(&event("2026-03-01T10:00:00Z", r#""Hall""#, r#""Foyer""#));
        let of = |name: &str| {
            let entry = names.entry(&object("6d1f0b2c", &json!({})), name)?;
            assert_eq!(entry.by.as_deref(), Some("alice@contoso.com"));
            Some(entry.at.clone())
        };
        assert_eq!(of("Foyer").as_deref(), Some("2026-03-02T10:00:00Z"), "the last entry counts");
        assert_eq!(of("Hall").as_deref(), Some("2026-03-01T10:00:00Z"));
        assert_eq!(of("Kiosk"), None);
        assert_eq!(names.entry(&object("7", &json!({})), "Foyer"), None);
    }

    #[test]
    fn log_is_searched_from_the_creation_of_an_object_to_its_last_change() {
        let window = |created: &str, modified: &str| {
            let dates = json!({ "createdDateTime": created, "lastModifiedDateTime": modified });
            let AuditWindow { from, to } = AuditWindow::of(&object("1", &dates))?;
            Some((from.to_string(), to.to_string()))
        };
        let to = "2026-03-02T10:05:00Z".to_owned();
        let young = window("2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z");
        assert_eq!(young, Some(("2026-03-01T10:00:00Z".to_owned(), to.clone())));
        let old = window("2020-03-01T10:00:00Z", "2026-03-02T10:00:00Z");
        assert_eq!(old, Some(("2025-12-02T10:00:00Z".to_owned(), to)));
        assert_eq!(window("2020-03-01T10:00:00Z", ""), None);
    }
}
