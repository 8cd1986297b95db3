//! The templates of Azure Pipelines, run step by step as they are written, against the sandbox as the tenant.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::azure::AzureAgent;
use crate::support::echo::{Echo, Reply};
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
        "#!/bin/sh\nif [ -f {home:?}/before-$1 ]; then . {home:?}/before-$1; fi\ncase \"$1\" in\n  plan | apply | drift) exec {binary:?} \"$@\" --sandbox={state:?} ;;\nesac\nexec {binary:?} \"$@\"\n",
        home = home.path(),
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
        ("System.StageAttempt", "1"),
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
    assert!(agent.home.file("artifacts/moorline-journal-contoso-1").is_dir());

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
    assert!(jobs[0].succeeded, "{jobs:#?}");
    let invalid = MANIFEST.replace("pinMinimumLength", "pinMinimumLenght");
    agent.home.write("repository/hello.yaml", invalid);
    let jobs = agent.run("plan.yml", &given);
    assert!(!jobs[0].succeeded, "{jobs:#?}");
    let log = jobs[0].log("Validate the manifests of a fork").expect("it ran");
    assert!(log.contains("pinMinimumLenght"), "{log}");
}

/// Begins an apply whose write is refused, and keeps its journal as the artifact of the run 31.
fn begun(agent: &mut AzureAgent) -> Echo {
    agent.home.write("repository/hello.yaml", MANIFEST.replace("6 }", "6, pinMaximumLength: 20 }"));
    commit(agent);
    let jobs = agent.run("apply.yml", &parameters(json!({})));
    assert!(jobs.iter().all(|job| job.succeeded), "{jobs:#?}");
    forget_journals(agent);
    std::fs::remove_dir_all(agent.home.file("artifacts")).expect("artifacts");
    // It is a variable of that run's.
    agent.variables.remove("complete");
    agent.home.write("repository/hello.yaml", MANIFEST.replace("6 }", "8, pinMaximumLength: 20 }"));
    commit(agent);
    let faults =
        json!({ "faults": [{ "match": { "method": "PATCH" }, "effect": { "status": 400 } }] });
    agent.home.write("faults.json", faults.to_string());
    let faults = agent.home.file("faults.json");
    agent.home.write("before-apply", format!("set -- \"$@\" --sandbox-faults={faults:?}\n"));
    let jobs = agent.run("apply.yml", &parameters(json!({})));
    assert!(!jobs[1].succeeded, "{jobs:#?}");
    std::fs::remove_file(agent.home.file("before-apply")).expect("a file");
    forget_journals(agent);
    let service = Echo::before("http://127.0.0.1:9");
    for (name, value) in [
        ("System.CollectionUri", format!("{}/", service.url)),
        ("System.TeamProjectId", "devices".to_owned()),
        ("System.DefinitionId", "12".to_owned()),
    ] {
        agent.variables.insert(name.to_owned(), value);
    }
    know_build(agent, &service, 12, "refs/heads/main", "HEAD");
    service
}

/// Each stage has a clone of its own.
fn forget_journals(agent: &AzureAgent) {
    std::fs::remove_dir_all(agent.clone().join(".moorline/journal")).expect("journals");
}

/// Lets the service know the run 31.
fn know_build(agent: &AzureAgent, service: &Echo, pipeline: u32, branch: &str, commit: &str) {
    let commit = git(&agent.clone(), &["rev-parse", commit]);
    let build = json!({
        "definition": { "id": pipeline }, "sourceBranch": branch, "sourceVersion": commit,
    });
    // Another tenant's artifact has a name that begins alike.
    let names = ["moorline-journal-contoso-1", "moorline-journal-contoso-eu-7", "other"];
    let artifacts = json!({ "value": names.map(|name| json!({ "name": name })) });
    service.answers(move |sent| match sent.target.split('?').next() {
        Some("/devices/_apis/build/builds/31") => Reply::Said(200, build.clone()),
        Some("/devices/_apis/build/builds/31/artifacts") => Reply::Said(200, artifacts.clone()),
        _ => Reply::Said(404, json!({})),
    });
}

#[test]
fn resumed_apply_writes_the_plan_that_was_looked_at() {
    let mut agent = agent();
    let _service = begun(&mut agent);
    let state = agent.home.file("tenant.state.json");
    // A person edits the object after the plan was looked at.
    let edit = [
        env!("CARGO_BIN_EXE_moorline"),
        "sandbox edit",
        &state.display().to_string(),
        "windowsIdentityProtectionConfiguration/Hello",
        "--set pinMaximumLength=30 --as alice@contoso.com\n",
    ];
    agent.home.write("before-apply", edit.join(" "));
    let resumed = parameters(json!({ "resume": " 31" }));
    let jobs = agent.run("apply.yml", &resumed);
    assert!(jobs[0].succeeded && !jobs[1].succeeded, "{jobs:#?}");
    let log = jobs[1].log("Apply").expect("it ran");
    assert!(log.contains("another digest"), "{log}");
    let tenant = || std::fs::read_to_string(&state).expect("the tenant");
    assert!(tenant().contains("\"pinMaximumLength\": 30"), "{}", tenant());
    assert!(tenant().contains("\"pinMinimumLength\": 6"), "{}", tenant());

    std::fs::remove_file(agent.home.file("before-apply")).expect("a file");
    agent.variables.insert("System.StageAttempt".to_owned(), "2".to_owned());
    let jobs = agent.run("apply.yml", &resumed);
    assert!(jobs.iter().all(|job| job.succeeded), "{jobs:#?}");
    assert_eq!(jobs[1].log("Record what is applied"), None);
    assert!(tenant().contains("\"pinMaximumLength\": 20"), "{}", tenant());
    assert!(tenant().contains("\"pinMinimumLength\": 8"), "{}", tenant());
}

#[test]
fn journal_of_another_pipeline_branch_or_commit_is_not_used() {
    let mut agent = agent();
    let service = begun(&mut agent);
    let stray = git(&agent.clone(), &["commit-tree", "HEAD^{tree}", "-m", "Forge a journal"]);
    for (pipeline, branch, commit) in [
        (13, "refs/heads/main", "HEAD"),
        (12, "refs/heads/feature", "HEAD"),
        (12, "refs/tags/main", "HEAD"),
        (12, "refs/heads/main", &stray),
    ] {
        know_build(&agent, &service, pipeline, branch, commit);
        let jobs = agent.run("apply.yml", &parameters(json!({ "resume": "31" })));
        let log = jobs[0].log("Check the run of the journal").expect("it ran");
        assert!(log.contains("its journal is not used"), "{log}");
        assert_eq!(jobs[0].log("Fetch the journal to resume"), None);
        assert_eq!(jobs.len(), 1, "{jobs:#?}");
    }
    for run in ["32", "31/../1", "x"] {
        let jobs = agent.run("apply.yml", &parameters(json!({ "resume": run })));
        assert!(jobs.len() == 1 && !jobs[0].succeeded, "{run}: {jobs:#?}");
    }
}

#[test]
fn stage_that_runs_again_keeps_a_journal_of_its_own() {
    let mut agent = agent();
    let state = agent.home.file("tenant.state.json").display().to_string();
    for attempt in ["1", "2"] {
        agent.variables.insert("System.StageAttempt".to_owned(), attempt.to_owned());
        let jobs = agent.run("apply.yml", &parameters(json!({})));
        assert!(jobs.iter().all(|job| job.succeeded), "{jobs:#?}");
        let kept = agent.home.file("artifacts").join(format!("moorline-journal-contoso-{attempt}"));
        assert!(kept.is_dir(), "{attempt}");
        forget_journals(&agent);
        let object = "windowsIdentityProtectionConfiguration/Hello";
        let edit = ["sandbox", "edit", &state, object, "--set", "pinMinimumLength=4"];
        agent.home.run(&edit).expect(0);
    }
}
