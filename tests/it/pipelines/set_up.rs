//! `permissions --github` and `--azure-devops`: the script is run against stand-ins of `az` and `gh`, the configuration of
//! Terraform is read by a parser of its language.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Run, Workspace};

const HELLO: &str = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: hello }\nspec: { displayName: Hello, pinMinimumLength: 6 }\nassignments:\n  - group: Windows laptops\n";

const READ: &str = "DeviceManagementConfiguration.Read.All";
const WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";

/// A stand-in that writes its arguments to a log, one call a line, and remembers in files what was made.
const AZ: &str = r#"#!/usr/bin/env bash
printf 'az' >> "$LOG"; printf ' %q' "$@" >> "$LOG"; printf '\n' >> "$LOG"
all=$*
case "$all" in
  "rest --resource"*connectionData*) echo 33333333-4444-5555-6666-777777777777 ;;
  "rest --resource"*" --method GET "*)
    check=control; case "$all" in *"'Approval'"*) check=approval ;; esac
    of=${all#*resourceType=}; of=${of%%&*}
    if [ -f "check-$of-$check" ] && [ ! -f "deaf-$of-$check" ]; then echo 1; else echo 0; fi ;;
  "rest --resource"*" --method POST "*)
    check=control; case "$all" in *'"Approval"'*) check=approval ;; esac
    of=environment; case "$all" in *'"endpoint"'*) of=endpoint ;; esac
    printf '%s' "${9}" > "check-$of-$check" ;;
  "rest --method GET"*) printf 'id\ncontoso.com\nContoso.onmicrosoft.com\n' ;;
  "account show"*) echo 8f6d2c2e-5b1d-4c57-9d0a-3d7f0e8a1b11 ;;
  "ad app list"*) name=${all#*displayName eq \'}; name=${name%%\'*}; cat "app-$name" 2>/dev/null || true ;;
  "ad app create"*) echo "id-of-$5" | tee "app-$5" ;;
  "ad sp show"*) [ -f "sp-$5" ] ;;
  "ad sp create"*) [ -f "tried-$5" ] || { touch "tried-$5"; exit 1; }; touch "sp-$5" ;;
  "ad app federated-credential list"*) grep -qF "${8##*subject==}" "trusted-$6" 2>/dev/null && echo there || true ;;
  "ad app federated-credential create"*) printf "%s '" "${*: -1}" | sed "s/.*\"subject\": \"\([^\"]*\)\".*/'\1'/" >> "trusted-$6"; echo "].id" >> "trusted-$6" ;;
  "devops project show"*) echo 11111111-2222-3333-4444-555555555555 ;;
  "devops service-endpoint list"*) name=${all#*name==\'}; name=${name%%\'*}; cat "connection-$name" 2>/dev/null || true ;;
  "devops service-endpoint create"*) cp "$9" "last.json"; name=$(jq -r .name "$9"); echo "id-of-$name" | tee "connection-$name" ;;
  "devops service-endpoint show"*Issuer*) echo "https://login.microsoftonline.com/tenant/v2.0" ;;
  "devops service-endpoint show"*Subject*) echo "/eid1/c/pub/t/x/a/y/sc/$9" ;;
  "devops invoke"*POST*) touch environment; echo 7 ;;
  "devops invoke"*) [ -f environment ] && echo 7 || true ;;
esac
"#;

/// A stand-in that keeps the environment as GitHub would answer for it.
const GH: &str = r#"#!/usr/bin/env bash
printf 'gh' >> "$LOG"; printf ' %q' "$@" >> "$LOG"; printf '\n' >> "$LOG"
last=${*: -1}
case "$*" in
  "api repos/contoso/intune --jq .default_branch") echo trunk ;;
  "api repos/contoso/intune/actions/oidc/customization/sub"*) echo "$PREFIX" ;;
  "api user"*) echo 42 ;;
  *"--method PUT"*) cat > environment.json
    jq '{protection_rules: [{type: "required_reviewers", reviewers}, {type: "branch_policy"}], deployment_branch_policy}' environment.json > rules.json
    echo '{"branch_policies": []}' > policies.json ;;
  *"deployment-branch-policies --field name="*) jq '.branch_policies += [{name: "trunk", type: "branch"}]' policies.json > made.json; mv made.json policies.json ;;
  *"--method"*) ;;
  "api repos/contoso/intune/environments --paginate"*) [ ! -f rules.json ] || echo contoso ;;
  *"/deployment-branch-policies "*) jq -r "$last" policies.json ;;
  "api repos/contoso/intune/environments/contoso "*) jq -r "$last" rules.json ;;
esac
"#;

/// A tenant with the stand-ins, and the script of these arguments.
struct SetUp {
    workspace: Workspace,
    script: String,
}

impl SetUp {
    fn of(arguments: &[&str]) -> Self {
        let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
        let script = workspace.run(&[&["permissions"], arguments].concat()).expect(0).stdout;
        // A wait is for a service, and none is here.
        for (name, text) in [("az", AZ), ("gh", GH), ("sleep", "#!/bin/sh\n")] {
            let path = format!("bin/{name}");
            workspace.write(&path, text);
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(workspace.file(&path), mode).expect("it can be run");
        }
        workspace.write("set-up.sh", &script);
        Self { workspace, script }
    }

    /// Runs the script and returns the calls that it made.
    fn run(&self, prefix: &str) -> (Run, Vec<String>) {
        self.workspace.write("calls.log", "");
        let path = format!(
            "{}:{}",
            self.workspace.file("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let output = Command::new("bash")
            .arg("set-up.sh")
            .current_dir(self.workspace.path())
            .env("PATH", path)
            .env("LOG", self.workspace.file("calls.log"))
            .env("PREFIX", prefix)
            .env_remove("SUBJECT_PREFIX")
            .env_remove("APPROVER")
            .env_remove("BRANCH")
            .output()
            .expect("bash runs");
        let calls = std::fs::read_to_string(self.workspace.file("calls.log")).expect("the calls");
        (Run::from(output), calls.lines().map(str::to_owned).collect())
    }
}

/// Returns the calls that begin with these words.
fn calls<'a>(all: &'a [String], begin: &str) -> Vec<&'a str> {
    all.iter().map(String::as_str).filter(|call| call.starts_with(begin)).collect()
}

#[test]
fn script_registers_a_reader_and_a_writer_that_trust_what_github_says() {
    let set_up = SetUp::of(&["--github", "contoso/intune"]);
    let (run, all) = set_up.run("repo:contoso@1/intune@2");
    run.expect(0);
    let created = calls(&all, "az ad app create");
    assert!(created[0].contains("moorline-contoso-read"), "{created:?}");
    assert!(created[1].contains("moorline-contoso-write") && created.len() == 2, "{created:?}");
    let trusted = calls(&all, "az ad app federated-credential create");
    for (call, id, subject) in [
        (trusted[0], "read", "repo:contoso@1/intune@2:pull_request"),
        (trusted[1], "read", "repo:contoso@1/intune@2:ref:refs/heads/trunk"),
        (trusted[2], "write", "repo:contoso@1/intune@2:environment:contoso"),
    ] {
        assert!(call.contains(&format!("--id id-of-moorline-contoso-{id}")), "{call}");
        let quoted = format!("\\\"subject\\\":\\ \\\"{subject}\\\"");
        assert!(call.contains(&quoted), "{call}");
        assert!(call.contains("api://AzureADTokenExchange"), "{call}");
    }
    assert_eq!(trusted.len(), 3);
    let variables = calls(&all, "gh variable set");
    assert_eq!(
        variables,
        [
            "gh variable set AZURE_CLIENT_ID_CONTOSO --repo contoso/intune --body id-of-moorline-contoso-read",
            "gh variable set AZURE_CLIENT_ID --repo contoso/intune --env contoso --body id-of-moorline-contoso-write",
        ]
    );
    let environment = set_up.workspace.json("environment.json");
    assert_eq!(environment["reviewers"], json!([{ "type": "User", "id": 42 }]));
    assert_eq!(calls(&all, "gh api --method POST").len(), 1, "the default branch may use it");

    // Run again, it makes nothing.
    let (run, all) = set_up.run("repo:contoso@1/intune@2");
    run.expect(0);
    for begin in [
        "az ad app create",
        "az ad sp create",
        "az ad app federated-credential create",
        "gh api --method",
    ] {
        assert_eq!(calls(&all, begin), Vec::<&str>::new());
    }
}

#[test]
fn writer_trusts_an_environment_only_when_github_protects_it() {
    let reviewers = json!([{ "type": "required_reviewers", "reviewers": [{ "type": "User" }] }]);
    let custom = json!({ "protected_branches": false, "custom_branch_policies": true });
    let protected = json!({ "protected_branches": true, "custom_branch_policies": false });
    let trunk = json!({ "name": "trunk", "type": "branch" });
    let cases = [
        (json!([]), custom.clone(), json!([trunk]), "no required reviewers"),
        (
            json!([{ "type": "required_reviewers", "reviewers": [] }]),
            custom.clone(),
            json!([trunk]),
            "no required reviewers",
        ),
        (reviewers.clone(), Value::Null, json!([]), "other branches than trunk"),
        (reviewers.clone(), protected, json!([]), "other branches than trunk"),
        (reviewers.clone(), custom.clone(), json!([]), "other branches than trunk"),
        (
            reviewers.clone(),
            custom.clone(),
            json!([trunk, { "name": "*" }]),
            "other branches than trunk",
        ),
        (
            reviewers.clone(),
            custom.clone(),
            json!([{ "name": "trunk", "type": "tag" }]),
            "other branches than trunk",
        ),
        (reviewers, custom, json!([trunk]), ""),
    ];
    let set_up = SetUp::of(&["--github", "contoso/intune"]);
    for (rules, policy, branches, refusal) in cases {
        let environment = json!({ "protection_rules": rules, "deployment_branch_policy": policy });
        set_up.workspace.write("rules.json", environment.to_string());
        set_up.workspace.write("policies.json", json!({ "branch_policies": branches }).to_string());
        let (run, all) = set_up.run("repo:contoso/intune");
        let run = run.expect(i32::from(!refusal.is_empty()));
        assert!(run.stderr.contains(refusal), "{environment}: {}", run.stderr);
        let trusted = calls(&all, "az ad app federated-credential create");
        let writes = trusted.iter().any(|call| call.contains("moorline-contoso-write"));
        assert_eq!(writes, refusal.is_empty(), "{environment}");
        assert_eq!(calls(&all, "gh api --method"), Vec::<&str>::new(), "its rules are kept");
    }
}

#[test]
fn writer_trusts_azure_devops_only_when_its_environment_and_connection_are_checked() {
    for deaf in
        ["environment-approval", "environment-control", "endpoint-approval", "endpoint-control"]
    {
        let set_up = SetUp::of(&["--azure-devops", "contoso/Our Devices"]);
        set_up.workspace.write(&format!("deaf-{deaf}"), "");
        let (run, all) = set_up.run("");
        let run = run.expect(1);
        let (resource, check) = deaf.split_once('-').expect("a check");
        let what = if check == "approval" { "no approval" } else { "no branch control" };
        assert!(run.stderr.contains(&format!("The {resource} ")), "{}", run.stderr);
        assert!(run.stderr.contains(what), "{}", run.stderr);
        let trusted = calls(&all, "az ad app federated-credential create");
        assert!(trusted.len() == 1 && trusted[0].contains("-read"), "{deaf}: {trusted:?}");
    }
    let set_up = SetUp::of(&["--azure-devops", "contoso/Our Devices"]);
    set_up.run("").0.expect(0);
    for (resource, id) in [("environment", "7"), ("endpoint", "id-of-moorline-contoso-write")] {
        let approval = set_up.workspace.json(&format!("check-{resource}-approval"));
        assert_eq!(
            approval["settings"]["approvers"],
            json!([{ "id": "33333333-4444-5555-6666-777777777777" }])
        );
        let control = set_up.workspace.json(&format!("check-{resource}-control"));
        assert_eq!(control["settings"]["inputs"]["allowedBranches"], "refs/heads/main");
        assert_eq!(control["resource"], json!({ "type": resource, "id": id }));
    }
    // Run again, it adds none.
    let (run, all) = set_up.run("");
    run.expect(0);
    let posts = all.iter().filter(|call| call.starts_with("az rest") && call.contains("POST"));
    assert_eq!(posts.count(), 0);
}

#[test]
fn each_app_gets_exactly_what_the_manifests_need() {
    let set_up = SetUp::of(&["--github", "contoso/intune"]);
    let (run, all) = set_up.run("repo:contoso/intune");
    run.expect(0);
    let table = [
        (READ, "dc377aa6-52d8-4e23-b271-2a7ae04cedf3"),
        (WRITE, "9241abd9-d0e6-425a-bd4f-47ba86e767a4"),
        ("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6"),
    ];
    let granted = calls(&all, "az ad app update");
    for (call, expected) in [(granted[0], [true, false, true]), (granted[1], [false, true, true])] {
        let seen = table.map(|(_, id)| call.contains(id));
        assert_eq!(seen, expected, "{call}");
        assert_eq!(call.matches("Role").count(), 2, "{call}");
    }
    assert_eq!(calls(&all, "az ad app permission admin-consent").len(), 2);

    let document =
        set_up.workspace.run(&["permissions", "--github", "contoso/intune", "--format", "json"]);
    let document = document.expect(0).json();
    let schema = set_up.workspace.run(&["schema", "--document", "setup"]).expect(0).json();
    assert!(jsonschema::validator_for(&schema).expect("a schema").is_valid(&document));
    let names = |at: usize| -> Vec<&str> {
        let permissions = document["items"][at]["permissions"].as_array().expect("a list");
        permissions.iter().filter_map(|of| of["name"].as_str()).collect()
    };
    assert_eq!(names(0), [READ, "GroupMember.Read.All"]);
    assert_eq!(names(1), [WRITE, "GroupMember.Read.All"]);
    let head = set_up.script.lines().find(|line| line.starts_with("# Run again"));
    assert!(head.is_some_and(|line| line.contains("exactly")), "{head:?}");
    assert_eq!(document["text"], set_up.script);
}

#[test]
fn tenant_without_manifests_needs_no_permission_yet() {
    let workspace = Workspace::tenant(&[]);
    let run = workspace.run(&["permissions", "--github", "contoso/intune"]).expect(0);
    assert!(run.stdout.contains("read_permissions='[]'\n"), "{}", run.stdout);
    assert!(run.stdout.contains("# No manifest needs a permission yet"), "{}", run.stdout);
    assert!(run.stderr.contains("No manifest declares anything yet"), "{}", run.stderr);
}

#[test]
fn optional_permissions_are_granted_when_asked_for_and_let_no_reader_write() {
    let set_up = SetUp::of(&["--github", "contoso/intune", "--with-optional", "--format", "json"]);
    let document: Value = serde_json::from_str(&set_up.script).expect("JSON");
    let names = document["items"][0]["permissions"].to_string();
    assert!(names.contains("DeviceManagementApps.Read.All"), "{names}");
    assert!(!names.contains("ReadWrite"), "{names}");
}

#[test]
fn customised_subjects_stop_the_script_before_anything_trusts_them() {
    let set_up = SetUp::of(&["--github", "contoso/intune"]);
    let (run, all) = set_up.run("");
    let run = run.expect(1);
    assert!(run.stderr.contains("SUBJECT_PREFIX"), "{}", run.stderr);
    assert_eq!(calls(&all, "az ad app federated-credential create"), Vec::<&str>::new());
    assert_eq!(calls(&all, "gh variable"), Vec::<&str>::new());
}

#[test]
fn azure_cli_of_another_tenant_stops_the_script_first() {
    let set_up = SetUp::of(&["--github", "contoso/intune"]);
    set_up.workspace.edit("set-up.sh", "tenant='contoso.onmicrosoft.com'", "tenant='fabrikam.com'");
    let (run, all) = set_up.run("repo:contoso/intune");
    let run = run.expect(1);
    assert!(run.stderr.contains("az login --tenant fabrikam.com"), "{}", run.stderr);
    assert_eq!(calls(&all, "az ad"), Vec::<&str>::new());
}

#[test]
fn service_connections_say_which_subjects_their_apps_trust() {
    let set_up = SetUp::of(&["--azure-devops", "contoso/Our Devices"]);
    let (run, all) = set_up.run("");
    run.expect(0);
    let made = set_up.workspace.json("last.json");
    assert_eq!(made["name"], "moorline-contoso-write");
    assert_eq!(made["authorization"]["scheme"], "WorkloadIdentityFederation");
    assert_eq!(
        made["authorization"]["parameters"]["serviceprincipalid"],
        "id-of-moorline-contoso-write"
    );
    assert_eq!(
        made["serviceEndpointProjectReferences"][0]["projectReference"]["name"],
        "Our Devices"
    );
    let trusted = calls(&all, "az ad app federated-credential create");
    for (call, kind) in [(trusted[0], "read"), (trusted[1], "write")] {
        assert!(call.contains(&format!("/sc/id-of-moorline-contoso-{kind}")), "{call}");
        assert!(call.contains("https://login.microsoftonline.com/tenant/v2.0"), "{call}");
    }
    let (run, all) = set_up.run("");
    run.expect(0);
    for begin in ["az devops service-endpoint create", "az ad app federated-credential create"] {
        assert_eq!(calls(&all, begin), Vec::<&str>::new());
    }
}

#[test]
fn scripts_of_every_cloud_are_correct_for_bash() {
    for cloud in ["global", "usGovL4", "usGovL5", "china"] {
        for place in [["--github", "contoso/intune"], ["--azure-devops", "contoso/Geräte/our x"]] {
            let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
            workspace.edit("moorline.yaml", "spec:\n", &format!("spec:\n  cloud: {cloud}\n"));
            let run = workspace.run(&[&["permissions"], &place[..]].concat()).expect(0);
            workspace.write("set-up.sh", &run.stdout);
            let checked = Command::new("bash").arg("-n").arg(workspace.file("set-up.sh")).status();
            assert!(checked.expect("bash runs").success(), "{}", run.stdout);
            let linted = Command::new("shellcheck")
                .arg("--severity=warning")
                .arg(workspace.file("set-up.sh"))
                .output();
            if let Ok(output) = linted {
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            }
        }
    }
}

#[test]
fn terraform_is_a_configuration_of_the_same_apps() {
    for (place, resources, protections) in [
        (
            ["--github", "contoso/intune"],
            &["github_repository_environment", "github_actions_variable"][..],
            &[
                "github_repository_environment.moorline",
                "github_repository_environment_deployment_policy.moorline",
            ],
        ),
        (
            ["--azure-devops", "contoso/Our Devices"],
            &["azuredevops_serviceendpoint_azurerm", "azuredevops_environment"],
            &["azuredevops_check_approval.moorline", "azuredevops_check_branch_control.moorline"],
        ),
    ] {
        let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
        let arguments = [&["permissions", "--terraform"], &place[..]].concat();
        let text = workspace.run(&arguments).expect(0).stdout;
        let body: hcl_edit::structure::Body =
            text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
        let labels: Vec<String> = body
            .blocks()
            .filter(|block| block.ident.as_str() == "resource")
            .map(|block| block.labels[0].as_str().to_owned())
            .collect();
        let apps = [
            "azuread_application",
            "azuread_service_principal",
            "azuread_app_role_assignment",
            "azuread_application_federated_identity_credential",
        ];
        for resource in apps.iter().chain(resources) {
            assert!(labels.iter().any(|label| label == resource), "{resource}: {labels:?}");
        }
        // The credentials wait for what protects the environment.
        let credential = text
            .split("resource \"azuread_application_federated_identity_credential\"")
            .nth(1)
            .and_then(|rest| rest.split("\n}\n").next())
            .expect("the credentials");
        let (_, waits) = credential.split_once("depends_on = [").expect("an order");
        for resource in protections {
            assert!(waits.contains(resource), "{resource}: {waits}");
        }
        assert!(text.contains(READ) && text.contains(WRITE), "{text}");
        assert!(!text.contains('@') || !text.contains("@NAME@"), "{text}");
        let left =
            text.split_whitespace().find(|word| word.starts_with('@') && word.ends_with('@'));
        assert_eq!(left, None);
        // Formatted as Terraform formats it, where that is installed.
        workspace.write("main.tf", &text);
        let formatted = Command::new("terraform")
            .args(["fmt", "-check", "-diff", "main.tf"])
            .current_dir(workspace.path())
            .stdin(Stdio::null())
            .output();
        if let Ok(output) = formatted {
            let told = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&told));
        }
    }
}

#[test]
fn place_that_no_service_has_is_refused() {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    for arguments in [
        &["--github", "contoso"][..],
        &["--github", "contoso/$(id)"],
        &["--azure-devops", "contoso/a'b"],
        &["--terraform"],
        &["--github", "a/b", "--azure-devops", "c/d"],
        &["--github", "a/b", "--for", "plan"],
    ] {
        workspace.run(&[&["permissions"], arguments].concat()).expect(64);
    }
}
