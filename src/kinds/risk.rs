//! Named risks of a change, and the rules of a family that find them in an update.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How an apply treats a risk.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RiskLevel {
    /// It warns, and continues.
    Warned,
    /// It is refused, until `--allow` names the risk.
    Refused,
}

/// A named risk of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Risk {
    /// Its name, as `--allow` takes it.
    pub code: String,
    /// How an apply treats the risk.
    pub level: RiskLevel,
    /// The possible harm, in one sentence.
    pub message: String,
}

/// A rule by which an update of an object has a risk.
#[derive(Debug)]
pub struct RiskRule {
    /// The risk's name, as `--allow` takes it.
    pub code: &'static str,
    /// How an apply treats the risk.
    pub level: RiskLevel,
    /// The possible harm, in one sentence.
    pub message: &'static str,
    /// Whether the risk lies between two bodies of an object: as it is, and as it would be.
    pub happens: fn(before: &Value, after: &Value) -> bool,
}

impl Risk {
    pub(crate) fn new(level: RiskLevel, code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), level, message: message.to_owned() }
    }

    pub(crate) fn refused(code: &str, message: &str) -> Self {
        Self::new(RiskLevel::Refused, code, message)
    }
}

impl RiskRule {
    /// Makes a rule for a risk that is refused.
    pub(super) const fn refused(
        code: &'static str,
        message: &'static str,
        happens: fn(&Value, &Value) -> bool,
    ) -> Self {
        Self { code, level: RiskLevel::Refused, message, happens }
    }

    /// Returns the risks of these rules that lie between two bodies of an object.
    pub fn check(rules: &[Self], before: &Value, after: &Value) -> Vec<Risk> {
        let happens = rules.iter().filter(|rule| (rule.happens)(before, after));
        happens.map(|rule| Risk::new(rule.level, rule.code, rule.message)).collect()
    }
}
