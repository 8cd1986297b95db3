//! Writes the outcome of an apply: the verdict, each change in a table, what was not done and its remedy, and the ways on
//! and back.

use super::escape::{SENTENCE, cell_sentence, code, fenced, name, sentence, short, words};
use super::page::{MarkdownPage, TableEntry};
use crate::apply::outcome::{Item, Outcome};
use crate::report::phrases;

/// The most columns of an address.
const ADDRESS: usize = 255;
/// The most columns of a display name.
const NAME: usize = 80;
/// The number of changes that a remedy is for and that are named.
const MOST_NAMED: usize = 3;

/// Renders an outcome, and the commands that go on with the run and that take it back.
pub fn outcome(outcome: &Outcome, commands: &[String]) -> String {
    let mut page = MarkdownPage::new(&phrases::outcome_summary(outcome));
    let tenant = phrases::tenant(&outcome.tenant, &[]);
    page.block(&format!("Tenant {}", code(&short(&tenant, SENTENCE))));
    let (undone, done): (Vec<&Item>, Vec<&Item>) =
        outcome.items.iter().partition(|item| !item.status.is_done());
    let below = below(outcome, &undone, commands);
    // What was not done comes first: a long page ends within what was.
    let items = undone.iter().chain(&done).map(|item| entry(item));
    let entries: Vec<TableEntry> = items.collect();
    page.entries(
        &["result", "action", "object", "message"],
        &entries,
        undone.len(),
        "change",
        below.len(),
    );
    page.append(&below);
    page.finish()
}

fn entry(item: &Item) -> TableEntry {
    let status = phrases::status(item.status);
    let status = if item.status.is_failure() { format!("**{status}**") } else { status.to_owned() };
    let object = name(&item.address.to_string(), ADDRESS);
    let title = words(&short(&item.display_name, NAME));
    let title = if title.is_empty() { title } else { format!("<br>{title}") };
    let message = item.message.as_deref().map(|message| cell_sentence(message, SENTENCE));
    let action = item.action.to_string();
    let titled = format!("{object}{title}");
    let row = vec![status.clone(), action.clone(), titled, message.unwrap_or_default()];
    TableEntry { row, name: vec![status, action, object], block: String::new() }
}

/// Returns each remedy once, with the changes that it is for.
fn helps(items: &[&Item]) -> Vec<String> {
    let mut helps: Vec<(&str, Vec<&Item>)> = Vec::new();
    for &item in items {
        let Some(help) = item.help.as_deref() else { continue };
        match helps.iter_mut().find(|(other, _)| *other == help) {
            Some((_, of)) => of.push(item),
            None => helps.push((help, vec![item])),
        }
    }
    let line = |(help, of): (&str, Vec<&Item>)| {
        let named = of.iter().take(MOST_NAMED);
        let named = named.map(|item| name(&item.address.to_string(), ADDRESS));
        let more = of.len().saturating_sub(MOST_NAMED);
        let more = (more > 0).then(|| format!("{} more", phrases::thousands(more)));
        let objects: Vec<String> = named.chain(more).collect();
        format!("{}: {}", objects.join(", "), sentence(help))
    };
    helps.into_iter().map(line).collect()
}

/// Returns what stands below the changes.
fn below(outcome: &Outcome, undone: &[&Item], commands: &[String]) -> MarkdownPage {
    let mut page = MarkdownPage::below();
    page.alert("WARNING", helps(undone));
    if let Some(journal) = &outcome.journal {
        page.block(&format!("Journal {}", name(journal, SENTENCE)));
    }
    if !commands.is_empty() {
        page.block(&fenced("text", commands));
    }
    page
}
