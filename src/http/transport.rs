//! HTTP clients: built here alone, one for Graph and for signing in alike.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::{Client, ClientBuilder, redirect, retry};
use url::Url;

use super::cloud::Endpoints;
use super::method::Effect;
use super::retry::{Outcome, http_date, retry_after};

/// The target of the log's one event a request.
pub(crate) const WIRE: &str = "moorline::wire";

/// How long one request may take, with its whole answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(100);

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// The same for a service beside this machine.
const NEAR_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest answer that is read. A page of 1,000 device configurations is below 2 MB.
const LONGEST_ANSWER: usize = 64 << 20;

/// Sends one request and reads its answer; knows nothing of Graph, tokens or retries.
#[derive(Clone, Debug)]
pub struct Transport(Client);

/// The HTTP client cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct TransportError(#[source] reqwest::Error);

/// A request on its way out.
pub(crate) struct Outgoing {
    pub(crate) method: reqwest::Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// The connection was never made: nothing was sent.
    #[error("cannot connect")]
    NeverConnected(#[source] Arc<reqwest::Error>),
    /// The request cannot be sent, however often: it is malformed, or the server is not who it should be.
    #[error("cannot be sent")]
    Hopeless(#[source] Arc<reqwest::Error>),
    /// The connection failed after it was made.
    #[error("the connection failed before the answer was complete")]
    Lost(#[source] Arc<reqwest::Error>),
    /// The answer to a `$batch` says nothing of this member.
    #[error("the answer to the batch leaves it out")]
    LeftOut,
    /// The run ended before the answer came.
    #[error("the time for this run was over before the answer came")]
    OutOfTime,
    /// The answer is longer than any that is expected.
    #[error("the answer is longer than {} MiB", LONGEST_ANSWER >> 20)]
    TooLong,
}

impl Transport {
    /// Builds the client.
    ///
    /// # Errors
    /// When the system's trusted certificates cannot be loaded.
    pub fn new(endpoints: &Endpoints) -> Result<Self, TransportError> {
        let mut builder = builder();
        if endpoints.graph().scheme() == "http" {
            builder = builder.no_proxy();
        }
        if endpoints.are_plain_loopback() {
            // Without TLS there is no need for the system's certificates, which a container may lack.
            builder = builder.tls_certs_only([]);
        }
        builder.build().map(Self).map_err(TransportError)
    }

    /// Builds a client for a service beside this machine: over plain HTTP, and past every proxy, which would
    /// have another one beside it.
    ///
    /// # Errors
    /// See [`Transport::new`].
    pub(crate) fn direct() -> Result<Self, TransportError> {
        let builder = builder().connect_timeout(NEAR_CONNECT_TIMEOUT).no_proxy().tls_certs_only([]);
        builder.build().map(Self).map_err(TransportError)
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn exchange(&self, outgoing: Outgoing) -> Result<Incoming, Fault> {
        let mut request = self.0.request(outgoing.method, outgoing.url).headers(outgoing.headers);
        if let Some(body) = outgoing.body {
            request = request.body(body);
        }
        let mut response = request.send().await.map_err(Fault::from)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Fault::from)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(Fault::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let headers = std::mem::take(response.headers_mut());
        Ok(Incoming { status: response.status().as_u16(), headers, body })
    }
}

/// Returns what every client has in common.
fn builder() -> ClientBuilder {
    // Somebody else in the process may have installed one: theirs is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("moorline/", env!("CARGO_PKG_VERSION")))
        .timeout(REQUEST_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        // A token must not follow a redirect, and `retry` decides about repeating.
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .gzip(true)
}

impl Incoming {
    /// Returns a header's value, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns how long the server asks to wait. A date counts from the server's own time where it says
    /// it, so that a clock that is wrong on either side does no harm.
    pub(crate) fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let server_now = self.header("date").and_then(http_date);
        retry_after(self.header("retry-after")?, server_now.unwrap_or(now))
    }
}

impl Fault {
    /// Returns what the retry policy needs to know.
    pub(crate) fn outcome(&self, effect: Effect) -> Outcome {
        match (self, effect) {
            (Self::NeverConnected(_), _) => Outcome::NeverConnected,
            (Self::Lost(_) | Self::LeftOut, _)
            | (Self::TooLong | Self::OutOfTime, Effect::Write) => Outcome::Lost,
            (Self::Hopeless(_), _) | (Self::TooLong | Self::OutOfTime, Effect::Read) => {
                Outcome::Hopeless
            }
        }
    }
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        // Who shows the fault names the call; a sign-in URL would only repeat the tenant.
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
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns whether TLS itself failed, for a certificate that is not trusted above all.
fn is_about_tls(error: &(dyn StdError + 'static)) -> bool {
    // The source of an I/O error is the source of what it wraps, not what it wraps.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>()
        || wrapped.is_some_and(|wrapped| is_about_tls(wrapped))
        || error.source().is_some_and(is_about_tls)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{Reply, Server, endpoints, reply};
    use super::*;

    fn get(url: &str) -> Outgoing {
        Outgoing {
            method: reqwest::Method::GET,
            url: Url::parse(url).expect("valid"),
            headers: HeaderMap::new(),
            body: None,
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_who_it_should_be_is_not_tried_again() {
        let server = Server::start(|_, _, _| reply(200, &json!({}))).await;
        let transport =
            Transport::new(&endpoints(&server.url)).expect("no certificates are needed");
        let fault = transport
            .exchange(get(&server.url.replace("http:", "https:")))
            .await
            .expect_err("no TLS there");
        assert!(matches!(fault, Fault::Hopeless(_)), "{fault:?}");
        assert!(!format!("{fault:?}").contains("127.0.0.1"));
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let server = Server::start(|_, _, url| {
            reply(302, &Value::Null).header("location", format!("{url}/x"))
        })
        .await;
        let transport =
            Transport::new(&endpoints(&server.url)).expect("no certificates are needed");
        let answer = transport.exchange(get(&server.url)).await.expect("an answer");
        assert_eq!(answer.status, 302);
        assert_eq!(server.seen().len(), 1);
    }

    #[tokio::test]
    async fn an_answer_has_a_longest_length() {
        let server =
            Server::start(|_, _, _| Reply::text(200, &"x".repeat(LONGEST_ANSWER + 1))).await;
        let transport =
            Transport::new(&endpoints(&server.url)).expect("no certificates are needed");
        let fault = transport.exchange(get(&server.url)).await.expect_err("too long");
        assert!(matches!(fault, Fault::TooLong), "{fault:?}");
    }
}
