//! The workflows, the action and the templates as documents: their services' schemas, and what keeps them safe.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use crate::support::{Workspace, git, repository, yaml};

/// The reusable workflows.
const WORKFLOWS: [&str; 4] = ["plan", "drift", "apply", "rollback"];

fn workflow(name: &str) -> Value {
    yaml(&repository().join(format!(".github/workflows/{name}.yml")))
}

/// Returns the files of a folder of the repository with an ending.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let found = walkdir::WalkDir::new(repository().join(folder)).sort_by_file_name();
    let paths = found.into_iter().map(|entry| entry.expect("it can be listed").into_path());
    let files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == ending)).collect();
    assert!(!files.is_empty(), "{folder}");
    files
}

#[track_caller]
fn expect_valid(schema: &Value, document: &Value, path: &Path) {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let faults: Vec<String> = validator
        .iter_errors(document)
        .map(|fault| format!("{}: {}", fault.instance_path(), fault.kind().keyword()))
        .collect();
    assert!(faults.is_empty(), "{}: {faults:#?}", path.display());
}

fn schema(name: &str) -> Value {
    let path = repository().join("tests/it/fixtures/schemas").join(name);
    let text = std::fs::read_to_string(path).expect("the schema can be read");
    serde_json::from_str(&text).expect("the schema is JSON")
}

#[test]
fn workflows_and_the_action_match_the_schemas_of_github() {
    let schema_of_workflows = schema("github-workflows.json");
    let own = files(".github/workflows", "yml");
    for path in own.iter().chain(&files("examples/repository/.github/workflows", "yml")) {
        expect_valid(&schema_of_workflows, &yaml(path), path);
    }
    let action = repository().join("action.yml");
    expect_valid(&schema("github-actions.json"), &yaml(&action), &action);
}

#[test]
fn workflows_and_templates_that_are_wrong_match_no_schema() {
    let schema_of_workflows = schema("github-workflows.json");
    let validator = jsonschema::validator_for(&schema_of_workflows).expect("a schema");
    let mut wrong = workflow("plan");
    wrong["jobs"]["plan"]["permissions"]["contents"] = json!("all");
    assert!(!validator.is_valid(&wrong));
    let mut wrong = workflow("plan");
    wrong["jobs"]["plan"]["step"] = json!([]);
    assert!(!validator.is_valid(&wrong));
    let validator = template_validator("jobsTemplate");
    let mut wrong = expanded(&yaml(&repository().join("pipelines/azure-devops/plan.yml")));
    assert!(validator.is_valid(&wrong));
    wrong["jobs"][0]["steps"][0]["path_"] = json!("x");
    assert!(!validator.is_valid(&wrong));
}

fn template_validator(definition: &str) -> jsonschema::Validator {
    let mut all = schema("azure-pipelines.json");
    all.as_object_mut().expect("a schema").remove("oneOf");
    all["$ref"] = json!(format!("#/definitions/{definition}"));
    jsonschema::validator_for(&all).expect("a schema")
}

/// Returns a document of Azure Pipelines as the service expands it: conditions that hold, and every scalar a text.
fn expanded(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !name.starts_with("${{"));
            // The inputs of a task keep their types.
            let member = |name: &str, value: &Value| {
                if name == "inputs" { value.clone() } else { expanded(value) }
            };
            kept.map(|(name, value)| (name.clone(), member(name, value)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(elements) => {
            let mut list = Vec::new();
            for element in elements {
                let members = element.as_object().into_iter().flatten().collect::<Vec<_>>();
                match members[..] {
                    [(condition, inner)] if condition.starts_with("${{ if") => {
                        list.extend(expanded(inner).as_array().cloned().unwrap_or_default());
                    }
                    _ => list.push(expanded(element)),
                }
            }
            list.into()
        }
        Value::Bool(_) | Value::Number(_) => value.to_string().into(),
        Value::Null => json!(""),
        Value::String(text) => text.clone().into(),
    }
}

#[test]
fn templates_and_pipelines_match_the_schema_of_azure_devops() {
    for (name, definition) in
        [("plan", "jobsTemplate"), ("drift", "jobsTemplate"), ("apply", "stagesTemplate")]
    {
        let path = repository().join(format!("pipelines/azure-devops/{name}.yml"));
        let validator = template_validator(definition);
        let document = expanded(&yaml(&path));
        let faults: Vec<String> = validator
            .iter_errors(&document)
            .map(|fault| fault.instance_path().to_string())
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
    let validator = template_validator("pipeline");
    for path in files("examples/repository/.azure-pipelines", "yml") {
        assert!(validator.is_valid(&expanded(&yaml(&path))), "{}", path.display());
    }
}

/// Returns every value of a member, wherever it stands.
fn all<'a>(value: &'a Value, name: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    match value {
        Value::Object(members) => {
            found.extend(members.get(name));
            members.values().for_each(|value| found.extend(all(value, name)));
        }
        Value::Array(elements) => elements.iter().for_each(|value| found.extend(all(value, name))),
        _ => {}
    }
    found
}

#[test]
fn actions_are_used_by_their_commits_with_the_version_in_a_comment() {
    let mut seen = 0;
    for path in files(".github/workflows", "yml") {
        let name = path.display();
        let text = std::fs::read_to_string(&path).expect("the workflow can be read");
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let Some((_, uses)) = line.split_once("uses: ") else { continue };
            // A workflow of this commit.
            if uses.starts_with("./") {
                continue;
            }
            let (action, version) = uses.split_once(" # v").expect("a version in a comment");
            let (_, commit) = action.split_once('@').expect("a commit");
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_commit && version.split('.').count() == 3, "{name}: {line}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn no_script_has_an_expression_or_ignores_a_failure_and_no_checkout_keeps_its_token() {
    for name in WORKFLOWS {
        let workflow = workflow(name);
        for script in all(&workflow, "run").into_iter().filter_map(Value::as_str) {
            assert!(!script.contains("${{"), "{name}: {script}");
        }
        for (id, job) in workflow["jobs"].as_object().expect("jobs") {
            // The bash that is named has `-eo pipefail`.
            let has_scripts = all(job, "run").into_iter().any(Value::is_string);
            assert!(!has_scripts || job["defaults"]["run"]["shell"] == "bash", "{name}: {id}");
        }
        for steps in all(&workflow, "steps").into_iter().filter_map(Value::as_array) {
            let checkout = |step: &&Value| {
                step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@"))
            };
            for step in steps.iter().filter(checkout) {
                assert_eq!(step["with"]["persist-credentials"], json!(false), "{name}: {step}");
            }
        }
    }
    for name in ["plan", "drift", "apply"] {
        let template = yaml(&repository().join(format!("pipelines/azure-devops/{name}.yml")));
        for script in all(&template, "bash").into_iter().chain(all(&template, "inlineScript")) {
            let script = script.as_str().expect("a script");
            assert!(!script.contains("${{"), "{name}: {script}");
            // The agent's bash goes on after a command that fails.
            let is_strict = script.starts_with("set -euo pipefail\n");
            assert!(is_strict || script.trim_end().lines().count() == 1, "{name}: {script}");
            // A macro of Azure Pipelines looks like a command of the shell: `$(System.AccessToken)`.
            let mut commands = script.split("$(").skip(1);
            let is_macro =
                |rest: &str| rest.split(')').next().is_some_and(|name| !name.contains(' '));
            assert!(!commands.any(is_macro), "{name}: {script}");
        }
    }
}

/// Returns the permissions of a workflow's job as `scope: level`, sorted.
fn permissions(workflow: &Value, job: &str) -> Vec<String> {
    let members = workflow["jobs"][job]["permissions"].as_object().expect("permissions");
    let mut scopes: Vec<String> = members
        .iter()
        .map(|(scope, level)| format!("{scope}: {}", level.as_str().expect("a level")))
        .collect();
    scopes.sort();
    scopes
}

#[test]
fn each_job_has_the_least_permissions() {
    for (name, job, expected) in [
        ("plan", "plan", &["contents: read", "id-token: write", "pull-requests: write"][..]),
        ("plan", "sarif", &["actions: read", "contents: read", "security-events: write"]),
        ("drift", "drift", &["contents: read", "id-token: write", "issues: write"]),
        ("drift", "adopt", &["contents: read", "id-token: write"]),
        ("apply", "plan", &["actions: read", "contents: read", "id-token: write"]),
        ("apply", "apply", &["actions: read", "contents: read", "id-token: write"]),
        ("apply", "applied", &["contents: write"]),
        ("rollback", "plan", &["actions: read", "contents: read", "id-token: write"]),
        ("rollback", "rollback", &["actions: read", "contents: read", "id-token: write"]),
    ] {
        let workflow = workflow(name);
        assert_eq!(permissions(&workflow, job), expected, "{name}: {job}");
        assert_eq!(workflow["permissions"], json!({}), "{name}");
    }
    for name in WORKFLOWS {
        let workflow = workflow(name);
        let jobs = workflow["jobs"].as_object().expect("jobs");
        let known = ["plan", "sarif", "drift", "adopt", "apply", "applied", "rollback"];
        assert!(
            jobs.keys().all(|job| known.contains(&job.as_str())),
            "{name}: the list has each job"
        );
        let triggers = workflow["on"].as_object().expect("triggers");
        assert_eq!(triggers.keys().collect::<Vec<_>>(), ["workflow_call"], "{name}");
    }
}

#[test]
fn app_that_writes_signs_in_behind_the_environment_alone() {
    for name in WORKFLOWS {
        let workflow = workflow(name);
        for (id, job) in workflow["jobs"].as_object().expect("jobs") {
            let uses_it = job.to_string().contains("vars.AZURE_CLIENT_ID");
            assert_eq!(uses_it, job["environment"].is_string(), "{name}: {id}");
        }
    }
}

/// Runs a linter over files, where this machine has it.
fn lint(program: &str, arguments: &[&str], paths: &[PathBuf]) {
    let Ok(output) =
        Command::new(program).args(arguments).args(paths).current_dir(repository()).output()
    else {
        return;
    };
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&told));
}

#[test]
fn actionlint_and_shellcheck_find_nothing_where_they_are_installed() {
    let workflows: Vec<PathBuf> =
        WORKFLOWS.map(|name| repository().join(format!(".github/workflows/{name}.yml"))).to_vec();
    lint("actionlint", &[], &workflows);
    let scripts = ["install", "pin"].map(|name| repository().join("action").join(name));
    lint("shellcheck", &[], &scripts);
}

/// Returns the first document of YAML below a heading of a page.
fn example(page: &str, heading: &str) -> Value {
    let workspace = Workspace::empty();
    let text = std::fs::read_to_string(repository().join(page)).expect("the page");
    let (_, below) = text.split_once(heading).expect("the heading");
    let (_, block) = below.split_once("```yaml\n").expect("an example");
    let (block, _) = block.split_once("```").expect("it ends");
    workspace.write("example.yaml", block);
    yaml(&workspace.file("example.yaml"))
}

#[test]
fn examples_of_the_pages_comment_a_plan_that_fails() {
    let job = example("docs/comment.md", "# The comment");
    let steps = job["steps"].as_array().expect("steps");
    assert!(steps[0]["run"].as_str().is_some_and(|run| run.starts_with("moorline plan")));
    assert_eq!(steps[1]["if"], "${{ !cancelled() }}");

    let job = example("docs/pipelines.md", "## GitLab");
    let lines = job["plan"]["script"].as_array().expect("a script").iter();
    let script: Vec<&str> = lines.filter_map(Value::as_str).collect();
    let workspace = Workspace::empty();
    git(workspace.path(), &["init", "--quiet"]);
    // A stand-in writes what it is called with, and a plan ends as it is told.
    let program = "#!/bin/sh\necho \"$@\" >> calls\n[ \"$1\" != plan ] || exit \"$ENDS\"\n";
    workspace.write("bin/moorline", program);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(workspace.file("bin/moorline"), mode).expect("it can be run");
    let path = format!(
        "{}:{}",
        workspace.file("bin").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    // The target has no such tenant at first.
    for (message, previous) in [("Begin", ""), ("Add the tenant", "--previous origin/main ")] {
        if !previous.is_empty() {
            workspace.write("tenants/contoso/moorline.yaml", "");
        }
        git(workspace.path(), &["add", "--all", "--", ":(exclude)calls"]);
        git(workspace.path(), &["commit", "--quiet", "--message", message]);
        git(workspace.path(), &["update-ref", "refs/remotes/origin/main", "HEAD"]);
        for ends in [0, 1] {
            workspace.write("calls", "");
            let status = Command::new("sh")
                .args(["-e", "-c", &script.join("\n")])
                .current_dir(workspace.path())
                .env("PATH", &path)
                .env("ENDS", ends.to_string())
                .env("MOORLINE_ID_TOKEN", "canary")
                .env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")
                .stderr(Stdio::null())
                .status();
            assert_eq!(status.expect("a shell").code(), Some(ends), "{message}");
            let calls = std::fs::read_to_string(workspace.file("calls")).expect("calls");
            let plan = format!("plan tenants/contoso {previous}--format markdown --output plan.md");
            let comment = "comment tenants/contoso --body plan.md";
            assert_eq!(calls.lines().collect::<Vec<_>>(), [&plan[..], comment], "{message}");
        }
    }
}
