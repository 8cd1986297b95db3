//! A stand-in for GitHub's REST interface, from its documentation (FACTS 18.1): pull requests, comments, issues, pages
//! with `Link` headers, refusals, limits. Every path below `/hooks/` is the address of a channel.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Response;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The repository that the stand-in has.
pub const REPOSITORY: &str = "contoso/devices";

/// The token of a workflow, and the account under which its comments appear.
pub const WORKFLOW: (&str, &str) = ("canary-workflow", "github-actions[bot]");

/// The token of a person.
pub const ALICE: (&str, &str) = ("canary-alice", "alice");

/// The most characters of a comment or an issue.
const LONGEST: usize = 65_536;

/// The running stand-in.
pub struct Forge {
    pub url: String,
    state: Arc<Mutex<ForgeState>>,
    _runtime: Runtime,
}

/// What the stand-in has.
#[derive(Default)]
pub struct ForgeState {
    /// Pull requests by number: `state`, `head`, and `merge_commit_sha`.
    pub pulls: BTreeMap<u64, Value>,
    /// The commits of the repository: each is the parent of the next.
    pub commits: Vec<String>,
    /// Comments as the service shows them; `issue` is the number of theirs.
    pub comments: Vec<Value>,
    /// Issues as the service shows them.
    pub issues: Vec<Value>,
    /// Refs beside branches, with their commits.
    pub refs: BTreeMap<String, String>,
    /// Pull requests that were opened: what was sent.
    pub opened: Vec<Value>,
    /// Runs of workflows by number: `event`, `head_branch`, `head_sha` and `path`.
    pub runs: BTreeMap<u64, Value>,
    /// Whether pull requests are refused for another reason than one that is open.
    pub refuses_pulls: bool,
    /// Whether the tokens only read, as those of a fork do.
    pub read_only: bool,
    /// How many of the next calls are stopped by a secondary limit.
    pub limited: usize,
    /// How many of the next writes are done, but answered with 502.
    pub lost: usize,
    /// The status with which channels answer, where it is not 200.
    pub hook_status: Option<u16>,
    /// What was sent to channels: the path below `/hooks/`, and the payload.
    pub posts: Vec<(String, Value)>,
    /// The calls so far: verb and path with query.
    pub calls: Vec<String>,
    next: u64,
}

impl Forge {
    /// Starts a stand-in with pull request 7, whose last commit is `c0ffee2` after `c0ffee1`.
    pub fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime starts");
        let listener =
            runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let state = Arc::new(Mutex::new(ForgeState {
            commits: ["c0ffee1", "c0ffee2"]
                .map(|short| short.to_owned() + &"0".repeat(33))
                .to_vec(),
            ..ForgeState::default()
        }));
        let (own, at) = (Arc::clone(&state), url.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (state, url) = (Arc::clone(&own), at.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.expect("a whole request");
                let token = head.headers.get("authorization").and_then(|text| text.to_str().ok());
                let call = Call {
                    method: head.method.as_str().to_owned(),
                    path: head.uri.path().to_owned(),
                    query: head.uri.query().unwrap_or_default().to_owned(),
                    token: token.unwrap_or_default().trim_start_matches("Bearer ").to_owned(),
                    body: serde_json::from_slice(&body).unwrap_or_default(),
                    url,
                };
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.answer(&call)
            }
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        let forge = Self { url, state, _runtime: runtime };
        let head = forge.state().commits[1].clone();
        forge.push(7, &head);
        forge
    }

    /// Returns what it has.
    pub fn state(&self) -> MutexGuard<'_, ForgeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a commit the last one of an open pull request.
    pub fn push(&self, number: u64, commit: &str) {
        let mut state = self.state();
        if !state.commits.iter().any(|known| known == commit) {
            state.commits.push(commit.to_owned());
        }
        let repository = json!({ "full_name": REPOSITORY });
        let pull = json!({
            "number": number, "state": "open", "merge_commit_sha": null,
            "head": { "sha": commit, "repo": repository }, "base": { "repo": repository },
        });
        state.pulls.insert(number, pull);
    }

    /// Returns the variables of a workflow's step for a pull request; the event stands in a file.
    pub fn variables<'a>(&'a self, event: &'a str) -> Vec<(&'static str, &'a str)> {
        vec![
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_API_URL", &self.url),
            ("GITHUB_REPOSITORY", REPOSITORY),
            ("GITHUB_EVENT_PATH", event),
            ("GITHUB_RUN_ID", "100"),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_TOKEN", WORKFLOW.0),
        ]
    }

    /// Returns the event of a pull request whose branch is in a repository.
    pub fn event(&self, number: u64, head_repository: &str) -> Value {
        let mut pull = self.state().pulls[&number].clone();
        pull["head"]["repo"] = json!({ "full_name": head_repository });
        json!({ "action": "synchronize", "number": number, "pull_request": pull })
    }

    /// Adds a comment of an account, as it writes it by hand.
    pub fn comment_as(&self, login: &str, number: u64, body: &str) {
        self.state().add_comment(login, number, body);
    }

    /// Returns the texts of the comments of a pull request.
    pub fn texts(&self, number: u64) -> Vec<String> {
        let state = self.state();
        let of_pull = state.comments.iter().filter(|comment| comment["issue"] == number);
        of_pull.map(|comment| comment["body"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Returns the calls since the last time that write, each verb and path.
    pub fn take_writes(&self) -> Vec<String> {
        let calls = std::mem::take(&mut self.state().calls);
        let is_write = |call: &String| !call.starts_with("GET ") && !call.contains("/graphql");
        calls.into_iter().filter(is_write).collect()
    }

    /// Returns what was sent to channels since the last time.
    pub fn take_posts(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.state().posts)
    }
}

struct Call {
    method: String,
    path: String,
    query: String,
    token: String,
    body: Value,
    url: String,
}

impl Call {
    fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    fn number(&self, name: &str, otherwise: usize) -> usize {
        self.parameter(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    }
}

impl ForgeState {
    fn answer(&mut self, call: &Call) -> Response<Body> {
        if let Some(channel) = call.path.strip_prefix("/hooks/") {
            self.posts.push((channel.to_owned(), call.body.clone()));
            return answer(self.hook_status.unwrap_or(200), &json!("ok"));
        }
        let query = if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
        self.calls.push(format!("{} {}{query}", call.method, call.path));
        if self.limited > 0 {
            self.limited -= 1;
            return limited();
        }
        let Some((_, login)) =
            [WORKFLOW, ALICE].into_iter().find(|(token, _)| *token == call.token)
        else {
            return refused(401, "Bad credentials");
        };
        let path = call.path.strip_prefix("/api/v3").unwrap_or(&call.path);
        if path == "/graphql" || path == "/api/graphql" {
            return answer(200, &json!({ "data": { "viewer": { "login": login } } }));
        }
        if path == "/user" {
            return match login.ends_with("[bot]") {
                true => refused(403, "Resource not accessible by integration"),
                false => answer(200, &json!({ "login": login, "type": "User" })),
            };
        }
        let Some(rest) = path.strip_prefix(&format!("/repos/{REPOSITORY}/")) else {
            return refused(404, "Not Found");
        };
        if self.read_only && call.method != "GET" {
            return refused(403, "Resource not accessible by integration");
        }
        let too_long = |name: &str| {
            call.body[name].as_str().is_some_and(|text| text.chars().count() > LONGEST)
        };
        if too_long("body") {
            return refused(422, "Validation Failed");
        }
        let done = self.route(call, rest, login);
        if call.method != "GET" && self.lost > 0 {
            self.lost -= 1;
            return refused(502, "Bad Gateway");
        }
        done
    }

    fn route(&mut self, call: &Call, rest: &str, login: &str) -> Response<Body> {
        let parts: Vec<&str> = rest.split('/').collect();
        let number = |text: &str| text.parse::<u64>().unwrap_or_default();
        match (call.method.as_str(), &parts[..]) {
            ("GET", ["pulls", pull]) => match self.pulls.get(&number(pull)) {
                Some(pull) => answer(200, pull),
                None => refused(404, "Not Found"),
            },
            ("GET", ["compare", range]) => self.compare(range),
            ("GET", ["issues", issue, "comments"]) => {
                let of_issue = |comment: &&Value| comment["issue"] == number(issue);
                page(call, self.comments.iter().filter(of_issue).cloned().collect())
            }
            ("POST", ["issues", issue, "comments"]) => {
                let body = call.body["body"].as_str().unwrap_or_default();
                answer(201, &self.add_comment(login, number(issue), body))
            }
            ("PATCH" | "DELETE", ["issues", "comments", id]) => {
                let is_it = |comment: &Value| comment["id"] == number(id);
                let Some(at) = self.comments.iter().position(is_it) else {
                    return refused(404, "Not Found");
                };
                if self.comments[at]["user"]["login"] != login {
                    return refused(403, "Resource not accessible by integration");
                }
                if call.method == "DELETE" {
                    self.comments.remove(at);
                    return answer(204, &Value::Null);
                }
                self.comments[at]["body"] = call.body["body"].clone();
                answer(200, &self.comments[at])
            }
            ("GET", ["issues"]) => page(call, self.issues_of(call)),
            ("POST", ["issues"]) => {
                let labels = call.body["labels"].as_array().into_iter().flatten();
                let labels: Vec<Value> = labels.map(|name| json!({ "name": name })).collect();
                self.next += 1;
                let number = 40 + self.next;
                let issue = json!({
                    "number": number, "state": "open", "title": call.body["title"],
                    "body": call.body["body"], "labels": labels, "user": user(login),
                    "html_url": format!("https://github.com/{REPOSITORY}/issues/{number}"),
                });
                self.issues.push(issue.clone());
                answer(201, &issue)
            }
            ("PATCH", ["issues", id]) => {
                let is_it = |issue: &&mut Value| issue["number"] == number(id);
                let Some(issue) = self.issues.iter_mut().find(is_it) else {
                    return refused(404, "Not Found");
                };
                for name in ["title", "body", "state"] {
                    if !call.body[name].is_null() {
                        issue[name] = call.body[name].clone();
                    }
                }
                answer(200, issue)
            }
            ("GET", ["git", "ref", name @ ..]) => self.reference(name),
            ("PATCH", ["git", "refs", name @ ..]) if self.refs.contains_key(&full(name)) => {
                let commit = call.body["sha"].as_str().unwrap_or_default();
                self.refs.insert(full(name), commit.to_owned());
                self.reference(name)
            }
            ("PATCH", ["git", "refs", ..]) => refused(422, "Reference does not exist"),
            ("POST", ["git", "refs"]) => {
                let [name, commit] =
                    ["ref", "sha"].map(|name| call.body[name].as_str().unwrap_or_default());
                self.refs.insert(name.to_owned(), commit.to_owned());
                answer(201, &json!({ "ref": name, "object": { "sha": commit } }))
            }
            ("POST", ["pulls"]) => {
                let is_open = self.opened.iter().any(|pull| pull["head"] == call.body["head"]);
                if is_open || self.refuses_pulls {
                    return refused(422, "Validation Failed");
                }
                self.opened.push(call.body.clone());
                answer(201, &json!({ "number": 70 + self.opened.len() }))
            }
            ("PATCH", ["pulls", pull]) => {
                let at = number(pull).checked_sub(71).and_then(|at| usize::try_from(at).ok());
                let Some(open) = at.and_then(|at| self.opened.get_mut(at)) else {
                    return refused(404, "Not Found");
                };
                for (name, value) in call.body.as_object().into_iter().flatten() {
                    open[name] = value.clone();
                }
                answer(200, &json!({ "number": number(pull) }))
            }
            ("GET", ["pulls"]) => {
                let head = call.parameter("head").unwrap_or_default();
                let owner = REPOSITORY.split('/').next().unwrap_or_default();
                let is_it = |pull: &&Value| {
                    pull["head"].as_str().is_some_and(|name| head == format!("{owner}:{name}"))
                };
                let found = self.opened.iter().position(|pull| is_it(&pull));
                let found = found.map(|at| json!({ "number": 71 + at }));
                answer(200, &json!(found.into_iter().collect::<Vec<_>>()))
            }
            ("GET", ["actions", "runs", run]) => match self.runs.get(&number(run)) {
                Some(run) => answer(200, run),
                None => refused(404, "Not Found"),
            },
            _ => refused(404, "Not Found"),
        }
    }

    fn reference(&self, name: &[&str]) -> Response<Body> {
        match self.refs.get(&full(name)) {
            Some(commit) => answer(200, &json!({ "ref": full(name), "object": { "sha": commit } })),
            None => refused(404, "Not Found"),
        }
    }

    fn add_comment(&mut self, login: &str, number: u64, body: &str) -> Value {
        self.next += 1;
        let id = 1_000 + self.next;
        let comment = json!({
            "id": id, "issue": number, "body": body, "user": user(login),
            "html_url": format!("https://github.com/{REPOSITORY}/pull/{number}#issuecomment-{id}"),
        });
        self.comments.push(comment.clone());
        comment
    }

    /// Returns the issues of a list newest first, pull requests among them.
    fn issues_of(&self, call: &Call) -> Vec<Value> {
        let state = call.parameter("state").unwrap_or("open".to_owned());
        let label = call.parameter("labels");
        let is_listed = |issue: &&Value| {
            let labels = issue["labels"].as_array().into_iter().flatten();
            let names: Vec<_> = labels.filter_map(|label| label["name"].as_str()).collect();
            (state == "all" || issue["state"] == state.as_str())
                && label.as_deref().is_none_or(|label| names.contains(&label))
        };
        let pulls = self.pulls.iter().filter(|_| label.is_none()).map(|(number, pull)| {
            json!({ "number": number, "state": pull["state"], "body": "", "pull_request": {}, "user": user("alice") })
        });
        self.issues.iter().rev().filter(is_listed).cloned().chain(pulls).collect()
    }

    fn compare(&self, range: &str) -> Response<Body> {
        let place = |commit: &str| self.commits.iter().position(|known| known.starts_with(commit));
        let ends = range.split_once("...").map(|(base, head)| (place(base), place(head)));
        let Some((Some(base), Some(head))) = ends else {
            return refused(404, "Not Found");
        };
        let status = match head.cmp(&base) {
            std::cmp::Ordering::Equal => "identical",
            std::cmp::Ordering::Greater => "ahead",
            std::cmp::Ordering::Less => "behind",
        };
        let fork = &self.commits[base.min(head)];
        answer(
            200,
            &json!({
                "status": status, "ahead_by": head.saturating_sub(base),
                "behind_by": base.saturating_sub(head), "merge_base_commit": { "sha": fork },
            }),
        )
    }
}

/// Returns the name of a ref in full.
fn full(name: &[&str]) -> String {
    format!("refs/{}", name.join("/"))
}

fn user(login: &str) -> Value {
    let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
    json!({ "login": login, "type": kind })
}

/// Answers a page of a list, with the link to the next one.
fn page(call: &Call, all: Vec<Value>) -> Response<Body> {
    let (size, at) = (call.number("per_page", 30).min(100), call.number("page", 1));
    let start = (at - 1) * size;
    let shown: Vec<&Value> = all.iter().skip(start).take(size).collect();
    let mut response = answer(200, &json!(shown));
    if start + size < all.len() {
        let others = url::form_urlencoded::parse(call.query.as_bytes());
        let others = others.filter(|(name, _)| name != "page");
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(others);
        let last = all.len().div_ceil(size);
        let base = query.finish();
        let link = |page: usize, rel: &str| {
            format!("<{}{}?{base}&page={page}>; rel=\"{rel}\"", call.url, call.path)
        };
        let links = format!("{}, {}", link(at + 1, "next"), link(last, "last"));
        response.headers_mut().insert("link", links.parse().expect("a header"));
    }
    response
}

fn answer(status: u16, body: &Value) -> Response<Body> {
    let response = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("x-github-request-id", "C0DE:1A2B");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    response.body(Body::from(body)).expect("a valid answer")
}

fn refused(status: u16, message: &str) -> Response<Body> {
    answer(status, &json!({ "message": message, "status": status.to_string() }))
}

fn limited() -> Response<Body> {
    let mut response = refused(403, "You have exceeded a secondary rate limit.");
    response.headers_mut().insert("retry-after", "2".parse().expect("a header"));
    response
}
