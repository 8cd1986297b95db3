//! Parts of the issue that tracks the drift of a tenant.

use super::escape::{code, sentence};
use crate::notify::notification::ToldFinding;
use crate::report::phrases::{self, moment};
use crate::report::{Links, ToStory};

/// The beginning of the block of an object.
const BLOCK: &str = "\n<details>\n";

/// Renders a plan or a drift report in at most so many characters; the blocks of objects that do not fit are left out.
pub(crate) fn story_within(report: &impl ToStory, links: &Links, most: usize) -> String {
    let story = super::story(report, links);
    if story.chars().count() <= most {
        return story;
    }
    let beginning = &story[..story.floor_char_boundary(most)];
    // What stands before the blocks is taken as a whole, or only its headline.
    let end = beginning.rfind(BLOCK).or_else(|| beginning.find('\n')).unwrap_or_default();
    let left_out = story[end..].matches(BLOCK).count();
    let objects = phrases::count(left_out, "object");
    format!("{}\n\n**{objects} left out: the report of the run has all.**\n", &story[..end])
}

/// Renders the requests for approval that wait.
pub(crate) fn waiting(requests: &[&ToldFinding]) -> String {
    let lines = requests.iter().map(|request| {
        let expires = request.expires.as_ref().map(|at| format!(", expires {}", moment(at)));
        format!(
            "- {} {}{}\n",
            code(&request.subject),
            sentence(&request.what),
            expires.unwrap_or_default()
        )
    });
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n#### Waiting for approval\n\n{lines}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::drift_report;

    #[test]
    fn report_is_cut_between_objects() {
        let report = drift_report();
        let links = Links::default();
        let whole = super::super::story(&report, &links);
        assert_eq!(story_within(&report, &links, whole.chars().count()), whole);
        for most in [whole.chars().count() - 20, 700, 100, 1] {
            let cut = story_within(&report, &links, most);
            assert!(cut.chars().count() < most.max(100) + 200, "{most}: {cut}");
            assert_eq!(
                cut.matches("<details>").count(),
                cut.matches("</details>").count(),
                "{cut}"
            );
            assert!(cut.ends_with("left out: the report of the run has all.**\n"), "{cut}");
        }
    }
}
