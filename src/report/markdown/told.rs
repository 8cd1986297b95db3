//! Parts of the issue that tracks the drift of a tenant.

use super::escape::{code, sentence};
use crate::notify::notification::ToldFinding;
use crate::report::phrases::{self, moment};
use crate::report::{Links, ToStory};

/// The beginning of the block of an object.
const BLOCK: &str = "\n<details>\n";

/// The most characters of the name of an object that waits.
const LONGEST_SUBJECT: usize = 100;

/// The most characters of the words about a request.
const LONGEST_WORDS: usize = 300;

/// The most bytes of the list of requests.
const MOST_WAITING: usize = 8_000;

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

/// Renders the requests for approval that wait: as many as a list may have, and the number of the others.
pub(crate) fn waiting(requests: &[&ToldFinding]) -> String {
    let lines = requests.iter().map(|request| {
        let expires = request.expires.as_ref().map(|at| format!(", expires {}", moment(at)));
        format!(
            "- {} {}{}\n",
            code(&beginning(&request.subject, LONGEST_SUBJECT)),
            sentence(&beginning(&request.what, LONGEST_WORDS)),
            expires.unwrap_or_default()
        )
    });
    let (mut text, mut left_out) = (String::new(), 0);
    for line in lines {
        // What comes after something that was left out is left out too.
        if left_out > 0 || text.len() + line.len() > MOST_WAITING {
            left_out += 1;
        } else {
            text += &line;
        }
    }
    if left_out > 0 {
        text += &format!("- … and {}\n", phrases::count(left_out, "more request"));
    }
    if text.is_empty() { text } else { format!("\n#### Waiting for approval\n\n{text}") }
}

/// Returns the beginning of a text of a tenant.
fn beginning(text: &str, most: usize) -> String {
    let mut characters = text.chars();
    let mut beginning: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        beginning.push('…');
    }
    beginning
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::notification::FindingTopic;
    use crate::report::testing::drift_report;

    #[test]
    fn list_of_requests_is_bounded_and_counts_the_others() {
        for (number, letters) in [(1, 10), (3, 1_000_000), (10_000, 10), (10_000, 1_000)] {
            let request = ToldFinding {
                digest: String::new(),
                topic: FindingTopic::Approval,
                subject: "`ü<".repeat(letters),
                what: "|*ü".repeat(letters),
                since: String::new(),
                changed: None,
                expires: None,
            };
            let text = waiting(&vec![&request; number]);
            assert!(text.len() < MOST_WAITING + 200, "{number} {letters}: {}", text.len());
            let shown = text.matches("\n- ").count();
            assert_eq!(number > 3, text.contains("more request"), "{number} {letters}");
            assert!(shown >= number.min(2), "{number} {letters}: {shown}");
        }
        assert_eq!(waiting(&[]), "");
    }

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
