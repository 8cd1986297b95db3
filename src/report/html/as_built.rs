//! Writes the record of a tenant: every object with its settings and its assignments.

use maud::{Markup, html};

use super::filters::{Filters, Tile, kind_words, lists};
use super::shell::{Shell, section};
use super::words::{Block, Plain, Prose, anchor};
use crate::as_built::{AsBuilt, AsBuiltObject, AsBuiltSetting};
use crate::plan::reach::Reached;
use crate::report::phrases;
use crate::report::recorded::{self, ShownValue};

/// The tiles of a record.
const TILES: [Tile; 2] = [
    Tile { mark: "managed", sign: "", words: "managed" },
    Tile { mark: "unmanaged", sign: "", words: "not managed" },
];

/// Renders a record.
pub(crate) fn as_built(record: &AsBuilt) -> String {
    let mut filters = Filters::default();
    let objects: Vec<Markup> = record.items.iter().map(|item| object(item, &mut filters)).collect();
    let list = html! {
        @if objects.is_empty() { p { "The tenant has no object." } }
        @else {
            @if let Some(fields) = filters.fields() { (fields) }
            (lists(&objects))
            p #none hidden { "No object matches the filter." }
        }
    };
    let sections = [
        filters.tiles(&TILES),
        section("objects", "Objects", Some(list)),
        section("missing", "Declared, and not in the tenant", missing(record)),
        section("unreadable", "Not readable", unreadable(record)),
        section(
            "others",
            "Not in this record",
            recorded::not_covered(record).map(|others| html! { p { (Plain(&others)) } }),
        ),
        section("warnings", "Warnings", warnings(record)),
    ];
    let summary = recorded::summary(record);
    let is_whole = record.missing.is_empty() && record.unreadable.is_empty();
    let shell = Shell {
        name: "As built",
        subject: &phrases::tenant(&record.tenant, &record.only),
        verdict: &summary,
        also: &[],
        tone: if is_whole { "good" } else { "changes" },
        facts: recorded::facts(record)
            .into_iter()
            .map(|(name, value)| (name, html! { (Plain(&value)) }))
            .collect(),
        sections: sections.into_iter().flatten().collect(),
        content: "objects",
    };
    shell.render()
}

fn object(object: &AsBuiltObject, filters: &mut Filters) -> Markup {
    let class = if object.address.is_some() { "managed" } else { "unmanaged" };
    filters.add(class, &object.kind, &[]);
    let address = recorded::address(object);
    let (defaults, set): (Vec<_>, Vec<_>) =
        object.settings.iter().partition(|setting| setting.default);
    html! {
        li.object.(class) id=(Plain(&anchor(&address))) data-item data-mark=(class) data-kind=(Plain(&object.kind)) data-risks="" {
            details {
                summary {
                    span.sign aria-hidden="true" { @if object.address.is_some() { "✓" } @else { "○" } }
                    span.who {
                        span.title { (Plain(recorded::title(object))) }
                        @if let Some(address) = &object.address {
                            span.kind { (kind_words(&object.kind)) }
                            code.address { (Plain(&address.to_string())) }
                        } @else {
                            span.kind { (Plain(&recorded::portal(object))) }
                            span.kind { "not managed" }
                        }
                    }
                    span.does {
                        span.extent { (recorded::extent(object)) }
                        @if let Some(reach) = recorded::reach(object) { span.reach { (Prose(&reach)) } }
                    }
                    span.badges {
                        @if let Some(modified) = recorded::modified(object) {
                            time.kind datetime=(Plain(modified)) { (Plain(&phrases::moment(modified))) }
                        }
                        @if let Some(author) = recorded::author(object) { span.kind { (Plain(&author)) } }
                    }
                }
                div.details {
                    dl.facts {
                        @for (name, value) in recorded::object_facts(object) {
                            div { dt { (name) } dd { code { (Plain(&value)) } } }
                        }
                    }
                    @if !set.is_empty() { (settings("Settings", &set)) }
                    (references(object))
                    @if let Some(targets) = &object.assignments { (assignments(targets)) }
                    @if !defaults.is_empty() {
                        details.left-alone {
                            summary { (phrases::count(defaults.len(), "setting")) " as a new object has " @if defaults.len() == 1 { "it" } @else { "them" } }
                            (settings("Settings as a new object has them", &defaults))
                        }
                    }
                }
            }
        }
    }
}

fn settings(caption: &str, settings: &[&AsBuiltSetting]) -> Markup {
    html! {
        div.scroll {
            table.settings {
                caption { (caption) }
                thead { tr { th scope="col" { "Setting" } th scope="col" { "Value" } } }
                tbody {
                    @for setting in settings {
                        tr {
                            th scope="row" {
                                @if let Some(title) = &setting.title { span.title { (Plain(title)) } " " }
                                code { (Plain(&setting.path)) }
                            }
                            td { (value(setting)) }
                        }
                    }
                }
            }
        }
    }
}

fn value(setting: &AsBuiltSetting) -> Markup {
    match recorded::shown(setting) {
        ShownValue::Words(words) => html! { span.remark { (words) } },
        ShownValue::Line(line) => html! { code { (Plain(&line)) } },
        ShownValue::Text { summary, text } => html! {
            details { summary { (summary) } pre { code { (Block(&text)) } } }
        },
    }
}

fn references(object: &AsBuiltObject) -> Markup {
    html! {
        @if !object.references.is_empty() {
            div.scroll {
                table {
                    caption { "References" }
                    thead { tr { th scope="col" { "Property" } th scope="col" { "Object" } th scope="col" { "Id" } } }
                    tbody {
                        @for (property, linked) in &object.references {
                            @for one in linked {
                                tr {
                                    th scope="row" { code { (Plain(property)) } }
                                    td { (Plain(&one.display_name)) }
                                    td { code { (Plain(&one.id)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn assignments(targets: &[Reached]) -> Markup {
    html! {
        @if targets.is_empty() { p { "Assigned to no device and no user." } }
        @else {
            div.scroll {
                table {
                    caption { "Assignments" }
                    thead { tr {
                        th scope="col" { "Target" } th scope="col" { "Effect" } th scope="col" { "Filter" } th scope="col" { "Members" }
                    } }
                    tbody {
                        @for target in targets {
                            tr {
                                th scope="row" { (Plain(&target.target)) @if let Some(id) = &target.group_id { " " code { (Plain(id)) } } }
                                td { (recorded::effect(target)) }
                                td { (Plain(target.filter.as_deref().unwrap_or("none"))) }
                                td { (Plain(&recorded::members(target))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn missing(record: &AsBuilt) -> Option<Markup> {
    (!record.missing.is_empty()).then(|| {
        html! { ul.lines { @for address in &record.missing { li { code { (Plain(&address.to_string())) } } } } }
    })
}

fn unreadable(record: &AsBuilt) -> Option<Markup> {
    (!record.unreadable.is_empty()).then(|| {
        html! { ul.lines { @for one in &record.unreadable { li { (Prose(&one.object)) ": " (Prose(&one.why)) } } } }
    })
}

fn warnings(record: &AsBuilt) -> Option<Markup> {
    (!record.warnings.is_empty()).then(|| {
        html! { ul.lines { @for line in &record.warnings { li { (Prose(line)) } } } }
    })
}
