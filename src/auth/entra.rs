//! Microsoft Entra's token endpoint: a form goes out, a token or a refusal comes back.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::refusal::Refusal;
use super::{AuthError, Token};
use crate::clock::Clock;
use crate::graph::cloud::Endpoints;
use crate::graph::odata;
use crate::graph::request::Effect;
use crate::graph::retry::{self, CHAIN_DEADLINE, Decision, Outcome};
use crate::graph::transport::{Fault, Incoming, Outgoing, Transport, WIRE, millis};

/// The token endpoint of a tenant.
#[derive(Clone, Debug)]
pub struct TokenEndpoint {
    login: Url,
    url: Url,
    scope: String,
    transport: Transport,
    clock: Clock,
}

#[derive(Deserialize)]
struct Issued {
    access_token: String,
    expires_in: u64,
}

impl TokenEndpoint {
    /// Makes the endpoint of a tenant, a GUID or a domain.
    pub fn new(endpoints: &Endpoints, tenant: &str, transport: Transport, clock: Clock) -> Self {
        let mut url = endpoints.login().clone();
        url.set_path(&format!("/{}/oauth2/v2.0/token", odata::segment(tenant)));
        Self {
            login: endpoints.login().clone(),
            url,
            scope: endpoints.cloud().scope(),
            transport,
            clock,
        }
    }

    /// Asks for a token for Graph. `grant` is what the kind of credential adds to the form.
    ///
    /// # Errors
    /// When the service refuses, or cannot be asked within the retry policy.
    pub async fn redeem(&self, grant: &[(&str, &str)]) -> Result<Token, AuthError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("scope", &self.scope)
            .extend_pairs(grant)
            .finish();
        let start = self.clock.instant();
        let mut attempt = 1;
        loop {
            let sent = self.clock.instant();
            let result = self.post(&form).await;
            tracing::debug!(
                target: WIRE,
                method = "POST",
                path = self.url.path(),
                status = result.as_ref().ok().map(|answer| answer.status),
                attempt,
                duration_ms = millis(self.clock.instant().saturating_duration_since(sent)),
                fault = result.as_ref().err().map(tracing::field::display),
                request_id = result.as_ref().ok().and_then(|answer| answer.header("x-ms-request-id")),
            );
            let left = CHAIN_DEADLINE
                .saturating_sub(self.clock.instant().saturating_duration_since(start));
            // A token that was issued and lost does no harm: asking is a read.
            match retry::decide(Effect::Read, self.outcome(&result), attempt, left) {
                Decision::Wait(wait) => self.clock.sleep(wait).await,
                Decision::Final | Decision::GiveUp | Decision::AnswerLost => {
                    return self.conclude(result);
                }
            }
            attempt += 1;
        }
    }

    async fn post(&self, form: &str) -> Result<Incoming, Fault> {
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        let outgoing = Outgoing {
            method: reqwest::Method::POST,
            url: self.url.clone(),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, form_type)]),
            body: Some(form.as_bytes().to_vec()),
        };
        self.transport.exchange(outgoing).await
    }

    fn outcome(&self, result: &Result<Incoming, Fault>) -> Outcome {
        match result {
            Ok(answer) => Outcome::Answered {
                status: answer.status,
                retry_after: answer.retry_after(self.clock.now()),
            },
            Err(fault) => fault.outcome(Effect::Read),
        }
    }

    fn conclude(&self, result: Result<Incoming, Fault>) -> Result<Token, AuthError> {
        let host = || self.login.host_str().unwrap_or_default().to_owned();
        let answer = result.map_err(|source| AuthError::Unreachable {
            host: host(),
            source,
        })?;
        if let Ok(issued) = serde_json::from_slice::<Issued>(&answer.body) {
            let lifetime = Duration::from_secs(issued.expires_in);
            return Ok(Token::issued(
                issued.access_token.into(),
                &self.login,
                self.clock.now(),
                lifetime,
            ));
        }
        Err(match Refusal::parse(answer.status, &answer.body) {
            Some(refusal) => AuthError::Refused(Box::new(refusal)),
            None => AuthError::BadAnswer {
                host: host(),
                status: answer.status,
            },
        })
    }
}
