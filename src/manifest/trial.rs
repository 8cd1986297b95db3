//! Checks values that are to be written into a manifest.

use serde_json::{Map, Value as Json};

use super::value::{Declared, Member, Value};
use super::{Address, Manifest, assignment, lint, violation};
use crate::diagnostic::{Finding, Severity, Sources, Span};
use crate::kinds::Family;
use crate::schema::types::GraphVersion;

/// Returns the properties of a spec that `validate` would refuse, each with the reason. `{ $env: NAME }` stands for a
/// secret, as in a manifest.
pub(crate) fn refused(
    kind: &str,
    family: &'static Family,
    version: GraphVersion,
    spec: &Map<String, Json>,
) -> Vec<(String, String)> {
    // Each property has a place of its own, by which a finding tells it.
    let file = Sources::default().next_id();
    let nowhere = Span::new(file, 0..0);
    let members = spec.iter().enumerate().map(|(at, (name, value))| {
        let span = Span::new(file, at + 1..at + 2);
        Member { name: name.clone(), name_span: span, value: with_secrets(value, span) }
    });
    let spec = Value { declared: Declared::Object(members.collect()), span: nowhere };
    let names: Vec<&str> = spec.members().iter().map(|member| &*member.name).collect();
    let refused = |findings: Vec<Finding>| -> Vec<(String, String)> {
        let errors = findings.into_iter().filter(|it| it.severity == Severity::Error);
        let named = errors.filter_map(|finding| {
            let at = finding.span?.range().start.checked_sub(1)?;
            Some(((*names.get(at)?).to_owned(), finding.message))
        });
        named.collect()
    };
    let violations = refused(violation::check(version, kind, &spec, None));
    if !violations.is_empty() {
        return violations;
    }
    let address = Address { kind: kind.to_owned(), name: String::new() };
    let manifest = Manifest::new(address, family, version, spec.clone(), nowhere);
    refused(lint::manifest(&manifest, false, false))
}

/// Returns why `validate` would refuse assignments; `None` where it takes them.
pub(crate) fn refused_assignments(list: &Json) -> Option<String> {
    let nowhere = Span::new(Sources::default().next_id(), 0..0);
    let mut findings = Vec::new();
    assignment::read(&Value::from_json(list, nowhere), false, &mut findings, &mut Vec::new());
    let errors = findings.into_iter().find(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.message)
}

/// Returns a value with all its parts in one place, and with the secrets that it names.
fn with_secrets(value: &Json, span: Span) -> Value {
    let declared = match value {
        Json::Object(members) => match members.get("$env").and_then(Json::as_str) {
            Some(name) => Declared::Env(name.to_owned()),
            None => {
                let member = |(name, value): (&String, &Json)| Member {
                    name: name.clone(),
                    name_span: span,
                    value: with_secrets(value, span),
                };
                Declared::Object(members.iter().map(member).collect())
            }
        },
        Json::Array(items) => {
            Declared::List(items.iter().map(|item| with_secrets(item, span)).collect())
        }
        leaf => return Value::from_json(leaf, span),
    };
    Value { declared, span }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds;

    #[test]
    fn refused_properties_are_named_with_the_reason() {
        let kind = "windowsIdentityProtectionConfiguration";
        let found = |spec: Json| {
            let spec = spec.as_object().cloned().expect("an object");
            let family = kinds::family_of(kind).expect("a kind");
            let found = refused(kind, family, GraphVersion::Beta, &spec);
            found.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert!(found(json!({ "displayName": "A", "pinMinimumLength": 6 })).is_empty());
        let wrong = json!({ "displayName": "A", "pinMinimumLength": "x", "pinUppercaseCharactersUsage": "some" });
        assert_eq!(found(wrong), ["pinMinimumLength", "pinUppercaseCharactersUsage"]);
        let sentinel =
            json!({ "displayName": "A", "pinUppercaseCharactersUsage": "unknownFutureValue" });
        assert_eq!(found(sentinel), ["pinUppercaseCharactersUsage"]);
    }
}
