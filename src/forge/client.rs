//! Sends the calls of a forge: with its token, to its host alone, by the retry policy.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::context::{API_URL, ForgeContext};
use super::dialect::{self, ForgeDialect, ForgeRequest, IssueDialect};
use super::error::ForgeError;
use super::kind::{ForgeFacts, ForgeKind};
use super::links;
use crate::clock::Clock;
use crate::http::retry::AttemptOutcome;
use crate::http::retry_loop::{AttemptFuture, RetryLoop, Retryable};
use crate::http::transport::{Attempt, Client, HttpAnswer};
use crate::http::{Endpoints, Method, RetryObserver, Safety};
use crate::secrets::Known;
use crate::text::sanitize;

/// The most pages of one list: 100,000 comments. A service that goes on after that goes in a circle.
const MOST_PAGES: usize = 1_000;

/// The most characters of a service's message that an error repeats.
const LONGEST_MESSAGE: usize = 300;

/// The least wait after a secondary limit that says nothing else.
const SECONDARY_LIMIT: Duration = Duration::from_secs(60);

/// The headers with a service's own id of a request: GitHub's, GitLab's, Azure DevOps'.
const REQUEST_IDS: [&str; 3] = ["x-github-request-id", "x-request-id", "x-vss-e2eid"];

/// The client of one repository of a forge.
pub(crate) struct ForgeClient {
    http: Client,
    token: SecretString,
    facts: &'static ForgeFacts,
    kind: ForgeKind,
    pub(super) dialect: Box<dyn ForgeDialect>,
    pub(super) issues: Option<Box<dyn IssueDialect>>,
}

/// A call that is ready to be sent.
struct ForgeCall<'a> {
    client: &'a ForgeClient,
    method: Method,
    url: &'a Url,
    body: Option<&'a Value>,
    safety: Safety,
}

impl Retryable for ForgeCall<'_> {
    type Error = ForgeError;

    fn attempt<'a>(
        calls: &'a [Self],
        retry: &'a mut RetryLoop<'_>,
    ) -> AttemptFuture<'a, ForgeError> {
        let call = &calls[0];
        Box::pin(async move {
            let request = call.client.prepare(call).map_err(|_| call.unreadable())?;
            Ok(vec![retry.exchange(request, call.url.path(), call.safety).await])
        })
    }

    fn label(&self) -> String {
        format!("{} {} of {}", self.method.as_str(), self.url.path(), self.client.facts.name)
    }

    fn safety(&self) -> Safety {
        self.safety
    }

    fn outcome(&self, attempt: &Attempt, now: Timestamp) -> AttemptOutcome {
        match attempt {
            Ok(answer) => match limited(answer, now) {
                Some(outcome) => outcome,
                None => {
                    let retry_after = answer.retry_after(now);
                    AttemptOutcome::Answered { status: answer.status, retry_after }
                }
            },
            Err(fault) => fault.outcome(self.safety),
        }
    }
}

/// Returns the outcome of a call that a limit stopped. GitHub answers it with 403 as well, and says when the limit is
/// over by `retry-after` or by the second of the reset (FACTS 18.1).
fn limited(answer: &HttpAnswer, now: Timestamp) -> Option<AttemptOutcome> {
    if answer.status != 403 {
        return None;
    }
    let is_spent = answer.header("x-ratelimit-remaining") == Some("0");
    let is_secondary = String::from_utf8_lossy(&answer.body).contains("secondary rate limit");
    let asked = answer.retry_after(now).or(is_secondary.then_some(SECONDARY_LIMIT));
    if asked.is_none() && !is_spent {
        return None;
    }
    let reset = answer.header("x-ratelimit-reset").filter(|_| is_spent);
    let reset = reset.and_then(|second| Timestamp::from_second(second.parse().ok()?).ok());
    let until_reset = reset.and_then(|reset| reset.duration_since(now).try_into().ok());
    Some(AttemptOutcome::Answered { status: 429, retry_after: asked.or(until_reset) })
}

impl ForgeCall<'_> {
    fn unreadable(&self) -> ForgeError {
        ForgeError::Unreadable { call: self.label() }
    }
}

impl ForgeClient {
    /// Makes the client of a place, and registers its token as a secret.
    ///
    /// # Errors
    /// When there is no token, or the URL is none that a token may be sent to.
    pub(crate) fn new(
        context: &ForgeContext,
        known: &Known,
        clock: Clock,
        observer: RetryObserver,
    ) -> Result<Self, ForgeError> {
        let facts = context.kind.facts();
        let hint =
            "Name the URL of the REST interface, such as `https://github.contoso.com/api/v3`.";
        let endpoints = Endpoints::of_service(API_URL, &context.api);
        let endpoints = endpoints.map_err(|why| ForgeError::Unknown(why.to_string(), hint))?;
        let token = context.token.clone().ok_or(ForgeError::NoToken(facts))?;
        known.add(&token);
        let (dialect, issues) = dialect::of(context, endpoints.graph().path());
        let http = Client::new(endpoints, clock, None, observer);
        let hint = "Install the system's trusted certificates.";
        let http = http.map_err(|why| ForgeError::Unknown(why.to_string(), hint))?;
        Ok(Self { http, token, facts, kind: context.kind, dialect, issues })
    }

    /// Returns the facts of the forge.
    pub(crate) fn facts(&self) -> &'static ForgeFacts {
        self.facts
    }

    /// Sends a request and reads its answer. A repetition does no harm, unless the request creates something.
    pub(super) async fn send<T>(
        &self,
        request: &ForgeRequest,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, ForgeError> {
        let url = self.http.endpoints.graph().join(&request.path);
        let url = url.map_err(|_| ForgeError::Unreadable { call: request.path.clone() })?;
        let call = self.call(request, &url);
        let unreadable = call.unreadable();
        let answer = self.exchange(call).await?;
        // What was deleted is answered without a body.
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        read(&body).ok_or(unreadable)
    }

    /// Reads every page of a list.
    pub(super) async fn list<T>(
        &self,
        request: &ForgeRequest,
        read: impl Fn(&Value) -> Option<Vec<T>>,
    ) -> Result<Vec<T>, ForgeError> {
        let unreadable = || ForgeError::Unreadable { call: request.path.clone() };
        let mut url = self.http.endpoints.graph().join(&request.path).map_err(|_| unreadable())?;
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let answer = self.exchange(self.call(request, &url)).await?;
            let page: Value = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
            all.extend(read(&page).ok_or_else(unreadable)?);
            let Some(next) = answer.header("link").and_then(links::next) else {
                return Ok(all);
            };
            url = url.join(next).map_err(|_| unreadable())?;
            // The token goes to the forge's own host alone.
            if !self.http.endpoints.reaches_graph(&url) {
                return Err(unreadable());
            }
        }
        Err(unreadable())
    }

    fn call<'a>(&'a self, request: &'a ForgeRequest, url: &'a Url) -> ForgeCall<'a> {
        // A query of GitHub's is a `POST`, and creates nothing.
        let creates = request.method == Method::Post && !request.path.ends_with("/graphql");
        let safety = if creates { Safety::Write } else { Safety::Read };
        ForgeCall { client: self, method: request.method, url, body: request.body.as_ref(), safety }
    }

    async fn exchange(&self, call: ForgeCall<'_>) -> Result<HttpAnswer, ForgeError> {
        let label = call.label();
        let mut retry = RetryLoop::new(&self.http, |_, _| ());
        match retry.run(call, async |_, _| true).await?.attempt {
            Ok(answer) if answer.is_success() => Ok(answer),
            Ok(answer) => Err(self.refused(label, &answer)),
            Err(source) => Err(ForgeError::Unreachable { call: label, source }),
        }
    }

    fn prepare(&self, call: &ForgeCall<'_>) -> reqwest::Result<reqwest::Request> {
        let request = self.http.request(call.method.verb().clone(), call.url);
        let mut request = request.bearer_auth(self.token.expose_secret());
        request = match self.kind {
            ForgeKind::Github => request.header("x-github-api-version", "2022-11-28"),
            ForgeKind::Gitlab => request,
            // Otherwise a token that is not accepted is answered with a page to sign in on.
            ForgeKind::AzureDevops => request.header("x-tfs-fedauthredirect", "Suppress"),
        };
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        request.build()
    }

    fn refused(&self, call: String, answer: &HttpAnswer) -> ForgeError {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let said = ["message", "error", "error_description"];
        let said = said.iter().find_map(|name| body[*name].as_str()).unwrap_or_default();
        let said: String = sanitize::line(said).chars().take(LONGEST_MESSAGE).collect();
        let id = REQUEST_IDS.iter().find_map(|name| answer.header(name));
        let id = id.map(|id| format!("request {}", sanitize::line(id)));
        let said: Vec<String> =
            [Some(said).filter(|said| !said.is_empty()), id].into_iter().flatten().collect();
        let said = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
        let limited = limited(answer, self.http.clock.now()).is_some();
        let remedy = match if limited { 429 } else { answer.status } {
            401 => self.facts.token_hint,
            403 => self.facts.permission_hint,
            404 => {
                "Check the repository and the number, and that the token may read the repository."
            }
            429 => "Wait until the limit of the service is over, and run the step again.",
            300..=399 => {
                "The repository or the service has moved: give its present name by `--repository` or `--api-url`. A redirection is not followed with a token."
            }
            _ => {
                "Run the step again; where it fails again, the status page of the service says whether it has a disturbance."
            }
        };
        ForgeError::Refused { call, status: answer.status, said, remedy, limited }
    }
}
