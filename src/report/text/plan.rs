//! A plan.

use anstyle::Style;

use super::object::{dangers, object};
use super::pen::Pen;
use super::{unmanaged, warnings};
use crate::plan::{Change, Plan};
use crate::report::view::{self, Reading};
use crate::report::{Verbosity, words};
use crate::text::sanitize;
use crate::text::style::{BOLD, DIM, Palette};

/// Returns what an apply would do.
pub fn plan(plan: &Plan, palette: Palette, width: usize, verbosity: Verbosity) -> String {
    let mut pen = Pen::within(palette, width);
    let tenant = format!("Tenant {}", words::tenant(&plan.tenant, &plan.only));
    pen.sentences(0, DIM, &tenant);
    pen.gap();
    let different = plan.changes.iter().filter(|change| change.is_difference());
    let noteworthy =
        plan.changes.iter().filter(|change| !change.is_difference() && !change.fields.is_empty());
    if plan.summary.is_empty() {
        summary(&mut pen, plan);
        if noteworthy.clone().next().is_some() {
            pen.gap();
        }
        objects(&mut pen, noteworthy, verbosity);
        unmanaged(&mut pen, &plan.coverage, verbosity);
        released(&mut pen, plan);
        warnings(&mut pen, &plan.warnings);
        return pen.finish();
    }
    objects(&mut pen, different.chain(noteworthy), verbosity);
    if verbosity == Verbosity::Verbose {
        unmanaged(&mut pen, &plan.coverage, verbosity);
    }
    released(&mut pen, plan);
    warnings(&mut pen, &plan.warnings);
    summary(&mut pen, plan);
    dangers(&mut pen, 0, &view::limits(plan));
    let digest = pen.paint(DIM, format!("Digest {}", sanitize::line(&plan.digest)));
    pen.line(0, &digest);
    pen.finish()
}

fn objects<'a>(pen: &mut Pen, changes: impl Iterator<Item = &'a Change>, verbosity: Verbosity) {
    for change in changes {
        let view = view::change(change, verbosity);
        object(pen, &view, Reading::Plan, verbosity);
        pen.gap();
    }
}

fn released(pen: &mut Pen, plan: &Plan) {
    let lines = view::released(plan);
    for line in &lines {
        pen.sentences(0, Style::new(), line);
    }
    if !lines.is_empty() {
        pen.gap();
    }
}

fn summary(pen: &mut Pen, plan: &Plan) {
    pen.sentences(0, BOLD, &words::plan_summary(plan));
    for sentence in words::plan_remainder(plan) {
        pen.sentences(0, Style::new(), &sentence);
    }
}
