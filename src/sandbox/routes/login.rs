//! Entra's token endpoint, for client credentials (FACTS 4.6).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::post;
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::call::with_body;
use super::token;
use crate::sandbox::clock;
use crate::sandbox::problem::synthetic;
use crate::sandbox::service::Service;
use crate::sandbox::state::{self, App};

pub(super) fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/{tenant}/oauth2/v2.0/token", post(sign_in))
        .with_state(service)
}

/// A refusal by Entra: its status, OAuth's word for it, Entra's number and its text.
struct Denial(StatusCode, &'static str, u32, String);

async fn sign_in(
    State(service): State<Arc<Service>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let is_form = headers.get(CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .starts_with(b"application/x-www-form-urlencoded")
    });
    // Entra reads no other kind of body, so it finds no parameter in one.
    let form = if is_form {
        form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect()
    } else {
        BTreeMap::new()
    };
    match service.read(|state| grant(state, &tenant, &form)) {
        Ok(access_token) => {
            let answer = json!({
                "token_type": "Bearer",
                "expires_in": token::LIFETIME,
                "ext_expires_in": token::LIFETIME,
                "access_token": access_token,
            });
            plain(StatusCode::OK, answer.to_string())
        }
        Err(denial) => denied(&denial),
    }
}

fn grant(
    state: &state::State,
    tenant: &str,
    form: &BTreeMap<String, String>,
) -> Result<String, Denial> {
    let ours = state.tenant();
    let invalid_request =
        |number, text: String| Denial(StatusCode::BAD_REQUEST, "invalid_request", number, text);
    if ![&ours.id, &ours.domain]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(tenant))
    {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        );
        return Err(invalid_request(90002, text));
    }
    let given = |name: &str| {
        form.get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    };
    let required = |name: &str| {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        given(name).ok_or_else(|| invalid_request(900_144, text))
    };
    let grant_type = required("grant_type")?;
    if grant_type != "client_credentials" {
        let text = synthetic(format!(
            "The sandbox does not support the grant type '{grant_type}'."
        ));
        return Err(Denial(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            70003,
            text,
        ));
    }
    let client = required("client_id")?;
    required("scope")?;
    let app = match &state.apps {
        None => None,
        Some(apps) => {
            let found = apps
                .iter()
                .find(|app| app.client_id.eq_ignore_ascii_case(client));
            Some(found.ok_or_else(|| unknown_app(client, &ours.display_name))?)
        }
    };
    if given("client_secret")
        .or(given("client_assertion"))
        .is_none()
    {
        let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(Denial(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            7_000_218,
            text.to_owned(),
        ));
    }
    if app.is_some_and(|app| given("client_secret") != Some(app.secret.as_str())) {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{client}'."
        );
        return Err(Denial(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            7_000_215,
            text,
        ));
    }
    if let Some(app) = app {
        standing(app)?;
    }
    let all = || {
        token::ROLES
            .iter()
            .map(|role| (*role).to_owned())
            .collect::<Vec<_>>()
    };
    let roles = app.and_then(|app| app.roles.clone()).unwrap_or_else(all);
    let name = app
        .and_then(|app| app.display_name.as_deref())
        .unwrap_or(client);
    Ok(token::issue(&ours.id, client, name, &roles))
}

/// Refuses an application that is who it says and may not sign in all the same.
fn standing(app: &App) -> Result<(), Denial> {
    let id = &app.client_id;
    if app.secret_expired {
        let text = format!(
            "The provided client secret keys for app '{id}' are expired. Visit the Azure portal to create new keys for \
             your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: \
             https://aka.ms/certCreds."
        );
        return Err(Denial(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            7_000_222,
            text,
        ));
    }
    if !app.consented {
        let name = app.display_name.as_deref().unwrap_or(id);
        let text = format!(
            "The user or administrator has not consented to use the application with ID '{id}' named '{name}'. Send an \
             interactive authorization request for this user and resource."
        );
        return Err(Denial(
            StatusCode::BAD_REQUEST,
            "invalid_grant",
            65001,
            text,
        ));
    }
    Ok(())
}

fn unknown_app(client: &str, directory: &str) -> Denial {
    let text = format!(
        "Application with identifier '{client}' was not found in the directory '{directory}'. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You may have sent your authentication request to the wrong tenant."
    );
    Denial(
        StatusCode::BAD_REQUEST,
        "unauthorized_client",
        700_016,
        text,
    )
}

fn denied(Denial(status, error, number, text): &Denial) -> Response {
    let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
    let timestamp = clock::now().strftime("%Y-%m-%d %H:%M:%SZ");
    let answer = json!({
        "error": error,
        "error_description": format!(
            "AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"
        ),
        "error_codes": [number],
        "timestamp": timestamp.to_string(),
        "trace_id": trace.to_string(),
        "correlation_id": correlation.to_string(),
        "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
    });
    plain(*status, answer.to_string())
}

fn plain(status: StatusCode, body: String) -> Response {
    with_body(
        status,
        HeaderValue::from_static("application/json; charset=utf-8"),
        body,
    )
}
