use secrecy::ExposeSecret;
use serde_json::json;

use super::super::caller::SignInClient;
use super::super::credential::Settings;
use super::*;
use crate::http::testing::{Server, client, reply};
use crate::secrets::Known;

const APP: [(&str, &str); 2] = [("AZURE_CLIENT_ID", "app"), ("AZURE_CLIENT_SECRET", "p&ss canary")];

const GITHUB: [(&str, &str); 2] = [
    ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://github.test/?a=1"),
    ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary"),
];

fn choose_with(
    pairs: &[(&str, &str)],
    settings: &Settings,
    url: &str,
) -> Result<Choice, AuthError> {
    let caller = SignInClient::new(client(url), Known::default());
    let environment = |name: &str| {
        pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    };
    choose(&CredentialContext {
        environment: &environment,
        settings,
        tenant: "contoso.com",
        caller: &caller,
        person: Person { present: false, say: Arc::new(|_| ()) },
    })
}

fn choose_from(pairs: &[(&str, &str)]) -> Result<Choice, AuthError> {
    choose_with(pairs, &Settings::default(), "http://127.0.0.1:9")
}

fn named(credential: Credential) -> Settings {
    Settings { credential: Some(credential), ..Settings::default() }
}

async fn token(choice: &Choice) -> String {
    let token = choice.tokens.token().await.expect("signed in");
    token.secret().expose_secret().to_owned()
}

#[tokio::test]
async fn ready_token_comes_before_an_app() {
    let mut pairs = APP.to_vec();
    pairs.push(("MOORLINE_ACCESS_TOKEN", " ready\n"));
    let choice = choose_from(&pairs).expect("a credential");
    assert_eq!(choice.from, ["MOORLINE_ACCESS_TOKEN"]);
    assert_eq!(token(&choice).await, "ready");
}

#[test]
fn choice_names_its_sources_and_the_skipped_kinds() {
    let choice = choose_from(&[&APP[..], &GITHUB[..1]].concat()).expect("a credential");
    assert_eq!(choice.credential, Credential::ClientSecret);
    assert_eq!(choice.from, ["AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"]);
    let skipped: Vec<String> = choice.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(skipped[0], "`accessToken` needs MOORLINE_ACCESS_TOKEN");
    assert_eq!(
        skipped[1],
        "`githubOidc` needs ACTIONS_ID_TOKEN_REQUEST_TOKEN (found: ACTIONS_ID_TOKEN_REQUEST_URL, AZURE_CLIENT_ID)"
    );
    assert_eq!(skipped.len(), 5);
    assert!(!format!("{choice:?}").contains("canary"));
}

#[test]
fn no_other_credential_than_the_named_one_is_used() {
    let pairs = [&APP[..], &GITHUB[..]].concat();
    let first = choose_from(&pairs).expect("a credential");
    assert_eq!(first.credential, Credential::GithubOidc);
    let url = "http://127.0.0.1:9";
    let secret = choose_with(&pairs, &named(Credential::ClientSecret), url).expect("a credential");
    assert_eq!(secret.credential, Credential::ClientSecret);
    assert!(secret.skipped.is_empty());
    let error = choose_with(&pairs, &named(Credential::AccessToken), url).expect_err("not set");
    assert_eq!(
        error.to_string(),
        "the credential cannot be used: `accessToken` needs MOORLINE_ACCESS_TOKEN"
    );
    assert!(matches!(
        choose_with(&[], &named(Credential::ManagedIdentity), url),
        Ok(choice) if choice.credential == Credential::ManagedIdentity
    ));
}

#[test]
fn declared_client_id_comes_before_the_environment() {
    let settings = Settings { client_id: Some("declared".to_owned()), ..Settings::default() };
    let choice = choose_with(
        &[("AZURE_CLIENT_ID", "other"), ("ARM_CLIENT_SECRET", "x")],
        &settings,
        "http://127.0.0.1:9",
    );
    assert_eq!(choice.expect("a credential").from, ["spec.auth.clientId", "ARM_CLIENT_SECRET"]);
}

#[test]
fn variables_of_two_apps_are_not_mixed() {
    let pairs =
        [("AZURE_CLIENT_ID", "app"), ("AZURE_CLIENT_SECRET", ""), ("ARM_CLIENT_SECRET", "x")];
    let Err(AuthError::NoCredential(skipped)) = choose_from(&pairs) else {
        panic!("there is no complete app");
    };
    let secret = &skipped[5];
    assert_eq!(
        secret.to_string(),
        "`clientSecret` needs AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or ARM_CLIENT_ID with ARM_CLIENT_SECRET \
         (found: AZURE_CLIENT_ID, ARM_CLIENT_SECRET)"
    );
    assert_eq!(skipped.len(), CHAIN.len());
}

#[test]
fn url_for_a_secret_must_be_https() {
    let mut pairs = [&APP[..], &GITHUB[..]].concat();
    pairs[2].1 = "http://github.test/";
    let choice = choose_from(&pairs).expect("the secret");
    assert_eq!(choice.credential, Credential::ClientSecret);
}

#[tokio::test]
async fn app_signs_in_once_to_the_declared_tenant() {
    let issued = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "fresh"});
    let server = Server::start(move |_, _, _| reply(200, &issued)).await;
    let mut pairs = APP.to_vec();
    pairs.push(("AZURE_TENANT_ID", "elsewhere"));
    let choice = choose_with(&pairs, &Settings::default(), &server.url).expect("a credential");
    assert_eq!(token(&choice).await, "fresh");
    assert_eq!(token(&choice).await, "fresh");
    assert_eq!(server.lines(), ["POST /contoso.com/oauth2/v2.0/token"]);
    let seen = &server.seen()[0];
    assert_eq!(seen.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(
        String::from_utf8_lossy(&seen.body),
        "scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&grant_type=client_credentials&client_id=app\
         &client_secret=p%26ss+canary"
    );
}

#[tokio::test]
async fn refused_secret_is_explained_and_not_shown() {
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
    let choice = choose_with(&pairs, &Settings::default(), &server.url).expect("a credential");
    for _ in 0..2 {
        let error = choice.tokens.token().await.expect_err("refused");
        assert_eq!(
            error.to_string(),
            "sign-in was refused: AADSTS7000215 (invalid_client): Invalid client secret provided. (trace id t-1)"
        );
        assert!(!format!("{error:?}").contains("canary"));
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn sign_in_is_retried_like_a_read() {
    let issued = json!({"expires_in": 3599, "access_token": "fresh"});
    let server = Server::start(move |_, number, _| match number {
        0 => reply(503, &json!(null)),
        1 => reply(400, &json!({"error": "temporarily_unavailable"})),
        _ => reply(200, &issued),
    })
    .await;
    let choice = choose_with(&APP, &Settings::default(), &server.url).expect("a credential");
    assert_eq!(token(&choice).await, "fresh");
    assert_eq!(server.seen().len(), 3);
    let busy = Server::start(|_, _, _| reply(500, &json!({"error": "server_error"}))).await;
    let choice = choose_with(&APP, &Settings::default(), &busy.url).expect("a credential");
    for _ in 0..2 {
        let (before, error) = (busy.seen().len(), choice.tokens.token().await);
        let error = error.expect_err("busy").to_string();
        assert_eq!(error, "the sign-in service is busy: server_error");
        assert!(busy.seen().len() > before + 1, "it is tried again");
    }
    let html = Server::start(|_, _, _| reply(200, &json!({"hello": 1}))).await;
    let choice = choose_with(&APP, &Settings::default(), &html.url).expect("a credential");
    let error = choice.tokens.token().await.expect_err("no token in it");
    assert_eq!(error.to_string(), "the sign-in service at 127.0.0.1 answered 200 without a token");
}
