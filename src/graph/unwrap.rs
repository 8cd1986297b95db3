//! Intune's messages: JSON inside a JSON string, sometimes twice, with support data at the end of the
//! sentence (FACTS 4.2, 4.4).

use serde_json::Value;

/// The most layers of JSON that are unwrapped; Intune wraps twice at most.
const DEPTH: usize = 4;

/// The markers of the values that Intune appends to a sentence.
const SUFFIXES: [&str; 4] = [
    " - Operation ID (for customer support): ",
    ACTIVITY_ID,
    " - Url: ",
    " - CustomApiErrorPhrase: ",
];

const ACTIVITY_ID: &str = " - Activity ID: ";

/// A message without its wrapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unwrapped {
    /// The sentence.
    pub message: String,
    /// The code that the innermost wrapping names.
    pub code: Option<String>,
    /// Intune's id of the operation.
    pub activity_id: Option<String>,
}

/// Takes the wrapping off a message. A message that has none comes back trimmed.
pub fn unwrap_message(message: &str) -> Unwrapped {
    let mut message = message.trim().to_owned();
    let mut code = None;
    for _ in 0..DEPTH {
        let Some((inner, inner_code)) = unwrap_once(&message) else {
            break;
        };
        message = inner;
        code = inner_code.or(code);
    }
    let (sentence, activity_id) = split_suffixes(&message);
    Unwrapped { message: sentence.trim().to_owned(), code, activity_id }
}

fn unwrap_once(message: &str) -> Option<(String, Option<String>)> {
    if !message.starts_with('{') {
        return None;
    }
    let json: Value = serde_json::from_str(message).ok()?;
    let inner = json.get("Message")?.as_str()?.trim().to_owned();
    let code = json.get("ErrorCode").and_then(Value::as_str).filter(|code| !code.is_empty());
    Some((inner, code.map(str::to_owned)))
}

fn split_suffixes(message: &str) -> (&str, Option<String>) {
    // The phrase is often empty, and then its marker ends where the message was trimmed.
    let starts = |at: &str| SUFFIXES.iter().filter_map(|suffix| at.find(suffix.trim_end())).min();
    let sentence = &message[..starts(message).unwrap_or(message.len())];
    let activity_id = message.split_once(ACTIVITY_ID).map(|(_, rest)| {
        let end = starts(rest).unwrap_or(rest.len());
        rest[..end].trim().to_owned()
    });
    (sentence, activity_id.filter(|id| !id.is_empty()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const SENTENCE: &str = "SecretReferenceValueId invalid for create.";
    const ACTIVITY: &str = "4c664761-d691-42dd-8f05-06eaa16c0f4a";

    fn flat() -> String {
        format!(
            "{SENTENCE} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 \
             - Activity ID: {ACTIVITY} - Url: https://fef.amsub0502.manage.microsoft.com/x?api-version=5021-05-26"
        )
    }

    fn nested() -> String {
        let wrapping = json!({
            "_version": 3, "Message": flat(), "CustomApiErrorPhrase": "", "RetryAfter": null,
            "ErrorSourceService": "", "HttpHeaders": "{}",
        });
        // Intune writes it in Windows' own way.
        serde_json::to_string_pretty(&wrapping).expect("a value").replace('\n', "\r\n")
    }

    #[test]
    fn every_known_wrapping_is_removed() {
        let old_flat = format!("{} - CustomApiErrorPhrase: ", flat());
        let twice = json!({
            "ErrorCode": "Forbidden", "Message": nested(), "Target": null, "InstanceAnnotations": [],
        });
        for (message, code) in [
            (flat(), None),
            (old_flat, None),
            (nested(), None),
            (format!("  {}\r\n", nested()), None),
            (twice.to_string(), Some("Forbidden")),
            (json!({"Message": nested()}).to_string(), None),
        ] {
            let unwrapped = unwrap_message(&message);
            assert_eq!(unwrapped.message, SENTENCE);
            assert_eq!(unwrapped.activity_id.as_deref(), Some(ACTIVITY));
            assert_eq!(unwrapped.code.as_deref(), code);
        }
    }

    #[test]
    fn unwrapped_message_is_kept() {
        for plain in [
            "Cannot create an abstract class.",
            "",
            "{not json}",
            "{\"message\":\"x\"}",
            "{\"Message\":1}",
        ] {
            let unwrapped = unwrap_message(plain);
            assert_eq!(unwrapped, Unwrapped { message: plain.to_owned(), ..Unwrapped::default() });
        }
    }

    #[test]
    fn unwrapping_has_a_limit() {
        let mut message = String::from("core");
        for _ in 0..8 {
            message = json!({"Message": message}).to_string();
        }
        assert!(unwrap_message(&message).message.starts_with('{'));
        assert_eq!(unwrap_message(&"{\"Message\":".repeat(5_000)).code, None);
    }

    proptest! {
        #[test]
        fn any_text_can_be_unwrapped(
            parts in prop::collection::vec(prop_oneof![".{0,8}", prop::sample::select(&SUFFIXES).prop_map(String::from)], 0..8),
        ) {
            let text = parts.concat();
            let flat = unwrap_message(&text);
            prop_assert!(text.contains(&flat.message));
            let nested = unwrap_message(&json!({"Message": text}).to_string());
            prop_assert_eq!(flat.message, nested.message);
        }
    }
}
