//! How near an apply comes to the limit that Microsoft publishes for writes, and that it stays below.

#![allow(clippy::print_stdout, reason = "a bench reports")]

use std::num::NonZeroU32;
use std::time::Duration;

use divan::Bencher;
use moorline::apply::Status;
use moorline::clock::Clock;
use serde_json::json;
use tokio::runtime::Runtime;

#[allow(dead_code, unreachable_pub, reason = "each bench uses a part of it")]
#[path = "../tests/it/estate.rs"]
mod estate;

use estate::{Estate, Size};

/// Changes of one write each.
const fn changes(count: usize) -> Size {
    Size { declared: count, live: count, different: count, groups: 0, filters: 0, masked: 0 }
}

/// The published limit: so many writes in any span.
const WRITES: u32 = 100;
const SPAN: Duration = Duration::from_secs(20);

/// How much faster than the world both sides' time runs.
const PACE: NonZeroU32 = NonZeroU32::new(10).expect("not zero");

fn main() {
    report(500);
    divan::main();
}

/// Prints what an apply takes where the limit is enforced.
fn report(count: u32) {
    let runtime = Runtime::new().expect("a runtime starts");
    let estate = Estate::new(changes(count as usize));
    runtime.block_on(async {
        let clock = Clock::sped_up(PACE);
        let conditions = json!({ "throttle": true, "timeScale": PACE });
        let site = estate.open(conditions, clock.clone()).await;
        let (planned, live) = site.plan().await;
        let start = clock.instant();
        let outcome = site.apply(&planned, &live).await;
        let took = clock.instant() - start;
        assert!(outcome.items.iter().all(|item| item.status == Status::Applied));
        let floor = SPAN * (count.div_ceil(WRITES) - 1);
        println!(
            "apply of {count} changes: {:.1} s, {:.3} times the floor of {:.0} s; {} calls, {} of them throttled",
            took.as_secs_f64(),
            took.as_secs_f64() / floor.as_secs_f64(),
            floor.as_secs_f64(),
            site.running.calls().graph,
            site.running.calls().throttled,
        );
    });
}

/// Below the limit: what the program itself takes, the sandbox included.
#[divan::bench(sample_count = 10)]
fn apply_of_ninety(bencher: Bencher<'_, '_>) {
    let runtime = Runtime::new().expect("a runtime starts");
    let estate = Estate::new(changes(90));
    bencher
        .with_inputs(|| {
            runtime.block_on(async {
                let site = estate.open(json!({}), Clock::system()).await;
                let (planned, live) = site.plan().await;
                (site, planned, live)
            })
        })
        .bench_local_values(|(site, planned, live)| {
            runtime.block_on(site.apply(&planned, &live));
            site
        });
}
