//! Fault injection: decides which calls a rule of the fault configuration fires for.

use std::collections::HashMap;

use axum::http::{Method, Uri};
use ring::digest::{SHA256, digest};

use super::fault_config::{FaultEffect, FaultRule};

/// The rules with their counters.
#[derive(Debug, Default)]
pub(crate) struct FaultInjection {
    seed: u64,
    rules: Vec<(FaultRule, Tally)>,
}

#[derive(Debug, Default)]
struct Tally {
    matched: u64,
    fired: u64,
    /// How often each call has matched. A random number that depends on the call, not on its place among the others,
    /// gives the same result however the calls of a run interleave.
    calls: HashMap<String, u64>,
}

impl FaultInjection {
    pub(crate) fn new(seed: u64, rules: Vec<FaultRule>) -> Self {
        let rules = rules.into_iter().map(|rule| (rule, Tally::default()));
        Self { seed, rules: rules.collect() }
    }

    /// Counts a call, and returns the effect of the first rule that fires for the call.
    pub(crate) fn fire(&mut self, method: &Method, uri: &Uri) -> Option<FaultEffect> {
        for (place, (rule, tally)) in self.rules.iter_mut().enumerate() {
            let call = format!("{} {place} {method} {uri}", self.seed);
            if rule.matches.fits(method, uri.path()) && tally.fires(rule, &call) {
                return Some(rule.effect.clone());
            }
        }
        None
    }
}

impl Tally {
    /// Counts a call that matches, and returns whether the rule fires.
    fn fires(&mut self, rule: &FaultRule, call: &str) -> bool {
        self.matched += 1;
        if rule.matches.nth.is_some_and(|nth| nth.get() != self.matched)
            || rule.count.is_some_and(|count| self.fired >= count)
        {
            return false;
        }
        let probability = rule.probability.0;
        let fires = probability >= 1.0 || {
            let before = self.calls.entry(call.to_owned()).or_default();
            *before += 1;
            random(&format!("{call} {before}")) < probability
        };
        self.fired += u64::from(fires);
        fires
    }
}

/// Returns a number from 0 to below 1, derived from the text alone.
fn random(text: &str) -> f64 {
    let hash = digest(&SHA256, text.as_bytes());
    let first = hash.as_ref().iter().take(4);
    let number = first.fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn faults(seed: u64, rules: Value) -> FaultInjection {
        FaultInjection::new(seed, serde_json::from_value(rules).expect("rules"))
    }

    fn fires(faults: &mut FaultInjection, method: Method, path: &'static str) -> bool {
        faults.fire(&method, &Uri::from_static(path)).is_some()
    }

    #[test]
    fn rule_fires_for_matching_calls_up_to_its_count() {
        let rule = json!([{
            "match": {"method": ["patch", "POST"], "path": "/beta/deviceManagement/**"},
            "effect": {"status": 503},
            "count": 2,
        }]);
        let mut faults = faults(1, rule);
        let inside = "/beta/deviceManagement/deviceConfigurations/1?x=y";
        assert!(!fires(&mut faults, Method::GET, inside));
        assert!(!fires(&mut faults, Method::PATCH, "/beta/groups"));
        let fired = [(); 3].map(|()| fires(&mut faults, Method::PATCH, inside));
        assert_eq!(fired, [true, true, false]);
    }

    #[test]
    fn nth_counts_matching_calls_only() {
        let rule = json!([{"match": {"path": "/beta/*", "nth": 2}, "effect": {"reset": true}}]);
        let mut faults = faults(1, rule);
        let fired = ["/beta/a", "/beta/a/b", "/beta/c", "/beta/d"]
            .map(|path| fires(&mut faults, Method::GET, path));
        assert_eq!(fired, [false, false, true, false]);
    }

    #[test]
    fn probability_depends_on_seed_and_call_not_on_order() {
        let rule = json!([{"effect": {"status": 503}, "probability": 0.2}]);
        let calls = ["/a", "/b", "/c", "/d", "/e"];
        let sequence = |seed: u64, calls: &[&'static str]| -> Vec<(String, bool)> {
            let mut faults = faults(seed, rule.clone());
            let mut fired: Vec<(String, bool)> = (0..200)
                .flat_map(|round| calls.iter().map(move |call| (round, *call)))
                .map(|(round, call)| {
                    (format!("{call} {round}"), fires(&mut faults, Method::GET, call))
                })
                .collect();
            fired.sort();
            fired
        };
        let mut reversed = calls;
        reversed.reverse();
        let first = sequence(7, &calls);
        assert_eq!(first, sequence(7, &reversed));
        assert_ne!(first, sequence(8, &calls));
        let share = first.iter().filter(|(_, fired)| *fired).count();
        assert!((150..250).contains(&share), "{share} of 1000");
    }
}
