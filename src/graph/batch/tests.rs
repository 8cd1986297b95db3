use std::time::Duration;

use super::super::error::Lost;
use super::super::testing::{Seen, Server, closed_port, graph, hanging_up, reply};
use super::*;

fn read(number: usize) -> Request {
    Request::get(GraphVersion::Beta, format!("/things/{number}"))
}

fn patch(number: usize) -> Request {
    Request::with_body(
        Method::Patch,
        GraphVersion::Beta,
        format!("/things/{number}"),
        json!({"a": number}),
    )
}

/// Returns the members of a seen envelope as `(id, method and url)`.
fn members(seen: &Seen) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let body = seen.json();
    let requests = body["requests"].as_array().expect("members").iter();
    requests
        .map(|member| {
            (text(&member["id"]), format!("{} {}", text(&member["method"]), text(&member["url"])))
        })
        .collect()
}

/// Answers every member with what the function says of its method and URL, in reverse order.
fn answer(seen: &Seen, of: impl Fn(&str) -> Option<(u16, Value, Value)>) -> Value {
    let answers = members(seen).into_iter().rev().filter_map(|(id, line)| {
        of(&line).map(|(status, headers, body)| json!({"id": id, "status": status, "headers": headers, "body": body}))
    });
    json!({"responses": answers.collect::<Vec<_>>()})
}

#[tokio::test]
async fn answers_come_back_in_order_from_batches_of_twenty() {
    let server = Server::start(|seen, _, _| {
        reply(200, &answer(seen, |line| Some((200, json!({}), json!({"line": line})))))
    })
    .await;
    let requests: Vec<_> = (0..45).map(read).collect();
    let results = graph(&server.url).batch(GraphVersion::Beta, &requests).await;
    for (number, result) in results.into_iter().enumerate() {
        assert_eq!(
            result.expect("a success").body,
            json!({"line": format!("GET /things/{number}")})
        );
    }
    let mut sizes: Vec<_> = server.seen().iter().map(|seen| members(seen).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [5, 20, 20]);
    assert!(server.lines().iter().all(|line| line == "POST /beta/$batch"));
}

#[tokio::test]
async fn a_count_is_read_in_every_form_that_text_takes_in_a_batch() {
    let server = Server::start(|seen, _, _| {
        let body = answer(seen, |line| {
            let number = line.trim_start_matches("GET /things/");
            let body = match number.trim_end_matches("/$count") {
                "0" => json!(893),
                "1" => json!("893"),
                "2" => json!("ODkz"),
                "3" => json!("77u/ODkz"),
                "4" => json!("many"),
                "5" => json!(-1),
                _ => json!({"value": 893}),
            };
            Some((200, json!({"Content-Type": "text/plain"}), body))
        });
        reply(200, &body)
    })
    .await;
    let count = |number| Request::get(GraphVersion::Beta, format!("/things/{number}/$count"));
    let requests: Vec<_> = (0..7).map(count).collect();
    let results = graph(&server.url).batch(GraphVersion::Beta, &requests).await;
    let counts: Vec<_> =
        results.into_iter().map(|result| result.expect("a success").count()).collect();
    let read = Some(893);
    assert_eq!(counts, [read, read, read, read, None, None, None]);
    assert_eq!(
        server.seen()[0].json()["requests"][0]["headers"],
        json!({"ConsistencyLevel": "eventual"})
    );
}

#[tokio::test]
async fn only_retryable_members_are_sent_again_after_the_longest_wait() {
    let server = Server::start(|seen, round, _| {
        reply(
            200,
            &answer(seen, |line| {
                Some(match line {
                    "GET /things/1" if round == 0 => {
                        (429, json!({"Retry-After": "7"}), Value::Null)
                    }
                    "GET /things/2" if round == 0 => (503, json!({"retry-after": 31}), Value::Null),
                    "PATCH /things/3" if round == 0 => (429, json!({}), Value::Null),
                    "PATCH /things/4" => (504, json!({}), Value::Null),
                    "GET /things/5" => (
                        404,
                        json!({"request-id": "r-5"}),
                        json!({"error": {"code": "ResourceNotFound"}}),
                    ),
                    "PATCH /things/3" => (204, json!({}), Value::Null),
                    _ => (200, json!({}), json!({"line": line})),
                })
            }),
        )
    })
    .await;
    let graph = graph(&server.url);
    let requests = [read(0), read(1), read(2), patch(3), patch(4), read(5)];
    let results = graph.batch(GraphVersion::Beta, &requests).await;
    assert_eq!(results.len(), 6);
    for (number, result) in results[..3].iter().enumerate() {
        let response = result.as_ref().expect("a success");
        assert_eq!(response.body, json!({"line": format!("GET /things/{number}")}));
    }
    assert_eq!(results[3].as_ref().expect("a success").status, 204);
    assert!(matches!(results[4], Err(GraphError::AnswerLost { source: Lost::Gateway(_), .. })));
    let missing = results[5].as_ref().expect_err("it is not there");
    assert_eq!(
        missing.to_string(),
        "GET /beta/things/5 failed: 404 ResourceNotFound (request id r-5)"
    );
    let seen = server.seen();
    let lines: Vec<_> = members(&seen[1]).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["GET /things/1", "GET /things/2", "PATCH /things/3"]);
    assert_eq!(seen.len(), 2);
    let [wait] = graph.clock().sleeps()[..] else { panic!("one wait") };
    assert!(wait >= Duration::from_secs(31) && wait <= Duration::from_secs(34), "{wait:?}");
}

#[tokio::test]
async fn omitted_read_is_sent_again_and_omitted_write_is_lost() {
    let server = Server::start(|seen, round, _| match round {
        0 => reply(200, &json!({"responses": [{"id": "9"}, {"id": 0}, 7]})),
        _ => reply(200, &answer(seen, |_| Some((200, json!({}), json!({}))))),
    })
    .await;
    let results = graph(&server.url).batch(GraphVersion::Beta, &[read(0), patch(1)]).await;
    assert!(results[0].is_ok());
    assert!(matches!(
        results[1],
        Err(GraphError::AnswerLost { source: Lost::Connection(Fault::LeftOut), .. })
    ));
    assert_eq!(members(&server.seen()[1]).len(), 1);
}

#[tokio::test]
async fn waiting_members_end_at_the_deadline() {
    let body = json!({"responses": [{"id": "0", "status": 429, "headers": {"Retry-After": "90"}}]});
    let server = Server::start(move |_, _, _| reply(200, &body)).await;
    let graph = graph(&server.url);
    graph.end_within(Duration::from_secs(60));
    let results = graph.batch(GraphVersion::Beta, &[read(0)]).await;
    assert!(matches!(&results[0], Err(GraphError::Service { error, .. }) if error.status == 429));
    assert!(graph.clock().sleeps().is_empty());
}

#[tokio::test]
async fn failed_batch_fails_each_member() {
    let results = graph(&hanging_up()).batch(GraphVersion::Beta, &[read(0), patch(1)]).await;
    assert!(matches!(results[0], Err(GraphError::Communication { .. })));
    assert!(matches!(results[1], Err(GraphError::AnswerLost { .. })));

    let refusal = json!({"error": {"code": "InvalidAuthenticationToken", "message": "Expired."}});
    let server = Server::start(move |_, _, _| reply(401, &refusal)).await;
    for result in graph(&server.url).batch(GraphVersion::Beta, &[read(0), patch(1)]).await {
        assert_eq!(result.expect_err("refused").status(), Some(401));
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn invalid_members_are_refused_and_the_others_sent() {
    let server = Server::start(|seen, _, _| {
        reply(200, &answer(seen, |_| Some((200, json!({}), json!({})))))
    })
    .await;
    let other_version = Request::get(GraphVersion::V1, "/things/0");
    let escaping = Request::get(GraphVersion::Beta, "/../v1.0/things");
    let results =
        graph(&server.url).batch(GraphVersion::Beta, &[other_version, escaping, read(2)]).await;
    assert!(matches!(results[0], Err(GraphError::InvalidRequest { .. })));
    assert!(matches!(results[1], Err(GraphError::InvalidRequest { .. })));
    assert!(results[2].is_ok());
    assert!(graph(&server.url).batch(GraphVersion::Beta, &[]).await.is_empty());
}

#[test]
fn post_always_has_a_body() {
    let post = Request { method: Method::Post, body: None, ..read(0) };
    let graph = &graph(&closed_port());
    let members = [graph.sender.outgoing(&post).expect("well-formed")];
    assert_eq!(
        batch_body(&members)["requests"][0],
        json!({
            "id": "0", "method": "POST", "url": "/things/0", "body": {},
            "headers": {"Content-Type": "application/json"},
        })
    );
}
