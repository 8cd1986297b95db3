//! How many calls it takes to read a tenant for a plan, and how many of them each wait for the one before.

use moorline::clock::Clock;
use moorline::plan::{self, Planned};
use moorline::sandbox::state::State;
use serde_json::{Value, json};

use crate::estate::{Estate, Size};

/// How many objects the service puts on a page.
const PAGE: usize = 100;

/// How many seconds a call takes: much more than what the client does between two of them.
const LATENCY: f64 = 0.25;

/// What a plan cost, the sign-in left out.
#[derive(Debug, PartialEq, Eq)]
struct Cost {
    calls: u64,
    /// The calls that each began after the one before was answered.
    in_a_row: u64,
}

fn of_objects(objects: usize) -> Size {
    Size {
        declared: objects,
        live: objects,
        different: 5,
        groups: 120,
        filters: 5,
        masked: objects / 5,
    }
}

/// Plans for a tenant, as somebody left it, by the manifests of an estate.
async fn plan(estate: &Estate, seed: &Value, reach: bool) -> (Planned, Cost) {
    plan_after(LATENCY, estate, seed, reach).await
}

/// As [`plan`], with calls that take so many seconds.
async fn plan_after(latency: f64, estate: &Estate, seed: &Value, reach: bool) -> (Planned, Cost) {
    let state = State::from_json(&seed.to_string()).expect("the seed is a state");
    let conditions = json!({ "pageSize": PAGE, "latency": latency });
    let site = estate.reopen(state, conditions, Clock::system()).await;
    let before = site.running.calls();
    let (planned, _) =
        site.plan_with(plan::PlanOptions { reach, ..plan::PlanOptions::default() }).await;
    let after = site.running.calls();
    let calls = after.graph - before.graph;
    (planned, Cost { calls, in_a_row: after.in_a_row - before.in_a_row })
}

/// Plans for so many objects of which five differ. The calls: a batch of twenty for each twenty groups that are
/// declared by name, the filters, the pages, a batch for each twenty masked values, a batch of the objects that
/// differ, and a batch of numbers where it is counted whom the changes reach.
async fn planned(objects: usize, reach: bool, calls: u64) {
    let estate = Estate::new(of_objects(objects));
    let (planned, cost) = plan(&estate, estate.seed(), reach).await;
    assert!(planned.plan.masked_read);
    assert_eq!(planned.plan.summary.update, 5);
    assert_eq!(planned.plan.summary.unchanged, objects - 5);
    assert_eq!(planned.plan.summary.unverifiable_fields, 0);
    let pages = u64::try_from(objects / PAGE).expect("a few pages");
    // Names and masked values are asked for beside the pages, and the numbers beside the objects that differ.
    assert_eq!(cost, Cost { calls, in_a_row: pages + 1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_five_hundred_objects_waits_once_after_the_pages() {
    planned(500, false, 18).await;
    planned(500, true, 19).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_two_thousand_objects_waits_once_after_the_pages() {
    planned(2000, false, 48).await;
    planned(2000, true, 49).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_for_people_are_looked_up_beside_what_the_plan_waits_for() {
    let size = Size { declared: 60, live: 60, different: 2, groups: 3, filters: 1, masked: 20 };
    let estate = Estate::new(size);
    let mut seed = estate.seed().clone();
    let id = "00000009-0000-4000-8000-000000000000";
    let group = json!({ "id": id, "displayName": "Contractors" });
    seed["groups"].as_array_mut().expect("groups").push(group);
    let target = json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id });
    seed["deviceConfigurations"][0]["assignments"] = json!([{ "target": target }]);
    let (planned, cost) = plan(&estate, &seed, false).await;
    let mut targets = planned.plan.changes.iter().flat_map(|change| &change.assignments);
    assert!(targets.any(|change| change.target == "group Contractors"));
    // The groups, the filters and the page; then the objects that differ, the masked values and the name.
    assert_eq!(cost, Cost { calls: 6, in_a_row: 2 });
}

/// Three hundred policies in pages of 25, and the settings of each on two pages. While lists are being read, the first
/// pages of settings are read by batches of twenty, and then the second ones.
#[tokio::test(flavor = "multi_thread")]
async fn settings_of_policies_are_read_beside_the_pages() {
    let estate = Estate::of_policies(300, 40);
    // Batches of settings are large, and a debug build reads them slowly.
    let (planned, cost) = plan_after(2.0 * LATENCY, &estate, estate.seed(), false).await;
    assert_eq!(planned.plan.summary.unchanged, 300);
    assert_eq!(cost, Cost { calls: 12 + 15 + 15, in_a_row: 12 + 2 });
}
