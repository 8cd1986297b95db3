//! Whether a set-up works.

use anstyle::Style;

use super::pen::Pen;
use crate::diagnose::doctor::{Check, DoctorDocument, Status};
use crate::ui::sanitize;
use crate::ui::style::{BOLD, CREATED, DIM, ERROR, HINT, Palette, WARNING};

/// The columns that the statuses take.
const STATUS: usize = "missing".len();

/// Returns each check with what was seen, and what to do where something is missing.
pub fn doctor(document: &DoctorDocument, palette: Palette) -> String {
    let mut pen = Pen::new(palette);
    let name = document.tenant.display_name.as_deref();
    let tenant = match name {
        Some(name) => format!("Tenant {} ({})", name, document.tenant.declared),
        None => format!("Tenant {}", document.tenant.declared),
    };
    let head = format!(
        "{}, cloud {}, for {}",
        sanitize::line(&tenant),
        document.cloud,
        document.purpose.name()
    );
    let head = pen.paint(DIM, head);
    pen.line(0, &head);
    pen.gap();
    let widest = document.items.iter().map(|check| check.title.len()).max();
    for check in &document.items {
        line(&mut pen, check, widest.unwrap_or_default());
    }
    pen.gap();
    let summary = document.summary;
    let words = format!(
        "{} ok, {} missing, {} unknown.",
        summary.ok, summary.missing, summary.unknown
    );
    let words = pen.paint(BOLD, words);
    pen.line(0, &words);
    if let Some(cause) = &document.cause {
        pen.line(
            0,
            &format!("Begin with {cause}: `moorline explain {cause}` says more."),
        );
    }
    pen.finish()
}

fn line(pen: &mut Pen, check: &Check, titles: usize) {
    let (style, word): (Style, &str) = match check.status {
        Status::Ok => (CREATED, "ok"),
        Status::Missing => (ERROR, "missing"),
        Status::Unknown => (WARNING, "unknown"),
    };
    let status = pen.piece(style, &format!("{word:STATUS$}"));
    let title = pen.piece(Style::new(), &format!(" {:titles$} ", check.title));
    let label = status.joined(title);
    pen.prose(0, &label, sanitize::line(&check.detail).split(' '));
    if check.status != Status::Ok {
        for remedy in &check.remedy {
            let label = pen.piece(HINT, "-");
            pen.prose(STATUS + 2, &label, sanitize::line(remedy).split(' '));
        }
    }
}
