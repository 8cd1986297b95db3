//! A manifest's spec against its kind's schema, each violation told with the nearest remedy.

use serde_json::Value as Json;

use super::envelope::one_of;
use super::value::{Declared, Value};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Finding, Span};
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::types::{GraphVersion, Types};
use crate::schema::validate::{Problem, Step, Violation, violations};

/// Returns what is wrong with a resolved spec.
pub(super) fn check(version: GraphVersion, kind: &str, spec: &Value) -> Vec<Finding> {
    violations(version, kind, &instance(spec))
        .iter()
        .map(|violation| finding(version, kind, spec, violation))
        .collect()
}

/// The spec as JSON for validation; a secret is any text.
fn instance(value: &Value) -> Json {
    match &value.declared {
        Declared::Env(_) => Json::String(String::new()),
        Declared::List(elements) => elements.iter().map(instance).collect(),
        Declared::Object(members) => members
            .iter()
            .map(|m| (m.name.clone(), instance(&m.value)))
            .collect(),
        _ => value.to_json(),
    }
}

/// A value that a violation is about, and the type information around it.
struct Place<'a> {
    value: &'a Value,
    name: String,
    property: Option<Property>,
    structure: Option<std::sync::Arc<Structure>>,
}

fn locate<'a>(model: &'static Model, kind: &str, spec: &'a Value, path: &[Step]) -> Place<'a> {
    let mut place = Place {
        value: spec,
        name: kind.to_owned(),
        property: None,
        structure: model.get(kind),
    };
    let mut shape: Option<Shape> = None;
    for step in path {
        match step {
            Step::Member(name) => {
                let Some(value) = place.value.get(name) else {
                    break;
                };
                let property = place
                    .structure
                    .as_ref()
                    .and_then(|s| s.properties.get(name))
                    .cloned();
                shape = property.as_ref().map(|p| p.shape.clone());
                place.value = value;
                place.name = name.clone();
                place.property = property;
            }
            Step::Element(at) => {
                let Some(value) = place.value.elements().get(*at) else {
                    break;
                };
                if let Some(Shape::Collection(element, _)) = shape {
                    shape = Some(*element);
                }
                place.value = value;
            }
        }
        place.structure = shape
            .as_ref()
            .and_then(|shape| model.actual(shape, place.value.odata_type()));
    }
    place
}

fn finding(version: GraphVersion, kind: &str, spec: &Value, violation: &Violation) -> Finding {
    let place = locate(Model::of(version), kind, spec, &violation.path);
    let Place {
        value,
        name,
        property,
        structure,
    } = &place;
    let code = format!("schema/{}", violation.keyword);
    let error = |message: String| Finding::error(code.clone(), value.span, message);
    match &violation.problem {
        Problem::UnknownProperty(unknown) => {
            unknown_property(version, &code, value, structure.as_deref(), unknown)
        }
        Problem::NotAMember(_) if name == "@odata.type" => {
            wrong_type_name(&code, kind, violation, value)
        }
        Problem::NotAMember(members) if value.declared == Declared::Null => {
            null_refused(&code, value.span, name, members)
        }
        Problem::NotAMember(members) => {
            let error = error(format!("{} is not a value of `{name}`", quoted(value)));
            match value
                .as_str()
                .and_then(|text| nearest(text, members.iter().map(String::as_str)))
            {
                Some(near) => error
                    .help(format!(
                        "did you mean `{near}`? It takes {}",
                        one_of(members)
                    ))
                    .replace_with(near),
                None => error.help(format!("use {}", one_of(members))),
            }
        }
        Problem::NotFlags => {
            let members = property.as_ref().map(members_of).unwrap_or_default();
            error(format!(
                "{} is not a set of values of `{name}`",
                quoted(value)
            ))
            .help(format!("join any of {} with commas", one_of(&members)))
        }
        Problem::WrongType(_) if value.declared == Declared::Null => {
            null_refused(&code, value.span, name, &[])
        }
        Problem::WrongType(expected) => {
            let error = error(format!(
                "`{name}` must be {}, and this is {}",
                expected.join(" or "),
                kind_of(value)
            ));
            match wrong_type_help(value, expected) {
                Some(help) => error.help(help),
                None => error,
            }
        }
        Problem::TooSmall(limit) => out_of_range(&code, place, limit, "smaller", "least"),
        Problem::TooGreat(limit) => out_of_range(&code, place, limit, "greater", "most"),
        Problem::TooMany(limit) => error(format!(
            "`{name}` has {} elements and takes at most {limit}",
            value.elements().len()
        )),
        Problem::Malformed(format) => {
            let (what, example) = match format.as_str() {
                "date-time" => ("a date and time", "2026-03-31T22:00:00Z"),
                "date" => ("a date", "2026-03-31"),
                "time-of-day" => ("a time of day", "08:00:00"),
                "duration" => ("a duration", "PT8H"),
                "uuid" => ("a GUID", "8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11"),
                "byte" => ("base64", ""),
                other => (other, ""),
            };
            let error = error(format!("`{name}` must be {what}"));
            match (format.as_str(), example) {
                ("byte", _) => error
                    .help("give the bytes by `{ $file: … }` or `{ $text: … }`, which encode them"),
                (_, "") => error,
                (_, example) => error.help(format!("write it like `{example}`")),
            }
        }
        Problem::Missing(missing) => {
            let choices = structure
                .as_ref()
                .map(|s| s.derived.clone())
                .unwrap_or_default();
            let error = error(format!(
                "`{missing}` is missing: `{name}` can hold values of several types"
            ));
            error.help(format!(
                "add `\"@odata.type\": \"#microsoft.graph.…\"` with {}",
                one_of(&choices)
            ))
        }
        Problem::Other(words) => error(format!("`{name}`: {words}")),
    }
}

fn unknown_property(
    version: GraphVersion,
    code: &str,
    value: &Value,
    structure: Option<&Structure>,
    unknown: &str,
) -> Finding {
    let span = value
        .members()
        .iter()
        .find(|m| m.name == unknown)
        .map_or(value.span, |m| m.name_span);
    let Some(structure) = structure else {
        return Finding::error(code, span, format!("there is no property `{unknown}` here"));
    };
    let finding = Finding::error(
        code,
        span,
        format!("`{}` has no property `{unknown}`", structure.name),
    );
    let owner = sibling_with(version, structure, unknown);
    let writable = structure
        .properties
        .values()
        .filter(|p| !p.computed)
        .map(|p| p.name.as_str());
    if let Some(owner) = owner {
        finding.help(format!(
            "`{owner}` has it: set `\"@odata.type\": \"#microsoft.graph.{owner}\"`"
        ))
    } else if version == GraphVersion::V1 && beta_has(&structure.name, unknown) {
        finding.help("beta has it: use `apiVersion: graph.microsoft.com/beta`")
    } else if let Some(near) = nearest(unknown, writable) {
        finding
            .help(format!("did you mean `{near}`?"))
            .replace_with(near)
    } else {
        finding.help(format!(
            "`moorline schema {}` lists its properties",
            structure.name
        ))
    }
}

/// Returns a type of the same family that has the property, where the stated one does not.
fn sibling_with(version: GraphVersion, structure: &Structure, property: &str) -> Option<String> {
    let types = Types::of(version);
    let mut top = types.get(&structure.name)?;
    while let Some(base) = top.base.as_deref().and_then(|base| types.get(base)) {
        top = base;
    }
    // Kinds are told apart by `kind`, not by `@odata.type`.
    if top.category == crate::schema::types::Category::Entity {
        return None;
    }
    top.derived
        .iter()
        .find(|name| {
            types
                .get(name)
                .is_some_and(|t| t.property(property).is_some())
        })
        .cloned()
}

fn beta_has(structure: &str, property: &str) -> bool {
    Types::of(GraphVersion::Beta)
        .get(structure)
        .is_some_and(|def| def.property(property).is_some())
}

fn wrong_type_name(code: &str, kind: &str, violation: &Violation, value: &Value) -> Finding {
    let stated = value.as_str().unwrap_or_default();
    let finding = |message: String| Finding::error(code, value.span, message);
    if violation.path.len() == 1 {
        return finding(format!(
            "`{stated}` is not the type of this manifest's kind"
        ))
        .help(format!("remove it, or write `#microsoft.graph.{kind}`"));
    }
    let Problem::NotAMember(members) = &violation.problem else {
        return finding(format!("`{stated}` does not fit here"));
    };
    let full: Vec<String> = members
        .iter()
        .filter(|m| m.starts_with('#'))
        .cloned()
        .collect();
    let finding = finding(format!("`{stated}` is not a type that fits here"));
    match nearest(stated, full.iter().map(String::as_str)) {
        Some(near) => finding
            .help(format!("did you mean `{near}`?"))
            .replace_with(format!("\"{near}\"")),
        None => finding.help(format!("use {}", one_of(&full))),
    }
}

fn null_refused(code: &str, span: Span, name: &str, members: &[String]) -> Finding {
    let unset = ["notConfigured", "userDefined", "deviceDefault", "none"];
    let member = unset
        .into_iter()
        .find(|unset| members.iter().any(|member| member == unset));
    let help = match member {
        Some(member) => {
            format!("write `{member}` to unset it, or remove the line to leave it alone")
        }
        None => "remove the line to leave it alone".to_owned(),
    };
    Finding::error(code, span, format!("`{name}` cannot be null")).help(help)
}

fn out_of_range(code: &str, place: Place<'_>, limit: &Json, than: &str, bound: &str) -> Finding {
    let name = &place.name;
    let help = match place.property.as_ref().map(|p| p.range) {
        Some((Some(minimum), Some(maximum))) => format!("use {minimum} to {maximum}"),
        _ => format!("use at {bound} {limit}"),
    };
    Finding::error(
        code,
        place.value.span,
        format!("`{name}` is {than} than {limit}"),
    )
    .help(help)
}

fn wrong_type_help(value: &Value, expected: &[&str]) -> Option<String> {
    let text = value.as_str()?;
    if expected.contains(&"a whole number") && text.parse::<i64>().is_ok() {
        return Some("remove the quotes".to_owned());
    }
    if expected.contains(&"`true` or `false`") {
        return match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some("write `true`, without quotes".to_owned()),
            "false" | "no" | "off" | "n" => Some("write `false`, without quotes".to_owned()),
            _ => None,
        };
    }
    None
}

fn members_of(property: &Property) -> Vec<String> {
    match &property.shape {
        Shape::Enum(def) => def.members.clone(),
        Shape::Collection(element, _) => match &**element {
            Shape::Enum(def) => def.members.clone(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn quoted(value: &Value) -> String {
    match &value.declared {
        Declared::String(text) if text.chars().count() > 60 => {
            format!("`{}…`", text.chars().take(57).collect::<String>())
        }
        Declared::String(text) => format!("`{text}`"),
        Declared::Bool(value) => format!("`{value}`"),
        Declared::Number(number) => format!("`{number}`"),
        _ => kind_of(value).to_owned(),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match &value.declared {
        Declared::Null => "null",
        Declared::Bool(_) => "a boolean",
        Declared::Number(number) if number.is_f64() => "a number with a fraction",
        Declared::Number(_) => "a number",
        Declared::String(_) | Declared::Env(_) => "a string",
        Declared::List(_) => "a list",
        Declared::Object(_) => "a mapping",
    }
}
