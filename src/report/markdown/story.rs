//! Writes a plan or a drift report: the verdict, the objects in a table, their details, and what no object is about.

use super::escape::{SENTENCE, code, name, sentence, short};
use super::object;
use super::page::{MarkdownPage, TableEntry};
use crate::report::links::Links;
use crate::report::phrases;
use crate::report::view::{Story, StoryKind, ToStory, Urgency};

/// The most columns of the name of an object that is listed below the table.
const LISTED: usize = 160;

/// Renders a plan or a drift report, with links to the files of the manifests.
pub(crate) fn story(report: &impl ToStory, links: &Links) -> String {
    let story = &report.story(false);
    let mut page = MarkdownPage::new(&story.headline);
    let checked = story.checked.as_ref().map(|at| format!(", checked {}", sentence(at)));
    let tenant = code(&short(&story.tenant, SENTENCE));
    page.block(&format!("Tenant {tenant}{}", checked.unwrap_or_default()));
    let is_severe = story.objects.iter().any(|object| object.urgency() <= Urgency::Refused);
    let kind = if is_severe || !story.limits.is_empty() { "CAUTION" } else { "NOTE" };
    page.alert(kind, alerts(story));
    if story.kind == StoryKind::Drift && story.differs {
        page.block(&sentence(phrases::SIGNS));
    }
    let below = below(story);
    let entries: Vec<TableEntry> =
        story.objects.iter().map(|view| object::entry(view, story.kind, links)).collect();
    let urgent = story.objects.iter().take_while(|view| view.urgency() <= Urgency::Warned);
    page.entries(object::head(story.kind), &entries, urgent.count(), "object", below.len());
    page.append(&below);
    page.finish()
}

/// Returns what keeps an apply from starting, and what it would leave.
fn alerts(story: &Story<'_>) -> Vec<String> {
    let mut alerts: Vec<String> = story.remainder.iter().map(|text| sentence(text)).collect();
    alerts.extend(story.refusal(|flags| code(&short(flags, SENTENCE))));
    alerts.extend(story.limits.iter().map(object::risk));
    alerts
}

/// Returns what stands below the objects.
fn below(story: &Story<'_>) -> MarkdownPage {
    let mut page = MarkdownPage::below();
    let warnings = story.warnings.iter().map(|text| format!("**Warning:** {}", sentence(text)));
    page.list(warnings.chain(story.released.iter().map(|line| sentence(line))));
    if let Some(title) = phrases::not_compared(story.not_compared.len()) {
        page.folded(
            &title,
            story.not_compared.iter().map(|setting| {
                let (object, property) =
                    (name(&setting.address, LISTED), name(&setting.property, LISTED));
                format!("{object} {property}: {}", sentence(setting.reason))
            }),
        );
    }
    if let Some(title) = phrases::unmanaged(story.coverage) {
        page.folded(
            &title,
            story.coverage.unmanaged.iter().map(|object| {
                format!("{} {}", name(&object.kind, LISTED), name(&object.display_name, LISTED))
            }),
        );
    }
    if let Some(digest) = story.digest {
        page.block(&format!("Digest {}", name(digest, LISTED)));
    }
    page
}
