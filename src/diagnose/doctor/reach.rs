//! Checks whether the two services answer, and whether the local clock agrees with theirs.

use std::error::Error as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Request;
use url::Url;

use super::SetUp;
use super::checklist::{CheckResult, Checklist};
use crate::http::Safety;
use crate::http::retry::http_date;
use crate::http::transport::Fault;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far clocks may be apart: Microsoft Entra tolerates five minutes in signed assertions.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Sends a HEAD request to both services; any answer of the service itself counts. No token is sent.
pub(super) async fn check(checklist: &mut Checklist, set_up: &SetUp<'_>) {
    let endpoints = &set_up.http.endpoints;
    let (login, graph) = (endpoints.login(), endpoints.graph());
    let (from_login, from_graph) = tokio::join!(knock(set_up, login), knock(set_up, graph));
    let mut date = None;
    for (id, url, answer) in [("login", login, from_login), ("graph", graph, from_graph)] {
        let host = url.host_str().unwrap_or_default();
        let result = match answer {
            Ok(theirs) => {
                date = date.or(theirs);
                CheckResult::ok(format!("{host} answers"))
            }
            Err(why) => {
                let detail = format!("{host} does not answer: {why}");
                CheckResult::missing("graph/unreachable", detail)
            }
        };
        checklist.record(id, result);
    }
    checklist.record(
        "clock",
        match date {
            Some(theirs) => clock(set_up.http.clock.now(), theirs),
            None => CheckResult::unknown("no answer has a date"),
        },
    );
}

/// Returns the time in the answer, or why there was no answer.
async fn knock(set_up: &SetUp<'_>, url: &Url) -> Result<Option<Timestamp>, String> {
    let request = Request::new(reqwest::Method::HEAD, url.clone());
    tokio::select! {
        answer = set_up.http.exchange(request, url.path(), Safety::Read, 1) => match answer {
            // The service was not reached, or is down; one that does not know the verb is there.
            Ok(answer) if matches!(answer.status, 407 | 500 | 502..=599) => {
                Err(format!("got status {} instead", answer.status))
            }
            Ok(answer) => Ok(answer.header("date").and_then(http_date)),
            Err(fault) => Err(in_short(&fault)),
        },
        () = set_up.http.clock.elapse(PATIENCE) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

fn clock(ours: Timestamp, theirs: Timestamp) -> CheckResult {
    let skew = ours.duration_since(theirs);
    let apart = skew.abs();
    // The header has whole seconds, and the answer took its time.
    if apart <= SignedDuration::from_secs(2) {
        return CheckResult::ok("agrees with Microsoft's");
    }
    let direction = if skew.is_negative() { "behind" } else { "ahead of" };
    let detail = format!("{} s {direction} Microsoft's", apart.as_secs());
    if apart <= TOLERANCE {
        return CheckResult::ok(detail);
    }
    let remedy = "Set the clock of this machine, by NTP for example: tokens and assertions are refused before and after their time.";
    CheckResult::missing("entra/assertion-time", detail).with_remedy(vec![remedy.to_owned()])
}

/// Returns the failure and its innermost cause, without the layers of the HTTP client between them.
fn in_short(fault: &Fault) -> String {
    let causes = std::iter::successors(fault.source(), |cause| (*cause).source());
    match causes.last() {
        Some(cause) => format!("{fault}: {cause}"),
        None => fault.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::checklist::CheckStatus;
    use super::*;

    #[test]
    fn clock_may_be_five_minutes_off() {
        let seen = |seconds: i64| {
            let ours = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
            let result = clock(ours, Timestamp::UNIX_EPOCH);
            (result.status, result.detail)
        };
        assert_eq!(seen(2), (CheckStatus::Ok, "agrees with Microsoft's".to_owned()));
        assert_eq!(seen(300).0, CheckStatus::Ok);
        assert_eq!(seen(-301), (CheckStatus::Missing, "301 s behind Microsoft's".to_owned()));
        assert_eq!(seen(7_200).0, CheckStatus::Missing);
    }
}
