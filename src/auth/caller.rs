//! Makes the calls of a sign-in, by the retry loop.

use reqwest::{Method, Request, RequestBuilder};
use url::Url;

use super::AuthError;
use super::refusal::OAuthError;
use crate::http::Safety;
use crate::http::retry_loop::{AttemptFuture, RetryLoop, Retryable};
use crate::http::transport::{Client, HttpAnswer, TransportError};
use crate::secrets::Known;

/// Makes the calls of a sign-in.
#[derive(Clone, Debug)]
pub struct SignInClient {
    pub(super) http: Client,
    /// The secrets that no output may hold.
    pub(super) known: Known,
}

/// A call to a service that has tokens.
struct Call<'a> {
    request: &'a Request,
    near: Option<&'a [u16]>,
}

impl Retryable for Call<'_> {
    type Error = AuthError;

    fn attempt<'a>(
        calls: &'a [Self],
        retry: &'a mut RetryLoop<'_>,
    ) -> AttemptFuture<'a, AuthError> {
        Box::pin(async move {
            let request = calls[0].request;
            let copy = request.try_clone().expect("a body in memory can be sent again");
            Ok(vec![retry.exchange(copy, request.url().path(), Safety::Read).await])
        })
    }

    fn label(&self) -> String {
        format!("signing in at {}", host(self.request.url()))
    }

    /// A token that was issued and lost does no harm.
    fn safety(&self) -> Safety {
        Safety::Read
    }

    fn is_later(&self, answer: &HttpAnswer) -> bool {
        self.near.is_some_and(|later| later.contains(&answer.status))
            || OAuthError::parse(answer.status, &answer.body)
                .is_some_and(|refusal| refusal.is_transient())
    }

    fn is_near(&self) -> bool {
        self.near.is_some()
    }
}

impl SignInClient {
    /// Makes a caller that adds what is obtained in signing in to these secrets.
    pub fn new(http: Client, known: Known) -> Self {
        Self { http, known }
    }

    /// Returns a caller of services beside this machine.
    pub(super) fn direct(&self) -> Result<Self, TransportError> {
        Ok(Self { http: self.http.direct()?, ..self.clone() })
    }

    /// Begins a `GET`.
    pub(super) fn get(&self, url: &Url) -> RequestBuilder {
        self.http.request(Method::GET, url)
    }

    /// Begins a `POST`.
    pub(super) fn post(&self, url: &Url) -> RequestBuilder {
        self.http.request(Method::POST, url)
    }

    /// Makes a call and returns its answer, whatever its status.
    pub(super) async fn call(&self, request: RequestBuilder) -> Result<HttpAnswer, AuthError> {
        self.call_with(request, None).await
    }

    /// As [`Self::call`]. `near` is set for a service of this machine's host, which is not waited for if it does not
    /// listen: to the further statuses at which it should be called again.
    pub(super) async fn call_with(
        &self,
        request: RequestBuilder,
        near: Option<&[u16]>,
    ) -> Result<HttpAnswer, AuthError> {
        let request = request.build().map_err(|_| AuthError::Malformed)?;
        let call = Call { request: &request, near };
        let mut retry = RetryLoop::new(&self.http, |_, _| ());
        let last = retry.run(call, async |_, _| true).await?;
        let unreachable = |source| AuthError::Unreachable { host: host(request.url()), source };
        last.attempt.map_err(unreachable)
    }
}

/// Returns a URL's host for messages.
pub(super) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::http::Fault;
    use crate::http::observer::RetryObserver;
    use crate::http::testing::client_of;

    #[tokio::test]
    async fn silent_service_is_waited_for_until_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let http = client_of(&url, Some(Duration::ZERO), RetryObserver::default());
        let caller = SignInClient::new(http, Known::default());
        let url = Url::parse(&url).expect("valid");
        let answer = caller.call(caller.get(&url)).await;
        let source = match answer {
            Err(AuthError::Unreachable { source, .. }) => source,
            other => panic!("{other:?}"),
        };
        assert!(matches!(source, Fault::OutOfTime), "{source:?}");
    }
}
