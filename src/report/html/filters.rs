//! The tiles with the counts, and the fields that filter the objects of a page.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::words::Plain;
use crate::kinds::portal::{self, Platform};
use crate::report::phrases;

/// A count, which is a filter too.
pub(super) struct Tile {
    /// The value of `data-mark` that it selects.
    pub(super) mark: &'static str,
    /// The sign.
    pub(super) sign: &'static str,
    /// The words below the number.
    pub(super) words: &'static str,
}

/// The marks, kinds and risks that the objects of a page can be filtered by.
#[derive(Default)]
pub(super) struct Filters {
    marks: BTreeMap<&'static str, usize>,
    kinds: BTreeMap<String, usize>,
    risks: BTreeMap<String, usize>,
    objects: usize,
}

/// The most objects of one list.
const IN_A_LIST: usize = 100;

/// The value of the risk filter for every risk.
const ANY: &str = "*";

impl Filters {
    /// Counts an object.
    pub(super) fn add(&mut self, mark: &'static str, kind: &str, risks: &[&str]) {
        self.objects += 1;
        *self.marks.entry(mark).or_default() += 1;
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
        for risk in risks {
            *self.risks.entry((*risk).to_owned()).or_default() += 1;
        }
    }

    /// Returns the counts: those of the tiles that have objects.
    pub(super) fn tiles(&self, tiles: &[Tile]) -> Option<Markup> {
        let counted = tiles.iter().filter_map(|tile| Some((tile, *self.marks.get(tile.mark)?)));
        let counted: Vec<(&Tile, usize)> = counted.collect();
        (!counted.is_empty()).then(|| {
            html! {
                ul.tiles aria-label="Counts; each shows its objects alone" {
                    @for (tile, count) in &counted {
                        li {
                            button.tile.(tile.mark) type="button" aria-pressed="false" data-show=(tile.mark) {
                                span.number {
                                    @if !tile.sign.trim().is_empty() {
                                        span.sign aria-hidden="true" { (tile.sign) } " "
                                    }
                                    (phrases::thousands(*count))
                                }
                                " " span.words { (tile.words) }
                            }
                        }
                    }
                }
            }
        })
    }

    /// Returns the fields; `None` where there is no more than one object to choose from.
    pub(super) fn fields(&self) -> Option<Markup> {
        (self.objects > 1).then(|| {
            let objects = phrases::count(self.objects, "object");
            html! {
                div.filters role="search" aria-label="Filter the objects" {
                    div.field.wide {
                        label for="filter-text" { "Search" }
                        input #filter-text type="search" autocomplete="off" spellcheck="false" aria-describedby="filter-help";
                        span.vh #filter-help { "All words must occur in the object, its settings or its values. The slash key leads here." }
                    }
                    div.field {
                        label for="filter-kind" { "Kind" }
                        select #filter-kind {
                            option value="" { "All kinds" }
                            @for (kind, count) in &self.kinds {
                                option value=(Plain(kind)) { (kind_words(kind)) ", " (count) }
                            }
                        }
                    }
                    @if !self.risks.is_empty() {
                        div.field {
                            label for="filter-risk" { "Risk" }
                            select #filter-risk {
                                option value="" { "With and without" }
                                option value=(ANY) { "Any risk" }
                                @for (risk, count) in &self.risks {
                                    option value=(Plain(risk)) { (Plain(risk)) ", " (count) }
                                }
                            }
                        }
                    }
                    div.buttons {
                        button #expand type="button" { "Open all" }
                        button #collapse type="button" { "Close all" }
                        button #reset type="button" { "Reset" }
                    }
                    output #filter-count for="filter-text" aria-live="polite" { (objects) }
                }
            }
        })
    }
}

/// Returns objects as lists that a browser lays out one at a time.
pub(super) fn lists(objects: &[Markup]) -> Markup {
    html! {
        div.list {
            @for objects in objects.chunks(IN_A_LIST) { ol.objects { @for object in objects { (object) } } }
        }
    }
}

/// Returns the console's name of a kind with its platform, and the kind where the console has none.
pub(super) fn kind_words(kind: &str) -> Markup {
    match portal::of(kind) {
        Some(portal) if portal.platform == Platform::CrossPlatform => html! { (portal.name) },
        Some(portal) => html! { (portal.name) " (" (portal.platform.as_str()) ")" },
        None => html! { (Plain(kind)) },
    }
}
