//! The secrets of a run: looked up before the first write, and put into a request when it is sent.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::error::{ApplyError, NeededBy, UnusableSecret};
use super::secret_form;
use crate::auth::variables::credential;
use crate::graph::Request;
use crate::plan::{Change, Plan};
use crate::schema::model::{Model, Shape};
use crate::schema::walk::{TypedPlace, each};

/// The secrets of a run, by environment variable.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeMap<String, SecretString>);

/// Looks up every secret that the changes of a plan need.
///
/// # Errors
/// [`ApplyError::MissingSecrets`] where some are missing, [`ApplyError::UnusableSecrets`] where some have a form that no
/// device takes.
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
        let changes: Vec<&Change> = changes.collect();
        let mut needed = NeededBy::new();
        for change in &changes {
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
        if !needed.is_empty() {
            return Err(ApplyError::MissingSecrets(needed));
        }
        let secrets = Self(secrets);
        let unusable: BTreeSet<UnusableSecret> =
            changes.iter().flat_map(|change| secrets.unusable(change)).collect();
        if unusable.is_empty() { Ok(secrets) } else { Err(ApplyError::UnusableSecrets(unusable)) }
    }

    /// Returns the secrets of a change that are not of the form that their properties take.
    fn unusable(&self, change: &Change) -> Vec<UnusableSecret> {
        let mut found = Vec::new();
        let shape = Shape::Complex(change.address.kind.clone());
        for planned in &change.requests {
            let Some(body) = &planned.request.body else { continue };
            let model = Model::of(planned.request.version);
            each(&TypedPlace::root(model, &shape), body, &mut |place, value| {
                let property = place.declared();
                if let Some((variable, _)) = variable(value)
                    && let Some((property, takes)) =
                        property.and_then(|p| Some((p, p.facts.takes?)))
                    && let Some(secret) = self.0.get(variable)
                    && let Some(why) = secret_form::fault(takes, secret.expose_secret(), body)
                {
                    found.push(UnusableSecret {
                        variable: variable.to_owned(),
                        needed_by: change.address.clone(),
                        property: property.name.clone(),
                        why,
                    });
                }
                true
            });
        }
        found
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
