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
    held: Arc<AsyncMutex<()>>,
}

impl TokenSource for Scripted {
    fn token(&self) -> TokenFuture<'_> {
        let answer =
            self.answers.lock().expect("not poisoned").pop().expect("the script is long enough");
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
    held: Arc<AsyncMutex<()>>,
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
    let held = Arc::new(AsyncMutex::default());
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
