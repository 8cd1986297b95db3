//! Checks what Graph answers: the tenant's name, the Intune subscription, licences, access policies that ask for an
//! approval, and whether the families can be read.

use futures_util::future::OptionFuture;
use serde_json::Value;

use super::TenantSeen;
use super::checklist::{CheckResult, CheckStatus, Checklist, access_id, permission_id, use_intune};
use crate::diagnose::catalogue::Lack;
use crate::diagnose::failure;
use crate::diagnose::permissions::Table;
use crate::graph::{Graph, GraphError, Request};
use crate::kinds::Family;
use crate::schema::types::GraphVersion;
use crate::tenant::approvals::access_policies;

const ORGANIZATION: &str = "/organization?$select=id,displayName";
const SUBSCRIPTION: &str = "/deviceManagement?$select=subscriptionState";
/// This path takes no query options.
const LICENCES: &str = "/subscribedSkus";

type Answer<T> = Result<T, GraphError>;

/// Sends the requests and records the results.
pub(super) async fn check(
    checklist: &mut Checklist,
    graph: &Graph,
    families: &[&'static Family],
    tenant: &mut TenantSeen,
) {
    let read = async |path: &str| -> Answer<Value> {
        let request = Request::get(GraphVersion::V1, path.to_owned());
        Ok(graph.send(&request).await?.body)
    };
    let of_intune = async {
        let policies = access_policies(graph, families);
        tokio::join!(read(SUBSCRIPTION), read(LICENCES), policies)
    };
    let of_intune: OptionFuture<_> = use_intune(families).then_some(of_intune).into();
    let (organization, of_intune) = tokio::join!(read(ORGANIZATION), of_intune);
    // A caller that may not read the name still knows the tenant by the token.
    if let Ok(body) = organization {
        name(checklist, &body["value"][0], tenant);
    }
    for family in families {
        access(checklist, graph, family).await;
    }
    if let Some((subscription, licences, policies)) = of_intune {
        state(checklist, subscription);
        checklist.record("licence", licence(checklist.status("subscription"), licences));
        checklist.record("approval", approval(policies));
    }
}

/// Returns the access policies that ask for an approval. Their existence is no problem, nor is a token that may not read them.
fn approval(answer: Answer<Vec<(String, Option<String>)>>) -> CheckResult {
    let policies = match answer {
        Err(error) if matches!(error.status(), Some(403 | 404)) => {
            return CheckResult::unknown("the token may not read access policies");
        }
        Err(error) => return CheckResult::unknown(error.to_string()),
        Ok(policies) if policies.is_empty() => {
            return CheckResult::ok("no access policy is for objects of these families");
        }
        Ok(policies) => policies,
    };
    let names = policies.into_iter().map(|(name, platform)| match platform {
        Some(platform) => format!("{name} ({platform})"),
        None => name,
    });
    CheckResult::ok(format!(
        "writes may wait for a second administrator, by the access policies: {}; \
         `moorline apply --justification TEXT` asks for the approval",
        names.collect::<Vec<_>>().join(", ")
    ))
}

fn name(checklist: &mut Checklist, organization: &Value, tenant: &mut TenantSeen) {
    let text = |member: &str| organization[member].as_str().map(str::to_owned);
    tenant.id = text("id").or(tenant.id.take());
    tenant.display_name = text("displayName");
    if let (Some(name), Some(id)) = (&tenant.display_name, &tenant.id) {
        checklist.record("tenant", CheckResult::ok(format!("{name} ({id})")));
    }
}

/// Reads as little of a family as possible.
async fn access(checklist: &mut Checklist, graph: &Graph, family: &Family) {
    let id = access_id(family);
    let query = if family.is_singleton() { "" } else { "?$top=1&$select=id" };
    let path = format!("{}{query}", family.path);
    let Err(error) = graph.send(&Request::get(GraphVersion::Beta, path)).await else {
        return checklist.record(&id, CheckResult::ok("can be read"));
    };
    checklist.attribute(failure::of_call(&error), &id, &error.to_string());
    // The token's own list may look right: consent can have been withdrawn since, or the scope is of another sort.
    let lacking = [family.read_permission, family.write_permission]
        .into_iter()
        .find(|permission| checklist.is_missing(&permission_id(permission)));
    if let Some(permission) = lacking
        && checklist.is_missing(&id)
    {
        checklist.record(&id, CheckResult::unknown(format!("refused, see {permission}")));
    }
}

fn state(checklist: &mut Checklist, answer: Answer<Value>) {
    let result = match answer.as_ref().map(|body| body["subscriptionState"].as_str()) {
        Ok(Some("active")) => CheckResult::ok("active"),
        Ok(Some("warning")) => CheckResult::ok("active, and about to end"),
        Ok(Some(state)) => CheckResult::missing(
            "intune/tenant-unlicensed",
            format!("Intune is {state} in this tenant"),
        ),
        Ok(None) => CheckResult::unknown("Intune reports no state"),
        Err(error) => {
            let entry = failure::of_call(error);
            if entry.and_then(|entry| entry.lacks) != Some(Lack::Permission) {
                // What reading a family has found says it already.
                if checklist.status("subscription") == Some(CheckStatus::Unknown) {
                    checklist.attribute(entry, "subscription", &error.to_string());
                }
                return;
            }
            CheckResult::unknown("the token may not ask for it")
        }
    };
    checklist.record("subscription", result);
}

fn licence(subscription: Option<CheckStatus>, answer: Answer<Value>) -> CheckResult {
    let body = match answer {
        Ok(body) => body,
        Err(error) if error.status() == Some(403) => {
            let remedy = "Grant `LicenseAssignment.Read.All` if doctor should see licences; nothing else needs it.";
            return CheckResult::unknown("the token may not read licences")
                .with_remedy(vec![remedy.to_owned()]);
        }
        Err(error) => return CheckResult::unknown(error.to_string()),
    };
    let products = body["value"].as_array().into_iter().flatten();
    let names: Vec<&str> = products
        .filter(|sku| is_usable(sku))
        .filter_map(|sku| sku["skuPartNumber"].as_str())
        .collect();
    match subscription {
        _ if !names.is_empty() => CheckResult::ok(names.join(", ")),
        Some(CheckStatus::Missing) => {
            CheckResult::missing("intune/tenant-unlicensed", "no product with Intune in it")
        }
        // There are more plans with Intune in them than are known here.
        Some(CheckStatus::Ok) => {
            CheckResult::unknown("no product with a known Intune plan, though Intune is active")
        }
        _ => CheckResult::unknown("no product with a known Intune plan"),
    }
}

/// Returns whether a product brings a plan with which devices can be managed, and has not ended.
fn is_usable(sku: &Value) -> bool {
    let alive = matches!(sku["capabilityStatus"].as_str(), Some("Enabled" | "Warning"));
    let plans = sku["servicePlans"].as_array().into_iter().flatten();
    let known = |plan: &Value| {
        let id = plan["servicePlanId"].as_str().unwrap_or_default();
        Table::built_in().service_plans.iter().any(|known| known.id.eq_ignore_ascii_case(id))
    };
    alive && plans.filter(|plan| plan["provisioningStatus"] == "Success").any(known)
}
