//! Choosing a credential by what the environment holds.

use std::sync::Arc;

use secrecy::SecretString;

use super::cache::Cached;
use super::client_secret::ClientSecret;
use super::entra::TokenEndpoint;
use super::static_token::StaticToken;
use super::{AuthError, TokenSource};
use crate::clock::Clock;
use crate::graph::cloud::Endpoints;
use crate::graph::transport::Transport;

/// A ready token.
const ACCESS_TOKEN: &str = "MOORLINE_ACCESS_TOKEN";

/// The families of names for one app: Azure's SDKs', and Terraform's.
const FAMILIES: [&str; 2] = ["AZURE", "ARM"];

/// Returns the credential that the environment holds: a ready token, else an app's client secret.
///
/// `tenant` is the declared one; where there is none, the environment names it. An empty variable counts
/// as unset, as CI systems pass a secret that does not exist.
///
/// # Errors
/// When there is no complete credential, or no tenant to sign in to.
pub fn from_env(
    env: impl Fn(&str) -> Option<String>,
    tenant: Option<&str>,
    endpoints: &Endpoints,
    transport: &Transport,
    clock: &Clock,
) -> Result<Arc<dyn TokenSource>, AuthError> {
    let value = |name: &str| {
        env(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    if let Some(token) = value(ACCESS_TOKEN) {
        return Ok(Arc::new(StaticToken::new(token.into())));
    }
    let Some((client_id, secret)) = FAMILIES.iter().find_map(|family| {
        let secret: SecretString = value(&secret_name(family))?.into();
        Some((value(&id_name(family))?, secret))
    }) else {
        return Err(nothing_complete(|name| value(name).is_some()));
    };
    let tenant_names = FAMILIES.map(|family| format!("{family}_TENANT_ID"));
    let tenant = tenant
        .map(str::to_owned)
        .or_else(|| tenant_names.iter().find_map(|name| value(name)))
        .ok_or_else(|| AuthError::NoTenant(tenant_names.join(" or ")))?;
    let endpoint = TokenEndpoint::new(endpoints, &tenant, transport.clone(), clock.clone());
    Ok(Arc::new(Cached::new(
        ClientSecret::new(endpoint, client_id, secret),
        clock.clone(),
    )))
}

fn id_name(family: &str) -> String {
    format!("{family}_CLIENT_ID")
}

fn secret_name(family: &str) -> String {
    format!("{family}_CLIENT_SECRET")
}

fn nothing_complete(is_set: impl Fn(&str) -> bool) -> AuthError {
    let pairs = FAMILIES.map(|family| [id_name(family), secret_name(family)]);
    AuthError::NoCredential {
        looked_for: format!(
            "neither {ACCESS_TOKEN}, nor {}",
            pairs
                .each_ref()
                .map(|pair| pair.join(" with "))
                .join(", nor ")
        ),
        found: pairs
            .into_iter()
            .flatten()
            .filter(|name| is_set(name))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;
    use crate::graph::testing::{Server, endpoints, reply};

    const APP: [(&str, &str); 2] = [
        ("AZURE_CLIENT_ID", "app"),
        ("AZURE_CLIENT_SECRET", "p&ss canary"),
    ];

    fn choose(
        pairs: &[(&str, &str)],
        tenant: Option<&str>,
        url: &str,
    ) -> Result<Arc<dyn TokenSource>, AuthError> {
        let endpoints = endpoints(url);
        let transport = Transport::new(&endpoints).expect("no certificates are needed");
        let env = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        from_env(
            env,
            tenant,
            &endpoints,
            &transport,
            &Clock::recording(Timestamp::UNIX_EPOCH),
        )
    }

    async fn token(source: &dyn TokenSource) -> String {
        source
            .token()
            .await
            .expect("signed in")
            .secret()
            .expose_secret()
            .to_owned()
    }

    #[tokio::test]
    async fn a_ready_token_comes_before_an_app() {
        let mut pairs = APP.to_vec();
        pairs.push(("MOORLINE_ACCESS_TOKEN", " ready\n"));
        let source =
            choose(&pairs, Some("contoso.com"), "http://127.0.0.1:9").expect("a credential");
        assert_eq!(token(&*source).await, "ready");
    }

    #[tokio::test]
    async fn an_app_signs_in_to_the_declared_tenant_once() {
        let issued = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "fresh"});
        let server = Server::start(move |_, _, _| reply(200, &issued)).await;
        let mut pairs = APP.to_vec();
        pairs.push(("AZURE_TENANT_ID", "elsewhere"));
        let source = choose(&pairs, Some("contoso.com"), &server.url).expect("a credential");
        assert_eq!(token(&*source).await, "fresh");
        assert_eq!(token(&*source).await, "fresh");
        assert_eq!(server.lines(), ["POST /contoso.com/oauth2/v2.0/token"]);
        let seen = &server.seen()[0];
        assert_eq!(
            seen.headers["content-type"],
            "application/x-www-form-urlencoded"
        );
        assert_eq!(
            String::from_utf8_lossy(&seen.body),
            "scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&grant_type=client_credentials&client_id=app\
             &client_secret=p%26ss+canary"
        );
        assert!(!format!("{source:?}").contains("canary"));
    }

    #[tokio::test]
    async fn a_refused_secret_is_explained_and_not_shown() {
        let body = json!({
            "error": "invalid_client",
            "error_description": "AADSTS7000215: Invalid client secret provided. Ensure it is. Trace ID: t-1",
            "trace_id": "t-1",
        });
        let server = Server::start(move |_, _, _| reply(401, &body)).await;
        let pairs = [
            ("ARM_CLIENT_ID", "app"),
            ("ARM_CLIENT_SECRET", "canary"),
            ("ARM_TENANT_ID", "contoso.com"),
        ];
        let source = choose(&pairs, None, &server.url).expect("a credential");
        for _ in 0..2 {
            let error = source.token().await.expect_err("refused");
            assert_eq!(
                error.to_string(),
                "sign-in was refused: AADSTS7000215 (invalid_client): Invalid client secret provided. (trace id t-1)"
            );
            assert!(!format!("{error:?}").contains("canary"));
        }
        assert_eq!(server.seen().len(), 1);
    }

    #[tokio::test]
    async fn signing_in_is_retried_like_any_read() {
        let issued = json!({"expires_in": 3599, "access_token": "fresh"});
        let server = Server::start(move |_, number, _| match number {
            0 => reply(503, &json!(null)),
            1 => reply(429, &json!(null)),
            _ => reply(200, &issued),
        })
        .await;
        let source = choose(&APP, Some("contoso.com"), &server.url).expect("a credential");
        assert_eq!(token(&*source).await, "fresh");
        assert_eq!(server.seen().len(), 3);
        let html = Server::start(|_, _, _| reply(200, &json!({"hello": 1}))).await;
        let source = choose(&APP, Some("contoso.com"), &html.url).expect("a credential");
        let error = source.token().await.expect_err("no token in it");
        assert_eq!(
            error.to_string(),
            "the sign-in service at 127.0.0.1 answered 200 without a token"
        );
    }

    #[test]
    fn what_is_missing_is_listed() {
        let error = |pairs: &[(&str, &str)]| {
            choose(pairs, Some("contoso.com"), "http://127.0.0.1:9")
                .expect_err("incomplete")
                .to_string()
        };
        let nothing = "no credential was found: neither MOORLINE_ACCESS_TOKEN, nor AZURE_CLIENT_ID with \
                       AZURE_CLIENT_SECRET, nor ARM_CLIENT_ID with ARM_CLIENT_SECRET";
        assert_eq!(error(&[]), format!("{nothing} is set"));
        let half = [
            ("AZURE_CLIENT_ID", "app"),
            ("AZURE_CLIENT_SECRET", ""),
            ("ARM_CLIENT_SECRET", "x"),
        ];
        assert_eq!(
            error(&half),
            format!(
                "{nothing} is set; there is a value only for AZURE_CLIENT_ID, ARM_CLIENT_SECRET"
            )
        );
        let error = choose(&APP, None, "http://127.0.0.1:9").expect_err("no tenant");
        assert_eq!(
            error.to_string(),
            "no tenant is named: set `spec.tenantId` or AZURE_TENANT_ID or ARM_TENANT_ID"
        );
    }
}
