//! Results as JUnit XML, for the test reports of CI systems.
//!
//! One case an object. What is not as it should be is a failure, what could not be found out an error, and what is accepted or
//! was not done is skipped.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::results::{ResultCase, ResultItem, ResultLevel, Results};

/// Renders results.
pub(crate) fn render(results: &Results) -> String {
    let name = match &results.tenant {
        Some(tenant) => format!("moorline.{}.{tenant}", results.command),
        None => format!("moorline.{}", results.command),
    };
    let mut suite = TestSuite::new(valid(&name));
    suite.add_property(Property::new("summary", valid(&results.headline)));
    suite.add_test_cases(results.cases.iter().map(|case| test_case(case, &name)));
    let mut report = Report::new(valid(&name));
    report.add_test_suite(suite);
    // Writing to memory does not fail.
    report.to_string().unwrap_or_default()
}

fn test_case(case: &ResultCase, class: &str) -> TestCase {
    let (accepted, counted): (Vec<&ResultItem>, Vec<&ResultItem>) =
        case.items.iter().partition(|item| item.accepted.is_some());
    let (bad, remarks): (Vec<&ResultItem>, Vec<&ResultItem>) =
        counted.into_iter().partition(|item| item.level <= ResultLevel::Error);
    let status = if let Some(first) = bad.iter().min_by_key(|item| item.level) {
        let kind = match first.level {
            ResultLevel::Failed => NonSuccessKind::Error,
            _ => NonSuccessKind::Failure,
        };
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(valid(&first.message)).set_type(valid(&first.rule));
        status.set_description(valid(&lines(&bad)));
        status
    } else if let Some(why) = &case.skipped {
        skipped(why)
    } else if let Some(accepted) = accepted.first().and_then(|item| item.accepted.as_ref()) {
        skipped(&accepted.words())
    } else {
        TestCaseStatus::success()
    };
    let mut test = TestCase::new(valid(&case.name), status);
    test.set_classname(valid(class));
    if let Some(place) = &case.place {
        test.extra.insert("file".into(), valid(&place.shown()).into());
        test.extra.insert("line".into(), place.line.to_string().into());
    }
    let mut out: Vec<String> = Vec::new();
    if !case.display_name.is_empty() {
        out.push(case.display_name.clone());
    }
    out.extend(case.action.clone());
    out.extend(remarks.iter().map(|item| line(item)));
    out.extend(accepted.iter().map(|item| line(item)));
    if !out.is_empty() {
        test.set_system_out(valid(&out.join("\n")));
    }
    test
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(valid(why));
    status
}

fn lines(items: &[&ResultItem]) -> String {
    items.iter().map(|item| line(item)).collect::<Vec<_>>().join("\n")
}

fn line(item: &ResultItem) -> String {
    let place = item.place.as_ref();
    let place =
        place.map(|place| format!("{}:{}: ", place.shown(), place.line)).unwrap_or_default();
    format!("{place}{}: {}", item.rule, item.words())
}

/// Returns a text without the characters that XML 1.0 has no form for.
fn valid(text: &str) -> String {
    let is_valid = |c: char| match c {
        '\t' | '\n' | '\r' => true,
        c => c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'),
    };
    text.chars().map(|c| if is_valid(c) { c } else { '\u{fffd}' }).collect()
}
