//! What manifests need, and how to grant it.

use super::pen::Pen;
use crate::diagnose::needs::{
    AccessKind, Need, Needs, PermissionsDocument, Reason, ResourceAccess,
};
use crate::ui::sanitize;
use crate::ui::style::{BOLD, DIM, HEADING, Palette};

/// How many manifests are named for a reason; JSON has all of them.
const NAMED: usize = 3;

/// Returns the least privileges for each purpose, those that need the same together.
pub fn permissions(document: &PermissionsDocument, palette: Palette) -> String {
    let mut pen = Pen::new(palette);
    let mut groups: Vec<(Vec<&str>, &Needs)> = Vec::new();
    for needs in &document.items {
        let same = groups.iter_mut().find(|(_, other)| {
            other.permissions == needs.permissions && other.roles == needs.roles
        });
        match same {
            Some((names, _)) => names.push(needs.purpose.name()),
            None => groups.push((vec![needs.purpose.name()], needs)),
        }
    }
    for (at, (names, needs)) in groups.iter().enumerate() {
        if at > 0 {
            pen.gap();
        }
        let title = pen.paint(HEADING, names.join(" and "));
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
    for need in &needs.permissions {
        permission(pen, need);
    }
    for need in &needs.optional {
        permission(pen, need);
    }
    pen.gap();
    pen.line(
        2,
        "An app that signs in as itself needs no role. A person needs one of each line:",
    );
    for role in &needs.roles {
        let names: Vec<String> = role
            .any
            .iter()
            .map(|role| format!("{} ({})", role.name, role.system.name()))
            .collect();
        let label = pen.piece(DIM, &format!("{}:", role.why));
        pen.prose(4, &label, names.join(", ").split(' '));
    }
    pen.gap();
    pen.line(2, "To grant them to an app that signs in as itself:");
    commands(pen, &needs.required_resource_access.application);
    pen.line(2, "To an app that people sign in with:");
    commands(pen, &needs.required_resource_access.delegated);
}

fn permission(pen: &mut Pen, need: &Need) {
    let mut pieces = vec![pen.piece(BOLD, &need.permission)];
    if need
        .reasons
        .iter()
        .all(|reason| reason.manifests.is_empty())
    {
        pieces.push(pen.piece(DIM, "(optional)"));
    }
    pen.pieces(2, 4, 1, &pieces);
    let ids = format!(
        "application {}  delegated {}",
        need.application_id, need.delegated_id
    );
    let ids = pen.paint(DIM, ids);
    pen.line(4, &ids);
    for reason in &need.reasons {
        let label = pen.piece(DIM, "-");
        pen.prose(4, &label, sentence(reason).split(' '));
    }
    if let [first, ..] = &need.alternatives[..] {
        let label = pen.piece(DIM, "or");
        pen.prose(4, &label, [first.as_str()]);
    }
}

fn sentence(reason: &Reason) -> String {
    let names: Vec<String> = reason
        .manifests
        .iter()
        .take(NAMED)
        .map(|address| sanitize::line(&address.to_string()).into_owned())
        .collect();
    match reason.manifests.len() {
        0 => reason.why.clone(),
        all if all <= NAMED => format!("{}: {}", reason.why, names.join(", ")),
        all => format!(
            "{}: {} and {} more",
            reason.why,
            names.join(", "),
            all - NAMED
        ),
    }
}

fn commands(pen: &mut Pen, blocks: &[ResourceAccess]) {
    for block in blocks {
        pen.line(
            4,
            &format!(
                "az ad app permission add --id \"$APP_ID\" --api {} --api-permissions \\",
                block.resource_app_id
            ),
        );
        for (at, access) in block.resource_access.iter().enumerate() {
            let last = at + 1 == block.resource_access.len();
            let kind: AccessKind = access.kind;
            let end = if last { "" } else { " \\" };
            pen.line(6, &format!("{}={}{end}", access.id, kind.as_str()));
        }
    }
    pen.line(4, "az ad app permission admin-consent --id \"$APP_ID\"");
}
