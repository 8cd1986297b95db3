//! The calls of the forges that have no stand-in: each against answers as its documentation shows them.

use serde_json::{Value, json};

use super::comment::{CommentOutcome, CommentRequest};
use super::issue::{IssueOutcome, IssueRequest};
use super::marker::RunNumber;
use super::{ForgeClient, ForgeContext, ForgeError, ForgeKind};
use crate::clock::Clock;
use crate::http::RetryObserver;
use crate::http::testing::{Reply, Seen, Server, reply};
use crate::secrets::Known;

const COMMIT: &str = "c0ffee1";

fn client(kind: ForgeKind, api: String, repository: &str) -> ForgeClient {
    let context = ForgeContext {
        kind,
        api,
        repository: repository.to_owned(),
        pull_request: Some(7),
        commit: Some(COMMIT.to_owned()),
        run: RunNumber::default(),
        is_fork: false,
        token: Some("canary".into()),
    };
    let clock = Clock::recording(jiff::Timestamp::UNIX_EPOCH);
    ForgeClient::new(&context, &Known::default(), clock, RetryObserver::default())
        .expect("a loopback URL")
}

fn request(body: &str) -> CommentRequest<'_> {
    let run = RunNumber::default();
    let (tenant, number, commit) = ("contoso", 7, COMMIT);
    CommentRequest { tenant, number, commit, run, body: Some(body), outdated: false }
}

/// Returns the lines of the calls that write, and the bodies.
fn writes(server: &Server) -> Vec<(String, Value)> {
    let seen = server.seen().into_iter().filter(|seen| !seen.line.starts_with("GET "));
    seen.map(|seen| (seen.line.clone(), seen.json())).collect()
}

#[tokio::test]
async fn note_of_a_merge_request_is_created_and_found_on_the_second_page() {
    let of_project = "/api/v4/projects/contoso%2Fit%2Fdevices";
    let server = Server::start(move |seen: &Seen, number, url| {
        let (call, query) = seen.line.split_once('?').unwrap_or((&seen.line, ""));
        let rest = call.replace(of_project, "");
        let other = json!({ "id": 1, "body": "hello", "author": { "id": 5 } });
        let text = format!("<!-- moorline:comment tenant=contoso commit={COMMIT} run=0.0 -->\nold");
        match rest.as_str() {
            "GET /merge_requests/7" => {
                reply(200, &json!({ "state": "opened", "sha": COMMIT, "merge_commit_sha": null }))
            }
            "GET /api/v4/user" => reply(200, &json!({ "id": 31, "username": "project_1_bot" })),
            "GET /merge_requests/7/notes" if query.contains("page=2&") => {
                let own = json!({ "id": 2, "body": text, "author": { "id": 31 } });
                reply(200, &json!([own]))
            }
            "GET /merge_requests/7/notes" if number < 4 => reply(200, &json!([other])),
            "GET /merge_requests/7/notes" => {
                let next = format!(
                    "<{url}{of_project}/merge_requests/7/notes?page=2&per_page=100>; rel=\"next\""
                );
                reply(200, &json!([other])).header("link", next)
            }
            _ => reply(200, &json!({ "id": 2, "body": text, "author": { "id": 31 } })),
        }
    })
    .await;
    let client = client(ForgeKind::Gitlab, format!("{}/api/v4", server.url), "contoso/it/devices");
    let created = client.comment(&request("new")).await.expect("created");
    assert_eq!(created, CommentOutcome::Created(None));
    let updated = client.comment(&request("newer")).await.expect("updated");
    assert_eq!(updated, CommentOutcome::Updated(None));
    let lines: Vec<String> = writes(&server).into_iter().map(|(line, _)| line).collect();
    let notes = format!("{of_project}/merge_requests/7/notes");
    assert_eq!(lines, [format!("POST {notes}"), format!("PUT {notes}/2")]);
}

#[tokio::test]
async fn thread_of_a_pull_request_is_created_closed_and_its_comment_is_updated() {
    let of_repository = "/contoso/IT%20dept/_apis/git/repositories/devices";
    let server = Server::start(move |seen: &Seen, number, _| {
        let (call, query) = seen.line.split_once('?').unwrap_or((&seen.line, ""));
        assert!(query.contains("api-version=7.1"), "{}", seen.line);
        let text = format!("<!-- moorline:comment tenant=contoso commit={COMMIT} run=0.0 -->\nold");
        let comment = json!({ "id": 1, "content": text, "author": { "id": "build" } });
        match call.replace(of_repository, "").as_str() {
            "GET /pullRequests/7" => reply(200, &json!({
                "status": "active",
                "lastMergeSourceCommit": { "commitId": "aaaaaaa" },
                "lastMergeCommit": { "commitId": "bbbbbbb" },
            })),
            "GET /commits/aaaaaaa/mergebases" => {
                assert!(query.ends_with(&format!("otherCommitId={COMMIT}")));
                reply(200, &json!({ "value": [{ "commitId": "aaaaaaa" }] }))
            }
            "GET /contoso/_apis/connectionData" => {
                reply(200, &json!({ "authenticatedUser": { "id": "build" } }))
            }
            "GET /pullRequests/7/threads" if number < 4 => reply(200, &json!({ "value": [
                { "id": 8, "isDeleted": true, "comments": [comment] },
                { "id": 9, "comments": [{ "id": 1, "author": { "id": "alice" }, "content": text }] },
            ]})),
            "GET /pullRequests/7/threads" => {
                reply(200, &json!({ "value": [{ "id": 10, "comments": [comment] }] }))
            }
            "POST /pullRequests/7/threads" => reply(200, &json!({ "id": 10, "comments": [comment] })),
            _ => reply(200, &comment),
        }
    })
    .await;
    let url = format!("{}/contoso/", server.url);
    let client = client(ForgeKind::AzureDevops, url, "IT dept/devices");
    let created = client.comment(&request("new")).await.expect("created");
    assert_eq!(created, CommentOutcome::Created(None));
    let updated = client.comment(&request("newer")).await.expect("updated");
    assert_eq!(updated, CommentOutcome::Updated(None));
    let writes = writes(&server);
    assert!(writes[0].0.ends_with("/pullRequests/7/threads?api-version=7.1"));
    assert_eq!(writes[0].1["status"], "closed");
    assert!(writes[1].0.starts_with("PATCH "), "{writes:?}");
    assert!(writes[1].0.ends_with("/threads/10/comments/1?api-version=7.1"), "{writes:?}");
    assert!(matches!(client.tracking_issue("contoso").await, Err(ForgeError::Unknown(..))));
}

#[tokio::test]
async fn push_while_the_comments_are_read_is_left_the_comment() {
    for text in [None, Some("old")] {
        let server = Server::start(move |seen: &Seen, number, _| {
            let marker = format!(
                "<!-- moorline:comment tenant=contoso commit={COMMIT} run=0.0 -->"
            );
            match seen.line.split('?').next() {
                Some("GET /repos/contoso/devices/pulls/7") => {
                    let head = if number < 2 { COMMIT } else { "c0ffee2" };
                    reply(200, &json!({ "state": "open", "head": { "sha": head } }))
                }
                Some("POST /graphql") => {
                    reply(200, &json!({ "data": { "viewer": { "login": "x" } } }))
                }
                Some("GET /repos/contoso/devices/issues/7/comments") => {
                    let own = text.map(|text| json!({ "id": 2, "body": format!("{marker}\n{text}"), "user": { "login": "x" } }));
                    reply(200, &json!(own.into_iter().collect::<Vec<_>>()))
                }
                Some(line) if line.starts_with("GET ") => {
                    reply(200, &json!({ "merge_base_commit": { "sha": COMMIT } }))
                }
                _ => reply(200, &json!({ "id": 2, "body": "", "user": { "login": "x" } })),
            }
        })
        .await;
        let client = client(ForgeKind::Github, server.url.clone(), "contoso/devices");
        let outcome = client.comment(&request("new")).await.expect("left alone");
        assert_eq!(outcome, CommentOutcome::Older("c0ffee2".to_owned()));
        let lines: Vec<String> = writes(&server).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, ["POST /graphql"]);
    }
}

#[tokio::test]
async fn issue_of_gitlab_is_closed_by_an_event_and_only_once() {
    let body = "<!-- moorline:issue tenant=contoso -->\n<!-- moorline:memory m -->\ntext\n";
    let issue = move |state: &str| json!({ "iid": 4, "state": state, "description": body, "author": { "id": 31 }, "web_url": "https://gitlab.com/x" });
    let server = Server::start(move |seen: &Seen, _, _| match seen.line.split('?').next() {
        Some("GET /api/v4/user") => reply(200, &json!({ "id": 31 })),
        Some("GET /api/v4/projects/contoso%2Fdevices/issues") => {
            reply(200, &json!([issue("opened")]))
        }
        _ => reply(200, &issue("closed")),
    })
    .await;
    let client = client(ForgeKind::Gitlab, format!("{}/api/v4/", server.url), "contoso/devices");
    let mut found = client.tracking_issue("contoso").await.expect("found");
    assert_eq!(found.memory(), Some("m"));
    let wanted = IssueRequest { title: "Drift", text: "none", memory: "m", is_open: false };
    let closed = client.track(&mut found, &wanted).await.expect("closed");
    assert_eq!(closed, IssueOutcome::Closed);
    let again = client.track(&mut found, &wanted).await.expect("closed");
    assert_eq!(again, IssueOutcome::Unchanged);
    let writes = writes(&server);
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0].1["state_event"], "close");
}

#[tokio::test]
async fn token_is_sent_to_no_other_host_and_is_in_no_error() {
    let stranger = Server::start(|_, _, _| reply(200, &json!([]))).await;
    for (status, name) in [(302, "location"), (200, "link")] {
        let target = stranger.url.clone();
        let answer = move |seen: &Seen, _: usize, _: &str| -> Reply {
            match seen.line.split('?').next() {
                Some("GET /repos/contoso/devices/pulls/7") => {
                    reply(200, &json!({ "state": "open", "head": { "sha": COMMIT } }))
                }
                Some("POST /graphql") => {
                    reply(200, &json!({ "data": { "viewer": { "login": "x" } } }))
                }
                _ if name == "link" => {
                    reply(status, &json!([])).header("link", format!("<{target}/x>; rel=\"next\""))
                }
                _ => reply(status, &Value::Null).header("location", format!("{target}/x")),
            }
        };
        let server = Server::start(answer).await;
        let client = client(ForgeKind::Github, server.url.clone(), "contoso/devices");
        let error = client.comment(&request("text")).await.expect_err("another host");
        assert!(!format!("{error:?}").contains("canary"));
        assert!(server.seen().iter().all(|seen| seen.headers["authorization"] == "Bearer canary"));
    }
    assert_eq!(stranger.seen().len(), 0);
}
