//! Writes who changed what, and when, the latest first.

use maud::{Markup, html};

use super::attention::link;
use super::words::Plain;
use crate::drift::{Attribution, DriftItem, FieldOrigin};
use crate::plan::Shown;
use crate::report::{phrases, view};

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

/// Returns the changes of an object that audit logs know of: those of its properties, else that of the object.
pub(super) fn of(item: &DriftItem) -> Vec<TimelineEntry> {
    let value = |shown: &Shown, names| {
        view::on_one_line(shown, names).unwrap_or_else(|| "nothing".to_owned())
    };
    let entry = |changed: &Attribution| {
        let at = changed.at.clone()?;
        Some(TimelineEntry {
            at,
            by: changed.by.to_string(),
            operation: changed.operation.clone(),
            object: item.address.to_string(),
            ..TimelineEntry::default()
        })
    };
    let of_property = |origin: &FieldOrigin| {
        let changed = origin.changed.as_ref()?;
        let field = item.fields.iter().find(|field| field.path == origin.path)?;
        Some(TimelineEntry {
            property: Some(origin.path.to_string()),
            before: changed.former.as_ref().map(|former| value(former, &field.names)),
            after: Some(value(&field.before, &field.names)),
            ..entry(changed)?
        })
    };
    let entries: Vec<TimelineEntry> = item.origins.iter().filter_map(of_property).collect();
    if entries.is_empty() {
        item.changed.as_ref().and_then(entry).into_iter().collect()
    } else {
        entries
    }
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
