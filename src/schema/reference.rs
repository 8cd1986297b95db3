//! The JSON Schema of references in manifests. Graph's own schemas only mark the navigation properties.

use serde_json::{Value, json};

/// The name of [`definition`] among a schema's definitions.
pub const NAME: &str = "reference";

/// Returns the schema of one reference.
pub fn definition() -> Value {
    let text = json!({ "type": "string" });
    let live = |required: &str, properties: Value| {
        json!({
            "type": "object",
            "properties": properties,
            "required": [required],
            "additionalProperties": false,
        })
    };
    let by_id = live("id", json!({ "id": text }));
    let by_name = live("displayName", json!({ "displayName": text, "kind": text }));
    directive(json!({
        "$ref": {
            "description": "Another profile: `kind/name` of its manifest, or the `id` or `displayName` of a live one.",
            "anyOf": [text, by_id, by_name],
        },
    }))
}

/// Returns the schema of a mapping with one of these members, or `$undeclare`.
pub(super) fn directive(mut members: Value) -> Value {
    members["$undeclare"] =
        json!({ "const": true, "description": "Withdraws what the base declares." });
    json!({
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": members,
        "additionalProperties": false,
    })
}

/// Returns the schema of a navigation property in a manifest, `None` for other properties.
pub fn written(property: &Value) -> Option<Value> {
    let is = |keyword: &str| property.get(keyword) == Some(&Value::Bool(true));
    if !is("x-navigation") || is("x-contained") {
        return None;
    }
    let one = json!({ "$ref": format!("#/$defs/{NAME}") });
    let many = property["x-edm"].as_str()?.starts_with("Collection(");
    Some(if many {
        json!({ "type": ["array", "null"], "items": one })
    } else {
        json!({ "anyOf": [one, { "type": "null" }] })
    })
}

/// Adds the form of references in manifests to a kind's schema.
pub fn describe(schema: &mut Value) {
    let definitions = schema.get_mut("$defs").and_then(Value::as_object_mut);
    let Some(definitions) = definitions else {
        return;
    };
    let mut refers = false;
    for definition in definitions.values_mut() {
        let properties = definition.get_mut("properties").and_then(Value::as_object_mut);
        for property in properties.into_iter().flat_map(|properties| properties.values_mut()) {
            let Some(Value::Object(written)) = written(property) else {
                continue;
            };
            if let Some(members) = property.as_object_mut() {
                members.remove("type");
                members.extend(written);
                refers = true;
            }
        }
    }
    if refers {
        definitions.insert(NAME.to_owned(), definition());
    }
}
