//! Writes who changed what, and when, the latest first.

use maud::{Markup, html};

use super::attention::link;
use super::words::Plain;
use crate::report::phrases;

/// The most entries that are shown.
const MOST: usize = 500;

/// A change that an audit log records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimelineEntry {
    /// When, RFC 3339.
    pub(crate) at: String,
    /// The person or the app, or why neither is known.
    pub(crate) by: String,
    /// The operation, as the log names it.
    pub(crate) operation: Option<String>,
    /// `kind/name` of the object.
    pub(crate) object: String,
    /// The property, where the log names it.
    pub(crate) property: Option<String>,
    /// The value until then.
    pub(crate) before: Option<String>,
    /// The value since.
    pub(crate) after: Option<String>,
}

/// Returns the entries, `None` where there are none.
pub(super) fn list(entries: &[TimelineEntry]) -> Option<Markup> {
    let mut entries: Vec<&TimelineEntry> = entries.iter().collect();
    // All instants are in UTC, and those of one form sort as text.
    entries.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.object.cmp(&b.object)));
    (!entries.is_empty()).then(|| {
        html! {
            ol.timeline {
                @for one in entries.iter().take(MOST) { li { (entry(one)) } }
                @if entries.len() > MOST { li { (phrases::more(entries.len() - MOST, "change")) } }
            }
        }
    })
}

fn entry(entry: &TimelineEntry) -> Markup {
    html! {
        time datetime=(Plain(&entry.at)) { (Plain(&phrases::moment(&entry.at))) }
        div {
            strong { (Plain(&entry.by)) }
            @if let Some(operation) = &entry.operation { ", " (Plain(operation)) } ": "
            (link(&entry.object))
            @if let Some(property) = &entry.property { " " code.name { (Plain(property)) } }
            @if let Some(before) = &entry.before {
                " " span.was { span.vh { "was " } code { (Plain(before)) } }
            }
            @if let Some(after) = &entry.after {
                " " span.arrow aria-hidden="true" { "→" } " "
                span.vh { "became " } code { (Plain(after)) }
            }
        }
    }
}
