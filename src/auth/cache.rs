//! Keeping a token until it is due, whatever credential it comes from.

use tokio::sync::Mutex;

use super::{AuthError, Token, TokenFuture, TokenSource};
use crate::clock::Clock;

/// Asks a source for a token only when the last one is due, and once for all who wait for it.
#[derive(Debug)]
pub struct Cached<S> {
    source: S,
    clock: Clock,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    token: Option<Token>,
    /// A credential does not become right within a run: whoever waited need not ask as well.
    refusal: Option<AuthError>,
}

impl<S: TokenSource> Cached<S> {
    /// Makes a cache in front of a source.
    pub fn new(source: S, clock: Clock) -> Self {
        Self {
            source,
            clock,
            last: Mutex::default(),
        }
    }

    async fn current(&self) -> Result<Token, AuthError> {
        let mut last = self.last.lock().await;
        if let Some(token) = &last.token
            && !token.is_due(self.clock.now())
        {
            return Ok(token.clone());
        }
        let error = match last.refusal.clone() {
            Some(refusal) => refusal,
            None => match self.source.token().await {
                Ok(token) => {
                    last.token = Some(token.clone());
                    return Ok(token);
                }
                Err(error) => error,
            },
        };
        if matches!(error, AuthError::Refused(_)) {
            last.refusal = Some(error.clone());
        }
        // A token is due well before its end, so a run outlives a sign-in service that is down for a while.
        match &last.token {
            Some(token) if !token.is_over(self.clock.now()) => Ok(token.clone()),
            _ => Err(error),
        }
    }
}

impl<S: TokenSource> TokenSource for Cached<S> {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(self.current())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as StdMutex;
    use std::time::Duration;

    use jiff::Timestamp;
    use secrecy::ExposeSecret;
    use url::Url;

    use super::*;

    /// Answers from a script, last entry first, and issues tokens that live for an hour.
    #[derive(Debug)]
    struct Scripted {
        answers: StdMutex<Vec<Result<&'static str, AuthError>>>,
        clock: Clock,
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
                Token::issued(
                    text.into(),
                    &login,
                    self.clock.now(),
                    Duration::from_secs(3_600),
                )
            });
            Box::pin(async {
                tokio::task::yield_now().await;
                token
            })
        }
    }

    fn cached(mut answers: Vec<Result<&'static str, AuthError>>) -> (Cached<Scripted>, Clock) {
        answers.reverse();
        let clock = Clock::recording(Timestamp::UNIX_EPOCH);
        let source = Scripted {
            answers: StdMutex::new(answers),
            clock: clock.clone(),
        };
        (Cached::new(source, clock.clone()), clock)
    }

    async fn text(cached: &Cached<Scripted>) -> Result<String, AuthError> {
        Ok(cached.token().await?.secret().expose_secret().to_owned())
    }

    fn refused() -> AuthError {
        AuthError::Refused(Box::default())
    }

    fn down() -> AuthError {
        AuthError::BadAnswer {
            host: "login".into(),
            status: 503,
        }
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
    async fn a_refusal_is_asked_for_once_and_a_fault_again() {
        let (refusing, _) = cached(vec![Err(refused())]);
        for _ in 0..3 {
            assert!(matches!(text(&refusing).await, Err(AuthError::Refused(_))));
        }
        let (recovering, _) = cached(vec![Err(down()), Ok("up")]);
        assert!(matches!(
            text(&recovering).await,
            Err(AuthError::BadAnswer { .. })
        ));
        assert_eq!(text(&recovering).await.expect("signed in"), "up");
    }

    #[tokio::test]
    async fn a_token_that_still_lives_outlives_a_failed_renewal() {
        let (cached, clock) = cached(vec![Ok("first"), Err(down()), Err(refused())]);
        text(&cached).await.expect("signed in");
        clock.sleep(Duration::from_secs(3_400)).await;
        assert_eq!(text(&cached).await.expect("still lives"), "first");
        assert_eq!(text(&cached).await.expect("still lives"), "first");
        clock.sleep(Duration::from_secs(200)).await;
        assert!(matches!(text(&cached).await, Err(AuthError::Refused(_))));
    }
}
