//! The digest of a plan, and equality of changes.

use serde::Serialize;

use super::{Action, Change, Plan};
use crate::graph::request::Request;
use crate::manifest::Address;
use crate::values::digest::{self, Domain};

/// The part of a plan that its digest covers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanDigestView<'a> {
    tenant_id: &'a str,
    cloud: &'a str,
    only: &'a [String],
    knowledge: &'a str,
    changes: Vec<DigestView<'a>>,
}

/// The part of a change that the digest covers: no places in files, which depend on where the command ran.
#[derive(PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct DigestView<'a> {
    address: &'a Address,
    action: Action,
    id: &'a Option<String>,
    requests: Vec<&'a Request>,
    precondition: &'a Option<String>,
    blocked: Vec<&'a str>,
}

impl<'a> DigestView<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            address: &change.address,
            action: change.action,
            id: &change.id,
            requests: change.requests.iter().map(|planned| &planned.request).collect(),
            precondition: &change.precondition,
            blocked: change.blocked.iter().map(|why| why.code.as_str()).collect(),
        }
    }
}

/// Computes the digest of a plan.
pub fn plan_digest(plan: &Plan) -> String {
    let differences = plan.changes.iter().filter(|change| change.is_difference());
    let view = PlanDigestView {
        tenant_id: &plan.tenant.tenant_id,
        cloud: &plan.tenant.cloud,
        only: &plan.only,
        knowledge: &plan.knowledge,
        changes: differences.map(DigestView::of).collect(),
    };
    digest::tagged(Domain::Plan, &view)
}

/// Returns whether two changes do the same to the same object.
pub fn is_same(one: &Change, other: &Change) -> bool {
    DigestView::of(one) == DigestView::of(other)
}
