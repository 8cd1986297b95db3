//! Signing in over HTTP: every credential gets in, every refusal is told apart, and no secret is said.

pub mod keys;
pub mod stage;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;

use crate::support::{Run, Workspace};
use keys::Key;
use stage::{APP, BY_SECRET, SUBJECT, Services, Stage, TENANT, assertion, good_assertion};

#[test]
fn an_app_signs_in_with_its_secret_or_its_certificate() {
    let stage = Stage::new();
    stage.plans_with("clientSecret", &BY_SECRET);

    let (certificate, _) = Key::app().certificate();
    let files: [(&str, Vec<u8>); 3] = [
        ("app.pem", [certificate, Key::app().pem()].concat().into()),
        ("app.pfx", Key::app().pfx("canary-password", false)),
        ("old.pfx", Key::app().pfx("canary-password", true)),
    ];
    for (name, content) in files {
        stage.workspace.write(name, content);
        let variables = [
            ("ARM_CLIENT_ID", APP),
            ("ARM_CLIENT_CERTIFICATE_PATH", name),
            ("ARM_CLIENT_CERTIFICATE_PASSWORD", "canary-password"),
        ];
        stage.plans_with("clientCertificate", &variables);
    }
}

#[test]
fn a_pipeline_signs_in_with_its_own_identity() {
    let stage = Stage::new();
    let services = Services::start(stage.token());
    let github = services.at("/github?run=1");
    stage.plans_with(
        "githubOidc",
        &[
            ("AZURE_CLIENT_ID", APP),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", &github),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary-github"),
        ],
    );
    let devops = services.at("/devops");
    stage.plans_with(
        "azureDevOpsOidc",
        &[
            ("AZURESUBSCRIPTION_CLIENT_ID", APP),
            ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection-1"),
            ("SYSTEM_OIDCREQUESTURI", &devops),
            ("SYSTEM_ACCESSTOKEN", "canary-devops"),
        ],
    );
    stage.workspace.write("federated", good_assertion());
    stage.plans_with(
        "workloadIdentity",
        &[("AZURE_CLIENT_ID", APP), ("AZURE_FEDERATED_TOKEN_FILE", "federated")],
    );
}

#[test]
fn what_the_machine_has_signs_in() {
    let stage = Stage::new();
    let token = stage.token();
    stage.plans_with("accessToken", &[("MOORLINE_ACCESS_TOKEN", &token)]);

    let services = Services::start(token);
    stage.plans_with("managedIdentity", &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", &services.url)]);
    let endpoint = services.at("/msi/token");
    stage.plans_with(
        "managedIdentity",
        &[("IDENTITY_ENDPOINT", &endpoint), ("IDENTITY_HEADER", "canary-header")],
    );
}

#[test]
fn a_sign_in_service_that_says_nothing_holds_no_run_beyond_its_time() {
    // It listens, and nobody takes the calls.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", silent.local_addr().expect("it listens"));
    let hosts = ["--graph-url", &url, "--login-url", &url];
    let arguments = [&["plan", "--timeout", "20"], &hosts[..]].concat();
    let run = Workspace::example("contoso").run_with(&arguments, &BY_SECRET).expect(1);
    assert!(run.stderr.contains("error[graph/out-of-time]"), "{}", run.stderr);
}

#[test]
fn invalid_manifests_are_reported_without_an_answer_of_the_sign_in_service() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", silent.local_addr().expect("it listens"));
    let workspace = Workspace::example("contoso");
    workspace
        .write("policies/invalid.yaml", "apiVersion: graph.microsoft.com/beta\nkind: nothing\n");
    let arguments = ["plan", "-vv", "--graph-url", &url, "--login-url", &url];
    let run = workspace.run_with(&arguments, &BY_SECRET).expect(3);
    assert!(run.stdout.contains("error[manifest/") || run.stderr.contains("error[manifest/"));
    assert!(!run.stderr.contains("openid-configuration"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn the_azure_cli_signs_in_or_says_why_not() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    let stage = Stage::new();
    let install = |script: &str| {
        stage.workspace.write("bin/az", format!("#!/bin/sh\n{script}\n"));
        let file = stage.workspace.file("bin/az");
        set_permissions(file, Permissions::from_mode(0o755)).expect("the script is ours");
    };
    let path = stage.workspace.file("bin").display().to_string();
    let token = stage.token();
    install(&format!(
        r#"test "$*" = "account get-access-token --output json --scope https://graph.microsoft.com/.default --tenant contoso.onmicrosoft.com" &&
echo '{{"accessToken": "{token}", "expires_on": 9999999999, "tokenType": "Bearer"}}'"#
    ));
    stage.plans_with("azureCli", &[("PATH", &path)]);

    install("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let words = ["the Azure CLI gives no token: Please run 'az login'", "- Run `az login"];
    stage.is_refused(&[], &[("PATH", &path)], &words);
    install("echo '{\"canary\": 1}'");
    stage.is_refused(&[], &[("PATH", &path)], &["its answer holds no token"]);
}

#[test]
fn a_person_signs_in_with_a_code() {
    let stage = Stage::new();
    let mut plan = stage
        .workspace
        .command(&stage.arguments(&["--credential", "deviceCode"]))
        .env("AZURE_CLIENT_ID", APP)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(plan.stderr.take().expect("stderr is piped")).lines();
    let mut stderr = String::new();
    let mut code = String::new();
    for line in &mut lines {
        let line = line.expect("stderr is text");
        stderr += &format!("{line}\n");
        if let Some((_, rest)) = line.split_once("enter the code ") {
            rest.trim_end_matches('.').clone_into(&mut code);
            break;
        }
    }
    let enter =
        |code: &str, user: &str| stage.post("/devicelogin", &format!("code={code}&user={user}"));
    assert!(enter("wrong", "alice@contoso.com").contains("did not work"));
    assert!(enter(&code, "mallory@contoso.com").contains("AADSTS50034"));
    assert!(enter(&code, "alice@contoso.com").contains("signed in"));
    for line in lines {
        stderr += &format!("{}\n", line.expect("stderr is text"));
    }
    let mut stdout = String::new();
    let mut pipe = plan.stdout.take().expect("stdout is piped");
    pipe.read_to_string(&mut stdout).expect("stdout is text");
    let status = plan.wait().expect("it was started");
    let run = Run::new(status.code().unwrap_or(-1), stdout, stderr).expect(0);
    assert!(run.stdout.contains("Plan: 5 to create"), "{}", run.stdout);
}

#[test]
fn the_tenant_file_chooses_and_the_command_line_overrides() {
    let stage = Stage::new();
    stage.workspace.edit(
        "moorline.yaml",
        "  cloud: global\n",
        &format!("  cloud: global\n  auth: {{ credential: clientSecret, clientId: {APP} }}\n"),
    );
    let token = stage.token();
    let variables =
        [("MOORLINE_ACCESS_TOKEN", token.as_str()), ("AZURE_CLIENT_SECRET", stage::SECRET)];
    let run = stage.plan(&[], &variables).expect(0);
    let words = "Signing in with a client secret (spec.auth.clientId, AZURE_CLIENT_SECRET).";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let run = stage.plan(&["--credential", "accessToken"], &variables).expect(0);
    let words = "Signing in with a ready access token (MOORLINE_ACCESS_TOKEN).";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    stage.is_refused(
        &["--credential", "githubOidc"],
        &variables,
        &["the credential cannot be used: `githubOidc` needs ACTIONS_ID_TOKEN_REQUEST_URL"],
    );
}

#[test]
fn refusals_are_told_apart() {
    let stage = Stage::new();
    let secret = [("AZURE_CLIENT_ID", APP), ("AZURE_CLIENT_SECRET", "canary")];
    stage.is_refused(&[], &secret, &["AADSTS7000215", "- Store the secret's value"]);
    let stranger = [("AZURE_CLIENT_ID", TENANT), ("AZURE_CLIENT_SECRET", "canary")];
    stage.is_refused(&[], &stranger, &["AADSTS700016", "- Compare the client id"]);

    let federated = [("AZURE_CLIENT_ID", APP), ("AZURE_FEDERATED_TOKEN_FILE", "federated")];
    let audience = "api://AzureADTokenExchange";
    let forged = good_assertion();
    let forged = forged.rsplit_once('.').expect("a JWT").0.to_owned() + ".AAAA";
    let refusals = [
        (assertion(SUBJECT, audience, -3_600), "AADSTS700024"),
        (assertion("repo:contoso/tenant:pull_request", audience, 600), "AADSTS700213"),
        (assertion(SUBJECT, "api://other", 600), "AADSTS700212"),
        (forged, "AADSTS700027"),
    ];
    for (assertion, number) in refusals {
        stage.workspace.write("federated", assertion);
        stage.is_refused(&[], &federated, &[number]);
    }
    stage.is_refused(
        &[],
        &[federated[0], ("AZURE_FEDERATED_TOKEN_FILE", "nowhere")],
        &["the federated token cannot be read from nowhere"],
    );

    let certificate = [
        ("AZURE_CLIENT_ID", APP),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "app"),
        ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "canary"),
    ];
    let (of_app, _) = Key::app().certificate();
    let (of_issuer, _) = Key::issuer().certificate();
    let files: [(Vec<u8>, &str); 6] = [
        ([of_issuer, Key::issuer().pem()].concat().into(), "AADSTS700027"),
        (
            [of_app.clone(), Key::issuer().pem()].concat().into(),
            "no certificate of its private key",
        ),
        (of_app.into(), "no private key"),
        (Key::app().pfx("another", false), "does not open with this password"),
        (Key::app().pfx("another", true), "does not open with this password"),
        (b"nothing".to_vec(), "neither PEM nor a PFX"),
    ];
    for (file, words) in files {
        stage.workspace.write("app", file);
        stage.is_refused(&[], &certificate, &[words]);
    }
}

#[test]
fn a_token_of_another_tenant_goes_nowhere() {
    let stage = Stage::new();
    let other = "11111111-2222-4333-8444-555555555555";
    let token = stage.token();

    // The domain is one tenant's, the token another's.
    let claims = serde_json::json!({"tid": other, "iss": "http://127.0.0.1/"});
    let foreign = Key::issuer().sign(&claims);
    let words = format!("the token is for tenant {other}, but {TENANT} is declared");
    stage.is_refused(&[], &[("MOORLINE_ACCESS_TOKEN", &foreign)], &[&words]);
    let words = "the token does not say which tenant it is for";
    stage.is_refused(&[], &[("MOORLINE_ACCESS_TOKEN", "canary")], &[words]);

    let from = "tenantId: contoso.onmicrosoft.com";
    stage.workspace.edit("moorline.yaml", from, &format!("tenantId: {other}"));
    let words = format!("the token is for tenant {TENANT}, but {other} is declared");
    stage.is_refused(&[], &[("MOORLINE_ACCESS_TOKEN", &token)], &[&words]);
    stage.is_refused(&[], &BY_SECRET, &["AADSTS90002"]);
    stage.workspace.edit("moorline.yaml", other, "nowhere.contoso.com");
    stage.is_refused(&[], &BY_SECRET, &["AADSTS90002", "- Check `spec.tenantId`"]);
}

#[test]
fn without_any_credential_everything_that_is_missing_is_listed() {
    let workspace = Workspace::example("contoso");
    let run = workspace.run(&["plan"]).expect(1);
    assert!(run.stderr.contains("no credential was found"), "{}", run.stderr);
    for name in ["accessToken", "githubOidc", "clientCertificate", "deviceCode"] {
        assert!(run.stderr.contains(&format!("hint: `{name}` needs")), "{}", run.stderr);
    }
}
