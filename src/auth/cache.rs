//! Caches a token until it is due.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as AsyncMutex;

use super::{AuthError, Token, TokenFuture, TokenSource};
use crate::clock::Clock;

/// The time that a renewal may take while the old token is valid.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time after a failed renewal before the next attempt.
const PAUSE: Duration = Duration::from_secs(60);

/// Asks a source for a token only when the last one is due, and once for all callers that wait.
#[derive(Debug)]
pub struct Cached {
    source: Box<dyn TokenSource>,
    clock: Clock,
    last: Mutex<Last>,
    /// Held during a request to the source.
    turn: AsyncMutex<()>,
}

#[derive(Clone, Debug, Default)]
struct Last {
    token: Option<Token>,
    /// The time of the next renewal after a failed one.
    renew_from: Option<Instant>,
    /// The error of the last sign-in that failed.
    error: Option<AuthError>,
    /// The number of failed sign-ins.
    failures: usize,
}

impl Cached {
    /// Makes a cache in front of a source.
    pub fn new(source: Box<dyn TokenSource>, clock: Clock) -> Self {
        Self { source, clock, last: Mutex::default(), turn: AsyncMutex::default() }
    }

    /// Renews a token that is still valid, unless another caller does. A token is due well before its end, so a
    /// run does not depend on a sign-in service that is down for a while.
    async fn renew(&self) {
        let Ok(_turn) = self.turn.try_lock() else {
            return;
        };
        let now = self.clock.instant();
        if !self.is_due() || self.last().renew_from.is_some_and(|from| now < from) {
            return;
        }
        let renewed = tokio::select! {
            renewed = self.source.renewed() => renewed.ok(),
            () = self.clock.elapse(PATIENCE) => None,
        };
        match renewed {
            Some(token) => self.keep(&token),
            None => self.last().renew_from = self.clock.instant().checked_add(PAUSE),
        }
    }

    /// Signs in, unless another caller did meanwhile. A caller that waited for an attempt that failed gets its error;
    /// `failures` is the number of failures before the wait.
    async fn sign_in(&self, failures: usize) -> Result<Token, AuthError> {
        let _turn = self.turn.lock().await;
        if let Some(token) = self.living() {
            return Ok(token);
        }
        let last = self.last().clone();
        match last.error {
            // A credential does not become right within a run.
            Some(error @ AuthError::Refused(_)) => return Err(error),
            Some(error) if last.failures != failures => return Err(error),
            _ => {}
        }
        let signed_in = self.source.token().await;
        match &signed_in {
            Ok(token) => self.keep(token),
            Err(error) => {
                let mut last = self.last();
                last.error = Some(error.clone());
                last.failures += 1;
            }
        }
        signed_in
    }

    fn keep(&self, token: &Token) {
        let mut last = self.last();
        last.token = Some(token.clone());
        last.renew_from = None;
    }

    fn is_due(&self) -> bool {
        self.living().is_some_and(|token| token.is_due(self.clock.now()))
    }

    fn living(&self) -> Option<Token> {
        let token = self.last().token.clone();
        token.filter(|token| !token.is_over(self.clock.now()))
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenSource for Cached {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            let failures = self.last().failures;
            if self.is_due() {
                self.renew().await;
            }
            match self.living() {
                Some(token) => Ok(token),
                None => self.sign_in(failures).await,
            }
        })
    }
}

#[cfg(test)]
mod tests;
