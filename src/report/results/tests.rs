//! Results of every sort in every format of other programs.

use proptest::prelude::*;
use roxmltree::Document;
use serde_json::Value;

use super::*;
use crate::drift::{Attribution, Author, DriftReport, FieldOrigin, Since};
use crate::report::sarif::Suppressed;
use crate::report::{azure_devops, github, junit, sarif, testing};

fn accepted() -> Results {
    let item = |part: &str, accepted| ResultItem {
        accepted,
        ..ResultItem::new(ResultLevel::Error, "drift/property", &format!("{part} differs"))
            .part(part)
    };
    let why = ResultAcceptance {
        reason: "a pilot until the new ring".to_owned(),
        until: "2026-12-31".to_owned(),
    };
    let mut only = ResultCase::new("kind/accepted", "Accepted", None);
    only.add(item("a", Some(why.clone())));
    let mut both = ResultCase::new("kind/both", "Both", None);
    both.add(item("a", Some(why)));
    both.add(item("b", None));
    let results = Results {
        tenant: Some("contoso".to_owned()),
        cases: vec![only, both],
        ..Results::default()
    };
    results.of("drift", &Repository::default(), "moorline.yaml")
}

fn sarif_of(results: &Results, suppressed: Suppressed) -> Value {
    serde_json::from_str(&sarif::render(results, suppressed)).expect("JSON")
}

#[test]
fn accepted_result_is_a_suppression_or_left_out() {
    let log = sarif_of(&accepted(), Suppressed::Marked);
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 3);
    let suppression = &results[0]["suppressions"][0];
    assert_eq!(suppression["kind"], "external");
    assert_eq!(suppression["status"], "accepted");
    assert_eq!(suppression["justification"], "a pilot until the new ring (until 2026-12-31)");
    let log = sarif_of(&accepted(), Suppressed::LeftOut);
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 1);
    assert!(results[0].get("suppressions").is_none());
}

#[test]
fn accepted_result_is_skipped_unless_another_one_counts() {
    let xml = junit::render(&accepted());
    let document = Document::parse(&xml).expect("XML");
    let case = |name: &str| {
        let mut nodes = document.descendants();
        nodes.find(|node| node.attribute("name") == Some(name)).expect("a case")
    };
    let skipped = case("kind/accepted").children().find(|node| node.has_tag_name("skipped"));
    assert_eq!(
        skipped.and_then(|node| node.attribute("message")),
        Some("accepted until 2026-12-31: a pilot until the new ring")
    );
    let failure = case("kind/both").children().find(|node| node.has_tag_name("failure"));
    assert_eq!(failure.and_then(|node| node.attribute("message")), Some("b differs"));
}

#[test]
fn accepted_result_is_a_notice_and_no_issue() {
    let log = github::render(&accepted());
    let starts = |start: &str| log.as_str().lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((starts("::error "), starts("::notice ")), (1, 2), "{}", log.as_str());
    let log = azure_devops::render(&accepted());
    assert_eq!(log.as_str().matches("##vso[task.logissue ").count(), 1, "{}", log.as_str());
    let words = "a differs; accepted until 2026-12-31: a pilot until the new ring";
    assert!(log.as_str().contains(words), "{}", log.as_str());
}

#[test]
fn pending_and_author_are_in_the_message_of_each_difference() {
    let mut report = testing::drift_report();
    let at = report.items.iter().position(|item| item.fields.len() > 1).expect("an item");
    let attribution = |by: Author| Attribution {
        by,
        at: Some("2026-11-20T10:14:59Z".to_owned()),
        operation: None,
        former: None,
        record: None,
    };
    let item = &mut report.items[at];
    item.since = Some(Since::Both);
    item.changed = Some(attribution(Author::Person { name: "alice@contoso.com".to_owned() }));
    let path = item.fields[0].path.clone();
    item.origins = vec![FieldOrigin { path, since: Some(Since::Pending), changed: None }];
    let words = |report: &DriftReport| -> Vec<String> {
        report.results().cases[at].items.iter().map(ResultItem::words).collect()
    };
    let told = words(&report);
    assert!(told[0].ends_with("; pending: merged and not applied"), "{told:?}");
    let author = "; changed by alice@contoso.com, 2026-11-20 10:14 UTC";
    assert!(told[1].ends_with(author), "{told:?}");
    report.items[at].changed = Some(attribution(Author::Unknown { why: "no record".to_owned() }));
    assert!(words(&report).iter().all(|words| !words.contains("changed by")));
    report.items[at].since = Some(Since::Pending);
    report.items[at].origins.clear();
    let told = words(&report);
    assert!(told[1].contains("; pending: merged and not applied"), "{told:?}");
    let result = report.results();
    let items = &result.cases[at].items;
    assert!(items.iter().all(|item| item.level >= ResultLevel::Warning), "{items:?}");
}

#[test]
fn parts_that_differ_are_told_as_in_the_text() {
    let words = |live: Value, declared: Value| {
        values::of_field(&testing::field(&["settings", "=id"], live, declared))
    };
    let choice = |choice: &str, more: Value| {
        let mut value = serde_json::json!({ "choice": choice, "template": { "id": "adac3406" } });
        value
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().unwrap_or_default());
        value
    };
    let none = || serde_json::json!({});
    assert_eq!(
        words(choice("0", none()), choice("1", none())),
        "settings[id] choice: the tenant has \"0\", declared is \"1\""
    );
    let children = serde_json::json!({ "children": { "size": 8 } });
    assert_eq!(
        words(choice("0", none()), choice("1", children)),
        "settings[id] children: the tenant has no value, declared is { size: 8 }; settings[id] choice: the tenant has \"0\", declared is \"1\""
    );
    assert_eq!(
        words(Value::Null, choice("1", none())),
        "settings[id]: the tenant has no value, declared is { choice: \"1\", template: { id: adac3406 } }"
    );
    let withheld = serde_json::json!({ "key": { "$withheld": true }, "size": 1 });
    let other = serde_json::json!({ "key": { "$withheld": true }, "size": 2 });
    assert_eq!(words(withheld, other), "settings[id] size: the tenant has 1, declared is 2");
}

#[test]
fn each_risk_is_explained_in_its_own_words() {
    let mut titles = std::collections::BTreeSet::new();
    // The family of tests has a risk of its own.
    let is_of_tests = |code: &str| code.starts_with("label/");
    for code in crate::plan::risk::codes().filter(|code| !is_of_tests(code)) {
        let entry = crate::diagnose::Catalogue::built_in().by_code(&format!("risk/{code}"));
        let entry = entry.unwrap_or_else(|| panic!("{code} is in the catalogue"));
        if !code.starts_with("max-") {
            assert!(titles.insert(&entry.title), "{code} has words of its own");
        }
    }
    let rules = crate::kinds::FAMILIES.iter().flat_map(|family| family.risks);
    for rule in rules.filter(|rule| !is_of_tests(rule.code)) {
        let entry = crate::diagnose::Catalogue::built_in().by_code(rule.code).expect("an entry");
        let words = entry.remedy.join(" ");
        // The words that documents do without.
        let plain = [("nobody", "no user"), ("Nobody", "No user"), ("Everybody", "All users")];
        let message = plain.iter().fold(rule.message.to_owned(), |all, (a, b)| all.replace(a, b));
        assert_eq!(entry.title, message);
        let is_refused = rule.level == crate::plan::RiskLevel::Refused;
        assert_eq!(words.contains("--allow"), is_refused, "{}", rule.code);
    }
}

#[test]
fn names_of_cases_and_fingerprints_are_unique() {
    let case = |name: &str| {
        let mut case = ResultCase::new(name, "", None);
        case.add(ResultItem::new(ResultLevel::Error, "a/b", "one"));
        case.add(ResultItem::new(ResultLevel::Error, "a/b", "one"));
        case
    };
    let names = ["x", "x (2)", "x", "x", "x (2)"];
    let results = Results { cases: names.map(case).to_vec(), ..Results::default() };
    let results = results.of("plan", &Repository::default(), "moorline.yaml");
    let mut names: Vec<&str> = results.cases.iter().map(|case| case.name.as_str()).collect();
    let mut prints: Vec<&str> =
        results.items().map(|(_, item)| item.fingerprint.as_str()).collect();
    for (unique, number) in [(&mut names, 5), (&mut prints, 10)] {
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), number, "{unique:?}");
    }
}

#[test]
fn every_sort_of_result_is_written() {
    let plan = testing::hostile("\u{1b}[31m<x>&\"]]> ::error::a\n##vso[x]\u{202e}\u{ffff}");
    let mut outcome = testing::hostile_outcome("a\u{0}b::c");
    outcome.journal = Some("a;b]c".to_owned());
    for (command, results) in [
        ("plan", plan.results()),
        ("plan", testing::settled().results()),
        ("drift", testing::drift_report().results()),
        ("apply", outcome.results()),
    ] {
        let results = results.of(command, &Repository::default(), "moorline.yaml");
        assert!(!results.headline.is_empty() && !results.outputs.is_empty());
        Document::parse(&junit::render(&results)).expect("XML");
        sarif_of(&results, Suppressed::Marked);
        for log in [github::render(&results), azure_devops::render(&results)] {
            assert!(!log.as_str().contains(['\u{1b}', '\u{202e}', '\0']), "{}", log.as_str());
        }
    }
}

#[test]
fn names_of_megabytes_are_cut_in_every_format() {
    let long = "\u{202e}<b>@everyone ".repeat(600_000);
    let mut report = testing::drift_report();
    report.coverage.unmanaged[0].display_name.clone_from(&long);
    for item in &mut report.items {
        item.display_name.clone_from(&long);
    }
    let results = report.results().of("drift", &Repository::default(), "moorline.yaml");
    let sarif = sarif::render(&results, Suppressed::Marked);
    let (junit, github) = (junit::render(&results), github::render(&results));
    for text in [&sarif, &junit, github.as_str(), azure_devops::render(&results).as_str()] {
        assert!(text.len() < 100_000, "{}", text.len());
    }
}

proptest! {
    #[test]
    fn any_text_keeps_every_format_in_its_grammar(text in any::<String>()) {
        let mut case = ResultCase::new(&text, &text, None);
        let item = ResultItem::new(ResultLevel::Error, &text, &text);
        case.add(item.help(&text).part(&text));
        let results = Results { tenant: Some(text.clone()), cases: vec![case], ..Results::default() };
        let results = results.of("plan", &Repository::default(), &text);
        let xml = junit::render(&results);
        prop_assert!(Document::parse(&xml).is_ok(), "{}", xml);
        let log = sarif_of(&results, Suppressed::Marked);
        prop_assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(1));
        let log = github::render(&results);
        let commands = log.as_str().lines().filter(|line| line.starts_with("::error ")).count();
        prop_assert_eq!((commands, log.as_str().lines().count()), (1, 2));
    }
}
