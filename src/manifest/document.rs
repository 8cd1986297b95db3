//! One YAML document as a manifest before overlays: syntax alone, nothing resolved.

use super::Address;
use super::envelope::{self, ManifestFile};
use super::foreign;
use super::value::{Declared, Member, Value};
use crate::diagnostic::suggest::{nearest, one_of};
use crate::diagnostic::{FileId, Finding, Span};
use crate::kinds::{self, Family, NotKind};
use crate::schema::types::{GraphVersion, Types, type_name};
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
    /// Its `kind`.
    pub(super) span: Span,
    /// All of it.
    pub(super) document: Span,
}

/// Reads a document, or says why it is none.
pub(super) fn read(file: FileId, root: &Node, findings: &mut Vec<Finding>) -> Option<RawManifest> {
    if let Some(finding) = foreign::among_manifests(file, root) {
        findings.push(finding);
        return None;
    }
    let span = |node: &Node| Span::new(file, node.range.clone());
    let envelope = envelope::manifest(file, root, findings);
    let kind_node = root.get("kind")?;
    let family = kind_node.as_str().and_then(|kind| known_kind(kind, span(kind_node), findings));
    let ManifestFile { api_version, kind, metadata, .. } = envelope?;
    let family = family?;
    let version = GraphVersion::from(api_version);
    let version_span = span(root.get("apiVersion")?);
    if !kinds::exists(&kind, version) {
        findings.push(
            Finding::error(
                "manifest/kind-version",
                version_span,
                format!("Graph {version} has no `{kind}`"),
            )
            .help("beta has it: use `apiVersion: graph.microsoft.com/beta`")
            .replace_with("graph.microsoft.com/beta"),
        );
        return None;
    }
    let metadata_node = root.get("metadata")?;
    match family {
        _ if family.is_singleton() => singleton(file, root, metadata_node, findings),
        _ if !family.deletable => undeletable(file, &kind, metadata_node, findings),
        _ => {}
    }
    Some(RawManifest {
        address: Address { kind, name: metadata.name.clone() },
        family,
        version,
        version_span,
        name_span: span(metadata_node.get("name")?),
        id_span: metadata.id.as_ref().and(metadata_node.get("id")).map(span),
        metadata,
        spec: convert(file, root.get("spec")?, findings),
        assignments: root.get("assignments").map(|node| convert(file, node, findings)),
        span: span(kind_node),
        document: span(root),
    })
}

/// Finds what asks for a deletion that Graph does not have.
fn undeletable(file: FileId, kind: &str, metadata: &Node, findings: &mut Vec<Finding>) {
    let absent = metadata.entry("state").filter(|entry| entry.value.as_str() == Some("absent"));
    findings.extend(absent.map(|entry| {
        let span = Span::new(file, entry.key_range.clone());
        let message = format!("`{kind}` cannot be deleted: Graph has no call for it");
        Finding::error("manifest/undeletable", span, message).help("remove `state`")
    }));
}

/// Finds what says nothing of an object that every tenant has exactly once.
fn singleton(file: FileId, root: &Node, metadata: &Node, findings: &mut Vec<Finding>) {
    let absent = metadata.entry("state").filter(|entry| entry.value.as_str() == Some("absent"));
    let refused = [
        (absent, "cannot be deleted: every tenant has it"),
        (metadata.entry("formerly"), "has no earlier names: there is only one"),
        (metadata.entry("id"), "needs no id: there is only one"),
        (root.entry("assignments"), "is not assigned: it holds for the whole tenant"),
    ];
    let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
    for (entry, why) in refused {
        let Some(entry) = entry else { continue };
        let span = Span::new(file, entry.key_range.clone());
        findings.push(
            Finding::error("manifest/singleton", span, format!("`{kind}` {why}"))
                .help(format!("remove `{}`", entry.key)),
        );
    }
}

fn known_kind(kind: &str, span: Span, findings: &mut Vec<Finding>) -> Option<&'static Family> {
    if let Some(family) = kinds::family_of(kind) {
        return Some(family);
    }
    let bare = type_name(kind).unwrap_or(kind);
    if let Some(finding) = foreign::not_covered(bare, span) {
        findings.push(finding);
        return None;
    }
    let finding = |message: String| Finding::error("manifest/unknown-kind", span, message);
    let mut families = kinds::FAMILIES.iter();
    if let Some(NotKind { why, .. }) =
        families.find_map(|f| f.not_kinds.iter().find(|known| known.name == bare))
    {
        let finding = finding(format!("`{bare}` is not managed: {why}"));
        findings.push(finding.help("remove this manifest"));
        return None;
    }
    let all = kinds::all();
    let names = || all.iter().map(|kind| kind.name.as_str());
    let types = Types::of(GraphVersion::Beta);
    let base = types.get(bare).filter(|def| {
        let is_family = |family: &&Family| types.is_a(bare, family.root);
        def.is_abstract && kinds::FAMILIES.iter().any(is_family)
    });
    findings.push(match base {
        Some(base) => {
            let kinds = base.derived.iter().filter(|name| names().any(|kind| kind == *name));
            let kinds: Vec<String> = kinds.cloned().collect();
            finding(format!("`{bare}` is what several kinds have in common, and no kind itself"))
                .help(if kinds.len() > 8 {
                    "`moorline kinds` lists them all".to_owned()
                } else {
                    format!("use {}", one_of(&kinds))
                })
        }
        None => {
            let finding = finding(format!("there is no kind `{kind}`"));
            match nearest(bare, names()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).replace_with(near),
                None => finding.help("`moorline kinds` lists them all"),
            }
        }
    });
    None
}

/// Turns YAML into a declared value; a number that JSON cannot hold is a finding.
pub(super) fn convert(file: FileId, node: &Node, findings: &mut Vec<Finding>) -> Value {
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
        Yaml::Seq(items) => {
            Declared::List(items.iter().map(|item| convert(file, item, findings)).collect())
        }
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
