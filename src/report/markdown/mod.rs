//! Renders results in GitHub's Markdown, for pull requests and step summaries.
//!
//! Alerts stand at the top; the differences of each object are folded.

mod as_built;
mod diagnose;
mod escape;
mod object;
mod page;

pub(crate) use as_built::as_built;
pub use diagnose::{doctor, permissions, scopes};

use super::phrases;
use super::view::{Direction, ToStory};
use crate::apply::outcome::Outcome;
use escape::{cell_code, code, sentence};
use page::MarkdownPage;

/// Renders a plan or a drift report.
pub(crate) fn story(report: &impl ToStory) -> String {
    let story = &report.story(false);
    let mut page = MarkdownPage::new(&story.headline);
    let checked = story.checked.as_ref().map(|at| format!(", checked {}", sentence(at)));
    page.block(&format!("Tenant {}{}", code(&story.tenant), checked.unwrap_or_default()));
    object::alerts(&mut page, story);
    if story.direction == Direction::Drift && story.differs {
        page.block("Lines with `-` are declared, lines with `+` are what the tenant has.");
    }
    for object in &story.objects {
        object::details(&mut page, object, story.direction);
    }
    for warning in story.warnings {
        page.block(&format!("**Warning:** {}", sentence(warning)));
    }
    page.list(story.released.iter().map(|line| sentence(line)));
    let mut end = story.remainder.clone();
    end.extend(phrases::unmanaged(story.coverage));
    end.extend(story.digest.map(|digest| format!("Digest {}", code(digest))));
    page.finish(&end)
}

/// Renders an outcome.
pub fn outcome(outcome: &Outcome) -> String {
    let mut page = MarkdownPage::new(&phrases::outcome_summary(outcome));
    page.block(&format!("Tenant {}", code(&phrases::tenant(&outcome.tenant, &[]))));
    let items = outcome.items.iter();
    let told: Vec<_> = items.filter(|item| item.message.is_some()).collect();
    if !told.is_empty() {
        page.block("> [!WARNING]");
    }
    for (item, help) in told.iter().zip(phrases::helps(&told)) {
        let help = match help {
            None => String::new(),
            Some((1, help)) => format!(" Help: {}", sentence(help)),
            Some((many, help)) => format!(" Help, for these {many}: {}", sentence(help)),
        };
        let message = item.message.as_deref().unwrap_or_default();
        let stop = if message.ends_with(['.', '!', '?']) || help.is_empty() { "" } else { "." };
        page.line(&format!(
            "> - {}: {}. {}{stop}{help}",
            code(&item.address.to_string()),
            phrases::status(item.status),
            sentence(message),
        ));
    }
    page.table(
        &["result", "action", "object", "name"],
        outcome.items.iter().map(|item| {
            [
                phrases::status(item.status).to_owned(),
                item.action.to_string(),
                cell_code(&item.address.to_string()),
                escape::words(&item.display_name),
            ]
        }),
    );
    let journal = outcome.journal.as_deref().map(|journal| format!("Journal {}", code(journal)));
    page.finish(journal.as_slice())
}

#[cfg(test)]
mod tests;
