//! Keeps secrets that a service repeats in its answers out of a journal.
//!
//! In a message only the secret is removed. A value of an object is withheld whole: a rollback must not write the rest of
//! it, and reports that the value cannot be restored.

use serde_json::Value as Json;

use super::entry::Entry;
use crate::secrets::Known;
use crate::values::secret::withheld;

/// Returns an entry without secrets.
pub(super) fn without_secrets(entry: &Entry, known: &Known) -> serde_json::Result<Entry> {
    let mut line = serde_json::to_value(entry)?;
    conceal(&mut line, known);
    serde_json::from_value(line)
}

/// Removes secrets from all texts but the journal's own words and the names of manifests.
fn conceal(value: &mut Json, known: &Known) {
    match value {
        Json::String(text) if known.holds(text) => *text = known.scrub(text).into_owned(),
        Json::Array(items) => items.iter_mut().for_each(|item| conceal(item, known)),
        Json::Object(members) => members.iter_mut().for_each(|(name, member)| match &name[..] {
            "line" | "at" | "address" | "action" | "step" | "apiVersion" | "managed" | "method"
            | "status" | "approvalExpires" | "how" => {}
            // Values of an object.
            "written" | "body" | "assignments" => withhold(member, known),
            _ => conceal(member, known),
        }),
        _ => {}
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
        let concealed = |entry: &Entry| without_secrets(entry, &known).expect("an entry");
        assert_eq!(concealed(&innocent), innocent);

        let told = entry(intent("got CANARY-token-0123456789".into(), "it canary-token-01"));
        assert_eq!(concealed(&told), entry(intent(json!({ "$withheld": true }), "it (withheld)")));

        let fate = entry(json!({
            "line": "result", "at": "2026-01-01T00:00:00Z", "address": "iosGeneralDeviceConfiguration/it",
            "status": "failed", "writes": 1, "message": "400: canary-token-0123456789 is not valid",
        }));
        let Entry::Result(fate) = concealed(&fate) else { panic!("a result") };
        assert_eq!(fate.message.as_deref(), Some("400: (withheld) is not valid"));
        let end =
            Entry::End(End { at: "2026-01-01T00:00:00Z".to_owned(), how: EndReason::Finished });
        assert_eq!(concealed(&end), end);
    }
}
