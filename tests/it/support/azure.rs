//! A runner of templates of Azure Pipelines: it expands their parameters, evaluates the conditions of steps, and runs the
//! scripts with bash as they are written. A task of others than scripts is played.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use super::actions::expression::{JobState, as_text, member};
use super::{Workspace, copy, repository, secrets, yaml};

/// An agent with the clone of a repository.
pub struct AzureAgent {
    /// The folder of the pipeline: `repository` in it is the clone.
    pub home: Workspace,
    pub variables: BTreeMap<String, String>,
}

/// What a job did: whether it succeeded, and what each step wrote.
#[derive(Debug)]
pub struct AzureJob {
    pub succeeded: bool,
    pub logs: Vec<(String, String)>,
}

impl AzureJob {
    /// Returns what a step wrote, none where it was skipped.
    pub fn log(&self, step: &str) -> Option<&str> {
        self.logs.iter().find(|(name, _)| name == step).map(|(_, log)| log.as_str())
    }
}

impl AzureAgent {
    pub fn clone(&self) -> PathBuf {
        self.home.file("repository")
    }

    /// Runs the steps of every job of a template, in order; a stage's variables reach the next one.
    #[track_caller]
    pub fn run(&mut self, template: &str, parameters: &Value) -> Vec<AzureJob> {
        let path = repository().join("pipelines/azure-devops").join(template);
        let template = yaml(&path);
        let mut values = Map::new();
        for parameter in template["parameters"].as_array().expect("parameters") {
            let name = as_text(&parameter["name"]);
            let given = parameters.get(&name).or_else(|| parameter.get("default"));
            values.insert(name.clone(), given.unwrap_or_else(|| panic!("{name} is given")).clone());
        }
        for name in parameters.as_object().into_iter().flatten().map(|(name, _)| name) {
            assert!(values.contains_key(name), "{name} is a parameter");
        }
        let contexts = json!({ "parameters": values });
        let mut lists = Vec::new();
        step_lists(&template, &mut lists);
        let mut jobs = Vec::new();
        for steps in lists {
            if jobs.iter().all(|job: &AzureJob| job.succeeded) {
                jobs.push(self.job(&expanded(steps, &contexts)));
            }
        }
        jobs
    }

    fn job(&mut self, steps: &Value) -> AzureJob {
        let mut job = AzureJob { succeeded: true, logs: Vec::new() };
        let temp = self.home.file("temp");
        let _ = std::fs::remove_dir_all(&temp);
        std::fs::create_dir_all(temp).expect("a folder");
        for step in steps.as_array().expect("steps") {
            let name = as_text(&step["displayName"]);
            if step.get("checkout").is_some() || name == "Install Moorline" {
                continue;
            }
            let condition = step["condition"].as_str().unwrap_or("succeeded()");
            if !self.holds(condition, job.succeeded) {
                continue;
            }
            let script = step["bash"].as_str().or_else(|| step["inputs"]["inlineScript"].as_str());
            let (succeeded, log) = match script {
                Some(script) => self.script(script, step),
                None => (self.task(step), String::new()),
            };
            job.succeeded &= succeeded;
            job.logs.push((name, log));
        }
        job
    }

    /// Whether a condition holds: `and(…)`, `eq(…)`, `ne(…)`, functions about the state, variables and texts.
    fn holds(&self, condition: &str, succeeded: bool) -> bool {
        let condition = condition.trim();
        let (function, rest) = condition.split_once('(').expect("a function");
        let inner = rest.strip_suffix(')').expect("a bracket is closed");
        let arguments = split(inner);
        let value = |text: &str| match text.trim() {
            text if text.starts_with('\'') => text.trim_matches('\'').to_owned(),
            text => {
                let name = text.trim_start_matches("variables").trim_matches(['[', ']', '\'', '.']);
                self.variables.get(name).cloned().unwrap_or_default()
            }
        };
        let is_equal = || value(arguments[0]).eq_ignore_ascii_case(&value(arguments[1]));
        match function {
            "and" => arguments.iter().all(|argument| self.holds(argument, succeeded)),
            "eq" => is_equal(),
            "ne" => !is_equal(),
            "succeeded" => succeeded,
            "always" | "succeededOrFailed" => true,
            other => panic!("{other} is not known"),
        }
    }

    fn script(&mut self, script: &str, step: &Value) -> (bool, String) {
        let path = format!(
            "{}:{}",
            self.home.file("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-c", script])
            .current_dir(self.clone())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.home.path())
            .env("TF_BUILD", "True")
            .env("PIPELINE_WORKSPACE", self.home.path())
            .env("AGENT_TEMPDIRECTORY", self.home.file("temp"))
            .env("MOORLINE_TEST_CLOCK", "100")
            .env("MOORLINE_STATE_DIR", self.home.file("state"));
        for (name, value) in &self.variables {
            command.env(name.to_uppercase().replace('.', "_"), value);
        }
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, self.macros(&as_text(value)));
        }
        let output = command.output().expect("bash runs");
        let log = [output.stdout, output.stderr].concat();
        let log = String::from_utf8_lossy(&log).into_owned();
        secrets::are_kept("a log", &log);
        for line in log.lines() {
            let set = line.strip_prefix("##vso[task.setvariable variable=");
            if let Some((name, value)) = set.and_then(|rest| rest.split_once(']')) {
                let name = name.split(';').next().expect("a name");
                self.variables.insert(name.to_owned(), value.to_owned());
            }
        }
        (output.status.success(), log)
    }

    /// Returns a text with the macros of variables replaced; one of a variable that is not set stays.
    fn macros(&self, text: &str) -> String {
        self.variables
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("$({name})"), value))
    }

    /// Plays a task: artifacts are folders of the agent.
    fn task(&self, step: &Value) -> bool {
        let inputs = &step["inputs"];
        let path = |name: &str| {
            let path = as_text(&inputs[name]);
            let path =
                path.replace("$(Pipeline.Workspace)", &self.home.path().display().to_string());
            path.replace("$(Agent.TempDirectory)", &self.home.file("temp").display().to_string())
        };
        let artifact =
            |name: &str| self.home.file("artifacts").join(self.macros(&as_text(&inputs[name])));
        match step["task"].as_str().expect("a task") {
            "PublishPipelineArtifact@1" => {
                let to = artifact("artifact");
                // The service takes each name once in a run.
                let is_free = !to.exists();
                if is_free {
                    copy(Path::new(&path("targetPath")), &to);
                }
                is_free
            }
            "DownloadPipelineArtifact@2" => {
                let from = artifact("artifactName");
                if from.is_dir() {
                    copy(&from, Path::new(&path("targetPath")));
                }
                from.is_dir()
            }
            other => panic!("{other} is not known"),
        }
    }
}

/// Finds the lists of steps of a template.
fn step_lists<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "steps" { found.push(value) } else { step_lists(value, found) }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|value| step_lists(value, found)),
        _ => {}
    }
}

/// Splits arguments at the commas that are in no brackets and no text.
fn split(arguments: &str) -> Vec<&str> {
    let (mut depth, mut in_text, mut start) = (0, false, 0);
    let mut parts = Vec::new();
    for (at, letter) in arguments.char_indices() {
        match letter {
            '\'' => in_text = !in_text,
            '(' | '[' if !in_text => depth += 1,
            ')' | ']' if !in_text => depth -= 1,
            ',' if !in_text && depth == 0 => {
                parts.push(&arguments[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&arguments[start..]);
    parts
}

/// Expands a template: parameters, conditions, `insert`.
fn expanded(value: &Value, contexts: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut map = Map::new();
            for (name, value) in members {
                if name == "${{ insert }}" {
                    let inserted = member(value, contexts, JobState::Succeeding);
                    map.extend(inserted.as_object().cloned().unwrap_or_default());
                } else {
                    map.insert(name.clone(), expanded(value, contexts));
                }
            }
            map.into()
        }
        Value::Array(elements) => {
            let mut list = Vec::new();
            for element in elements {
                let members = element.as_object().into_iter().flatten().collect::<Vec<_>>();
                let condition = match members[..] {
                    [(name, inner)] => name.strip_prefix("${{ if ").map(|rest| (rest, inner)),
                    _ => None,
                };
                match condition {
                    Some((condition, inner)) if is_met(condition, contexts) => {
                        list.extend(expanded(inner, contexts).as_array().cloned().expect("steps"));
                    }
                    Some(_) => {}
                    None => list.push(expanded(element, contexts)),
                }
            }
            list.into()
        }
        Value::String(_) => {
            let (value, is_trimmed) = untrimmed(value);
            // A boolean becomes a text with a capital.
            match member(&value, contexts, JobState::Succeeding) {
                Value::Bool(value) => json!(if value { "True" } else { "False" }),
                Value::String(text) if is_trimmed => text.trim().into(),
                value => value,
            }
        }
        value => value.clone(),
    }
}

/// Whether the condition of a template is met: a parameter, `ne(trim(parameter), '')`, or that one of several has a text.
fn is_met(condition: &str, contexts: &Value) -> bool {
    let condition = condition.trim_end_matches('}').trim_end_matches(' ');
    let parameter =
        |name: &str| as_text(&contexts["parameters"][name.trim_start_matches("parameters.")]);
    if let Some(rest) = condition.strip_prefix("contains(format('{0} {1} {2} {3}', ") {
        let (names, text) = rest.split_once("), ").expect("a text is looked for");
        let text = text.trim_end_matches(')').trim_matches('\'');
        return names.split(", ").any(|name| parameter(name).contains(text));
    }
    match condition.strip_prefix("ne(trim(").and_then(|rest| rest.strip_suffix("), '')")) {
        Some(name) => !parameter(name).trim().is_empty(),
        None => parameter(condition) == "true",
    }
}

/// Returns an expression without `trim` around it, and whether there was one.
fn untrimmed(value: &Value) -> (Value, bool) {
    let text = value.as_str().unwrap_or_default();
    let inner = text.strip_prefix("${{ trim(").and_then(|rest| rest.strip_suffix(") }}"));
    match inner {
        Some(inner) => (format!("${{{{ {inner} }}}}").into(), true),
        None => (value.clone(), false),
    }
}
