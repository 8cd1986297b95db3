//! The retry policy, as a pure decision about one attempt.
//!
//! Plain calls, the members of a `$batch` and the sign-in all ask [`decide`]. A read is repeated
//! whenever that may help. A write is repeated only where Graph most likely did not act on it: it was
//! throttled, or the connection was never made; and even then its caller checks the object first. After any
//! other failure only the caller can repeat the write.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::method::Safety;

/// The time during which one call may be repeated.
pub const CHAIN_DEADLINE: Duration = Duration::from_secs(5 * 60);

/// The least wait. Intune often names none, or 0, and counts what is sent meanwhile (FACTS 5.1).
const FLOOR: Duration = Duration::from_secs(3);

/// The first backoff after a fault that has nothing to do with limits.
const START: Duration = Duration::from_secs(1);

/// The longest backoff: the span that Graph's limits are stated for. A longer Retry-After is
/// honoured all the same.
const CAP: Duration = Duration::from_secs(20);

/// The most attempts at a connection: a host that cannot be found is more often wrong than busy.
const CONNECTS: u32 = 5;

/// The most attempts at a read that the service fails at: an object that it cannot read stays unreadable.
const FAILURES: u32 = 4;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AttemptOutcome {
    /// With an answer, and the wait that it asks for.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The parsed `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// Before anything was sent.
    NeverConnected,
    /// After something may have been sent, without a whole answer.
    Lost,
    /// In a way that the next attempt would end in too.
    Hopeless,
}

/// The consequence of an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// The outcome stands.
    Final,
    /// The call is tried again after this wait.
    Wait(Duration),
    /// The call would be tried again, had the time not run out.
    GiveUp,
    /// Whether the write took effect is unknown: the object must be read before the write is repeated.
    AnswerLost,
}

/// Decides what follows from attempt number `attempt` (from 1), with `left` until the last deadline.
///
/// 502, 503 and 504 come from a gateway in front of the service that was asked, so after them a write
/// may or may not have been done.
pub fn decide(safety: Safety, outcome: AttemptOutcome, attempt: u32, left: Duration) -> Decision {
    use AttemptOutcome::{Answered, Hopeless, Lost, NeverConnected};
    let wait = match (outcome, safety) {
        (Answered { status: 429, retry_after }, _)
        | (Answered { status: 503, retry_after }, Safety::Read)
        | (Answered { status: 502 | 504, retry_after: retry_after @ Some(_) }, Safety::Read) => {
            throttled_wait(retry_after, attempt)
        }
        (Answered { status: 502 | 504, .. } | Lost, Safety::Read) => backoff(attempt),
        (Answered { status: 408 | 500, .. }, Safety::Read) if attempt < FAILURES => {
            backoff(attempt)
        }
        (NeverConnected, _) if attempt < CONNECTS => backoff(attempt),
        (Answered { status: 502..=504, .. } | Lost, Safety::Write) => return Decision::AnswerLost,
        (NeverConnected, _) => return Decision::GiveUp,
        (Answered { .. } | Hopeless, _) => return Decision::Final,
    };
    if wait < left { Decision::Wait(wait) } else { Decision::GiveUp }
}

/// Returns the wait of a throttled call: the time that was asked for and a little more, so that calls that were
/// throttled together are not repeated together; else a backoff.
fn throttled_wait(asked: Option<Duration>, attempt: u32) -> Duration {
    match asked.filter(|asked| !asked.is_zero()) {
        Some(asked) => {
            let beyond = growing(FLOOR, 1).saturating_sub(FLOOR);
            asked.max(FLOOR).saturating_add(beyond)
        }
        None => growing(FLOOR, attempt),
    }
}

/// Returns the wait after attempt number `attempt` (from 1) that failed without a stated reason.
pub fn backoff(attempt: u32) -> Duration {
    growing(START, attempt)
}

/// Returns a jittered wait that doubles with every attempt.
fn growing(first: Duration, attempt: u32) -> Duration {
    let before = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    ExponentialBuilder::new()
        .with_min_delay(first)
        .with_max_delay(CAP)
        .without_max_times()
        .with_jitter()
        .build()
        .nth(before.min(16))
        .unwrap_or(CAP)
}

/// Parses a `Retry-After`: seconds, with a fraction or without, or an HTTP date, which counts from
/// `now`. Returns `None` for anything else.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = http_date(text)?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Parses an HTTP date, `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests;
