//! The directory: groups, users, `getByIds` and the organization (FACTS 7).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Value, json};

use super::call::{self, JsonObject, Site};
use super::list;
use crate::sandbox::Object;
use crate::sandbox::permissions::{Caller, READS_GROUPS, READS_USERS};
use crate::sandbox::query::Query;
use crate::sandbox::quirks::{GET_BY_IDS_LIMIT, PAGE_OF_DIRECTORY_OBJECTS};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;
use crate::sandbox::state::{self, Group, User};

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/groups", get(groups))
        .route("/groups/{id}", get(group))
        .route("/users", get(users))
        .route("/users/{id}", get(user))
        .route("/directoryObjects/getByIds", post(by_ids))
        .route("/organization", get(organization))
}

async fn groups(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let all = service.read(|state| state.groups.iter().map(group_object).collect());
    list::answer(
        &site,
        &query,
        "groups",
        &["displayName", "id", "startswith(displayName)"],
        PAGE_OF_DIRECTORY_OBJECTS,
        all,
    )
}

async fn group(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let found = service.read(|state| {
        state.groups.iter().find(|group| group.id.eq_ignore_ascii_case(&id)).map(group_object)
    });
    one(&site, &query, "groups/$entity", &id, found)
}

async fn users(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let all = service.read(|state| state.users.iter().map(user_object).collect());
    let filterable = ["displayName", "id", "userPrincipalName"];
    list::answer(&site, &query, "users", &filterable, PAGE_OF_DIRECTORY_OBJECTS, all)
}

async fn user(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let found = service.read(|state| {
        let named = |user: &&User| {
            [&user.id, &user.user_principal_name].iter().any(|name| name.eq_ignore_ascii_case(&id))
        };
        state.users.iter().find(named).map(user_object)
    });
    one(&site, &query, "users/$entity", &id, found)
}

fn one(
    site: &Site,
    query: &Query,
    context: &str,
    id: &str,
    found: Option<Object>,
) -> Result<Response, Refusal> {
    query.expands_nothing()?;
    let mut object = found.ok_or_else(|| Refusal::directory_not_found(id))?;
    query.project(&mut object);
    Ok(site.entity(StatusCode::OK, context, object))
}

/// Unknown ids are left out of the answer; of what the caller may not read there is the id alone.
async fn by_ids(
    State(service): State<Arc<Service>>,
    Extension(caller): Extension<Caller>,
    site: Site,
    JsonObject(body): JsonObject,
) -> Result<Response, Refusal> {
    let texts = |name: &str| -> Option<Vec<&str>> {
        body.get(name)?.as_array()?.iter().map(Value::as_str).collect()
    };
    let ids =
        texts("ids").ok_or_else(|| Refusal::unreadable("ids must be a list of object ids."))?;
    if ids.len() > GET_BY_IDS_LIMIT {
        return Err(Refusal::unreadable(format!(
            "ids can have at most {GET_BY_IDS_LIMIT} entries."
        )));
    }
    let types = texts("types");
    let wanted = |ty: &str| types.as_ref().is_none_or(|types| types.contains(&ty));
    let asked = |id: &str| ids.iter().any(|asked| asked.eq_ignore_ascii_case(id));
    let found: Vec<Value> = service.read(|state| {
        let groups = state.groups.iter().filter(|group| wanted("group") && asked(&group.id));
        let users = state.users.iter().filter(|user| wanted("user") && asked(&user.id));
        let groups = groups.map(|group| {
            let object = seen_by(&caller, READS_GROUPS, group_object(group));
            typed("#microsoft.graph.group", object)
        });
        let users = users.map(|user| {
            let object = seen_by(&caller, READS_USERS, user_object(user));
            typed("#microsoft.graph.user", object)
        });
        groups.chain(users).collect()
    });
    let body = json!({ "@odata.context": site.context("directoryObjects"), "value": found });
    Ok(call::json(StatusCode::OK, &body))
}

async fn organization(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let tenant = service.read(|state| organization_object(state.tenant()));
    list::answer(&site, &query, "organization", &["id"], PAGE_OF_DIRECTORY_OBJECTS, vec![tenant])
}

fn seen_by(caller: &Caller, any_of: &[&str], mut object: Object) -> Object {
    if !caller.has(any_of) {
        object.retain(|name, _| name == "id");
    }
    object
}

fn typed(ty: &str, mut object: Object) -> Value {
    object.insert("@odata.type".to_owned(), ty.into());
    Value::Object(object)
}

fn group_object(group: &Group) -> Object {
    object(json!({
        "id": group.id,
        "description": null,
        "displayName": group.display_name,
        "groupTypes": [],
        "mailEnabled": false,
        "membershipRule": null,
        "securityEnabled": true,
    }))
}

fn user_object(user: &User) -> Object {
    object(json!({
        "id": user.id,
        "displayName": user.display_name,
        "mail": null,
        "userPrincipalName": user.user_principal_name,
    }))
}

fn organization_object(tenant: &state::Tenant) -> Object {
    object(json!({
        "id": tenant.id,
        "displayName": tenant.display_name,
        "verifiedDomains": [{ "name": tenant.domain, "isDefault": true, "isInitial": true, "type": "Managed" }],
    }))
}

fn object(value: Value) -> Object {
    value.as_object().cloned().unwrap_or_default()
}
