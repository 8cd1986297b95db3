//! One YAML document as a manifest before overlays: syntax alone, nothing resolved.

use std::path::PathBuf;

use super::Address;
use super::envelope::{self, ManifestFile};
use super::value::{Declared, Member, Value};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{FileId, Finding, Span};
use crate::kinds::{self, Family};
use crate::schema::types::GraphVersion;
use crate::yaml::{Node, Yaml};

/// A manifest whose value references and overlay directives are still mappings.
#[derive(Clone, Debug)]
pub(super) struct RawManifest {
    pub(super) address: Address,
    pub(super) family: &'static Family,
    pub(super) version: GraphVersion,
    pub(super) version_span: Span,
    pub(super) metadata: envelope::Metadata,
    pub(super) name_span: Span,
    pub(super) id_span: Option<Span>,
    pub(super) spec: Value,
    pub(super) assignments: Option<Value>,
    pub(super) span: Span,
    /// The folder that `$file` may not leave.
    pub(super) root: PathBuf,
}

/// Reads a document, or says why it is none.
pub(super) fn read(
    file: FileId,
    root: &Node,
    folder: PathBuf,
    findings: &mut Vec<Finding>,
) -> Option<RawManifest> {
    let before = findings.len();
    let envelope = envelope::manifest(file, root, findings);
    if findings[before..]
        .iter()
        .any(|finding| finding.code == "schema/type" && finding.span == whole(file, root))
    {
        return None;
    }
    let kind_node = root.get("kind")?;
    let span = Span::new(file, kind_node.range.clone());
    let family = kind_node
        .as_str()
        .and_then(|kind| known_kind(kind, span, findings));
    let ManifestFile {
        api_version,
        kind,
        metadata,
        ..
    } = envelope?;
    let family = family?;
    let version = GraphVersion::from(api_version);
    let version_span = Span::new(file, root.get("apiVersion")?.range.clone());
    if !kinds::exists(&kind, version) {
        findings.push(
            Finding::error(
                "manifest/kind-version",
                version_span,
                format!("Graph {version} has no `{kind}`"),
            )
            .help("use `apiVersion: graph.microsoft.com/beta`"),
        );
        return None;
    }
    let metadata_node = root.get("metadata")?;
    Some(RawManifest {
        address: Address {
            kind,
            name: metadata.name.clone(),
        },
        family,
        version,
        version_span,
        name_span: Span::new(file, metadata_node.get("name")?.range.clone()),
        id_span: metadata_node
            .get("id")
            .map(|id| Span::new(file, id.range.clone())),
        metadata,
        spec: convert(file, root.get("spec")?, findings),
        assignments: root
            .get("assignments")
            .map(|node| convert(file, node, findings)),
        span,
        root: folder,
    })
}

fn whole(file: FileId, root: &Node) -> Option<Span> {
    Some(Span::new(file, root.range.clone()))
}

fn known_kind(kind: &str, span: Span, findings: &mut Vec<Finding>) -> Option<&'static Family> {
    if let Some(family) = kinds::family_of(kind) {
        return Some(family);
    }
    let reason = kinds::FAMILIES
        .iter()
        .flat_map(|family| family.not_kinds)
        .find(|(name, _)| *name == kind);
    let finding = match reason {
        Some((_, why)) => Finding::error(
            "manifest/unknown-kind",
            span,
            format!("`{kind}` is not managed: {why}"),
        ),
        None => Finding::error(
            "manifest/unknown-kind",
            span,
            format!("there is no kind `{kind}`"),
        ),
    };
    let all = kinds::all();
    let bare = kind
        .trim_start_matches('#')
        .trim_start_matches("microsoft.graph.");
    findings.push(
        match nearest(bare, all.iter().map(|kind| kind.name.as_str())) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .replace_with(near),
            None => finding.help("`moorline kinds` lists them all"),
        },
    );
    None
}

/// Turns YAML into a declared value; a number that JSON cannot hold is a finding.
fn convert(file: FileId, node: &Node, findings: &mut Vec<Finding>) -> Value {
    let span = Span::new(file, node.range.clone());
    let declared = match &node.value {
        Yaml::Null => Declared::Null,
        Yaml::Bool(value) => Declared::Bool(*value),
        Yaml::Int(value) => Declared::Number((*value).into()),
        Yaml::Float(value) => match serde_json::Number::from_f64(*value) {
            Some(number) => Declared::Number(number),
            None => {
                findings.push(Finding::error(
                    "value/number",
                    span,
                    "this number has no place in JSON",
                ));
                Declared::Null
            }
        },
        Yaml::String(text) => Declared::String(text.clone()),
        Yaml::Seq(items) => Declared::List(
            items
                .iter()
                .map(|item| convert(file, item, findings))
                .collect(),
        ),
        Yaml::Map(entries) => Declared::Object(
            entries
                .iter()
                .map(|entry| Member {
                    name: entry.key.clone(),
                    name_span: Span::new(file, entry.key_range.clone()),
                    value: convert(file, &entry.value, findings),
                })
                .collect(),
        ),
    };
    Value { declared, span }
}
