//! Secrets: looked up before the first write, put into a request when it is sent, and never shown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::error::{ApplyError, MissingSecret};
use crate::graph::Request;
use crate::manifest::Address;
use crate::plan::Change;

/// What takes a secret's place in a message.
const WITHHELD: &str = "(withheld)";

/// The secrets of a run by the name of their environment variable.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeMap<String, SecretString>);

impl Secrets {
    /// Looks up every secret that the requests of these changes need.
    ///
    /// A variable that is empty counts as missing: it is how continuous integration hands on a secret
    /// that it does not have.
    pub(super) fn look_up<'a>(
        changes: impl Iterator<Item = &'a Change>,
        environment: &dyn Fn(&str) -> Option<SecretString>,
    ) -> Result<Self, ApplyError> {
        let mut needed: BTreeMap<&str, BTreeSet<&Address>> = BTreeMap::new();
        for change in changes {
            for body in change.requests.iter().filter_map(|r| r.body.as_ref()) {
                each_variable(body, &mut |variable| {
                    needed.entry(variable).or_default().insert(&change.address);
                });
            }
        }
        let mut secrets = BTreeMap::new();
        let mut missing = Vec::new();
        for (variable, needed_by) in needed {
            let value = environment(variable).filter(|value| !value.expose_secret().is_empty());
            match value {
                Some(value) => drop(secrets.insert(variable.to_owned(), value)),
                None => missing.push(MissingSecret {
                    variable: variable.to_owned(),
                    needed_by: needed_by.into_iter().cloned().collect(),
                }),
            }
        }
        if missing.is_empty() {
            Ok(Self(secrets))
        } else {
            Err(ApplyError::MissingSecrets(missing))
        }
    }

    /// Returns a request with its secrets in it, each as the text that the environment holds.
    pub(super) fn fill(&self, request: &Request) -> Request {
        let mut filled = request.clone();
        if let Some(body) = &mut filled.body {
            self.fill_value(body);
        }
        filled
    }

    fn fill_value(&self, value: &mut Value) {
        let known = variable(value).and_then(|(name, base64)| Some((self.0.get(name)?, base64)));
        if let Some((secret, base64)) = known {
            let text = secret.expose_secret();
            *value = if base64 {
                BASE64.encode(text).into()
            } else {
                text.into()
            };
            return;
        }
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_value(item)),
            Value::Object(members) => members.values_mut().for_each(|v| self.fill_value(v)),
            _ => {}
        }
    }

    /// Returns a text without the secrets that it quotes: a service may repeat what it was sent.
    pub(super) fn scrub(&self, text: &str) -> String {
        let mut forms: Vec<String> = self.0.values().flat_map(forms).collect();
        // A secret may hold another: the longer one goes first, or a part of it would stay.
        forms.sort_by_key(|form| Reverse(form.len()));
        let mut clean = text.to_owned();
        for form in forms.iter().filter(|form| !form.is_empty()) {
            clean = clean.replace(form, WITHHELD);
        }
        clean
    }
}

/// Returns a secret as it stands, as it stands in JSON, and encoded.
fn forms(secret: &SecretString) -> [String; 3] {
    let plain = secret.expose_secret();
    let quoted = Value::from(plain).to_string();
    let escaped = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    [plain.to_owned(), escaped.to_owned(), BASE64.encode(plain)]
}

/// Returns the variable that a leaf `{"$secret": "env:NAME"}` stands for, and whether its base64 is meant.
fn variable(value: &Value) -> Option<(&str, bool)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let source = members.get("$secret")?.as_str()?;
    match source.strip_prefix("base64:") {
        Some(source) => Some((source.strip_prefix("env:")?, true)),
        None => Some((source.strip_prefix("env:")?, false)),
    }
}

fn each_variable<'a>(value: &'a Value, found: &mut impl FnMut(&'a str)) {
    if let Some((variable, _)) = variable(value) {
        return found(variable);
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| each_variable(item, found)),
        Value::Object(members) => members.values().for_each(|v| each_variable(v, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graph::Method;
    use crate::manifest::value::secret;
    use crate::schema::types::GraphVersion;

    fn secrets(known: &[(&str, &str)]) -> Secrets {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).into());
        Secrets(known.iter().map(pair).collect())
    }

    #[test]
    fn a_secret_is_filled_wherever_it_lies_and_the_plan_keeps_its_placeholder() {
        let body =
            json!({ "key": secret("A", false), "list": [{ "value": secret("B", true) }, 1] });
        let planned = Request::with_body(Method::Post, GraphVersion::Beta, "/x", body);
        let filled = secrets(&[("A", "one"), ("B", "two")]).fill(&planned);
        let expected = json!({ "key": "one", "list": [{ "value": "dHdv" }, 1] });
        assert_eq!(filled.body, Some(expected));
        let mut found = Vec::new();
        each_variable(planned.body.as_ref().expect("a body"), &mut |name| {
            found.push(name)
        });
        assert_eq!(found, ["A", "B"]);
    }

    #[test]
    fn no_part_of_a_secret_stays_in_a_message() {
        let secrets = secrets(&[("SHORT", "abc"), ("LONG", "abcdef"), ("QUOTED", "x\"y")]);
        let message = r#"abcdef and abc and x"y and {"k": "x\"y"}"#;
        let clean = r#"(withheld) and (withheld) and (withheld) and {"k": "(withheld)"}"#;
        assert_eq!(secrets.scrub(message), clean);
    }
}
