//! Limits, lag, latency and faults.

use super::*;

fn hundred() -> Value {
    (0..100)
        .map(|number| {
            with(typed("iosCustomConfiguration"), json!({"displayName": format!("{number:03}")}))
        })
        .collect()
}

#[tokio::test]
async fn write_beyond_the_limit_is_throttled() {
    let client = Client::under(json!({"throttle": true}), json!({})).await;
    for _ in 0..100 {
        client.create(typed("iosCustomConfiguration")).await;
    }
    let body = typed("iosCustomConfiguration");
    let answer = client.call("POST", CONFIGURATIONS, Some(&body)).await;
    assert_eq!((answer.status, answer.code()), (429, "TooManyRequests"));
    let wait: u64 = answer.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=20).contains(&wait), "{wait}");
    client.get(CONFIGURATIONS).await;
    assert_eq!(client.service.calls().throttled, 1);
}

#[tokio::test]
async fn time_scale_speeds_up_the_sandbox_time() {
    let conditions = json!({"throttle": true, "timeScale": 1_000_000_000});
    let client = Client::under(conditions, json!({})).await;
    for _ in 0..101 {
        client.create(typed("iosCustomConfiguration")).await;
    }
}

#[tokio::test]
async fn retry_after_takes_every_form() {
    for (form, told) in [
        ("seconds", Some("3")),
        ("fractional", Some("2.500")),
        ("zero", Some("0")),
        ("missing", None),
    ] {
        let fault =
            json!({"effect": {"status": 429, "retryAfter": 2.5}, "match": {"path": "/beta/**"}});
        let conditions = json!({"retryAfter": form, "faults": [fault]});
        let answer = Client::under(conditions, json!({})).await.call("GET", POLICY, None).await;
        let header = answer.headers.get("retry-after");
        assert_eq!(header.map(|value| value.to_str().expect("text")), told);
    }
    let fault = json!({"effect": {"status": 503, "retryAfter": 90}, "match": {"path": "/beta/**"}});
    let client = Client::under(json!({"retryAfter": "date", "faults": [fault]}), json!({})).await;
    let answer = client.call("GET", POLICY, None).await;
    let told = answer.headers["retry-after"].to_str().expect("text");
    assert!(told.ends_with(" GMT"), "{told}");
}

#[tokio::test]
async fn page_beyond_the_largest_is_unavailable() {
    let client = Client::under(
        json!({"largestPage": 20, "pageSize": 50}),
        json!({"deviceConfigurations": hundred()}),
    )
    .await;
    let answer = client.call("GET", CONFIGURATIONS, None).await;
    assert_eq!(answer.status, 503);
    let page = client.get(&format!("{CONFIGURATIONS}?$top=20")).await;
    assert_eq!(page["value"].as_array().map(Vec::len), Some(20));
    assert!(page["@odata.nextLink"].is_string());
}

#[tokio::test]
async fn lagging_replica_shows_the_state_before_a_write() {
    let client = Client::under(json!({"replicaLag": 3600}), json!({})).await;
    let made = client.create(typed("iosCustomConfiguration")).await;
    assert_eq!(client.call("GET", &item(&made), None).await.status, 404);
    assert_eq!(client.get(CONFIGURATIONS).await["value"], json!([]));
    let patch = with(typed("iosCustomConfiguration"), json!({"description": "x"}));
    let answer = client.call("PATCH", &item(&made), Some(&patch)).await;
    assert_eq!(answer.status, 204, "writes go to the tenant as it is");

    let conditions = json!({"replicaLag": 3600, "timeScale": 1_000_000_000});
    let client = Client::under(conditions, json!({})).await;
    let made = client.create(typed("iosCustomConfiguration")).await;
    while client.call("GET", &item(&made), None).await.status == 404 {}
}

#[tokio::test]
async fn failure_can_be_answered_after_the_call_is_carried_out() {
    for body in ["intune", "core", "html", "empty"] {
        let fault = json!({
            "match": {"method": "POST", "path": "/beta/deviceManagement/*", "nth": 1},
            "effect": {"status": 500, "done": true, "body": body},
        });
        let client = Client::under(json!({"faults": [fault]}), json!({})).await;
        let made = typed("iosCustomConfiguration");
        let answer = client.call("POST", CONFIGURATIONS, Some(&made)).await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.body.is_null(), ["html", "empty"].contains(&body));
        let list = client.get(CONFIGURATIONS).await;
        assert_eq!(list["value"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn batch_leaves_out_a_request_whose_answer_is_lost() {
    let fault = json!({
        "match": {"path": "/beta/policies/*"},
        "effect": {"reset": true},
    });
    let client = Client::under(json!({"faults": [fault]}), json!({})).await;
    let batch = json!({"requests": [
        {"id": "1", "method": "GET", "url": "/policies/deviceRegistrationPolicy"},
        {"id": "2", "method": "GET", "url": "/organization"},
    ]});
    let answer = client.call("POST", "/beta/$batch", Some(&batch)).await;
    let responses = answer.body["responses"].as_array().expect("a list");
    assert_eq!(responses.len(), 1);
    assert_eq!(responses[0]["id"], "2");
}

#[tokio::test]
async fn answer_leaves_out_members_of_its_object_or_of_each_object_of_its_list() {
    let fault = json!({
        "match": {"method": "GET", "path": "/beta/deviceManagement/**"},
        "effect": {"omit": ["version", "description"]},
    });
    let client = Client::under(json!({"faults": [fault]}), json!({})).await;
    let made = client.create(typed("iosCustomConfiguration")).await;
    assert_eq!(made["version"], 1);
    let list = client.get(CONFIGURATIONS).await;
    let one = client.get(&item(&made)).await;
    let url = item(&made);
    let batch = json!({"requests": [
        {"id": "1", "method": "GET", "url": url.strip_prefix("/beta").expect("a version")},
    ]});
    let batch = client.call("POST", "/beta/$batch", Some(&batch)).await.body;
    for object in [&list["value"][0], &one, &batch["responses"][0]["body"]] {
        assert_eq!(object["id"], made["id"], "{object}");
        assert!(object.get("version").is_none() && object.get("description").is_none(), "{object}");
    }
}
