//! Access tokens: unsecured JWTs, which cannot be mistaken for real ones.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::sandbox::actor::Actor;
use crate::sandbox::permissions::CallerIdentity;
use crate::sandbox::refusal::{Allowed, table};
use crate::sandbox::service::SandboxService;
use crate::sandbox::{clock, guid, object};

/// The lifetime of a token, in seconds (FACTS 4.6).
pub(super) const LIFETIME: i64 = 3599;

/// The application permissions of an application whose state lists none (FACTS 9).
pub(super) const ROLES: &[&str] = &[
    "AuditLog.Read.All",
    "DeviceManagementApps.Read.All",
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All",
    "Directory.Read.All",
    "Group.Read.All",
    "GroupMember.Read.All",
    "Organization.Read.All",
    "Policy.Read.DeviceConfiguration",
    "Policy.ReadWrite.DeviceConfiguration",
    "User.Read.All",
];

/// Issues a token with these permissions to an application, or to a person that signed in to one.
pub(super) fn issue(tenant: &str, app: &str, holder: &Actor, permissions: &[String]) -> String {
    let now = clock::now().as_second();
    let mut claims = json!({
        "aud": "https://graph.microsoft.com",
        "iss": format!("https://sts.windows.net/{tenant}/"),
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "ver": "1.0",
        "appid": app,
        "tid": tenant,
    });
    let Actor { app_id, name } = holder;
    let own = match app_id {
        Some(_) => json!({
            "app_displayname": name,
            "idtyp": "app",
            "oid": guid(&["servicePrincipal", tenant, app]),
            "roles": permissions,
        }),
        None => json!({
            "idtyp": "user",
            "oid": guid(&["user", name]),
            "scp": permissions.join(" "),
            "upn": name,
        }),
    };
    for (name, claim) in object(own) {
        claims[name] = claim;
    }
    let encode = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.", encode(json!({ "typ": "JWT", "alg": "none" })), encode(claims))
}

/// Returns the caller that an `Authorization` header names. A token needs the tenant's id, and must not be expired.
pub(super) fn accept(service: &SandboxService, authorization: &str) -> Allowed<CallerIdentity> {
    let token = authorization.strip_prefix("Bearer ").unwrap_or_default().trim();
    if token.is_empty() {
        return Err(table::TOKEN_EMPTY.refusal(&[]));
    }
    let tenant = service.read(|state| state.tenant.id.clone());
    let is_ours = |claims: &Value| {
        claims["tid"].as_str().is_some_and(|tid| tid.eq_ignore_ascii_case(&tenant))
    };
    let claims = claims(token).filter(is_ours);
    let claims = claims.ok_or_else(|| table::TOKEN_MALFORMED.refusal(&[]))?;
    if claims["exp"].as_i64().is_some_and(|end| end <= clock::now().as_second()) {
        return Err(table::TOKEN_EXPIRED.refusal(&[]));
    }
    let id = claims["appid"].as_str().unwrap_or_default().to_owned();
    let name = claims["app_displayname"].as_str().unwrap_or(&id).to_owned();
    let actor = match claims["upn"].as_str() {
        Some(upn) => Actor { app_id: None, name: upn.to_owned() },
        None => Actor { app_id: Some(id), name },
    };
    let roles = claims["roles"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let scopes = claims["scp"].as_str().unwrap_or_default().split_whitespace();
    Ok(CallerIdentity { actor, permissions: roles.chain(scopes).map(str::to_owned).collect() })
}

fn claims(token: &str) -> Option<Value> {
    let [_, payload, _] = token.split('.').collect::<Vec<_>>()[..] else { return None };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()
}
