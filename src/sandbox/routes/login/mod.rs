//! Entra's sign-in service: tokens for applications and for people, and what it publishes of a tenant
//! (FACTS 4.6).

mod assertion;
mod denial;
mod device;
mod form;
mod proof;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use self::denial::Denial;
use self::device::{Devices, Grant};
use self::form::Form;
use super::call::with_body;
use super::token;
use crate::sandbox::problem::synthetic;
use crate::sandbox::service::Service;
use crate::sandbox::state::{self, App};

/// The grant of the device flow (RFC 8628, 3.4).
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What the sign-in service works with.
#[derive(Clone)]
struct Login {
    service: Arc<Service>,
    devices: Arc<Devices>,
}

pub(super) fn router(service: Arc<Service>) -> Router {
    let login = Login { service, devices: Arc::default() };
    Router::new()
        .route("/{tenant}/oauth2/v2.0/token", post(sign_in))
        .route("/{tenant}/oauth2/v2.0/devicecode", post(begin))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discover))
        .route("/devicelogin", get(page).post(enter))
        .with_state(login)
}

async fn sign_in(
    State(login): State<Login>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let form = Form::read(&headers, &body);
    let granted = login.service.read(|state| grant(state, &login.devices, &tenant, &form));
    match granted {
        Ok(answer) => plain(StatusCode::OK, answer.to_string()),
        Err(denial) => denial.response(),
    }
}

/// Returns a token for whatever the form asks by.
fn grant(
    state: &state::State,
    devices: &Devices,
    tenant: &str,
    form: &Form,
) -> Result<Value, Denial> {
    check_tenant(state, tenant, "invalid_request")?;
    match form.required("grant_type")? {
        "client_credentials" => application(state, form),
        DEVICE_CODE => {
            let code = form.required("device_code")?;
            let grant = devices.redeem(form.required("client_id")?, code)?;
            person(state, devices, &grant)
        }
        "refresh_token" => {
            let token = form.required("refresh_token")?;
            let grant = devices.renew(form.required("client_id")?, token)?;
            person(state, devices, &grant)
        }
        other => {
            let text = synthetic(format!("The sandbox does not support the grant type '{other}'."));
            Err(Denial::request("unsupported_grant_type", 70003, text))
        }
    }
}

/// Issues a token to an application.
fn application(state: &state::State, form: &Form) -> Result<Value, Denial> {
    let client = form.required("client_id")?;
    form.required("scope")?;
    let app = registered(state, client)?;
    proof::check(state, app, form)?;
    check_consent(app)?;
    let name = app.map_or(client, |app| app_name(app));
    Ok(issued(token::issue(&state.tenant().id, client, name, &permissions(state, app))))
}

/// Issues a token to a person, through an application.
fn person(state: &state::State, devices: &Devices, grant: &Grant) -> Result<Value, Denial> {
    let app = registered(state, &grant.client)?;
    check_consent(app)?;
    let scopes = permissions(state, app);
    let mut answer =
        issued(token::issue_to_person(&state.tenant().id, &grant.client, &grant.user, &scopes));
    answer["scope"] = scopes.join(" ").into();
    answer["refresh_token"] = devices.keep(grant).into();
    Ok(answer)
}

/// Begins a sign-in with a code.
async fn begin(
    State(login): State<Login>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let form = Form::read(&headers, &body);
    let checked = login.service.read(|state| {
        check_tenant(state, &tenant, "invalid_request")?;
        let client = form.required("client_id")?;
        form.required("scope")?;
        registered(state, client)?;
        Ok(client)
    });
    let client = match checked {
        Ok(client) => client,
        Err(denial) => return Denial::response(&denial),
    };
    let (device_code, user_code) = login.devices.begin(client);
    let page = format!("{}/devicelogin", origin(&headers));
    let answer = json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": device::LIFETIME,
        "interval": 5,
        "message": format!(
            "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
        ),
    });
    plain(StatusCode::OK, answer.to_string())
}

async fn page() -> Html<&'static str> {
    Html(device::PAGE)
}

/// Signs a person in with a code. The sandbox takes their word for who they are.
async fn enter(State(login): State<Login>, headers: HeaderMap, body: String) -> Response {
    let form = Form::read(&headers, &body);
    let entered = || -> Result<bool, Denial> {
        let (code, user) = (form.required("code")?, form.required("user")?);
        login.service.read(|state| known(state, user))?;
        Ok(login.devices.approve(code.trim(), user))
    };
    let (status, text) = match entered() {
        Ok(true) => (StatusCode::OK, synthetic("You are signed in. You may close this page.")),
        Ok(false) => (
            StatusCode::NOT_FOUND,
            synthetic("That code did not work. Check the code and try again."),
        ),
        Err(denial) => (StatusCode::BAD_REQUEST, denial.text()),
    };
    (status, text).into_response()
}

/// Says which tenant a domain is, and where its endpoints are (OpenID Connect Discovery, 4).
async fn discover(
    State(login): State<Login>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    let id = login.service.read(|state| {
        check_tenant(state, &tenant, "invalid_tenant")?;
        Ok(state.tenant().id.clone())
    });
    let id = match id {
        Ok(id) => id,
        Err(denial) => return Denial::response(&denial),
    };
    let base = format!("{}/{id}", origin(&headers));
    let answer = json!({
        "issuer": format!("{base}/v2.0"),
        // Microsoft's own library for Python begins with this one, whatever it signs in by.
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
    });
    plain(StatusCode::OK, answer.to_string())
}

fn check_tenant(state: &state::State, tenant: &str, error: &'static str) -> Result<(), Denial> {
    let ours = state.tenant();
    if [&ours.id, &ours.domain].iter().any(|name| name.eq_ignore_ascii_case(tenant)) {
        return Ok(());
    }
    let text = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
         correct cloud. Check with your subscription administrator, this may happen if there are no active \
         subscriptions for the tenant."
    );
    Err(Denial::request(error, 90002, text))
}

/// Returns an application of the tenant; `None` where the tenant lists none and takes any.
fn registered<'a>(state: &'a state::State, client: &str) -> Result<Option<&'a App>, Denial> {
    let Some(apps) = &state.apps else {
        return Ok(None);
    };
    let found = apps.iter().find(|app| app.client_id.eq_ignore_ascii_case(client));
    found.map(Some).ok_or_else(|| {
        let directory = &state.tenant().display_name;
        let text = format!(
            "Application with identifier '{client}' was not found in the directory '{directory}'. This can happen if \
             the application has not been installed by the administrator of the tenant or consented to by any user \
             in the tenant. You may have sent your authentication request to the wrong tenant."
        );
        Denial::request("unauthorized_client", 700_016, text)
    })
}

/// Refuses an application that nobody consented to.
fn check_consent(app: Option<&App>) -> Result<(), Denial> {
    match app {
        Some(app) if !app.consented => {
            let (id, name) = (&app.client_id, app_name(app));
            let text = format!(
                "The user or administrator has not consented to use the application with ID '{id}' named '{name}'. \
                 Send an interactive authorization request for this user and resource."
            );
            Err(Denial::request("invalid_grant", 65001, text))
        }
        _ => Ok(()),
    }
}

/// Refuses a person who is not in the tenant; where it lists nobody, anybody will do.
fn known(state: &state::State, user: &str) -> Result<(), Denial> {
    let is_listed = |name: &str| {
        let mut users = state.users.iter();
        users.any(|user| user.user_principal_name.eq_ignore_ascii_case(name))
    };
    if state.users.is_empty() || is_listed(user) {
        return Ok(());
    }
    let directory = &state.tenant().display_name;
    let text = format!(
        "The user account {{EmailHidden}} does not exist in the {directory} directory. To sign into this application, \
         the account must be added to the directory."
    );
    Err(Denial::request("invalid_grant", 50034, text))
}

fn app_name(app: &App) -> &str {
    app.display_name.as_deref().unwrap_or(&app.client_id)
}

/// Returns what an application was granted: unless the state says it, all that the sandbox knows.
fn permissions(state: &state::State, app: Option<&App>) -> Vec<String> {
    if let Some(roles) = app.and_then(|app| app.roles.clone()) {
        return roles;
    }
    let of_rows = state.rows.all().flat_map(|row| row.read.iter().chain(row.write));
    let beside = of_rows.filter(|role| !token::ROLES.contains(role));
    let mut roles: Vec<&str> = token::ROLES.iter().chain(beside).copied().collect();
    roles.dedup();
    roles.into_iter().map(str::to_owned).collect()
}

fn issued(access_token: String) -> Value {
    json!({
        "token_type": "Bearer",
        "expires_in": token::LIFETIME,
        "ext_expires_in": token::LIFETIME,
        "access_token": access_token,
    })
}

/// Returns where the caller reached the sandbox.
fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

fn plain(status: StatusCode, body: String) -> Response {
    with_body(status, HeaderValue::from_static("application/json; charset=utf-8"), body)
}
