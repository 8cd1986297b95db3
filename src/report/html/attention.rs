//! Lists what needs a decision before anything else: what is blocked, what an apply refuses, and what it warns of.

use maud::{Markup, html};

use super::object::{level, risk};
use super::words::{Plain, Prose, anchor, sentence};
use crate::plan::{Risk, RiskLevel};
use crate::report::phrases;
use crate::report::view::Story;

/// The most entries of a list; the filter of risks finds the others.
const MOST: usize = 50;

/// Returns the lists, `None` where nothing needs attention.
pub(super) fn lists(story: &Story<'_>) -> Option<Markup> {
    let mut blocked = Vec::new();
    let mut refused: Vec<Markup> = story.limits.iter().map(|limit| entry(None, limit)).collect();
    let mut warned = Vec::new();
    for object in &story.objects {
        blocked.extend(object.reasons.iter().map(|reason| {
            html! {
                li {
                    (link(&object.address)) ": " (Prose(&sentence(&reason.message)))
                    " Help: " (Prose(&sentence(&reason.help)))
                }
            }
        }));
        for risk in object.risks {
            let list = if risk.level == RiskLevel::Refused { &mut refused } else { &mut warned };
            list.push(entry(Some(&object.address), risk));
        }
    }
    let lists = [
        ("refused", "Cannot be applied or compared", "reason", blocked),
        ("refused", "An apply refuses", "risk", refused),
        ("warned", "An apply warns", "risk", warned),
    ];
    let is_empty = lists.iter().all(|(_, _, _, entries)| entries.is_empty());
    (!is_empty).then(|| {
        html! {
            @for (class, heading, noun, entries) in &lists {
                @if !entries.is_empty() {
                    div.note.(class) {
                        h3 { (heading) " (" (phrases::thousands(entries.len())) ")" }
                        ul {
                            @for entry in entries.iter().take(MOST) { (entry) }
                            @if entries.len() > MOST { li { (phrases::more(entries.len() - MOST, noun)) } }
                        }
                    }
                }
            }
        }
    })
}

fn entry(address: Option<&str>, of: &Risk) -> Markup {
    html! {
        li.(level(of)) {
            @if let Some(address) = address { (link(address)) ": " }
            (risk(of))
        }
    }
}

/// Returns the address of an object as a link to it.
pub(super) fn link(address: &str) -> Markup {
    html! { a href={ "#" (Plain(&anchor(address))) } { code { (Plain(address)) } } }
}
