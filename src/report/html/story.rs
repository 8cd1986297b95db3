//! Writes a plan or a drift report.

use maud::{Markup, html};

use super::filters::{Filters, Tile, kind_words, lists};
use super::shell::{Shell, section};
use super::timeline::TimelineEntry;
use super::words::{Plain, Prose};
use super::{attention, history, object, timeline};
use crate::drift::DriftReport;
use crate::drift::history::DriftPoint;
use crate::plan::Coverage;
use crate::report::links::Links;
use crate::report::phrases;
use crate::report::view::{Story, StoryKind, ToStory};

/// The parts of a page beside the report itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageExtras {
    /// The changes that audit logs know of.
    pub(crate) timeline: Vec<TimelineEntry>,
    /// The counts of earlier reports and of this one, the earliest first.
    pub(crate) history: Vec<DriftPoint>,
}

impl PageExtras {
    /// Returns those of a drift report.
    pub(crate) fn of(report: &DriftReport) -> Self {
        let mut history = report.history.clone();
        history.push(DriftPoint::from(report));
        history.dedup();
        Self { timeline: report.items.iter().flat_map(timeline::of).collect(), history }
    }
}

const fn tile(mark: &'static str, sign: &'static str, words: &'static str) -> Tile {
    Tile { mark, sign, words }
}

/// The tiles of a plan.
const PLAN: [Tile; 8] = [
    tile("blocked", "!", "blocked"),
    tile("add", "+", "to create"),
    tile("change", "~", "to update"),
    tile("assigned", "~", "to assign otherwise"),
    tile("replace", "-/+", "to replace"),
    tile("remove", "-", "to delete"),
    tile("accepted", "=", "accepted"),
    tile("unverifiable", "?", "not comparable"),
];

/// The tiles of a drift report.
const DRIFT: [Tile; 9] = [
    tile("blocked", "!", "unknown"),
    tile("change", "~", "drifted"),
    tile("add", "+", "missing"),
    tile("replace", "-/+", "of another type"),
    tile("remove", "-", "not declared"),
    tile("pending", "", "pending"),
    tile("accepted", "=", "accepted"),
    tile("unverifiable", "?", "not comparable"),
    tile("context", "", "in sync"),
];

/// Renders a plan or a drift report.
pub(crate) fn story(report: &impl ToStory, extras: &PageExtras, links: &Links) -> String {
    let story = &report.story(true);
    let is_plan = story.kind == StoryKind::Plan;
    let mut filters = Filters::default();
    let objects: Vec<Markup> =
        story.objects.iter().map(|object| object::object(object, links, &mut filters)).collect();
    let tiles = filters.tiles(if is_plan { &PLAN } else { &DRIFT });
    let sections = [
        tiles,
        section("attention", "Needs attention", attention::lists(story)),
        section("objects", "Objects", listed(&filters, &objects)),
        section("timeline", "Who changed what", timeline::list(&extras.timeline)),
        section("history", "Drift over time", history::chart(&extras.history)),
        section("released", "No longer declared", released(story)),
        section("unmanaged", "Not managed", unmanaged(story.coverage)),
        section("warnings", "Warnings", warnings(story)),
    ];
    let mut also = story.remainder.clone();
    also.extend(phrases::not_compared(story.not_compared.len()).map(|words| words + "."));
    let shell = Shell {
        name: if is_plan { "Plan" } else { "Drift" },
        subject: &story.tenant,
        verdict: &story.headline,
        also: &also,
        tone: tone(story),
        facts: facts(story),
        sections: sections.into_iter().flatten().collect(),
        content: "objects",
    };
    shell.render()
}

fn tone(story: &Story<'_>) -> &'static str {
    let is_blocked = story.objects.iter().any(|object| !object.reasons.is_empty());
    match story.differs {
        _ if is_blocked => "bad",
        true => "changes",
        false => "good",
    }
}

fn facts(story: &Story<'_>) -> Vec<(&'static str, Markup)> {
    let mut facts = Vec::new();
    if let Some(checked) = &story.checked {
        facts.push(("Checked", html! { (Plain(checked)) }));
    }
    if let Some(digest) = story.digest {
        facts.push(("Digest", html! { code { (Plain(digest)) } }));
    }
    facts
}

/// Returns the objects with the fields that filter them.
fn listed(filters: &Filters, objects: &[Markup]) -> Option<Markup> {
    Some(html! {
        @if objects.is_empty() {
            p { "Every object is as it is declared." }
        } @else {
            p.legend {
                span.sign.remove { "-" } " is what the tenant has now, "
                span.sign.add { "+" } " is what Git declares: an apply goes from the first to the second."
            }
            @if let Some(fields) = filters.fields() { (fields) }
            (lists(objects))
            p #none hidden { "No object matches the filter." }
        }
    })
}

fn released(story: &Story<'_>) -> Option<Markup> {
    (!story.released.is_empty()).then(|| {
        html! { ul.lines { @for line in &story.released { li { (Prose(line)) } } } }
    })
}

fn warnings(story: &Story<'_>) -> Option<Markup> {
    (!story.warnings.is_empty()).then(|| {
        html! { ul.lines { @for line in story.warnings { li { (Prose(line)) } } } }
    })
}

/// Returns the live objects that no manifest manages.
fn unmanaged(coverage: &Coverage) -> Option<Markup> {
    let sentence = phrases::unmanaged(coverage)?;
    Some(html! {
        p { (sentence) "." }
        div.scroll tabindex="0" role="region" aria-label="Objects that are not managed" {
            table {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Kind" } th scope="col" { "Id" } } }
                tbody {
                    @for object in &coverage.unmanaged {
                        tr {
                            th scope="row" { (Plain(&object.display_name)) }
                            td { (kind_words(&object.kind)) }
                            td { code { (Plain(&object.id)) } }
                        }
                    }
                }
            }
        }
    })
}
