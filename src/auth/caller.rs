//! The calls that signing in makes: repeated as the retry policy says, logged once an attempt.

use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::AuthError;
use super::refusal::Refusal;
use crate::clock::Clock;
use crate::http::Effect;
use crate::http::retry::{self, CHAIN_DEADLINE, Decision, Outcome};
use crate::http::transport::{Fault, Incoming, Outgoing, Transport, WIRE, millis};
use crate::http::watch::{self, Delay, Watch};
use crate::secrets::Known;

/// Makes calls to whoever has a part in signing in. Each is a read: a token that was issued and lost does
/// no harm.
#[derive(Clone, Debug)]
pub struct Caller {
    transport: Transport,
    clock: Clock,
    deadline: Option<Instant>,
    watch: Watch,
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

    fn outgoing(&self) -> Outgoing {
        Outgoing {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: self.form.map(|form| form.as_bytes().to_vec()),
        }
    }

    fn means_later(&self, answer: &Incoming) -> bool {
        self.later.contains(&answer.status)
            || Refusal::parse(answer.status, &answer.body)
                .is_some_and(|refusal| refusal.is_transient())
    }

    fn outcome(&self, result: &Result<Incoming, Fault>, clock: &Clock) -> Outcome {
        match result {
            Ok(answer) => Outcome::Answered {
                status: match self.means_later(answer) {
                    true => 503,
                    false => answer.status,
                },
                retry_after: answer.retry_after(clock.now()),
            },
            Err(Fault::NeverConnected(_)) if self.near => Outcome::Hopeless,
            Err(fault) => fault.outcome(Effect::Read),
        }
    }
}

impl Caller {
    /// Makes a caller. After the deadline nothing is repeated.
    pub fn new(transport: Transport, clock: Clock, deadline: Option<Instant>) -> Self {
        Self { transport, clock, deadline, watch: Watch::default(), known: Known::default() }
    }

    /// Tells this watch of calls that take long.
    #[must_use]
    pub fn watched_by(self, watch: Watch) -> Self {
        Self { watch, ..self }
    }

    /// Adds what is obtained in signing in to these secrets.
    #[must_use]
    pub fn making_known(self, known: Known) -> Self {
        Self { known, ..self }
    }

    /// Adds a secret to those that no output may hold, as soon as it is there.
    pub(super) fn make_known(&self, secret: &SecretString) {
        self.known.add(secret);
    }

    /// Returns the clock that it waits by.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the same caller with another transport.
    pub(super) fn through(&self, transport: Transport) -> Self {
        Self { transport, ..self.clone() }
    }

    /// Returns what is left of the run's time.
    pub fn left(&self) -> Option<Duration> {
        let now = self.clock.instant();
        self.deadline.map(|deadline| deadline.saturating_duration_since(now))
    }

    /// Sends once, and waits no longer than the run may take.
    async fn exchange(&self, outgoing: Outgoing) -> Result<Incoming, Fault> {
        let exchange = self.transport.exchange(outgoing);
        match self.left() {
            Some(left) => tokio::select! {
                biased;
                result = exchange => result,
                () = self.clock.elapse(left) => Err(Fault::OutOfTime),
            },
            None => exchange.await,
        }
    }

    /// Makes a call and returns its answer, whatever its status.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Incoming, AuthError> {
        let start = self.clock.instant();
        let mut attempt = 1;
        loop {
            let sent = self.clock.instant();
            let result = self.exchange(call.outgoing()).await;
            tracing::debug!(
                target: WIRE,
                method = call.method.as_str(),
                path = call.url.path(),
                status = result.as_ref().ok().map(|answer| answer.status),
                attempt,
                duration_ms = millis(self.clock.instant().saturating_duration_since(sent)),
                fault = result.as_ref().err().map(tracing::field::display),
                request_id = result.as_ref().ok().and_then(|answer| answer.header("x-ms-request-id")),
            );
            let spent = self.clock.instant().saturating_duration_since(start);
            let left = CHAIN_DEADLINE.saturating_sub(spent);
            let left = self.left().map_or(left, |run| run.min(left));
            match retry::decide(Effect::Read, call.outcome(&result, &self.clock), attempt, left) {
                Decision::Wait(wait) => {
                    self.watch.tell(spent, || Delay {
                        call: format!("signing in at {}", host(call.url)),
                        why: watch::ending(result.as_ref().map(|answer| answer.status)),
                        wait,
                    });
                    self.clock.sleep(wait).await;
                }
                Decision::Final | Decision::GiveUp | Decision::AnswerLost => {
                    return result
                        .map_err(|source| AuthError::Unreachable { host: host(call.url), source });
                }
            }
            attempt += 1;
        }
    }
}

/// Returns a URL's host for messages.
pub(super) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use jiff::Timestamp;

    use super::*;
    use crate::http::testing::endpoints;

    #[tokio::test]
    async fn a_service_that_says_nothing_is_waited_for_no_longer_than_the_run_may_take() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let transport = Transport::new(&endpoints(&url)).expect("no certificates are needed");
        let clock = Clock::recording(Timestamp::UNIX_EPOCH);
        let over = Some(clock.instant());
        let caller = Caller::new(transport, clock, over);
        let url = Url::parse(&url).expect("valid");
        let answer = caller.call(Call::get(&url)).await;
        let source = match answer {
            Err(AuthError::Unreachable { source, .. }) => source,
            other => panic!("{other:?}"),
        };
        assert!(matches!(source, Fault::OutOfTime), "{source:?}");
    }
}
