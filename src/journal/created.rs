//! The objects that earlier runs created, and those that the manifests of the last run protected.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;

use super::entry::Origin;
use super::folder::journals;
use super::read::{Record, read};
use crate::kinds;
use crate::manifest::Address;
use crate::plan::TenantRef;
use crate::tenant::{CaselessKey, caseless};

/// Returns the objects that earlier runs of a folder created in a tenant, where the service answered their ids and the
/// journals can be read.
pub fn created(root: &Path, tenant: &TenantRef, origin: &Origin) -> BTreeSet<CaselessKey> {
    let changes = records(root, tenant, origin).flat_map(|record| record.changes);
    let keys = changes.filter_map(|change| {
        let result = change.result?;
        key(&result.address, &result.created?)
    });
    keys.collect()
}

/// Returns the objects of the manifests that forbade their deletion in the last apply of a folder to a tenant.
pub fn protected(root: &Path, tenant: &TenantRef, origin: &Origin) -> BTreeSet<CaselessKey> {
    let mut ids: BTreeSet<(Address, String)> = BTreeSet::new();
    let mut last = Vec::new();
    let mut records: Vec<Record> = records(root, tenant, origin).collect();
    // The names of files tell seconds, and two runs may share one.
    records.sort_by_key(|record| record.header.at.parse::<Timestamp>().ok());
    for Record { header, changes, .. } in records {
        let results = changes.into_iter().filter_map(|change| change.result);
        ids.extend(results.filter_map(|result| Some((result.address, result.id?))));
        if let Some(protected) = header.protected {
            let read = protected.iter().cloned();
            ids.extend(read.filter_map(|one| Some((one.address, one.id?))));
            last = protected;
        }
    }
    let is_last = |address: &Address| last.iter().any(|one| one.address == *address);
    let ids = ids.iter().filter(|(address, _)| is_last(address));
    ids.filter_map(|(address, id)| key(address, id)).collect()
}

/// Returns the journals that are about a tenant and can be read, oldest first.
fn records(root: &Path, tenant: &TenantRef, origin: &Origin) -> impl Iterator<Item = Record> {
    let records = journals(root).into_iter().filter_map(|path| read(&path).ok());
    records.filter(|record| record.expect(tenant, origin).is_ok())
}

fn key(address: &Address, id: &str) -> Option<CaselessKey> {
    Some(caseless(kinds::family_of(&address.kind)?, id))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::journal::testing::{HELLO, folder, header, intent, origin, tenant};
    use crate::plan::EarlierObjects;
    use crate::tenant::LiveObject;

    #[test]
    fn created_object_is_identified_by_family_and_id() {
        let result = json!({
            "line": "result", "at": "1970-01-01T00:00:00Z", "address": HELLO, "status": "applied",
            "id": "6D1F0B2C", "created": "6D1F0B2C", "writes": 1,
        });
        let (folder, _) = folder(&[header(), intent("create", json!({})), result]);
        let root = folder.path().to_owned();
        let ours = EarlierObjects::new(move || created(&root, &tenant(), &origin()));
        let object = |kind: &str| {
            let family = kinds::family_of(kind).expect("a kind");
            let body: Value =
                json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "id": "6d1f0b2c" });
            LiveObject::from_body(family, body).expect("an object")
        };
        assert!(ours.contain(&object("windowsIdentityProtectionConfiguration")));
        assert!(!ours.contain(&object("windows10CompliancePolicy")));
    }
}
