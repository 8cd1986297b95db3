//! Writes the record of a tenant, for a repository or a wiki: every object with its settings and its assignments.

use super::escape::{cell_code, code, fenced, sentence, words};
use crate::as_built::{AsBuilt, AsBuiltObject, AsBuiltSetting};
use crate::report::phrases;
use crate::report::recorded::{self, ShownValue};

/// Renders a record. An auditor reads all of it, so that nothing is left out.
pub(crate) fn as_built(record: &AsBuilt) -> String {
    let tenant = phrases::tenant(&record.tenant, &record.only);
    let mut text = format!("# As built: {}\n\n{}\n", words(&tenant), recorded::summary(record));
    text += &table(
        &["fact", "value"],
        recorded::facts(record)
            .iter()
            .map(|(name, value)| vec![(*name).to_owned(), cell_code(value)]),
    );
    for object in &record.items {
        text += &self::object(object);
    }
    let list = |heading: &str, lines: Vec<String>| match lines.as_slice() {
        [] => String::new(),
        lines => format!("\n## {heading}\n\n- {}\n", lines.join("\n- ")),
    };
    let missing = record.missing.iter().map(|address| code(&address.to_string()));
    text += &list("Declared, and not in the tenant", missing.collect());
    let unreadable = record
        .unreadable
        .iter()
        .map(|one| format!("{}: {}", sentence(&one.object), sentence(&one.why)));
    text += &list("Not readable", unreadable.collect());
    if let Some(others) = recorded::not_covered(record) {
        text += &format!("\n## Not in this record\n\n{}\n", sentence(&others));
    }
    text + &list("Warnings", record.warnings.iter().map(|line| sentence(line)).collect())
}

fn object(object: &AsBuiltObject) -> String {
    let managed = match &object.address {
        Some(address) => format!("Managed as {}.", code(&address.to_string())),
        None => "Not managed by any manifest.".to_owned(),
    };
    let reach = recorded::reach(object).map(|reach| format!(" It {}.", sentence(&reach)));
    let mut text = format!(
        "\n## {}\n\n{}. {managed}{}\n",
        words(recorded::title(object)),
        words(&recorded::portal(object)),
        reach.unwrap_or_default(),
    );
    let facts = recorded::object_facts(object);
    text += &table(
        &["fact", "value"],
        facts.iter().map(|(name, value)| vec![(*name).to_owned(), cell_code(value)]),
    );
    let mut texts = Vec::new();
    let (defaults, set): (Vec<_>, Vec<_>) = object.settings.iter().partition(|it| it.default);
    text += &settings(&set, &mut texts);
    if !defaults.is_empty() {
        let number = phrases::count(defaults.len(), "setting");
        let verb = if defaults.len() == 1 { "has" } else { "have" };
        let inner = settings(&defaults, &mut texts);
        text += &format!(
            "\n<details>\n<summary>{number} {verb} the value that a new object has</summary>\n{inner}\n</details>\n"
        );
    }
    let references = object.references.iter().flat_map(|(property, linked)| {
        linked
            .iter()
            .map(|one| vec![cell_code(property), words(&one.display_name), cell_code(&one.id)])
    });
    text += &table(&["reference", "object", "id"], references);
    text += &match object.assignments.as_deref() {
        None => String::new(),
        Some([]) => "\nAssigned to no device and no user.\n".to_owned(),
        Some(targets) => table(
            &["assigned to", "effect", "filter", "members"],
            targets.iter().map(|target| {
                vec![
                    words(&target.target),
                    recorded::effect(target).to_owned(),
                    words(target.filter.as_deref().unwrap_or("none")),
                    words(&recorded::members(target)),
                ]
            }),
        ),
    };
    for (path, content) in texts {
        let lines: Vec<String> = content.lines().map(str::to_owned).collect();
        text += &format!("\n{}:\n\n{}", code(&path), fenced("", &lines));
    }
    text
}

/// Returns the table of settings. Texts of several lines are added to those that stand below.
fn settings(settings: &[&AsBuiltSetting], texts: &mut Vec<(String, String)>) -> String {
    let rows = settings.iter().map(|setting| {
        let title = setting.title.as_deref().map(|title| format!("{}: ", words(title)));
        let value = match recorded::shown(setting) {
            ShownValue::Words(words) => format!("*{words}*"),
            ShownValue::Line(line) => cell_code(&line),
            ShownValue::Text { summary, text } => {
                texts.push((setting.path.clone(), text));
                format!("*{summary}, below*")
            }
        };
        vec![format!("{}{}", title.unwrap_or_default(), cell_code(&setting.path)), value]
    });
    table(&["setting", "value"], rows)
}

/// Returns a table, nothing without rows.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rows: String = rows.map(|cells| row(&cells)).collect();
    if rows.is_empty() {
        return rows;
    }
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    format!("\n{}{}|\n{rows}", row(&head), "|---".repeat(head.len()))
}
