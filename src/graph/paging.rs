//! Lists, page by page.

use std::collections::HashSet;
use std::ops::ControlFlow;

use serde::Deserialize;
use serde_json::Value;
use url::{Position, Url};

use super::body::{self, RawItem};
use super::client::Graph;
use super::error::{Call, GraphError};
use super::request::Request;
use super::sender::Outgoing;
use crate::http::retry_loop::RetryLoop;
use crate::http::transport::{Attempt, Fault, HttpAnswer};
use crate::http::{Method, Safety, SilenceTimer};
use crate::schema::types::GraphVersion;

/// The most pages of a list: a list with more is taken to be endless.
const MOST_PAGES: usize = 10_000;

/// The most pages in a row that hold nothing.
const MOST_EMPTY_PAGES: usize = 100;

/// The part of a list that may still follow. A tenant's largest list has some hundredth of it.
#[derive(Clone, Copy, Debug)]
struct Room {
    bytes: usize,
    /// Values, as [`body::values_in`] counts them.
    values: usize,
    items: usize,
}

impl Room {
    const WHOLE: Self = Self { bytes: 128 << 20, values: 4_000_000, items: 100_000 };

    /// Takes the room of a page's text.
    fn take_text(&mut self, text: &[u8]) -> Result<(), &'static str> {
        take(&mut self.bytes, text.len()).ok_or("its pages hold more than 128 MiB")?;
        take(&mut self.values, body::values_in(text)).ok_or("its pages hold too many values")
    }

    /// Takes the room of a page's items.
    fn take_items(&mut self, items: usize) -> Result<(), &'static str> {
        take(&mut self.items, items).ok_or("its pages hold more than 100,000 items")
    }
}

fn take(left: &mut usize, taken: usize) -> Option<()> {
    *left = left.checked_sub(taken)?;
    Some(())
}

/// The page sizes to fall back on where the service cannot gather a page and answers 503: the last one is what
/// Microsoft's guide to Intune's interfaces advises (FACTS 4.5).
const SMALLER_PAGES: [usize; 2] = [100, 20];

/// The number of attempts that end with 503 after which a page is taken to be too large.
const BUSY: u32 = 2;

/// A part of a list that is read page by page.
#[derive(Debug)]
pub enum Part {
    /// The items of the next page.
    Page(Vec<RawItem>),
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
        let mut items: Vec<RawItem> = Vec::new();
        let take = |part| match part {
            Part::Page(page) => items.extend(page),
            Part::Anew => items.clear(),
        };
        self.list_by_pages(request, take).await?;
        values(&Call::of(request), &items)
    }

    /// As [`Self::list`], handing on each page before the next one is requested.
    ///
    /// # Errors
    /// See [`Self::list`]. The pages that were handed on by then are part of a list.
    pub async fn list_by_pages(
        &self,
        request: &Request,
        mut take: impl FnMut(Part),
    ) -> Result<(), GraphError> {
        let all = |part| {
            take(part);
            ControlFlow::Continue(())
        };
        self.list_while(request, all).await
    }

    /// As [`Self::list_by_pages`], until enough pages were handed on.
    ///
    /// # Errors
    /// See [`Self::list`], of the pages that were requested.
    pub async fn list_while(
        &self,
        request: &Request,
        mut take: impl FnMut(Part) -> ControlFlow<()>,
    ) -> Result<(), GraphError> {
        if request.method != Method::Get {
            return Err(GraphError::InvalidRequest {
                call: Call::of(request),
                reason: "a list is read by GET",
            });
        }
        let is_sized = request.path.contains("$top=");
        let mut smaller = if is_sized { [].iter() } else { SMALLER_PAGES.iter() };
        let mut sized = request.clone();
        let mut first = None;
        loop {
            let retry = self.sender.retry_loop();
            match self.pages(&sized, retry, smaller.len() > 0, &mut take).await {
                Ok(None) => return Ok(()),
                Ok(Some(retry)) => _ = first.get_or_insert(retry),
                Err(error) => match first {
                    // Not every list takes a page size. It is waited for as it is, in the time that is left.
                    Some(retry) if error.status() == Some(400) => {
                        let _ = take(Part::Anew);
                        return self.pages(request, retry, false, &mut take).await.map(drop);
                    }
                    _ => return Err(error),
                },
            }
            let _ = take(Part::Anew);
            if let Some(size) = smaller.next() {
                let joint = if request.path.contains('?') { '&' } else { '?' };
                sized.path = format!("{}{joint}$top={size}", request.path);
            }
        }
    }

    /// Reads lists of one version, in batches: the first page of each, then the next page of each that has one.
    pub async fn lists(
        &self,
        version: GraphVersion,
        requests: &[Request],
    ) -> Vec<Result<Vec<Value>, GraphError>> {
        let mut lists: Vec<BatchedList> = requests.iter().map(BatchedList::new).collect();
        loop {
            let open = lists.iter_mut().filter_map(|list| Some((list.next.take()?, list)));
            let (requests, open): (Vec<Request>, Vec<&mut BatchedList>) = open.unzip();
            if requests.is_empty() {
                break;
            }
            let answers = self.batch_answers(version, &requests).await;
            for ((answer, request), list) in answers.into_iter().zip(requests).zip(open) {
                list.read = list.add(self, &request, answer);
            }
        }
        let values = |list: BatchedList| list.read.and_then(|()| values(&list.call, &list.items));
        lists.into_iter().map(values).collect()
    }

    /// Sends a call that only reads and answers a list at once, as some actions do.
    ///
    /// # Errors
    /// When the call fails, or its answer is no list or only the beginning of one.
    pub async fn list_at_once(&self, request: &Request) -> Result<Vec<Value>, GraphError> {
        let call = Call::of(request);
        let outgoing = Outgoing { safety: Safety::Read, ..self.sender.outgoing(request)? };
        let answer = outgoing.send(&mut self.sender.retry_loop(), async |_, _| true).await?;
        match page_of(&call, &answer, &mut Room::WHOLE.clone())? {
            (items, None) => values(&call, &items),
            (_, Some(_)) => Err(bad(&call, "it is not the whole list")),
        }
    }

    /// Reads pages, the first one in this loop. Returns the loop of a page that may be had in smaller pieces alone.
    async fn pages<'a>(
        &'a self,
        request: &Request,
        mut retry: RetryLoop<'a>,
        may_shrink: bool,
        take: &mut impl FnMut(Part) -> ControlFlow<()>,
    ) -> Result<Option<RetryLoop<'a>>, GraphError> {
        let mut outgoing = self.sender.outgoing(request)?;
        let mut seen = HashSet::new();
        let mut room = Room::WHOLE;
        let mut empty = 0;
        let mut progress = ListProgress::new(self, &outgoing.call);
        loop {
            let Some(page) = page(outgoing.clone(), &mut retry, may_shrink).await? else {
                return Ok(Some(retry));
            };
            retry = self.sender.retry_loop();
            let (items, next) = page_of(&outgoing.call, &page, &mut room)?;
            empty = if items.is_empty() { empty + 1 } else { 0 };
            progress.add(items.len());
            let is_enough = take(Part::Page(items)).is_break();
            let Some(next) = next.filter(|_| !is_enough) else {
                return Ok(None);
            };
            let url = self.follow(&outgoing.call, &next)?;
            seen.insert(std::mem::replace(&mut outgoing.url, url));
            if seen.len() == MOST_PAGES || seen.contains(&outgoing.url) {
                return Err(bad(&outgoing.call, "its next pages never end"));
            }
            if empty == MOST_EMPTY_PAGES {
                return Err(bad(&outgoing.call, "a hundred pages in a row hold nothing"));
            }
            outgoing.call.path =
                outgoing.url[Position::BeforePath..Position::AfterQuery].to_owned();
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

/// A list whose pages are read in batches.
struct BatchedList {
    call: Call,
    /// The request for the next page.
    next: Option<Request>,
    items: Vec<RawItem>,
    room: Room,
    seen: HashSet<String>,
    empty: usize,
    read: Result<(), GraphError>,
}

impl BatchedList {
    fn new(request: &Request) -> Self {
        Self {
            call: Call::of(request),
            next: Some(request.clone()),
            items: Vec::new(),
            room: Room::WHOLE,
            seen: HashSet::new(),
            empty: 0,
            read: Ok(()),
        }
    }

    /// Adds the page that was answered to a request, and notes the request for the next one.
    fn add(
        &mut self,
        graph: &Graph,
        request: &Request,
        answer: Result<HttpAnswer, GraphError>,
    ) -> Result<(), GraphError> {
        let call = Call::of(request);
        let (items, next) = page_of(&call, &answer?, &mut self.room)?;
        self.empty = if items.is_empty() { self.empty + 1 } else { 0 };
        self.items.extend(items);
        let Some(next) = next else {
            return Ok(());
        };
        let url = graph.follow(&call, &next)?;
        let path = &url[Position::BeforePath..Position::AfterQuery];
        // A member of a batch is named by its path below the version.
        let below =
            path.strip_prefix('/').and_then(|path| path.strip_prefix(request.version.as_str()));
        let path = below.ok_or_else(|| bad(&call, "its next page is of another version"))?;
        self.seen.insert(request.path.clone());
        if self.seen.len() == MOST_PAGES || self.seen.contains(path) {
            return Err(bad(&call, "its next pages never end"));
        }
        if self.empty == MOST_EMPTY_PAGES {
            return Err(bad(&call, "a hundred pages in a row hold nothing"));
        }
        self.next = Some(Request::get(request.version, path.to_owned()));
        Ok(())
    }
}

/// Reads a page, repeated as the policy says. Returns `None` if the list has to be read in smaller pages.
async fn page(
    outgoing: Outgoing<'_>,
    retry: &mut RetryLoop<'_>,
    may_shrink: bool,
) -> Result<Option<HttpAnswer>, GraphError> {
    let mut too_large = false;
    let again = async |attempts, attempt: &Attempt| {
        let is_busy = attempt.as_ref().is_ok_and(|answer| answer.status == 503);
        too_large = may_shrink && attempts >= BUSY && is_busy;
        !too_large
    };
    let answer = outgoing.send(retry, again).await;
    let is_too_long = matches!(
        &answer,
        Err(GraphError::Communication { source: Fault::TooLong, .. }) if may_shrink
    );
    if too_large || is_too_long { Ok(None) } else { answer.map(Some) }
}

/// Says how far the reading of a list has come, every few seconds.
struct ListProgress<'a> {
    graph: &'a Graph,
    list: String,
    silence: SilenceTimer,
    pages: usize,
    items: usize,
}

impl<'a> ListProgress<'a> {
    fn new(graph: &'a Graph, call: &Call) -> Self {
        let list = call.path.split('?').next().unwrap_or_default().to_owned();
        Self { graph, list, silence: SilenceTimer::default(), pages: 0, items: 0 }
    }

    fn add(&mut self, items: usize) {
        self.pages += 1;
        self.items += items;
        if self.silence.is_over() {
            let Self { list, pages, items, .. } = self;
            let text = format!("Reading {list}: {items} objects on {pages} pages so far …");
            self.graph.sender.http.observer.say(&text);
        }
    }
}

/// A page of a list as Graph answers it.
#[derive(Deserialize)]
struct Page {
    value: Vec<RawItem>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<Value>,
}

/// Returns a page's items and the link to the next page. `room` is the part of the list that may still follow.
fn page_of(
    call: &Call,
    answer: &HttpAnswer,
    room: &mut Room,
) -> Result<(Vec<RawItem>, Option<String>), GraphError> {
    let unusable = |reason| GraphError::bad_payload(call, reason, Some(answer));
    room.take_text(&answer.body).map_err(unusable)?;
    let page: Page = serde_json::from_slice(&answer.body).map_err(|error| {
        unusable(if error.is_data() { "it is not a page of a list" } else { "it is not JSON" })
    })?;
    room.take_items(page.value.len()).map_err(unusable)?;
    match page.next {
        None | Some(Value::Null) => Ok((page.value, None)),
        Some(Value::String(link)) => Ok((page.value, Some(link))),
        Some(_) => Err(unusable("its `@odata.nextLink` is not a URL")),
    }
}

/// Returns the items of a list as values.
fn values(call: &Call, items: &[RawItem]) -> Result<Vec<Value>, GraphError> {
    let values: Option<Vec<Value>> = items.iter().map(RawItem::value).collect();
    values.ok_or_else(|| bad(call, "it is not JSON"))
}

fn bad(call: &Call, reason: &'static str) -> GraphError {
    GraphError::bad_payload(call, reason, None)
}

#[cfg(test)]
mod tests;
