//! A drift report.

use super::object::object;
use super::pen::Pen;
use super::{unmanaged, warnings};
use crate::drift::DriftReport;
use crate::report::view::{self, Reading};
use crate::report::{Verbosity, words};
use crate::text::style::{BOLD, DIM, Palette};

/// Returns what differs in the tenant from what is declared.
pub fn drift(report: &DriftReport, palette: Palette, width: usize, verbosity: Verbosity) -> String {
    let mut pen = Pen::within(palette, width);
    let tenant = format!("Tenant {}", words::tenant(&report.tenant, &report.only));
    let checked = words::moment(&report.checked_at);
    pen.sentences(0, DIM, &format!("{tenant}, checked {checked}"));
    pen.gap();
    for item in view::out_of_sync(&report.items) {
        object(&mut pen, &view::drift_item(item, verbosity), Reading::Drift, verbosity);
        pen.gap();
    }
    pen.sentences(0, BOLD, &words::drift_summary(report));
    unmanaged(&mut pen, &report.coverage, verbosity);
    warnings(&mut pen, &report.warnings);
    pen.finish()
}
