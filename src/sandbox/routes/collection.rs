//! A collection of objects (FACTS 1): its routes follow from its row.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, any};
use serde_json::Value;

use super::call::{Answer, Call, Routes, on};
use super::references::{self as navigations, is_of, parse};
use crate::sandbox::collection::write::Writer;
use crate::sandbox::collection::{contained, read, references};
use crate::sandbox::query::{Expansion, Query};
use crate::sandbox::refusal::{Allowed, ErrorResponse, table};
use crate::sandbox::rows::{Assign, Contained, ReplaceAction, Row, Update};
use crate::sandbox::state::{State, text};
use crate::sandbox::{Object, masking, shape};
use crate::schema::types::{Types, type_name};

/// The status of a successful DELETE. The documentation says 204; tools that check see 200 (FACTS 1.1).
const DELETED: StatusCode = StatusCode::OK;
/// The status of a successful PATCH or PUT. The documentation says 200; the service says 204
/// (msgraph-sdk-powershell#1930, FACTS 11).
const UPDATED: StatusCode = StatusCode::NO_CONTENT;

/// Answers a call to a path of a collection.
type Handler = fn(&Call, Row) -> Answer;

pub(super) fn router(row: Row) -> Routes {
    const LIST: &str = "";
    const ITEM: &str = "/{id}";
    const REFERENCE: &str = "/{id}/{cast}/{navigation}/$ref";
    let (get, post, delete) = (MethodFilter::GET, MethodFilter::POST, MethodFilter::DELETE);
    let update = match row.update {
        Update::Patch => MethodFilter::PATCH,
        Update::Put => MethodFilter::PUT,
    };
    let assign = row.assign.as_ref().map_or("assign", |assign| assign.segment);
    let assign = format!("{ITEM}/{assign}");
    let routes: [(bool, &str, MethodFilter, Handler); 13] = [
        (true, LIST, get, list),
        (true, LIST, post, create),
        (true, ITEM, get, show),
        (true, ITEM, update, self::update),
        (row.is_deletable, ITEM, delete, self::delete),
        (row.plain_text_function.is_some(), "/{id}/{function}", get, plain_text),
        (row.has_status_overview, "/{id}/deviceStatusOverview", get, status_overview),
        (row.assign.is_some(), &assign, post, assign_to),
        (row.assign.is_some(), "/{id}/assignments", get, assignments),
        (true, "/{id}/{cast}/{navigation}", get, navigations::show),
        (true, REFERENCE, MethodFilter::PUT.or(post), navigations::refer),
        (true, REFERENCE, delete, navigations::clear),
        (true, "/{id}/{cast}/{navigation}/{target}/$ref", delete, navigations::remove),
    ];
    let path = format!("/{}", row.path);
    let mut router = Routes::new();
    for (_, below, verbs, handler) in routes.into_iter().filter(|(exists, ..)| *exists) {
        router = router.route(&format!("{path}{below}"), on(verbs, move |call| handler(call, row)));
    }
    for action in row.actions {
        let route = on(post, move |call| act(call, row, action));
        router = router.route(&format!("{path}{ITEM}/{}", action.segment), route);
    }
    for contained in row.contained {
        // It has no path of its own (microsoft-graph-docs#4104, #16701).
        let refused = any(async |call: Call| call.no_route());
        router = router.route(&format!("{path}{ITEM}/{}", contained.property), refused);
    }
    router
}

fn list(call: &Call, row: Row) -> Answer {
    let query = call.query()?;
    check(call, row, &query, false)?;
    let conditions = &call.service.conditions;
    let size = conditions.page_size.unwrap_or(row.page);
    let (page, next) = call.service.show(|state| {
        // An object whose type the version lacks is left out of the list (Intune-PowerShell-SDK#69).
        let visible = state.objects(row).iter().filter(|object| shape::has(call.version, object));
        let (page, next) = query.page(query.filtered(row.filterable, visible)?, size);
        let shown = page.into_iter().filter_map(|object| shown(call, row, &query, object));
        Ok::<_, ErrorResponse>((shown.map(Value::Object).collect::<Vec<_>>(), next))
    })?;
    if conditions.largest_page.is_some_and(|most| page.len() > most) {
        return Err(table::PAGE_TOO_LARGE.refusal(&[]));
    }
    Ok(call.collection(row.path, row.path, page, next))
}

fn show(call: &Call, row: Row) -> Answer {
    let query = call.query()?.with_key();
    check(call, row, &query, true)?;
    let casts = query.expand.iter().filter_map(|expand| expand.name.split_once('/'));
    let navigations = casts
        .map(|(cast, name)| Ok((cast, parse(call.version, cast, name)?)))
        .collect::<Allowed<Vec<_>>>()?;
    let id = call.parameter(0);
    let object = call.service.show(|state| {
        let object = read::find(state, row, call.version, id)?;
        let mut shown =
            shown(call, row, &query, object).ok_or_else(ErrorResponse::intune_not_found)?;
        // OData expands a navigation of another type to nothing; whether Intune does is not known.
        let own = navigations.iter().filter(|(cast, _)| is_of(call.version, object, cast));
        for (_, navigation) in own {
            let mut linked = references::shown(state, row, call.version, id, navigation);
            let value = if navigation.ty.collection {
                linked.into()
            } else {
                linked.pop().unwrap_or_default()
            };
            shown.insert(navigation.name.clone(), value);
        }
        Ok::<_, ErrorResponse>(shown)
    })?;
    let context = format!("{}{}/$entity", row.path, context(&query.expand));
    Ok(call.entity(StatusCode::OK, &context, object))
}

fn create(call: &Call, row: Row) -> Answer {
    let mut body = call.body()?;
    let bound = references::take(&call.root(), row, &mut body)?;
    let object = call.change(|state, change| {
        let id = Writer { state, row, change }.create(&body, bound)?;
        let created = read::find(state, row, call.version, &id)?;
        read::entity(call.version, row, created).ok_or_else(ErrorResponse::intune_not_found)
    })?;
    Ok(call.entity(StatusCode::CREATED, &format!("{}/$entity", row.path), object))
}

fn update(call: &Call, row: Row) -> Answer {
    let body = call.body()?;
    call.change(|state, change| Writer { state, row, change }.update(call.parameter(0), &body))?;
    Ok(UPDATED.into_response())
}

fn delete(call: &Call, row: Row) -> Answer {
    call.change(|state, change| Writer { state, row, change }.delete(call.parameter(0)))?;
    Ok(DELETED.into_response())
}

fn assign_to(call: &Call, row: Row) -> Answer {
    let (body, assign) = (call.body()?, assign(row)?);
    call.change(|state, change| {
        let mut writer = Writer { state: &mut *state, row, change };
        writer.replace(call.parameter(0), "assignments", &body, assign.body_key)?;
        assignment_set(call, row, state)
    })
}

fn assignments(call: &Call, row: Row) -> Answer {
    call.service.show(|state| assignment_set(call, row, state))
}

/// Answers with the assignments of an object.
fn assignment_set(call: &Call, row: Row, state: &State) -> Answer {
    let (path, id) = (row.path, call.parameter(0));
    let object = read::find(state, row, call.version, id)?;
    let set = read::assignments(call.version, assign(row)?, object);
    let address = format!("{path}/{id}/assignments");
    Ok(call.collection(&address, &format!("{path}('{id}')/assignments"), set, None))
}

fn assign(row: Row) -> Allowed<&'static Assign> {
    row.assign.as_ref().ok_or_else(|| ErrorResponse::no_segment("assignments"))
}

fn act(call: &Call, row: Row, action: &ReplaceAction) -> Answer {
    let body = call.body()?;
    call.change(|state, change| {
        let mut writer = Writer { state, row, change };
        writer.replace(call.parameter(0), action.property, &body, action.body_key)
    })?;
    Ok(StatusCode::from_u16(action.status).unwrap_or(StatusCode::OK).into_response())
}

fn status_overview(call: &Call, row: Row) -> Answer {
    let id = call.parameter(0);
    let overview =
        call.service.show(|state| read::status_overview(state, row, call.version, id))?;
    let context = format!("{}('{id}')/deviceStatusOverview/$entity", row.path);
    Ok(call.entity(StatusCode::OK, &context, overview))
}

/// Answers `<function>(secretReferenceValueId='…')`, the only function of an object that the sandbox supports (FACTS 1.1).
fn plain_text(call: &Call, row: Row) -> Answer {
    let (id, function) = (call.parameter(0), call.parameter(1));
    let reference = row
        .plain_text_function
        .and_then(|name| function.strip_prefix(name)?.strip_prefix("(secretReferenceValueId='"))
        .and_then(|rest| rest.strip_suffix("')"))
        .ok_or_else(|| ErrorResponse::no_segment(function))?
        .replace("''", "'");
    // A caller that may only read gets no encrypted value (FACTS 12).
    call.caller.needs(true, row.write)?;
    let value = call.service.show(|state| {
        let object = read::find(state, row, call.version, id)?;
        masking::plain_text(call.version, object, &state.secrets, &reference)
            .ok_or_else(ErrorResponse::intune_not_found)
    })?;
    let body = Object::from_iter([("value".to_owned(), value.into())]);
    Ok(call.entity(StatusCode::OK, "Edm.String", body))
}

/// Refuses query options that the collection does not have, or that the sandbox does not support.
fn check(call: &Call, row: Row, query: &Query, is_single: bool) -> Allowed<()> {
    for expand in &query.expand {
        let is_cast = is_single && expand.name.contains('/');
        let is_assignments = row.assign.is_some() && expand.name == "assignments";
        if is_cast || is_assignments {
            expand.is_plain()?;
        } else {
            check_contained(call, row.root, row.contained, expand)?;
        }
    }
    Types::of(call.version).get(row.root).map_or(Ok(()), |ty| query.selects(&ty))
}

/// Refuses an expansion that is none of these contained navigations: the type does not have it, or the sandbox does not
/// support it.
fn check_contained(call: &Call, ty: &str, rows: &[Contained], expand: &Expansion) -> Allowed<()> {
    if let Some(row) = rows.iter().find(|row| row.property == expand.name) {
        let mut inside = expand.inside.iter();
        return inside.try_for_each(|inner| check_contained(call, row.element, row.inside, inner));
    }
    let known = Types::of(call.version).get(ty);
    match known.filter(|known| known.property(&expand.name).is_none()) {
        Some(known) if !expand.name.contains('/') => {
            Err(table::UNKNOWN_PROPERTY.refusal(&[&expand.name, &known.name]))
        }
        _ => Err(expand.not_played()),
    }
}

fn shown(call: &Call, row: Row, query: &Query, object: &Object) -> Option<Object> {
    let mut shown = query.projected(read::entity(call.version, row, object)?);
    let address = format!("{}('{}')", row.path, text(object, "id"));
    let typed = match type_name(text(object, "@odata.type")).filter(|name| *name != row.root) {
        Some(name) => format!("{address}/microsoft.graph.{name}"),
        None => address.clone(),
    };
    for expand in &query.expand {
        if let Some(contained) = row.contains(&expand.name) {
            expand_into(call, &mut shown, &typed, contained, object, expand);
        } else if let (Some(assign), "assignments") = (&row.assign, expand.name.as_str()) {
            let of = format!("{address}/assignments");
            shown.insert("assignments@odata.context".to_owned(), call.context(&of).into());
            let set = read::assignments(call.version, assign, object);
            shown.insert("assignments".to_owned(), set.into());
        }
    }
    Some(shown)
}

/// Adds the targets of a contained navigation to an object, with the navigations inside of them that are expanded too.
fn expand_into(
    call: &Call,
    shown: &mut Object,
    parent: &str,
    row: &Contained,
    object: &Object,
    expand: &Expansion,
) {
    let of = call.context(&format!("{parent}/{}{}", row.property, context(&expand.inside)));
    shown.insert(format!("{}@odata.context", row.property), of.into());
    let targets = contained::objects(object, row.property).filter_map(|target| {
        let mut shown = shape::entity(call.version, row.element, target)?;
        contained::take(row.inside, &mut shown);
        let address = format!("{parent}/{}('{}')", row.property, text(target, "id"));
        for inner in &expand.inside {
            let mut inside = row.inside.iter();
            if let Some(row) = inside.find(|row| row.property == inner.name) {
                expand_into(call, &mut shown, &address, row, target, inner);
            }
        }
        Some(Value::Object(shown))
    });
    let targets: Value = targets.collect();
    shown.insert(row.property.to_owned(), targets);
}

/// Returns the part of an `@odata.context` that names expansions: `(a(),b(c()))`; nothing where there are none.
fn context(expansions: &[Expansion]) -> String {
    let name = |expand: &Expansion| {
        let inside = context(&expand.inside);
        expand.name.clone() + if inside.is_empty() { "()" } else { &inside }
    };
    let names: Vec<String> = expansions.iter().map(name).collect();
    if names.is_empty() { String::new() } else { format!("({})", names.join(",")) }
}
