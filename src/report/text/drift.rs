//! A drift report.

use super::object::object;
use super::pen::Pen;
use super::{unmanaged, warnings};
use crate::drift::{DriftItem, DriftReport, DriftStatus};
use crate::report::view::{self, Reading};
use crate::report::{Verbosity, words};
use crate::ui::style::{BOLD, DIM, Palette};

/// Returns what differs in the tenant from what is declared.
pub fn drift(report: &DriftReport, palette: Palette, verbosity: Verbosity) -> String {
    let mut pen = Pen::new(palette);
    let tenant = format!("Tenant {}", words::tenant(&report.tenant, &report.only));
    let checked = words::moment(&report.checked_at);
    let tenant = pen.paint(DIM, format!("{tenant}, checked {checked}"));
    pen.line(0, &tenant);
    pen.gap();
    for item in in_order(&report.items) {
        object(
            &mut pen,
            &view::drift_item(item, verbosity),
            Reading::Drift,
            verbosity,
        );
        pen.gap();
    }
    let summary = pen.paint(BOLD, words::drift_summary(report));
    pen.line(0, &summary);
    unmanaged(&mut pen, &report.coverage, verbosity);
    warnings(&mut pen, &report.warnings);
    pen.finish()
}

/// Returns the objects that are not in sync, what has drifted before what cannot be told.
pub(in crate::report) fn in_order(items: &[DriftItem]) -> impl Iterator<Item = &DriftItem> {
    let known =
        |item: &&DriftItem| matches!(item.status, DriftStatus::Drifted | DriftStatus::Missing);
    let untold = |item: &&DriftItem| {
        matches!(
            item.status,
            DriftStatus::Unverifiable | DriftStatus::Unknown
        )
    };
    items
        .iter()
        .filter(known)
        .chain(items.iter().filter(untold))
}
