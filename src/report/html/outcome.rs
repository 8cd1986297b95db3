//! Writes the outcome of an apply or of a rollback.

use maud::{Markup, html};

use super::filters::{Filters, Tile, kind_words, lists};
use super::object::parts;
use super::shell::{Shell, section};
use super::words::{Plain, Prose, anchor, sentence};
use crate::apply::outcome::{Item, Outcome};
use crate::journal::Status;
use crate::report::phrases;

/// The tiles of an outcome.
const TILES: [Tile; 3] = [
    Tile { mark: "failed", sign: "", words: "failed" },
    Tile { mark: "waiting", sign: "", words: "waiting or not seen" },
    Tile { mark: "done", sign: "", words: "done" },
];

/// Renders an outcome; `commands` resume the run or take it back, each after what it does.
pub(crate) fn outcome(outcome: &Outcome, commands: &[String]) -> String {
    let mut filters = Filters::default();
    let items: Vec<Markup> = outcome.items.iter().map(|one| item(one, &mut filters)).collect();
    let verdict = phrases::outcome_summary(outcome);
    let tenant = phrases::tenant(&outcome.tenant, &[]);
    let results = html! {
        @if items.is_empty() { p { "There was nothing to apply." } }
        @else {
            @if let Some(fields) = filters.fields() { (fields) }
            (lists(&items))
            p #none hidden { "No object matches the filter." }
        }
    };
    let mut facts = vec![("Plan", html! { code { (Plain(&outcome.plan_digest)) } })];
    facts.extend(
        outcome.journal.as_deref().map(|path| ("Journal", html! { code { (Plain(path)) } })),
    );
    let command = |line: &String| match line.split_once(": ") {
        Some((what, command)) => format!("{what}: `{}`", command.trim()),
        None => line.clone(),
    };
    let commands: Vec<String> = commands.iter().map(command).collect();
    let summary = &outcome.summary;
    let is_bad = outcome.interrupted || summary.failed > 0;
    let is_open = summary.skipped + summary.to_approve + summary.not_yet_visible > 0;
    let shell = Shell {
        name: "Result",
        subject: &tenant,
        verdict: &verdict,
        also: &commands,
        tone: match (is_bad, is_open) {
            (true, _) => "bad",
            (_, true) => "changes",
            _ => "good",
        },
        facts,
        sections: filters
            .tiles(&TILES)
            .into_iter()
            .chain(section("objects", "Objects", Some(results)))
            .collect(),
        content: "objects",
    };
    shell.render()
}

/// Returns the class of a status.
fn class(status: Status) -> &'static str {
    match status {
        Status::Applied | Status::AlreadyInPlace => "done",
        Status::NotYetVisible
        | Status::Unverifiable
        | Status::NotBegun
        | Status::ApprovalRequired => "waiting",
        Status::Stale | Status::Blocked | Status::DidNotStick | Status::Failed => "failed",
    }
}

fn item(item: &Item, filters: &mut Filters) -> Markup {
    let class = class(item.status);
    let address = item.address.to_string();
    let (kind, name) = parts(&address);
    filters.add(class, kind, &[]);
    let title = Some(item.display_name.as_str()).filter(|name| !name.is_empty()).unwrap_or(name);
    html! {
        li.object.(class) id=(Plain(&anchor(&address))) data-item data-mark=(class) data-kind=(Plain(kind)) data-risks="" {
            div.summary {
                span.status { (phrases::status(item.status)) }
                span.who {
                    span.title { (Plain(title)) }
                    span.kind { (kind_words(kind)) }
                    code.address { (Plain(&address)) }
                }
                span.does {
                    span.extent { (item.action) }
                    @if let Some(id) = &item.id { code { (Plain(id)) } }
                    @if let Some(code) = &item.approval { span { "approval " code { (Plain(code)) } } }
                    @if let Some(until) = &item.approval_expires {
                        span { "expires " (Plain(&phrases::moment(until))) }
                    }
                }
            }
            @if let Some(message) = &item.message {
                div.note.(if class == "failed" { "refused" } else { "warned" }) {
                    p { (Prose(&sentence(message))) }
                    @if let Some(help) = &item.help { p { "Help: " (Prose(&sentence(help))) } }
                }
            }
        }
    }
}
