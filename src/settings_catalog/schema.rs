//! The readable form as JSON Schema, for editors and for `moorline schema`.

use serde_json::{Value as Json, json};

/// The definition of settings.
pub const SETTINGS: &str = "settingsCatalog";
/// The definition of a setting.
pub const INSTANCE: &str = "settingsCatalog.setting";
/// The definition of an element of a list.
pub const ELEMENT: &str = "settingsCatalog.element";
/// The definition of the ids of a template.
pub const TEMPLATE: &str = "settingsCatalog.template";
const REFERENCE: &str = "settingsCatalog.reference";

/// Returns a definition by its name, which references of the others have after `#/$defs/`.
pub fn definition(name: &str) -> Option<Json> {
    Some(match name {
        SETTINGS => settings(),
        INSTANCE => instance(),
        ELEMENT => element(),
        TEMPLATE => template(),
        REFERENCE => reference(),
        _ => return None,
    })
}

fn to(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Text, which need not be in quotes.
fn text(description: &str) -> Json {
    json!({ "type": ["string", "number", "boolean"], "description": description })
}

fn list(of: Json, description: &str) -> Json {
    json!({ "type": "array", "items": of, "description": description })
}

fn settings() -> Json {
    json!({
        "description": "Settings by their definition ids.",
        "type": ["object", "array"],
        "properties": {
            "$raw": list(json!({ "type": "object" }), "Graph's own list, for what the form cannot say."),
            "$merge": {
                "type": "object",
                "additionalProperties": { "anyOf": [to(INSTANCE), { "type": "null" }] },
                "description": "Settings that are merged into those of the tenant; null removes one.",
            },
            "$template": to(TEMPLATE),
        },
        "additionalProperties": to(INSTANCE),
    })
}

fn instance() -> Json {
    json!({
        "description": "A setting: one word with its value, and what belongs to the value.",
        "type": ["object", "string", "number", "boolean"],
        "properties": {
            "choice": text("The option: what follows the definition id and `_`."),
            "value": text("The whole id of the option, where it does not begin with the definition id."),
            "children": to(SETTINGS),
            "choices": list(to(ELEMENT), "Several options."),
            "string": text("Text."),
            "integer": { "type": "integer", "description": "A whole number." },
            "secret": { "type": "object", "description": "A secret: `{ $env: NAME }`." },
            "reference": to(REFERENCE),
            "note": text("The note beside a reference."),
            "strings": list(to(ELEMENT), "Several texts."),
            "integers": list(to(ELEMENT), "Several whole numbers."),
            "values": list(to(ELEMENT), "Values of several types."),
            "group": to(SETTINGS),
            "groups": list(to(SETTINGS), "Several groups of settings."),
            "settingGroup": { "type": "object", "maxProperties": 0 },
            "settingGroups": { "type": "array", "maxItems": 0 },
            "template": to(TEMPLATE),
        },
        "additionalProperties": false,
    })
}

fn element() -> Json {
    json!({
        "type": ["object", "string", "number", "boolean"],
        "properties": {
            "choice": text("The option: what follows the definition id and `_`."),
            "value": text("The whole id of the option."),
            "children": to(SETTINGS),
            "string": text("Text."),
            "integer": { "type": "integer" },
            "secret": { "type": "object", "description": "A secret: `{ $env: NAME }`." },
            "reference": to(REFERENCE),
            "note": text("The note beside a reference."),
            "$template": to(TEMPLATE),
        },
        "additionalProperties": false,
    })
}

fn template() -> Json {
    json!({
        "description": "The ids by which a setting of a template refers to it.",
        "type": "object",
        "properties": {
            "id": text("The id of the setting in the template."),
            "value": text("The id of its value in the template."),
            "useDefault": { "type": "boolean", "description": "Whether the template's value is used." },
        },
        "additionalProperties": false,
    })
}

fn reference() -> Json {
    json!({
        "description": "A reusable setting: its id in this tenant, or its name as `{ $ref: { displayName: … } }`.",
        "type": ["string", "object"],
        "properties": {
            "$ref": {
                "type": ["object", "string"],
                "properties": {
                    "displayName": text("The display name of the reusable setting."),
                    "id": text("Its id in this tenant."),
                },
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": false,
            },
        },
        "additionalProperties": false,
    })
}
