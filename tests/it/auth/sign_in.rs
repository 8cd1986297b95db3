//! Signing in over HTTP: every credential gets in, every refusal is told apart, and no secret is said.

pub mod keys;
pub mod stage;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::snapshots::{lines_with, paragraphs_with, stable_snapshots};
use crate::support::{Run, Workspace};
use keys::Key;
use stage::{APP, BY_SECRET, SUBJECT, Services, Stage, TENANT, assertion, good_assertion};

#[test]
fn an_app_signs_in_with_its_secret_or_its_certificate() {
    let stage = Stage::new();
    assert_snapshot!(stage.plans_with("clientSecret", &BY_SECRET), @r"
    Signing in with a client secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET).
    credential a client secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET): signed in as Moorline
    ");

    let (certificate, _) = Key::app().certificate();
    let files: [(&str, Vec<u8>); 3] = [
        ("app.pem", [certificate, Key::app().pem()].concat().into()),
        ("app.pfx", Key::app().pfx("canary-password", false)),
        ("old.pfx", Key::app().pfx("canary-password", true)),
    ];
    let mut told = String::new();
    for (name, content) in files {
        stage.workspace.write(name, content);
        let variables = [
            ("ARM_CLIENT_ID", APP),
            ("ARM_CLIENT_CERTIFICATE_PATH", name),
            ("ARM_CLIENT_CERTIFICATE_PASSWORD", "canary-password"),
        ];
        told += &format!("{name}:\n{}\n", stage.plans_with("clientCertificate", &variables));
    }
    assert_snapshot!(told, @r"
    app.pem:
    Signing in with a client certificate (ARM_CLIENT_ID, ARM_CLIENT_CERTIFICATE_PATH, ARM_CLIENT_CERTIFICATE_PASSWORD).
    credential a client certificate (ARM_CLIENT_ID, ARM_CLIENT_CERTIFICATE_PATH, ARM_CLIENT_CERTIFICATE_PASSWORD): signed in as Moorline
    app.pfx:
    Signing in with a client certificate (ARM_CLIENT_ID, ARM_CLIENT_CERTIFICATE_PATH, ARM_CLIENT_CERTIFICATE_PASSWORD).
    credential a client certificate (ARM_CLIENT_ID, ARM_CLIENT_CERTIFICATE_PATH, ARM_CLIENT_CERTIFICATE_PASSWORD): signed in as Moorline
    old.pfx:
    Signing in with a client certificate (ARM_CLIENT_ID, ARM_CLIENT_CERTIFICATE_PATH, ARM_CLIENT_CERTIFICATE_PASSWORD).
    credential a client certificate (ARM_CLIENT_ID, ARM_CLIENT_CERTIFICATE_PATH, ARM_CLIENT_CERTIFICATE_PASSWORD): signed in as Moorline
    ");
}

#[test]
fn a_pipeline_signs_in_with_its_own_identity() {
    let stage = Stage::new();
    let services = Services::start(stage.token());
    let github = services.at("/github?run=1");
    let variables = [
        ("AZURE_CLIENT_ID", APP),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", &github),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary-github"),
    ];
    assert_snapshot!(stage.plans_with("githubOidc", &variables), @r"
    Signing in with GitHub Actions' identity token (ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, AZURE_CLIENT_ID).
    credential GitHub Actions' identity token (ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, AZURE_CLIENT_ID): signed in as Moorline
    ");
    let devops = services.at("/devops");
    let variables = [
        ("AZURESUBSCRIPTION_CLIENT_ID", APP),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection-1"),
        ("SYSTEM_OIDCREQUESTURI", &devops),
        ("SYSTEM_ACCESSTOKEN", "canary-devops"),
    ];
    assert_snapshot!(stage.plans_with("azureDevOpsOidc", &variables), @r"
    Signing in with an Azure DevOps service connection (SYSTEM_OIDCREQUESTURI, SYSTEM_ACCESSTOKEN, AZURESUBSCRIPTION_SERVICE_CONNECTION_ID, AZURESUBSCRIPTION_CLIENT_ID).
    credential an Azure DevOps service connection (SYSTEM_OIDCREQUESTURI, SYSTEM_ACCESSTOKEN, AZURESUBSCRIPTION_SERVICE_CONNECTION_ID, AZURESUBSCRIPTION_CLIENT_ID): signed in as Moorline
    ");
    stage.workspace.write("federated", good_assertion());
    let variables = [("AZURE_CLIENT_ID", APP), ("AZURE_FEDERATED_TOKEN_FILE", "federated")];
    assert_snapshot!(stage.plans_with("workloadIdentity", &variables), @r"
    Signing in with a federated token file (AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE).
    credential a federated token file (AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE): signed in as Moorline
    ");
}

#[test]
fn what_the_machine_has_signs_in() {
    let stage = Stage::new();
    let token = stage.token();
    let variables = [("MOORLINE_ACCESS_TOKEN", token.as_str())];
    assert_snapshot!(stage.plans_with("accessToken", &variables), @r"
    Signing in with a ready access token (MOORLINE_ACCESS_TOKEN).
    credential a ready access token (MOORLINE_ACCESS_TOKEN): signed in as Moorline
    ");

    let services = Services::start(token);
    let variables = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", services.url.as_str())];
    assert_snapshot!(stage.plans_with("managedIdentity", &variables), @r"
    Signing in with a managed identity (AZURE_POD_IDENTITY_AUTHORITY_HOST).
    credential a managed identity (AZURE_POD_IDENTITY_AUTHORITY_HOST): signed in as Moorline
    ");
    let endpoint = services.at("/msi/token");
    let variables =
        [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "canary-header")];
    assert_snapshot!(stage.plans_with("managedIdentity", &variables), @r"
    Signing in with a managed identity (IDENTITY_ENDPOINT, IDENTITY_HEADER).
    credential a managed identity (IDENTITY_ENDPOINT, IDENTITY_HEADER): signed in as Moorline
    ");
}

#[test]
fn a_sign_in_service_that_says_nothing_holds_no_run_beyond_its_time() {
    // It listens, and nobody takes the calls.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", silent.local_addr().expect("it listens"));
    let hosts = ["--graph-url", &url, "--login-url", &url];
    let arguments = [&["plan", "--timeout", "20"], &hosts[..]].concat();
    let run = Workspace::example("contoso").run_with(&arguments, &BY_SECRET).expect(1);
    assert_snapshot!(paragraphs_with(&run.stderr, "graph/out-of-time: "), @r"
    graph/out-of-time: The time for this run was over.
      The whole run took longer than `--timeout` allows. Writes that were under way were finished.
      - Give the run more time with `--timeout`, or limit it with `--only`.
    ");
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
    assert_snapshot!(run.stdout, @"");
    assert_snapshot!(run.stderr, @r"
    Signing in with a client secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET).
    error[schema/required]: the document lacks `metadata:` and `spec:`
     --> policies/invalid.yaml:1:1
      |
    1 | apiVersion: graph.microsoft.com/beta
      | ^^^^^^^^^^
      |
      = help: add `metadata: { name: … }` and `spec:`

    error[manifest/unknown-kind]: there is no kind `nothing`
     --> policies/invalid.yaml:2:7
      |
    2 | kind: nothing
      |       ^^^^^^^
      |
      = help: `moorline kinds` lists them all
    error[manifest/invalid]: the manifests cannot be used: 2 errors in 1 file
    ");
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
    let _filters = stable_snapshots();
    assert_snapshot!(stage.plans_with("azureCli", &[("PATH", &path)]), @r"
    Signing in with the Azure CLI ([folder]/bin/az).
    credential the Azure CLI ([folder]/bin/az): signed in as Moorline
    ");

    install("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    assert_snapshot!(stage.is_refused(&[], &[("PATH", &path)]), @r"
    Signing in with the Azure CLI ([folder]/bin/az).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/azure-cli]: there is no access token for this call
      caused by: the Azure CLI gives no token: Please run 'az login' to setup account.

    auth/azure-cli: The Azure CLI gives no token.
      Moorline asks `az` for a token of the tenant, and it is not there, not signed in, or signed in to
      another tenant.
      - Run `az login --tenant TENANT`, or choose another credential by `--credential`.
    ");
    install("echo '{\"canary\": 1}'");
    assert_snapshot!(stage.is_refused(&[], &[("PATH", &path)]), @r"
    Signing in with the Azure CLI ([folder]/bin/az).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/azure-cli]: there is no access token for this call
      caused by: the Azure CLI gives no token: its answer holds no token

    auth/azure-cli: The Azure CLI gives no token.
      Moorline asks `az` for a token of the tenant, and it is not there, not signed in, or signed in to
      another tenant.
      - Run `az login --tenant TENANT`, or choose another credential by `--credential`.
    ");
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
    assert_snapshot!(enter("wrong", "alice@contoso.com"), @"That code did not work. Check the code and try again.");
    assert_snapshot!(enter(&code, "mallory@contoso.com"), @"AADSTS50034: The user account {EmailHidden} does not exist in the Contoso directory. To sign into this application, the account must be added to the directory.");
    assert_snapshot!(enter(&code, "alice@contoso.com"), @"You are signed in. You may close this page.");
    for line in lines {
        stderr += &format!("{}\n", line.expect("stderr is text"));
    }
    let mut stdout = String::new();
    let mut pipe = plan.stdout.take().expect("stdout is piped");
    pipe.read_to_string(&mut stdout).expect("stdout is text");
    let status = plan.wait().expect("it was started");
    let run = Run::new(status.code().unwrap_or(-1), stdout, stderr).expect(0);
    assert_snapshot!(lines_with(&run.stdout, "Plan: "), @"Plan: 6 to create, 9 to update, 0 to replace, 0 to delete, 2 assignment changes.");
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
    assert_snapshot!(lines_with(&run.stderr, "Signing in"), @"Signing in with a client secret (spec.auth.clientId, AZURE_CLIENT_SECRET).");
    let run = stage.plan(&["--credential", "accessToken"], &variables).expect(0);
    assert_snapshot!(lines_with(&run.stderr, "Signing in"), @"Signing in with a ready access token (MOORLINE_ACCESS_TOKEN).");
    let refusal = stage.is_refused(&["--credential", "githubOidc"], &variables);
    assert_snapshot!(refusal, @r"
    error[auth/incomplete]: the credential cannot be used: `githubOidc` needs ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN (found: spec.auth.clientId)

    hint: give the job `permissions: id-token: write`; a pull request from a fork never has it

    auth/incomplete: The credential that was asked for is not complete.
      `--credential` or `spec.auth` names one kind of credential, so no other is tried, and something
      that it needs is missing.
      - Set what the message names, or leave the choice to Moorline by naming none.
    ");
}

#[test]
fn refusals_are_told_apart() {
    let stage = Stage::new();
    let _filters = stable_snapshots();
    let secret = [("AZURE_CLIENT_ID", APP), ("AZURE_CLIENT_SECRET", "canary")];
    assert_snapshot!(stage.is_refused(&[], &secret), @r"
    Signing in with a client secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/sign-in]: there is no access token for this call
      caused by: sign-in was refused: AADSTS7000215 (invalid_client): Invalid client secret provided. (trace id [id])

    entra/secret-wrong: The client secret is not one of the app's.
      Microsoft Entra knows the app but not the secret that was sent. Most often the secret's id was
      stored in place of its value, which is shown only once, when the secret is made. Else the secret
      was deleted, or is another app's.
      - Store the secret's value, not its id, where this run reads it.
      - If the value is lost, add a new client secret to the app registration and store that.
      see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
      see https://github.com/moorline/moorline/blob/main/schemas/graph/FACTS.md, section 4.6
    ");
    let stranger = [("AZURE_CLIENT_ID", TENANT), ("AZURE_CLIENT_SECRET", "canary")];
    assert_snapshot!(stage.is_refused(&[], &stranger), @r#"
    Signing in with a client secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/sign-in]: there is no access token for this call
      caused by: sign-in was refused: AADSTS700016 (unauthorized_client): Application with identifier '[id]' was not found in the directory 'Contoso'. (trace id [id])

    entra/app-unknown: The tenant does not know the app.
      The client id is wrong, or it is right and the app is registered in another tenant and was never
      consented to in this one.
      - Compare the client id with "Application (client) ID" of the app registration; the object id
        beside it is another one.
      - Check that `spec.tenantId` is the tenant in which the app is registered or was consented to.
      see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
      see https://github.com/moorline/moorline/blob/main/schemas/graph/FACTS.md, section 4.6
    "#);

    let federated = [("AZURE_CLIENT_ID", APP), ("AZURE_FEDERATED_TOKEN_FILE", "federated")];
    let audience = "api://AzureADTokenExchange";
    let forged = good_assertion();
    let forged = forged.rsplit_once('.').expect("a JWT").0.to_owned() + ".AAAA";
    let assertions = [
        ("expired", assertion(SUBJECT, audience, -3_600)),
        ("of another subject", assertion("repo:contoso/tenant:pull_request", audience, 600)),
        ("for another audience", assertion(SUBJECT, "api://other", 600)),
        ("forged", forged),
    ];
    let mut told = String::new();
    for (name, assertion) in assertions {
        stage.workspace.write("federated", assertion);
        told += &format!("{name}:\n{}\n", stage.is_refused(&[], &federated));
    }
    assert_snapshot!(told, @r#"
    expired:
    Signing in with a federated token file (AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/sign-in]: there is no access token for this call
      caused by: sign-in was refused: AADSTS700024 (invalid_client): Client assertion is not within its valid time range. (trace id [id])

    entra/assertion-time: The signed assertion is not valid now.
      The assertion that stands in for a secret was used after its end, or the clock of this machine is
      wrong. A pipeline's token lives for minutes and cannot be kept for later.
      - Set the clock; `moorline doctor` compares it with Microsoft's.
      - Fetch the pipeline's token anew for each sign-in.
      see schemas/graph/FACTS.md 4.6
      see https://github.com/Azure/login/issues/180

    of another subject:
    Signing in with a federated token file (AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/sign-in]: there is no access token for this call
      caused by: sign-in was refused: AADSTS700213 (invalid_client): No matching federated identity record found for presented assertion subject 'repo:contoso/tenant:pull_request'. (trace id [id])

    entra/federation-subject: No federated credential of the app has this subject.
      The pipeline's token was read, and its subject is not one that the app trusts. A subject names the
      branch, the tag, the environment or `pull_request`, so a credential made for one of them does not
      serve another.
      - Add a federated credential to the app registration with exactly the subject that the message
        quotes.
      - A job that runs in an environment has `environment:NAME` in its subject, whatever the branch is.
      see schemas/graph/FACTS.md 10
      see https://github.com/microsoft/Agents/issues/202
      see https://learn.microsoft.com/entra/workload-id/workload-identity-federation

    for another audience:
    Signing in with a federated token file (AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/sign-in]: there is no access token for this call
      caused by: sign-in was refused: AADSTS700212 (invalid_client): No matching federated identity record found for presented assertion audience 'api://other'. (trace id [id])

    entra/federation-audience: No federated credential of the app has this audience.
      The pipeline asked for a token for another audience than the federated credential names. Each
      cloud has its own.
      - Set the audience of the federated credential to the cloud's: api://AzureADTokenExchange in the
        global cloud, with USGov or China at its end in the others.
      see schemas/graph/FACTS.md 4.6
      see schemas/graph/FACTS.md 8
      see schemas/graph/FACTS.md 10

    forged:
    Signing in with a federated token file (AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/sign-in]: there is no access token for this call
      caused by: sign-in was refused: AADSTS700027 (invalid_client): Client assertion contains an invalid signature. (trace id [id])

    entra/assertion-signature: The signature of the assertion does not fit the app's certificate.
      The key that signed is not the one whose certificate the app registration holds, or that
      certificate has expired.
      - Compare the thumbprint of the certificate that this run uses with "Certificates & secrets" of
        the app registration, and upload it where it is missing.
      see schemas/graph/FACTS.md 4.6
      see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
      see https://github.com/pnp/cli-microsoft365/issues/1621
    "#);
    let nowhere = [federated[0], ("AZURE_FEDERATED_TOKEN_FILE", "nowhere")];
    assert_snapshot!(stage.is_refused(&[], &nowhere), @r"
    Signing in with a federated token file (AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/unusable-file]: there is no access token for this call
      caused by: the federated token cannot be read from nowhere
      caused by: [system error]

    auth/unusable-file: A file that the credential needs cannot be used.
      The certificate, its key or the federated token is missing, may not be read, or is of another form
      than its name says.
      - Correct the path, or the file's rights; a certificate comes with its private key, in PEM or PFX.
    ");

    let certificate = [
        ("AZURE_CLIENT_ID", APP),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "app"),
        ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "canary"),
    ];
    let (of_app, _) = Key::app().certificate();
    let (of_issuer, _) = Key::issuer().certificate();
    let files: [(&str, Vec<u8>); 6] = [
        ("of another app", [of_issuer, Key::issuer().pem()].concat().into()),
        ("with another's key", [of_app.clone(), Key::issuer().pem()].concat().into()),
        ("without a key", of_app.into()),
        ("under another password", Key::app().pfx("another", false)),
        ("under another password, in an old format", Key::app().pfx("another", true)),
        ("no certificate", b"nothing".to_vec()),
    ];
    let mut told = String::new();
    for (name, file) in files {
        stage.workspace.write("app", file);
        told += &format!("{name}:\n{}\n", stage.is_refused(&[], &certificate));
    }
    assert_snapshot!(told, @r#"
    of another app:
    Signing in with a client certificate (AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PASSWORD).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/sign-in]: there is no access token for this call
      caused by: sign-in was refused: AADSTS700027 (invalid_client): Client assertion contains an invalid signature. (trace id [id])

    entra/assertion-signature: The signature of the assertion does not fit the app's certificate.
      The key that signed is not the one whose certificate the app registration holds, or that
      certificate has expired.
      - Compare the thumbprint of the certificate that this run uses with "Certificates & secrets" of
        the app registration, and upload it where it is missing.
      see schemas/graph/FACTS.md 4.6
      see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
      see https://github.com/pnp/cli-microsoft365/issues/1621

    with another's key:
    Signing in with a client certificate (AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PASSWORD).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/unusable-file]: there is no access token for this call
      caused by: app is no client certificate to sign in with
      caused by: it holds no certificate of its private key

    auth/unusable-file: A file that the credential needs cannot be used.
      The certificate, its key or the federated token is missing, may not be read, or is of another form
      than its name says.
      - Correct the path, or the file's rights; a certificate comes with its private key, in PEM or PFX.

    without a key:
    Signing in with a client certificate (AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PASSWORD).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/unusable-file]: there is no access token for this call
      caused by: app is no client certificate to sign in with
      caused by: it holds no private key

    auth/unusable-file: A file that the credential needs cannot be used.
      The certificate, its key or the federated token is missing, may not be read, or is of another form
      than its name says.
      - Correct the path, or the file's rights; a certificate comes with its private key, in PEM or PFX.

    under another password:
    Signing in with a client certificate (AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PASSWORD).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/unusable-file]: there is no access token for this call
      caused by: app is no client certificate to sign in with
      caused by: the PFX does not open with this password

    auth/unusable-file: A file that the credential needs cannot be used.
      The certificate, its key or the federated token is missing, may not be read, or is of another form
      than its name says.
      - Correct the path, or the file's rights; a certificate comes with its private key, in PEM or PFX.

    under another password, in an old format:
    Signing in with a client certificate (AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PASSWORD).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/unusable-file]: there is no access token for this call
      caused by: app is no client certificate to sign in with
      caused by: the PFX does not open with this password

    auth/unusable-file: A file that the credential needs cannot be used.
      The certificate, its key or the federated token is missing, may not be read, or is of another form
      than its name says.
      - Correct the path, or the file's rights; a certificate comes with its private key, in PEM or PFX.

    no certificate:
    Signing in with a client certificate (AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PASSWORD).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/unusable-file]: there is no access token for this call
      caused by: app is no client certificate to sign in with
      caused by: it is neither PEM nor a PFX that can be read

    auth/unusable-file: A file that the credential needs cannot be used.
      The certificate, its key or the federated token is missing, may not be read, or is of another form
      than its name says.
      - Correct the path, or the file's rights; a certificate comes with its private key, in PEM or PFX.
    "#);
}

#[test]
fn a_token_of_another_tenant_goes_nowhere() {
    let stage = Stage::new();
    let other = "11111111-2222-4333-8444-555555555555";
    let token = stage.token();

    let _filters = stable_snapshots();
    let refusal = |variables: &[(&str, &str)]| {
        let told = stage.is_refused(&[], variables);
        told.replace(TENANT, "[tenant]").replace(other, "[other tenant]")
    };

    // The domain is one tenant's, the token another's.
    let claims = serde_json::json!({"tid": other, "iss": "http://127.0.0.1/"});
    let foreign = Key::issuer().sign(&claims);
    assert_snapshot!(refusal(&[("MOORLINE_ACCESS_TOKEN", &foreign)]), @r"
    Signing in with a ready access token (MOORLINE_ACCESS_TOKEN).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/wrong-tenant]: there is no access token for this call
      caused by: the token is for tenant [other tenant], but [tenant] is declared

    auth/wrong-tenant: The token is of another tenant than the declared one.
      The credential signs in to one tenant and `moorline.yaml` names another. Nothing was sent.
      - Correct `spec.tenantId`, or use the credential of that tenant.
    ");
    assert_snapshot!(refusal(&[("MOORLINE_ACCESS_TOKEN", "canary")]), @r"
    Signing in with a ready access token (MOORLINE_ACCESS_TOKEN).
    Reading the tenant contoso.onmicrosoft.com (global) …
    error[auth/no-tenant-claim]: there is no access token for this call
      caused by: the token does not say which tenant it is for

    auth/no-tenant-claim: The token does not say of which tenant it is.
      Moorline sends a token only when it knows that it belongs to the declared tenant, and this one has
      no `tid` claim.
      - Use an access token for Microsoft Graph, issued by Microsoft Entra; other texts are none.
    ");

    let from = "tenantId: contoso.onmicrosoft.com";
    stage.workspace.edit("moorline.yaml", from, &format!("tenantId: {other}"));
    assert_snapshot!(refusal(&[("MOORLINE_ACCESS_TOKEN", &token)]), @r"
    Signing in with a ready access token (MOORLINE_ACCESS_TOKEN).
    Reading the tenant [other tenant] (global) …
    error[auth/wrong-tenant]: there is no access token for this call
      caused by: the token is for tenant [tenant], but [other tenant] is declared

    auth/wrong-tenant: The token is of another tenant than the declared one.
      The credential signs in to one tenant and `moorline.yaml` names another. Nothing was sent.
      - Correct `spec.tenantId`, or use the credential of that tenant.
    ");
    assert_snapshot!(refusal(&BY_SECRET), @r"
    Signing in with a client secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET).
    Reading the tenant [other tenant] (global) …
    error[auth/sign-in]: there is no access token for this call
      caused by: sign-in was refused: AADSTS90002 (invalid_request): Tenant '[other tenant]' not found. (trace id [id])

    entra/tenant-unknown: There is no such tenant in this cloud.
      The sign-in service of the chosen cloud has no tenant with this id or domain.
      - Check `spec.tenantId` for a typing error.
      - Check `spec.cloud`. A tenant of a national cloud is unknown to the global one, and the other way
        round.
      see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
      see https://github.com/moorline/moorline/blob/main/schemas/graph/FACTS.md, section 4.6, 8
    ");
    stage.workspace.edit("moorline.yaml", other, "nowhere.contoso.com");
    assert_snapshot!(refusal(&BY_SECRET), @r"
    Signing in with a client secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET).
    error[auth/sign-in]: sign-in was refused: AADSTS90002 (invalid_tenant): Tenant 'nowhere.contoso.com' not found. (trace id [id])

    entra/tenant-unknown: There is no such tenant in this cloud.
      The sign-in service of the chosen cloud has no tenant with this id or domain.
      - Check `spec.tenantId` for a typing error.
      - Check `spec.cloud`. A tenant of a national cloud is unknown to the global one, and the other way
        round.
      see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
      see https://github.com/moorline/moorline/blob/main/schemas/graph/FACTS.md, section 4.6, 8
    ");
}

#[test]
fn without_any_credential_everything_that_is_missing_is_listed() {
    let workspace = Workspace::example("contoso");
    let run = workspace.run(&["plan"]).expect(1);
    assert_snapshot!(run.stderr, @r"
    error[auth/no-credential]: no credential was found

    hint: `-v` lists what each kind of credential needs.

    auth/no-credential: There is nothing to sign in with.
      No complete credential was found in the environment of this run. A variable that is set and empty
      counts as missing, as pipelines hand over a secret that does not exist.
      - Set `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET` (or the same with `ARM_`), sign in with
        `az login`, or give the pipeline an identity token.
      - A pull request from a fork gets no secrets and no identity token; plan there with `--sandbox`.
    ");
    let verbose = workspace.run(&["plan", "-v"]).expect(1).stderr;
    let needs = verbose.lines().filter(|line| line.starts_with("hint: `")).count();
    assert_eq!(needs, 9, "{verbose}");
    assert!(verbose.contains("hint: `deviceCode` needs a person at a terminal"), "{verbose}");
}
