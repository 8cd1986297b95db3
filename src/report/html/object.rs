//! Writes one object of a plan or a drift report: a line that tells what matters, and the details below it.

use maud::{Markup, html};

use super::diff;
use super::filters::{Filters, kind_words};
use super::words::{Plain, Prose, anchor, sentence};
use crate::diagnostic::Location;
use crate::plan::{Risk, RiskLevel};
use crate::report::links::Links;
use crate::report::phrases;
use crate::report::view::{DiffMark, ObjectView};

/// The value of `data-risks` of an object that cannot be applied or compared.
const BLOCKED: &str = "blocked";

/// The most settings of an object that are left alone and named.
const MOST_LEFT_ALONE: usize = 200;

/// Returns the kind of an address, and its name.
pub(super) fn parts(address: &str) -> (&str, &str) {
    address.split_once('/').unwrap_or((address, address))
}

/// Returns what an object can be found by in the filter of risks.
fn risks_of<'a>(object: &'a ObjectView<'_>) -> Vec<&'a str> {
    let mut risks: Vec<&str> = object.risks.iter().map(|risk| risk.code.as_str()).collect();
    risks.extend((!object.reasons.is_empty()).then_some(BLOCKED));
    risks.sort_unstable();
    risks.dedup();
    risks
}

/// Returns an object, and counts it.
pub(super) fn object(object: &ObjectView<'_>, links: &Links, filters: &mut Filters) -> Markup {
    let (class, words) = diff::mark(object.mark);
    let (kind, name) = parts(&object.address);
    let risks = risks_of(object);
    let tile = match class {
        _ if object.is_pending => "pending",
        _ if object.is_assigned_only => "assigned",
        class => class,
    };
    filters.add(tile, kind, &risks);
    let title = object.display_name.as_deref().map(|name| name.trim_matches('"'));
    html! {
        li.object.(class) id=(Plain(&anchor(&object.address))) data-item data-mark=(tile) data-kind=(Plain(kind)) data-risks=(Plain(&risks.join(" "))) {
            details {
                summary {
                    span.sign aria-hidden="true" { (object.mark.sign()) }
                    span.vh { (words) ": " }
                    span.who {
                        span.title { (Plain(title.unwrap_or(name))) }
                        span.kind { (kind_words(kind)) }
                        code.address { (Plain(&object.address)) }
                    }
                    span.does {
                        span.extent { (Plain(object.whole.unwrap_or(&object.extent))) }
                        @if let Some(reach) = &object.reach { span.reach { (Prose(&reach.brief)) } }
                        @if let Some(since) = object.since { span.reach { (Prose(since)) } }
                        @for change in object.last_change() { span.reach { (Plain(&change)) } }
                    }
                    span.badges { (badges(object)) }
                }
                div.details { (details(object, links)) }
            }
        }
    }
}

fn badges(object: &ObjectView<'_>) -> Markup {
    html! {
        @if !object.reasons.is_empty() && object.mark != DiffMark::Blocked {
            span.badge.refused { "blocked" }
        }
        @if object.has_accepted() { span.badge { "accepted" } }
        @for risk in object.risks { span.badge.(level(risk)) { (Plain(&risk.code)) } }
    }
}

/// Returns the class of a risk.
pub(super) fn level(risk: &Risk) -> &'static str {
    match risk.level {
        RiskLevel::Refused => "refused",
        RiskLevel::Warned => "warned",
    }
}

fn details(object: &ObjectView<'_>, links: &Links) -> Markup {
    html! {
        dl.facts {
            div { dt { "Declared at" } dd { (place(object.place, links)) } }
            @for change in object.last_change() {
                div { dt { "In the tenant" } dd { (Plain(&change)) } }
            }
            @if let Some(reach) = &object.reach {
                div { dt { "Reach" } dd { (Prose(&sentence(&reach.sentence))) } }
            }
        }
        @for reason in object.reasons {
            div.note.refused {
                p { strong { (Plain(&reason.code)) } " " (Prose(&sentence(&reason.message))) }
                p { "Help: " (Prose(&sentence(&reason.help))) }
            }
        }
        @for risk in object.risks { div.note.(level(risk)) { p { (self::risk(risk)) } } }
        (diff::nodes(&object.nodes))
        @if !object.left_alone.is_empty() {
            details.left-alone {
                summary {
                    (phrases::count(object.left_alone.len(), "undeclared setting")) " left alone"
                }
                ul {
                    @for setting in object.left_alone.iter().take(MOST_LEFT_ALONE) {
                        li { code { (Plain(setting)) } }
                    }
                    @if object.left_alone.len() > MOST_LEFT_ALONE {
                        li { (phrases::more(object.left_alone.len() - MOST_LEFT_ALONE, "setting")) }
                    }
                }
            }
        }
    }
}

/// Returns a risk in words.
pub(super) fn risk(risk: &Risk) -> Markup {
    html! {
        strong { (Plain(&risk.code)) } " " (Prose(&risk.message))
        @if risk.level == RiskLevel::Refused {
            " An apply refuses it until " code { "--allow " (Plain(&risk.code)) } "."
        }
    }
}

/// Returns a place, as a link where its file can be read on the web.
pub(super) fn place(location: &Location, links: &Links) -> Markup {
    let text = location.to_string();
    html! {
        @match links.to(location) {
            Some(url) => a href=(url) { code { (Plain(&text)) } },
            None => code { (Plain(&text)) },
        }
    }
}
