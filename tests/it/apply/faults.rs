//! Plan and apply against a service that fails: whatever goes wrong, what is declared is there in the end, once.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use futures_util::future::join_all;
use moorline::apply::Status;
use moorline::clock::Clock;
use serde_json::{Value, json};

use crate::estate::{Estate, Size};

/// Half of the objects have to be created, half to be updated; all are assigned.
const LARGE: Size =
    Size { declared: 200, live: 100, different: 100, groups: 12, filters: 3, masked: 0 };

const SMALL: Size =
    Size { declared: 30, live: 10, different: 10, groups: 3, filters: 1, masked: 0 };

/// How much faster than the world the client's time runs.
const PACE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");

/// One call in five fails, sign-ins and members of a batch among them: throttled, turned away, or lost before or
/// after it was done.
fn one_in_five(seed: u64) -> Value {
    let effects = [
        json!({ "status": 429, "retryAfter": 4 }),
        json!({ "status": 503, "body": "core" }),
        json!({ "status": 504, "body": "html" }),
        json!({ "status": 504, "done": true }),
        json!({ "reset": true }),
        json!({ "reset": true, "done": true }),
    ];
    let share = 1.0 - 0.8_f64.powf(1.0 / 6.0);
    let faults = effects.map(|effect| json!({ "effect": effect, "probability": share }));
    json!({ "seed": seed, "timeScale": PACE, "faults": faults })
}

/// Plans and applies once, and says what is wrong afterwards.
async fn run(estate: &Estate, size: Size, seed: u64, conditions: Value) -> Result<(), String> {
    let site = estate.open(conditions, Clock::sped_up(PACE)).await;
    let (planned, live) = site.plan().await;
    let outcome = site.apply(&planned, &live).await;
    for item in &outcome.items {
        if item.status != Status::Applied && item.status != Status::AlreadyInPlace {
            return Err(format!("seed {seed}: {item:?}"));
        }
    }
    let state = site.running.shutdown().await;
    let text = state.to_json().expect("a state is JSON");
    let tenant: Value = serde_json::from_str(&text).expect("a state is JSON");
    let mut names = BTreeMap::<&str, usize>::new();
    for object in tenant["deviceConfigurations"].as_array().expect("a list") {
        *names.entry(object["displayName"].as_str().expect("a name")).or_default() += 1;
    }
    if names.len() != size.declared || names.values().any(|count| *count != 1) {
        return Err(format!("seed {seed}: {names:?}"));
    }
    let calm = estate.reopen(state, json!({}), Clock::system()).await;
    let (planned, _) = calm.plan().await;
    if planned.plan.summary.unchanged != size.declared {
        return Err(format!("seed {seed}: {:?}", planned.plan.summary));
    }
    Ok(())
}

async fn runs(size: Size, seeds: impl Iterator<Item = u64>, conditions: impl Fn(u64) -> Value) {
    let estate = Estate::new(size);
    let runs = seeds.map(|seed| run(&estate, size, seed, conditions(seed)));
    let failed: Vec<String> = join_all(runs).await.into_iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_though_it_was_throttled_is_not_done_twice() {
    let done =
        json!({ "effect": { "status": 429, "retryAfter": 4, "done": true }, "probability": 0.2 });
    let conditions = |seed| json!({ "seed": seed, "timeScale": PACE, "faults": [done] });
    runs(SMALL, 1..3, conditions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_call_in_five_failing_everything_is_done_once() {
    runs(LARGE, 1..=3, one_in_five).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes"]
async fn a_hundred_seeds_in_a_row_end_right() {
    for first in (1..=100).step_by(10) {
        runs(LARGE, first..first + 10, one_in_five).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_lags_makes_no_duplicates() {
    let lagging = |seed| {
        let mut conditions = one_in_five(seed);
        conditions["replicaLag"] = json!(8);
        conditions
    };
    runs(SMALL, 1..=3, lagging).await;
}
