//! The calls of a sign-in, which the retry loop makes.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::AuthError;
use super::refusal::Refusal;
use crate::clock::Clock;
use crate::http::retry::AttemptOutcome;
use crate::http::retry_loop::{AttemptFuture, Attempts, RetryLoop, Retryable, outcome};
use crate::http::transport::{Attempt, Client, Fault, HttpAnswer, HttpRequest, TransportError};
use crate::http::{Endpoints, Safety};
use crate::secrets::Known;

/// Makes the calls of a sign-in.
#[derive(Clone, Debug)]
pub struct Caller {
    http: Client,
    known: Known,
}

/// A call to a service that has tokens.
pub(super) struct Call<'a> {
    method: Method,
    url: &'a Url,
    headers: HeaderMap,
    form: Option<&'a str>,
    /// Statuses that mean "later" at this service, beside those that mean it everywhere.
    later: &'static [u16],
    /// Whether the service is beside this machine: either it is there, or there is none.
    near: bool,
}

impl<'a> Call<'a> {
    /// Makes a `GET`.
    pub(super) fn get(url: &'a Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// Makes a `POST` without a body.
    pub(super) fn post(url: &'a Url) -> Self {
        Self::new(Method::POST, url)
    }

    /// Makes a `POST` of a form.
    pub(super) fn form(url: &'a Url, form: &'a str) -> Self {
        let mut call = Self::new(Method::POST, url);
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        call.headers.insert(CONTENT_TYPE, kind);
        call.form = Some(form);
        call
    }

    fn new(method: Method, url: &'a Url) -> Self {
        let json = HeaderValue::from_static("application/json");
        Self {
            method,
            url,
            headers: HeaderMap::from_iter([(ACCEPT, json)]),
            form: None,
            later: &[],
            near: false,
        }
    }

    /// Adds a header that is no secret.
    pub(super) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        let name = HeaderName::from_static(name);
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// Adds a header that is a secret, behind a prefix.
    pub(super) fn secret(
        mut self,
        name: &'static str,
        prefix: &str,
        secret: &SecretString,
    ) -> Result<Self, AuthError> {
        let value = format!("{prefix}{}", secret.expose_secret());
        let mut value = HeaderValue::try_from(value).map_err(|_| AuthError::Malformed)?;
        value.set_sensitive(true);
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(self)
    }

    /// Says which further statuses mean "later".
    pub(super) fn later(mut self, statuses: &'static [u16]) -> Self {
        self.later = statuses;
        self
    }

    /// Says that the service is beside this machine, so that waiting for it to appear is no use.
    pub(super) fn near(mut self) -> Self {
        self.near = true;
        self
    }

    fn http_request(&self) -> HttpRequest {
        HttpRequest {
            method: self.method.clone(),
            url: self.url.clone(),
            path: self.url.path().to_owned(),
            headers: self.headers.clone(),
            body: self.form.map(|form| form.as_bytes().to_vec()),
        }
    }
}

impl Retryable for Call<'_> {
    fn label(&self) -> String {
        format!("signing in at {}", host(self.url))
    }

    /// A token that was issued and lost does no harm.
    fn safety(&self) -> Safety {
        Safety::Read
    }

    fn outcome(&self, attempt: &Attempt, now: Timestamp) -> AttemptOutcome {
        let is_later = |answer: &HttpAnswer| {
            self.later.contains(&answer.status)
                || Refusal::parse(answer.status, &answer.body)
                    .is_some_and(|refusal| refusal.is_transient())
        };
        match attempt {
            Ok(answer) if is_later(answer) => {
                AttemptOutcome::Answered { status: 503, retry_after: answer.retry_after(now) }
            }
            Err(Fault::NeverConnected(_)) if self.near => AttemptOutcome::Hopeless,
            _ => outcome(attempt, Safety::Read, now),
        }
    }
}

impl Caller {
    /// Makes a caller that adds what is obtained in signing in to these secrets.
    pub fn new(http: Client, known: Known) -> Self {
        Self { http, known }
    }

    /// Adds a secret to those that no output may hold, as soon as it is there.
    pub(super) fn make_known(&self, secret: &SecretString) {
        self.known.add(secret);
    }

    /// Returns the hosts of the run.
    pub(super) fn endpoints(&self) -> &Endpoints {
        self.http.endpoints()
    }

    /// Returns the clock of the run.
    pub(super) fn clock(&self) -> &Clock {
        self.http.clock()
    }

    /// Returns what is left of the run's time.
    pub(super) fn left(&self) -> Option<Duration> {
        self.http.deadline.left()
    }

    /// Returns a caller of services beside this machine.
    pub(super) fn direct(&self) -> Result<Self, TransportError> {
        Ok(Self { http: self.http.direct()?, known: self.known.clone() })
    }

    /// Makes a call and returns its answer, whatever its status.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<HttpAnswer, AuthError> {
        let host = host(call.url);
        let mut retry = RetryLoop::new(&self.http, |_, _| ());
        let last = retry.run(call, self, async |_, _| true).await?;
        last.attempt.map_err(|source| AuthError::Unreachable { host, source })
    }
}

impl Attempts<Call<'_>> for Caller {
    type Error = AuthError;

    fn attempt<'a>(
        &'a self,
        retry: &'a mut RetryLoop<'_>,
        calls: &'a [Call<'_>],
    ) -> AttemptFuture<'a, AuthError> {
        Box::pin(
            async move { Ok(vec![retry.exchange(calls[0].http_request(), Safety::Read).await]) },
        )
    }
}

/// Returns a URL's host for messages.
pub(super) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::http::observer::RetryObserver;
    use crate::http::testing::client_of;

    #[tokio::test]
    async fn a_service_that_says_nothing_is_waited_for_no_longer_than_the_run_may_take() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let http = client_of(&url, Some(Duration::ZERO), RetryObserver::default());
        let caller = Caller::new(http, Known::default());
        let url = Url::parse(&url).expect("valid");
        let answer = caller.call(Call::get(&url)).await;
        let source = match answer {
            Err(AuthError::Unreachable { source, .. }) => source,
            other => panic!("{other:?}"),
        };
        assert!(matches!(source, Fault::OutOfTime), "{source:?}");
    }
}
