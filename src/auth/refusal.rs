//! Refusals of Microsoft Entra's token endpoint (FACTS 4.6).

use std::fmt;

use serde::Deserialize;

/// Transient errors: OAuth's (RFC 6749, 4.1.2.1), which the token endpoint uses as well.
const LATER: [&str; 2] = ["server_error", "temporarily_unavailable"];

/// Transient numbers: a service behind it fails or takes too long, its budget is used up, the directory is not
/// there, or the tenant sends too much.
const LATER_NUMBERS: [u32; 5] = [90_006, 90_012, 90_024, 90_033, 90_055];

/// A refusal of the token endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OAuthError {
    /// The HTTP status.
    pub status: u16,
    /// OAuth's error, `invalid_client` for example.
    pub error: String,
    /// The number behind `AADSTS`.
    pub number: Option<u32>,
    /// The first sentence of the description, without its number.
    pub message: String,
    /// The id that Microsoft's support asks for.
    pub trace_id: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    trace_id: Option<String>,
}

impl OAuthError {
    /// Parses a refusal; `None` for any other body.
    pub fn parse(status: u16, body: &[u8]) -> Option<Self> {
        let body: Body = serde_json::from_slice(body).ok()?;
        let (number, sentence) = split_number(&body.error_description);
        Some(Self {
            status,
            error: body.error,
            number: number.or(body.error_codes.first().copied()),
            message: first_sentence(sentence).to_owned(),
            trace_id: body.trace_id.filter(|id| !id.is_empty()),
        })
    }

    /// Returns whether the same request can succeed later.
    pub fn is_transient(&self) -> bool {
        self.status == 429
            || self.status >= 500
            || LATER.contains(&self.error.as_str())
            || self.number.is_some_and(|number| LATER_NUMBERS.contains(&number))
    }
}

/// Splits `AADSTS7000215: Invalid …` into its number and its text.
fn split_number(description: &str) -> (Option<u32>, &str) {
    let description = description.trim();
    let split = description.strip_prefix("AADSTS").and_then(|rest| rest.split_once(':'));
    let split = split.and_then(|(number, text)| Some((number.parse().ok()?, text.trim_start())));
    split.map_or((None, description), |(number, text)| (Some(number), text))
}

/// Returns the text up to the first full stop that ends a sentence. A dot inside a domain does not.
fn first_sentence(text: &str) -> &str {
    let stop = text.match_indices('.').map(|(at, _)| at + 1);
    let end = stop.into_iter().find(|end| text[*end..].starts_with(char::is_whitespace));
    // Some descriptions have no full stop before the ids that follow them.
    let ids = text.find("Trace ID:").unwrap_or(text.len());
    text[..end.unwrap_or(text.len()).min(ids)].trim_end()
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "AADSTS{number} ({})", self.error)?,
            None => write!(f, "{}", self.error)?,
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(id) = &self.trace_id {
            write!(f, " (trace id {id})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(body: &Value) -> Option<OAuthError> {
        OAuthError::parse(401, body.to_string().as_bytes())
    }

    #[test]
    fn the_number_the_first_sentence_and_the_trace_id_are_kept() {
        for separator in ["\r\n", " "] {
            let description = [
                "AADSTS7000222: The provided client secret keys for app 'x' are expired. Visit the Azure portal.",
                "Trace ID: 6f6c4645-0202-4486-b625-fa957dfc4700",
                "Timestamp: 2023-05-06 06:03:00Z",
            ];
            let refusal = parse(&json!({
                "error": "invalid_client",
                "error_description": description.join(separator),
                "error_codes": [7000222],
                "trace_id": "6f6c4645-0202-4486-b625-fa957dfc4700",
            }))
            .expect("a refusal");
            assert_eq!(
                refusal.to_string(),
                "AADSTS7000222 (invalid_client): The provided client secret keys for app 'x' \
                 are expired. (trace id 6f6c4645-0202-4486-b625-fa957dfc4700)"
            );
            assert_eq!(refusal.number, Some(7_000_222));
        }
    }

    #[test]
    fn dot_inside_a_name_does_not_end_the_sentence() {
        let refusal = parse(&json!({
            "error": "invalid_request",
            "error_description": "AADSTS90002: Tenant 'a.contoso.com' not found. Check it.",
        }));
        assert_eq!(refusal.expect("a refusal").message, "Tenant 'a.contoso.com' not found.");
    }

    #[test]
    fn transient_refusals_are_recognized() {
        let is_transient = |status, body: Value| {
            let refusal = OAuthError::parse(status, body.to_string().as_bytes());
            refusal.expect("a refusal").is_transient()
        };
        assert!(is_transient(503, json!({"error": "invalid_client"})));
        assert!(is_transient(400, json!({"error": "temporarily_unavailable"})));
        let busy = "AADSTS90033: A transient error has occurred. Please try again.";
        assert!(is_transient(400, json!({"error": "x", "error_description": busy})));
        assert!(!is_transient(400, json!({"error": "invalid_grant", "error_codes": [65001]})));
        assert!(!is_transient(401, json!({"error": "invalid_client"})));
    }

    #[test]
    fn refusal_is_parsed_with_few_members() {
        let bare = parse(&json!({"error": "temporarily_unavailable"})).expect("a refusal");
        assert_eq!(bare.to_string(), "temporarily_unavailable");
        assert_eq!(bare.number, None);
        let number_alone =
            parse(&json!({"error": "x", "error_codes": [90002]})).expect("a refusal");
        assert_eq!(number_alone.number, Some(90_002));
        let strange =
            parse(&json!({"error": "x", "error_description": "AADSTS99999999999: Trace ID: 1"}));
        assert_eq!(strange.expect("a refusal").message, "AADSTS99999999999:");
        assert_eq!(OAuthError::parse(502, b"<html>"), None);
        assert_eq!(parse(&json!({"access_token": "x"})), None);
    }
}
