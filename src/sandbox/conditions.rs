//! The conditions that callers meet: limits, lag, latency, faults. All are off unless somebody asks for them.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use globset::{GlobBuilder, GlobMatcher};
use schemars::JsonSchema;
use serde::Deserialize;

/// What the sandbox does to its callers beyond answering, as a small document.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Conditions {
    /// How many times faster than the world the sandbox's own time runs, for everything that is stated in
    /// seconds here. Dates stay the world's.
    pub time_scale: TimeScale,
    /// Whether the limits that Microsoft publishes are enforced.
    pub throttle: bool,
    /// How the wait is told to whoever is throttled or turned away.
    pub retry_after: RetryAfter,
    /// How many device configurations a page has, unless the caller asks for fewer; 1000 where left out.
    pub page_size: Option<usize>,
    /// The size of a page of device configurations above which the service gives up with a 503.
    pub largest_page: Option<usize>,
    /// For how many seconds a read still shows what was before a write.
    pub replica_lag: Seconds,
    /// How many seconds every HTTP call takes.
    pub latency: Seconds,
    /// What the dice of `probability` start from: one seed, one sequence.
    pub seed: u64,
    /// What goes wrong; of those that fit a call the first one strikes.
    pub faults: Vec<Rule>,
}

/// A number of seconds, with a fraction or without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(with = "f64")]
pub struct Seconds(pub Duration);

/// A time that runs so many times faster than the world's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TimeScale(pub NonZeroU32);

/// The forms that a `Retry-After` has been seen in (FACTS 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RetryAfter {
    /// Whole seconds.
    #[default]
    Seconds,
    /// Seconds with a fraction.
    Fractional,
    /// An HTTP date.
    Date,
    /// `0`, whatever the wait.
    Zero,
    /// No header at all.
    Missing,
}

/// A fault: which calls it befalls, how often, and what becomes of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rule {
    /// Which calls; left out, all of them.
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// What becomes of them.
    pub effect: Effect,
    /// How likely it strikes a call that fits.
    #[serde(default)]
    pub probability: Probability,
    /// How often it strikes at most.
    #[serde(default)]
    pub count: Option<u64>,
}

/// Which calls a fault befalls. The members of a `$batch` are calls too.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Match {
    /// The verb or verbs; left out, all of them.
    pub method: Option<Verbs>,
    /// A glob over the path with its version and without its query: `/beta/deviceManagement/**`.
    pub path: Option<PathGlob>,
    /// Only this one of the calls that fit, counted from 1.
    pub nth: Option<NonZeroU64>,
}

/// One verb or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Verbs {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Verbs {
    /// Returns whether a verb is among them.
    pub(crate) fn include(&self, verb: &str) -> bool {
        let verbs = match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        };
        verbs.iter().any(|own| own.eq_ignore_ascii_case(verb))
    }
}

/// A glob over paths: `*` stays within a segment, `**` does not.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct PathGlob(pub GlobMatcher);

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(with = "f64")]
pub struct Probability(pub f64);

/// What becomes of a call.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "EffectDocument")]
#[schemars(with = "EffectDocument")]
pub struct Effect {
    /// How long it takes first.
    pub delay: Duration,
    /// Whether it is carried out.
    pub done: bool,
    /// How it ends.
    pub end: End,
}

/// How a call ends that a fault befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As it would without the fault.
    AsUsual,
    /// Without an answer: the connection is cut.
    Reset,
    /// As it would without the fault, but nothing of it is carried out.
    Ignored,
    /// With this answer.
    Answer {
        /// The HTTP status.
        status: u16,
        /// What the body looks like.
        body: BodyKind,
        /// The wait that goes with it.
        retry_after: Option<Duration>,
    },
}

/// What the body of an error looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BodyKind {
    /// JSON inside JSON (FACTS 4.2).
    #[default]
    Intune,
    /// Graph's own (FACTS 4.1).
    Core,
    /// A gateway's page.
    Html,
    /// Nothing.
    Empty,
}

/// An [`Effect`] as it is written: at most one of `status`, `reset` and `ignored`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct EffectDocument {
    /// The seconds that the call takes first.
    delay: Seconds,
    /// Whether the call is carried out in spite of its answer.
    done: bool,
    /// The status of the answer, 400 to 599.
    status: Option<u16>,
    /// What the body of that answer looks like.
    body: BodyKind,
    /// The seconds that the answer asks to wait.
    retry_after: Option<Seconds>,
    /// Whether the connection is cut instead of an answer; a member of a `$batch` is left out of its answer.
    reset: bool,
    /// Whether the call is answered as if it had been carried out, and is not carried out.
    ignored: bool,
}

/// Why conditions make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Senseless {
    /// A time that is none.
    #[error("{0} is no number of seconds")]
    Seconds(String),
    /// A probability that is none.
    #[error("{0} is no probability: it lies between 0 and 1")]
    Probability(String),
    /// A glob that cannot be read.
    #[error("this is no path with `*` and `**` in it: {0}")]
    Glob(String),
    /// A status that says no failure.
    #[error("{0} is no status of a failure: those are 400 to 599")]
    Status(u16),
    /// Two ends at once.
    #[error("a fault has one of `status`, `reset: true` and `ignored: true`")]
    TwoEnds,
    /// Settings without anything that they are of.
    #[error(
        "`done`, `body` and `retryAfter` say more about a `status` or a `reset`, and there is none"
    )]
    NoEnd,
}

impl Default for TimeScale {
    fn default() -> Self {
        Self(NonZeroU32::MIN)
    }
}

impl Default for Probability {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for Seconds {
    type Error = Senseless;

    fn try_from(seconds: f64) -> Result<Self, Senseless> {
        let duration = Duration::try_from_secs_f64(seconds);
        duration.map(Self).map_err(|_| Senseless::Seconds(seconds.to_string()))
    }
}

impl TryFrom<f64> for Probability {
    type Error = Senseless;

    fn try_from(number: f64) -> Result<Self, Senseless> {
        if (0.0..=1.0).contains(&number) {
            Ok(Self(number))
        } else {
            Err(Senseless::Probability(number.to_string()))
        }
    }
}

impl TryFrom<String> for PathGlob {
    type Error = Senseless;

    fn try_from(text: String) -> Result<Self, Senseless> {
        let glob = GlobBuilder::new(&text).literal_separator(true).build();
        glob.map(|glob| Self(glob.compile_matcher()))
            .map_err(|error| Senseless::Glob(error.kind().to_string()))
    }
}

impl TryFrom<EffectDocument> for Effect {
    type Error = Senseless;

    fn try_from(document: EffectDocument) -> Result<Self, Senseless> {
        let end = match (document.status, document.reset, document.ignored) {
            (None, false, false) => End::AsUsual,
            (None, true, false) => End::Reset,
            (None, false, true) => End::Ignored,
            (Some(status), false, false) if !(400..600).contains(&status) => {
                return Err(Senseless::Status(status));
            }
            (Some(status), false, false) => End::Answer {
                status,
                body: document.body,
                retry_after: document.retry_after.map(|Seconds(wait)| wait),
            },
            _ => return Err(Senseless::TwoEnds),
        };
        let says_more =
            document.done || document.body != BodyKind::default() || document.retry_after.is_some();
        if matches!(end, End::AsUsual | End::Ignored) && says_more {
            return Err(Senseless::NoEnd);
        }
        Ok(Self { delay: document.delay.0, done: document.done || end == End::AsUsual, end })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(document: Value) -> Result<Conditions, String> {
        serde_json::from_value(document).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_document_asks_for_nothing() {
        let conditions = read(json!({})).expect("conditions");
        assert!(!conditions.throttle && conditions.faults.is_empty());
        assert_eq!(conditions.time_scale.0.get(), 1);
        assert_eq!(conditions.replica_lag.0, Duration::ZERO);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let fault = |effect: Value| json!({ "faults": [{ "effect": effect }] });
        for (document, word) in [
            (fault(json!({"status": 200})), "400 to 599"),
            (fault(json!({"status": 500, "reset": true})), "one of"),
            (fault(json!({"done": true})), "there is none"),
            (json!({"latency": -1}), "seconds"),
            (json!({"timeScale": 0}), "nonzero"),
            (json!({"faults": [{"effect": {"reset": true}, "probability": 20}]}), "probability"),
            (json!({"faults": [{"match": {"path": "/a/{b"}, "effect": {"reset": true}}]}), "path"),
            (json!({"trottle": true}), "trottle"),
        ] {
            let error = read(document).expect_err(word);
            assert!(error.contains(word), "{word}: {error}");
        }
    }
}
