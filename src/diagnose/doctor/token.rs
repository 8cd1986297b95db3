//! What the token says of itself, against what is declared and needed.

use uuid::Uuid;

use super::Subject;
use super::chart::{Chart, permission_id};
use crate::auth::claims::Claims;
use crate::diagnose::needs::{Need, NeededRole, Needs, Purpose};
use crate::diagnose::permissions::{Role, Table};
use crate::http::cloud::Cloud;
use crate::kinds::{Family, Service};

/// Checks audience, tenant, consent and permissions.
pub(super) fn check(
    chart: &mut Chart,
    subject: &Subject<'_>,
    claims: &Claims,
    declared: Uuid,
    needs: &Needs,
) {
    cloud(chart, subject, claims);
    tenant(chart, claims, declared);
    permissions(chart, claims, needs);
}

fn cloud(chart: &mut Chart, subject: &Subject<'_>, claims: &Claims) {
    let declared = subject.http.endpoints.cloud();
    let Some(audience) = &claims.aud else {
        chart.unknown("cloud", "the token does not say whom it is for", Vec::new());
        return;
    };
    let origin = audience.trim_end_matches('/');
    // Graph may be named by its application id, which is the same in every cloud.
    let resource = &Table::built_in().resource;
    if origin == declared.graph() || origin.eq_ignore_ascii_case(resource) {
        chart.ok("cloud", format!("{declared}, the token is for its Graph"));
        return;
    }
    let other = Cloud::ALL.into_iter().find(|cloud| cloud.graph() == origin);
    let (detail, remedy) = match other {
        Some(other) => (
            format!("{declared} is declared, and the token is for the Graph of {other}"),
            format!(
                "Set `spec.cloud: {other}` if the tenant is there; else use a credential of {declared}."
            ),
        ),
        None => (
            format!("the token is for {audience}, which is not Microsoft Graph"),
            format!("Ask for a token for {}.", declared.graph()),
        ),
    };
    chart.missing("cloud", Some("graph/token-refused"), detail, vec![remedy]);
}

fn tenant(chart: &mut Chart, claims: &Claims, declared: Uuid) {
    let id = claims.tid.as_deref();
    match id.and_then(|tid| Uuid::parse_str(tid).ok()) {
        Some(found) if found == declared => chart.ok("tenant", found.to_string()),
        Some(found) => {
            let detail = format!("{declared} is declared, and the token is of {found}");
            chart.missing_code("tenant", "auth/wrong-tenant", detail);
        }
        None => {
            let detail = "the token does not say of which tenant it is";
            chart.missing_code("tenant", "auth/no-tenant-claim", detail);
        }
    }
}

fn permissions(chart: &mut Chart, claims: &Claims, needs: &Needs) {
    let granted = claims.granted();
    match granted.len() {
        0 => {
            let detail = match claims.is_delegated() {
                true => "the token has no delegated permission",
                false => "the token has no application permission at all",
            };
            chart.missing_code("consent", "entra/no-consent", detail);
        }
        1 => chart.ok("consent", "the token has 1 permission"),
        many => chart.ok("consent", format!("the token has {many} permissions")),
    }
    for need in &needs.permissions {
        permission(chart, claims, &granted, need);
    }
}

fn permission(chart: &mut Chart, claims: &Claims, granted: &[String], need: &Need) {
    let id = permission_id(&need.permission);
    let Some(known) = Table::built_in().permission(&need.permission) else {
        return;
    };
    match known.covered_by(granted, claims.is_delegated()) {
        Some(name) if name == need.permission => return chart.ok(&id, "granted"),
        Some(name) => return chart.ok(&id, format!("covered by {name}")),
        None => {}
    }
    let reasons: Vec<&str> = need.reasons.iter().map(|reason| reason.why.as_str()).collect();
    let intune = need.permission.starts_with("DeviceManagement");
    let code = match intune {
        true => "intune/app-not-authorized",
        false => "directory/insufficient-privileges",
    };
    let (sort, permission_id) = match claims.is_delegated() {
        true => ("delegated", &need.delegated_id),
        false => ("application", &need.application_id),
    };
    let remedy = format!(
        "Grant the {sort} permission `{}` ({permission_id}) with admin consent, then get a new token.",
        need.permission
    );
    let detail = format!("not in the token; it {}", reasons.join(" and "));
    // Where there is none at all, it is consent that has to be given, and once.
    let remedy = match granted.is_empty() {
        true => Vec::new(),
        false => vec![remedy],
    };
    chart.missing(&id, Some(code), detail, remedy);
}

/// Checks what only a person needs. What Graph answered counts for more than what the token lists.
pub(super) fn role(chart: &mut Chart, claims: &Claims, needs: &Needs, families: &[&Family]) {
    if families.is_empty() {
        return;
    }
    if chart.is_missing("role") {
        let remedy = match claims.is_delegated() {
            true => {
                let licence = "Give the person a licence with Intune in it, if they have none.";
                let roles = needs.roles.iter().map(advice);
                roles.chain([licence.to_owned()]).collect()
            }
            false => vec![
                "The token is an app's own, which takes no role. Check that the tenant's Intune subscription works; \
                 if it does, give Microsoft's support the request id and the time."
                    .to_owned(),
            ],
        };
        chart.replace_remedy("role", remedy);
        return;
    }
    if !claims.is_delegated() {
        chart.ok("role", "an app that signs in as itself needs none");
        return;
    }
    let lacking: Vec<&NeededRole> =
        needs.roles.iter().filter(|needed| !has_one_of(claims, &needed.any)).collect();
    if lacking.is_empty() {
        chart.ok("role", "the person has a directory role that covers it");
    } else if needs.purpose != Purpose::Apply {
        // Roles of Intune's own are not in a token; whether it can be read is seen below.
        let detail = "no directory role covers it; a role of Intune's may";
        chart.unknown("role", detail, Vec::new());
    } else {
        let detail = match families.iter().any(|family| family.service == Service::Intune) {
            true => {
                "no directory role covers writing, and roles of Intune's own are not in a token"
            }
            false => "no directory role covers writing",
        };
        chart.unknown("role", detail, lacking.into_iter().map(advice).collect());
    }
}

fn has_one_of(claims: &Claims, roles: &[Role]) -> bool {
    let mut roles = roles.iter().chain([&Table::built_in().almighty]);
    roles.any(|role| {
        let id = role.id.as_deref();
        id.is_some_and(|id| claims.wids.iter().any(|wid| wid.eq_ignore_ascii_case(id)))
    })
}

fn advice(needed: &NeededRole) -> String {
    format!("Whoever {} needs one of {}.", needed.why, needed.names())
}
