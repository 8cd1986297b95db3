//! Checks the claims of the token against what is declared and needed.

use uuid::Uuid;

use super::checklist::{CheckResult, CheckStatus, Checklist, permission_id, use_intune};
use crate::auth::claims::Claims;
use crate::diagnose::needs::{Need, NeededRole, Needs, Purpose};
use crate::diagnose::permissions::{Role, Table};
use crate::http::cloud::Cloud;
use crate::kinds::Family;

/// Checks audience, tenant, consent and permissions.
pub(super) fn check(
    checklist: &mut Checklist,
    cloud: Cloud,
    claims: &Claims,
    declared: Uuid,
    needs: &Needs,
) {
    let granted = claims.granted();
    checklist.record("cloud", audience(cloud, claims));
    checklist.record("tenant", tenant(claims, declared));
    checklist.record("consent", consent(claims, granted.len()));
    for need in &needs.permissions {
        let result = permission(claims, &granted, need);
        checklist.record(&permission_id(&need.permission), result);
    }
    for need in needs.attribution() {
        let result = permission(claims, &granted, need);
        let result = match result.status {
            CheckStatus::Missing => {
                CheckResult::unknown(format!("useful and not required: {}", result.detail))
                    .with_remedy(result.remedy)
            }
            _ => result,
        };
        checklist.record(&permission_id(&need.permission), result);
    }
}

fn audience(declared: Cloud, claims: &Claims) -> CheckResult {
    let Some(audience) = &claims.aud else {
        return CheckResult::unknown("the token names no audience");
    };
    let origin = audience.trim_end_matches('/');
    // Graph may be named by its application id, which is the same in every cloud.
    let resource = &Table::built_in().resource;
    if origin == declared.graph() || origin.eq_ignore_ascii_case(resource) {
        return CheckResult::ok(format!("{declared}, the token is for its Graph"));
    }
    let (detail, remedy) = match Cloud::ALL.into_iter().find(|cloud| cloud.graph() == origin) {
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
    CheckResult::missing("graph/token-refused", detail).with_remedy(vec![remedy])
}

fn tenant(claims: &Claims, declared: Uuid) -> CheckResult {
    match claims.tid.as_deref().and_then(|tid| Uuid::parse_str(tid).ok()) {
        Some(found) if found == declared => CheckResult::ok(found.to_string()),
        Some(found) => CheckResult::missing(
            "auth/wrong-tenant",
            format!("{declared} is declared, and the token is for {found}"),
        ),
        None => CheckResult::missing("auth/no-tenant-claim", "the token names no tenant"),
    }
}

fn consent(claims: &Claims, granted: usize) -> CheckResult {
    match granted {
        0 if claims.is_delegated() => {
            CheckResult::missing("entra/no-consent", "the token has no delegated permission")
        }
        0 => {
            let detail = "the token has no application permission at all";
            CheckResult::missing("entra/no-consent", detail)
        }
        1 => CheckResult::ok("the token has 1 permission"),
        many => CheckResult::ok(format!("the token has {many} permissions")),
    }
}

fn permission(claims: &Claims, granted: &[String], need: &Need) -> CheckResult {
    let delegated = claims.is_delegated();
    let known = Table::built_in().permission(&need.permission);
    match known.and_then(|known| known.covered_by(granted, delegated)) {
        Some(name) if name == need.permission => return CheckResult::ok("granted"),
        Some(name) => return CheckResult::ok(format!("covered by {name}")),
        None => {}
    }
    let code = if need.permission.starts_with("DeviceManagement") {
        "intune/app-not-authorized"
    } else {
        "directory/insufficient-privileges"
    };
    let (sort, id) = if delegated {
        ("delegated", &need.delegated_id)
    } else {
        ("application", &need.application_id)
    };
    let remedy = format!(
        "Grant the {sort} permission `{}` ({id}) with admin consent, then get a new token.",
        need.permission
    );
    let reasons: Vec<&str> = need.reasons.iter().map(|reason| reason.why.as_str()).collect();
    let detail = format!("not in the token; it {}", reasons.join(" and "));
    // Where there is none at all, it is consent that has to be given, and once.
    let remedy = if granted.is_empty() { Vec::new() } else { vec![remedy] };
    CheckResult::missing(code, detail).with_remedy(remedy)
}

/// Checks the role, which only a person needs. An answer from Graph takes precedence over the roles in the token.
pub(super) fn role(
    checklist: &mut Checklist,
    claims: &Claims,
    needs: &Needs,
    families: &[&Family],
) {
    let advice =
        |role: &NeededRole| format!("A person that {} needs one of {}.", role.why, role.names());
    if checklist.is_missing("role") {
        let remedy = if claims.is_delegated() {
            let licence = "Give the person a licence with Intune in it, if the person has none.";
            needs.roles.iter().map(advice).chain([licence.to_owned()]).collect()
        } else {
            let remedy = "The token is an app's own, which takes no role. Check that the tenant's Intune subscription works; \
                 if it does, give Microsoft's support the request id and the time.";
            vec![remedy.to_owned()]
        };
        checklist.remedy("role", |known| *known = remedy);
        return;
    }
    let lacking = || needs.roles.iter().filter(|needed| !has_one_of(claims, &needed.any));
    let result = if !claims.is_delegated() {
        CheckResult::ok("an app that signs in as itself needs none")
    } else if lacking().next().is_none() {
        CheckResult::ok("the person has a directory role that covers it")
    } else if needs.purpose != Purpose::Apply {
        // Roles of Intune's own are not in a token; whether it can be read is seen below.
        CheckResult::unknown("no directory role covers it; an Intune role may")
    } else {
        let detail = if use_intune(families) {
            "no directory role covers writing, and roles of Intune's own are not in a token"
        } else {
            "no directory role covers writing"
        };
        CheckResult::unknown(detail).with_remedy(lacking().map(advice).collect())
    };
    checklist.record("role", result);
}

fn has_one_of(claims: &Claims, roles: &[Role]) -> bool {
    let mut ids = roles.iter().chain([&Table::built_in().almighty]).filter_map(|r| r.id.as_ref());
    ids.any(|id| claims.wids.iter().any(|wid| wid.eq_ignore_ascii_case(id)))
}
