//! The objects that earlier runs created.

use std::collections::BTreeSet;
use std::path::Path;

use super::entry::Origin;
use super::folder::journals;
use super::read::read;
use crate::kinds;
use crate::plan::TenantRef;
use crate::tenant::{CaselessKey, caseless};

/// Returns the objects that earlier runs of a folder created in a tenant, where the service answered their ids and the
/// journals can be read.
pub fn created(root: &Path, tenant: &TenantRef, origin: &Origin) -> BTreeSet<CaselessKey> {
    let records = journals(root).into_iter().filter_map(|path| read(&path).ok());
    let of_tenant = records.filter(|record| record.expect(tenant, origin).is_ok());
    let keys = of_tenant.flat_map(|record| record.changes).filter_map(|change| {
        let result = change.result?;
        Some(caseless(kinds::family_of(&result.address.kind)?, &result.created?))
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::journal::testing::{HELLO, folder, header, intent, origin, tenant};
    use crate::plan::OwnCreates;
    use crate::tenant::LiveObject;

    #[test]
    fn created_object_is_identified_by_family_and_id() {
        let result = json!({
            "line": "result", "at": "1970-01-01T00:00:00Z", "address": HELLO, "status": "applied",
            "id": "6D1F0B2C", "created": "6D1F0B2C", "writes": 1,
        });
        let (folder, _) = folder(&[header(), intent("create", json!({})), result]);
        let root = folder.path().to_owned();
        let ours = OwnCreates::new(move || created(&root, &tenant(), &origin()));
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
