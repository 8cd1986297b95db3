//! `explain`: what people paste, and every code that the program has.

use std::collections::BTreeSet;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::snapshots::lines_with;
use crate::support::{Run, Workspace, repository};

mod pasted;

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
    let published = moorline::cli::documents::find(document).expect("it is published");
    jsonschema::validator_for(&(published.schema)()).expect("a schema")
}

#[test]
fn every_error_that_people_paste_is_explained() {
    for (text, id) in pasted::all() {
        is_explained(&text, id);
    }
}

#[test]
fn what_stands_around_an_error_is_no_hindrance() {
    for (text, id) in pasted::all() {
        is_explained(&format!("2026-01-01 WARN the call failed:\n{text}\n(end)"), id);
    }
}

#[test]
fn what_support_asks_for_is_picked_out() {
    let found = explain(pasted::FLAT).json()["found"].clone();
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
    let text = Workspace::empty().run_with_input(&["explain", "-"], pasted::FLAT.as_bytes());
    assert_snapshot!(text.stdout, @r"
    intune/app-not-authorized: The token is valid but lacks the Intune permission for this call.
      Microsoft Entra issued a token whose `roles` (or `scp`) do not hold the scope that Intune asks
      for. The permission was not added to the app, or it was added and never consented to, or the token
      is older than the consent.
      - Grant one of the scopes that the message names as an application permission, with admin consent.
        `moorline permissions` lists the least set with its ids.
      - Where a person signs in, add it as a delegated permission, and give the person an Intune role as
        well.
      - Get a new token afterwards; one that is already issued does not change.
      see https://learn.microsoft.com/mem/intune/developer/intune-graph-apis
      see https://github.com/moorline/moorline/blob/main/schemas/graph/FACTS.md, section 4.3

    Found in the message:
      code        Forbidden
      message     Application is not authorized to perform this operation
      activity id cc7fa3b3-bb25-420b-bfb2-1498e598ba43
      time        1980-01-0112:00:00
    ");
}

#[test]
fn a_line_of_the_log_is_explained() {
    let workspace = Workspace::tenant(&[]);
    workspace
        .seed(&json!({ "apps": [{ "clientId": "moorline", "secret": "sandbox", "roles": [] }] }));
    workspace.write(
        "policy.yaml",
        "apiVersion: graph.microsoft.com/v1.0\nkind: deviceRegistrationPolicy\nmetadata: { name: p }\nspec: { userDeviceQuota: 5 }\n",
    );
    for (format, refused) in [("text", "status=403"), ("json", "\"status\":403")] {
        let run = workspace.run(&["plan", "--sandbox", "-vv", "--log-format", format]).expect(1);
        let line = run.stderr.lines().find(|line| line.contains(refused));
        let document = explain(line.expect("the call is logged")).json();
        assert_eq!(document["items"][0]["id"], "graph/forbidden");
        for id in ["requestId", "clientRequestId"] {
            assert!(document["found"][id].is_string(), "{document:#}");
        }
    }
}

#[test]
fn a_number_that_the_catalogue_lacks_is_looked_up_elsewhere() {
    let run = Workspace::empty().run(&["explain", "AADSTS50057"]).expect(0);
    assert_snapshot!(run.stdout, @r"
    entra/client-refused: Microsoft Entra does not accept the app's sign-in.
      No token was issued, or none that may be sent to this Graph. The client id, its secret or
      certificate, the tenant or the federated credential is not as it should be.
      - Look the AADSTS number in the message up at https://login.microsoftonline.com/error.
      - Run `moorline doctor`, which checks the sign-in step by step.
      see https://github.com/moorline/moorline/blob/main/schemas/graph/FACTS.md, section 4.6

    - Microsoft explains AADSTS50057 at https://login.microsoftonline.com/error?code=50057.
    ");
}

#[test]
fn a_negative_number_is_no_option() {
    let workspace = Workspace::empty();
    let run = workspace.run(&["explain", "-2016281112", "AADSTS7000222"]);
    assert_snapshot!(run.expect(0).stdout, @r#"
    intune/device-remediation-failed: The device did not end with the value that the profile sets.
      It is the most general answer that a device gives for a setting ("Remediation failed") and says no
      more than that. The profile reached the device. Windows has given it for a Wi-Fi profile in XML
      that worked all the same.
      - Look at the device for the setting that failed; on Windows the log of
        DeviceManagement-Enterprise-Diagnostics-Provider names the CSP and its own error.
      - Check the value, for a custom setting also its OMA-URI and data type, and that the edition and
        version of the system know the setting.
      see
        https://learn.microsoft.com/troubleshoot/mem/intune/general/troubleshoot-company-resource-access-problems
      see https://learn.microsoft.com/mem/intune/configuration/custom-profile-wifi
      see https://github.com/moorline/moorline/blob/main/schemas/graph/FACTS.md, section 4.7

    entra/secret-expired: The client secret has expired.
      Every secret of the app registration is past its end date, so Microsoft Entra issues no token.
      Nothing is wrong with permissions or roles.
      - Add a new client secret to the app registration and store its value where this run reads it.
      - Better, sign in without a secret, by a federated credential of the pipeline, which does not
        expire.
      see https://aka.ms/NewClientSecret
      see https://github.com/moorline/moorline/blob/main/schemas/graph/FACTS.md, section 4.6
    "#);
    workspace.run(&["explain", "--fromat", "json"]).expect(64);
}

#[test]
fn an_unknown_one_says_so_and_what_to_send() {
    let run = explain("A thing went wrong. Activity ID: cc7fa3b3-bb25-420b-bfb2-1498e598ba43");
    assert_eq!(run.code, 1);
    assert_eq!(run.json()["items"], json!([]));
    let text = Workspace::empty().run(&["explain", "A", "thing", "went", "wrong."]).expect(1);
    assert_snapshot!(text.stdout, @r"
    Unknown: no entry of the catalogue matches.

    - Send Microsoft's support the request id (`moorline -vv` logs it for every call), the time, the
      tenant's id and the call that was made.
    - Never send a token, a secret or the value of a setting that holds one.
    ");
    let near = Workspace::empty().run(&["explain", "intune/roles-missing"]).expect(1);
    assert_snapshot!(near.stdout, @"Unknown: there is no such code. Did you mean `intune/role-missing`?");
    let other = Workspace::empty().run(&["explain", "notify/channel"]).expect(1);
    assert_snapshot!(other.stdout, @"
    Unknown: no entry of the catalogue matches.

    - The codes like it are `usage/channel`. `moorline explain` lists the codes.
    ");
}

#[test]
fn any_input_is_answered() {
    let workspace = Workspace::empty();
    let long = vec![b'{'; (1 << 20) + 1];
    workspace.run_with_input(&["explain", "-"], &long).expect(64);
    workspace.run_with_input(&["explain", "-"], &long[..1 << 20]).expect(1);
    workspace.run_with_input(&["explain", "-"], b"  \n").expect(64);
    workspace.run_with_input(&["explain", "-"], b"\xff\xfe 403 Forbidden").expect(0);
    let hostile = workspace.run_with_input(
        &["explain", "-"],
        b"{\"error\":{\"code\":\"\\u001b[2J\",\"message\":\"x\"}}",
    );
    assert_snapshot!(hostile.stdout, @r"
    Unknown: no entry of the catalogue matches.

    Found in the message:
      code    \u{1b}[2J
      message x

    - Send Microsoft's support the request id (`moorline -vv` logs it for every call), the time, the
      tenant's id and the call that was made.
    - Never send a token, a secret or the value of a setting that holds one.
    ");
    let list = workspace.run(&["explain"]).expect(0);
    assert_snapshot!(lines_with(&list.stdout, "intune/role"), @"intune/role-missing");
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
    let error = workspace.run(&["plan", "--sandbox", "--format", "json"]).expect(1).json();
    assert_eq!(error["explanation"]["id"], "entra/secret-wrong");
    assert!(validator("error").is_valid(&error));
}

/// String literals with a slash that are no codes.
const NO_CODES: [&str; 3] =
    ["application/json", "application/x-www-form-urlencoded", "moorline/v1"];

/// Collects what looks like a code in the sources, tests and the sandbox left out: it speaks as Graph does.
fn codes(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !["tests", "sandbox"].contains(&name) {
                codes(&path, found);
            }
            continue;
        }
        let is_source = path.extension().is_some_and(|ending| ending == "rs");
        if !is_source || ["tests", "testing", "fixture"].contains(&name) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        let text = text.split("\nmod tests {").next().unwrap_or_default();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for literal in lines.flat_map(|line| line.split('"').skip(1)) {
            let fits = |part: &str| {
                part.starts_with(|c: char| c.is_ascii_lowercase())
                    && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            };
            if literal.split_once('/').is_some_and(|(area, slug)| fits(area) && fits(slug)) {
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
    for keyword in ["additionalProperties", "anyOf", "enum", "maxItems", "pattern", "required"] {
        found.insert((format!("schema/{keyword}"), "src/manifest/violation.rs".to_owned()));
    }
    let catalogue = moorline::diagnose::Catalogue::built_in();
    let unknown: Vec<_> = found
        .iter()
        .filter(|(code, _)| !NO_CODES.contains(&code.as_str()))
        .filter(|(code, _)| catalogue.by_code(code).is_none())
        .collect();
    assert!(unknown.is_empty(), "not in schemas/errors.yaml: {unknown:#?}");
}

#[test]
fn findings_in_a_pasted_report_are_explained_one_by_one() {
    let workspace = Workspace::example("refused");
    let report = workspace.run(&["validate", "manifests-that-fail", "--format", "json"]).expect(3);
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
