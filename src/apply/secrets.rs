//! The secrets of a run: looked up before the first write, and put into a request when it is sent.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::error::{ApplyError, NeededBy};
use crate::auth::variables::credential;
use crate::graph::Request;
use crate::plan::{Change, Plan};

/// The secrets of a run, by environment variable.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeMap<String, SecretString>);

/// Looks up every secret that the changes of a plan need.
///
/// # Errors
/// [`ApplyError::MissingSecrets`] where some are missing.
pub fn check_secrets(
    plan: &Plan,
    environment: &dyn Fn(&str) -> Option<SecretString>,
) -> Result<(), ApplyError> {
    let writes = plan.changes.iter().filter(|change| change.writes());
    Secrets::look_up(writes, environment).map(drop)
}

impl Secrets {
    /// Looks up every secret that the requests of these changes need.
    ///
    /// A variable that is empty counts as missing: it is how continuous integration hands on a secret
    /// that it does not have.
    pub(super) fn look_up<'a>(
        changes: impl Iterator<Item = &'a Change>,
        environment: &dyn Fn(&str) -> Option<SecretString>,
    ) -> Result<Self, ApplyError> {
        let mut needed = NeededBy::new();
        for change in changes {
            for body in change.requests.iter().filter_map(|planned| planned.request.body.clone()) {
                replace_secrets(body, &mut |variable| {
                    needed.entry(variable.to_owned()).or_default().insert(change.address.clone());
                    None
                });
            }
        }
        // Validation refuses these as well.
        let (credentials, mut needed): (NeededBy, NeededBy) =
            needed.into_iter().partition(|(variable, _)| credential(variable).is_some());
        if !credentials.is_empty() {
            return Err(ApplyError::Credentials(credentials));
        }
        let mut secrets = BTreeMap::new();
        needed.retain(|variable, _| {
            let value = environment(variable).filter(|value| !value.expose_secret().is_empty());
            value.map(|value| secrets.insert(variable.clone(), value)).is_none()
        });
        if needed.is_empty() { Ok(Self(secrets)) } else { Err(ApplyError::MissingSecrets(needed)) }
    }

    /// Returns the secrets.
    pub(super) fn values(&self) -> impl Iterator<Item = &SecretString> {
        self.0.values()
    }

    /// Returns a request with its secrets.
    pub(super) fn fill(&self, request: &Request) -> Request {
        let mut secret = |variable: &str| Some(self.0.get(variable)?.expose_secret().to_owned());
        let mut filled = request.clone();
        filled.body = filled.body.map(|body| replace_secrets(body, &mut secret));
        filled
    }
}

/// Returns the variable of a placeholder `{"$secret": "env:NAME"}`, and whether its value is sent in base64.
fn variable(value: &Value) -> Option<(&str, bool)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let source = members.get("$secret")?.as_str()?;
    let encoded = source.strip_prefix("base64:");
    Some((encoded.unwrap_or(source).strip_prefix("env:")?, encoded.is_some()))
}

/// Returns a value with its placeholders replaced by the secrets that `secret` returns for their variables.
fn replace_secrets(value: Value, secret: &mut impl FnMut(&str) -> Option<String>) -> Value {
    if let Some((variable, base64)) = variable(&value) {
        return match secret(variable) {
            Some(text) if base64 => BASE64.encode(text).into(),
            Some(text) => text.into(),
            None => value,
        };
    }
    match value {
        Value::Array(items) => {
            items.into_iter().map(|item| replace_secrets(item, secret)).collect()
        }
        Value::Object(members) => {
            let members = members.into_iter();
            members.map(|(name, value)| (name, replace_secrets(value, secret))).collect()
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::Method;
    use crate::manifest::value::secret;
    use crate::schema::types::GraphVersion;

    fn secrets(known: &[(&str, &str)]) -> Secrets {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).into());
        Secrets(known.iter().map(pair).collect())
    }

    #[test]
    fn secrets_are_filled_in_and_the_plan_keeps_placeholders() {
        let body =
            json!({ "key": secret("A", false), "list": [{ "value": secret("B", true) }, 1] });
        let planned = Request::with_body(Method::Post, GraphVersion::Beta, "/x", body);
        let filled = secrets(&[("A", "one"), ("B", "two")]).fill(&planned);
        let expected = json!({ "key": "one", "list": [{ "value": "dHdv" }, 1] });
        assert_eq!(filled.body, Some(expected));
        let mut found = Vec::new();
        let body = planned.body.expect("a body");
        let kept = replace_secrets(body.clone(), &mut |name| {
            found.push(name.to_owned());
            None
        });
        assert_eq!((found, kept), (vec!["A".to_owned(), "B".to_owned()], body));
    }
}
