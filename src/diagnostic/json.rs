//! Writes findings as a JSON document.

use serde::{Deserialize, Serialize};

use super::{Finding, Severity, Sources};

/// All findings of a run, in the order of the text.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingsDocument {
    /// The findings.
    pub items: Vec<FindingItem>,
    /// How many there are.
    pub summary: FindingsSummary,
}

/// `1.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum FormatVersion {
    /// The first form.
    #[serde(rename = "1.0")]
    V1,
}

/// One finding. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Item")]
pub struct FindingItem {
    /// A stable `area/slug`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// The problem.
    pub message: String,
    /// The file, where the finding is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of the first character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column of the first character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The line of the place after the last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<usize>,
    /// The column of the place after the last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<usize>,
    /// The remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The text that takes the place of the one from the first to the last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
}

/// The findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Summary")]
pub struct FindingsSummary {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
}

impl FindingsDocument {
    /// Makes the document of items.
    pub fn new(items: Vec<FindingItem>) -> Self {
        let summary = FindingsSummary::count(items.iter().map(|item| item.severity));
        Self { items, summary }
    }
}

impl FindingsSummary {
    /// Counts findings by their severities.
    pub fn count(severities: impl Iterator<Item = Severity>) -> Self {
        let (errors, warnings): (Vec<_>, Vec<_>) =
            severities.partition(|severity| *severity == Severity::Error);
        Self { errors: errors.len(), warnings: warnings.len() }
    }
}

impl FindingItem {
    /// Returns the items of findings, in their order.
    pub fn all(findings: &[Finding], sources: &Sources) -> Vec<Self> {
        findings.iter().map(|finding| Self::new(finding, sources)).collect()
    }

    fn new(finding: &Finding, sources: &Sources) -> Self {
        let start = finding.span.map(|span| sources.locate(span));
        let end = finding.span.map(|span| sources.locate_end(span));
        let file = finding.file.as_ref().map(|file| file.display().to_string());
        Self {
            code: finding.code.clone(),
            severity: finding.severity,
            message: finding.message.clone(),
            file: start.as_ref().map(|start| start.file.clone()).or(file),
            line: start.as_ref().map(|start| start.line),
            column: start.map(|start| start.column),
            end_line: end.as_ref().map(|end| end.line),
            end_column: end.map(|end| end.column),
            help: finding.help.clone(),
            replacement: finding.replacement.clone().filter(|_| finding.span.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnostic::Span;

    #[test]
    fn document_has_places_and_counts() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "é: 1\nb: |\n  x\n  y\n".to_owned());
        let findings = [
            Finding::error("schema/type", Span::new(file, 4..5), "not a string").help("quote it"),
            Finding::warning("lint/block", Span::new(file, 13..18), "long"),
            Finding::file_error("manifest/read", "b.yaml", "gone"),
        ];
        let items = FindingItem::all(&findings, &sources);
        let document = serde_json::to_value(FindingsDocument::new(items));
        assert_eq!(
            document.expect("serialises"),
            json!({
                "items": [
                    {
                        "code": "schema/type", "severity": "error", "message": "not a string", "help": "quote it",
                        "file": "a.yaml", "line": 1, "column": 4, "endLine": 1, "endColumn": 5,
                    },
                    {
                        "code": "lint/block", "severity": "warning", "message": "long",
                        "file": "a.yaml", "line": 3, "column": 3, "endLine": 4, "endColumn": 4,
                    },
                    { "code": "manifest/read", "severity": "error", "message": "gone", "file": "b.yaml" },
                ],
                "summary": { "errors": 2, "warnings": 1 },
            })
        );
    }
}
