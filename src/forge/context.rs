//! Where a run is: the forge, the repository, the pull request and the commit, from arguments or the pipeline's variables.

use std::path::Path;

use clap::ValueEnum as _;
use secrecy::SecretString;
use serde_json::Value;

use super::error::ForgeError;
use super::kind::ForgeKind;
use super::marker::RunNumber;
use crate::disk;

/// The longest event that is read, in bytes. GitHub's own limit for the payload of an event is 25 MB.
const LONGEST_EVENT: u64 = 25 << 20;

/// The argument or the variable with the URL of the interface, for messages.
pub(super) const API_URL: &str = "--api-url, or the variable of the pipeline in its place,";

/// The parts of a place that arguments give; what is absent is found in the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct ForgeOptions {
    /// The forge.
    pub(crate) forge: Option<ForgeKind>,
    /// The URL of its REST interface.
    pub(crate) api_url: Option<String>,
    /// The repository.
    pub(crate) repository: Option<String>,
    /// The number of the pull request.
    pub(crate) pull_request: Option<u64>,
    /// The commit.
    pub(crate) commit: Option<String>,
}

/// A repository of a forge, and the pull request and the commit of the run.
#[derive(Debug)]
pub(crate) struct ForgeContext {
    /// The forge.
    pub(crate) kind: ForgeKind,
    /// The URL of the REST interface.
    pub(super) api: String,
    /// The repository: `owner/name`, or `project/name`.
    pub(crate) repository: String,
    /// The number of the pull request.
    pub(crate) pull_request: Option<u64>,
    /// The commit of the run.
    pub(crate) commit: Option<String>,
    /// The run.
    pub(crate) run: RunNumber,
    /// Whether the pull request comes from another repository, so that the run has no token that writes.
    pub(crate) is_fork: bool,
    /// The token.
    pub(crate) token: Option<SecretString>,
}

/// Reads a variable of the environment.
type Environment<'e> = dyn Fn(&str) -> Option<String> + 'e;

impl ForgeContext {
    /// Finds the place of a run.
    ///
    /// # Errors
    /// [`ForgeError::Unknown`] where the forge or the repository is not known, or an argument makes no sense.
    pub(crate) fn find(
        options: ForgeOptions,
        environment: &Environment<'_>,
    ) -> Result<Self, ForgeError> {
        let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
        let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
        let kind = options.forge.or_else(|| running_on(&variable)).ok_or_else(no_forge)?;
        let facts = kind.facts();
        let api = options.api_url.or_else(|| variable(facts.api));
        let api = api.or_else(|| facts.public_api.map(str::to_owned)).ok_or_else(|| {
            let what = format!("the URL of {} is not known: {} is not set", facts.name, facts.api);
            ForgeError::Unknown(what, "Name it: `--api-url https://dev.azure.com/contoso`.")
        })?;
        let parts: Option<Vec<String>> =
            facts.repository.iter().map(|names| first(names)).collect();
        let repository = options.repository.or_else(|| parts.map(|parts| parts.join("/")));
        let repository = repository.filter(|name| is_repository(name)).ok_or_else(|| {
            let what = format!("the repository on {} is not known", facts.name);
            ForgeError::Unknown(what, "Name it: `--repository OWNER/NAME`.")
        })?;
        let event = if kind == ForgeKind::Github { event(&variable) } else { Value::Null };
        let number = |name: &str| variable(name)?.parse().ok();
        let numbered = || match kind {
            ForgeKind::Github => number_in(&event, &variable),
            _ => facts.number.iter().find_map(|name| number(name)),
        };
        let head = event["pull_request"]["head"]["sha"].as_str().map(str::to_owned);
        let commit = options.commit.or(head).or_else(|| first(facts.commit));
        if let Some(commit) = commit.as_deref().filter(|commit| !is_commit(commit)) {
            let what = format!("`{commit}` is no id of a commit");
            let hint = "Give its hexadecimal digits: `--commit \"$(git rev-parse HEAD)\"`.";
            return Err(ForgeError::Unknown(what, hint));
        }
        let [run, attempt] = facts.run.map(|name| number(name).unwrap_or_default());
        Ok(Self {
            pull_request: options.pull_request.or_else(numbered),
            commit: commit.map(|commit| commit.to_ascii_lowercase()),
            run: RunNumber { run, attempt },
            is_fork: is_fork(kind, &event, &variable),
            token: first(facts.tokens).map(SecretString::from),
            kind,
            api,
            repository,
        })
    }
}

/// Returns the forge whose pipeline the run is in.
fn running_on(variable: &Environment<'_>) -> Option<ForgeKind> {
    let is_set = |kind: &&ForgeKind| {
        let (name, value) = kind.facts().pipeline;
        variable(name).is_some_and(|set| set.eq_ignore_ascii_case(value))
    };
    ForgeKind::value_variants().iter().find(is_set).copied()
}

fn no_forge() -> ForgeError {
    let what = "this run is in no pipeline of GitHub, GitLab or Azure DevOps, so its repository is not known";
    let hint = "Name it: `--forge github --repository OWNER/NAME --pull-request N --commit SHA`, with the token in GITHUB_TOKEN.";
    ForgeError::Unknown(what.to_owned(), hint)
}

/// Reads the event that started a run on GitHub; null where there is none.
fn event(variable: &Environment<'_>) -> Value {
    let text = variable("GITHUB_EVENT_PATH")
        .and_then(|path| disk::read_text(Path::new(&path), LONGEST_EVENT).ok());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Returns the number of the pull request in an event, or else in the ref `refs/pull/N/merge`.
fn number_in(event: &Value, variable: &Environment<'_>) -> Option<u64> {
    let in_event = [&event["pull_request"]["number"], &event["number"]];
    in_event.into_iter().find_map(Value::as_u64).or_else(|| {
        let reference = variable("GITHUB_REF")?;
        reference.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok()
    })
}

/// Returns whether a pull request comes from another repository.
fn is_fork(kind: ForgeKind, event: &Value, variable: &Environment<'_>) -> bool {
    match kind {
        ForgeKind::Github => {
            let request = &event["pull_request"];
            // The repository of a fork that was deleted is null.
            request.is_object()
                && request["head"]["repo"]["full_name"] != request["base"]["repo"]["full_name"]
        }
        ForgeKind::Gitlab => {
            let source = variable("CI_MERGE_REQUEST_SOURCE_PROJECT_ID");
            source.is_some() && source != variable("CI_MERGE_REQUEST_PROJECT_ID")
        }
        ForgeKind::AzureDevops => variable("SYSTEM_PULLREQUEST_ISFORK")
            .is_some_and(|is_fork| is_fork.eq_ignore_ascii_case("true")),
    }
}

/// Returns whether a text has at least two parts with slashes between, none of which is empty or leads elsewhere.
fn is_repository(name: &str) -> bool {
    let mut parts = name.split('/');
    name.contains('/') && parts.all(|part| !["", ".", ".."].contains(&part))
}

/// Returns whether a text is an id of a commit, or the beginning of one.
fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn find(options: ForgeOptions, set: &[(&str, &str)]) -> Result<ForgeContext, ForgeError> {
        let variable = |name: &str| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        ForgeContext::find(options, &variable)
    }

    fn place(set: &[(&str, &str)]) -> (String, Option<u64>, String, RunNumber, bool) {
        let found = find(ForgeOptions::default(), set).expect("a place");
        let commit = found.commit.unwrap_or_default();
        (found.repository, found.pull_request, commit, found.run, found.is_fork)
    }

    #[test]
    fn github_run_is_placed_by_its_event() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("event.json");
        let run = |head: &str, event: bool| {
            let body = json!({ "number": 7, "pull_request": {
                "number": 7,
                "head": { "sha": "BEEF0001", "repo": { "full_name": head } },
                "base": { "repo": { "full_name": "contoso/devices" } },
            }});
            std::fs::write(&path, body.to_string()).expect("written");
            let mut set = vec![
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_REPOSITORY", "contoso/devices"),
                ("GITHUB_REF", "refs/pull/8/merge"),
                ("GITHUB_SHA", "aaaaaaaa"),
                ("GITHUB_RUN_ID", "31"),
                ("GITHUB_RUN_ATTEMPT", "2"),
            ];
            if event {
                set.push(("GITHUB_EVENT_PATH", path.to_str().expect("text")));
            }
            place(&set)
        };
        let number = RunNumber { run: 31, attempt: 2 };
        let devices = "contoso/devices".to_owned();
        assert_eq!(
            run("contoso/devices", true),
            (devices.clone(), Some(7), "beef0001".to_owned(), number, false)
        );
        assert!(run("alice/devices", true).4);
        assert_eq!(run("", false), (devices, Some(8), "aaaaaaaa".to_owned(), number, false));
    }

    #[test]
    fn other_pipelines_are_placed_by_their_variables() {
        let gitlab = [
            ("GITLAB_CI", "true"),
            ("CI_PROJECT_PATH", "contoso/it/devices"),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""),
            ("CI_COMMIT_SHA", "beef0001"),
            ("CI_PIPELINE_ID", "31"),
            ("CI_JOB_ID", "90"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2"),
            ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
        ];
        let number = RunNumber { run: 31, attempt: 90 };
        let repository = "contoso/it/devices".to_owned();
        assert_eq!(place(&gitlab), (repository, Some(7), "beef0001".to_owned(), number, true));
        let azure = [
            ("TF_BUILD", "True"),
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/"),
            ("SYSTEM_TEAMPROJECT", "IT"),
            ("BUILD_REPOSITORY_NAME", "devices"),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", "7"),
            ("SYSTEM_PULLREQUEST_SOURCECOMMITID", "beef0001"),
            ("BUILD_SOURCEVERSION", "aaaaaaaa"),
            ("BUILD_BUILDID", "31"),
            ("SYSTEM_JOBATTEMPT", "1"),
            ("SYSTEM_PULLREQUEST_ISFORK", "False"),
        ];
        let number = RunNumber { run: 31, attempt: 1 };
        let repository = "IT/devices".to_owned();
        assert_eq!(place(&azure), (repository, Some(7), "beef0001".to_owned(), number, false));
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        let options = |repository: &str, commit: &str| ForgeOptions {
            forge: Some(ForgeKind::Github),
            repository: Some(repository.to_owned()),
            commit: Some(commit.to_owned()),
            ..ForgeOptions::default()
        };
        assert!(find(options("contoso/devices", "beef0001"), &[]).is_ok());
        for (repository, commit) in [
            ("contoso", "beef0001"),
            ("contoso/../x", "beef0001"),
            ("/x", "beef0001"),
            ("contoso/devices", "main"),
            ("contoso/devices", "beef000?"),
            ("contoso/devices", "beef"),
        ] {
            assert!(find(options(repository, commit), &[]).is_err(), "{repository} {commit}");
        }
        assert!(matches!(find(ForgeOptions::default(), &[]), Err(ForgeError::Unknown(..))));
    }
}
