//! Draws the drift of earlier reports: a chart, and the same numbers as a table.

use maud::{Markup, html};

use super::words::Plain;
use crate::drift::history::DriftPoint;
use crate::report::phrases;

/// The most reports that are drawn: the latest ones.
const MOST: usize = 120;
/// The size of the drawing area.
const WIDTH: usize = 720;
const HEIGHT: usize = 160;
/// The room for the numbers beside it, and for the times below it.
const LEFT: usize = 40;
const BELOW: usize = 22;

/// Returns the chart and the table, `None` for fewer than two reports.
pub(super) fn chart(points: &[DriftPoint]) -> Option<Markup> {
    let points = &points[points.len().saturating_sub(MOST)..];
    let (first, last) = match points {
        [first, .., last] => (first, last),
        _ => return None,
    };
    let most = points.iter().map(DriftPoint::out_of_sync).max().unwrap_or_default();
    let title = format!(
        "Objects that drifted or are missing in {} from {} to {}: at most {}, now {}.",
        phrases::count(points.len(), "report"),
        phrases::moment(&first.checked_at),
        phrases::moment(&last.checked_at),
        phrases::thousands(most),
        phrases::thousands(last.out_of_sync()),
    );
    Some(html! {
        figure.history {
            (drawing(points, most, &title))
            figcaption { (Plain(&title)) }
            details {
                summary { "The numbers" }
                div.scroll tabindex="0" role="region" aria-label="The numbers of each report" {
                    table {
                        thead { tr {
                            th scope="col" { "Checked" }
                            @for (name, _) in columns(last) { th.number scope="col" { (name) } }
                        } }
                        tbody {
                            @for point in points.iter().rev() {
                                tr {
                                    th scope="row" { time datetime=(Plain(&point.checked_at)) { (Plain(&phrases::moment(&point.checked_at))) } }
                                    @for (_, number) in columns(point) { td.number { (phrases::thousands(number)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    })
}

fn columns(point: &DriftPoint) -> [(&'static str, usize); 5] {
    [
        ("drifted", point.counts.drifted),
        ("missing", point.counts.missing),
        ("unverifiable", point.counts.unverifiable),
        ("unknown", point.counts.unknown),
        ("in sync", point.counts.in_sync),
    ]
}

/// Draws a bar for each report: what drifted, and above it what is missing.
fn drawing(points: &[DriftPoint], most: usize, title: &str) -> Markup {
    let scale = most.max(1);
    let height = |number: usize| number * (HEIGHT - 10) / scale;
    let step = (WIDTH - LEFT) / points.len();
    let width = (step * 3 / 4).clamp(1, 40);
    let bars = points.iter().enumerate().map(|(at, point)| {
        let x = LEFT + at * step + (step - width) / 2;
        let (drifted, missing) = (height(point.counts.drifted), height(point.counts.missing));
        html! {
            @if drifted > 0 {
                rect.drifted x=(x) y=(HEIGHT - drifted) width=(width) height=(drifted) {}
            }
            @if missing > 0 {
                rect.missing x=(x) y=(HEIGHT - drifted - missing) width=(width) height=(missing) {}
            }
            @if drifted + missing == 0 {
                rect.none x=(x) y=(HEIGHT - 2) width=(width) height="2" {}
            }
        }
    });
    let day = |point: &DriftPoint| point.checked_at.get(..10).unwrap_or_default().to_owned();
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT + BELOW) } role="img" aria-label=(Plain(title)) {
            line.axis x1=(LEFT) y1=(HEIGHT) x2=(WIDTH) y2=(HEIGHT) {}
            line.grid x1=(LEFT) y1="10" x2=(WIDTH) y2="10" {}
            text x=(LEFT - 6) y="14" text-anchor="end" { (phrases::thousands(scale)) }
            text x=(LEFT - 6) y=(HEIGHT) text-anchor="end" { "0" }
            @for bar in bars { (bar) }
            @if let (Some(first), Some(last)) = (points.first(), points.last()) {
                text x=(LEFT) y=(HEIGHT + BELOW - 6) { (Plain(&day(first))) }
                text x=(LEFT + points.len() * step) y=(HEIGHT + BELOW - 6) text-anchor="end" { (Plain(&day(last))) }
            }
        }
        p.legend aria-hidden="true" { span.drifted { "drifted" } " " span.missing { "missing" } }
    }
}
