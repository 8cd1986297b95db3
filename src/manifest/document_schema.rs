//! Checks documents of Moorline's own formats against the schemas of their types.

use serde_json::Value as Json;

use super::value::Value;
use super::violation::{self, Schema};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Finding, value_or_report};
use crate::schema::types::GraphVersion;
use crate::schema::validate::{PathStep, validator_of, violations_under};

/// Returns what keeps a tree from being a document of a type.
pub fn document_findings<T: schemars::JsonSchema>(root: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let _: Option<Json> = DocumentSchema::derive::<T>().read(root, root.to_json(), &mut findings);
    findings
}

/// The schema of a document, and its validator.
pub(super) struct DocumentSchema {
    schema: Json,
    validator: jsonschema::Validator,
}

impl DocumentSchema {
    /// Derives the schema of a type.
    pub(super) fn derive<T: schemars::JsonSchema>() -> Self {
        let schema = schemars::schema_for!(T).to_value();
        let validator = validator_of(&schema)
            .expect("a derived schema is valid, and every load of a manifest uses it");
        Self { schema, validator }
    }

    /// Returns the keys that a mapping may have.
    pub(super) fn keys(&self, path: &[PathStep]) -> Vec<String> {
        let properties = self.at(path)["properties"].as_object();
        properties.map(|keys| keys.keys().cloned().collect()).unwrap_or_default()
    }

    /// Returns how a key that a mapping lacks is written: with the first value that it takes where the schema lists them,
    /// and with the keys that its own mapping needs.
    pub(super) fn skeleton(&self, path: &[PathStep], key: &str) -> String {
        let path = [path, &[PathStep::Member(key.to_owned())]].concat();
        let schema = self.at(&path);
        let lists = [&schema["enum"], &schema["oneOf"]].into_iter().filter_map(Json::as_array);
        let listed = lists.flatten().map(|choice| choice.get("const").unwrap_or(choice));
        let fixed = schema.get("const").into_iter().chain(listed).find_map(Json::as_str);
        if let Some(fixed) = fixed {
            return format!("{key}: {fixed}");
        }
        let needed = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let needed: Vec<String> = needed.map(|key| self.skeleton(&path, key)).collect();
        match needed[..] {
            [] if schema["type"] == "string" => format!("{key}: …"),
            [] => format!("{key}:"),
            _ => format!("{key}: {{ {} }}", needed.join(", ")),
        }
    }

    /// Returns the schema of the value at a path.
    fn at(&self, path: &[PathStep]) -> &Json {
        let mut at = &self.schema;
        for step in path {
            at = match step {
                // Of a map, each member is of one type.
                PathStep::Member(name) => match &at["properties"][name] {
                    Json::Null => &at["additionalProperties"],
                    known => known,
                },
                PathStep::Element(_) => &at["items"],
            };
            let definition = at["$ref"].as_str().and_then(|to| to.strip_prefix("#/$defs/"));
            if let Some(name) = definition {
                at = &self.schema["$defs"][name];
            }
        }
        at
    }

    /// Returns the key nearest to an unknown one, unless the mapping has it.
    pub(super) fn meant(
        &self,
        path: &[PathStep],
        mapping: &Value,
        unknown: &str,
    ) -> Option<String> {
        let mut keys = self.keys(path);
        // A mapping may have as many keys as its file has bytes: only a key that is near is looked for there.
        while let Some(near) = nearest(unknown, &keys).map(str::to_owned) {
            if mapping.get(&near).is_none() {
                return Some(near);
            }
            keys.retain(|key| *key != near);
        }
        None
    }

    /// Deserialises `body`, or adds the findings that keep it from being valid. `root` is the tree that it was made of.
    pub(super) fn read<T: serde::de::DeserializeOwned>(
        &self,
        root: &Value,
        body: Json,
        findings: &mut Vec<Finding>,
    ) -> Option<T> {
        let violations = violations_under(&self.validator, &body);
        if !violations.is_empty() {
            let (version, kind) = (GraphVersion::Beta, "the document");
            let schema = Schema { version, kind, document: Some(self) };
            findings.extend(violation::report(schema, root, &violations, None));
            return None;
        }
        let read = serde_json::from_value(body).map_err(|error| {
            let message = format!("this document cannot be read: {error}");
            Finding::error("manifest/unreadable", root.span, message)
        });
        value_or_report(read, findings)
    }
}

/// Returns the schemas of the documents that people write.
#[cfg(test)]
pub(super) fn own_schemas() -> [Json; 3] {
    [
        schemars::schema_for!(super::TenantFile).to_value(),
        super::envelope_schema(),
        schemars::schema_for!(super::AcceptedDriftFile).to_value(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts that the keys of every mapping below a path are known.
    fn walk(document: &DocumentSchema, path: &[PathStep]) {
        let schema = document.at(path);
        for keyword in ["anyOf", "allOf"] {
            assert!(schema.get(keyword).is_none(), "{path:?}: {schema}");
        }
        let keys = document.keys(path);
        assert!(schema["additionalProperties"] != false || !keys.is_empty(), "{path:?}: {schema}");
        let of_map = schema["additionalProperties"].is_object().then(|| "any".to_owned());
        let members = keys.into_iter().chain(of_map).map(PathStep::Member);
        let elements = schema["items"].is_object().then_some(PathStep::Element(0));
        for step in members.chain(elements) {
            walk(document, &[path, &[step]].concat());
        }
    }

    #[test]
    fn keys_of_every_mapping_are_known() {
        for schema in own_schemas() {
            let validator = validator_of(&schema).expect("it is a schema");
            walk(&DocumentSchema { schema, validator }, &[]);
        }
        let tenant = DocumentSchema::derive::<super::super::TenantFile>();
        let channel = ["spec", "notify", "ops"].map(|name| PathStep::Member(name.to_owned()));
        assert_eq!(tenant.keys(&channel), ["env", "kind"]);
    }
}
