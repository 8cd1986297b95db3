//! The records of live objects in the journals of earlier runs.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;

use super::entry::{ChangeRecord, ChangeResult, Origin};
use super::folder::journals;
use super::read::{Record, read};
use crate::kinds;
use crate::manifest::Address;
use crate::plan::{RecordedObjects, TenantRef};
use crate::tenant::{CaselessKey, caseless};

/// Returns the objects of earlier runs of a folder in a tenant, as far as the journals can be read and have the ids.
pub fn recorded(root: &Path, tenant: &TenantRef, origin: &Origin) -> RecordedObjects {
    let records = journals(root).into_iter().filter_map(|path| read(&path).ok());
    let of_tenant = records.filter(|record| record.expect(tenant, origin).is_ok());
    let mut records: Vec<Record> = of_tenant.collect();
    // The names of files tell seconds, and two runs may share one.
    records.sort_by_key(|record| record.header.at.parse::<Timestamp>().ok());
    let mut objects = RecordedObjects::default();
    for change in records.iter().flat_map(|record| &record.changes) {
        add(&mut objects, change);
    }
    for key in protected(&records) {
        objects.entry(key).or_default().protect = true;
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
    // The service records a write after it was begun.
    let at = change.result.as_ref().map_or(&last.at, |result| &result.at);
    let object = objects.entry(key(&last.address, change.id()?)?).or_default();
    object.created |= change.result.as_ref().is_some_and(|result| result.created.is_some());
    object.names.insert(last.display_name.clone(), at.clone());
    object.addresses.insert(last.address.clone(), at.clone());
    Some(())
}

/// Returns the objects of the manifests that forbade their deletion in the last apply.
fn protected(records: &[Record]) -> Vec<CaselessKey> {
    let mut ids: BTreeSet<(&Address, &str)> = BTreeSet::new();
    let mut last = &[][..];
    for Record { header, changes, .. } in records {
        let results = changes.iter().filter_map(|change| change.result.as_ref());
        ids.extend(results.filter_map(|result| Some((&result.address, result.id.as_deref()?))));
        if let Some(protected) = &header.protected {
            ids.extend(protected.iter().filter_map(|one| Some((&one.address, one.id.as_deref()?))));
            last = protected;
        }
    }
    let is_last = |address: &Address| last.iter().any(|one| one.address == *address);
    let ids = ids.into_iter().filter(|(address, _)| is_last(address));
    ids.filter_map(|(address, id)| key(address, id)).collect()
}

fn key(address: &Address, id: &str) -> Option<CaselessKey> {
    Some(caseless(kinds::family_of(&address.kind)?, id))
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
    fn names_are_those_of_writes_that_were_made() {
        let written = |step: &str, more: Value| {
            let mut intent = intent(step, more);
            intent["id"] = "6d1f0b2c".into();
            intent
        };
        let result = |status: &str, writes: usize| {
            json!({
                "line": "result", "at": "1970-01-01T00:00:01Z", "address": HELLO, "status": status,
                "id": "6d1f0b2c", "writes": writes,
            })
        };
        let named = |name: &str| json!({ "displayName": name });
        let of = |lines: &[Value]| {
            let (folder, _) = folder(lines);
            recorded(folder.path(), &tenant(), &origin()).into_values().next()
        };
        let made = of(&[header(), written("patch", named("Hello")), result("applied", 1)]);
        let made = made.expect("an object");
        // The service records the write after it was begun.
        let names: Vec<(String, String)> = made.names.into_iter().collect();
        assert_eq!(names, [("Hello".to_owned(), "1970-01-01T00:00:01Z".to_owned())]);
        assert!(!made.created);
        let refused = [header(), written("patch", named("Hello")), result("failed", 0)];
        assert_eq!(of(&refused), None);
    }
}
