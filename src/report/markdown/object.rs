//! One object: what must be seen at once, and the rest folded away.

use super::escape::{SENTENCE, code, fenced, html, sentence};
use super::page::{Page, cut_lines};
use crate::report::view::{Content, Danger, Mark, Object, Reading, Row, rows};
use crate::report::width::cut;
use crate::report::words::count;

/// How many settings that are left alone are named.
const MOST_LEFT_ALONE: usize = 20;

/// Writes what must be seen without opening anything: what is blocked, and what could hurt, of the plan as a whole
/// first.
pub(super) fn alerts(page: &mut Page, objects: &[Object], limits: &[Danger]) {
    let blocked = objects.iter().flat_map(|object| {
        object.reasons.iter().map(move |reason| {
            format!(
                "{}: {} ({}): {}",
                code(&object.address),
                sentence(&reason.message),
                code(&reason.code),
                sentence(&reason.help)
            )
        })
    });
    alert(page, "CAUTION", "Cannot be done or told", blocked);
    let risks = |refused| {
        objects.iter().flat_map(move |object| {
            let dangers = object.dangers.iter();
            let dangers = dangers.filter(move |danger| danger.refused == refused);
            dangers.map(move |danger| format!("{}: {}", code(&object.address), risk(danger)))
        })
    };
    let refused = limits.iter().map(risk).chain(risks(true));
    alert(page, "CAUTION", "An apply refuses", refused);
    alert(page, "WARNING", "An apply warns", risks(false));
}

fn risk(danger: &Danger) -> String {
    let until = match danger.refused {
        true => format!(" Refused until {}.", code(&format!("--allow {}", danger.code))),
        false => String::new(),
    };
    let (name, message) = (code(&danger.code), sentence(&danger.message));
    format!("risk {name}: {message}{until}")
}

fn alert(page: &mut Page, kind: &str, title: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    page.block(&format!("> [!{kind}]\n> **{title}**\n>"));
    items.for_each(|item| page.line(&format!("> - {item}")));
}

/// Writes an object, folded.
pub(super) fn details(page: &mut Page, object: &Object, reading: Reading) {
    let name = object.display_name.as_deref().map(|name| cut(name, SENTENCE));
    let name = name.map(|name| format!(" <code>{}</code>", html(&name)));
    let mut text = format!(
        "<details>\n<summary><code>{} {}</code>{} {}</summary>\n\n{}",
        sign(object.mark),
        html(&object.address),
        name.unwrap_or_default(),
        object.whole.unwrap_or(&object.extent),
        code(&object.place),
    );
    if let Some(modified) = &object.modified {
        text.push_str(&format!(", {}", sentence(modified)));
    }
    text.push('\n');
    let rows = rows(&object.nodes);
    let mut lines: Vec<String> = rows.iter().flat_map(|row| lines_of(row, reading)).collect();
    let more = cut_lines(&mut lines);
    if !lines.is_empty() {
        text.push_str(&format!("\n{}", fenced("diff", &lines)));
    }
    if more > 0 {
        text.push_str(&format!(
            "\n{} cut: the text and the JSON report have them.\n",
            count(more, "line")
        ));
    }
    if let Some(reach) = &object.reach {
        text.push_str(&format!("\nIt {}.\n", sentence(reach)));
    }
    text.push_str(&left_alone(&object.left_alone));
    page.block(&(text + "\n</details>"));
}

fn left_alone(settings: &[String]) -> String {
    if settings.is_empty() {
        return String::new();
    }
    let named = settings.iter().take(MOST_LEFT_ALONE);
    let named: Vec<String> = named.map(|setting| code(&cut(setting, SENTENCE))).collect();
    let more = if settings.len() > MOST_LEFT_ALONE { ", …" } else { "" };
    format!(
        "\nLeft alone, because not declared: {} ({}{more})\n",
        count(settings.len(), "setting"),
        named.join(", ")
    )
}

fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Add => "+",
        Mark::Change => "~",
        Mark::Remove => "-",
        Mark::Replace => "-/+",
        Mark::Blocked => "!",
        Mark::Unverifiable => "?",
        Mark::Context | Mark::Title => " ",
        Mark::Hunk => "@@",
    }
}

/// Returns a row as GitHub colours a diff: two values are two lines, and a sign stands first.
fn lines_of(row: &Row<'_>, reading: Reading) -> Vec<String> {
    let node = row.node;
    let rest: Vec<String> =
        [node.reason.clone(), node.place.as_ref().map(|place| format!("# {place}"))]
            .into_iter()
            .flatten()
            .collect();
    let line = |sign: &str, value: &str, rest: &[String]| {
        let indent = " ".repeat(row.indent);
        let start = match row.name.is_empty() {
            true => indent,
            false => format!("{indent}{}", row.name),
        };
        let parts = std::iter::once(value).chain(rest.iter().map(String::as_str));
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        let gap = if row.name.is_empty() || parts.is_empty() { "" } else { "  " };
        format!("{sign} {start}{gap}{}", parts.join("  "))
    };
    // A sign that diffs do not know would be shown as text that stays.
    let plain = if node.mark == Mark::Change { " " } else { sign(node.mark) };
    match &node.content {
        Content::Nothing => vec![line(plain, "", &rest)],
        Content::Value(text) | Content::Words(text) if node.mark == Mark::Hunk => {
            vec![format!("@@ {text}")]
        }
        Content::Value(text) | Content::Words(text) => vec![line(plain, text, &rest)],
        Content::Line(spans) => {
            let text: String = spans.iter().map(|span| span.text.as_str()).collect();
            vec![line(plain, &text, &rest)]
        }
        Content::Values { from, to } => {
            let sides = [("-", from), ("+", to)];
            let stays = node.mark == Mark::Blocked && reading == Reading::Plan;
            let written: Vec<_> = sides
                .into_iter()
                .filter_map(|(sign, value)| Some((sign, value.as_deref()?)))
                .collect();
            if stays {
                let values: Vec<&str> = written.iter().map(|(_, value)| *value).collect();
                return vec![line(plain, &values.join(" -> "), &rest)];
            }
            let last = written.len().saturating_sub(1);
            let written = written.into_iter().enumerate();
            written
                .map(|(at, (sign, value))| line(sign, value, if at == last { &rest } else { &[] }))
                .collect()
        }
    }
}
