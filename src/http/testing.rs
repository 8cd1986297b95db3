//! A server for tests on this machine's loopback interface, answering as its script says.

use std::io::{self, Read};
use std::net::TcpListener as StdListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Response};
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tracing::Dispatch;
use tracing::subscriber::{DefaultGuard, NoSubscriber};

use super::cloud::{Cloud, Endpoints};
use super::observer::RetryObserver;
use super::transport::Client;
use crate::clock::Clock;

/// A request as the server received it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `GET /beta/groups?$top=5`.
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// An answer of the server.
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// Returns an answer; a null body is an empty one.
pub(crate) fn reply(status: u16, body: &Value) -> Reply {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    Reply { status, headers: Vec::new(), body }
}

impl Reply {
    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.to_owned() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A running server, which ends with the runtime of the test.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts a server. The answer may depend on the request, its number from 0 and the server's URL.
    pub(crate) async fn start(
        answer: impl Fn(&Seen, usize, &str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer, own_url) = (Arc::clone(&seen), Arc::new(answer), url.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (log, answer, own_url) = (Arc::clone(&log), Arc::clone(&answer), own_url.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.expect("a whole request").to_vec();
                let seen = Seen {
                    line: format!("{} {}", head.method, head.uri),
                    headers: head.headers,
                    body,
                };
                let mut log = locked(&log);
                let reply = answer(&seen, log.len(), &own_url);
                log.push(seen);
                let mut response = Response::builder().status(reply.status);
                for (name, value) in reply.headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(reply.body)).expect("a valid reply")
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    /// Starts a server that gives these answers in turn.
    pub(crate) async fn scripted(replies: Vec<Reply>) -> Self {
        let replies = Mutex::new(replies.into_iter());
        Self::start(move |seen, _, _| {
            locked(&replies).next().unwrap_or_else(|| panic!("no answer is left for {}", seen.line))
        })
        .await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        locked(&self.seen).clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }
}

/// Starts a server that reads a little of each request and hangs up.
pub(crate) fn hanging_up() -> String {
    let listener = StdListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.and_then(|mut stream| stream.read(&mut [0; 64]));
        }
    });
    url
}

/// Returns the URL of a port on which no server listens.
pub(crate) fn closed_port() -> String {
    let listener = StdListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("bound"))
}

/// Returns endpoints with both hosts at one URL.
pub(crate) fn endpoints(url: &str) -> Endpoints {
    Endpoints::new(Cloud::Global, Some(url), Some(url)).expect("a loopback URL")
}

/// The wire log of a test.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

/// Records a log until dropped.
pub(crate) struct Listening {
    _guard: DefaultGuard,
    _second: Dispatch,
}

impl Log {
    /// Records the events that this thread logs of requests.
    pub(crate) fn listen(&self) -> Listening {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_env_filter("moorline::wire=debug")
            .with_writer(move || writer.clone())
            .finish();
        Listening {
            // While there is one subscriber alone, tracing asks whichever test runs first whether it listens.
            _second: Dispatch::new(NoSubscriber::default()),
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    /// Returns the fields of each line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(locked(&self.0).clone()).expect("text");
        let fields = |line| serde_json::from_str::<Value>(line).expect("JSON")["fields"].take();
        text.lines().map(fields).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        locked(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the client of a run without an end, with a recording clock.
pub(crate) fn client(url: &str) -> Client {
    client_of(url, None, RetryObserver::default())
}

/// Returns the client of a run, with a recording clock.
pub(crate) fn client_of(url: &str, timeout: Option<Duration>, observer: RetryObserver) -> Client {
    let clock = Clock::recording(Timestamp::UNIX_EPOCH);
    Client::new(endpoints(url), clock, timeout, observer).expect("no certificates are needed")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
