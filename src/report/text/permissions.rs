//! Writes the permissions that manifests need, and the commands that grant them.

use crate::diagnose::needs::{Need, Needs, PermissionsDocument};
use crate::report::phrases;
use crate::text::style::{BOLD, DIM, HEADING};
use crate::text::writer::{PLAIN, Piece, TextWriter, words_of};

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
