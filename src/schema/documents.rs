//! The published schemas of Moorline's own documents.

use serde_json::Value;

/// A document and how its schema is made.
pub struct Document {
    /// The document's `kind`, or the file that it is.
    pub name: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    schema: fn() -> Value,
}

impl Document {
    /// Returns the schema, draft 2020-12.
    pub fn schema(&self) -> Value {
        (self.schema)()
    }
}

fn of<T: schemars::JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// Every document that Moorline reads or writes.
pub const DOCUMENTS: [Document; 9] = [
    Document {
        name: "tenant",
        about: "moorline.yaml",
        schema: of::<crate::manifest::TenantFile>,
    },
    Document {
        name: "manifest",
        about: "a manifest's envelope",
        schema: crate::manifest::envelope_schema,
    },
    Document {
        name: "findings",
        about: "validate --format json",
        schema: || crate::report::json::schema("findings"),
    },
    Document {
        name: "plan",
        about: "plan --format json",
        schema: || crate::report::json::schema("plan"),
    },
    Document {
        name: "outcome",
        about: "apply --format json",
        schema: || crate::report::json::schema("outcome"),
    },
    Document {
        name: "drift",
        about: "drift --format json",
        schema: || crate::report::json::schema("drift"),
    },
    Document {
        name: "kinds",
        about: "kinds --format json",
        schema: || crate::report::json::schema("kinds"),
    },
    Document {
        name: "error",
        about: "any failure with --format json",
        schema: || crate::report::json::schema("error"),
    },
    Document {
        name: "sandbox-state",
        about: "the sandbox's state and its seeds",
        schema: of::<crate::sandbox::state::State>,
    },
];

/// Returns a document by its name.
pub fn find(name: &str) -> Option<&'static Document> {
    DOCUMENTS.iter().find(|document| document.name == name)
}
