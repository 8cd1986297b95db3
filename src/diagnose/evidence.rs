//! Finds in a pasted text what Microsoft's support asks for.

use serde::Serialize;
use uuid::Uuid;

use super::symptom::numbers;
use crate::graph::ServiceError;

/// The status, codes and ids in a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error code, the inner one where the outer says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The innermost message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Microsoft Entra's error numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aadsts: Vec<u32>,
    /// Graph's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The id that the call carried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// Intune's id of the activity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_id: Option<String>,
    /// Intune's id for customer support, often all zeros.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// Microsoft Entra's id of the sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Microsoft Entra's id that correlates sign-ins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The code of a pending approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_code: Option<String>,
    /// The time, in the service's own format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// The characters that may stand between a label and its value.
const GAP: &[char] = &[' ', '\t', ':', '=', '"', '\'', '\\', '`'];

impl Evidence {
    /// Reads the values of known labels anywhere in a text.
    pub(super) fn of_text(text: &str) -> Self {
        // ASCII alone, so that every byte stays in its place.
        let lower = text.to_ascii_lowercase().replace(['-', '_'], " ");
        let behind = |label: &'static str| {
            let found = lower.match_indices(label).map(|(at, _)| at);
            // `request-id` does not stand for `client-request-id`.
            let found = found.filter(|at| !lower[..*at].ends_with("client "));
            found.map(move |at| text[at + label.len()..].trim_start_matches(GAP))
        };
        let id = |label| {
            let mut ids = behind(label).filter_map(|rest| rest.get(..36));
            ids.find(|id| Uuid::try_parse(id).is_ok()).map(str::to_owned)
        };
        let date = |label| {
            let part = |c: char| c.is_ascii_digit() || "-:. TZ+".contains(c);
            let mut dates = behind(label).filter_map(|rest| rest.split(|c| !part(c)).next());
            let date = dates.find(|date| date.starts_with(|c: char| c.is_ascii_digit()))?;
            date.get(..date.len().min(40)).map(|date| date.trim().to_owned())
        };
        Self {
            aadsts: numbers(text),
            request_id: id("request id").or_else(|| id("requestid")),
            client_request_id: id("client request id"),
            activity_id: id("activity id"),
            operation_id: id("operation id (for customer support)"),
            trace_id: id("trace id"),
            correlation_id: id("correlation id"),
            approval_code: id("x msft approval code"),
            date: date("\"date\"").or_else(|| date("timestamp")),
            ..Self::default()
        }
    }

    /// Adds the fields of an error response from Graph.
    pub(super) fn add(&mut self, error: &ServiceError) {
        let text = |text: &String| Some(text).filter(|text| !text.is_empty()).cloned();
        for (known, more) in [
            (&mut self.code, text(&error.code)),
            (&mut self.message, text(&error.message)),
            (&mut self.request_id, error.request_id.clone()),
            (&mut self.client_request_id, error.client_request_id.clone()),
            (&mut self.activity_id, error.activity_id.clone()),
            (&mut self.date, error.date.clone()),
        ] {
            *known = known.take().or(more);
        }
    }

    /// Returns the fields with their names, for people. Returns nothing where there is neither an id nor a message: the rest
    /// is easy to see in the pasted text.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let ids = [
            ("request id", &self.request_id),
            ("client request id", &self.client_request_id),
            ("activity id", &self.activity_id),
            ("operation id", &self.operation_id),
            ("trace id", &self.trace_id),
            ("correlation id", &self.correlation_id),
            ("approval code", &self.approval_code),
        ];
        // Intune fills ids that it has no use for with zeros.
        let ids = ids.map(|(name, id)| (name, id.clone().filter(|id| !is_nil(id))));
        if self.message.is_none() && ids.iter().all(|(_, id)| id.is_none()) {
            return Vec::new();
        }
        let numbers: Vec<String> = self.aadsts.iter().map(|n| format!("AADSTS{n}")).collect();
        let before = [
            ("sign-in error", Some(numbers.join(", ")).filter(|numbers| !numbers.is_empty())),
            ("status", self.status.map(|status| status.to_string())),
            ("code", self.code.clone()),
            ("message", self.message.clone()),
        ];
        let lines = before.into_iter().chain(ids).chain([("time", self.date.clone())]);
        lines.filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Returns whether there is an id by which support can find the call.
    pub(super) fn has_id(&self) -> bool {
        let mut ids = [&self.request_id, &self.activity_id, &self.trace_id].into_iter().flatten();
        ids.any(|id| !is_nil(id))
    }
}

fn is_nil(id: &str) -> bool {
    Uuid::try_parse(id).is_ok_and(|id| id.is_nil())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_by_their_labels() {
        let text = r#"\"client-request-id\": \"11111111-1111-1111-1111-111111111111\", request-id=22222222-2222-2222-2222-222222222222
            Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: 33333333-3333-3333-3333-333333333333
            Trace ID: nonsense Timestamp: 2023-05-06 06:03:00Z"#;
        let evidence = Evidence::of_text(text);
        let starts = |id: &Option<String>| id.as_ref().and_then(|id| id.chars().next());
        assert_eq!(starts(&evidence.client_request_id), Some('1'));
        assert_eq!(starts(&evidence.request_id), Some('2'));
        assert_eq!(starts(&evidence.activity_id), Some('3'));
        assert_eq!(starts(&evidence.operation_id), Some('0'));
        assert_eq!(evidence.trace_id, None);
        assert_eq!(evidence.date.as_deref(), Some("2023-05-06 06:03:00Z"));
        assert_eq!(Evidence::of_text("Activity ID: é"), Evidence::default());
        let log = r#"client_request_id="11111111-1111-1111-1111-111111111111" request_id="22222222-2222-2222-2222-222222222222""#;
        let evidence = Evidence::of_text(log);
        assert_eq!(starts(&evidence.client_request_id), Some('1'));
        assert_eq!(starts(&evidence.request_id), Some('2'));
    }
}
