//! Writes the examination of a set-up.

use unicode_width::UnicodeWidthStr;

use crate::diagnose::doctor::{Check, CheckStatus, DoctorDocument};
use crate::report::phrases;
use crate::text::sanitize;
use crate::text::style::{BOLD, CREATED, DIM, ERROR, WARNING};
use crate::text::writer::{PLAIN, Piece, TextWriter, words_of};

/// The width of the status column.
const STATUS: usize = "missing".len();

/// Renders each check with its result, and the remedy where something is missing.
pub(crate) fn doctor(document: &DoctorDocument, mut writer: TextWriter) -> String {
    writer.line(0, DIM, &phrases::set_up(document));
    writer.gap();
    let made = || document.items.iter().filter(|check| !check.is_left_out());
    let widest = made().map(|check| parts(check).0.len()).max().unwrap_or_default();
    let mut said: &[String] = &[];
    for check in made() {
        line(&mut writer, check, widest);
        // What one remedy mends twice in a row is said once.
        let remedy = &check.result.remedy;
        if check.result.status != CheckStatus::Ok && remedy != said {
            writer.remedies(STATUS + 2, remedy);
        }
        said = remedy;
    }
    if let Some(left_out) = phrases::left_out(&document.items) {
        writer.labelled(0, Piece::new(WARNING, "unknown"), left_out.split(' '));
    }
    writer.gap();
    writer.line(0, BOLD, &format!("{}.", phrases::examination(document.summary)));
    if let Some(cause) = &document.cause {
        writer.line(0, PLAIN, &format!("Begin with `moorline explain {cause}`."));
    }
    writer.finish()
}

fn line(writer: &mut TextWriter, check: &Check, subjects: usize) {
    let word = phrases::check_status(check.result.status);
    let style = match check.result.status {
        CheckStatus::Ok => CREATED,
        CheckStatus::Missing => ERROR,
        CheckStatus::Unknown => WARNING,
    };
    let (subject, object) = parts(check);
    let status = Piece::new(style, &format!("{word:STATUS$}"));
    let detail = sanitize::line(&check.result.detail);
    let head =
        format!(" {subject:subjects$} {}", object.map(|o| format!(" {o}")).unwrap_or_default());
    // A long message stands beneath, where it has the whole width.
    if STATUS + head.width() + 2 + detail.width() > writer.width() {
        writer.pieces(0, 0, 0, &[status.joined(Piece::new(PLAIN, head.trim_end()))]);
        writer.paragraph(STATUS + 2, words_of(&detail));
    } else {
        let colon = if object.is_some() { ":" } else { "" };
        let head = Piece::new(PLAIN, &format!("{head}{colon}"));
        writer.labelled(0, status.joined(head), words_of(&detail));
    }
}

/// Returns the subject of a check, and the permission or family where it is about one of several.
fn parts(check: &Check) -> (&str, Option<&str>) {
    match check.id.split_once('/') {
        Some(("permission", name)) => ("permission", Some(name)),
        Some(("read", name)) => ("reading", Some(name)),
        _ => (&check.title, None),
    }
}
