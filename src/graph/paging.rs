//! Lists, page by page.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use super::answer::Response;
use super::client::Graph;
use super::error::{Call, GraphError};
use super::request::{Effect, Method, Request};

/// How many pages a list may have before it is taken for one that never ends.
const MOST_PAGES: usize = 10_000;

impl Graph {
    /// Reads a whole list, following `@odata.nextLink` as it stands.
    ///
    /// # Errors
    /// When a page cannot be read, is no list, or points to another server or back to a page that was
    /// read already. Part of a list is never returned.
    pub async fn list(&self, request: &Request) -> Result<Vec<Value>, GraphError> {
        let mut call = Call::of(request);
        if request.method != Method::Get {
            return Err(GraphError::InvalidRequest {
                call,
                reason: "a list is read by GET",
            });
        }
        let mut url = self.url(request)?;
        let mut seen = HashSet::new();
        let mut items = Vec::new();
        loop {
            let response = self.call(&call, &url, None, Effect::Read).await?;
            let next = take_page(&call, response, &mut items)?;
            let Some(next) = next else { return Ok(items) };
            seen.insert(url);
            url = self.follow(&call, &next)?;
            if seen.len() == MOST_PAGES || seen.contains(&url) {
                return Err(bad(&call, "its next pages never end"));
            }
            call = Call {
                method: Method::Get,
                path: path_and_query(&url),
            };
        }
    }

    /// Returns a nextLink's URL, if the token may go there.
    fn follow(&self, call: &Call, link: &str) -> Result<Url, GraphError> {
        let url = Url::parse(link).map_err(|_| bad(call, "its `@odata.nextLink` is not a URL"))?;
        if self.endpoints.reaches_graph(&url) {
            Ok(url)
        } else {
            let origin = url.origin().ascii_serialization();
            Err(GraphError::ForeignNextLink {
                call: call.clone(),
                origin,
            })
        }
    }
}

/// Moves a page's items over and returns the link to the next page.
fn take_page(
    call: &Call,
    response: Response,
    items: &mut Vec<Value>,
) -> Result<Option<String>, GraphError> {
    let unusable = |reason| GraphError::BadPayload {
        call: call.clone(),
        reason,
        request_id: response.request_id.clone(),
    };
    let Value::Object(mut page) = response.body else {
        return Err(unusable("it is not a page of a list"));
    };
    match page.remove("value") {
        Some(Value::Array(values)) => items.extend(values),
        _ => return Err(unusable("it is not a page of a list")),
    }
    match page.remove("@odata.nextLink") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(link)) => Ok(Some(link)),
        Some(_) => Err(unusable("its `@odata.nextLink` is not a URL")),
    }
}

fn bad(call: &Call, reason: &'static str) -> GraphError {
    GraphError::BadPayload {
        call: call.clone(),
        reason,
        request_id: None,
    }
}

fn path_and_query(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}
