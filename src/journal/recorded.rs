//! The records of live objects in the journals of earlier runs.

use std::path::Path;

use super::entry::{ChangeRecord, ChangeResult, Origin};
use super::folder::journals;
use super::read::read;
use crate::kinds;
use crate::plan::{RecordedObjects, TenantRef};
use crate::tenant::caseless;

/// Returns the objects that earlier runs of a folder wrote in a tenant, as far as the journals can be read and have the ids.
pub fn recorded(root: &Path, tenant: &TenantRef, origin: &Origin) -> RecordedObjects {
    let records = journals(root).into_iter().filter_map(|path| read(&path).ok());
    let of_tenant = records.filter(|record| record.expect(tenant, origin).is_ok());
    let mut objects = RecordedObjects::default();
    for change in of_tenant.flat_map(|record| record.changes) {
        add(&mut objects, &change);
    }
    objects
}

/// Adds the record of a change to that of its object. The changes of later runs come later.
fn add(objects: &mut RecordedObjects, change: &ChangeRecord) -> Option<()> {
    let is_unwritten = |result: &ChangeResult| result.writes == 0 && !result.status.is_done();
    if change.result.as_ref().is_some_and(is_unwritten) {
        return None;
    }
    let last = change.last();
    let family = kinds::family_of(&last.address.kind)?;
    let object = objects.entry(caseless(family, change.id()?)).or_default();
    object.created |= change.result.as_ref().is_some_and(|result| result.created.is_some());
    object.names.insert(last.display_name.clone(), last.at.clone());
    object.addresses.insert(last.address.clone(), last.at.clone());
    object.protect = last.protect;
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::journal::testing::{HELLO, folder, header, intent, origin, tenant};
    use crate::plan::EarlierRuns;
    use crate::tenant::LiveObject;

    #[test]
    fn recorded_object_is_identified_by_family_and_id() {
        let result = json!({
            "line": "result", "at": "1970-01-01T00:00:00Z", "address": HELLO, "status": "applied",
            "id": "6D1F0B2C", "created": "6D1F0B2C", "writes": 1,
        });
        let (folder, _) = folder(&[header(), intent("create", json!({})), result]);
        let root = folder.path().to_owned();
        let earlier = EarlierRuns::new(move || recorded(&root, &tenant(), &origin()));
        let object = |kind: &str| {
            let family = kinds::family_of(kind).expect("a kind");
            let body: Value =
                json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "id": "6d1f0b2c" });
            LiveObject::from_body(family, body).expect("an object")
        };
        assert!(earlier.created(&object("windowsIdentityProtectionConfiguration")));
        assert!(!earlier.created(&object("windows10CompliancePolicy")));
    }

    #[test]
    fn names_and_protection_are_those_of_writes_that_were_made() {
        let written = |step: &str, more: Value| {
            let mut intent = intent(step, more);
            intent["id"] = "6d1f0b2c".into();
            intent
        };
        let result = |status: &str, writes: usize| {
            json!({
                "line": "result", "at": "1970-01-01T00:00:00Z", "address": HELLO, "status": status,
                "id": "6d1f0b2c", "writes": writes,
            })
        };
        let named = |name: &str, protect: bool| json!({ "displayName": name, "protect": protect });
        let of = |lines: &[Value]| {
            let (folder, _) = folder(lines);
            recorded(folder.path(), &tenant(), &origin()).into_values().next()
        };
        let made = of(&[header(), written("patch", named("Hello", true)), result("applied", 1)]);
        let made = made.expect("an object");
        assert_eq!(made.names.into_keys().collect::<Vec<_>>(), ["Hello"]);
        assert_eq!((made.created, made.protect), (false, true));
        let refused = [header(), written("patch", named("Hello", true)), result("failed", 0)];
        assert_eq!(of(&refused), None);
    }
}
