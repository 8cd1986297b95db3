//! The published schemas of Moorline's own documents.

use serde_json::Value;

use crate::report::json::{Document, schema};

/// A document and how its schema is made.
pub struct Published {
    /// The document's `kind`, or the file that it is.
    pub name: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    schema: fn() -> Value,
}

impl Published {
    /// Returns the schema, draft 2020-12.
    pub fn schema(&self) -> Value {
        (self.schema)()
    }
}

fn of<T: schemars::JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// Every document that Moorline reads or writes.
pub const DOCUMENTS: [Published; 14] = [
    Published { name: "tenant", about: "moorline.yaml", schema: of::<crate::manifest::TenantFile> },
    Published {
        name: "manifest",
        about: "a manifest's envelope",
        schema: crate::manifest::envelope_schema,
    },
    Published {
        name: "findings",
        about: "validate --format json",
        schema: || schema(Document::Findings),
    },
    Published { name: "plan", about: "plan --format json", schema: || schema(Document::Plan) },
    Published {
        name: "outcome",
        about: "apply --format json",
        schema: || schema(Document::Outcome),
    },
    Published {
        name: "journal",
        about: "one line of a file in .moorline/journal",
        schema: of::<crate::journal::Line>,
    },
    Published { name: "drift", about: "drift --format json", schema: || schema(Document::Drift) },
    Published { name: "kinds", about: "kinds --format json", schema: || schema(Document::Kinds) },
    Published {
        name: "permissions",
        about: "permissions --format json",
        schema: || schema(Document::Permissions),
    },
    Published {
        name: "doctor",
        about: "doctor --format json",
        schema: || schema(Document::Doctor),
    },
    Published {
        name: "explain",
        about: "explain --format json",
        schema: || schema(Document::Explain),
    },
    Published {
        name: "error",
        about: "any failure with --format json",
        schema: || schema(Document::Error),
    },
    Published {
        name: "sandbox-state",
        about: "the sandbox's state and its seeds",
        schema: of::<crate::sandbox::state::State>,
    },
    Published {
        name: "sandbox-faults",
        about: "sandbox --faults and --sandbox-faults",
        schema: of::<crate::sandbox::fault_config::FaultConfig>,
    },
];

/// Returns a document by its name.
pub fn find(name: &str) -> Option<&'static Published> {
    DOCUMENTS.iter().find(|document| document.name == name)
}
