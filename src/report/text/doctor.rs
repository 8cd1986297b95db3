//! Whether a set-up works.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::pen::{Pen, words_of};
use crate::diagnose::doctor::{Check, CheckStatus, DoctorDocument};
use crate::report::words;
use crate::text::sanitize;
use crate::text::style::{BOLD, CREATED, DIM, ERROR, HINT, Palette, WARNING};

/// The columns that the statuses take.
const STATUS: usize = "missing".len();

/// Returns each check with what was seen, and what to do where something is missing.
pub fn doctor(document: &DoctorDocument, palette: Palette, width: usize) -> String {
    let mut pen = Pen::within(palette, width);
    let head = pen.paint(DIM, words::set_up(document));
    pen.line(0, &head);
    pen.gap();
    let made = || document.items.iter().filter(|check| !check.is_left_out());
    let widest = made().map(|check| parts(check).0.len()).max();
    let mut said: &[String] = &[];
    for check in made() {
        line(&mut pen, check, widest.unwrap_or_default());
        // What one remedy mends twice in a row is said once.
        if check.result.status != CheckStatus::Ok && check.result.remedy != said {
            for remedy in &check.result.remedy {
                let label = pen.piece(HINT, "-");
                pen.prose(STATUS + 2, &label, words_of(&sanitize::line(remedy)));
            }
        }
        said = &check.result.remedy;
    }
    if let Some(left_out) = words::left_out(&document.items) {
        let label = pen.piece(WARNING, "unknown");
        pen.prose(0, &label, left_out.split(' '));
    }
    pen.gap();
    let summary = pen.paint(BOLD, format!("{}.", words::examination(document.summary)));
    pen.line(0, &summary);
    if let Some(cause) = &document.cause {
        pen.line(0, &format!("Begin with `moorline explain {cause}`."));
    }
    pen.finish()
}

fn line(pen: &mut Pen, check: &Check, subjects: usize) {
    let (style, word) = match check.result.status {
        CheckStatus::Ok => (CREATED, "ok"),
        CheckStatus::Missing => (ERROR, "missing"),
        CheckStatus::Unknown => (WARNING, "unknown"),
    };
    let (subject, object) = parts(check);
    let status = pen.piece(style, &format!("{word:STATUS$}"));
    let detail = sanitize::line(&check.result.detail);
    let head = match object {
        Some(object) => format!(" {subject:subjects$}  {object}"),
        None => format!(" {subject:subjects$} "),
    };
    // A long message stands beneath, where it has the whole width.
    if STATUS + head.width() + 2 + detail.width() > pen.width() {
        let head = pen.piece(Style::new(), head.trim_end());
        pen.pieces(0, 0, 0, &[status.joined(head)]);
        pen.paragraph(STATUS + 2, words_of(&detail));
    } else {
        let colon = if object.is_some() { ":" } else { "" };
        let head = pen.piece(Style::new(), &format!("{head}{colon}"));
        pen.prose(0, &status.joined(head), words_of(&detail));
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
