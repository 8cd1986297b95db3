//! Writes one object: its row in the table, and its folded details.

use super::escape::{
    SENTENCE, cell_sentence, code, fenced, html, linked, name, sentence, short, words,
};
use super::page::{TableEntry, WHOLE, cut_lines};
use crate::diagnostic::{Blocked, Location};
use crate::plan::{Risk, RiskLevel};
use crate::report::links::Links;
use crate::report::phrases::count;
use crate::report::view::{DiffContent, DiffMark, DiffRow, ObjectView, StoryKind, rows};
use crate::report::width::{cut, cut_middle};
use crate::text::sanitize;

/// The most columns of an address. One of a manifest has fewer.
const ADDRESS: usize = 255;
/// The most columns of a display name in a row.
const NAME: usize = 80;
/// The most columns of a sentence in a row.
const IN_ROW: usize = 160;
/// The number of undeclared settings that are named.
const MOST_LEFT_ALONE: usize = 20;
/// The size limit of the lines of one object in bytes.
const MOST_LINES: usize = 12_000;

/// Returns the titles of the columns.
pub(super) fn head(kind: StoryKind) -> &'static [&'static str] {
    match kind {
        StoryKind::Plan => &["", "object", "what", "reach", "risk"],
        StoryKind::Drift => &["", "object", "what", "last change"],
    }
}

/// Returns an object with its row and its details.
pub(super) fn entry(object: &ObjectView<'_>, kind: StoryKind, links: &Links) -> TableEntry {
    let sign = code(object.mark.sign());
    let address = name(&object.address, ADDRESS);
    let title = object.display_name.as_deref().map(|name| {
        let unquoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        words(&short(unquoted.unwrap_or(name), NAME))
    });
    let title = title.map(|title| format!("<br>{title}")).unwrap_or_default();
    let cell = linked(address.clone(), links.to(object.place).as_deref()) + &title;
    let row = match kind {
        StoryKind::Plan => {
            let reach = object.reach.as_ref().map(|reach| cell_sentence(&reach.brief, IN_ROW));
            vec![sign.clone(), cell, what(object, kind), reach.unwrap_or_default(), risks(object)]
        }
        StoryKind::Drift => {
            let change = object.changed.as_ref().or(object.modified.as_ref());
            let change = change.map(|change| cell_sentence(change, IN_ROW));
            let what = [what(object, kind), risks(object)];
            let what = what.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
            vec![sign.clone(), cell, what.join("<br>"), change.unwrap_or_default()]
        }
    };
    TableEntry { row, name: vec![sign, address], block: details(object, links) }
}

/// Returns how much differs, and what is to be known of it.
fn what(object: &ObjectView<'_>, kind: StoryKind) -> String {
    let is_blocked = kind == StoryKind::Plan && !object.reasons.is_empty();
    let blocked = is_blocked.then_some("blocked");
    let extent = object.whole.unwrap_or(&object.extent);
    let parts = [blocked, Some(extent), object.since];
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    cell_sentence(&parts.collect::<Vec<_>>().join("; "), IN_ROW)
}

/// Returns why nothing can be done, and the names of the risks.
fn risks(object: &ObjectView<'_>) -> String {
    let reasons = object.reasons.iter().map(|reason| {
        format!("**{}:** {}", name(&reason.code, NAME), cell_sentence(&reason.message, IN_ROW))
    });
    let risks = object.risks.iter().map(|risk| match risk.level {
        RiskLevel::Refused => format!("**{}** refused", name(&risk.code, NAME)),
        RiskLevel::Warned => name(&risk.code, NAME),
    });
    reasons.chain(risks).collect::<Vec<_>>().join("<br>")
}

/// Returns a risk with its possible harm.
pub(super) fn risk(risk: &Risk) -> String {
    let (name, message) = (code(&risk.code), sentence(&risk.message));
    match risk.level {
        RiskLevel::Refused => {
            let until = code(&format!("--allow {}", risk.code));
            format!("**Refused until {until}:** {message}")
        }
        RiskLevel::Warned => format!("**Risk {name}:** {message}"),
    }
}

/// Returns the folded details.
fn details(object: &ObjectView<'_>, links: &Links) -> String {
    let title = object.display_name.as_deref().map(|name| html(&cut(name, SENTENCE)));
    let mut text = format!(
        "<details>\n<summary><code>{} {}</code>{} {}</summary>\n\n{}",
        object.mark.sign(),
        html(&cut_middle(&sanitize::line(&cut_middle(&object.address, ADDRESS)), ADDRESS)),
        title.map(|title| format!(" <code>{title}</code>")).unwrap_or_default(),
        html(object.whole.unwrap_or(&object.extent)),
        place(object.place, links),
    );
    if let Some(portal) = &object.portal {
        text += &format!(", {}", sentence(portal));
    }
    for note in object.since.map(str::to_owned).into_iter().chain(object.last_change()) {
        text += &format!(", {}", sentence(&note));
    }
    text.push('\n');
    let reasons = object.reasons.iter().map(|why| reason(why, object.place, links));
    let notes: Vec<String> = reasons.chain(object.risks.iter().map(risk)).collect();
    if !notes.is_empty() {
        text += &format!("\n- {}\n", notes.join("\n- "));
    }
    let rows = rows(&object.nodes);
    let lines = rows.iter().flat_map(lines_of);
    let mut lines: Vec<String> =
        lines.map(|line| sanitize::line(&line).trim_end().to_owned()).collect();
    let more = cut_lines(&mut lines, MOST_LINES);
    if !lines.is_empty() {
        text += &format!("\n{}", fenced("diff", &lines));
    }
    if more > 0 {
        text += &format!("\n{} cut. {WHOLE}\n", count(more, "line"));
    }
    if let Some(reach) = &object.reach {
        text += &format!("\nIt {}.\n", sentence(&reach.sentence));
    }
    if !object.left_alone.is_empty() {
        let named = object.left_alone.iter().take(MOST_LEFT_ALONE);
        let named: Vec<String> = named.map(|setting| code(&short(setting, IN_ROW))).collect();
        let more = if object.left_alone.len() > MOST_LEFT_ALONE { ", …" } else { "" };
        let settings = count(object.left_alone.len(), "setting");
        let named = named.join(", ");
        text += &format!("\nLeft alone, because not declared: {settings} ({named}{more})\n");
    }
    text + "\n</details>"
}

/// Returns a place as a link where its file has a page.
pub(super) fn place(place: &Location, links: &Links) -> String {
    // A file as a whole has no line.
    let text = if place.line > 0 { place.to_string() } else { place.file.clone() };
    linked(name(&text, ADDRESS), links.to(place).as_deref())
}

fn reason(why: &Blocked, own: &Location, links: &Links) -> String {
    let (message, help) = (sentence(&why.message), sentence(&why.help));
    let at = why.location.as_ref().filter(|at| *at != own).map(|at| place(at, links));
    let at = at.map(|at| format!(" ({at})")).unwrap_or_default();
    format!("**{}:** {message}. Help: {help}{at}", code(&why.code))
}

/// Returns a row as GitHub colours a diff: two values are two lines, and a sign stands first. The origin of a difference is
/// no part of a value, and stands on a line above.
fn lines_of(row: &DiffRow<'_>) -> Vec<String> {
    let origin = row.node.origin.as_ref();
    let origin = origin.map(|origin| format!("  {}# {origin}", " ".repeat(row.indent)));
    origin.into_iter().chain(values_of(row)).collect()
}

fn values_of(row: &DiffRow<'_>) -> Vec<String> {
    let node = row.node;
    let place = node.place.as_ref().map(|place| format!("# {place}"));
    let rest: Vec<&str> =
        [node.reason.as_deref(), place.as_deref()].into_iter().flatten().collect();
    let line = |sign: &str, value: &str, rest: &[&str]| {
        let parts = [row.name.as_str(), value].into_iter().chain(rest.iter().copied());
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        format!("{sign} {}{}", " ".repeat(row.indent), parts.join("  "))
    };
    // A sign that diffs do not know would be shown as text that stays.
    let sign = match node.mark {
        DiffMark::Change | DiffMark::Title => " ",
        mark => mark.sign(),
    };
    let text = match &node.content {
        DiffContent::Nothing => String::new(),
        DiffContent::Words(text) if node.mark == DiffMark::Hunk => {
            return vec![format!("@@ {text}")];
        }
        DiffContent::Value(text) | DiffContent::Words(text) => text.clone(),
        DiffContent::Line(spans) => spans.iter().map(|span| span.text.as_str()).collect(),
        DiffContent::Values { from, to } if node.mark == DiffMark::Blocked => {
            format!("{from} -> {to}")
        }
        DiffContent::Values { from, to } => {
            return vec![line("-", from, &[]), line("+", to, &rest)];
        }
    };
    vec![line(sign, &text, &rest)]
}
