//! HTTP clients: built here alone, one for Graph and for signing in alike.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::{ClientBuilder, Request, RequestBuilder, redirect, retry};
use url::Url;

use super::cloud::Endpoints;
use super::deadline::Deadline;
use super::method::Safety;
use super::observer::RetryObserver;
use super::retry::{AttemptOutcome, http_date, retry_after};
use crate::clock::Clock;

/// The target of the log's one event a request.
const WIRE: &str = "moorline::wire";

/// The header with the id by which a service's own log can be searched for the request.
pub(crate) const CLIENT_REQUEST_ID: &str = "client-request-id";

/// The most that one request may take, with its whole answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(100);

/// The most that making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// The same for a service beside this machine.
const NEAR_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest answer that is read, as it is once unpacked. A page of 1,000 device configurations is below 2 MB; a list
/// with larger ones is read in smaller pages.
const LONGEST_ANSWER: usize = 16 << 20;

/// The HTTP client of a run. Requests end with the run.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    pub(crate) endpoints: Endpoints,
    pub(crate) clock: Clock,
    pub(crate) deadline: Arc<Deadline>,
    pub(crate) observer: RetryObserver,
}

/// The HTTP client cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct TransportError(#[source] reqwest::Error);

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The id that the request carried, if any.
    pub(crate) client_request_id: Option<String>,
}

/// The result of an attempt.
pub(crate) type Attempt = Result<HttpAnswer, Fault>;

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// The connection was never made: nothing was sent.
    #[error("cannot connect")]
    NeverConnected(#[source] Arc<reqwest::Error>),
    /// The request cannot be sent, however often: it is malformed, or the server cannot prove its identity.
    #[error("cannot be sent")]
    Hopeless(#[source] Arc<reqwest::Error>),
    /// The connection failed after it was made.
    #[error("the connection failed before the answer was complete")]
    Lost(#[source] Arc<reqwest::Error>),
    /// The answer to a `$batch` has none for this member.
    #[error("the answer to the batch leaves it out")]
    LeftOut,
    /// The run ended before the answer came.
    #[error("the time for this run was over before the answer came")]
    OutOfTime,
    /// The answer is longer than any that is expected.
    #[error("the answer is longer than {} MiB", LONGEST_ANSWER >> 20)]
    TooLong,
}

impl Client {
    /// Builds the client of a run that begins now.
    ///
    /// # Errors
    /// When the system's trusted certificates cannot be loaded.
    pub fn new(
        endpoints: Endpoints,
        clock: Clock,
        timeout: Option<Duration>,
        observer: RetryObserver,
    ) -> Result<Self, TransportError> {
        let mut builder = builder();
        if endpoints.graph().scheme() == "http" {
            builder = builder.no_proxy();
            if endpoints.login().scheme() == "http" {
                // Without TLS there is no need for the system's certificates, which a container may lack.
                builder = builder.tls_certs_only([]);
            }
        }
        let http = builder.build().map_err(TransportError)?;
        let deadline = Arc::new(Deadline::new(clock.clone(), timeout));
        Ok(Self { http, endpoints, clock, deadline, observer })
    }

    /// Builds a client of the same run for a service of this machine's host: over plain HTTP, and without a proxy.
    ///
    /// # Errors
    /// See [`Client::new`].
    pub(crate) fn direct(&self) -> Result<Self, TransportError> {
        let builder = builder().connect_timeout(NEAR_CONNECT_TIMEOUT).no_proxy().tls_certs_only([]);
        let http = builder.build().map_err(TransportError)?;
        Ok(Self { http, ..self.clone() })
    }

    /// Begins a request for JSON.
    pub(crate) fn request(&self, method: reqwest::Method, url: &Url) -> RequestBuilder {
        self.http.request(method, url.clone()).header(ACCEPT, "application/json")
    }

    /// Sends a request, and logs one event. `attempt` is its number among the attempts at one call.
    pub(crate) async fn exchange(
        &self,
        request: Request,
        path: &str,
        safety: Safety,
        attempt: u32,
    ) -> Attempt {
        let sent = self.clock.instant();
        let method = request.method().clone();
        let id = request.headers().get(CLIENT_REQUEST_ID).and_then(|id| id.to_str().ok());
        let id = id.map(str::to_owned);
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let what = || format!("the answer of {host} to {method} {path}");
        let exchange = self.observer.watch(&self.clock, what, self.transfer(request));
        let result = match safety {
            Safety::Read => {
                let in_time = self.deadline.bound(exchange).await;
                in_time.unwrap_or(Err(Fault::OutOfTime))
            }
            // To cut a write short would only leave it unknown whether it was done.
            Safety::Write => exchange.await,
        };
        let answer = result.as_ref().ok();
        tracing::debug!(
            target: WIRE,
            method = method.as_str(),
            path,
            status = answer.map(|answer| answer.status),
            attempt,
            duration_ms = millis(self.clock.instant().saturating_duration_since(sent)),
            fault = result.as_ref().err().map(tracing::field::display),
            client_request_id = id,
            request_id = answer.and_then(HttpAnswer::request_id),
        );
        result.map(|answer| HttpAnswer { client_request_id: id, ..answer })
    }

    /// Sends a request and reads the whole answer.
    async fn transfer(&self, request: Request) -> Attempt {
        let mut response = self.http.execute(request).await?;
        let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
        let mut body = Vec::with_capacity(announced.unwrap_or_default().min(LONGEST_ANSWER));
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(Fault::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let headers = std::mem::take(response.headers_mut());
        let status = response.status().as_u16();
        Ok(HttpAnswer { status, headers, body, client_request_id: None })
    }
}

/// Returns a builder with the settings of every client.
fn builder() -> ClientBuilder {
    // An error means that the process has a provider already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(concat!("moorline/", env!("CARGO_PKG_VERSION")))
        .timeout(REQUEST_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        // A token must not follow a redirect, and `retry` decides about repeating.
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .gzip(true)
}

impl HttpAnswer {
    /// Returns a header's value, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the service's id of the request: Graph's, or else the sign-in service's.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.header("request-id").or_else(|| self.header("x-ms-request-id"))
    }

    /// Returns whether the status is one of the 2xx.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the time that the server asks to wait. A date counts from the server's own time if the answer has one,
    /// so that a wrong clock on either side does no harm.
    pub(crate) fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let server_now = self.header("date").and_then(http_date);
        retry_after(self.header("retry-after")?, server_now.unwrap_or(now))
    }
}

impl Fault {
    /// Returns the outcome, as the retry policy distinguishes it.
    pub(crate) fn outcome(&self, safety: Safety) -> AttemptOutcome {
        match (self, safety) {
            (Self::NeverConnected(_), _) => AttemptOutcome::NeverConnected,
            (Self::Lost(_) | Self::LeftOut, _)
            | (Self::TooLong | Self::OutOfTime, Safety::Write) => AttemptOutcome::Lost,
            (Self::Hopeless(_) | Self::TooLong | Self::OutOfTime, _) => AttemptOutcome::Hopeless,
        }
    }
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        // Messages name the call themselves; a sign-in URL would only repeat the tenant.
        let error = Arc::new(error.without_url());
        if error.is_builder() || (error.is_connect() && is_about_tls(&*error)) {
            Self::Hopeless(error)
        } else if error.is_connect() {
            Self::NeverConnected(error)
        } else {
            Self::Lost(error)
        }
    }
}

/// Returns a duration in the log's unit.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns whether TLS itself failed, for a certificate that is not trusted above all.
fn is_about_tls(error: &(dyn StdError + 'static)) -> bool {
    // `source` of an I/O error skips the error that it wraps.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>()
        || wrapped.is_some_and(|wrapped| is_about_tls(wrapped))
        || error.source().is_some_and(is_about_tls)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{Reply, Server, client, reply};
    use super::*;

    fn get(url: &str) -> Request {
        Request::new(reqwest::Method::GET, Url::parse(url).expect("valid"))
    }

    #[tokio::test]
    async fn failed_tls_handshake_is_not_retried() {
        let server = Server::start(|_, _, _| reply(200, &json!({}))).await;
        let client = client(&server.url);
        let fault = client
            .transfer(get(&server.url.replace("http:", "https:")))
            .await
            .expect_err("no TLS there");
        assert!(matches!(fault, Fault::Hopeless(_)), "{fault:?}");
        assert!(!format!("{fault:?}").contains("127.0.0.1"));
    }

    #[tokio::test]
    async fn redirect_is_not_followed() {
        let server = Server::start(|_, _, url| {
            reply(302, &Value::Null).header("location", format!("{url}/x"))
        })
        .await;
        let client = client(&server.url);
        let answer = client.transfer(get(&server.url)).await.expect("an answer");
        assert_eq!(answer.status, 302);
        assert_eq!(server.seen().len(), 1);
    }

    #[tokio::test]
    async fn too_long_an_answer_is_a_fault() {
        let server =
            Server::start(|_, _, _| Reply::text(200, &"x".repeat(LONGEST_ANSWER + 1))).await;
        let client = client(&server.url);
        let fault = client.transfer(get(&server.url)).await.expect_err("too long");
        assert!(matches!(fault, Fault::TooLong), "{fault:?}");
    }
}
