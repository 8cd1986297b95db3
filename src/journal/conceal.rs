//! Keeps secrets that a service repeats in its answers out of a journal.
//!
//! In a message only the secret is removed. A value of an object is withheld whole: a rollback must not write the rest of
//! it, and reports that the value cannot be restored.

use serde_json::Value as Json;

use super::entry::{ChangeResult, Entry, Intent, Snapshot};
use crate::secrets::Known;
use crate::values::secret::withheld;

/// Removes secrets from an entry.
pub(super) fn from(entry: &mut Entry, known: &Known) {
    match entry {
        Entry::Intent(intent) => from_intent(intent, known),
        Entry::Approval(asked) => scrub(&mut asked.code, known),
        Entry::Result(fate) => from_fate(fate, known),
        Entry::End(_) => {}
    }
}

fn from_intent(intent: &mut Intent, known: &Known) {
    let Intent {
        display_name,
        id,
        links,
        before,
        written,
        call,
        approval,
        twin_of,
        at: _,
        address: _,
        action: _,
        step: _,
        more: _,
        api_version: _,
        managed: _,
    } = intent;
    scrub(display_name, known);
    for text in [id, approval, twin_of].into_iter().flatten() {
        scrub(text, known);
    }
    links.values_mut().flatten().for_each(|id| scrub(id, known));
    if let Some(image) = before {
        from_image(image, known);
    }
    if let Some(value) = written {
        withhold(value, known);
    }
    if let Some(call) = call {
        scrub(&mut call.path, known);
        if let Some(body) = &mut call.body {
            withhold(body, known);
        }
    }
}

fn from_fate(fate: &mut ChangeResult, known: &Known) {
    let ChangeResult {
        id,
        created,
        approval,
        message,
        left,
        at: _,
        address: _,
        status: _,
        approval_expires: _,
        writes: _,
    } = fate;
    for text in [id, created, approval, message].into_iter().flatten() {
        scrub(text, known);
    }
    if let Some(image) = left {
        from_image(image, known);
    }
}

fn from_image(image: &mut Snapshot, known: &Known) {
    scrub(&mut image.kind, known);
    withhold(&mut image.body, known);
    for target in &mut image.assignments {
        withhold(target, known);
    }
    let links = image.links.values_mut();
    links.flatten().for_each(|id| scrub(id, known));
}

fn scrub(text: &mut String, known: &Known) {
    if known.holds(text) {
        *text = known.scrub(text).into_owned();
    }
}

/// Withholds every text of a value that holds a secret, and drops members whose name does.
fn withhold(value: &mut Json, known: &Known) {
    match value {
        Json::String(text) if known.holds(text) => *value = withheld(),
        Json::Number(number) if known.holds(&number.to_string()) => *value = withheld(),
        Json::Array(items) => items.iter_mut().for_each(|item| withhold(item, known)),
        Json::Object(members) => {
            members.retain(|name, _| !known.holds_in_name(name));
            members.values_mut().for_each(|member| withhold(member, known));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::journal::entry::{End, EndReason};

    fn entry(value: Json) -> Entry {
        serde_json::from_value(value).expect("an entry")
    }

    #[test]
    fn repeated_secret_is_withheld_and_the_rest_is_kept() {
        let known = Known::default();
        known.add(&"canary-token-0123456789".into());
        let intent = |description: Json, seen: &str| {
            json!({
                "line": "intent", "at": "2026-01-01T00:00:00Z", "address": "iosGeneralDeviceConfiguration/it",
                "displayName": seen, "action": "update", "step": "patch", "id": "1", "apiVersion": "beta",
                "managed": [["description"]], "written": { "description": "declared" },
                "before": { "kind": "iosGeneralDeviceConfiguration", "assignments": [], "body": {
                    "description": description, "displayName": "it", "count": 7, "list": ["a", null],
                } },
            })
        };
        let innocent = entry(intent("ordinary".into(), "it"));
        let mut same = innocent.clone();
        from(&mut same, &known);
        assert_eq!(same, innocent);

        let mut told = entry(intent("got CANARY-token-0123456789".into(), "it canary-token-01"));
        from(&mut told, &known);
        assert_eq!(told, entry(intent(json!({ "$withheld": true }), "it (withheld)")).clone());

        let mut fate = entry(json!({
            "line": "result", "at": "2026-01-01T00:00:00Z", "address": "iosGeneralDeviceConfiguration/it",
            "status": "failed", "writes": 1, "message": "400: canary-token-0123456789 is not valid",
        }));
        from(&mut fate, &known);
        let Entry::Result(fate) = fate else { panic!("a result") };
        assert_eq!(fate.message.as_deref(), Some("400: (withheld) is not valid"));
        let end =
            Entry::End(End { at: "2026-01-01T00:00:00Z".to_owned(), how: EndReason::Finished });
        let mut same = end.clone();
        from(&mut same, &known);
        assert_eq!(same, end);
    }
}
