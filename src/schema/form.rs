//! Definitions as manifests have their values, where the service has another form.

use serde_json::{Value, json};

use super::semantics::{Form, Semantics};
use super::types::Types;
use crate::settings_catalog::schema;

/// Returns a definition of a version's types, with the properties that manifests have in another form in that form, or a
/// definition of such a form.
pub(super) fn definition(types: &Types, name: &str) -> Option<Value> {
    let Some(mut definition) = types.definition(name) else {
        return schema::definition(name);
    };
    for (property, facts) in Semantics::built_in().facts_of(name) {
        if let (Some(Form::SettingsCatalog), Some(found)) =
            (facts.form, definition["properties"].get_mut(property))
        {
            *found = json!({ "$ref": format!("#/$defs/{}", schema::SETTINGS) });
        }
    }
    Some(definition)
}
