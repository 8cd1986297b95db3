//! How many calls a plan of five hundred objects takes, and how well they overlap.

#![allow(clippy::print_stdout, reason = "a bench reports")]

use std::time::{Duration, Instant};

use divan::Bencher;
use moorline::clock::Clock;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

#[allow(dead_code, unreachable_pub, reason = "each bench uses a part of it")]
#[path = "../tests/it/estate.rs"]
mod estate;

use estate::{Estate, Size};

const SIZE: Size =
    Size { declared: 500, live: 500, different: 5, groups: 60, filters: 5, masked: 100 };

/// How many objects the service puts on a page.
const PAGE: usize = 100;

/// How long a call takes.
const LATENCY: Duration = Duration::from_millis(50);

/// The calls that each have to wait for the one before: every page of the list, and the objects that would change.
const CHAIN: usize = SIZE.declared / PAGE + 1;

fn main() {
    report();
    divan::main();
}

fn conditions(latency: Duration) -> Value {
    json!({ "pageSize": PAGE, "latency": latency.as_secs_f64() })
}

/// Prints what a plan takes at a latency that a network has.
fn report() {
    let runtime = Runtime::new().expect("a runtime starts");
    let estate = Estate::new(SIZE);
    runtime.block_on(async {
        let site = estate.open(conditions(LATENCY), Clock::system()).await;
        let start = Instant::now();
        let (planned, _) = site.plan().await;
        let took = start.elapsed();
        assert_eq!(planned.plan.summary.update, SIZE.different);
        let least = LATENCY * u32::try_from(CHAIN).expect("a few calls");
        println!(
            "plan of {} objects: {} calls besides sign-in; {:.0} ms, {:.2} times the {:.0} ms of the longest chain of {CHAIN} dependent calls",
            SIZE.declared,
            site.running.calls().graph,
            took.as_secs_f64() * 1e3,
            took.as_secs_f64() / least.as_secs_f64(),
            least.as_secs_f64() * 1e3,
        );
    });
}

/// The same without latency: what the program itself takes, the sandbox included. Each plan has a client of its
/// own, or the limits would hold the later ones up.
#[divan::bench(sample_count = 20)]
fn plan_of_five_hundred(bencher: Bencher<'_, '_>) {
    let runtime = Runtime::new().expect("a runtime starts");
    let estate = Estate::new(SIZE);
    bencher
        .with_inputs(|| runtime.block_on(estate.open(conditions(Duration::ZERO), Clock::system())))
        .bench_local_values(|site| {
            runtime.block_on(site.plan());
            site
        });
}
