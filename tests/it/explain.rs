//! `explain`: what people paste, and every code that the program has.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Run, Workspace, repository};

fn explain(text: &str) -> Run {
    Workspace::empty().run_with_input(&["explain", "-", "--format", "json"], text.as_bytes())
}

#[track_caller]
fn is_explained(text: &str, id: &str) {
    let run = explain(text);
    assert_eq!(run.code, 0, "{text}\n{}{}", run.stdout, run.stderr);
    let document = run.json();
    let found: Vec<&str> = document["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|item| item["id"].as_str())
        .collect();
    assert_eq!(found, [id], "{text}");
    let faults: Vec<String> = validator("explain")
        .iter_errors(&document)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

fn validator(document: &str) -> jsonschema::Validator {
    let published = moorline::schema::documents::find(document).expect("it is published");
    jsonschema::validator_for(&published.schema()).expect("a schema")
}

const SUPPORT: &str = "Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - \
                       Activity ID: cc7fa3b3-bb25-420b-bfb2-1498e598ba43";

#[test]
fn what_servicenow_says_of_a_missing_role_is_explained() {
    let method = "Method failed: (/v1.0/deviceManagement/managedDevices/{managedDeviceId}) with code: 401 - \
                  Invalid username/password combo";
    is_explained(method, "intune/role-missing");
    is_explained(
        "メソッドが失敗しました:(/v1.0/deviceManagement/managedDevices/{managedDeviceId}) コード:401:無効なユーザー名/パスワードコンボ",
        "intune/role-missing",
    );
    is_explained(
        &format!("An error has occurred - {SUPPORT}"),
        "intune/role-missing",
    );
}

#[test]
fn what_microsofts_page_shows_of_a_missing_scope_is_explained() {
    // As the page has it: a literal in pieces, which is no JSON.
    let pasted = r#"{
  "error": {
    "code": "Forbidden",
    "message": "Application is not authorized to perform this operation - Operation ID " +
       "(for customer support): 00000000-0000-0000-0000-000000000000 - " +
       "Activity ID: cc7fa3b3-bb25-420b-bfb2-1498e598ba43 - " +
       "Url: https://example.manage.microsoft.com/" +
       "Service/Resource/RESTendpoint?" +
       "api-version=2017-03-06 - CustomApiErrorPhrase: ",
    "innerError": {
      "request-id": "00000000-0000-0000-0000-000000000000",
      "date": "1980-01-0112:00:00"
    }
  }
}"#;
    is_explained(pasted, "intune/app-not-authorized");
    let found = explain(pasted).json()["found"].clone();
    assert_eq!(
        found,
        json!({
            "code": "Forbidden",
            "message": "Application is not authorized to perform this operation",
            "requestId": "00000000-0000-0000-0000-000000000000",
            "activityId": "cc7fa3b3-bb25-420b-bfb2-1498e598ba43",
            "operationId": "00000000-0000-0000-0000-000000000000",
            "date": "1980-01-0112:00:00",
        })
    );
    is_explained("503 Service Unavailable", "graph/unavailable");
}

#[test]
fn what_a_provisioning_tool_says_is_explained() {
    for (text, id) in [
        (
            "Bad Request (400) Property userPrincipalName is invalid",
            "directory/upn-invalid",
        ),
        (
            "Forbidden (403) Insufficient privileges to complete the operation",
            "directory/insufficient-privileges",
        ),
        (
            "Not Found (404) Resource 'alice@contoso.com' does not exist or one of its queried reference-property objects are not present",
            "directory/object-missing",
        ),
        (
            "Bad Request (400) License assignment failed because service plan a depends on the service plan(s) b",
            "directory/licence-dependency",
        ),
        (
            "Bad Request (400) License assignment failed because service plan〜are mutually exclusive ,service plans",
            "directory/licence-conflict",
        ),
        (
            "Bad Request (400) Subscription with SKU 〜 does not have any available licenses",
            "directory/licence-none-left",
        ),
        (
            "Unauthorized (401) invalid_client 〜 Error validating credentials.",
            "entra/credentials-invalid",
        ),
    ] {
        is_explained(text, id);
    }
}

#[test]
fn refusals_of_the_sign_in_service_are_explained_by_their_numbers() {
    for (number, id) in [
        (7_000_215, "entra/secret-wrong"),
        (7_000_222, "entra/secret-expired"),
        (700_016, "entra/app-unknown"),
        (90_002, "entra/tenant-unknown"),
        (900_023, "entra/tenant-malformed"),
        (50_034, "entra/user-unknown"),
        (65_001, "entra/no-consent"),
        (53_003, "entra/conditional-access"),
        (70_021, "entra/federation-no-match"),
        (700_213, "entra/federation-subject"),
        (700_211, "entra/federation-issuer"),
        (700_212, "entra/federation-audience"),
        (7_002_138, "entra/federation-case"),
        (7_002_137, "entra/federation-case"),
        (700_024, "entra/assertion-time"),
        (700_027, "entra/assertion-signature"),
        (7_000_216, "entra/no-client-credential"),
        (7_000_218, "entra/no-client-credential"),
        (900_144, "entra/parameter-missing"),
        (9_002_313, "entra/request-malformed"),
        (500_011, "entra/resource-unknown"),
        (1_002_012, "entra/scope-invalid"),
    ] {
        let body = json!({
            "error": "invalid_client",
            "error_description": format!("AADSTS{number}: Words. Trace ID: 6f6c4645-0202-4486-b625-fa957dfc4700 Timestamp: 2023-05-06 06:03:00Z"),
            "error_codes": [number],
        });
        is_explained(&body.to_string(), id);
    }
}

#[test]
fn graphs_and_intunes_own_words_are_explained() {
    let nested = |message: &str| json!({ "_version": 3, "Message": format!("{message} - {SUPPORT}"), "CustomApiErrorPhrase": "" });
    let body = |code: &str, message: &str| json!({ "error": { "code": code, "message": message } });
    let wrapped = json!({ "ErrorCode": "Forbidden", "Message": nested("An error has occurred").to_string(), "Target": null });
    for (body, id) in [
        (
            body("UnknownError", &wrapped.to_string()),
            "intune/role-missing",
        ),
        (
            body("ModelValidationFailure", "Cannot create an abstract class."),
            "graph/abstract-type",
        ),
        (
            body(
                "BadRequest",
                &nested("Invalid patch, at least 1 property must be changed.").to_string(),
            ),
            "intune/nothing-to-change",
        ),
        (
            body(
                "BadRequest",
                &nested("Header 'x-msft-approval-justification' is required to request approval")
                    .to_string(),
            ),
            "intune/approval-justification",
        ),
        (
            body("ApprovalRequired", "Approval Required."),
            "intune/approval-required",
        ),
        (
            body(
                "NotSupported",
                &nested("SecretReferenceValueId invalid for create.").to_string(),
            ),
            "intune/secret-reference",
        ),
        (
            body(
                "ResourceNotFound",
                &nested("An error has occurred").to_string(),
            ),
            "intune/not-found",
        ),
        (
            body("TooManyRequests", "Please retry again later."),
            "graph/throttled",
        ),
        (
            body(
                "BadRequest",
                &nested("Request not applicable to target tenant.").to_string(),
            ),
            "intune/tenant-unlicensed",
        ),
        (
            body("InvalidAuthenticationToken", "Access token is empty."),
            "graph/token-malformed",
        ),
        (
            body(
                "invalid_request",
                "Tenant registration policy is missing a value for quota",
            ),
            "entra/registration-policy-incomplete",
        ),
        (
            nested("Invalid patch, at least 1 property must be changed."),
            "intune/nothing-to-change",
        ),
    ] {
        is_explained(&body.to_string(), id);
        is_explained(&format!("2026-01-01 WARN call failed: {body:#} (end)"), id);
    }
}

#[test]
fn an_unknown_one_says_so_and_what_to_send() {
    let run = explain("A thing went wrong. Activity ID: cc7fa3b3-bb25-420b-bfb2-1498e598ba43");
    assert_eq!(run.code, 1);
    assert_eq!(run.json()["items"], json!([]));
    let text = Workspace::empty()
        .run(&["explain", "A", "thing", "went", "wrong."])
        .expect(1);
    assert!(
        text.stdout.starts_with("Unknown:") && text.stdout.contains("request id"),
        "{}",
        text.stdout
    );
    let near = Workspace::empty()
        .run(&["explain", "intune/roles-missing"])
        .expect(1);
    assert!(
        near.stdout.contains("`intune/role-missing`"),
        "{}",
        near.stdout
    );
}

#[test]
fn any_input_is_answered() {
    let workspace = Workspace::empty();
    let long = vec![b'{'; (1 << 20) + 1];
    workspace
        .run_with_input(&["explain", "-"], &long)
        .expect(64);
    workspace
        .run_with_input(&["explain", "-"], &long[..1 << 20])
        .expect(1);
    workspace
        .run_with_input(&["explain", "-"], b"  \n")
        .expect(64);
    workspace
        .run_with_input(&["explain", "-"], b"\xff\xfe 403 Forbidden")
        .expect(0);
    let hostile = workspace.run_with_input(
        &["explain", "-"],
        b"{\"error\":{\"code\":\"\\u001b[2J\",\"message\":\"x\"}}",
    );
    assert!(!hostile.stdout.contains('\u{1b}'), "{}", hostile.stdout);
    let list = workspace.run(&["explain"]).expect(0);
    assert!(list.stdout.contains("intune/role-missing"));
}

#[test]
fn a_failing_command_ends_with_the_explanation() {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&json!({ "apps": [{ "clientId": "moorline", "secret": "another" }] }));
    workspace.write(
        "policy.yaml",
        "apiVersion: graph.microsoft.com/v1.0\nkind: deviceRegistrationPolicy\nmetadata: { name: p }\nspec: { userDeviceQuota: 5 }\n",
    );
    let run = workspace.run(&["plan", "--sandbox"]).expect(1);
    let text = workspace.run(&["explain", "entra/secret-wrong"]).expect(0);
    assert!(run.stderr.ends_with(&text.stdout), "{}", run.stderr);
    let error = workspace
        .run(&["plan", "--sandbox", "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(error["explanation"]["id"], "entra/secret-wrong");
    assert!(validator("error").is_valid(&error));
}

/// String literals with a slash that are no codes.
const NO_CODES: [&str; 3] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "moorline/v1",
];

/// Collects what looks like a code in the sources, tests and the sandbox left out: it speaks as Graph does.
fn codes(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() {
            if !["tests", "sandbox"].contains(&name) {
                codes(&path, found);
            }
            continue;
        }
        if ["tests", "testing", "fixture"].contains(&name) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        let text = text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or_default();
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for literal in lines.flat_map(|line| line.split('"').skip(1)) {
            let fits = |part: &str| {
                part.starts_with(|c: char| c.is_ascii_lowercase())
                    && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            };
            if literal
                .split_once('/')
                .is_some_and(|(area, slug)| fits(area) && fits(slug))
            {
                found.insert((literal.to_owned(), path.display().to_string()));
            }
        }
    }
}

#[test]
fn every_code_of_the_program_is_known() {
    let mut found = BTreeSet::new();
    codes(&repository().join("src"), &mut found);
    assert!(found.len() > 80, "the sources hold codes: {}", found.len());
    // These are put together when they are needed.
    for named in ["group", "user", "filter", "scope-tag"] {
        for slug in ["unknown", "ambiguous", "unreadable"] {
            found.insert((format!("{named}/{slug}"), "src/plan/names.rs".to_owned()));
        }
    }
    let rules = std::fs::read_to_string(repository().join("schemas/semantics.yaml"));
    for line in rules.expect("the facts can be read").lines() {
        if let Some(code) = line.trim().strip_prefix("- code: ") {
            found.insert((code.to_owned(), "schemas/semantics.yaml".to_owned()));
        }
    }
    let catalogue = moorline::diagnose::Catalogue::built_in();
    let unknown: Vec<_> = found
        .iter()
        .filter(|(code, _)| !NO_CODES.contains(&code.as_str()))
        .filter(|(code, _)| catalogue.by_code(code).is_none())
        .collect();
    assert!(
        unknown.is_empty(),
        "not in schemas/errors.yaml: {unknown:#?}"
    );
}

#[test]
fn findings_in_a_pasted_report_are_explained_one_by_one() {
    let workspace = Workspace::example("refused");
    let report = workspace
        .run(&["validate", "manifests-that-fail", "--format", "json"])
        .expect(3);
    let answer: Value = explain(&report.stdout).json();
    let ids: Vec<&str> = answer["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|item| item["id"].as_str())
        .collect();
    for id in ["schema/minimum", "yaml/tab", "secret/literal"] {
        assert!(ids.contains(&id), "{id} is among {ids:?}");
    }
}
