//! How much of a plan a page holds.

use super::harmless::assert_harmless;
use super::*;
use crate::plan::{Change, Plan, Risk};
use crate::report::markdown::page::MOST;

/// Returns one object with its name and so many settings.
fn object(name: &str, settings: usize) -> Change {
    let mut change = testing::plan().changes[7].clone();
    change.address.name = name.to_owned();
    change.display_name = name.to_owned();
    change.risks.clear();
    let fields = change.fields.iter().cycle().take(settings).cloned();
    change.fields = fields.collect();
    change
}

/// Returns a plan of these changes.
fn plan_of(changes: Vec<Change>) -> Plan {
    Plan { changes, ..testing::plan() }
}

/// Returns the number of rows of objects, of names alone, and of details.
fn forms(page: &str) -> [usize; 3] {
    let lines = || page.lines().filter(|line| line.starts_with("| `"));
    let rows = lines().filter(|line| line.matches(" |").count() > 3).count();
    [rows, lines().count() - rows, page.matches("<details>\n<summary><code>").count()]
}

#[test]
fn a_plan_of_500_changes_names_every_object() {
    let changes = |number| (0..number).map(|at| object(&format!("policy-{at:03}"), 3)).collect();
    let few = story(&plan_of(changes(40)), &links());
    assert_eq!(forms(&few)[..2], [40, 0]);
    assert!(few.len() <= MOST && !few.contains("left out"), "{few}");
    let page = story(&plan_of(changes(500)), &links());
    let [rows, names, details] = forms(&page);
    assert!(page.len() <= MOST && rows + names == 500 && rows > 50 && details == 0, "{page}");
    for at in 0..500 {
        assert!(page.contains(&format!("/policy-{at:03}`")), "{at}");
    }
    assert!(
        page.contains("**The details of 500 objects do not fit.** The text and the JSON report")
    );
}

#[test]
fn of_long_names_as_many_as_fit_are_shown_and_the_others_counted() {
    let names: [fn(usize) -> String; 3] = [
        |at| format!("{at:03}{}", "x".repeat(252)),
        |at| format!("{at:03}{}", "日本語".repeat(84)),
        |at| format!("{at:03}{}", "👍".repeat(252)),
    ];
    for name in names {
        let page = story(&plan_of((0..500).map(|at| object(&name(at), 3)).collect()), &links());
        let [rows, names, _] = forms(&page);
        assert!(page.len() <= MOST && page.encode_utf16().count() <= MOST, "{}", page.len());
        assert!((50..500).contains(&(rows + names)), "{rows} {names}");
        let more = 500 - rows - names;
        assert!(page.contains(&format!("**… and {more} more objects.** The text")), "{page}");
        assert!(page.ends_with("Digest `sha256:0a1b`\n"));
        assert_harmless(&page);
    }
}

#[test]
fn what_an_apply_refuses_keeps_its_details_when_the_rest_has_no_room() {
    let mut changes: Vec<Change> =
        (0..500).map(|at| object(&format!("policy-{at:03}"), 3)).collect();
    changes[499].risks = vec![Risk::refused("delete", "Devices lose its settings.")];
    changes[250].blocked = testing::plan().changes[2].blocked.clone();
    let page = story(&plan_of(changes), &links());
    let first = page.find("/policy-499`").expect("a row");
    assert!(page.find("/policy-250`") < Some(first) && Some(first) < page.find("/policy-000`"));
    assert!(
        page.contains("**`delete`** refused")
            && page.contains("there is no group `Windows laptop`")
    );
    assert_eq!(forms(&page)[2], 2);
    assert!(page.contains("**The details of 498 objects do not fit.**"));
}

#[test]
fn names_of_ten_megabytes_are_cut() {
    let long = "x".repeat(10 << 20);
    let mut plan = plan_of(vec![object(&long, 1)]);
    plan.tenant.name.clone_from(&long);
    plan.warnings = vec![long.clone()];
    plan.coverage.unmanaged[0].display_name = long;
    let page = story(&plan, &links());
    assert!(page.len() < 20_000, "{}", page.len());
    assert_eq!(forms(&page), [1, 0, 1]);
}
