//! The templates of Azure Pipelines, run step by step as they are written, against the sandbox as the tenant.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::azure::AzureAgent;
use crate::support::git;

const MANIFEST: &str = "apiVersion: graph.microsoft.com/beta
kind: windowsIdentityProtectionConfiguration
metadata: { name: hello }
spec: { displayName: Hello, pinMinimumLength: 6 }
";

const TENANT: &str = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec: { tenantId: contoso.onmicrosoft.com }\n";

/// Makes an agent with the clone of a repository with one tenant.
fn agent() -> AzureAgent {
    let home = Workspace::empty();
    git(home.path(), &["init", "--quiet", "--bare", "server"]);
    git(home.path(), &["clone", "--quiet", "server", "repository"]);
    home.write("repository/moorline.yaml", TENANT);
    home.write("repository/.gitignore", ".moorline/\n");
    home.write("repository/hello.yaml", MANIFEST);
    let program = format!(
        "#!/bin/sh\ncase \"$1\" in\n  plan | apply | drift) exec {binary:?} \"$@\" --sandbox={state:?} ;;\nesac\nexec {binary:?} \"$@\"\n",
        binary = env!("CARGO_BIN_EXE_moorline"),
        state = home.file("tenant.state.json"),
    );
    home.write("bin/moorline", program);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(home.file("bin/moorline"), mode).expect("a program");
    let variables = [
        ("System.AccessToken", "canary-of-the-agent"),
        ("Build.SourceBranch", "refs/heads/main"),
        ("Build.Reason", "Manual"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let agent = AzureAgent { home, variables };
    commit(&agent);
    agent
}

fn commit(agent: &AzureAgent) {
    git(&agent.clone(), &["add", "--all"]);
    git(&agent.clone(), &["commit", "--quiet", "--message", "Declare the tenant"]);
    git(&agent.clone(), &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    git(&agent.clone(), &["fetch", "--quiet"]);
}

fn parameters(more: Value) -> Value {
    let mut all = json!({
        "name": "contoso",
        "environment": "contoso",
        "readConnection": "moorline-contoso-read",
        "writeConnection": "moorline-contoso-write",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    all
}

#[test]
fn apply_writes_the_plan_and_records_the_commit_and_drift_compares_with_it() {
    let mut agent = agent();
    let jobs = agent.run("apply.yml", &parameters(json!({})));
    assert!(jobs.len() == 2 && jobs.iter().all(|job| job.succeeded), "{jobs:#?}");
    let server = agent.home.file("server");
    let recorded = git(&server, &["rev-parse", "refs/moorline/applied/contoso"]);
    assert_eq!(recorded, git(&agent.clone(), &["rev-parse", "HEAD"]));
    assert!(agent.home.file("artifacts/moorline-journal-contoso").is_dir());

    // Merged and not applied is no drift; a change in the portal is.
    agent.home.write("repository/hello.yaml", MANIFEST.replace("6", "8"));
    commit(&agent);
    let drift = json!({
        "name": "contoso", "serviceConnection": "moorline-contoso-read",
    });
    let jobs = agent.run("drift.yml", &drift);
    assert!(jobs[0].succeeded, "{jobs:#?}");
    let state = agent.home.file("tenant.state.json").display().to_string();
    let edit = [
        "sandbox",
        "edit",
        &state,
        "windowsIdentityProtectionConfiguration/Hello",
        "--set",
        "pinMinimumLength=4",
    ];
    agent.home.run(&edit).expect(0);
    let jobs = agent.run("drift.yml", &drift);
    assert!(!jobs[0].succeeded, "{jobs:#?}");
    let log = jobs[0].log("Look for drift").expect("it ran");
    assert!(log.contains("##vso[task.uploadsummary]"), "{log}");
    assert!(log.contains("The tenant differs from Git."), "{log}");
}

#[test]
fn apply_of_a_part_records_nothing() {
    let mut agent = agent();
    let jobs = agent.run("apply.yml", &parameters(json!({ "only": "windowsIdentity*/*" })));
    assert!(jobs.iter().all(|job| job.succeeded), "{jobs:#?}");
    assert_eq!(jobs[1].log("Record what is applied"), None);
}

#[test]
fn parameter_with_a_macro_stops_the_run_before_a_variable_is_put_in() {
    for name in ["only", "allow", "justification", "resume"] {
        let mut agent = agent();
        let given = parameters(json!({ name: "x $(System.AccessToken)" }));
        let jobs = agent.run("apply.yml", &given);
        assert!(jobs.len() == 1 && !jobs[0].succeeded, "{name}: {jobs:#?}");
        assert!(jobs[0].log("Refuse macros").is_some_and(|log| log.contains("macro")), "{name}");
        assert_eq!(jobs[0].log("Plan"), None, "{name}");
    }
}

#[test]
fn token_in_the_environment_is_hidden_by_every_command() {
    let workspace = Workspace::tenant(&[("hello.yaml", MANIFEST)]);
    for token in ["SYSTEM_ACCESSTOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN"] {
        for command in [&["validate"][..], &["plan", "--sandbox"], &["explain"]] {
            let value = "canary-token-of-the-run";
            let run = workspace.run_with(&[command, &[value]].concat(), &[(token, value)]);
            assert!(!format!("{}{}", run.stdout, run.stderr).contains(value), "{command:?}");
        }
    }
}

#[test]
fn plan_of_a_fork_validates_and_signs_in_nowhere() {
    let mut agent = agent();
    let given = json!({ "name": "contoso", "serviceConnection": "x", "comment": false });
    let jobs = agent.run("plan.yml", &given);
    assert!(jobs[0].succeeded && jobs[0].log("Plan").is_some(), "{jobs:#?}");
    let summary = std::fs::read_to_string(agent.home.file("temp/plan.md")).expect("a summary");
    assert!(summary.contains("1 to create"), "{summary}");
    agent.variables.insert("System.PullRequest.IsFork".to_owned(), "True".to_owned());
    let jobs = agent.run("plan.yml", &given);
    assert_eq!(jobs[0].log("Plan"), None);
    assert!(jobs[0].log("Validate the manifests of a fork").is_some(), "{jobs:#?}");
}
