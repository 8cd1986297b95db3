//! The published schemas of Moorline's own documents.

use serde_json::Value;

use crate::journal::Line;
use crate::manifest::{self, AcceptedDriftFile, TenantFile};
use crate::report::json::{Document, schema};
use crate::sandbox::fault_config::FaultConfig;
use crate::sandbox::state::State;

/// A document and how its schema is made.
pub struct Published {
    /// The document's `kind`, or the file that it is.
    pub name: &'static str,
    /// The command that writes the document, or the file, for people.
    pub about: &'static str,
    /// Makes the schema, draft 2020-12.
    pub schema: fn() -> Value,
}

impl Published {
    const fn new(name: &'static str, about: &'static str, schema: fn() -> Value) -> Self {
        Self { name, about, schema }
    }
}

fn schema_of<T: schemars::JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// Every document that Moorline reads or writes.
pub const DOCUMENTS: [Published; 23] = [
    Published::new("tenant", "moorline.yaml", schema_of::<TenantFile>),
    Published::new("manifest", "a manifest's envelope", manifest::envelope_schema),
    Published::new("accepted-drift", "accepted-drift.yaml", schema_of::<AcceptedDriftFile>),
    Published::new("findings", "validate --format json", || schema(Document::Findings)),
    Published::new("plan", "plan --format json", || schema(Document::Plan)),
    Published::new("outcome", "apply --format json", || schema(Document::Outcome)),
    Published::new("journal", "one line of a file in .moorline/journal", schema_of::<Line>),
    Published::new("drift", "drift --format json", || schema(Document::Drift)),
    Published::new("kinds", "kinds --format json", || schema(Document::Kinds)),
    Published::new("permissions", "permissions --format json", || schema(Document::Permissions)),
    Published::new("scopes", "permissions --list --format json", || schema(Document::Scopes)),
    Published::new("setup", "permissions --github --format json", || schema(Document::Setup)),
    Published::new("doctor", "doctor --format json", || schema(Document::Doctor)),
    Published::new("catalog", "catalog --format json", || schema(Document::Catalog)),
    Published::new("manifests", "render --format json", || schema(Document::Manifests)),
    Published::new("import", "import --format json", || schema(Document::Import)),
    Published::new("adopt", "drift --adopt --format json", || schema(Document::Adopt)),
    Published::new("as-built", "document --format json", || schema(Document::AsBuilt)),
    Published::new("notification", "drift --notify, to a channel of kind json", || {
        schema(Document::Notification)
    }),
    Published::new("explain", "explain --format json", || schema(Document::Explain)),
    Published::new("error", "any failure with --format json", || schema(Document::Error)),
    Published::new("sandbox-state", "the sandbox's state and its seeds", schema_of::<State>),
    Published::new(
        "sandbox-faults",
        "sandbox --faults and --sandbox-faults",
        schema_of::<FaultConfig>,
    ),
];

/// Returns a document by its name.
pub fn find(name: &str) -> Option<&'static Published> {
    DOCUMENTS.iter().find(|document| document.name == name)
}
