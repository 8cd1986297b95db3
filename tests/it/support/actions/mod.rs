//! A runner of GitHub's workflows for one repository: it calls reusable workflows, evaluates their expressions, and runs their
//! shell steps with bash as they are written. An action of others is played, since none can be fetched.

pub mod expression;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Map, Value, json};

use self::expression::{JobState, as_text, fill, holds, member};
use super::{Workspace, git, repository, secrets, yaml};

/// The repository of the reusable workflows.
const MOORLINE: &str = "moorline/moorline/";

/// What a run of a workflow is about.
#[derive(Clone, Debug)]
pub struct Event {
    /// Such as `pull_request`.
    pub name: &'static str,
    /// The payload.
    pub payload: Value,
    /// The fully formed ref.
    pub reference: String,
    /// The branch that a pull request goes to.
    pub base: String,
    /// The inputs of a dispatch.
    pub inputs: Value,
}

/// A clone of a repository on a runner, with the places that outlive one run.
pub struct ActionsRunner {
    /// The clone.
    pub clone: PathBuf,
    /// What belongs to the runner: its programs, its temporary folder, artifacts by their names.
    pub home: Workspace,
    /// The address of GitHub's REST API.
    pub api: String,
    /// The address of GitHub.
    pub server: String,
    /// The repository's name.
    pub repository: String,
    /// The workflow's token.
    pub token: String,
    /// The token that an app gets.
    pub app_token: String,
    pub variables: Value,
    pub secrets: Value,
    /// The variables of environments.
    pub environments: Value,
}

/// What a step did.
#[derive(Clone, Debug)]
pub struct StepRun {
    pub name: String,
    /// `success`, `failure` or `skipped`.
    pub outcome: &'static str,
    /// Everything that it wrote, without what the runner hides.
    pub log: String,
}

/// What a job did.
#[derive(Clone, Debug)]
pub struct JobRun {
    pub name: String,
    pub result: &'static str,
    pub steps: Vec<StepRun>,
    pub outputs: Map<String, Value>,
    pub summary: String,
}

impl JobRun {
    /// Returns a step.
    #[track_caller]
    pub fn step(&self, name: &str) -> &StepRun {
        let found = self.steps.iter().find(|step| step.name == name);
        found.unwrap_or_else(|| panic!("{} has no step {name}: {self:#?}", self.name))
    }

    /// Expects a result.
    #[track_caller]
    pub fn expect(&self, result: &str) -> &Self {
        assert_eq!(self.result, result, "{self:#?}");
        self
    }
}

/// Returns the jobs of a workflow in the order of their needs.
fn ordered(jobs: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut left: Vec<(&String, &Value)> = jobs.iter().collect();
    let mut ordered: Vec<(&String, &Value)> = Vec::new();
    while !left.is_empty() {
        let is_ready = |job: &Value| {
            needs(job).iter().all(|need| ordered.iter().any(|(name, _)| *name == need))
        };
        let at = left.iter().position(|(_, job)| is_ready(job)).expect("no circle of needs");
        ordered.push(left.remove(at));
    }
    ordered
}

fn needs(job: &Value) -> Vec<String> {
    match &job["needs"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().map(as_text).collect(),
        _ => Vec::new(),
    }
}

impl ActionsRunner {
    /// Runs a workflow of the clone that calls one of Moorline's, and returns the jobs of that by their ids.
    #[track_caller]
    pub fn run(&self, workflow: &str, event: &Event) -> BTreeMap<String, JobRun> {
        let caller = yaml(&self.clone.join(workflow));
        let jobs = caller["jobs"].as_object().expect("jobs");
        let [(_, job)] = jobs.iter().collect::<Vec<_>>()[..] else { panic!("one job: {caller}") };
        let uses = job["uses"].as_str().expect("it calls a workflow");
        let (path, _) = uses.split_once('@').unwrap_or((uses, ""));
        let path = path.strip_prefix(MOORLINE).or_else(|| path.strip_prefix("./"));
        let called = yaml(&repository().join(path.expect("one of Moorline's workflows")));
        let mut contexts = self.contexts(event);
        let of = format!("{}/{workflow}@{}", self.repository, event.reference);
        contexts["github"]["workflow_ref"] = of.into();
        let inputs = self.inputs(&called, job, &contexts);
        let declared = called["on"]["workflow_call"]["secrets"].as_object();
        let mut passed = Map::new();
        for (name, value) in job["secrets"].as_object().into_iter().flatten() {
            assert!(declared.is_some_and(|all| all.contains_key(name)), "{name} is declared");
            passed.insert(name.clone(), member(value, &contexts, JobState::Succeeding));
        }
        contexts["inputs"] = inputs;
        contexts["secrets"] = passed.into();
        contexts["needs"] = json!({});
        let mut runs = BTreeMap::new();
        for (id, of_called) in ordered(called["jobs"].as_object().expect("jobs")) {
            expect_granted(&job["permissions"], &of_called["permissions"], id);
            let run = self.job(id, of_called, &contexts, event);
            let outputs = run.outputs.clone();
            contexts["needs"][id] = json!({ "result": run.result, "outputs": outputs });
            runs.insert(id.clone(), run);
        }
        runs
    }

    /// Returns the inputs of a called workflow: those that the caller passes, and the defaults.
    fn inputs(&self, called: &Value, job: &Value, contexts: &Value) -> Value {
        let declared = called["on"]["workflow_call"]["inputs"].as_object().expect("inputs");
        let passed = job["with"].as_object().expect("the caller passes inputs");
        for name in passed.keys() {
            assert!(declared.contains_key(name), "the input {name} is declared");
        }
        let values = declared.iter().map(|(name, input)| {
            let given = passed.get(name).map(|value| member(value, contexts, JobState::Succeeding));
            let is_given = given.as_ref().is_some_and(|value| !value.is_null());
            assert!(is_given || input["required"] != json!(true), "{name} is required");
            let value =
                given.filter(|value| !value.is_null()).unwrap_or_else(|| match &input["default"] {
                    Value::Null if input["type"] == "boolean" => json!(false),
                    Value::Null => json!(""),
                    default => default.clone(),
                });
            assert_eq!(value.is_boolean(), input["type"] == "boolean", "{name}: {value}");
            (name.clone(), value)
        });
        values.collect::<Map<_, _>>().into()
    }

    fn contexts(&self, event: &Event) -> Value {
        let name = event.reference.trim_start_matches("refs/heads/").trim_start_matches("refs/");
        json!({
            "github": {
                "event_name": event.name,
                "event": event.payload,
                "repository": self.repository,
                "ref": event.reference,
                "ref_name": name,
                "base_ref": event.base,
                "token": self.token,
                "workspace": self.clone,
            },
            "inputs": event.inputs,
            "vars": self.variables,
            "secrets": self.secrets,
            "runner": { "temp": self.home.file("temp") },
            "job": { "workflow_repository": "moorline/moorline", "workflow_sha": "0".repeat(40) },
            "steps": {},
        })
    }

    fn job(&self, id: &str, job: &Value, contexts: &Value, event: &Event) -> JobRun {
        let mut contexts = contexts.clone();
        let name = id.to_owned();
        let needed = needs(job);
        let result = |need: &String| contexts["needs"][need]["result"].clone();
        let is_well = needed.iter().all(|need| result(need) == "success");
        let state = if is_well { JobState::Succeeding } else { JobState::Failing };
        if !holds(job.get("if"), &contexts, state) {
            let (steps, outputs) = (Vec::new(), Map::new());
            return JobRun { name, result: "skipped", steps, outputs, summary: String::new() };
        }
        if let Some(environment) = job.get("environment") {
            let environment = as_text(&member(environment, &contexts, JobState::Succeeding));
            let of_environment = &self.environments[&environment];
            assert!(of_environment.is_object(), "there is an environment {environment}");
            for (name, value) in of_environment.as_object().into_iter().flatten() {
                contexts["vars"][name] = value.clone();
            }
        }
        contexts["env"] = evaluated(&job["env"], &contexts);
        // Each job has a machine of its own, with a fresh clone.
        let temp = self.home.file("temp");
        let _ = std::fs::remove_dir_all(&temp);
        std::fs::create_dir_all(&temp).expect("a folder");
        let mut state = JobState::Succeeding;
        let mut summary = String::new();
        let mut steps = Vec::new();
        for step in job["steps"].as_array().expect("steps") {
            let step_run = self.step(step, &mut contexts, state, event, &mut summary);
            if step_run.outcome == "failure" {
                state = JobState::Failing;
            }
            steps.push(step_run);
        }
        let outputs =
            evaluated(&job["outputs"], &contexts).as_object().cloned().unwrap_or_default();
        let result = if state == JobState::Succeeding { "success" } else { "failure" };
        secrets::are_kept("the summary", &summary);
        JobRun { name, result, steps, outputs, summary }
    }

    fn step(
        &self,
        step: &Value,
        contexts: &mut Value,
        state: JobState,
        event: &Event,
        summary: &mut String,
    ) -> StepRun {
        let name = as_text(&step["name"]);
        assert!(!name.is_empty(), "a step has a name: {step}");
        let job_env = contexts["env"].clone();
        for (name, value) in evaluated(&step["env"], contexts).as_object().into_iter().flatten() {
            contexts["env"][name] = value.clone();
        }
        let is_run = holds(step.get("if"), contexts, state);
        let (outcome, log, outputs) = if !is_run {
            ("skipped", String::new(), Map::new())
        } else if name == "Install Moorline" {
            // The binary of this build is on the path already; the installer has tests of its own.
            ("success", String::new(), Map::new())
        } else if let Some(script) = step["run"].as_str() {
            assert!(!script.contains("${{"), "{name} puts an expression into its script");
            self.script(script, contexts, event, summary)
        } else {
            self.action(step, contexts)
        };
        contexts["env"] = job_env;
        if let Some(id) = step["id"].as_str() {
            contexts["steps"][id] = json!({ "outcome": outcome, "outputs": outputs });
        }
        StepRun { name, outcome, log }
    }

    /// Runs a script as the runner does.
    fn script(
        &self,
        script: &str,
        contexts: &Value,
        event: &Event,
        summary: &mut String,
    ) -> (&'static str, String, Map<String, Value>) {
        let temp = self.home.file("temp");
        let file = |name: &str| {
            let path = self.home.file(name);
            std::fs::write(&path, "").expect("a file can be written");
            path
        };
        let (summary_file, output_file) = (file("summary.md"), file("output.txt"));
        let event_file = self.home.file("event.json");
        std::fs::write(&event_file, event.payload.to_string()).expect("a file can be written");
        let path = format!(
            "{}:{}",
            self.home.file("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let sha = git(&self.clone, &["rev-parse", "HEAD"]);
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(&self.clone)
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.home.path())
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_API_URL", &self.api)
            .env("GITHUB_SERVER_URL", &self.server)
            .env("GITHUB_REPOSITORY", &self.repository)
            .env("GITHUB_SHA", sha)
            .env("GITHUB_REF", &event.reference)
            .env("GITHUB_BASE_REF", &event.base)
            .env("GITHUB_EVENT_NAME", event.name)
            .env("GITHUB_EVENT_PATH", event_file)
            .env("GITHUB_RUN_ID", "4711")
            .env("GITHUB_WORKSPACE", &self.clone)
            .env("GITHUB_STEP_SUMMARY", &summary_file)
            .env("GITHUB_OUTPUT", &output_file)
            .env("RUNNER_TEMP", temp)
            .env("MOORLINE_TEST_CLOCK", "100")
            .env("MOORLINE_STATE_DIR", self.home.file("state"));
        for (name, value) in contexts["env"].as_object().into_iter().flatten() {
            command.env(name, as_text(value));
        }
        let output = command.output().expect("bash runs");
        let log = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        // The runner takes these lines, and shows none of them.
        let shown = log.lines().filter(|line| !line.starts_with("::add-mask::"));
        let log = shown.collect::<Vec<_>>().join("\n");
        secrets::are_kept("a log", &log);
        *summary += &std::fs::read_to_string(summary_file).expect("the summary can be read");
        let text = std::fs::read_to_string(output_file).expect("the outputs can be read");
        let outputs = outputs(&text);
        (if output.status.success() { "success" } else { "failure" }, log, outputs)
    }

    /// Plays an action.
    fn action(&self, step: &Value, contexts: &Value) -> (&'static str, String, Map<String, Value>) {
        let uses = as_text(&step["uses"]);
        let (action, _) = uses.split_once('@').expect("an action has a version");
        let with = evaluated(&step["with"], contexts);
        let artifact = self.home.file("artifacts").join(as_text(&with["name"]));
        let path = self.clone.join(as_text(&with["path"]));
        let mut outputs = Map::new();
        let mut outcome = "success";
        match action {
            "actions/checkout" | "github/codeql-action/upload-sarif" => {}
            "actions/upload-artifact" if path.is_dir() => super::copy(&path, &artifact),
            "actions/upload-artifact" if path.is_file() => {
                std::fs::create_dir_all(&artifact).expect("a folder");
                let name = path.file_name().expect("a name");
                std::fs::copy(&path, artifact.join(name)).expect("it can be copied");
            }
            "actions/upload-artifact" => {}
            "actions/download-artifact" if artifact.is_dir() => super::copy(&artifact, &path),
            "actions/download-artifact" => outcome = "failure",
            "actions/create-github-app-token" => {
                outputs.insert("token".to_owned(), json!(self.app_token));
                outputs.insert("app-slug".to_owned(), json!("contoso-drift"));
            }
            other => panic!("{other} is not known"),
        }
        (outcome, String::new(), outputs)
    }
}

/// Returns a map with every value evaluated; each is a text, as variables and outputs are.
fn evaluated(map: &Value, contexts: &Value) -> Value {
    let members = map.as_object().into_iter().flatten();
    let values = members.map(|(name, value)| {
        let value = member(value, contexts, JobState::Succeeding);
        (name.clone(), Value::from(as_text(&value)))
    });
    values.collect::<Map<_, _>>().into()
}

/// Makes sure that a caller grants what a called job asks for: GitHub starts no run else.
pub fn expect_granted(granted: &Value, asked: &Value, job: &str) {
    for (scope, level) in asked.as_object().into_iter().flatten() {
        let has = granted[scope].as_str();
        let is_enough = has == level.as_str() || (has == Some("write") && level == "read");
        assert!(is_enough, "{job} asks for {scope}: {level}, and the caller grants {has:?}");
    }
}

/// Returns the outputs of a step: `name=value`, or `name<<END` with lines.
fn outputs(text: &str) -> Map<String, Value> {
    let mut outputs = Map::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        match (line.split_once('='), line.split_once("<<")) {
            (_, Some((name, end))) if !name.contains('=') => {
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                outputs.insert(name.to_owned(), value.join("\n").into());
            }
            (Some((name, value)), _) => {
                outputs
                    .insert(name.to_owned(), fill(value, &json!({}), JobState::Succeeding).into());
            }
            _ => panic!("{line:?} is no output"),
        }
    }
    outputs
}
