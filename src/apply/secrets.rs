//! Secrets: looked up before the first write, put into a request when it is sent, and never shown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::error::{ApplyError, MissingSecret};
use crate::auth::variables::credential;
use crate::graph::Request;
use crate::manifest::Address;
use crate::plan::{Change, Plan};
use crate::secrets::WITHHELD;

/// The secrets of a run by the name of their environment variable.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeMap<String, SecretString>);

/// Looks up every secret that a plan's writes need.
///
/// # Errors
/// [`ApplyError::MissingSecrets`] where some are not there.
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
        let mut needed: BTreeMap<&str, BTreeSet<&Address>> = BTreeMap::new();
        for change in changes {
            for body in change.requests.iter().filter_map(|planned| planned.request.body.as_ref()) {
                each_variable(body, &mut |variable| {
                    needed.entry(variable).or_default().insert(&change.address);
                });
            }
        }
        // Validation refuses these. Whatever way one came into a request, it ends here.
        let credentials = needed.iter().filter(|(variable, _)| credential(variable).is_some());
        let credentials: Vec<MissingSecret> = credentials
            .map(|(variable, needed_by)| MissingSecret {
                variable: (*variable).to_owned(),
                needed_by: needed_by.iter().copied().cloned().collect(),
            })
            .collect();
        if !credentials.is_empty() {
            return Err(ApplyError::Credentials(credentials));
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

    /// Returns the secrets.
    pub(super) fn values(&self) -> impl Iterator<Item = &SecretString> {
        self.0.values()
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
            *value = if base64 { BASE64.encode(text).into() } else { text.into() };
            return;
        }
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_value(item)),
            Value::Object(members) => members.values_mut().for_each(|v| self.fill_value(v)),
            _ => {}
        }
    }

    /// Returns what is said of a write without the secrets that it quotes, short ones too, which
    /// [`crate::secrets::Known`] cannot look for everywhere.
    pub(super) fn scrub(&self, text: &str) -> String {
        let mut forms: Vec<String> = self.0.values().flat_map(forms).collect();
        // A secret may hold another: the longer one goes first, or a part of it would stay.
        forms.sort_by_key(|form| Reverse(form.len()));
        let forms = forms.iter().filter(|form| !form.is_empty());
        forms.fold(text.to_owned(), |clean, form| without(&clean, form))
    }
}

/// A line of a secret that is shorter says too little to look for it everywhere.
const SHORTEST_LINE: usize = 4;

/// Returns a secret in the forms that a service may repeat it in: whole, trimmed and line by line, each as it stands,
/// as it stands in JSON and in HTML, and encoded.
fn forms(secret: &SecretString) -> Vec<String> {
    let plain = secret.expose_secret();
    let lines = plain.lines().map(str::trim);
    let lines = lines.filter(|line| line.len() >= SHORTEST_LINE);
    let pieces: BTreeSet<&str> = [plain, plain.trim()].into_iter().chain(lines).collect();
    let forms = pieces.into_iter().flat_map(|piece| {
        let quoted = Value::from(piece).to_string();
        let escaped = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        let html = ["&", "<", ">", "\"", "'"].into_iter().zip(HTML);
        let html = html.fold(piece.to_owned(), |text, (plain, entity)| text.replace(plain, entity));
        [piece.to_owned(), escaped.to_owned(), html, BASE64.encode(piece)]
    });
    forms.collect()
}

/// What `&`, `<`, `>`, `"` and `'` are in HTML as .NET writes it.
const HTML: [&str; 5] = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];

/// Returns a text without a piece of it, in whatever case that is written.
fn without(text: &str, piece: &str) -> String {
    // Their bytes stand where they stood, so a place in one is a place in the other.
    let (lower, piece) = (text.to_ascii_lowercase(), piece.to_ascii_lowercase());
    let mut clean = String::with_capacity(text.len());
    let mut end = 0;
    for (start, found) in lower.match_indices(&piece) {
        clean.push_str(&text[end..start]);
        clean.push_str(WITHHELD);
        end = start + found.len();
    }
    clean.push_str(&text[end..]);
    clean
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
    use crate::http::Method;
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
        each_variable(planned.body.as_ref().expect("a body"), &mut |name| found.push(name));
        assert_eq!(found, ["A", "B"]);
    }

    #[test]
    fn no_part_of_a_secret_stays_in_a_message() {
        let secrets = secrets(&[("SHORT", "abc"), ("LONG", "abcdef"), ("QUOTED", "x\"y")]);
        let message = r#"abcdef and abc and x"y and {"k": "x\"y"}"#;
        let clean = r#"(withheld) and (withheld) and (withheld) and {"k": "(withheld)"}"#;
        assert_eq!(secrets.scrub(message), clean);
    }

    #[test]
    fn a_secret_is_found_in_whatever_form_it_is_repeated() {
        let secrets =
            secrets(&[("TRIMMED", " pa<ss'word \n"), ("LINES", "first line\r\nno\nÜber")]);
        let message =
            "pa<ss'word, PA<SS'WORD, pa&lt;ss&#39;word, cGE8c3Mnd29yZA==; FIRST LINE, Über, no";
        let clean = "(withheld), (withheld), (withheld), (withheld); (withheld), (withheld), no";
        assert_eq!(secrets.scrub(message), clean);
    }
}
