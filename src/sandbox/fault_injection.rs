//! Which calls go wrong: the rules of the document of faults, their counters and their dice.

use std::collections::HashMap;

use axum::http::{Method, Uri};
use ring::digest::{SHA256, digest};

use super::fault_config::{FaultEffect, FaultRule};

/// The rules, and how often each has met and fired so far.
#[derive(Debug, Default)]
pub(crate) struct FaultInjection {
    seed: u64,
    rules: Vec<(FaultRule, Tally)>,
}

#[derive(Debug, Default)]
struct Tally {
    fitted: u64,
    fired: u64,
    /// How often each call fitted. Dice that depend on the call and not on its place among the others give the
    /// same result however the calls of a run interleave.
    calls: HashMap<String, u64>,
}

impl FaultInjection {
    pub(crate) fn new(seed: u64, rules: Vec<FaultRule>) -> Self {
        let rules = rules.into_iter().map(|rule| (rule, Tally::default()));
        Self { seed, rules: rules.collect() }
    }

    /// Counts a call, and returns the effect of the first rule that fires for the call.
    pub(crate) fn fire(&mut self, method: &Method, uri: &Uri) -> Option<FaultEffect> {
        let call = format!("{method} {uri}");
        for (place, (rule, tally)) in self.rules.iter_mut().enumerate() {
            let dice = format!("{} {place} {call}", self.seed);
            if rule.matches.fits(method, uri.path()) && tally.fires(rule, &call, &dice) {
                return Some(rule.effect.clone());
            }
        }
        None
    }
}

impl Tally {
    /// Counts a call that fits, and returns whether the rule fires.
    fn fires(&mut self, rule: &FaultRule, call: &str, dice: &str) -> bool {
        self.fitted += 1;
        if rule.matches.nth.is_some_and(|nth| nth.get() != self.fitted)
            || rule.count.is_some_and(|count| self.fired >= count)
        {
            return false;
        }
        let probability = rule.probability.0;
        let fires = probability >= 1.0 || {
            let before = self.calls.entry(call.to_owned()).or_default();
            *before += 1;
            throw(&format!("{dice} {before}")) < probability
        };
        self.fired += u64::from(fires);
        fires
    }
}

/// Returns a number from 0 to 1, without 1, that depends on nothing but the text.
fn throw(text: &str) -> f64 {
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

    fn strikes(faults: &mut FaultInjection, method: Method, path: &'static str) -> bool {
        faults.fire(&method, &Uri::from_static(path)).is_some()
    }

    #[test]
    fn a_rule_strikes_the_calls_that_it_names_as_often_as_it_says() {
        let rule = json!([{
            "match": {"method": ["patch", "POST"], "path": "/beta/deviceManagement/**"},
            "effect": {"status": 503},
            "count": 2,
        }]);
        let mut faults = faults(1, rule);
        let inside = "/beta/deviceManagement/deviceConfigurations/1?x=y";
        assert!(!strikes(&mut faults, Method::GET, inside));
        assert!(!strikes(&mut faults, Method::PATCH, "/beta/groups"));
        let struck = [(); 3].map(|()| strikes(&mut faults, Method::PATCH, inside));
        assert_eq!(struck, [true, true, false]);
    }

    #[test]
    fn the_nth_call_is_counted_among_those_that_fit() {
        let rule = json!([{"match": {"path": "/beta/*", "nth": 2}, "effect": {"reset": true}}]);
        let mut faults = faults(1, rule);
        let struck = ["/beta/a", "/beta/a/b", "/beta/c", "/beta/d"]
            .map(|path| strikes(&mut faults, Method::GET, path));
        assert_eq!(struck, [false, false, true, false]);
    }

    #[test]
    fn the_dice_depend_on_the_seed_and_the_call_and_not_on_the_order() {
        let rule = json!([{"effect": {"status": 503}, "probability": 0.2}]);
        let calls = ["/a", "/b", "/c", "/d", "/e"];
        let sequence = |seed: u64, calls: &[&'static str]| -> Vec<(String, bool)> {
            let mut faults = faults(seed, rule.clone());
            let mut struck: Vec<(String, bool)> = (0..200)
                .flat_map(|round| calls.iter().map(move |call| (round, *call)))
                .map(|(round, call)| {
                    (format!("{call} {round}"), strikes(&mut faults, Method::GET, call))
                })
                .collect();
            struck.sort();
            struck
        };
        let mut reversed = calls;
        reversed.reverse();
        let first = sequence(7, &calls);
        assert_eq!(first, sequence(7, &reversed));
        assert_ne!(first, sequence(8, &calls));
        let share = first.iter().filter(|(_, struck)| *struck).count();
        assert!((150..250).contains(&share), "{share} of 1000");
    }
}
