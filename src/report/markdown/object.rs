//! Writes one object: alerts above the fold, and the folded details.

use super::escape::{SENTENCE, code, fenced, html, sentence};
use super::page::{MarkdownPage, cut_lines};
use crate::plan::{Risk, RiskLevel};
use crate::report::phrases::count;
use crate::report::view::{DiffContent, DiffMark, DiffRow, Direction, ObjectView, Story, rows};
use crate::report::width::cut;

/// The number of undeclared settings that are named.
const MOST_LEFT_ALONE: usize = 20;

/// Writes the alerts of all objects: blocked changes and risks, those of the plan as a whole first.
pub(super) fn alerts(page: &mut MarkdownPage, story: &Story<'_>) {
    let mut blocked = Vec::new();
    let mut refused: Vec<String> = story.limits.iter().map(risk_line).collect();
    let mut warned = Vec::new();
    for object in &story.objects {
        let address = code(&object.address);
        for reason in object.reasons {
            let (message, help) = (sentence(&reason.message), sentence(&reason.help));
            blocked.push(format!("{address}: {message} ({}): {help}", code(&reason.code)));
        }
        for risk in object.risks {
            let list = match risk.level {
                RiskLevel::Refused => &mut refused,
                RiskLevel::Warned => &mut warned,
            };
            list.push(format!("{address}: {}", risk_line(risk)));
        }
    }
    for (kind, title, items) in [
        ("CAUTION", "Cannot be applied or compared", blocked),
        ("CAUTION", "An apply refuses", refused),
        ("WARNING", "An apply warns", warned),
    ] {
        if !items.is_empty() {
            page.block(&format!("> [!{kind}]\n> **{title}**\n>"));
        }
        for item in items {
            page.line(&format!("> - {item}"));
        }
    }
}

fn risk_line(risk: &Risk) -> String {
    let (name, message) = (code(&risk.code), sentence(&risk.message));
    match risk.level {
        RiskLevel::Refused => {
            let until = code(&format!("--allow {}", risk.code));
            format!("risk {name}: {message} Refused until {until}.")
        }
        RiskLevel::Warned => format!("risk {name}: {message}"),
    }
}

/// Writes the folded details of an object.
pub(super) fn details(page: &mut MarkdownPage, object: &ObjectView<'_>, direction: Direction) {
    let name = object.display_name.as_deref().map(|name| html(&cut(name, SENTENCE)));
    let mut text = format!(
        "<details>\n<summary><code>{} {}</code>{} {}</summary>\n\n{}",
        object.mark.sign(),
        html(&object.address),
        name.map(|name| format!(" <code>{name}</code>")).unwrap_or_default(),
        object.whole.unwrap_or(&object.extent),
        code(&object.place),
    );
    let notes = [object.since, object.modified.as_deref(), object.changed.as_deref()];
    for note in notes.into_iter().flatten() {
        text += &format!(", {}", sentence(note));
    }
    text.push('\n');
    let rows = rows(&object.nodes);
    let mut lines: Vec<String> = rows.iter().flat_map(|row| lines_of(row, direction)).collect();
    let more = cut_lines(&mut lines);
    if !lines.is_empty() {
        text += &format!("\n{}", fenced("diff", &lines));
    }
    if more > 0 {
        let lines = count(more, "line");
        text += &format!("\n{lines} cut: the text and the JSON report have them.\n");
    }
    if let Some(reach) = &object.reach {
        text += &format!("\nIt {}.\n", sentence(reach));
    }
    if !object.left_alone.is_empty() {
        let named = object.left_alone.iter().take(MOST_LEFT_ALONE);
        let named: Vec<String> = named.map(|setting| code(&cut(setting, SENTENCE))).collect();
        let more = if object.left_alone.len() > MOST_LEFT_ALONE { ", …" } else { "" };
        let settings = count(object.left_alone.len(), "setting");
        let named = named.join(", ");
        text += &format!("\nLeft alone, because not declared: {settings} ({named}{more})\n");
    }
    page.block(&(text + "\n</details>"));
}

/// Returns a row as GitHub colours a diff: two values are two lines, and a sign stands first.
fn lines_of(row: &DiffRow<'_>, direction: Direction) -> Vec<String> {
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
        DiffContent::Values { from, to } => {
            let sides = [("-", from), ("+", to)].into_iter();
            let sides = sides.filter_map(|(sign, value)| Some((sign, value.as_deref()?)));
            let written: Vec<(&str, &str)> = sides.collect();
            if node.mark != DiffMark::Blocked || direction == Direction::Drift {
                let last = written.len().saturating_sub(1);
                let written = written.into_iter().enumerate();
                return written
                    .map(|(at, (sign, value))| {
                        line(sign, value, if at == last { &rest } else { &[] })
                    })
                    .collect();
            }
            let values: Vec<&str> = written.into_iter().map(|(_, value)| value).collect();
            values.join(" -> ")
        }
    };
    vec![line(sign, &text, &rest)]
}
