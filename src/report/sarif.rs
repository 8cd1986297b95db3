//! Results as SARIF 2.1.0, for code scanning and every viewer of the format.
//!
//! Sources: the OASIS standard, and what GitHub takes of it (FACTS 13.6).

use std::collections::BTreeMap;

use serde::Serialize;

use super::json::harmless;
use super::phrases::count;
use super::results::{ResultCase, ResultItem, ResultLevel, ResultPlace, Results};
use crate::diagnose::Catalogue;

/// The address of the schema.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The name of the base of every address of a file.
const ROOT: &str = "%SRCROOT%";

/// The most results of a run that GitHub takes; it shows the first 5,000.
const MOST: usize = 25_000;

/// The treatment of results that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suppressed {
    /// They are in the document, marked as suppressed.
    Marked,
    /// They are left out.
    LeftOut,
}

#[derive(Serialize)]
struct SarifLog<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [SarifRun<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun<'a> {
    tool: SarifTool<'a>,
    automation_details: SarifAutomation,
    column_kind: &'a str,
    original_uri_base_ids: BTreeMap<&'a str, SarifBase<'a>>,
    invocations: [SarifInvocation; 1],
    results: Vec<SarifResult<'a>>,
}

#[derive(Serialize)]
struct SarifTool<'a> {
    driver: SarifDriver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifDriver<'a> {
    name: &'a str,
    semantic_version: &'a str,
    information_uri: &'a str,
    rules: Vec<SarifRule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRule<'a> {
    id: &'a str,
    short_description: SarifText,
    full_description: SarifText,
    help: SarifText,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    default_configuration: SarifConfiguration,
    properties: SarifTags,
}

#[derive(Serialize)]
struct SarifTags {
    tags: Vec<String>,
}

#[derive(Serialize)]
struct SarifConfiguration {
    level: &'static str,
}

#[derive(Serialize)]
struct SarifText {
    text: String,
}

#[derive(Serialize)]
struct SarifAutomation {
    id: String,
}

#[derive(Serialize)]
struct SarifBase<'a> {
    description: SarifPlain<'a>,
}

#[derive(Serialize)]
struct SarifPlain<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifInvocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<SarifNotification>,
}

#[derive(Serialize)]
struct SarifNotification {
    level: &'static str,
    message: SarifText,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: SarifText,
    locations: [SarifLocation<'a>; 1],
    partial_fingerprints: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[SarifSuppression<'a>; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifLocation<'a> {
    physical_location: SarifPhysical<'a>,
    logical_locations: [SarifLogical<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifPhysical<'a> {
    artifact_location: SarifArtifact<'a>,
    region: SarifRegion,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifArtifact<'a> {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifLogical<'a> {
    fully_qualified_name: &'a str,
    kind: &'a str,
}

#[derive(Serialize)]
struct SarifSuppression<'a> {
    kind: &'a str,
    status: &'a str,
    justification: String,
}

/// Renders results. The document has at most as many of them as GitHub takes, the worst first.
pub(crate) fn render(results: &Results, suppressed: Suppressed) -> String {
    let mut items: Vec<(&ResultCase, &ResultItem)> = results
        .items()
        .filter(|(_, item)| suppressed == Suppressed::Marked || item.accepted.is_none())
        .collect();
    items.sort_by_key(|(_, item)| item.level);
    let left_out = items.len().saturating_sub(MOST);
    items.truncate(MOST);
    let mut ids: BTreeMap<&str, ResultLevel> = BTreeMap::new();
    for (_, item) in &items {
        ids.entry(&item.rule).or_insert(item.level);
    }
    let indexes: BTreeMap<&str, usize> =
        ids.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let log = SarifLog {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [SarifRun {
            tool: SarifTool {
                driver: SarifDriver {
                    name: "Moorline",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    information_uri: "https://github.com/moorline/moorline",
                    rules: ids.into_iter().map(|(id, level)| rule(id, level)).collect(),
                },
            },
            automation_details: SarifAutomation {
                id: category(&results.command, results.tenant.as_deref()),
            },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: BTreeMap::from([(
                ROOT,
                SarifBase { description: SarifPlain { text: "The root of the repository." } },
            )]),
            invocations: [SarifInvocation {
                execution_successful: items
                    .iter()
                    .all(|(_, item)| item.level != ResultLevel::Failed),
                tool_execution_notifications: more(left_out).into_iter().collect(),
            }],
            results: items
                .into_iter()
                .map(|(case, item)| result(case, item, indexes[item.rule.as_str()]))
                .collect(),
        }],
    };
    // Keys are strings and nothing serialises by code that can fail, so there is no error to hand on.
    let text = serde_json::to_string_pretty(&log).unwrap_or_default();
    harmless(&text) + "\n"
}

/// Returns the remark that results are left out.
fn more(left_out: usize) -> Option<SarifNotification> {
    let results = count(left_out, "more result");
    let text = format!("{results} left out: code scanning takes {MOST} of a run.");
    (left_out > 0).then_some(SarifNotification { level: "warning", message: SarifText { text } })
}

/// Returns the category of a run: what replaces the results of earlier runs.
fn category(command: &str, tenant: Option<&str>) -> String {
    match tenant {
        Some(tenant) => format!("moorline/{command}/{tenant}/"),
        None => format!("moorline/{command}/"),
    }
}

fn result<'a>(case: &'a ResultCase, item: &'a ResultItem, rule_index: usize) -> SarifResult<'a> {
    let place = item.place.as_ref().or(case.place.as_ref());
    SarifResult {
        rule_id: &item.rule,
        rule_index,
        level: level(item.level),
        message: SarifText { text: message(case, item) },
        locations: [SarifLocation {
            physical_location: place.map_or_else(nowhere, physical),
            logical_locations: [SarifLogical { fully_qualified_name: &case.name, kind: "object" }],
        }],
        partial_fingerprints: BTreeMap::from([
            // The only one that GitHub reads.
            ("primaryLocationLineHash", item.fingerprint.as_str()),
            ("moorline/v1", item.fingerprint.as_str()),
        ]),
        suppressions: item.accepted.as_ref().map(|accepted| {
            [SarifSuppression {
                kind: "external",
                status: "accepted",
                justification: format!("{} (until {})", accepted.reason, accepted.until),
            }]
        }),
    }
}

/// Returns the message, which names the object and the remedy. What has the form of a link is none.
fn message(case: &ResultCase, item: &ResultItem) -> String {
    without_links(&format!("{}: {}", case.name, item.words()))
}

/// Escapes the brackets of links. The backslash comes first, which would else undo the escape of a bracket.
fn without_links(text: &str) -> String {
    ['\\', '[', ']']
        .iter()
        .fold(text.to_owned(), |text, sign| text.replace(*sign, &format!("\\{sign}")))
}

fn physical(place: &ResultPlace) -> SarifPhysical<'_> {
    let ResultPlace { file, line, column, end } = place;
    let (end_line, end_column) = end.unwrap_or((*line, column + 1));
    let is_relative = !file.starts_with('/');
    let path = address(file);
    SarifPhysical {
        artifact_location: SarifArtifact {
            uri: if is_relative { path } else { format!("file://{path}") },
            uri_base_id: is_relative.then_some(ROOT),
        },
        region: SarifRegion { start_line: *line, start_column: *column, end_line, end_column },
    }
}

fn nowhere<'a>() -> SarifPhysical<'a> {
    SarifPhysical {
        artifact_location: SarifArtifact {
            uri: crate::manifest::TENANT_FILE.to_owned(),
            uri_base_id: Some(ROOT),
        },
        region: SarifRegion { start_line: 1, start_column: 1, end_line: 1, end_column: 2 },
    }
}

/// Returns a path as a relative reference: everything but what RFC 3986 calls unreserved is encoded, so that no part of
/// a name is a scheme, a query or a fragment.
fn address(path: &str) -> String {
    let mut address = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                address.push(char::from(byte));
            }
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

fn level(level: ResultLevel) -> &'static str {
    match level {
        ResultLevel::Failed | ResultLevel::Error => "error",
        ResultLevel::Warning => "warning",
        ResultLevel::Note => "note",
    }
}

/// Returns a rule with its entry in the catalogue of errors.
fn rule(id: &str, worst: ResultLevel) -> SarifRule<'_> {
    let entry = Catalogue::built_in().by_code(id);
    let title = entry.map_or_else(|| format!("`{id}`."), |entry| entry.title.clone());
    let cause = entry.map_or_else(|| title.clone(), |entry| entry.cause.clone());
    let remedy = entry.map(|entry| entry.remedy.join("\n")).filter(|remedy| !remedy.is_empty());
    let link = |source: &&String| source.starts_with("https://");
    SarifRule {
        id,
        short_description: SarifText { text: title },
        full_description: SarifText { text: cause.clone() },
        help: SarifText { text: remedy.unwrap_or(cause) },
        help_uri: entry.and_then(|entry| entry.sources.iter().find(link)).map(String::as_str),
        default_configuration: SarifConfiguration { level: level(worst) },
        properties: SarifTags { tags: vec!["configuration".to_owned()] },
    }
}
