//! Lists, page by page.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::answer::{Answer, Response};
use super::approval::Approval;
use super::body::Item;
use super::chain::{Chain, conclude};
use super::client::Graph;
use super::error::{Call, GraphError};
use super::request::Request;
use super::sender::Sending;
use crate::http::retry::Decision;
use crate::http::{Effect, Method};
use crate::schema::types::GraphVersion;

/// How many pages a list may have before it is taken for one that never ends.
const MOST_PAGES: usize = 10_000;

/// How many bytes the pages of a list may have: a tenant's largest has some hundredth of it.
const MOST_BYTES: usize = 1 << 30;

/// The page sizes to fall back on where the service cannot gather a page and answers 503: the last one is what
/// Microsoft's guide to Intune's interfaces advises (FACTS 4.5).
const SMALLER_PAGES: [usize; 2] = [100, 20];

/// How many 503 in a row are taken for a service that is busy. After so many the page is taken to be too large.
const BUSY: u32 = 2;

/// What came of reading a list with pages of one size.
enum Read<'a> {
    Whole,
    /// A page of it cannot be had, and these are the attempts.
    TooLarge(Chain<'a>),
}

/// What a caller that takes a list page by page is given.
#[derive(Debug)]
pub enum Part {
    /// The items of the next page.
    Page(Vec<Item>),
    /// The list is read anew: the pages before do not count.
    Anew,
}

impl Graph {
    /// Reads a whole list, following `@odata.nextLink` as it stands. Where the service cannot gather a page,
    /// the list is read anew with smaller ones.
    ///
    /// # Errors
    /// When a page cannot be read, is no list, or points to another server or back to a page that was
    /// read already. Part of a list is never returned.
    pub async fn list(&self, request: &Request) -> Result<Vec<Value>, GraphError> {
        let mut items: Vec<Item> = Vec::new();
        let take = |part| match part {
            Part::Page(page) => items.extend(page),
            Part::Anew => items.clear(),
        };
        self.list_by_pages(request, take).await?;
        let values: Option<Vec<Value>> = items.iter().map(Item::value).collect();
        values.ok_or_else(|| bad(&Call::of(request), "it is not JSON"))
    }

    /// As [`Self::list`], and gives each page away as soon as it is there; the next one is asked for before
    /// anything waits again.
    ///
    /// # Errors
    /// See [`Self::list`]. What was given away by then is part of a list.
    pub async fn list_by_pages(
        &self,
        request: &Request,
        mut take: impl FnMut(Part),
    ) -> Result<(), GraphError> {
        if request.method != Method::Get {
            return Err(GraphError::InvalidRequest {
                call: Call::of(request),
                reason: "a list is read by GET",
            });
        }
        let sizes = match request.path.contains("$top=") {
            true => &[][..],
            false => &SMALLER_PAGES[..],
        };
        let mut smaller = sizes.iter();
        let mut sized = request.clone();
        let mut chain = self.chain();
        let mut without_size = None;
        loop {
            let may_shrink = !smaller.as_slice().is_empty();
            match self.pages(&sized, chain, may_shrink, &mut take).await {
                Ok(Read::Whole) => return Ok(()),
                Ok(Read::TooLarge(tried)) => {
                    take(Part::Anew);
                    without_size.get_or_insert(tried);
                    if let Some(size) = smaller.next() {
                        sized.path = with_page_size(&request.path, *size);
                    }
                    chain = self.chain();
                }
                Err(error) => {
                    let refused = error.status() == Some(400);
                    let Some(tried) = without_size.take().filter(|_| refused) else {
                        return Err(error);
                    };
                    // Not every list takes a page size. It is waited for as it is, in the time that is left.
                    take(Part::Anew);
                    smaller = [].iter();
                    sized = request.clone();
                    chain = tried;
                }
            }
        }
    }

    /// Reads lists of one version, the first page of each in batches. Where there are more pages, the list is read
    /// anew by itself.
    pub async fn lists(
        &self,
        version: GraphVersion,
        requests: &[Request],
    ) -> Vec<Result<Vec<Value>, GraphError>> {
        let answers = self.batch(version, requests).await;
        let lists = answers.into_iter().zip(requests);
        join_all(lists.map(|(answer, request)| async move {
            match of_response(&Call::of(request), answer?)? {
                (items, None) => Ok(items),
                (_, Some(_)) => self.list(request).await,
            }
        }))
        .await
    }

    /// Sends a call that only reads and answers a list at once, as some actions do.
    ///
    /// # Errors
    /// When it fails, or its answer is no list or only the beginning of one.
    pub async fn list_at_once(&self, request: &Request) -> Result<Vec<Value>, GraphError> {
        let call = Call::of(request);
        let approval = Approval::default();
        let answer = self.send_as(Effect::Read, request, &approval, &mut async || false).await?;
        match of_response(&call, answer)? {
            (items, None) => Ok(items),
            (_, Some(_)) => Err(bad(&call, "it is not the whole list")),
        }
    }

    /// Reads pages, the first one by this chain.
    async fn pages<'a>(
        &'a self,
        request: &Request,
        mut chain: Chain<'a>,
        may_shrink: bool,
        take: &mut impl FnMut(Part),
    ) -> Result<Read<'a>, GraphError> {
        let mut call = Call::of(request);
        let mut url = self.url(request)?;
        let mut seen = HashSet::new();
        let mut left = MOST_BYTES;
        loop {
            let page = self.page(&mut chain, &call, &url, may_shrink).await?;
            let Some(page) = page else {
                return Ok(Read::TooLarge(chain));
            };
            chain = self.chain();
            let (items, next) = of_answer(&call, page, &mut left)?;
            take(Part::Page(items));
            let Some(next) = next else {
                return Ok(Read::Whole);
            };
            seen.insert(url);
            url = self.follow(&call, &next)?;
            if seen.len() == MOST_PAGES || seen.contains(&url) {
                return Err(bad(&call, "its next pages never end"));
            }
            call = Call { method: Method::Get, path: path_and_query(&url) };
        }
    }

    /// Reads a page, as often as the policy says. Returns nothing where it may be had in smaller pieces alone.
    async fn page(
        &self,
        chain: &mut Chain<'_>,
        call: &Call,
        url: &Url,
        may_shrink: bool,
    ) -> Result<Option<Answer>, GraphError> {
        let sending = Sending::read(call, url);
        loop {
            let attempt = chain.attempt(&sending).await?;
            let decision = chain.decide(Effect::Read, &attempt);
            let too_large = may_shrink
                && chain.attempts() >= BUSY
                && attempt.as_ref().is_ok_and(|answer| answer.status == 503);
            match decision {
                Decision::Wait(wait) if chain.wait(call, &attempt, wait).await => {
                    if too_large {
                        return Ok(None);
                    }
                }
                decision => {
                    let retries = chain.retries();
                    return conclude(call, retries, decision, attempt).map(Some);
                }
            }
        }
    }

    /// Returns a nextLink's URL, if the token may go there.
    fn follow(&self, call: &Call, link: &str) -> Result<Url, GraphError> {
        let url = Url::parse(link).map_err(|_| bad(call, "its `@odata.nextLink` is not a URL"))?;
        if self.endpoints().reaches_graph(&url) {
            Ok(url)
        } else {
            let origin = url.origin().ascii_serialization();
            Err(GraphError::ForeignNextLink { call: call.clone(), origin })
        }
    }
}

/// A page of a list as Graph answers it.
#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<Value>,
}

/// Returns a page's items and the link to the next page.
fn of_answer(
    call: &Call,
    answer: Answer,
    left: &mut usize,
) -> Result<(Vec<Item>, Option<String>), GraphError> {
    let request_id = answer.request_id;
    let unusable = |reason| unusable(call, reason, request_id.clone());
    let text = answer.body.text();
    *left =
        left.checked_sub(text.len()).ok_or_else(|| unusable("its pages hold more than 1 GiB"))?;
    let page = serde_json::from_slice(&text).map_err(|error| {
        unusable(if error.is_data() { "it is not a page of a list" } else { "it is not JSON" })
    })?;
    parts(page).map_err(unusable)
}

/// As [`of_answer`], of an answer that is parsed.
fn of_response(
    call: &Call,
    response: Response,
) -> Result<(Vec<Value>, Option<String>), GraphError> {
    let page = serde_json::from_value(response.body).map_err(|_| "it is not a page of a list");
    page.and_then(parts).map_err(|reason| unusable(call, reason, response.request_id))
}

/// Returns a page's items and the link to the next page, or why they cannot be used.
fn parts<T>(page: Page<T>) -> Result<(Vec<T>, Option<String>), &'static str> {
    match page.next {
        None | Some(Value::Null) => Ok((page.value, None)),
        Some(Value::String(link)) => Ok((page.value, Some(link))),
        Some(_) => Err("its `@odata.nextLink` is not a URL"),
    }
}

fn unusable(call: &Call, reason: &'static str, request_id: Option<String>) -> GraphError {
    GraphError::BadPayload { call: call.clone(), reason, request_id }
}

fn bad(call: &Call, reason: &'static str) -> GraphError {
    unusable(call, reason, None)
}

fn with_page_size(path: &str, size: usize) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}$top={size}")
}

fn path_and_query(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::body::Body;
    use super::super::testing::{Reply, Server, graph, reply};
    use super::*;
    use crate::schema::types::GraphVersion;

    fn things() -> Request {
        Request::get(GraphVersion::Beta, "/things?$top=2")
    }

    async fn error_after(first_page: Value) -> (GraphError, usize) {
        let server = Server::start(move |_, _, _| reply(200, &first_page)).await;
        let error = graph(&server.url).list(&things()).await.expect_err("no list");
        (error, server.seen().len())
    }

    #[tokio::test]
    async fn next_links_are_followed_as_they_stand_past_empty_pages_and_refusals() {
        let server = Server::start(|_, number, url| {
            let next = |token: &str| format!("{url}/beta/things?$top=2&$skiptoken={token}");
            match number {
                0 => reply(200, &json!({"value": [1, 2], "@odata.nextLink": next("a%2Fb+c")})),
                1 => reply(503, &Value::Null).header("retry-after", "5"),
                2 => reply(200, &json!({"value": [], "@odata.nextLink": next("last")})),
                _ => reply(200, &json!({"value": [3]})),
            }
        })
        .await;
        let graph = graph(&server.url);
        assert_eq!(graph.list(&things()).await.expect("a list"), [json!(1), json!(2), json!(3)]);
        assert_eq!(
            server.lines(),
            [
                "GET /beta/things?$top=2",
                "GET /beta/things?$top=2&$skiptoken=a%2Fb+c",
                "GET /beta/things?$top=2&$skiptoken=a%2Fb+c",
                "GET /beta/things?$top=2&$skiptoken=last",
            ]
        );
        assert_eq!(graph.clock().sleeps().len(), 1);
    }

    #[tokio::test]
    async fn a_page_that_is_too_large_is_asked_for_in_smaller_ones() {
        let server = Server::start(|seen, _, url| {
            let small = seen.line.contains("$top=20");
            match seen.line.contains("skiptoken") {
                true if small => reply(200, &json!({"value": [2]})),
                false if small => {
                    let next = format!("{url}/beta/things?$expand=parts&$top=20&$skiptoken=a");
                    reply(200, &json!({"value": [1], "@odata.nextLink": next}))
                }
                _ => reply(503, &Value::Null),
            }
        })
        .await;
        let graph = graph(&server.url);
        let things = Request::get(GraphVersion::Beta, "/things?$expand=parts");
        assert_eq!(graph.list(&things).await.expect("a list"), [json!(1), json!(2)]);
        let line = "GET /beta/things?$expand=parts";
        assert_eq!(
            server.lines(),
            [
                line.to_owned(),
                line.to_owned(),
                format!("{line}&$top=100"),
                format!("{line}&$top=100"),
                format!("{line}&$top=20"),
                format!("{line}&$top=20&$skiptoken=a"),
            ]
        );
        assert_eq!(graph.clock().sleeps().len(), 4);
    }

    #[tokio::test]
    async fn a_list_that_takes_no_page_size_is_waited_for_as_it_is() {
        let server = Server::start(|seen, number, _| match number {
            _ if seen.line.contains("$top=") => {
                reply(400, &json!({"error": {"code": "BadRequest"}}))
            }
            0..4 => reply(503, &Value::Null),
            _ => reply(200, &json!({"value": [1]})),
        })
        .await;
        let things = Request::get(GraphVersion::Beta, "/things");
        let list = graph(&server.url).list(&things).await;
        assert_eq!(list.expect("a list"), [json!(1)]);
        let line = "GET /beta/things";
        let sized = "GET /beta/things?$top=100";
        assert_eq!(server.lines(), [line, line, sized, line, line]);
        let refused = Server::start(|_, _, _| reply(400, &Value::Null)).await;
        let error = graph(&refused.url).list(&things).await;
        assert_eq!(error.expect_err("refused").status(), Some(400));
        assert_eq!(refused.seen().len(), 1);
    }

    #[tokio::test]
    async fn of_many_lists_only_those_with_more_pages_are_read_by_themselves() {
        let server = Server::start(|seen, _, url| match &seen.line {
            line if line.ends_with("$batch") => {
                let page = json!({"value": [1], "@odata.nextLink": format!("{url}/beta/b?more")});
                let answers = [json!({"value": [0]}), page, json!({})];
                let answers = answers.iter().enumerate().map(
                    |(place, body)| json!({"id": place.to_string(), "status": 200, "body": body}),
                );
                reply(200, &json!({"responses": answers.collect::<Vec<_>>()}))
            }
            line if line.ends_with("more") => reply(200, &json!({"value": [2]})),
            _ => {
                let next = format!("{url}/beta/b?more");
                reply(200, &json!({"value": [1], "@odata.nextLink": next}))
            }
        })
        .await;
        let requests = ["/a", "/b", "/c"].map(|path| Request::get(GraphVersion::Beta, path));
        let graph = graph(&server.url);
        let lists = graph.lists(GraphVersion::Beta, &requests).await;
        assert_eq!(lists[0].as_ref().expect("a list"), &[json!(0)]);
        assert_eq!(lists[1].as_ref().expect("a list"), &[json!(1), json!(2)]);
        assert!(matches!(lists[2], Err(GraphError::BadPayload { .. })));
        assert_eq!(server.seen().len(), 3);
    }

    #[tokio::test]
    async fn the_token_does_not_follow_a_link_to_another_server() {
        let other = Server::start(|_, _, _| reply(200, &json!({"value": []}))).await;
        let port = other.url.rsplit(':').next().expect("a port").to_owned();
        for link in [
            format!("{}/beta/things", other.url),
            format!("http://localhost:{port}/beta/things"),
            "https://graph.microsoft.com/beta/things".to_owned(),
            "file:///etc/passwd".to_owned(),
        ] {
            let (error, calls) = error_after(json!({"value": [], "@odata.nextLink": link})).await;
            assert!(matches!(error, GraphError::ForeignNextLink { .. }), "{link}: {error}");
            assert_eq!(calls, 1);
        }
        let with_user = Server::start(|_, _, url| {
            let link = format!("{}/beta/things?x", url.replace("://", "://alice@"));
            reply(200, &json!({"value": [], "@odata.nextLink": link}))
        })
        .await;
        let error = graph(&with_user.url).list(&things()).await.expect_err("no list");
        assert!(matches!(error, GraphError::ForeignNextLink { .. }), "{error}");
        assert!(other.seen().is_empty());
    }

    #[tokio::test]
    async fn pages_in_a_circle_end() {
        let server = Server::start(|_, number, url| {
            let link = format!("{url}/beta/things?page={}", number % 2);
            reply(200, &json!({"value": [number], "@odata.nextLink": link}))
        })
        .await;
        let error = graph(&server.url).list(&things()).await.expect_err("no list");
        assert!(error.to_string().ends_with("its next pages never end"), "{error}");
        assert_eq!(server.seen().len(), 3);
    }

    #[test]
    fn pages_that_hold_too_much_end() {
        let call = Call::of(&things());
        let page = json!({"value": ["x".repeat(600)], "@odata.nextLink": "more"});
        let mut left = 1000;
        let mut take = || {
            let body = Body::Parsed(page.clone());
            let answer = Answer {
                status: 200,
                retry_after: None,
                request_id: None,
                client_request_id: None,
                approval_code: None,
                body,
            };
            of_answer(&call, answer, &mut left)
        };
        let (_, next) = take().expect("a page");
        assert_eq!(next.as_deref(), Some("more"));
        let error = take().expect_err("no room");
        assert!(error.to_string().ends_with("more than 1 GiB"), "{error}");
    }

    #[tokio::test]
    async fn what_is_no_list_is_refused() {
        for page in [
            json!({}),
            json!([1]),
            json!({"value": {}}),
            json!({"value": [], "@odata.nextLink": 7}),
            json!({"value": [], "@odata.nextLink": "/relative"}),
        ] {
            let (error, _) = error_after(page.clone()).await;
            assert!(matches!(error, GraphError::BadPayload { .. }), "{page}: {error}");
        }
        let server = Server::scripted(vec![Reply::text(200, "")]).await;
        assert!(graph(&server.url).list(&things()).await.is_err());
    }

    #[tokio::test]
    async fn post_that_only_reads_is_repeated_and_another_is_not() {
        let answers = || {
            Server::start(|_, number, _| match number {
                0 => reply(503, &Value::Null),
                _ => reply(200, &json!({"value": [1]})),
            })
        };
        let ids = Request::with_body(Method::Post, GraphVersion::V1, "/getByIds", json!({}));
        let server = answers().await;
        let list = graph(&server.url).list_at_once(&ids).await;
        assert_eq!((list.expect("a list"), server.seen().len()), (vec![json!(1)], 2));
        let server = answers().await;
        assert!(graph(&server.url).send(&ids).await.is_err());
        assert_eq!(server.seen().len(), 1);
    }
}
