//! Writes findings about manifests, and the failure of a run.

use maud::{Markup, html};

use super::object::place;
use super::shell::{Shell, section};
use super::words::{Plain, Prose, sentence};
use crate::diagnose::Explanation;
use crate::diagnostic::json::{FindingItem, FindingsSummary};
use crate::diagnostic::{Location, Severity};
use crate::error::Error;
use crate::manifest::Invalid;
use crate::plan::Refusal;
use crate::report::links::Links;
use crate::report::phrases;

/// Renders the findings about so many manifests.
pub(crate) fn findings(items: &[FindingItem], manifests: usize, links: &Links) -> String {
    let summary = FindingsSummary::count(items.iter().map(|item| item.severity));
    let verdict = if summary.errors > 0 {
        format!("Invalid: {}.", counts(summary))
    } else if summary.warnings > 0 {
        format!("Valid: {}, {}.", phrases::count(manifests, "manifest"), counts(summary))
    } else {
        format!("Valid: {}.", phrases::count(manifests, "manifest"))
    };
    let list = listed(items, links).unwrap_or_else(|| html! { p { "There is nothing to mend." } });
    let shell = Shell {
        name: "Findings",
        subject: "",
        verdict: &verdict,
        also: &[],
        tone: match (summary.errors, summary.warnings) {
            (0, 0) => "good",
            (0, _) => "changes",
            _ => "bad",
        },
        facts: Vec::new(),
        sections: section("findings", "Findings", Some(list)).into_iter().collect(),
        content: "findings",
    };
    shell.render()
}

/// Renders the failure of a run, with the explanation where a service refused, and with the findings where manifests are
/// invalid.
pub(crate) fn failure(
    error: &Error,
    explanation: Option<&Explanation>,
    invalid: Option<&Invalid>,
    refusals: &[Refusal],
    links: &Links,
) -> String {
    let items = invalid.map(|invalid| FindingItem::all(&invalid.findings, &invalid.sources));
    let causes = error.causes();
    let why = html! {
        p { code { (error.code) } ", exit code " (error.kind.exit_code()) }
        @if !causes.is_empty() {
            ul.lines { @for cause in &causes { li { (Prose(cause)) } } }
        }
        @if !error.hints.is_empty() {
            h3 { "What to do" }
            ul.lines { @for hint in &error.hints { li { (Prose(hint)) } } }
        }
    };
    let verdict = sentence(&error.message);
    let sections = [
        section("failure", "What failed", Some(why)),
        section("explanation", "What is known of it", explanation.map(explained)),
        section("refusals", "What is refused", refused(refusals)),
        section("findings", "Findings", listed(&items.unwrap_or_default(), links)),
    ];
    let shell = Shell {
        name: "Failure",
        subject: "",
        verdict: &verdict,
        also: &[],
        tone: "bad",
        facts: Vec::new(),
        sections: sections.into_iter().flatten().collect(),
        content: "failure",
    };
    shell.render()
}

fn explained(explanation: &Explanation) -> Markup {
    html! {
        p { code { (Plain(&explanation.id)) } " " strong { (Prose(&explanation.title)) } }
        p { (Prose(&explanation.cause)) }
        ul.lines { @for remedy in &explanation.remedy { li { (Prose(remedy)) } } }
    }
}

fn counts(summary: FindingsSummary) -> String {
    let counts = [(summary.errors, "error"), (summary.warnings, "warning")];
    phrases::above_zero(counts, phrases::count).join(", ")
}

/// Returns the risks and limits for which a plan is refused.
fn refused(refusals: &[Refusal]) -> Option<Markup> {
    (!refusals.is_empty()).then(|| {
        html! {
            ul.lines {
                @for refusal in refusals {
                    li {
                        code { (Plain(refusal.address.as_deref().unwrap_or("the plan"))) } ": "
                        strong { (Plain(&refusal.code)) } " " (Prose(&sentence(&refusal.message)))
                        " Allow it with " code { (Plain(&refusal.flag)) } "."
                    }
                }
            }
        }
    })
}

fn listed(items: &[FindingItem], links: &Links) -> Option<Markup> {
    (!items.is_empty()).then(|| {
        html! { ol.findings { @for item in items { (finding(item, links)) } } }
    })
}

fn finding(item: &FindingItem, links: &Links) -> Markup {
    let (class, words) = match item.severity {
        Severity::Error => ("refused", "error"),
        Severity::Warning => ("warned", "warning"),
    };
    html! {
        li.note.(class) {
            p {
                span.badge.(class) { (words) } " "
                strong { (Plain(&item.code)) } " " (Prose(&sentence(&item.message)))
            }
            @if let Some(file) = &item.file {
                p.place {
                    @match item.line {
                        Some(line) => (place(&Location { file: file.clone(), line, column: item.column.unwrap_or(1) }, links)),
                        None => code { (Plain(file)) },
                    }
                }
            }
            @if let Some(help) = &item.help { p { "Help: " (Prose(&sentence(help))) } }
        }
    }
}
