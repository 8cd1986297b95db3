//! The digest of a plan, and equality of changes.

use serde_json::{Value as Json, json};

use super::accepted;
use super::requests::readable;
use super::{Change, Plan};
use crate::graph::request::Request;
use crate::values::digest::{self, Domain};

/// Returns the part of a change that the digest covers: no places in files, which depend on where the command ran.
fn digested(change: &Change) -> Json {
    // A saved plan has digests in the place of payloads that hold a secret.
    let requests = change.requests.iter().map(|planned| readable(&planned.request));
    let blocked = change.blocked.iter().map(|why| &why.code);
    let mut covered = json!({
        "address": change.address,
        "action": change.action,
        "id": change.id,
        "requests": requests.collect::<Vec<Request>>(),
        "precondition": change.precondition,
        "blocked": blocked.collect::<Vec<&String>>(),
    });
    let accepted = accepted::digested(change);
    if !accepted.is_empty() {
        covered["accepted"] = accepted.into();
    }
    covered
}

/// Computes the digest of a plan.
pub fn plan_digest(plan: &Plan) -> String {
    let is_covered = |change: &&Change| {
        change.is_difference() || !change.accepted.is_empty() || !change.void.is_empty()
    };
    let differences = plan.changes.iter().filter(is_covered);
    let covered = json!({
        "tenantId": plan.tenant.tenant_id,
        "cloud": plan.tenant.cloud,
        "only": plan.only,
        "knowledge": plan.knowledge,
        "changes": differences.map(digested).collect::<Vec<Json>>(),
    });
    digest::tagged(Domain::Plan, &covered)
}

/// Returns whether two changes do the same to the same object.
pub fn is_same(one: &Change, other: &Change) -> bool {
    digested(one) == digested(other)
}
