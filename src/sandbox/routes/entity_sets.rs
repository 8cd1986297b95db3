//! Routes of the entity sets that are read alone, which differ in their rows only, and of the directory's `getByIds` and
//! counts of members (FACTS 7).

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode};
use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::call::{Answer, Call, Routes, json, on, with_body};
use crate::sandbox::collection::contained;
use crate::sandbox::entity_sets::{ENTITY_SETS, EntitySet, GROUPS, USERS};
use crate::sandbox::limits::GET_BY_IDS_LIMIT;
use crate::sandbox::membership::{self, KINDS};
use crate::sandbox::permissions::READS_MEMBERS;
use crate::sandbox::refusal::{ErrorResponse, table};
use crate::sandbox::state::text;
use crate::sandbox::{Object, shape};
use crate::schema::types::{GraphVersion, Types};

pub(super) fn router(version: GraphVersion) -> Routes {
    let sets = ENTITY_SETS.iter().filter(|set| set.versions.contains(&version));
    let router = sets.fold(Routes::new(), |router, set| {
        let route = |handler: fn(&Call, &'static EntitySet) -> Answer| {
            let route = on(MethodFilter::GET, move |call| handler(call, set));
            if set.is_writable { route.fallback(not_written) } else { route }
        };
        let path = format!("/{}", set.path);
        let router = router.route(&path, route(if set.is_single { show_single } else { list }));
        if set.keys.is_empty() {
            return router;
        }
        let router = router.route(&format!("{path}/{{key}}"), route(show));
        match set.below {
            Some(below) => router.route(&format!("{path}/{{key}}/{below}"), route(list_below)),
            None => router,
        }
    });
    router
        .route("/directoryObjects/getByIds", on(MethodFilter::POST, get_by_ids))
        .route("/groups/{id}/transitiveMembers/{cast}/$count", on(MethodFilter::GET, count_members))
}

async fn not_written(request: Request) -> ErrorResponse {
    table::NOT_WRITTEN.refusal(&[&request.uri().path()])
}

fn list(call: &Call, set: &EntitySet) -> Answer {
    let query = call.query_ordered(set.order)?;
    query.expands_nothing()?;
    let found = query.filtered(set.filterable, objects(call, set))?;
    let (page, next) = query.page(found, set.page);
    let page = page.into_iter().map(|object| query.projected(object).into());
    Ok(call.collection(set.path, set.path, page.collect(), next))
}

fn show(call: &Call, set: &EntitySet) -> Answer {
    let key = call.parameter(0);
    let is_named = |object: &Object| {
        set.keys.iter().any(|property| text(object, property).eq_ignore_ascii_case(key))
    };
    answer(call, set, objects(call, set).into_iter().find(is_named))
}

/// Answers with the objects that an object of the set has a path for.
fn list_below(call: &Call, set: &EntitySet) -> Answer {
    let (query, key) = (call.query()?, call.parameter(0));
    query.expands_nothing()?;
    let below = set.below.unwrap_or_default();
    let mut objects = all(call, set).into_iter();
    let of = objects.find(|object| text(object, "id").eq_ignore_ascii_case(key));
    let of = of.ok_or_else(ErrorResponse::intune_not_found)?;
    let (page, next) = query.page(contained::objects(&of, below).cloned().collect(), set.page);
    let page = page.into_iter().map(|object| query.projected(object).into());
    let address = format!("{}/{key}/{below}", set.path);
    Ok(call.collection(&address, &format!("{}('{key}')/{below}", set.path), page.collect(), next))
}

fn show_single(call: &Call, set: &EntitySet) -> Answer {
    answer(call, set, objects(call, set).pop())
}

/// Answers with one object, where it was found.
pub(super) fn answer(call: &Call, set: &EntitySet, found: Option<Object>) -> Answer {
    let query = call.query()?;
    let query = if set.is_of_intune() { query.with_key() } else { query };
    query.expands_nothing()?;
    let object = found.ok_or_else(|| {
        if set.is_of_intune() {
            return ErrorResponse::intune_not_found();
        }
        table::DIRECTORY_NOT_FOUND.refusal(&[&call.parameter(0)])
    })?;
    let context = format!("{}/$entity", set.path);
    Ok(call.entity(StatusCode::OK, &context, query.projected(object)))
}

/// Returns the objects of a set.
fn all(call: &Call, set: &EntitySet) -> Vec<Object> {
    let now = call.service.pace.date();
    call.service.read(|state| (set.objects)(state, now))
}

/// Returns the objects of a set as the version of the call shows them, without what is below.
fn objects(call: &Call, set: &EntitySet) -> Vec<Object> {
    let mut objects = all(call, set);
    if let Some(below) = set.below {
        objects.iter_mut().for_each(|object| drop(object.remove(below)));
    }
    if Types::of(call.version).get(set.entity_type).is_none() {
        return objects;
    }
    let shown = |object| shape::entity(call.version, set.entity_type, &object);
    objects.into_iter().filter_map(shown).collect()
}

/// Answers with the groups and users of some ids. The answer leaves out unknown ids, and all properties but the id of
/// objects that the caller may not read.
fn get_by_ids(call: &Call) -> Answer {
    let body = call.body()?;
    let texts = |name: &str| -> Option<Vec<&str>> {
        body.get(name)?.as_array()?.iter().map(Value::as_str).collect()
    };
    let ids = texts("ids").ok_or_else(|| table::IDS_MISSING.refusal(&[]))?;
    if ids.len() > GET_BY_IDS_LIMIT {
        return Err(table::TOO_MANY_IDS.refusal(&[&GET_BY_IDS_LIMIT]));
    }
    let types = texts("types");
    let mut found: Vec<Value> = Vec::new();
    let is_asked = |object: &Object| {
        let id = text(object, "id");
        ids.iter().any(|asked| asked.eq_ignore_ascii_case(id))
    };
    let sets = [&GROUPS, &USERS].into_iter();
    for set in sets.filter(|set| types.as_ref().is_none_or(|t| t.contains(&set.entity_type))) {
        for mut object in objects(call, set).into_iter().filter(is_asked) {
            object.retain(|name, _| name == "id" || call.caller.has(set.read));
            let ty = format!("#microsoft.graph.{}", set.entity_type);
            object.insert("@odata.type".to_owned(), ty.into());
            found.push(object.into());
        }
    }
    let body = json!({ "@odata.context": call.context("directoryObjects"), "value": found });
    Ok(json(StatusCode::OK, &body))
}

/// Answers with the number of a group's members, which are not listed.
fn count_members(call: &Call) -> Answer {
    let (id, cast) = (call.parameter(0), call.parameter(1));
    let kind = cast.strip_prefix("microsoft.graph.").filter(|kind| KINDS.contains(kind));
    let wanted = kind.ok_or_else(|| ErrorResponse::no_segment(cast))?;
    call.caller.needs(false, READS_MEMBERS)?;
    let level = call.head.headers.get("consistencylevel");
    if !level.is_some_and(|level| level.as_bytes().eq_ignore_ascii_case(b"eventual")) {
        return Err(table::COUNT_NOT_EVENTUAL.refusal(&[]));
    }
    let count = call.service.read(|state| membership::count(state, id, wanted));
    let count = count.ok_or_else(|| table::DIRECTORY_NOT_FOUND.refusal(&[&id]))?;
    Ok(with_body(StatusCode::OK, HeaderValue::from_static("text/plain"), count.to_string()))
}
