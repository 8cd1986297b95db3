//! Results for a pull request or a step summary, in GitHub's Markdown.
//!
//! What must not be overlooked stands above the fold; each object is folded away with its differences.

mod doctor;
mod escape;
mod object;
mod page;
mod permissions;

pub use doctor::doctor;
pub use permissions::permissions;

use super::Verbosity;
use super::view::{self, Object, Reading};
use super::words;
use crate::apply::outcome::Outcome;
use crate::drift::DriftReport;
use crate::plan::Plan;
use escape::{cell_code, code, sentence};
use page::Page;

/// Returns what an apply would do.
pub fn plan(plan: &Plan) -> String {
    let mut page = Page::new(&words::plan_summary(plan));
    page.block(&format!("Tenant {}", code(&words::tenant(&plan.tenant, &plan.only))));
    let noteworthy =
        plan.changes.iter().filter(|change| change.is_difference() || !change.fields.is_empty());
    let objects: Vec<Object> =
        noteworthy.map(|change| view::change(change, Verbosity::Normal)).collect();
    object::alerts(&mut page, &objects, &view::limits(plan));
    for object in &objects {
        object::details(&mut page, object, Reading::Plan);
    }
    warnings(&mut page, &plan.warnings);
    let released: Vec<String> =
        view::released(plan).iter().map(|line| format!("- {}", sentence(line))).collect();
    if !released.is_empty() {
        page.block(&released.join("\n"));
    }
    let mut end = words::plan_remainder(plan);
    end.extend(words::unmanaged(&plan.coverage));
    if !plan.summary.is_empty() {
        end.push(format!("Digest {}", code(&plan.digest)));
    }
    page.finish(&end)
}

/// Returns what differs in the tenant from what is declared.
pub fn drift(report: &DriftReport) -> String {
    let mut page = Page::new(&words::drift_summary(report));
    page.block(&format!(
        "Tenant {}, checked {}",
        code(&words::tenant(&report.tenant, &report.only)),
        sentence(&words::moment(&report.checked_at))
    ));
    let objects: Vec<Object> = view::out_of_sync(&report.items)
        .map(|item| view::drift_item(item, Verbosity::Normal))
        .collect();
    object::alerts(&mut page, &objects, &[]);
    if report.summary.drifted > 0 {
        page.block("Lines with `-` are declared, lines with `+` are what the tenant has.");
    }
    for object in &objects {
        object::details(&mut page, object, Reading::Drift);
    }
    warnings(&mut page, &report.warnings);
    let end: Vec<String> = words::unmanaged(&report.coverage).into_iter().collect();
    page.finish(&end)
}

/// Returns what an apply did.
pub fn outcome(outcome: &Outcome) -> String {
    let mut page = Page::new(&words::outcome_summary(outcome));
    page.block(&format!("Tenant {}", code(&words::tenant(&outcome.tenant, &[]))));
    let items = outcome.items.iter();
    let told: Vec<_> = items.filter(|item| item.message.is_some()).collect();
    if !told.is_empty() {
        page.block("> [!WARNING]");
    }
    for (item, help) in told.iter().zip(words::helps(&told)) {
        let help = match help {
            None => String::new(),
            Some((1, help)) => format!(" {}", sentence(help)),
            Some((many, help)) => format!(" For these {many}: {}", sentence(help)),
        };
        let address = code(&item.address.to_string());
        page.line(&format!(
            "> - {address}: {}. {}{help}",
            words::status(item.status),
            sentence(item.message.as_deref().unwrap_or_default()),
        ));
    }
    if !outcome.items.is_empty() {
        page.block("| result | action | object | name |\n|---|---|---|---|");
    }
    for item in &outcome.items {
        page.line(&format!(
            "| {} | {} | {} | {} |",
            words::status(item.status),
            words::action(item.action),
            cell_code(&item.address.to_string()),
            escape::words(&item.display_name),
        ));
    }
    let journal = outcome.journal.as_deref();
    let journal = journal.map(|journal| format!("Journal {}", code(journal)));
    page.finish(&journal.into_iter().collect::<Vec<_>>())
}

fn warnings(page: &mut Page, warnings: &[String]) {
    for warning in warnings {
        page.block(&format!("**Warning:** {}", sentence(warning)));
    }
}

#[cfg(test)]
mod tests;
