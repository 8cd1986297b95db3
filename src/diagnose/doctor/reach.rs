//! Whether the two services answer, and whether their clock and ours agree.

use std::error::Error as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Request;
use url::Url;

use super::Subject;
use super::chart::Chart;
use crate::diagnose::catalogue::Catalogue;
use crate::http::Safety;
use crate::http::retry::http_date;
use crate::http::transport::Fault;

/// How long a service may take to say anything at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far clocks may be apart: Microsoft Entra tolerates five minutes in what is signed.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Asks both services for nothing in particular; any answer of their own is one. No token is sent.
pub(super) async fn check(chart: &mut Chart, subject: &Subject<'_>) {
    let (login, graph) = tokio::join!(
        knock(subject, subject.http.endpoints.login()),
        knock(subject, subject.http.endpoints.graph()),
    );
    let mut date = None;
    for (id, url, answer) in [
        ("login", subject.http.endpoints.login(), login),
        ("graph", subject.http.endpoints.graph(), graph),
    ] {
        match answer {
            Ok(theirs) => {
                date = date.or(theirs);
                chart.ok(id, format!("{} answers", host(url)));
            }
            Err(why) => {
                let detail = format!("{} does not answer: {why}", host(url));
                let remedy = Catalogue::built_in().by_code("graph/unreachable");
                let remedy = remedy.map(|entry| entry.remedy.clone());
                chart.missing(id, Some("graph/unreachable"), detail, remedy.unwrap_or_default());
            }
        }
    }
    match date {
        Some(theirs) => clock(chart, subject.http.clock.now(), theirs),
        None => chart.unknown("clock", "no answer said what time it is", Vec::new()),
    }
}

/// Returns the time that an answer carried, or why there is none.
async fn knock(subject: &Subject<'_>, url: &Url) -> Result<Option<Timestamp>, String> {
    let request = Request::new(reqwest::Method::HEAD, url.clone());
    tokio::select! {
        answer = subject.http.exchange(request, url.path(), Safety::Read, 1) => match answer {
            Ok(answer) if is_no_answer(answer.status) => {
                Err(format!("{} came in its place", answer.status))
            }
            Ok(answer) => Ok(answer.header("date").and_then(http_date)),
            Err(fault) => Err(in_short(&fault)),
        },
        () = subject.http.clock.elapse(PATIENCE) => Err(format!("nothing came in {} s", PATIENCE.as_secs())),
    }
}

/// Returns whether a status says that the service itself was not reached, or is down.
fn is_no_answer(status: u16) -> bool {
    // A service that does not know the verb is there.
    matches!(status, 407 | 500 | 502..=599)
}

fn clock(chart: &mut Chart, ours: Timestamp, theirs: Timestamp) {
    let skew = ours.duration_since(theirs);
    let apart = skew.abs();
    // The header has whole seconds, and the answer took its time.
    if apart <= SignedDuration::from_secs(2) {
        chart.ok("clock", "agrees with Microsoft's");
        return;
    }
    let direction = if skew.is_negative() { "behind" } else { "ahead of" };
    let detail = format!("{} s {direction} Microsoft's", apart.as_secs());
    if apart <= TOLERANCE {
        chart.ok("clock", detail);
        return;
    }
    let remedy = vec!["Set the clock of this machine, by NTP for example: tokens and assertions are refused before and after their time.".to_owned()];
    chart.missing("clock", Some("entra/assertion-time"), detail, remedy);
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// Returns what failed and the innermost reason, which is the one to look at; between them stand the layers of the
/// HTTP client.
fn in_short(fault: &Fault) -> String {
    let causes = std::iter::successors(fault.source(), |cause| (*cause).source());
    match causes.last() {
        Some(cause) => format!("{fault}: {cause}"),
        None => fault.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::chart::Status;
    use super::*;
    use crate::diagnose::needs::{self, Purpose};

    #[test]
    fn a_clock_may_be_five_minutes_off() {
        let seen = |seconds: i64| {
            let mut chart = Chart::new(&needs::of(&[], None, Purpose::Plan), &[]);
            let ours = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
            clock(&mut chart, ours, Timestamp::UNIX_EPOCH);
            let checks = chart.into_checks();
            let check = checks.into_iter().find(|check| check.id == "clock");
            let check = check.expect("there is one");
            (check.status, check.detail)
        };
        assert_eq!(seen(2), (Status::Ok, "agrees with Microsoft's".to_owned()));
        assert_eq!(seen(300).0, Status::Ok);
        assert_eq!(seen(-301), (Status::Missing, "301 s behind Microsoft's".to_owned()));
        assert_eq!(seen(7_200).0, Status::Missing);
    }
}
