//! The write that an approval covers, and its lifetime.

use axum::http::{Method, Request};
use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::sandbox::rows::Rows;

const HELLO: &str = "/beta/deviceManagement/deviceConfigurations";

fn at(hours: i64) -> Timestamp {
    clock::now() + SignedDuration::from_hours(hours)
}

fn app(id: &str) -> Actor {
    Actor { app_id: Some(id.to_owned()), name: "Moorline".to_owned() }
}

/// Sends a write with a justification, or under a code.
fn send(
    state: &mut State,
    write: (&Method, &str, &str),
    code: Option<&str>,
    actor: &Actor,
    now: Timestamp,
) -> Result<Passage, ErrorResponse> {
    let why = STANDARD.encode("longer PINs");
    let (method, path, body) = write;
    let (header, value) = code.map_or((JUSTIFICATION, why.as_str()), |code| (CODE, code));
    let request = Request::builder().method(method).uri(path).header(header, value);
    let (head, ()) = request.body(()).expect("a request").into_parts();
    let write = ProtectedWrite { head: &head, body: body.as_bytes(), requestor: actor, now };
    pass(state, &write)
}

fn waits(passage: Result<Passage, ErrorResponse>) -> String {
    match passage {
        Ok(Passage::Waits(code)) => code,
        Ok(Passage::By(_)) => panic!("it was carried out"),
        Err(refusal) => panic!("{}", refusal.message),
    }
}

fn refused(passage: Result<Passage, ErrorResponse>) -> (u16, String) {
    let Err(refusal) = passage else { panic!("it is not refused") };
    (refusal.status.as_u16(), refusal.message)
}

#[test]
fn object_has_one_open_request_for_any_write() {
    let (mut state, me) = (State::default(), app("1"));
    let (one, other) = (format!("{HELLO}/a"), format!("{HELLO}/b"));
    let assign = format!("{HELLO}/a/assign");
    let (one, other, assign) = (one.as_str(), other.as_str(), assign.as_str());
    let patch = |path| (&Method::PATCH, path, "{}");
    let code = waits(send(&mut state, patch(one), None, &me, at(0)));
    for again in [patch(one), (&Method::POST, assign, "{}")] {
        let (status, words) = refused(send(&mut state, again, None, &me, at(0)));
        assert_eq!(status, 409);
        assert!(!words.contains(&code), "{words}");
    }
    waits(send(&mut state, patch(other), None, &me, at(0)));
    cancel(&mut state, &code, &app("2"), at(0)).expect_err("it is not theirs");
    cancel(&mut state, &code, &me, at(0)).expect("it is open");
    cancel(&mut state, &code, &me, at(0)).expect_err("it is closed");
    waits(send(&mut state, patch(one), None, &me, at(0)));
    // An object that waits to be created is identified by its type and name.
    let create = |body| (&Method::POST, HELLO, body);
    let (a, b) = (r#"{"displayName":"A"}"#, r#"{"displayName":"B"}"#);
    waits(send(&mut state, create(a), None, &me, at(0)));
    waits(send(&mut state, create(b), None, &me, at(0)));
    let twice = send(&mut state, create(a), None, &me, at(0));
    assert_eq!(refused(twice).0, 409);
}

#[test]
fn approval_covers_one_write_of_its_requestor_until_expiry() {
    let (mut state, me) = (State::default(), app("1"));
    let path = format!("{HELLO}/a");
    let patch = |body| (&Method::PATCH, path.as_str(), body);
    let code = waits(send(&mut state, patch("{}"), None, &me, at(0)));
    let under = |state: &mut State, body, actor: &Actor, now| {
        send(state, patch(body), Some(&code), actor, now)
    };
    waits(under(&mut state, "{}", &me, at(0)));
    let decided = state.decide(&[], ApprovalStatus::Approved, "bob", None);
    assert_eq!(decided.len(), 1);
    let bare = (403, "An error has occurred".to_owned());
    assert_eq!(refused(under(&mut state, "{1}", &me, at(1))), bare);
    assert_eq!(refused(under(&mut state, "{}", &app("2"), at(1))), bare);
    let passage = under(&mut state, "{}", &me, at(71));
    assert!(matches!(passage, Ok(Passage::By(_))));
    assert_eq!(refused(under(&mut state, "{}", &me, at(73))).0, 403);
    let shown = find(&state, &code).expect("it is there").shown(state.rows, at(73));
    assert_eq!(shown["status"], "expired");
    assert!(!shown.contains_key("requestId"));
    // An expired request does not block another one.
    waits(send(&mut state, patch("{}"), None, &me, at(73)));
}

#[test]
fn request_of_older_state_derives_object_and_expiry() {
    let old = json!({
        "code": "c", "status": "needsApproval", "justification": "why", "requestor": "Moorline",
        "operation": format!("PATCH {HELLO}/a"), "body": "00", "requested": "2026-01-01T00:00:00Z",
    });
    let request: ApprovalRequest = serde_json::from_value(old.clone()).expect("it is one");
    let shown = request.shown(Rows::default(), "2026-01-03T00:00:00Z".parse().expect("an instant"));
    assert_eq!(shown["payloadId"], "a");
    assert_eq!(shown["status"], "needsApproval");
    assert_eq!(shown["expirationDateTime"], "2026-01-04T00:00:00Z");
    assert_eq!(shown["lastModifiedDateTime"], "2026-01-01T00:00:00Z");
    assert!(request.is_of(&app("1")));
    assert_eq!(serde_json::to_value(&request).expect("JSON"), old);
}
