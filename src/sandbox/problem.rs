//! Errors in a body, with the texts of the service.

use std::fmt::Display;

use serde_json::Value;

use super::refusal::{ErrorResponse, table};

/// Returns a text of the sandbox's own. The call marks, in the code, a text that no public source shows.
pub(crate) fn synthetic(text: impl Into<String>) -> String {
    text.into()
}

/// Returns the problem of a JSON value that is no literal of a type.
pub(crate) fn not_literal(value: &Value, expected: &dyn Display) -> ErrorResponse {
    match value.as_str() {
        Some(text) => table::NOT_LITERAL.refusal(&[&text, expected]),
        None => table::NOT_LITERAL.refusal(&[value, expected]),
    }
}

/// Returns the problem of a JSON value of another kind than the one that belongs there.
pub(crate) fn unexpected_node(value: &Value, expected: &'static str) -> ErrorResponse {
    let found = match value {
        Value::Object(_) => "StartObject",
        Value::Array(_) => "StartArray",
        _ => "PrimitiveValue",
    };
    table::UNEXPECTED_NODE.refusal(&[&found, &expected])
}

/// The refusal of a body, and the place in the document that it is about.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", refusal.message)]
pub struct LocatedProblem {
    refusal: ErrorResponse,
    /// The steps of the path, innermost first.
    steps: Vec<String>,
}

/// A value, or the problem of the body or the state that it is read from.
pub(crate) type Checked<T> = Result<T, LocatedProblem>;

impl From<ErrorResponse> for LocatedProblem {
    fn from(refusal: ErrorResponse) -> Self {
        Self { refusal, steps: Vec::new() }
    }
}

/// Intune's answer to a faulty body: the model's text where the body does not fit the model, the service's where a value is
/// outside its bounds.
impl From<LocatedProblem> for ErrorResponse {
    fn from(problem: LocatedProblem) -> Self {
        problem.refusal
    }
}

impl LocatedProblem {
    /// Adds the property that the problem is in to the path.
    pub(crate) fn under(mut self, name: &str) -> Self {
        self.steps.push(format!(".{name}"));
        self
    }

    /// Adds the element of a list that the problem is in to the path.
    pub(crate) fn under_index(mut self, index: usize) -> Self {
        self.steps.push(format!("[{index}]"));
        self
    }

    /// Returns the path, as in `deviceConfigurations[3].omaSettings[0].value`.
    pub fn path(&self) -> String {
        let path: String = self.steps.iter().rev().map(String::as_str).collect();
        path.trim_start_matches('.').to_owned()
    }
}
