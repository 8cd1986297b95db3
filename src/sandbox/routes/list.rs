//! Collections without quirks of their own.

use axum::response::Response;
use serde_json::Value;

use super::call::Site;
use crate::sandbox::Object;
use crate::sandbox::query::Query;
use crate::sandbox::refusal::Refusal;

/// Answers with the objects that the query asks for. `filterable` are the properties that it may filter by.
pub(super) fn answer(
    site: &Site,
    query: &Query,
    path: &str,
    filterable: &[&str],
    limit: usize,
    objects: Vec<Object>,
) -> Result<Response, Refusal> {
    query.expands_nothing()?;
    if let Some(filter) = &query.filter {
        filter.allows(filterable)?;
    }
    let meets = |object: &Object| query.filter.as_ref().is_none_or(|filter| filter.matches(object));
    let (page, next) = query.page(objects.into_iter().filter(meets).collect(), limit);
    let project = |mut object: Object| {
        query.project(&mut object);
        Value::Object(object)
    };
    Ok(site.collection(path, path, page.into_iter().map(project).collect(), next))
}
