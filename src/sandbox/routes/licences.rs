//! What the tenant has a licence for: `/subscribedSkus`, and Intune's own word in `/deviceManagement` (FACTS 7).

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use super::call::Site;
use super::list;
use crate::sandbox::Object;
use crate::sandbox::guid::guid;
use crate::sandbox::query::Query;
use crate::sandbox::quirks::{INTUNE_PLAN, INTUNE_SKU, PAGE_OF_DIRECTORY_OBJECTS};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;
use crate::sandbox::state::Tenant;

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/subscribedSkus", get(skus))
        .route("/deviceManagement", get(device_management))
}

async fn skus(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let skus = service.read(|state| {
        let licensed = Some(state.tenant()).filter(|tenant| tenant.intune_licensed);
        licensed.map(sku).into_iter().collect()
    });
    list::answer(&site, &query, "subscribedSkus", &[], PAGE_OF_DIRECTORY_OBJECTS, skus)
}

/// A tenant without a licence gets no answer here, as nowhere in Intune.
async fn device_management(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    query.expands_nothing()?;
    let account = service.read(|state| guid(&["intuneAccount", &state.tenant().id]));
    let singleton = json!({
        "id": account,
        "intuneAccountId": account,
        "subscriptionState": "active",
    });
    let mut object: Object = singleton.as_object().cloned().unwrap_or_default();
    query.project(&mut object);
    Ok(site.entity(StatusCode::OK, "deviceManagement/$entity", object))
}

fn sku(tenant: &Tenant) -> Object {
    let (sku_id, part) = INTUNE_SKU;
    let (plan_id, plan) = INTUNE_PLAN;
    let sku = json!({
        "accountId": tenant.id,
        "accountName": tenant.domain,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": 1,
        "id": format!("{}_{sku_id}", tenant.id),
        "prepaidUnits": { "enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0 },
        "servicePlans": [{
            "appliesTo": "User",
            "provisioningStatus": "Success",
            "servicePlanId": plan_id,
            "servicePlanName": plan,
        }],
        "skuId": sku_id,
        "skuPartNumber": part,
        "subscriptionIds": [],
    });
    sku.as_object().cloned().unwrap_or_default()
}
