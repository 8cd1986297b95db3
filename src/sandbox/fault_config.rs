//! The document of `--faults`: limits, lag, latency and faults. All are off by default.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use axum::http::Method;
use globset::{GlobBuilder, GlobMatcher};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The limits, delays and faults that the sandbox adds to its answers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct FaultConfig {
    /// How many times faster than the world the sandbox's own time runs, for everything that is stated in
    /// seconds here. Dates stay the world's.
    pub time_scale: TimeScale,
    /// Whether the limits that Microsoft publishes are enforced.
    pub throttle: bool,
    /// The form of `Retry-After` in answers that have one.
    pub retry_after: RetryAfter,
    /// How many device configurations a page has, unless the caller asks for fewer; 1000 where left out.
    pub page_size: Option<usize>,
    /// The size of a page of device configurations above which the service gives up with a 503.
    pub largest_page: Option<usize>,
    /// How many settings of a settings catalog policy reads show at most, without a link to the rest, as tools have met it; all
    /// where left out.
    pub shown_settings: Option<usize>,
    /// The number of seconds for which reads still show the state before a write.
    pub replica_lag: Seconds,
    /// How many seconds every HTTP call takes.
    pub latency: Seconds,
    /// The seed of `probability`: the same seed gives the same sequence.
    pub seed: u64,
    /// The faults; the first one that matches a call fires.
    pub faults: Vec<FaultRule>,
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

/// A fault: the calls that match, how often the fault fires, and its effect.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FaultRule {
    /// The calls that match; all where left out.
    #[serde(default, rename = "match")]
    pub matches: CallMatch,
    /// The effect on those calls.
    #[serde(deserialize_with = "FaultEffect::checked")]
    pub effect: FaultEffect,
    /// The probability that the fault fires for a call that matches.
    #[serde(default)]
    pub probability: Probability,
    /// How often the fault fires at most.
    #[serde(default)]
    pub count: Option<u64>,
}

/// The calls that a fault matches. The requests of a `$batch` are calls too.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct CallMatch {
    /// The HTTP method or methods; all where left out.
    pub method: Option<Methods>,
    /// A glob over the path with its version and without its query: `/beta/deviceManagement/**`.
    pub path: Option<PathGlob>,
    /// Only the call with this number among those that match, counted from 1.
    pub nth: Option<NonZeroU64>,
}

/// One HTTP method, or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Methods {
    /// One method.
    One(String),
    /// Several methods.
    Several(Vec<String>),
}

impl CallMatch {
    /// Returns whether a call matches, apart from `nth`.
    pub(crate) fn fits(&self, method: &Method, path: &str) -> bool {
        let is_method = |verb: &String| verb.eq_ignore_ascii_case(method.as_str());
        let has_method = match &self.method {
            None => true,
            Some(Methods::One(verb)) => is_method(verb),
            Some(Methods::Several(verbs)) => verbs.iter().any(is_method),
        };
        has_method && self.path.as_ref().is_none_or(|PathGlob(glob)| glob.is_match(path))
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

/// The effect of a fault on a call: at most one of `status`, `reset` and `ignored`; with none of them the call is answered
/// as without the fault, but for what `omit` names.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct FaultEffect {
    /// The seconds by which the call is delayed.
    pub delay: Seconds,
    /// Whether the call is carried out before the failure is answered.
    pub done: bool,
    /// The status of the answer, 400 to 599.
    pub status: Option<u16>,
    /// The form of that answer's body.
    pub body: BodyKind,
    /// The seconds in the answer's `Retry-After`.
    pub retry_after: Option<Seconds>,
    /// Whether the connection is closed without an answer; a request of a `$batch` is left out of the batch's answer.
    pub reset: bool,
    /// Whether the call is answered as carried out, without being carried out.
    pub ignored: bool,
    /// The members that the answer leaves out of its object, or of each object of its list.
    pub omit: Vec<String>,
    /// An edit of another person that is made right before the call.
    pub edit: Option<EditBefore>,
}

/// An edit in the portal that is made right before a call.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EditBefore {
    /// The object: its kind, and its display name or id.
    pub object: String,
    /// The properties and their values, each as `PROP=VALUE`.
    pub set: Vec<String>,
    /// The user principal name of the person.
    #[serde(rename = "as")]
    pub actor: String,
    /// Whether the audit logs do not have the edit yet.
    #[serde(default)]
    pub unlogged: bool,
}

impl FaultEffect {
    /// Reads an effect and checks that its members fit together.
    fn checked<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let effect = Self::deserialize(from)?;
        let ends = [effect.status.is_some(), effect.reset, effect.ignored];
        let says_more =
            effect.done || effect.body != BodyKind::default() || effect.retry_after.is_some();
        let wrong = match effect.status {
            _ if ends.into_iter().filter(|end| *end).count() > 1 => {
                "a fault has at most one of `status`, `reset: true` and `ignored: true`".to_owned()
            }
            _ if (effect.status.is_some() || effect.reset) && !effect.omit.is_empty() => {
                "`omit` needs the usual answer, and there is none with a `status` or a `reset`"
                    .to_owned()
            }
            Some(status) if !(400..600).contains(&status) => {
                format!("{status} is not the status of a failure, which is 400 to 599")
            }
            None if says_more && !effect.reset => {
                "`done`, `body` and `retryAfter` need a `status` or a `reset`, and there is none"
                    .to_owned()
            }
            _ => return Ok(effect),
        };
        Err(D::Error::custom(wrong))
    }
}

/// The form of an error's body.
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
    /// No body.
    Empty,
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
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        let duration = Duration::try_from_secs_f64(seconds);
        duration.map(Self).map_err(|_| format!("{seconds} is not a number of seconds"))
    }
}

impl TryFrom<f64> for Probability {
    type Error = String;

    fn try_from(number: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&number) {
            return Ok(Self(number));
        }
        Err(format!("{number} is not a probability, which is between 0 and 1"))
    }
}

impl TryFrom<String> for PathGlob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let glob = GlobBuilder::new(&text).literal_separator(true).build();
        let glob =
            glob.map_err(|error| format!("not a path with `*` and `**`: {}", error.kind()))?;
        Ok(Self(glob.compile_matcher()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(document: Value) -> Result<FaultConfig, String> {
        serde_json::from_value(document).map_err(|error| error.to_string())
    }

    #[test]
    fn empty_document_adds_no_faults() {
        let conditions = read(json!({})).expect("conditions");
        assert!(!conditions.throttle && conditions.faults.is_empty());
        assert_eq!(conditions.time_scale.0.get(), 1);
        assert_eq!(conditions.replica_lag.0, Duration::ZERO);
    }

    #[test]
    fn invalid_document_is_refused_with_a_reason() {
        let fault = |effect: Value| json!({ "faults": [{ "effect": effect }] });
        for (document, word) in [
            (fault(json!({"status": 200})), "400 to 599"),
            (fault(json!({"status": 500, "reset": true})), "one of"),
            (fault(json!({"done": true})), "there is none"),
            (fault(json!({"reset": true, "omit": ["id"]})), "usual answer"),
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
