//! Writes examinations of set-ups, explanations of errors, and the permissions that manifests need.

use unicode_width::UnicodeWidthStr;

use crate::diagnose::doctor::{Check, CheckStatus, DoctorDocument};
use crate::diagnose::needs::{Need, Needs, PermissionsDocument};
use crate::diagnose::permissions::ScopesDocument;
use crate::diagnose::{Catalogue, ExplainDocument, Explanation};
use crate::report::phrases;
use crate::text::sanitize;
use crate::text::style::{BOLD, CREATED, DIM, ERROR, HEADING, WARNING};
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
        write_check(&mut writer, check, widest);
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

fn write_check(writer: &mut TextWriter, check: &Check, subjects: usize) {
    let word = check.result.status;
    let style = match word {
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

/// Renders one explanation, as the end of a failure.
pub(crate) fn explanation(explanation: &Explanation, mut writer: TextWriter) -> String {
    writer.gap();
    answer(&mut writer, explanation);
    writer.finish()
}

/// Renders the answer to `moorline explain`.
pub(crate) fn explain(document: &ExplainDocument, mut writer: TextWriter) -> String {
    if document.items.is_empty() {
        let answer = match &document.near {
            Some(near) => format!("there is no such code. Did you mean `{near}`?"),
            None => "no entry of the catalogue matches.".to_owned(),
        };
        writer.labelled(0, Piece::new(WARNING, "Unknown:"), words_of(&answer));
    }
    for (at, item) in document.items.iter().enumerate() {
        if at > 0 {
            writer.gap();
        }
        answer(&mut writer, item);
    }
    let found = document.found.lines();
    if !found.is_empty() {
        writer.gap();
        writer.line(0, PLAIN, "Found in the message:");
    }
    let widest = found.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in &found {
        writer.labelled(2, Piece::new(DIM, &format!("{name:widest$}")), value.split(' '));
    }
    if !document.support.is_empty() {
        writer.gap();
        writer.remedies(0, &document.support);
    }
    writer.finish()
}

/// Renders every code of the catalogue with its title.
pub(crate) fn catalogue(mut writer: TextWriter) -> String {
    let entries = &Catalogue::built_in().entries;
    let widest = entries.iter().map(|entry| entry.id.len()).max().unwrap_or_default();
    for entry in entries {
        let id = Piece::new(BOLD, &format!("{:widest$}", entry.id));
        writer.pieces(0, 2, 2, &[id, Piece::new(PLAIN, &entry.title)]);
    }
    writer.finish()
}

fn answer(writer: &mut TextWriter, explanation: &Explanation) {
    let label = Piece::new(BOLD, &format!("{}:", explanation.id));
    writer.labelled(0, label, words_of(&explanation.title));
    writer.paragraph(2, words_of(&explanation.cause));
    writer.remedies(2, &explanation.remedy);
    for source in &explanation.sources {
        writer.labelled(2, Piece::new(DIM, "see"), [source.as_str()]);
    }
}

/// Renders the least privileges for each purpose, purposes with the same needs together.
pub(crate) fn permissions(document: &PermissionsDocument, mut writer: TextWriter) -> String {
    for (at, (purposes, needs)) in document.grouped().enumerate() {
        if at > 0 {
            writer.gap();
        }
        writer.line(0, HEADING, &phrases::purposes(&purposes));
        if needs.permissions.is_empty() {
            writer.line(2, PLAIN, phrases::NO_PERMISSION);
        } else {
            group(&mut writer, needs);
        }
    }
    writer.finish()
}

/// Renders every scope for Intune and every partner's permission.
pub(crate) fn scopes(document: &ScopesDocument, mut writer: TextWriter) -> String {
    writer.line(0, HEADING, phrases::INTUNE_SCOPES);
    for scope in document.items {
        let label = Piece::new(PLAIN, &scope.label);
        writer.pieces(2, 4, 2, &[Piece::new(BOLD, &scope.name), label]);
        let ids = [("application", &scope.application), ("delegated", &scope.delegated)];
        writer.pieces(4, 4, 2, &ids.map(|(of, id)| Piece::new(DIM, &format!("{of} {id}"))));
        for permits in phrases::permits(scope) {
            writer.labelled(4, Piece::new(DIM, "-"), words_of(&permits));
        }
    }
    writer.gap();
    writer.line(0, HEADING, phrases::PARTNER_PERMISSIONS);
    for of in document.partner_permissions {
        let partners = Piece::new(DIM, &format!("({})", of.partners));
        writer.pieces(2, 4, 1, &[Piece::new(BOLD, &of.name), partners]);
        writer.labelled(4, Piece::new(DIM, "-"), words_of(&of.permits));
    }
    writer.gap();
    writer.line(0, HEADING, phrases::OPTIONAL_PERMISSIONS);
    for of in document.optional {
        writer.line(2, BOLD, &of.permission);
        writer.labelled(4, Piece::new(DIM, "-"), words_of(&of.why));
    }
    writer.finish()
}

fn group(writer: &mut TextWriter, needs: &Needs) {
    for need in &needs.permissions {
        permission(writer, need, None);
    }
    for need in &needs.optional {
        permission(writer, need, Some(Piece::new(DIM, "(optional)")));
    }
    writer.gap();
    writer.paragraph(2, phrases::ROLES.split(' '));
    for role in &needs.roles {
        writer.labelled(4, Piece::new(DIM, &format!("{}:", role.why)), role.names().split(' '));
    }
    writer.gap();
    for (to, commands) in phrases::grants(needs) {
        writer.line(2, PLAIN, &format!("To grant them to {to}:"));
        commands.iter().for_each(|line| writer.line(4, PLAIN, line));
    }
}

fn permission(writer: &mut TextWriter, need: &Need, remark: Option<Piece>) {
    let name = Piece::new(BOLD, &need.permission);
    writer.pieces(2, 4, 1, &[name].into_iter().chain(remark).collect::<Vec<_>>());
    let ids = [("application", &need.application_id), ("delegated", &need.delegated_id)];
    writer.pieces(4, 4, 2, &ids.map(|(of, id)| Piece::new(DIM, &format!("{of} {id}"))));
    let reasons = need.reasons.iter().map(phrases::reason);
    let instead = need.alternatives.first().map(|other| format!("{other} works as well"));
    for note in reasons.chain(instead) {
        writer.labelled(4, Piece::new(DIM, "-"), words_of(&note));
    }
}
