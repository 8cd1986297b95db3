//! Finds the addresses of channels that a tenant file holds by mistake: each lets anyone write to its channel.

use super::value::{Declared, Value};
use super::violation::SHORTENED;
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{FileId, Sources, Span};

/// The key of the channels.
const NOTIFY: &str = "notify";

/// Returns every address with a scheme in the text of a tenant file, well-formed or not, with its place.
pub(super) fn written(sources: &Sources, file: FileId) -> Vec<(Span, String)> {
    let text = &sources.get(file).text;
    let mut found = Vec::new();
    let mut end = 0;
    for (colon, _) in text.match_indices("://") {
        if colon < end {
            continue;
        }
        let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
        let start = text[end..colon].trim_end_matches(is_scheme).len() + end;
        let rest =
            text[start..].split(|letter: char| letter.is_whitespace() || "\"'".contains(letter));
        let address =
            rest.into_iter().next().unwrap_or_default().trim_end_matches(['}', ']', ',', ':']);
        end = (start + address.len()).max(colon + 3);
        found.push((Span::new(file, start..end), address.to_owned()));
    }
    found
}

/// Returns every text below `notify` that is no name, with its place: an address may lack its scheme, or be a token
/// alone. A misspelt or misplaced `notify` counts.
pub(super) fn declared(root: &Value) -> Vec<(Span, String)> {
    let spec = root.get("spec").map(Value::members).unwrap_or_default();
    let channels = root
        .members()
        .iter()
        .chain(spec)
        .filter(|member| member.name == NOTIFY || nearest(&member.name, [NOTIFY]).is_some());
    let values = channels.flat_map(|member| member.value.descendants());
    let mut found = Vec::new();
    for value in values {
        let keys = value.members().iter().filter(|member| member.name.contains('/'));
        found.extend(keys.map(|member| (member.name_span, member.name.clone())));
        if let Declared::String(text) = &value.declared
            && !is_name(text)
        {
            found.push((value.span, text.clone()));
            // A message shows the beginning of a long text.
            found.push((value.span, text.chars().take(SHORTENED).collect()));
        }
    }
    found
}

/// Whether a text may be the name of a kind or of a variable, as a shell writes it too.
fn is_name(text: &str) -> bool {
    let name = text.trim_start_matches(['$', '{']).trim_end_matches('}');
    let is_part = |letter: char| letter.is_alphanumeric() || "-_ ".contains(letter);
    name.len() <= 64
        && name.chars().all(is_part)
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_any_place() {
        let texts = |text: &str| {
            let (root, sources) = Value::from_yaml(text);
            let written = written(&sources, root.span.file);
            let found = written.into_iter().chain(declared(&root));
            let mut found: Vec<String> = found
                .map(|(span, secret)| {
                    assert!(sources.text(span).contains(&secret), "{secret}");
                    secret
                })
                .collect();
            found.dedup();
            found
        };
        let url = "https://contoso.webhook.office.com/canary?a=b,c";
        for text in [
            format!("spec: {{ notify: {{ ops: {{ kind: teams, url: '{url}' }} }} }}"),
            format!("spec:\n  notfy:\n    ops: {url}\n"),
            format!("spec:\n  notify:\n    {url}: {{ kind: teams }}\n"),
            format!("spec:\n  other: [\"{url}\"]\n"),
        ] {
            assert!(texts(&text).iter().all(|found| found == url), "{:?}", texts(&text));
            assert!(!texts(&text).is_empty(), "{text}");
        }
        for (value, is_found) in [
            ("contoso.webhook.office.com/canary", true),
            ("T01/B02/canary", true),
            ("8f2acanary", true),
            ("DRIFT_TEAMS", false),
            ("${DRIFT_TEAMS}", false),
            ("drift-teams", false),
        ] {
            let text = format!("notify: {{ ops.eu: {{ kind: teams, env: \"{value}\" }} }}");
            assert_eq!(
                texts(&text).first().is_some_and(|found| found == value),
                is_found,
                "{value}"
            );
        }
    }
}
