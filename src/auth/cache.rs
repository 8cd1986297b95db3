//! Caches a token until it is due.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as Turn;

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
    turn: Turn<()>,
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
        Self { source, clock, last: Mutex::default(), turn: Turn::default() }
    }

    async fn current(&self) -> Result<Token, AuthError> {
        let failures = self.last().failures;
        if self.is_due() {
            self.renew().await;
        }
        match self.living() {
            Some(token) => Ok(token),
            None => self.sign_in(failures).await,
        }
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
        match self.source.token().await {
            Ok(token) => {
                self.keep(&token);
                Ok(token)
            }
            Err(error) => {
                let mut last = self.last();
                last.error = Some(error.clone());
                last.failures += 1;
                Err(error)
            }
        }
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
        Box::pin(self.current())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use secrecy::ExposeSecret;
    use url::Url;

    use super::*;

    /// Answers from a script, last entry first, and issues tokens that live for an hour.
    #[derive(Debug)]
    struct Scripted {
        answers: Mutex<Vec<Result<&'static str, AuthError>>>,
        clock: Clock,
        /// Until when no answer comes.
        held: Arc<Turn<()>>,
    }

    impl TokenSource for Scripted {
        fn token(&self) -> TokenFuture<'_> {
            let answer = self
                .answers
                .lock()
                .expect("not poisoned")
                .pop()
                .expect("the script is long enough");
            let login = Url::parse("http://127.0.0.1").expect("valid");
            let token = answer.map(|text| {
                Token::issued(text.into(), &login, self.clock.now(), Duration::from_secs(3_600))
            });
            Box::pin(async {
                tokio::task::yield_now().await;
                let _ = self.held.lock().await;
                token
            })
        }
    }

    fn cached(answers: Vec<Result<&'static str, AuthError>>) -> (Cached, Clock) {
        held_back(answers, Arc::default())
    }

    fn held_back(
        mut answers: Vec<Result<&'static str, AuthError>>,
        held: Arc<Turn<()>>,
    ) -> (Cached, Clock) {
        answers.reverse();
        let clock = Clock::recording(Timestamp::UNIX_EPOCH);
        let source = Scripted { answers: Mutex::new(answers), clock: clock.clone(), held };
        (Cached::new(Box::new(source), clock.clone()), clock)
    }

    async fn text(cached: &Cached) -> Result<String, AuthError> {
        Ok(cached.token().await?.secret().expose_secret().to_owned())
    }

    fn refused() -> AuthError {
        AuthError::Refused(Box::default())
    }

    fn down() -> AuthError {
        AuthError::BadAnswer { host: "login".into(), status: 503 }
    }

    #[tokio::test]
    async fn callers_share_one_sign_in_until_the_token_is_due() {
        let (cached, clock) = cached(vec![Ok("first"), Ok("second")]);
        let (one, other) = tokio::join!(text(&cached), text(&cached));
        assert_eq!(
            (one.expect("signed in"), other.expect("signed in")),
            ("first".into(), "first".into())
        );
        clock.sleep(Duration::from_secs(3_299)).await;
        assert_eq!(text(&cached).await.expect("not due"), "first");
        clock.sleep(Duration::from_secs(1)).await;
        assert_eq!(text(&cached).await.expect("renewed"), "second");
    }

    #[tokio::test]
    async fn refusal_is_cached_and_a_fault_is_not() {
        let (refusing, _) = cached(vec![Err(refused())]);
        for _ in 0..3 {
            assert!(matches!(text(&refusing).await, Err(AuthError::Refused(_))));
        }
        let (recovering, _) = cached(vec![Err(down()), Ok("up")]);
        assert!(matches!(text(&recovering).await, Err(AuthError::BadAnswer { .. })));
        assert_eq!(text(&recovering).await.expect("signed in"), "up");
    }

    #[tokio::test]
    async fn valid_token_is_used_after_a_failed_renewal() {
        let (cached, clock) = cached(vec![Ok("first"), Err(down()), Err(down()), Err(refused())]);
        text(&cached).await.expect("signed in");
        clock.sleep(Duration::from_secs(3_400)).await;
        // Two attempts, a minute apart.
        for _ in 0..2 {
            assert_eq!(text(&cached).await.expect("still lives"), "first");
            assert_eq!(text(&cached).await.expect("still lives"), "first");
            clock.sleep(Duration::from_secs(60)).await;
        }
        clock.sleep(Duration::from_secs(80)).await;
        assert!(matches!(text(&cached).await, Err(AuthError::Refused(_))));
    }

    #[tokio::test]
    async fn callers_get_the_old_token_during_a_renewal() {
        let held = Arc::new(Turn::default());
        let (cached, clock) = held_back(vec![Ok("first"), Ok("second")], Arc::clone(&held));
        text(&cached).await.expect("signed in");
        clock.sleep(Duration::from_secs(3_400)).await;
        let hanging = held.lock().await;
        let (renewing, ()) = tokio::join!(text(&cached), async {
            for _ in 0..3 {
                assert_eq!(text(&cached).await.expect("still lives"), "first");
            }
            drop(hanging);
        });
        assert_eq!(renewing.expect("renewed"), "second");
    }

    #[tokio::test]
    async fn failed_sign_in_is_shared_with_waiting_callers() {
        let (cached, _) = cached(vec![Err(down()), Ok("up")]);
        let (one, other) = tokio::join!(text(&cached), text(&cached));
        for waited in [one, other] {
            assert!(matches!(waited, Err(AuthError::BadAnswer { .. })));
        }
        assert_eq!(text(&cached).await.expect("signed in"), "up");
    }
}
