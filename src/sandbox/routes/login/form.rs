//! The form of a sign-in.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use url::form_urlencoded;

use super::denial::{Denial, PARAMETER_MISSING};

/// The parameters of a call.
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a body. A body of another media type has no parameters for Entra.
    pub(super) fn read(headers: &HeaderMap, body: &str) -> Self {
        let is_form = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let body = if is_form { body } else { "" };
        Self(form_urlencoded::parse(body.as_bytes()).into_owned().collect())
    }

    /// Returns a parameter that has a value.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns a required parameter.
    pub(super) fn required(&self, name: &str) -> Result<&str, Denial> {
        self.given(name).ok_or_else(|| PARAMETER_MISSING.denial(&[&name]))
    }
}
