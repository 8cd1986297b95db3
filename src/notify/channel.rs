//! Sends a message to a channel. The address is a secret: it is in no message, no log and no error.

use std::convert::Infallible;
use std::time::Duration;

use reqwest::Request;
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use url::{Position, Url};

use crate::clock::Clock;
use crate::http::retry_loop::{AttemptFuture, RetryLoop, Retryable};
use crate::http::transport::Client;
use crate::http::{Endpoints, Fault, Method, RetryObserver, Safety};
use crate::manifest::tenant_file::ChannelSpec;
use crate::secrets::Known;

/// The most that a channel may take, in the seconds of the people who wait for the run.
const PATIENCE: Duration = Duration::from_secs(30);

/// The path that the log has in place of an address.
const HIDDEN_PATH: &str = "(withheld)";

/// A channel and its address.
pub(crate) struct Channel {
    client: Client,
    url: Url,
}

/// Why a channel is not told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChannelError {
    /// No variable has the address.
    #[error("the variable `{0}`, which has its address, is not set")]
    NotSet(String),
    /// The address cannot be used.
    #[error("the variable `{variable}`: {reason}")]
    Address {
        /// The name of the variable.
        variable: String,
        /// The reason, without the address.
        reason: String,
    },
    /// The service refused the message.
    #[error("it answered with status {status}. {}", remedy(*.status))]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// No answer came.
    #[error("{0}")]
    Unreachable(Fault),
    /// No answer came in time.
    #[error("it gave no answer for {} s", PATIENCE.as_secs())]
    Silent,
}

fn remedy(status: u16) -> &'static str {
    match status {
        400 | 413 | 422 => {
            "Check that the kind of the channel in `spec.notify` is the one that the address is for."
        }
        401 | 403 | 404 | 410 => {
            "Its address is no longer one: make a new one, and store it in the variable."
        }
        429 => "It gets too many messages; the next run tells it everything.",
        _ => "The next run tells it everything.",
    }
}

/// A message on its way.
struct Delivery<'a>(&'a Request);

impl Retryable for Delivery<'_> {
    type Error = Infallible;

    fn attempt<'a>(
        calls: &'a [Self],
        retry: &'a mut RetryLoop<'_>,
    ) -> AttemptFuture<'a, Infallible> {
        Box::pin(async move {
            let copy = calls[0].0.try_clone().expect("a body in memory can be sent again");
            Ok(vec![retry.exchange(copy, HIDDEN_PATH, Safety::Write).await])
        })
    }

    fn label(&self) -> String {
        "telling a channel".to_owned()
    }

    fn safety(&self) -> Safety {
        Safety::Write
    }
}

impl Channel {
    /// Makes a channel, whose address becomes a known secret.
    ///
    /// # Errors
    /// When there is no address, or none that is used: https, or http on this machine.
    pub(crate) fn new(
        spec: &ChannelSpec,
        address: Option<SecretString>,
        known: &Known,
        clock: Clock,
    ) -> Result<Self, ChannelError> {
        let variable = spec.env.clone();
        let address = address.ok_or_else(|| ChannelError::NotSet(variable.clone()))?;
        let failed = |why: &dyn std::fmt::Display| {
            let variable = variable.clone();
            ChannelError::Address { variable, reason: why.to_string() }
        };
        let text = address.expose_secret().trim();
        let endpoints = Endpoints::of_service("its value", text).map_err(|why| failed(&why))?;
        let url = endpoints.graph().clone();
        // The host is public; what follows lets in.
        known.add(&SecretString::from(&url[Position::BeforePath..]));
        let client = Client::new(endpoints, clock, None, RetryObserver::default());
        Ok(Self { client: client.map_err(|why| failed(&why))?, url })
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When it is not known to have arrived.
    pub(crate) async fn send(&self, payload: &str) -> Result<(), ChannelError> {
        let request = self.client.request(Method::Post.verb().clone(), &self.url);
        let request = request.header(CONTENT_TYPE, "application/json").body(payload.to_owned());
        let request = request.build().map_err(|error| ChannelError::Unreachable(error.into()))?;
        let mut retry = RetryLoop::new(&self.client, |_, _| ());
        let delivery = retry.run(Delivery(&request), async |_, _| true);
        let Ok(last) = tokio::select! {
            last = delivery => last,
            () = self.client.clock.elapse_for_people(PATIENCE) => return Err(ChannelError::Silent),
        };
        match last.attempt {
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) => Err(ChannelError::Refused { status: answer.status }),
            Err(fault) => Err(ChannelError::Unreachable(fault)),
        }
    }
}
