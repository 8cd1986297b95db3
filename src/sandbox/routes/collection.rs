//! A collection of objects (FACTS 1): its routes follow from its row.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use serde_json::Value;

use super::call::{JsonObject, Site};
use super::references::{self as navigations, is_of, parse};
use crate::sandbox::Object;
use crate::sandbox::actor::{Actor, Change};
use crate::sandbox::collection::write::Writer;
use crate::sandbox::collection::{contained, read, references};
use crate::sandbox::masking;
use crate::sandbox::permissions::Caller;
use crate::sandbox::query::{Expand, Query};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::rows::{Assign, Contained, ReplaceAction, Row, Update};
use crate::sandbox::service::Service;
use crate::sandbox::shape;
use crate::sandbox::state::text;
use crate::schema::types::{Types, type_name};

/// What a successful DELETE answers. The documentation says 204; tools that check see 200 (FACTS 1.1).
const DELETED: StatusCode = StatusCode::OK;
/// What a successful PATCH or PUT answers. The documentation says 200; the service says 204
/// (msgraph-sdk-powershell#1930, FACTS 11).
const UPDATED: StatusCode = StatusCode::NO_CONTENT;

pub(super) fn router(row: Row) -> Router<Arc<Service>> {
    let path = format!("/{}", row.path);
    let item = format!("{path}/{{id}}");
    let mut one = match row.update {
        Update::Patch => get(show_one).patch(patch),
        Update::Put => get(show_one).put(put),
    };
    if row.is_deletable {
        one = one.delete(delete);
    }
    let mut router = Router::new().route(&path, get(list).post(create)).route(&item, one);
    if row.plain_text_function.is_some() {
        router = router.route(&format!("{item}/{{function}}"), get(function));
    }
    if let Some(assign) = &row.assign {
        router = router
            .route(&format!("{item}/{}", assign.segment), post(assign_to))
            .route(&format!("{item}/assignments"), get(assignments))
            .layer(Extension(assign));
    }
    for action in row.actions {
        let act = post(act).layer(Extension(action));
        router = router.route(&format!("{item}/{}", action.segment), act);
    }
    for contained in row.contained {
        router = router.route(&format!("{item}/{}", contained.property), any(not_routed));
    }
    if row.has_status_overview {
        router = router.route(&format!("{item}/deviceStatusOverview"), get(status_overview));
    }
    router.merge(navigations::router(row.path)).layer(Extension(row))
}

async fn list(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    check(&site, row, &query, false)?;
    if let Some(filter) = &query.filter {
        filter.allows(row.filterable)?;
    }
    let conditions = service.conditions();
    let size = conditions.page_size.unwrap_or(row.page);
    let (page, next) = service.show(|state| {
        let meets =
            |object: &&Object| query.filter.as_ref().is_none_or(|filter| filter.matches(object));
        // An object whose type the version lacks is left out without a word (Intune-PowerShell-SDK#69).
        let visible = |object: &&Object| shape::has(site.version, object);
        let found = state.objects(row).iter().filter(visible).filter(meets).collect::<Vec<_>>();
        let (page, next) = query.page(found, size);
        let shown = page.into_iter().filter_map(|object| shown(&site, row, &query, object));
        (shown.map(Value::Object).collect::<Vec<_>>(), next)
    });
    if conditions.largest_page.is_some_and(|most| page.len() > most) {
        return Err(Refusal::too_large());
    }
    Ok(site.collection(row.path, row.path, page, next))
}

async fn show_one(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Path(id): Path<String>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let query = query.with_key();
    check(&site, row, &query, true)?;
    let casts = query.expand.iter().filter_map(|expand| expand.name.split_once('/'));
    let navigations = casts
        .map(|(cast, name)| Ok((cast, parse(&site, cast, name)?)))
        .collect::<Result<Vec<_>, Refusal>>()?;
    let object = service.show(|state| {
        let object = read::find(state, row, site.version, &id)?;
        let shown = shown(&site, row, &query, object);
        let mut shown = shown.ok_or_else(Refusal::intune_not_found)?;
        // OData expands a navigation of another type to nothing; whether Intune does is not known.
        let own = navigations.iter().filter(|(cast, _)| is_of(&site, object, cast));
        for (_, navigation) in own {
            let mut linked = references::shown(state, row, site.version, &id, navigation);
            let value = match navigation.many {
                true => linked.into(),
                false => linked.pop().unwrap_or_default(),
            };
            shown.insert(navigation.property.clone(), value);
        }
        Ok(shown)
    })?;
    let expanded = match query.expand.is_empty() {
        true => String::new(),
        false => context(&query.expand),
    };
    Ok(site.entity(StatusCode::OK, &format!("{}{expanded}/$entity", row.path), object))
}

async fn create(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(actor): Extension<Actor>,
    site: Site,
    JsonObject(mut body): JsonObject,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    let bound = references::take(site.root(), row, &mut body)?;
    let object = service.change(|state| {
        let id = Writer { state, row, change: &change }.create(&body, bound)?;
        let created = read::find(state, row, site.version, &id)?;
        read::entity(site.version, row, created).ok_or_else(Refusal::intune_not_found)
    })?;
    Ok(site.entity(StatusCode::CREATED, &format!("{}/$entity", row.path), object))
}

async fn patch(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    site: Site,
    JsonObject(body): JsonObject,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    service.change(|state| Writer { state, row, change: &change }.patch(&id, &body))?;
    Ok(UPDATED.into_response())
}

async fn put(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    site: Site,
    JsonObject(body): JsonObject,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    service.change(|state| Writer { state, row, change: &change }.put(&id, &body))?;
    Ok(UPDATED.into_response())
}

async fn delete(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    site: Site,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    service.change(|state| Writer { state, row, change: &change }.delete(&id))?;
    Ok(DELETED.into_response())
}

async fn assign_to(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(assign): Extension<&'static Assign>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    site: Site,
    JsonObject(body): JsonObject,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    let set = service.change(|state| {
        let mut writer = Writer { state, row, change: &change };
        writer.replace(&id, "assignments", &body, assign.body_key)?;
        let object = read::find(state, row, site.version, &id)?;
        Ok(read::assignments(site.version, assign, object))
    })?;
    Ok(assignment_set(&site, row, &id, set))
}

async fn assignments(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(assign): Extension<&'static Assign>,
    Path(id): Path<String>,
    site: Site,
) -> Result<Response, Refusal> {
    let set = service.show(|state| {
        let object = read::find(state, row, site.version, &id)?;
        Ok(read::assignments(site.version, assign, object))
    })?;
    Ok(assignment_set(&site, row, &id, set))
}

async fn act(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(action): Extension<&'static ReplaceAction>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    site: Site,
    JsonObject(body): JsonObject,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    service.change(|state| {
        let mut writer = Writer { state, row, change: &change };
        writer.replace(&id, action.property, &body, action.body_key)
    })?;
    let done = StatusCode::from_u16(action.status).unwrap_or(StatusCode::OK);
    Ok(done.into_response())
}

/// Answers a call of what an object contains, which has no path of its own (microsoft-graph-docs#4104, #16701).
async fn not_routed(request: Request) -> Refusal {
    Refusal::no_route(request.method(), request.uri().path())
}

async fn status_overview(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Path(id): Path<String>,
    site: Site,
) -> Result<Response, Refusal> {
    let overview = service.show(|state| read::status_overview(state, row, site.version, &id))?;
    let context = format!("{}('{id}')/deviceStatusOverview/$entity", row.path);
    Ok(site.entity(StatusCode::OK, &context, overview))
}

/// Answers `<function>(secretReferenceValueId='…')`, the only function of an object that is played (FACTS 1.1).
async fn function(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(caller): Extension<Caller>,
    Path((id, function)): Path<(String, String)>,
    site: Site,
) -> Result<Response, Refusal> {
    let reference = row
        .plain_text_function
        .and_then(|name| function.strip_prefix(name)?.strip_prefix("(secretReferenceValueId='"))
        .and_then(|rest| rest.strip_suffix("')"))
        .ok_or_else(|| Refusal::no_segment(&function))?
        .replace("''", "'");
    caller.may_decrypt(row)?;
    let value = service.show(|state| {
        let object = read::find(state, row, site.version, &id)?;
        masking::plain_text(site.version, object, &state.secrets, &reference)
            .ok_or_else(Refusal::intune_not_found)
    })?;
    let mut body = Object::new();
    body.insert("value".to_owned(), value.into());
    Ok(site.entity(StatusCode::OK, "Edm.String", body))
}

fn assignment_set(site: &Site, row: Row, id: &str, set: Vec<Value>) -> Response {
    let path = row.path;
    let (address, context) =
        (format!("{path}/{id}/assignments"), format!("{path}('{id}')/assignments"));
    site.collection(&address, &context, set, None)
}

/// Refuses what the collection does not have, or what is not played.
fn check(site: &Site, row: Row, query: &Query, is_single: bool) -> Result<(), Refusal> {
    for expand in &query.expand {
        let is_cast = is_single && expand.name.contains('/');
        let is_assignments = row.assign.is_some() && expand.name == "assignments";
        match row.contains(&expand.name) {
            Some(contained) => check_inside(site, contained, expand)?,
            None if is_cast || is_assignments => expand.is_plain()?,
            None => return Err(unknown(site, row.root, expand)),
        }
    }
    Types::of(site.version).get(row.root).map_or(Ok(()), |ty| query.selects(&ty))
}

fn check_inside(site: &Site, contained: &Contained, expand: &Expand) -> Result<(), Refusal> {
    for inner in &expand.inside {
        let mut inside = contained.inside.iter();
        match inside.find(|contained| contained.property == inner.name) {
            Some(contained) => check_inside(site, contained, inner)?,
            None => return Err(unknown(site, contained.element, inner)),
        }
    }
    Ok(())
}

/// Returns the refusal of an expansion that is not played, or of a property that the type does not have.
fn unknown(site: &Site, ty: &str, expand: &Expand) -> Refusal {
    let known = Types::of(site.version).get(ty);
    match known.filter(|known| known.property(&expand.name).is_none()) {
        Some(known) if !expand.name.contains('/') => {
            Refusal::not_expandable(&expand.name, &known.name)
        }
        _ => Refusal::not_played(&format!("$expand={}", expand.name)),
    }
}

fn shown(site: &Site, row: Row, query: &Query, object: &Object) -> Option<Object> {
    let mut shown = read::entity(site.version, row, object)?;
    query.project(&mut shown);
    let address = format!("{}('{}')", row.path, text(object, "id"));
    let typed = match type_name(text(object, "@odata.type")).filter(|name| *name != row.root) {
        Some(name) => format!("{address}/microsoft.graph.{name}"),
        None => address.clone(),
    };
    for expand in &query.expand {
        if let Some(contained) = row.contains(&expand.name) {
            expand_into(site, &mut shown, &typed, contained, object, expand);
        } else if let (Some(assign), "assignments") = (&row.assign, expand.name.as_str()) {
            let of = format!("{address}/assignments");
            shown.insert("assignments@odata.context".to_owned(), site.context(&of).into());
            let set = read::assignments(site.version, assign, object);
            shown.insert("assignments".to_owned(), set.into());
        }
    }
    Some(shown)
}

/// Shows what an object contains by one navigation property, and what that contains as far as it is expanded too.
fn expand_into(
    site: &Site,
    shown: &mut Object,
    parent: &str,
    row: &Contained,
    object: &Object,
    expand: &Expand,
) {
    let inner = match expand.inside.is_empty() {
        true => String::new(),
        false => context(&expand.inside),
    };
    let of = site.context(&format!("{parent}/{}{inner}", row.property));
    shown.insert(format!("{}@odata.context", row.property), of.into());
    let targets = contained::objects(object, row.property).filter_map(|target| {
        let mut shown = shape::entity(site.version, row.element, target)?;
        contained::take(row.inside, &mut shown);
        let address = contained::address(parent, row, target);
        for inner in &expand.inside {
            let mut inside = row.inside.iter();
            if let Some(row) = inside.find(|row| row.property == inner.name) {
                expand_into(site, &mut shown, &address, row, target, inner);
            }
        }
        Some(Value::Object(shown))
    });
    let targets: Value = targets.collect();
    shown.insert(row.property.to_owned(), targets);
}

/// Returns what an `@odata.context` says of expansions: `(a(),b(c()))`.
fn context(expansions: &[Expand]) -> String {
    let names = expansions.iter().map(|expand| match expand.inside.is_empty() {
        true => format!("{}()", expand.name),
        false => format!("{}{}", expand.name, context(&expand.inside)),
    });
    format!("({})", names.collect::<Vec<_>>().join(","))
}
