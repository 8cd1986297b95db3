//! `schemas/manifest.json`: one schema that completes `kind`, and then that kind's properties.
//!
//! It is for editors alone. It is laxer than validation where a manifest may hold what Graph does not:
//! a text may be a value reference, and read-only properties are left out rather than refused.

use serde_json::{Map, Value, json};

use super::constraints::INLINE;
use super::semantics::{Form, Semantics};
use super::types::{GraphVersion, Types};
use super::validate::add_closure;
use super::{form, reference};
use crate::definitions::{
    CatalogueError, EditorForms, EditorSchema, SettingCatalogue, editor_schema,
};
use crate::settings_catalog::schema as readable;

/// The definition of a value that stands for another one.
const REFERENCE: &str = "valueReference";

/// Returns the schema for these kinds, each with the versions that have it, around the schema of a manifest's envelope. With
/// a catalogue, it has the settings of each platform.
///
/// # Errors
/// When the file of the catalogue is damaged.
pub fn schema(
    envelope: &Value,
    kinds: &[(String, Vec<GraphVersion>)],
    catalogue: Option<&SettingCatalogue>,
) -> Result<Value, CatalogueError> {
    let mut schema = envelope.clone();
    let mut defs = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut cases = Vec::new();
    for version in GraphVersion::ALL {
        for (kind, _) in kinds.iter().filter(|(_, versions)| versions.contains(&version)) {
            add_closure(format!("{version}.{kind}"), &mut defs, |key| {
                let name = key.strip_prefix(version.as_str())?.strip_prefix('.')?;
                let mut def = form::definition(Types::of(version), name)?;
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
    defs.insert(REFERENCE.into(), value_reference());
    defs.insert(reference::NAME.into(), reference::definition());
    if let Some(catalogue) = catalogue {
        add_settings(&mut defs, catalogue)?;
    }
    let names: Vec<&str> = kinds.iter().map(|(kind, _)| kind.as_str()).collect();
    schema["properties"]["kind"] = json!({ "enum": names });
    schema["$defs"] = defs.into();
    schema["allOf"] = cases.into();
    schema["title"] = "A Moorline manifest, for editors".into();
    Ok(schema)
}

/// Adds the settings that a catalogue knows, and gives each policy those of its platform. A policy of several platforms, and
/// one of a platform that the catalogue lacks, may have settings of any id.
fn add_settings(
    defs: &mut Map<String, Value>,
    catalogue: &SettingCatalogue,
) -> Result<(), CatalogueError> {
    let version = GraphVersion::Beta;
    let name = |name: &str| format!("{version}.{name}");
    let [setting, element, template] =
        [readable::INSTANCE, readable::ELEMENT, readable::TEMPLATE].map(name);
    let forms = EditorForms {
        setting: &setting,
        element: &element,
        template: &template,
        reference: REFERENCE,
    };
    let EditorSchema { definitions, platforms } = editor_schema(catalogue, forms)?;
    for (kind, property) in Semantics::built_in().in_form(Form::SettingsCatalog) {
        let Some(policy) = defs.get_mut(&name(kind)) else { continue };
        let Some(any) = policy["properties"].get_mut(property).map(Value::take) else { continue };
        let is_for = |platforms: Value| json!({ "properties": { "platforms": platforms }, "required": ["platforms"] });
        let settings = |of: Value| json!({ "properties": { property: of } });
        let known: Vec<&String> = platforms.keys().collect();
        let mut cases =
            vec![json!({ "if": is_for(json!({ "enum": known })), "else": settings(any) })];
        cases.extend(platforms.iter().map(|(platform, name)| {
            let of_platform = settings(json!({ "$ref": format!("#/$defs/{name}") }));
            json!({ "if": is_for(json!({ "const": platform })), "then": of_platform })
        }));
        policy["properties"][property] =
            json!({ "description": "Settings by their definition ids." });
        policy["allOf"] = cases.into();
    }
    defs.extend(definitions);
    Ok(())
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
                members.insert(
                    "anyOf".into(),
                    json!([text, { "$ref": format!("#/$defs/{REFERENCE}") }]),
                );
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
