//! `schemas/manifest.json`: one schema that completes `kind`, and then that kind's properties.
//!
//! It is for editors alone. It is laxer than validation where a manifest may hold what Graph does not:
//! a text may be a value reference, and read-only properties are left out rather than refused.

use serde_json::{Value, json};

use super::constraints::INLINE;
use super::reference;
use super::types::{GraphVersion, Types};
use super::validate::add_closure;

/// Returns the schema for these kinds, each with the versions that have it, around the schema of a manifest's envelope.
pub fn schema(envelope: &Value, kinds: &[(String, Vec<GraphVersion>)]) -> Value {
    let mut schema = envelope.clone();
    let mut defs = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut cases = Vec::new();
    for version in GraphVersion::ALL {
        for (kind, _) in kinds.iter().filter(|(_, versions)| versions.contains(&version)) {
            add_closure(format!("{version}.{kind}"), &mut defs, |key| {
                let name = key.strip_prefix(version.as_str())?.strip_prefix('.')?;
                let mut def = Types::of(version).definition(name)?;
                adapt(version, &mut def);
                Some(def)
            });
            cases.push(json!({
                "if": {
                    "properties": {
                        "apiVersion": { "const": format!("graph.microsoft.com/{version}") },
                        "kind": { "const": kind },
                    },
                    "required": ["apiVersion", "kind"],
                },
                "then": { "properties": { "spec": { "$ref": pointer(version, kind) } } },
            }));
        }
    }
    defs.insert("valueReference".into(), value_reference());
    defs.insert(reference::NAME.into(), reference::definition());
    let names: Vec<&str> = kinds.iter().map(|(kind, _)| kind.as_str()).collect();
    schema["properties"]["kind"] = json!({ "enum": names });
    schema["$defs"] = defs.into();
    schema["allOf"] = cases.into();
    schema["title"] = "A Moorline manifest, for editors".into();
    schema
}

fn pointer(version: GraphVersion, name: &str) -> String {
    format!("#/$defs/{version}.{name}")
}

fn value_reference() -> Value {
    reference::directive(json!({
        "$file": { "type": "string", "description": "The content of a file, beside the manifest." },
        "$text": { "type": "string", "description": "This text, encoded as the property wants it." },
        "$env": { "type": "string", "description": "A secret, from this environment variable: for what is a secret or cannot be read back." },
    }))
}

/// Leaves out what editors have no use for, and lets a text be a value reference and a navigation a
/// reference.
fn adapt(version: GraphVersion, schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| adapt(version, item)),
        Value::Object(members) => {
            let links: Vec<(String, Value)> = members
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), reference::written(value)?)))
                .collect();
            members.retain(|name, value| !name.starts_with("x-") && !is_unwritable(value));
            for (name, value) in members.iter_mut() {
                match (name.as_str(), &mut *value) {
                    ("$ref", Value::String(target)) => {
                        if let Some(name) = target.strip_prefix("#/$defs/") {
                            *target = pointer(version, name);
                        }
                    }
                    _ => adapt(version, value),
                }
            }
            members.extend(links);
            let is_text = members.get("type").is_some_and(|ty| match ty {
                Value::Array(types) => types.iter().any(|ty| ty == "string"),
                ty => ty == "string",
            });
            if is_text {
                let text = std::mem::take(members);
                members.insert("anyOf".into(), json!([text, { "$ref": "#/$defs/valueReference" }]));
            }
        }
        _ => {}
    }
}

fn is_unwritable(property: &Value) -> bool {
    let is = |keyword: &str| property.get(keyword) == Some(&Value::Bool(true));
    is("readOnly") || is("x-navigation") && !is(INLINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing;

    #[test]
    fn entities_that_are_created_inline_can_be_written() {
        let raw = testing::model().types.raw("workOrder").expect("a type");
        let mut schema: Value = serde_json::from_str(raw).expect("it is JSON");
        adapt(GraphVersion::Beta, &mut schema);
        let names: Vec<&String> =
            schema["properties"].as_object().expect("it has").keys().collect();
        assert_eq!(names, ["@odata.type", "displayName", "seal", "successor", "tasks"]);
        assert_eq!(
            schema["properties"]["tasks"]["items"]["$ref"],
            pointer(GraphVersion::Beta, "workTask")
        );
        let seal = &schema["properties"]["seal"]["$ref"];
        assert_eq!(*seal, pointer(GraphVersion::Beta, "workSeal"));
    }
}
