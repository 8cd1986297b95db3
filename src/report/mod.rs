//! stub
pub mod text {
    #![allow(missing_docs, unused)]
    use crate::{apply::outcome::*, drift::*, plan::*, ui::style::Palette};
    pub fn plan(p: &Plan, _: Palette, _: u8) -> String {
        format!("{}\n", serde_json::to_string_pretty(p).unwrap())
    }
    pub fn drift(p: &DriftReport, _: Palette, _: u8) -> String {
        format!("{}\n", serde_json::to_string_pretty(p).unwrap())
    }
    pub fn outcome(p: &Outcome, _: Palette) -> String {
        format!("{}\n", serde_json::to_string_pretty(p).unwrap())
    }
    pub fn refusals(p: &[risk::Refusal], _: Palette) -> String {
        format!("{p:?}")
    }
    pub fn stale<T>(p: &T, _: Palette) -> String {
        String::new()
    }
    pub fn status(s: Status) -> String {
        format!("{s:?}")
    }
}
pub mod markdown {
    #![allow(missing_docs, unused)]
    use crate::{apply::outcome::*, drift::*, plan::*, ui::style::Palette};
    pub fn plan(p: &Plan) -> String {
        String::new()
    }
    pub fn drift(p: &DriftReport) -> String {
        String::new()
    }
    pub fn outcome(p: &Outcome) -> String {
        String::new()
    }
}
pub mod json {
    #![allow(missing_docs, unused)]
    use crate::{apply::outcome::*, drift::*, plan::*, ui::style::Palette};
    pub fn document<T: serde::Serialize>(k: &str, p: &T) -> String {
        format!("{}\n", serde_json::to_string_pretty(p).unwrap())
    }
    pub fn plan(p: &Plan) -> String {
        document("plan", p)
    }
    pub fn drift(p: &DriftReport) -> String {
        document("drift", p)
    }
    pub fn outcome(p: &Outcome) -> String {
        document("outcome", p)
    }
    pub fn error(
        e: &crate::error::Error,
        _: Option<(&[crate::diagnostic::Finding], &crate::diagnostic::Sources)>,
    ) -> String {
        e.to_string()
    }
    pub fn schema(_: &str) -> serde_json::Value {
        serde_json::Value::Null
    }
}
