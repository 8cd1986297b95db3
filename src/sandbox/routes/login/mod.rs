//! Entra's sign-in service: tokens for applications and for people, and the discovery document of the tenant (FACTS 4.6).

mod assertion;
mod denial;
mod device;
mod proof;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, get, on};
use serde_json::{Value, json};
use url::form_urlencoded;

use self::device::{Devices, Grant};
use super::call::{origin, with_body};
use super::token;
use crate::sandbox::actor::Actor;
use crate::sandbox::refusal::{Allowed, RefusalRow, synthetic};
use crate::sandbox::service::SandboxService;
use crate::sandbox::state::{App, State as TenantState};

/// The grant of the device flow (RFC 8628, 3.4).
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The state of the sign-in service.
#[derive(Clone)]
struct Login {
    service: Arc<SandboxService>,
    devices: Arc<Devices>,
}

/// The parameters of a call.
struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a body. A body of another media type has no parameters for Entra.
    fn read(headers: &HeaderMap, body: &str) -> Self {
        let is_form = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let body = if is_form { body } else { "" };
        Self(form_urlencoded::parse(body.as_bytes()).into_owned().collect())
    }

    /// Returns a parameter that has a value.
    fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns a required parameter.
    fn required(&self, name: &str) -> Allowed<&str> {
        self.given(name).ok_or_else(|| denial::PARAMETER_MISSING.refusal(&[&name]))
    }
}

/// A call to an endpoint of a tenant.
struct Visit<'a> {
    state: &'a TenantState,
    devices: &'a Devices,
    form: Form,
    /// The scheme and host that the caller used.
    origin: String,
}

pub(super) fn router(service: Arc<SandboxService>) -> Router {
    let login = Login { service, devices: Arc::default() };
    let (post, unknown) = (MethodFilter::POST, denial::UNKNOWN_TENANT);
    let discovery = endpoint(MethodFilter::GET, denial::UNDISCOVERED_TENANT, discover);
    Router::new()
        .route("/{tenant}/oauth2/v2.0/token", endpoint(post, unknown, grant))
        .route("/{tenant}/oauth2/v2.0/devicecode", endpoint(post, unknown, begin))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", discovery)
        .route("/devicelogin", get(async || Html(device::PAGE)).post(enter))
        .with_state(login)
}

/// Returns the route of an endpoint of the tenant; other tenants are refused.
fn endpoint(
    verb: MethodFilter,
    unknown: RefusalRow,
    answer: fn(&Visit<'_>) -> Allowed<Value>,
) -> MethodRouter<Login> {
    let handler = async move |State(login): State<Login>,
                              Path(tenant): Path<String>,
                              headers: HeaderMap,
                              body: String| {
        let answered = login.service.read(|state| {
            let ours = &state.tenant;
            if ![&ours.id, &ours.domain].iter().any(|name| name.eq_ignore_ascii_case(&tenant)) {
                return Err(unknown.refusal(&[&tenant]));
            }
            let (form, origin) = (Form::read(&headers, &body), origin(&headers));
            answer(&Visit { state, devices: &login.devices, form, origin })
        });
        match answered {
            Ok(answer) => plain(StatusCode::OK, &answer),
            Err(denial) => denial::response(&denial),
        }
    };
    on(verb, handler)
}

/// Returns a token for the grant that the form asks for.
fn grant(visit: &Visit<'_>) -> Allowed<Value> {
    let form = &visit.form;
    match form.required("grant_type")? {
        "client_credentials" => application(visit),
        DEVICE_CODE => {
            let code = form.required("device_code")?;
            person(visit, &visit.devices.redeem(form.required("client_id")?, code)?)
        }
        "refresh_token" => {
            let token = form.required("refresh_token")?;
            person(visit, &visit.devices.renew(form.required("client_id")?, token)?)
        }
        other => Err(denial::UNSUPPORTED_GRANT.refusal(&[&other])),
    }
}

/// Issues a token to an application.
fn application(visit: &Visit<'_>) -> Allowed<Value> {
    let (state, form) = (visit.state, &visit.form);
    let client = form.required("client_id")?;
    form.required("scope")?;
    let app = registered(state, client)?;
    proof::check(state, app, form)?;
    check_consent(app)?;
    let name = app.map_or(client, app_name).to_owned();
    let holder = Actor { app_id: Some(client.to_owned()), name };
    Ok(issued(state, client, &holder, &permissions(state, app)))
}

/// Issues a token to a person, through an application.
fn person(visit: &Visit<'_>, grant: &Grant) -> Allowed<Value> {
    let app = registered(visit.state, &grant.client)?;
    check_consent(app)?;
    let scopes = permissions(visit.state, app);
    let holder = Actor { app_id: None, name: grant.user.clone() };
    let mut answer = issued(visit.state, &grant.client, &holder, &scopes);
    answer["scope"] = scopes.join(" ").into();
    answer["refresh_token"] = visit.devices.keep(grant).into();
    Ok(answer)
}

/// Starts a sign-in with a code.
fn begin(visit: &Visit<'_>) -> Allowed<Value> {
    let client = visit.form.required("client_id")?;
    visit.form.required("scope")?;
    registered(visit.state, client)?;
    let (device_code, user_code) = visit.devices.begin(client);
    let page = format!("{}/devicelogin", visit.origin);
    let message = format!(
        "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
    );
    Ok(json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": device::LIFETIME,
        "interval": 5,
        "message": message,
    }))
}

/// Names the tenant that a domain belongs to, and its endpoints (OpenID Connect Discovery, 4).
fn discover(visit: &Visit<'_>) -> Allowed<Value> {
    let base = format!("{}/{}", visit.origin, visit.state.tenant.id);
    Ok(json!({
        "issuer": format!("{base}/v2.0"),
        // Microsoft's own library for Python begins with this one, whatever it signs in by.
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
    }))
}

/// Signs a person in with a code. The sandbox asks for no password.
async fn enter(State(login): State<Login>, headers: HeaderMap, body: String) -> Response {
    let form = Form::read(&headers, &body);
    let entered = || -> Allowed<bool> {
        let (code, user) = (form.required("code")?, form.required("user")?);
        login.service.read(|state| check_user(state, user))?;
        Ok(login.devices.approve(code.trim(), user))
    };
    let (status, text) = match entered() {
        Ok(true) => (StatusCode::OK, synthetic("You are signed in. You may close this page.")),
        Ok(false) => (
            StatusCode::NOT_FOUND,
            synthetic("That code did not work. Check the code and try again."),
        ),
        Err(denial) => (StatusCode::BAD_REQUEST, denial.message),
    };
    (status, text).into_response()
}

/// Returns an application of the tenant; `None` where the tenant lists none and takes any.
fn registered<'a>(state: &'a TenantState, client: &str) -> Allowed<Option<&'a App>> {
    let Some(apps) = &state.apps else { return Ok(None) };
    let found = apps.iter().find(|app| app.client_id.eq_ignore_ascii_case(client));
    found
        .map(Some)
        .ok_or_else(|| denial::UNKNOWN_APP.refusal(&[&client, &state.tenant.display_name]))
}

/// Refuses an application without an administrator's consent.
fn check_consent(app: Option<&App>) -> Allowed<()> {
    match app {
        Some(app) if !app.consented => {
            Err(denial::NO_CONSENT.refusal(&[&app.client_id, &app_name(app)]))
        }
        _ => Ok(()),
    }
}

/// Refuses a person that is not in the tenant; a tenant that lists no users takes any name.
fn check_user(state: &TenantState, user: &str) -> Allowed<()> {
    if state.users.is_empty() || state.user(user).is_some() {
        return Ok(());
    }
    Err(denial::UNKNOWN_USER.refusal(&[&state.tenant.display_name]))
}

fn app_name(app: &App) -> &str {
    app.display_name.as_deref().unwrap_or(&app.client_id)
}

/// Returns the permissions that an application was granted: unless the state says it, all that the sandbox knows.
fn permissions(state: &TenantState, app: Option<&App>) -> Vec<String> {
    if let Some(roles) = app.and_then(|app| app.roles.clone()) {
        return roles;
    }
    let of_rows = state.rows.all().flat_map(|row| row.read.iter().chain(row.write));
    let beside = of_rows.filter(|role| !token::ROLES.contains(role));
    let mut roles: Vec<&str> = token::ROLES.iter().chain(beside).copied().collect();
    roles.dedup();
    roles.into_iter().map(str::to_owned).collect()
}

fn issued(state: &TenantState, client: &str, holder: &Actor, permissions: &[String]) -> Value {
    json!({
        "token_type": "Bearer",
        "expires_in": token::LIFETIME,
        "ext_expires_in": token::LIFETIME,
        "access_token": token::issue(&state.tenant.id, client, holder, permissions),
    })
}

fn plain(status: StatusCode, body: &Value) -> Response {
    with_body(status, HeaderValue::from_static("application/json; charset=utf-8"), body.to_string())
}
