//! A drift report.

use super::object::object;
use super::pen::Pen;
use super::{unmanaged, warnings};
use crate::drift::DriftReport;
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
    for item in view::out_of_sync(&report.items) {
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
