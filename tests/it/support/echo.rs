//! A service that stands before another one and says what it was sent: the stand-in for one that means harm, or for a
//! gateway that quotes too much.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Response};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A request that reached the service.
pub struct Sent {
    pub method: Method,
    /// The path with its query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Sent {
    /// Returns everything in it that is or may hold a secret, each by itself.
    pub fn texts(&self) -> Vec<String> {
        let header = |name: &str| {
            let value = self.headers.get(name)?.to_str().ok()?;
            Some(value.trim_start_matches("Bearer ").to_owned())
        };
        let form = url::form_urlencoded::parse(&self.body);
        let in_form = ["client_secret", "client_assertion", "refresh_token", "device_code"];
        let values = form.filter(|(key, _)| in_form.contains(&key.as_ref()));
        let mut texts: Vec<String> = values.map(|(_, value)| value.into_owned()).collect();
        texts.extend(header("authorization"));
        if let Ok(body) = serde_json::from_slice::<Value>(&self.body) {
            marked(&body, &mut texts);
        }
        texts
    }
}

/// Adds every text of a document that holds the mark of secrets.
fn marked(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(super::secrets::MARK) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| marked(item, texts)),
        Value::Object(members) => members.values().for_each(|member| marked(member, texts)),
        _ => {}
    }
}

/// What becomes of a request.
pub enum Reply {
    /// It is handed on.
    HandedOn,
    /// It is answered here.
    Said(u16, Value),
    /// It is answered here, with a body that is packed by gzip where the flag says so.
    Bytes(u16, Vec<u8>, bool),
    /// It is never answered.
    Never,
    /// It is handed on, and this is put into each object of the answer, and into its `request-id`.
    Filled(Vec<(&'static str, Value)>, String),
}

type Answer = dyn Fn(&Sent) -> Reply + Send + Sync;

/// The running service.
pub struct Echo {
    pub url: String,
    answer: Arc<Mutex<Arc<Answer>>>,
    _runtime: Runtime,
}

impl Echo {
    /// Starts before the service at a URL, which gets what is handed on.
    pub fn before(behind: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime starts");
        let listener =
            runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let answer: Arc<Mutex<Arc<Answer>>> = Arc::new(Mutex::new(Arc::new(|_| Reply::HandedOn)));
        // Somebody else in the process may have installed one: theirs is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().tls_certs_only([]).no_proxy().build();
        let (client, own) = (client.expect("a client"), Arc::clone(&answer));
        let (behind, front) = (behind.to_owned(), url.clone());
        let router = Router::new().fallback(move |request: Request| {
            let answer = Arc::clone(&own.lock().unwrap_or_else(PoisonError::into_inner));
            let (client, behind, front) = (client.clone(), behind.clone(), front.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.expect("a whole request");
                let sent = Sent {
                    method: head.method,
                    target: head.uri.to_string(),
                    headers: head.headers,
                    body: body.to_vec(),
                };
                let (members, id) = match answer(&sent) {
                    Reply::Said(status, body) => return response(status, &body.to_string(), ""),
                    Reply::Bytes(status, body, packed) => {
                        let mut response = Response::builder().status(status);
                        if packed {
                            response = response.header("content-encoding", "gzip");
                        }
                        let response = response.header("content-type", "application/json");
                        return response.body(Body::from(body)).expect("a valid answer");
                    }
                    Reply::Never => std::future::pending().await,
                    Reply::HandedOn => (Vec::new(), String::new()),
                    Reply::Filled(members, id) => (members, id),
                };
                let mut headers = sent.headers;
                headers.remove("host");
                headers.remove("content-length");
                headers.remove("accept-encoding");
                let handed = client.request(sent.method, format!("{behind}{}", sent.target));
                let handed = handed.headers(headers).body(sent.body).send().await;
                let handed = handed.expect("the service behind answers");
                let status = handed.status().as_u16();
                let text = handed.text().await.expect("a whole answer").replace(&behind, &front);
                let filled = match serde_json::from_str::<Value>(&text) {
                    Ok(mut body) if !members.is_empty() => {
                        fill(&mut body, &members);
                        body.to_string()
                    }
                    _ => text,
                };
                response(status, &filled, &id)
            }
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, answer, _runtime: runtime }
    }

    /// Says what becomes of requests from now on.
    pub fn answers(&self, answer: impl Fn(&Sent) -> Reply + Send + Sync + 'static) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(answer);
    }

    /// Returns the options of a run that talks to it, with more arguments after the command.
    pub fn run<'a>(&'a self, command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let hosts = [command, "--graph-url", &self.url, "--login-url", &self.url];
        [&hosts[..], more].concat()
    }
}

fn response(status: u16, body: &str, id: &str) -> Response<Body> {
    let mut response =
        Response::builder().status(status).header("content-type", "application/json");
    if !id.is_empty() {
        response = response.header("request-id", id);
    }
    response.body(Body::from(body.to_owned())).expect("a valid answer")
}

/// Puts members into the objects of an answer, wherever it has such a member.
fn fill(value: &mut Value, members: &[(&'static str, Value)]) {
    match value {
        Value::Object(object) => {
            for (name, value) in members {
                if let Some(member) = object.get_mut(*name) {
                    *member = value.clone();
                }
            }
            object.values_mut().for_each(|value| fill(value, members));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, members)),
        _ => {}
    }
}

/// Returns an error as Graph writes it.
pub fn error(code: &str, message: &str, id: &str) -> Value {
    json!({ "error": { "code": code, "message": message, "innerError": {
        "request-id": id, "client-request-id": id, "date": id,
    } } })
}

/// Returns a refusal as the sign-in service writes it.
pub fn refusal(error: &str, message: &str, id: &str) -> Value {
    json!({ "error": error, "error_description": message, "trace_id": id })
}
