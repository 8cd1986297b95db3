//! Validates a kind's body against its JSON Schema: only the closure of that kind is read and built.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use serde_json::{Map, Value, json};

use super::cache::Cache;
use super::form;
use super::types::{GraphVersion, Types};
use super::walk::any;

/// One step from a body's root to a value in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathStep {
    /// Into a member.
    Member(String),
    /// Into an element.
    Element(usize),
}

/// A fault of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// A member that its type does not have.
    UnknownProperty(String),
    /// Not one of the members; `null` is left out of them.
    NotAMember(Vec<String>),
    /// Not of this pattern: a set of flags with something else among them, or no valid name.
    NotMatching(String),
    /// Of another JSON type than these.
    WrongType(Vec<&'static str>),
    /// Smaller than this.
    TooSmall(Value),
    /// Greater than this.
    TooGreat(Value),
    /// More elements than this.
    TooMany(u64),
    /// More characters than this.
    TooLong(u64),
    /// Not of this format.
    Malformed(String),
    /// A member that must be there is not.
    Missing(String),
    /// Anything that the generated schemas do not produce today, in the validator's words.
    Other(String),
}

/// A violation of the schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// From the root to the value.
    pub path: Vec<PathStep>,
    /// The JSON Schema keyword.
    pub keyword: String,
    /// The fault.
    pub problem: Problem,
}

static VALIDATORS: Cache<jsonschema::Validator> = Cache::new();

/// Returns every violation of a kind's schema, in order of place. A kind that the version lacks has none.
pub fn violations(version: GraphVersion, kind: &str, body: &Value) -> Vec<Violation> {
    validator(version, kind).map(|validator| violations_under(&validator, body)).unwrap_or_default()
}

/// Returns every violation of a schema that is built already, in order of place.
pub fn violations_under(validator: &jsonschema::Validator, body: &Value) -> Vec<Violation> {
    // Most bodies are valid, and to say so costs less than to look for errors.
    if validator.is_valid(body) {
        return Vec::new();
    }
    let mut violations: Vec<Violation> =
        validator.iter_errors(body).flat_map(|error| violations_of(&error)).collect();
    // Where the stated type of a value is wrong, what the fallback shape says of its other members misleads.
    // The root's type is known without being stated.
    let wrong_types: BTreeSet<Vec<PathStep>> = violations
        .iter()
        .filter_map(|v| match (&v.path[..], &v.problem) {
            ([above @ .., PathStep::Member(name)], _)
                if name == "@odata.type" && !above.is_empty() =>
            {
                Some(above.to_vec())
            }
            (above, Problem::Missing(name)) if name == "@odata.type" => Some(above.to_vec()),
            _ => None,
        })
        .collect();
    violations.retain(|v| {
        let about_type = is_type(v) || matches!(v.problem, Problem::Missing(_));
        let below_wrong = || (1..=v.path.len()).any(|depth| wrong_types.contains(&v.path[..depth]));
        about_type || wrong_types.is_empty() || !below_wrong()
    });
    violations.sort_by(|a, b| a.path.cmp(&b.path));
    violations
        .dedup_by(|a, b| a.path == b.path && (a.problem == b.problem || is_type(a) && is_type(b)));
    violations
}

fn is_type(violation: &Violation) -> bool {
    matches!(violation.path.last(), Some(PathStep::Member(name)) if name == "@odata.type")
}

fn validator(version: GraphVersion, kind: &str) -> Option<Arc<jsonschema::Validator>> {
    VALIDATORS.get(&format!("{version}.{kind}"), || validator_of(&document(version, kind)?))
}

/// Builds the validator of a schema, `None` where it is no JSON Schema.
pub fn validator_of(schema: &Value) -> Option<jsonschema::Validator> {
    let options = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .with_format("byte", |text: &str| {
            base64::engine::general_purpose::STANDARD.decode(text).is_ok()
        })
        .with_format("time-of-day", is_time_of_day)
        .offline();
    options.build(schema).ok()
}

/// Returns the self-contained schema of a kind: its shape and every definition that it reaches.
pub fn document(version: GraphVersion, kind: &str) -> Option<Value> {
    document_of(Types::of(version), kind)
}

pub(super) fn document_of(types: &Types, kind: &str) -> Option<Value> {
    types.raw(kind)?;
    let mut defs = Map::new();
    add_closure(kind.to_owned(), &mut defs, |name| form::definition(types, name));
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("microsoft.graph.{kind} ({})", types.version()),
        "type": "object",
        "$ref": format!("#/$defs/{kind}"),
        "$defs": defs,
    }))
}

/// Adds a definition and every one that it reaches.
pub(super) fn add_closure(
    name: String,
    defs: &mut Map<String, Value>,
    read: impl Fn(&str) -> Option<Value>,
) {
    let mut open = vec![name];
    while let Some(name) = open.pop() {
        if let (false, Some(def)) = (defs.contains_key(&name), read(&name)) {
            any(&def, &mut |schema| {
                let target = schema.get("$ref").and_then(Value::as_str);
                open.extend(target.and_then(|to| to.strip_prefix("#/$defs/")).map(str::to_owned));
                false
            });
            defs.insert(name, def);
        }
    }
}

fn is_time_of_day(text: &str) -> bool {
    text.parse::<jiff::civil::Time>().is_ok() && text.len() >= 5 && text.as_bytes()[2] == b':'
}

fn violations_of(error: &jsonschema::ValidationError<'_>) -> Vec<Violation> {
    let path = error.instance_path().iter().map(|segment| match segment {
        LocationSegment::Property(name) => PathStep::Member(name.into_owned()),
        LocationSegment::Index(at) => PathStep::Element(at),
    });
    let path: Vec<PathStep> = path.collect();
    let problems = problems(error);
    let keyword = match problems[..] {
        // Several constants to choose from are an `enum`, however the schema puts it.
        [Problem::NotAMember(_)] => "enum",
        _ => error.kind().keyword(),
    };
    problems
        .into_iter()
        .map(|problem| Violation { path: path.clone(), keyword: keyword.to_owned(), problem })
        .collect()
}

fn problems(error: &jsonschema::ValidationError<'_>) -> Vec<Problem> {
    vec![match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let unexpected = unexpected.iter().cloned();
            return unexpected.map(Problem::UnknownProperty).collect();
        }
        ValidationErrorKind::Enum { options } => Problem::NotAMember(members(options)),
        ValidationErrorKind::Constant { .. } | ValidationErrorKind::OneOfNotValid { .. } => {
            match constants(error.kind()) {
                Some(members) => Problem::NotAMember(members),
                None => Problem::Other(error.masked().to_string()),
            }
        }
        ValidationErrorKind::Type { kind } => Problem::WrongType(expected(kind)),
        ValidationErrorKind::Minimum { limit } => Problem::TooSmall(limit.clone()),
        ValidationErrorKind::Maximum { limit } => Problem::TooGreat(limit.clone()),
        ValidationErrorKind::MaxItems { limit } => Problem::TooMany(*limit),
        ValidationErrorKind::MaxLength { limit } => Problem::TooLong(*limit),
        ValidationErrorKind::Format { format } => Problem::Malformed(format.clone()),
        ValidationErrorKind::Pattern { pattern } => Problem::NotMatching(pattern.clone()),
        ValidationErrorKind::Required { property } => {
            Problem::Missing(property.as_str().unwrap_or_default().to_owned())
        }
        _ => Problem::Other(error.masked().to_string()),
    }]
}

/// Returns the choices of a constant, or of a `oneOf` of constants, which is how a Rust enum whose members
/// are described becomes a schema.
fn constants(kind: &ValidationErrorKind) -> Option<Vec<String>> {
    match kind {
        ValidationErrorKind::Constant { expected_value } => {
            Some(vec![expected_value.as_str()?.to_owned()])
        }
        ValidationErrorKind::OneOfNotValid { context } => context
            .iter()
            .map(|errors| errors.iter().find_map(|error| constants(error.kind())))
            .map(|choice| choice?.pop())
            .collect(),
        _ => None,
    }
}

fn members(options: &Value) -> Vec<String> {
    options.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn expected(kind: &TypeKind) -> Vec<&'static str> {
    let types: Vec<_> = match kind {
        TypeKind::Single(one) => vec![*one],
        TypeKind::Multiple(set) => set.iter().collect(),
    };
    types
        .into_iter()
        .filter_map(|ty| {
            Some(match ty.to_string().as_str() {
                "array" => "a list",
                "boolean" => "`true` or `false`",
                "integer" => "a whole number",
                "number" => "a number",
                "object" => "a mapping",
                "string" => "a string",
                _ => return None,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing;

    fn member(name: &str) -> PathStep {
        PathStep::Member(name.to_owned())
    }

    #[test]
    fn entities_that_are_created_inline_are_checked() {
        let step = json!({ "action": "block", "hours": 1 });
        let timed =
            json!({ "@odata.type": "#microsoft.graph.timedStep", "action": "mail", "at": "08:00" });
        let tasks = json!([{ "label": "a", "steps": [step, timed] }]);
        let good = json!({ "displayName": "a", "tasks": tasks, "seal": { "size": 3 } });
        assert_eq!(testing::violations(&good), []);
        let step = |step: Value| json!({ "tasks": [{ "steps": [step] }] });
        let within =
            || vec![member("tasks"), PathStep::Element(0), member("steps"), PathStep::Element(0)];
        let found = |body: Value| {
            let found = testing::violations(&body);
            assert_eq!(found.len(), 1, "{found:?}");
            found.into_iter().next().map(|violation| (violation.path, violation.problem))
        };
        let unknown = Problem::UnknownProperty("when".to_owned());
        assert_eq!(found(step(json!({ "when": 1 }))), Some((within(), unknown)));
        let at = |name: &str| [within(), vec![member(name)]].concat();
        let hours = Problem::WrongType(vec!["a whole number"]);
        assert_eq!(found(step(json!({ "hours": "1" }))), Some((at("hours"), hours)));
        let size = Problem::WrongType(vec!["a whole number"]);
        let at_size = vec![member("seal"), member("size")];
        assert_eq!(found(json!({ "seal": { "size": true } })), Some((at_size, size)));
    }

    fn problems(kind: &str, body: Value) -> Vec<(String, Problem)> {
        let at = |path: &[PathStep]| {
            path.iter()
                .map(|step| match step {
                    PathStep::Member(name) => name.clone(),
                    PathStep::Element(at) => at.to_string(),
                })
                .collect::<Vec<_>>()
                .join(".")
        };
        violations(GraphVersion::Beta, kind, &body)
            .into_iter()
            .map(|v| (at(&v.path), v.problem))
            .collect()
    }

    #[test]
    fn fault_of_a_polymorphic_value_is_that_of_its_stated_type() {
        let body = json!({ "omaSettings": [
            { "@odata.type": "#microsoft.graph.omaSettingInteger", "omaUri": "./x", "value": "7" },
            { "@odata.type": "#microsoft.graph.omaSettingFoo", "omaUri": "./y", "value": true },
            { "omaUri": "./z" },
        ] });
        let found = problems("windows10CustomConfiguration", body);
        assert_eq!(
            found[0],
            ("omaSettings.0.value".into(), Problem::WrongType(vec!["a whole number"]))
        );
        assert_eq!(found[1].0, "omaSettings.1.@odata.type");
        assert_eq!(found[2], ("omaSettings.2".into(), Problem::Missing("@odata.type".into())));
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn null_is_a_value_only_where_the_property_is_nullable() {
        let body = json!({ "pinMinimumLength": null, "pinRecoveryEnabled": null, "pinUppercaseCharactersUsage": null });
        let found = problems("windowsIdentityProtectionConfiguration", body);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(
            found[0],
            ("pinRecoveryEnabled".into(), Problem::WrongType(vec!["`true` or `false`"]))
        );
        assert!(matches!(&found[1].1, Problem::NotAMember(members) if members.len() == 4));
    }

    #[test]
    fn formats_flags_ranges_and_sizes_are_checked() {
        let body = json!({ "installationSchedule": { "@odata.type": "microsoft.graph.windowsUpdateActiveHoursInstall",
            "activeHoursStart": "8 o'clock", "activeHoursEnd": "17:00:00.0000000" } });
        let found = problems("windowsUpdateForBusinessConfiguration", body);
        assert_eq!(
            found[0],
            (
                "installationSchedule.activeHoursStart".into(),
                Problem::Malformed("time-of-day".into())
            )
        );
        let body = json!({ "configDeviceHealthMonitoringScope": "bootPerformance,nothing" });
        let found = problems("windowsHealthMonitoringConfiguration", body);
        let [(at, Problem::NotMatching(_))] = &found[..] else { panic!("{found:?}") };
        assert_eq!(at, "configDeviceHealthMonitoringScope");
        let found = problems("iosCustomConfiguration", json!({ "payload": "not base64!" }));
        assert_eq!(found, [("payload".into(), Problem::Malformed("byte".into()))]);
    }

    #[test]
    fn every_kind_of_both_versions_has_a_schema_that_builds() {
        for version in GraphVersion::ALL {
            let family = Types::of(version).get("deviceConfiguration").expect("the root type");
            for kind in &family.derived {
                assert!(validator(version, kind).is_some(), "{version} {kind}");
            }
        }
    }
}
