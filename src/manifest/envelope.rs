//! What surrounds a manifest's `spec`, and the schema checks of our own documents.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value as Json;

use super::tenant_file::TenantFile;
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{FileId, Finding, Span};
use crate::schema::types::GraphVersion;
use crate::schema::validate::{Problem, Step, Violation, violations_under};
use crate::yaml::{Node, Yaml};

/// A manifest as it is written, its `spec` and `assignments` not looked into.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ManifestFile {
    /// The Graph version of the object's own body.
    #[allow(dead_code, reason = "the schema is what uses it")]
    pub api_version: GraphApiVersion,
    /// The Graph type's own name, as after `#microsoft.graph.`.
    pub kind: String,
    /// Who it is and how it finds its live object.
    pub metadata: Metadata,
    /// Graph's own property names and values.
    #[schemars(with = "std::collections::BTreeMap<String, Json>")]
    #[allow(dead_code, reason = "the schema is what uses it")]
    pub spec: Json,
    /// Absent: not managed. Empty: assigned to nobody. A list: exactly that.
    #[schemars(with = "Option<Vec<std::collections::BTreeMap<String, Json>>>")]
    #[allow(dead_code, reason = "the schema is what uses it")]
    pub assignments: Option<Json>,
}

/// The `apiVersion` of a manifest.
#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
pub(super) enum GraphApiVersion {
    /// The beta version.
    #[serde(rename = "graph.microsoft.com/beta")]
    Beta,
    /// The v1.0 version.
    #[serde(rename = "graph.microsoft.com/v1.0")]
    V1,
}

impl From<GraphApiVersion> for GraphVersion {
    fn from(version: GraphApiVersion) -> Self {
        match version {
            GraphApiVersion::Beta => Self::Beta,
            GraphApiVersion::V1 => Self::V1,
        }
    }
}

/// A manifest's `metadata`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Metadata {
    /// Unique per kind.
    #[schemars(
        regex(pattern = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"),
        length(max = 100)
    )]
    pub name: String,
    /// Pins the live object.
    #[schemars(regex(pattern = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"))]
    pub id: Option<String>,
    /// Earlier display names, so that a rename is an update.
    #[serde(default)]
    pub formerly: Vec<String>,
    /// `absent` asks for deletion.
    #[serde(default)]
    pub state: State,
}

/// Whether the object should exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// It should.
    #[default]
    Present,
    /// It should be deleted.
    Absent,
}

fn compiled<T: schemars::JsonSchema>() -> jsonschema::Validator {
    let schema = schemars::schema_for!(T);
    jsonschema::options()
        .offline()
        .build(schema.as_value())
        .expect("a derived schema is valid, and every load of a manifest uses it")
}

/// Returns the schema of a manifest's envelope, draft 2020-12.
pub fn schema() -> Json {
    schemars::schema_for!(ManifestFile).to_value()
}

static TENANT: LazyLock<jsonschema::Validator> = LazyLock::new(compiled::<TenantFile>);
static MANIFEST: LazyLock<jsonschema::Validator> = LazyLock::new(compiled::<ManifestFile>);

/// Reads a tenant file's document.
pub(super) fn tenant(file: FileId, root: &Node, findings: &mut Vec<Finding>) -> Option<TenantFile> {
    typed(&TENANT, file, root, to_json(root), &TENANT_KEYS, findings)
}

/// Reads a manifest's document; what is under `spec` is not looked at.
pub(super) fn manifest(
    file: FileId,
    root: &Node,
    findings: &mut Vec<Finding>,
) -> Option<ManifestFile> {
    let shallow = match &root.value {
        Yaml::Map(entries) => entries
            .iter()
            .map(|entry| {
                let value = match (entry.key.as_str(), &entry.value.value) {
                    ("spec", Yaml::Map(_)) => Json::Object(serde_json::Map::new()),
                    ("assignments", Yaml::Seq(_)) => Json::Array(Vec::new()),
                    _ => to_json(&entry.value),
                };
                (entry.key.clone(), value)
            })
            .collect(),
        _ => to_json(root),
    };
    typed(&MANIFEST, file, root, shallow, &MANIFEST_KEYS, findings)
}

const MANIFEST_KEYS: [&str; 9] = [
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "assignments",
    "name",
    "id",
    "formerly",
    "state",
];
const TENANT_KEYS: [&str; 14] = [
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "name",
    "tenantId",
    "cloud",
    "manifests",
    "base",
    "exclude",
    "guard",
    "sandbox",
    "maxChanges",
    "maxPercent",
];

fn typed<T: serde::de::DeserializeOwned>(
    validator: &jsonschema::Validator,
    file: FileId,
    root: &Node,
    body: Json,
    keys: &[&str],
    findings: &mut Vec<Finding>,
) -> Option<T> {
    let violations = violations_under(validator, &body);
    if violations.is_empty() {
        match serde_json::from_value(body) {
            Ok(value) => return Some(value),
            Err(error) => findings.push(Finding::error(
                "manifest/unreadable",
                Span::new(file, root.range.clone()),
                format!("this document cannot be read: {error}"),
            )),
        }
        return None;
    }
    findings.extend(
        violations
            .iter()
            .map(|violation| finding(file, root, violation, keys)),
    );
    None
}

fn finding(file: FileId, root: &Node, violation: &Violation, keys: &[&str]) -> Finding {
    let (node, name) = locate(root, &violation.path);
    let code = format!("schema/{}", violation.keyword);
    let span = Span::new(file, node.range.clone());
    let name = name.map_or_else(|| "the document".to_owned(), |name| format!("`{name}`"));
    match &violation.problem {
        Problem::UnknownProperty(unknown) => {
            let span = node.entry(unknown).map_or(span, |entry| Span::new(file, entry.key_range.clone()));
            let finding = Finding::error(code, span, format!("{name} has no key `{unknown}`"));
            match nearest(unknown, keys.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).replace_with(near),
                None => finding.help("remove it, or move it to where it belongs"),
            }
        }
        Problem::Missing(missing) => {
            Finding::error(code, span, format!("{name} lacks `{missing}`")).help(format!("add `{missing}:`"))
        }
        Problem::NotAMember(members) => {
            let help = format!("use {}", one_of(members));
            Finding::error(code, span, format!("{name} is not one of its values")).help(help)
        }
        Problem::WrongType(expected) => {
            let expected = expected.join(" or ");
            Finding::error(code, span, format!("{name} must be {expected}, not {}", node.kind()))
        }
        Problem::NotFlags => Finding::error(code, span, format!("{name} is not written as it must be")).help(
            match violation.path.last() {
                Some(Step::Member(member)) if member == "tenantId" => {
                    "use the tenant's GUID or one of its verified domains, such as contoso.onmicrosoft.com"
                }
                Some(Step::Member(member)) if member == "id" => "use the live object's GUID",
                _ => "use lower-case letters, digits, `-` and `.`, starting and ending with a letter or digit",
            },
        ),
        Problem::TooGreat(limit) => Finding::error(code, span, format!("{name} is greater than {limit}")),
        Problem::TooSmall(limit) => Finding::error(code, span, format!("{name} is smaller than {limit}")),
        Problem::TooMany(limit) => Finding::error(code, span, format!("{name} has more than {limit} elements")),
        Problem::Malformed(format) => Finding::error(code, span, format!("{name} is not a valid {format}")),
        Problem::Other(words) => Finding::error(code, span, format!("{name}: {words}")),
    }
}

fn locate<'a>(root: &'a Node, path: &'a [Step]) -> (&'a Node, Option<&'a str>) {
    let mut at = (root, None);
    for step in path {
        let next = match (step, &at.0.value) {
            (Step::Member(name), Yaml::Map(_)) => {
                at.0.get(name).map(|node| (node, Some(name.as_str())))
            }
            (Step::Element(index), Yaml::Seq(items)) => items.get(*index).map(|node| (node, at.1)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// Returns members as `a`, `b` or `c`.
pub(super) fn one_of(members: &[String]) -> String {
    match members {
        [] => "nothing".to_owned(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|member| format!("`{member}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

/// Returns a tree as JSON.
pub(super) fn to_json(node: &Node) -> Json {
    match &node.value {
        Yaml::Null => Json::Null,
        Yaml::Bool(value) => (*value).into(),
        Yaml::Int(value) => (*value).into(),
        Yaml::Float(value) => (*value).into(),
        Yaml::String(text) => text.as_str().into(),
        Yaml::Seq(items) => items.iter().map(to_json).collect(),
        Yaml::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.value)))
            .collect(),
    }
}
