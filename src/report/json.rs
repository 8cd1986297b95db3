//! Results as JSON documents, and the schemas of the documents.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Value, json};

use crate::apply::outcome::Outcome;
use crate::as_built::AsBuilt;
use crate::definitions::document::CatalogDocument;
use crate::diagnose::doctor::DoctorDocument;
use crate::diagnose::needs::PermissionsDocument;
use crate::diagnose::permissions::ScopesDocument;
use crate::diagnose::setup::SetupDocument;
use crate::diagnose::{ExplainDocument, Explanation};
use crate::diagnostic::json::{FindingItem, FindingsDocument, FormatVersion};
use crate::drift::DriftReport;
use crate::error::Error;
use crate::import::adopt::document::AdoptDocument;
use crate::import::document::ImportDocument;
use crate::kinds::document::KindsDocument;
use crate::manifest::Invalid;
use crate::notify::Notification;
use crate::plan::Plan;
use crate::report::rendered::ManifestsDocument;
use crate::text::sanitize;

/// The documents that have a published schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Document {
    /// A plan.
    Plan,
    /// A drift report.
    Drift,
    /// The outcome of an apply.
    Outcome,
    /// The error of a failed run.
    Error,
    /// Findings about manifests.
    Findings,
    /// The kinds that can be declared.
    Kinds,
    /// The explanation of an error.
    Explain,
    /// The permissions that manifests need.
    Permissions,
    /// Every permission for Intune.
    Scopes,
    /// The set-up of a pipeline's sign-in.
    Setup,
    /// The examination of a set-up.
    Doctor,
    /// The catalogue of setting definitions.
    Catalog,
    /// Manifests as they count.
    Manifests,
    /// The import of a tenant.
    Import,
    /// The differences that manifests took over.
    Adopt,
    /// The objects of a tenant as they are.
    #[serde(rename = "as-built")]
    AsBuilt,
    /// The message to a channel.
    Notification,
}

/// A result, with the two members that every document begins with.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Headed<T> {
    /// The name of this sort of document.
    #[schemars(with = "Value")]
    kind: Document,
    /// The version of this document's form.
    format_version: FormatVersion,
    #[serde(flatten)]
    body: T,
}

/// The error of a failed run.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    /// A stable `area/slug`.
    code: String,
    /// The message: what happened and where.
    message: String,
    /// The causes in lower layers, outermost first.
    causes: Vec<String>,
    /// The hints.
    hints: Vec<String>,
    /// The explanation of the error, where a service refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    /// The exit code of the process.
    exit_code: u8,
    /// The findings, where invalid manifests are the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<FindingItem>>,
}

/// Returns the document of an error, with the explanation where a service refused, and the findings where manifests are
/// invalid.
pub fn error(
    error: &Error,
    explanation: Option<&Explanation>,
    invalid: Option<&Invalid>,
) -> String {
    let body = ErrorBody {
        code: error.code.to_owned(),
        message: error.message.clone(),
        causes: error.causes(),
        hints: error.hints.clone(),
        explanation: explanation.cloned(),
        exit_code: error.kind.exit_code(),
        findings: invalid.map(|invalid| FindingItem::all(&invalid.findings, &invalid.sources)),
    };
    Document::Error.render(&body)
}

impl Document {
    /// Returns the text of a document of this sort.
    pub fn render(self, body: &impl Serialize) -> String {
        let document = Headed { kind: self, format_version: FormatVersion::V1, body };
        // Keys are strings and nothing serialises by code that can fail, so there is no error to hand on.
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        harmless(&text) + "\n"
    }
}

/// Returns the JSON Schema of a document.
pub fn schema(document: Document) -> Value {
    let mut schema = match document {
        Document::Plan => schema_of::<Headed<Plan>>(),
        Document::Drift => schema_of::<Headed<DriftReport>>(),
        Document::Outcome => schema_of::<Headed<Outcome>>(),
        Document::Error => schema_of::<Headed<ErrorBody>>(),
        Document::Findings => schema_of::<Headed<FindingsDocument>>(),
        Document::Kinds => schema_of::<Headed<KindsDocument>>(),
        Document::Explain => schema_of::<Headed<ExplainDocument>>(),
        Document::Permissions => schema_of::<Headed<PermissionsDocument>>(),
        Document::Scopes => schema_of::<Headed<ScopesDocument>>(),
        Document::Setup => schema_of::<Headed<SetupDocument>>(),
        Document::Doctor => schema_of::<Headed<DoctorDocument>>(),
        Document::Catalog => schema_of::<Headed<CatalogDocument>>(),
        Document::Manifests => schema_of::<Headed<ManifestsDocument>>(),
        Document::Import => schema_of::<Headed<ImportDocument>>(),
        Document::Adopt => schema_of::<Headed<AdoptDocument>>(),
        Document::AsBuilt => schema_of::<Headed<AsBuilt>>(),
        Document::Notification => schema_of::<Headed<Notification>>(),
    };
    schema["title"] = json!(document);
    let kind = format!("{document:?}Kind");
    schema["properties"]["kind"]["$ref"] = format!("#/$defs/{kind}").into();
    schema["$defs"][kind] = json!({ "type": "string", "enum": [document] });
    schema
}

/// Returns the schema for serialization, where empty members may be missing.
fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Returns JSON with every character escaped that a terminal would obey or hide. Its own grammar is
/// ASCII, so such a character is always inside a string, where an escape means the same.
pub(super) fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n' || !sanitize::is_hazardous(character) {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            text.push_str(&format!("\\u{unit:04x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Finding, Sources, Span};
    use crate::report::testing;

    fn broken() -> Invalid {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "a: 1\n".to_owned());
        let findings = vec![Finding::error("schema/type", Span::new(file, 3..4), "not a string")];
        Invalid { findings, sources }
    }

    fn an_error(invalid: Option<&Invalid>) -> String {
        let source = std::io::Error::other("unplugged");
        let failed = Error::failed("graph/unreachable", "Graph does not answer.");
        error(&failed.because(source).hint("Try again."), None, invalid)
    }

    #[test]
    fn every_document_matches_its_schema() {
        let broken = broken();
        let items = FindingItem::all(&broken.findings, &broken.sources);
        let documents = [
            (Document::Plan, "plan", Document::Plan.render(&testing::plan())),
            (Document::Plan, "plan", Document::Plan.render(&testing::settled())),
            (Document::Drift, "drift", Document::Drift.render(&testing::drift_report())),
            (Document::Outcome, "outcome", Document::Outcome.render(&testing::outcome())),
            (Document::AsBuilt, "as-built", Document::AsBuilt.render(&testing::record("x"))),
            (Document::Error, "error", an_error(None)),
            (Document::Error, "error", an_error(Some(&broken))),
            (
                Document::Findings,
                "findings",
                Document::Findings.render(&FindingsDocument::new(items)),
            ),
        ];
        for (document, kind, text) in documents {
            let start = format!("{{\n  \"kind\": \"{kind}\",\n  \"formatVersion\": \"1.0\",\n");
            assert!(text.starts_with(&start) && text.ends_with("}\n"), "{text}");
            let validator = jsonschema::validator_for(&schema(document)).expect("a schema");
            let value: Value = serde_json::from_str(&text).expect("JSON");
            let faults: Vec<String> = validator
                .iter_errors(&value)
                .map(|fault| format!("{}: {fault}", fault.instance_path()))
                .collect();
            assert_eq!(faults, Vec::<String>::new(), "{text}");
            for member in ["kind", "formatVersion"] {
                let mut other = value.clone();
                other[member] = "other".into();
                assert!(!validator.is_valid(&other), "{member} is fixed");
            }
        }
    }

    #[test]
    fn error_document_has_causes_and_hints() {
        let document: Value = serde_json::from_str(&an_error(None)).expect("JSON");
        assert_eq!(
            document,
            json!({
                "kind": "error", "formatVersion": "1.0", "code": "graph/unreachable", "exitCode": 1,
                "message": "Graph does not answer.", "causes": ["unplugged"], "hints": ["Try again."],
            })
        );
    }

    #[test]
    fn hazardous_characters_are_escaped_and_read_back() {
        let mut plan_ = testing::settled();
        let hostile = "\u{1b}[31m \u{9b} \u{202e} \u{e0041} \u{7f} \"\\ 日本";
        plan_.changes[0].display_name = hostile.to_owned();
        let text = Document::Plan.render(&plan_);
        assert!(!text.contains(|c: char| c != '\n' && sanitize::is_hazardous(c)));
        let read: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["changes"][0]["displayName"], hostile);
    }
}
