//! Access tokens: unsecured JWTs, so that none can be taken for a real one.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::sandbox::actor::Actor;
use crate::sandbox::clock;
use crate::sandbox::guid::guid;
use crate::sandbox::permissions::Caller;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;

/// How long a token is good for, in seconds (FACTS 4.6).
pub(super) const LIFETIME: i64 = 3599;

/// The application permissions that the sandbox knows (FACTS 9), which an application has unless the state
/// says otherwise.
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

/// Issues a token to an application.
pub(super) fn issue(tenant: &str, app: &str, name: &str, roles: &[String]) -> String {
    unsecured(json!({
        "app_displayname": name,
        "appid": app,
        "idtyp": "app",
        "oid": guid(&["servicePrincipal", tenant, app]),
        "roles": roles,
        "tid": tenant,
    }))
}

/// Issues a token to a person who uses an application.
pub(super) fn issue_to_person(tenant: &str, app: &str, upn: &str, scopes: &[String]) -> String {
    unsecured(json!({
        "appid": app,
        "idtyp": "user",
        "oid": guid(&["user", upn]),
        "scp": scopes.join(" "),
        "tid": tenant,
        "upn": upn,
    }))
}

/// Returns a token with these claims and those that every token has.
fn unsecured(mut claims: Value) -> String {
    let now = clock::now().as_second();
    claims["aud"] = "https://graph.microsoft.com".into();
    let tenant = claims["tid"].as_str().unwrap_or_default();
    claims["iss"] = format!("https://sts.windows.net/{tenant}/").into();
    claims["iat"] = now.into();
    claims["nbf"] = now.into();
    claims["exp"] = (now + LIFETIME).into();
    claims["ver"] = "1.0".into();
    let encode = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.", encode(json!({ "typ": "JWT", "alg": "none" })), encode(claims))
}

/// Returns who a call's `Authorization` says that it is. A token needs no more than the tenant's id and a
/// time that is not over; the messages are in FACTS 4.1.
pub(super) fn accept(service: &Arc<Service>, authorization: &str) -> Result<Caller, Refusal> {
    let token = authorization.strip_prefix("Bearer ").unwrap_or_default().trim();
    if token.is_empty() {
        return Err(Refusal::unauthenticated("Access token is empty."));
    }
    let malformed =
        || Refusal::unauthenticated("CompactToken parsing failed with error code: 80049217");
    let claims = claims(token).ok_or_else(malformed)?;
    let tenant = service.read(|state| state.tenant().id.clone());
    if claims["tid"].as_str().is_none_or(|tid| !tid.eq_ignore_ascii_case(&tenant)) {
        return Err(malformed());
    }
    if claims["exp"].as_i64().is_some_and(|end| end <= clock::now().as_second()) {
        return Err(Refusal::unauthenticated("Lifetime validation failed, the token is expired."));
    }
    let id = claims["appid"].as_str().unwrap_or_default().to_owned();
    let name = claims["app_displayname"].as_str().unwrap_or(&id).to_owned();
    let actor = match claims["upn"].as_str() {
        Some(upn) => Actor::Person(upn.to_owned()),
        None => Actor::Application { id, name },
    };
    Ok(Caller { actor, permissions: permissions(&claims) })
}

/// Returns what a token allows: the `roles` of an application, the `scp` of a person.
fn permissions(claims: &Value) -> Vec<String> {
    let roles = claims["roles"].as_array().into_iter().flatten();
    let scopes = claims["scp"].as_str().unwrap_or_default();
    let roles = roles.filter_map(Value::as_str);
    roles.chain(scopes.split_whitespace()).map(str::to_owned).collect()
}

fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()
}
