//! What Graph answers: the tenant's name, Intune's state, the licences, whether writes wait for an approval, and
//! whether the families can be read.

use serde_json::Value;

use super::TenantSeen;
use super::chart::{APPROVAL, Chart, Status, access_id, permission_id};
use crate::diagnose::catalogue::Lack;
use crate::diagnose::failure;
use crate::diagnose::permissions::Table;
use crate::graph::{Graph, GraphError, Request};
use crate::kinds::{Family, Service};
use crate::schema::types::GraphVersion;
use crate::tenant::approvals::access_policies;

const ORGANIZATION: &str = "/organization?$select=id,displayName";
const SUBSCRIPTION: &str = "/deviceManagement?$select=subscriptionState";
/// It takes no query options.
const LICENCES: &str = "/subscribedSkus";

/// Asks Graph.
pub(super) async fn check(
    chart: &mut Chart,
    graph: &Graph,
    families: &[&'static Family],
    tenant: &mut TenantSeen,
) {
    let intune = families.iter().any(|family| family.service == Service::Intune);
    let read = async |path: String| graph.send(&Request::get(GraphVersion::V1, path)).await;
    let (organization, subscription, licences, policies) = tokio::join!(
        read(ORGANIZATION.to_owned()),
        async {
            match intune {
                true => Some(read(SUBSCRIPTION.to_owned()).await),
                false => None,
            }
        },
        async {
            match intune {
                true => Some(read(LICENCES.to_owned()).await),
                false => None,
            }
        },
        async {
            match intune {
                true => Some(access_policies(graph, families).await),
                false => None,
            }
        },
    );
    name(chart, organization.map(|answer| answer.body), tenant);
    for family in families {
        access(chart, graph, family).await;
    }
    if let Some(answer) = subscription {
        state(chart, answer.map(|answer| answer.body));
    }
    if let Some(answer) = licences {
        licence(chart, answer.map(|answer| answer.body));
    }
    if let Some(answer) = policies {
        approval(chart, answer);
    }
}

/// Says whether writes are to be approved. Nothing is wrong where they are, or where that cannot be read.
fn approval(chart: &mut Chart, answer: Result<Vec<(String, Option<String>)>, GraphError>) {
    let policies = match answer {
        Ok(policies) => policies,
        Err(error) => {
            let detail = match error.status() {
                Some(403 | 404) => "the token may not read access policies".to_owned(),
                _ => error.to_string(),
            };
            chart.unknown(APPROVAL, detail, Vec::new());
            return;
        }
    };
    if policies.is_empty() {
        chart.ok(APPROVAL, "no access policy is for objects of these families");
        return;
    }
    let names = policies.into_iter().map(|(name, platform)| match platform {
        Some(platform) => format!("{name} ({platform})"),
        None => name,
    });
    let names = names.collect::<Vec<_>>().join(", ");
    let detail = format!(
        "writes may wait for a second administrator, by the access policies: {names}; \
         `moorline apply --justification TEXT` asks for the approval"
    );
    chart.ok(APPROVAL, detail);
}

fn name(chart: &mut Chart, answer: Result<Value, GraphError>, tenant: &mut TenantSeen) {
    // Who may not read it still knows the tenant by the token.
    let Ok(body) = answer else {
        return;
    };
    let organization = &body["value"][0];
    let text = |member: &str| organization[member].as_str().map(str::to_owned);
    tenant.id = text("id").or(tenant.id.take());
    tenant.display_name = text("displayName");
    if let (Some(name), Some(id)) = (&tenant.display_name, &tenant.id) {
        chart.ok("tenant", format!("{name} ({id})"));
    }
}

/// Reads as little of a family as there is.
async fn access(chart: &mut Chart, graph: &Graph, family: &Family) {
    let id = access_id(family);
    let path = match family.is_singleton() {
        true => family.path.to_owned(),
        false => format!("{}?$top=1&$select=id", family.path),
    };
    let answer = graph.send(&Request::get(GraphVersion::Beta, path)).await;
    let error = match answer {
        Ok(_) => {
            chart.ok(&id, "can be read");
            return;
        }
        Err(error) => error,
    };
    chart.blame(failure::of_call(&error), &id, &error.to_string());
    // The token's own list may look right: consent can have been withdrawn since, or the scope is of another sort.
    let lacking = [family.read_permission, family.write_permission]
        .into_iter()
        .find(|permission| chart.is_missing(&permission_id(permission)));
    if let Some(permission) = lacking
        && chart.is_missing(&id)
    {
        chart.unknown(&id, format!("refused, see {permission}"), Vec::new());
    }
}

fn state(chart: &mut Chart, answer: Result<Value, GraphError>) {
    let body = match answer {
        Ok(body) => body,
        Err(error) => {
            let entry = failure::of_call(&error);
            if entry.is_some_and(|entry| entry.lacks == Some(Lack::Permission)) {
                chart.unknown("subscription", "the token may not ask for it", Vec::new());
            } else if chart.status("subscription") == Some(Status::Unknown) {
                // What a whole family met says it already.
                chart.blame(entry, "subscription", &error.to_string());
            }
            return;
        }
    };
    match body["subscriptionState"].as_str() {
        Some("active") => chart.ok("subscription", "active"),
        Some("warning") => chart.ok("subscription", "active, and about to end"),
        Some(state) => {
            let detail = format!("Intune is {state} in this tenant");
            chart.missing_code("subscription", "intune/tenant-unlicensed", detail);
        }
        None => chart.unknown("subscription", "Intune does not say", Vec::new()),
    }
}

fn licence(chart: &mut Chart, answer: Result<Value, GraphError>) {
    let body = match answer {
        Ok(body) => body,
        Err(error) if error.status() == Some(403) => {
            let remedy = "Grant `LicenseAssignment.Read.All` if doctor should see licences; nothing else needs it.";
            chart.unknown("licence", "the token may not read licences", vec![remedy.to_owned()]);
            return;
        }
        Err(error) => {
            chart.unknown("licence", error.to_string(), Vec::new());
            return;
        }
    };
    let products = body["value"].as_array().into_iter().flatten();
    let names: Vec<&str> = products
        .filter(|sku| is_usable(sku))
        .filter_map(|sku| sku["skuPartNumber"].as_str())
        .collect();
    if !names.is_empty() {
        chart.ok("licence", names.join(", "));
    } else if chart.is_missing("subscription") {
        chart.missing_code("licence", "intune/tenant-unlicensed", "no product with Intune in it");
    } else {
        // There are more plans with Intune in them than are known here.
        let detail = match chart.status("subscription") {
            Some(Status::Ok) => "no product with a known Intune plan, though Intune is active",
            _ => "no product with a known Intune plan",
        };
        chart.unknown("licence", detail, Vec::new());
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
