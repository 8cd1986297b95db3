use serde_json::json;

use super::super::testing::{Reply, Server, graph, reply};
use super::*;
use crate::schema::types::GraphVersion;

fn things() -> Request {
    Request::get(GraphVersion::Beta, "/things?$top=2")
}

async fn error_after(first_page: Value) -> (GraphError, usize) {
    let server = Server::start(move |_, _, _| reply(200, &first_page)).await;
    let error = graph(&server.url).list(&things()).await.expect_err("no list");
    (error, server.seen().len())
}

#[tokio::test]
async fn next_links_are_followed_unchanged_past_empty_pages_and_refusals() {
    let server = Server::start(|_, number, url| {
        let next = |token: &str| format!("{url}/beta/things?$top=2&$skiptoken={token}");
        match number {
            0 => reply(200, &json!({"value": [1, 2], "@odata.nextLink": next("a%2Fb+c")})),
            1 => reply(503, &Value::Null).header("retry-after", "5"),
            2 => reply(200, &json!({"value": [], "@odata.nextLink": next("last")})),
            _ => reply(200, &json!({"value": [3]})),
        }
    })
    .await;
    let graph = graph(&server.url);
    assert_eq!(graph.list(&things()).await.expect("a list"), [json!(1), json!(2), json!(3)]);
    assert_eq!(
        server.lines(),
        [
            "GET /beta/things?$top=2",
            "GET /beta/things?$top=2&$skiptoken=a%2Fb+c",
            "GET /beta/things?$top=2&$skiptoken=a%2Fb+c",
            "GET /beta/things?$top=2&$skiptoken=last",
        ]
    );
    assert_eq!(graph.clock().sleeps().len(), 1);
}

#[tokio::test]
async fn too_large_a_page_is_read_in_smaller_ones() {
    let server = Server::start(|seen, _, url| {
        let small = seen.line.contains("$top=20");
        match seen.line.contains("skiptoken") {
            true if small => reply(200, &json!({"value": [2]})),
            false if small => {
                let next = format!("{url}/beta/things?$expand=parts&$top=20&$skiptoken=a");
                reply(200, &json!({"value": [1], "@odata.nextLink": next}))
            }
            _ => reply(503, &Value::Null),
        }
    })
    .await;
    let graph = graph(&server.url);
    let things = Request::get(GraphVersion::Beta, "/things?$expand=parts");
    assert_eq!(graph.list(&things).await.expect("a list"), [json!(1), json!(2)]);
    let line = "GET /beta/things?$expand=parts";
    assert_eq!(
        server.lines(),
        [
            line.to_owned(),
            line.to_owned(),
            format!("{line}&$top=100"),
            format!("{line}&$top=100"),
            format!("{line}&$top=20"),
            format!("{line}&$top=20&$skiptoken=a"),
        ]
    );
    assert_eq!(graph.clock().sleeps().len(), 4);
}

#[tokio::test]
async fn list_without_page_size_support_is_retried_without_one() {
    let server = Server::start(|seen, number, _| match number {
        _ if seen.line.contains("$top=") => reply(400, &json!({"error": {"code": "BadRequest"}})),
        0..4 => reply(503, &Value::Null),
        _ => reply(200, &json!({"value": [1]})),
    })
    .await;
    let things = Request::get(GraphVersion::Beta, "/things");
    let list = graph(&server.url).list(&things).await;
    assert_eq!(list.expect("a list"), [json!(1)]);
    let line = "GET /beta/things";
    let sized = "GET /beta/things?$top=100";
    assert_eq!(server.lines(), [line, line, sized, line, line]);
    let refused = Server::start(|_, _, _| reply(400, &Value::Null)).await;
    let error = graph(&refused.url).list(&things).await;
    assert_eq!(error.expect_err("refused").status(), Some(400));
    assert_eq!(refused.seen().len(), 1);
}

#[tokio::test]
async fn further_pages_of_lists_are_read_in_further_batches() {
    let server = Server::start(|seen, number, url| {
        let asked = seen.json();
        let urls = asked["requests"].as_array().expect("members").iter().map(|one| &one["url"]);
        let page = json!({"value": [1], "@odata.nextLink": format!("{url}/beta/b?more=%24")});
        let (expected, answers) = match number {
            0 => (json!(["/a", "/b", "/c"]), vec![json!({"value": [0]}), page, json!({})]),
            _ => (json!(["/b?more=%24"]), vec![json!({"value": [2]})]),
        };
        assert_eq!(urls.cloned().collect::<Value>(), expected);
        let answers = answers
            .iter()
            .enumerate()
            .map(|(place, body)| json!({"id": place.to_string(), "status": 200, "body": body}));
        reply(200, &json!({"responses": answers.collect::<Vec<_>>()}))
    })
    .await;
    let requests = ["/a", "/b", "/c"].map(|path| Request::get(GraphVersion::Beta, path));
    let graph = graph(&server.url);
    let lists = graph.lists(GraphVersion::Beta, &requests).await;
    assert_eq!(lists[0].as_ref().expect("a list"), &[json!(0)]);
    assert_eq!(lists[1].as_ref().expect("a list"), &[json!(1), json!(2)]);
    assert!(matches!(lists[2], Err(GraphError::BadPayload { .. })));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_list_in_batches_that_never_ends_is_an_error() {
    let server = Server::start(|_, _, url| {
        let page = json!({"value": [1], "@odata.nextLink": format!("{url}/beta/a?more")});
        let answer = json!({"id": "0", "status": 200, "body": page});
        reply(200, &json!({"responses": [answer]}))
    })
    .await;
    let requests = [Request::get(GraphVersion::Beta, "/a")];
    let lists = graph(&server.url).lists(GraphVersion::Beta, &requests).await;
    assert!(matches!(lists[0], Err(GraphError::BadPayload { .. })), "{lists:?}");
}

#[tokio::test]
async fn token_is_not_sent_to_a_next_link_on_another_server() {
    let other = Server::start(|_, _, _| reply(200, &json!({"value": []}))).await;
    let port = other.url.rsplit(':').next().expect("a port").to_owned();
    for link in [
        format!("{}/beta/things", other.url),
        format!("http://localhost:{port}/beta/things"),
        "https://graph.microsoft.com/beta/things".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let (error, calls) = error_after(json!({"value": [], "@odata.nextLink": link})).await;
        assert!(matches!(error, GraphError::ForeignNextLink { .. }), "{link}: {error}");
        assert_eq!(calls, 1);
    }
    let with_user = Server::start(|_, _, url| {
        let link = format!("{}/beta/things?x", url.replace("://", "://alice@"));
        reply(200, &json!({"value": [], "@odata.nextLink": link}))
    })
    .await;
    let error = graph(&with_user.url).list(&things()).await.expect_err("no list");
    assert!(matches!(error, GraphError::ForeignNextLink { .. }), "{error}");
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn circular_next_links_end() {
    let server = Server::start(|_, number, url| {
        let link = format!("{url}/beta/things?page={}", number % 2);
        reply(200, &json!({"value": [number], "@odata.nextLink": link}))
    })
    .await;
    let error = graph(&server.url).list(&things()).await.expect_err("no list");
    assert!(error.to_string().ends_with("its next pages never end"), "{error}");
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn pages_beyond_the_size_limit_end() {
    let call = Call::of(&things());
    let page = json!({"value": ["x".repeat(600)], "@odata.nextLink": "more"});
    for (room, reason) in [
        (Room { bytes: 1000, ..Room::WHOLE }, "more than 128 MiB"),
        (Room { values: 8, ..Room::WHOLE }, "too many values"),
        (Room { items: 1, ..Room::WHOLE }, "more than 100,000 items"),
    ] {
        let mut room = room;
        let mut take = || {
            let body = page.to_string().into_bytes();
            page_of(&call, &HttpAnswer { body, ..HttpAnswer::default() }, &mut room)
        };
        let (_, next) = take().expect("a page");
        assert_eq!(next.as_deref(), Some("more"));
        let error = take().expect_err("no room");
        assert!(error.to_string().ends_with(reason), "{error}");
    }
}

#[tokio::test]
async fn empty_pages_that_go_on_end() {
    let server = Server::start(|_, number, url| {
        let items = if number == 50 { json!([1]) } else { json!([]) };
        let next = format!("{url}/beta/things?page={number}");
        reply(200, &json!({"value": items, "@odata.nextLink": next}))
    })
    .await;
    let error = graph(&server.url).list(&things()).await.expect_err("no list");
    assert!(error.to_string().ends_with("a hundred pages in a row hold nothing"), "{error}");
    assert_eq!(server.seen().len(), 51 + MOST_EMPTY_PAGES);
}

#[tokio::test]
async fn page_that_is_too_long_is_read_in_smaller_ones() {
    let server = Server::start(|seen, _, _| match &seen.line {
        line if line.contains("$top=20") => reply(200, &json!({"value": [1]})),
        _ => Reply::text(200, &"x".repeat((16 << 20) + 1)),
    })
    .await;
    let list = graph(&server.url).list(&Request::get(GraphVersion::Beta, "/things")).await;
    assert_eq!(list.expect("a list"), [json!(1)]);
    let line = "GET /beta/things";
    assert_eq!(server.lines(), [line, "GET /beta/things?$top=100", "GET /beta/things?$top=20"]);
}

#[tokio::test]
async fn part_of_an_answer_is_no_answer() {
    let server = Server::start(|_, _, _| reply(206, &json!({"value": [1]}))).await;
    let graph = graph(&server.url);
    let list = graph.list(&things()).await.expect_err("a part");
    let object = graph.send(&things()).await.expect_err("a part");
    for error in [list, object] {
        assert!(error.to_string().contains("it is a part of the answer alone"), "{error}");
    }
}

#[tokio::test]
async fn answer_that_is_no_list_is_refused() {
    for page in [
        json!({}),
        json!([1]),
        json!({"value": {}}),
        json!({"value": [], "@odata.nextLink": 7}),
        json!({"value": [], "@odata.nextLink": "/relative"}),
    ] {
        let (error, _) = error_after(page.clone()).await;
        assert!(matches!(error, GraphError::BadPayload { .. }), "{page}: {error}");
    }
    let server = Server::scripted(vec![Reply::text(200, "")]).await;
    assert!(graph(&server.url).list(&things()).await.is_err());
}

#[tokio::test]
async fn post_that_only_reads_is_repeated_and_another_is_not() {
    let answers = || {
        Server::start(|_, number, _| match number {
            0 => reply(503, &Value::Null),
            _ => reply(200, &json!({"value": [1]})),
        })
    };
    let ids = Request::with_body(Method::Post, GraphVersion::V1, "/getByIds", json!({}));
    let server = answers().await;
    let list = graph(&server.url).list_at_once(&ids).await;
    assert_eq!((list.expect("a list"), server.seen().len()), (vec![json!(1)], 2));
    let server = answers().await;
    assert!(graph(&server.url).send(&ids).await.is_err());
    assert_eq!(server.seen().len(), 1);
}
