//! What manifests need, and how to grant it.

use super::pen::{Pen, words_of};
use crate::diagnose::needs::{Need, Needs, PermissionsDocument, ResourceAccess};
use crate::report::words;
use crate::text::sanitize;
use crate::text::style::{BOLD, DIM, HEADING, Palette};

/// Returns the least privileges for each purpose, those that need the same together.
pub fn permissions(document: &PermissionsDocument, palette: Palette, width: usize) -> String {
    let mut pen = Pen::within(palette, width);
    for (at, (purposes, needs)) in document.grouped().into_iter().enumerate() {
        if at > 0 {
            pen.gap();
        }
        let title = pen.paint(HEADING, words::purposes(&purposes));
        pen.line(0, &title);
        one(&mut pen, needs);
    }
    pen.finish()
}

fn one(pen: &mut Pen, needs: &Needs) {
    if needs.permissions.is_empty() {
        pen.line(2, "Nothing: no manifest needs a permission.");
        return;
    }
    for need in needs.permissions.iter().chain(&needs.optional) {
        permission(pen, need, needs.optional.contains(need));
    }
    pen.gap();
    let roles = "An app that signs in as itself needs no role. A person needs one of each line:";
    pen.paragraph(2, roles.split(' '));
    for role in &needs.roles {
        let label = pen.piece(DIM, &format!("{}:", role.why));
        pen.prose(4, &label, role.names().split(' '));
    }
    pen.gap();
    pen.line(2, "To grant them to an app that signs in as itself:");
    commands(pen, &needs.required_resource_access.application);
    pen.line(2, "To an app that people sign in with:");
    commands(pen, &needs.required_resource_access.delegated);
}

fn permission(pen: &mut Pen, need: &Need, is_optional: bool) {
    let mut pieces = vec![pen.piece(BOLD, &need.permission)];
    if is_optional {
        pieces.push(pen.piece(DIM, "(optional)"));
    }
    pen.pieces(2, 4, 1, &pieces);
    let ids = [
        pen.piece(DIM, &format!("application {}", need.application_id)),
        pen.piece(DIM, &format!("delegated {}", need.delegated_id)),
    ];
    pen.pieces(4, 4, 2, &ids);
    for reason in &need.reasons {
        let label = pen.piece(DIM, "-");
        let reason = words::reason(reason);
        pen.prose(4, &label, words_of(&sanitize::line(&reason)));
    }
    if let [first, ..] = &need.alternatives[..] {
        let label = pen.piece(DIM, "-");
        let instead = format!("{first} serves as well");
        pen.prose(4, &label, instead.split(' '));
    }
}

fn commands(pen: &mut Pen, blocks: &[ResourceAccess]) {
    for line in words::grant(blocks) {
        pen.line(4, &line);
    }
}
