//! What makes two plans, or two changes, the very same.

use serde::Serialize;

use super::{Action, Change, Plan};
use crate::graph::request::Request;
use crate::manifest::Address;
use crate::values::digest::{self, Domain};

/// A plan as its digest sees it: not when and by which release it was made, nor how it is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanEssence<'a> {
    tenant_id: &'a str,
    cloud: &'a str,
    only: &'a [String],
    knowledge: &'a str,
    changes: Vec<Essence<'a>>,
}

/// A change as the digest sees it: no places in files, which depend on where the command ran.
#[derive(PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Essence<'a> {
    address: &'a Address,
    action: Action,
    id: &'a Option<String>,
    requests: Vec<&'a Request>,
    precondition: &'a Option<String>,
    blocked: Vec<&'a str>,
}

impl<'a> Essence<'a> {
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

/// Returns the digest of a plan, whatever it says of itself.
pub fn seal(plan: &Plan) -> String {
    let differences = plan.changes.iter().filter(|change| change.is_difference());
    let essence = PlanEssence {
        tenant_id: &plan.tenant.tenant_id,
        cloud: &plan.tenant.cloud,
        only: &plan.only,
        knowledge: &plan.knowledge,
        changes: differences.map(Essence::of).collect(),
    };
    digest::tagged(Domain::Plan, &essence)
}

/// Returns whether two changes are the same, of the same object.
pub fn is_same(one: &Change, other: &Change) -> bool {
    Essence::of(one) == Essence::of(other)
}
