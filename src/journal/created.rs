//! What earlier runs created.

use std::collections::BTreeSet;
use std::path::Path;

use super::entry::{Entry, Origin};
use super::folder::journals;
use super::read::read;
use crate::plan::TenantRef;

/// Returns the ids of the objects that earlier runs of a folder created in a tenant, in lower case, as far as the
/// service answered them and the journals can be read.
pub fn created(root: &Path, tenant: &TenantRef, origin: &Origin) -> BTreeSet<String> {
    let records = journals(root).into_iter().filter_map(|path| read(&path).ok());
    let of_tenant = records.filter(|record| record.expect(tenant, origin).is_ok());
    let ids = of_tenant.flat_map(|record| {
        let results = record.entries.into_iter().filter_map(|entry| match entry {
            Entry::Result(fate) => fate.created,
            _ => None,
        });
        results.collect::<Vec<_>>()
    });
    ids.map(|id| id.to_lowercase()).collect()
}
