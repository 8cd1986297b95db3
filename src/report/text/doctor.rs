//! Whether a set-up works.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::pen::{Pen, WIDTH};
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
    let widest = document
        .items
        .iter()
        .map(|check| parts(check).0.len())
        .max();
    let mut said: &[String] = &[];
    for check in &document.items {
        line(&mut pen, check, widest.unwrap_or_default());
        // What one remedy mends twice in a row is said once.
        if check.status != Status::Ok && check.remedy != said {
            for remedy in &check.remedy {
                let label = pen.piece(HINT, "-");
                pen.prose(STATUS + 2, &label, sanitize::line(remedy).split(' '));
            }
        }
        said = &check.remedy;
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

fn line(pen: &mut Pen, check: &Check, subjects: usize) {
    let (style, word) = match check.status {
        Status::Ok => (CREATED, "ok"),
        Status::Missing => (ERROR, "missing"),
        Status::Unknown => (WARNING, "unknown"),
    };
    let (subject, object) = parts(check);
    let status = pen.piece(style, &format!("{word:STATUS$}"));
    let detail = sanitize::line(&check.detail);
    let head = match object {
        Some(object) => format!(" {subject:subjects$}  {object}"),
        None => format!(" {subject:subjects$} "),
    };
    // A long message stands beneath, where it has the whole width.
    if STATUS + head.width() + 2 + detail.width() > WIDTH {
        let head = pen.piece(Style::new(), head.trim_end());
        pen.pieces(0, 0, 0, &[status.joined(head)]);
        pen.paragraph(STATUS + 2, detail.split(' '));
    } else {
        let colon = if object.is_some() { ":" } else { "" };
        let head = pen.piece(Style::new(), &format!("{head}{colon}"));
        pen.prose(0, &status.joined(head), detail.split(' '));
    }
}

/// Returns what a check is about, and which of several.
fn parts(check: &Check) -> (&str, Option<&str>) {
    match check.id.split_once('/') {
        Some(("permission", name)) => ("permission", Some(name)),
        Some(("read", name)) => ("reading", Some(name)),
        _ => (&check.title, None),
    }
}
