//! Reads one YAML document as a manifest, before overlays and references are resolved.

use super::envelope::{self, ManifestFile};
use super::value::{Member, Value};
use super::{Address, not_a_manifest};
use crate::diagnostic::suggest::{nearest, one_of};
use crate::diagnostic::{Finding, Span};
use crate::kinds::{self, Family};
use crate::schema::types::{GraphVersion, Types, type_name};

/// A manifest in which value references and overlay directives are still mappings.
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
    /// Where `kind` is written.
    pub(super) span: Span,
    /// The whole document.
    pub(super) document: Span,
}

/// Reads a document as a manifest, or adds findings that say why the document is none.
pub(super) fn read(root: &Value, findings: &mut Vec<Finding>) -> Option<RawManifest> {
    if let Some(finding) = not_a_manifest::among_manifests(root) {
        findings.push(finding);
        return None;
    }
    let envelope = envelope::manifest(root, findings);
    let kind_value = root.get("kind")?;
    let family = kinds::family_of(kind_value.as_str()?).or_else(|| {
        findings.push(unknown_kind(kind_value.as_str()?, kind_value.span));
        None
    });
    let ManifestFile { api_version: version, kind, metadata, .. } = envelope?;
    let family = family?;
    let version_span = root.get("apiVersion")?.span;
    if !kinds::exists(&kind, version) {
        let message = format!("Graph {version} has no `{kind}`");
        findings.push(
            Finding::error("manifest/kind-version", version_span, message)
                .help("beta has it: use `apiVersion: graph.microsoft.com/beta`")
                .replace_with("graph.microsoft.com/beta"),
        );
        return None;
    }
    let metadata_value = root.get("metadata")?;
    findings.extend(refused_members(family, &kind, root, metadata_value));
    Some(RawManifest {
        address: Address { kind, name: metadata.name.clone() },
        family,
        version,
        version_span,
        name_span: metadata_value.get("name")?.span,
        id_span: metadata.id.as_ref().and(metadata_value.get("id")).map(|id| id.span),
        metadata,
        spec: root.get("spec")?.clone(),
        assignments: root.get("assignments").cloned(),
        span: kind_value.span,
        document: root.span,
    })
}

/// Reports members that cannot apply to an object of the family: a singleton has no id, and some objects cannot be
/// deleted.
fn refused_members(family: &Family, kind: &str, root: &Value, metadata: &Value) -> Vec<Finding> {
    let absent = metadata.entry("state").filter(|state| state.value.as_str() == Some("absent"));
    let (code, refused) = if family.is_singleton() {
        let refused = vec![
            (absent, "cannot be deleted: every tenant has it"),
            (metadata.entry("formerly"), "has no earlier names: there is only one"),
            (metadata.entry("notFormerly"), "is like no other object: there is only one"),
            (metadata.entry("id"), "needs no id: there is only one"),
            (root.entry("assignments"), "is not assigned: it holds for the whole tenant"),
        ];
        ("manifest/singleton", refused)
    } else {
        let absent = absent.filter(|_| !family.deletable);
        ("manifest/undeletable", vec![(absent, "cannot be deleted: Graph has no call for it")])
    };
    let finding = |(member, why): (Option<&Member>, &str)| {
        let member = member?;
        let finding = Finding::error(code, member.name_span, format!("`{kind}` {why}"));
        Some(finding.help(format!("remove `{}`", member.name)))
    };
    refused.into_iter().filter_map(finding).collect()
}

fn unknown_kind(kind: &str, span: Span) -> Finding {
    let bare = type_name(kind).unwrap_or(kind);
    if let Some(finding) = not_a_manifest::not_covered(bare, span) {
        return finding;
    }
    let finding = |message: String| Finding::error("manifest/unknown-kind", span, message);
    let mut not_kinds = kinds::FAMILIES.iter().flat_map(|family| family.not_kinds);
    if let Some(known) = not_kinds.find(|known| known.name == bare) {
        return finding(format!("`{bare}` is not managed: {}", known.why))
            .help("remove this manifest");
    }
    let all = kinds::all();
    let names = || all.iter().map(|kind| kind.name.as_str());
    let types = Types::of(GraphVersion::Beta);
    let base = types.get(bare).filter(|def| {
        let is_family = |family: &&Family| types.is_a(bare, family.root);
        def.is_abstract && kinds::FAMILIES.iter().any(is_family)
    });
    let Some(base) = base else {
        return finding(format!("there is no kind `{kind}`"))
            .suggest(nearest(bare, names()), "`moorline kinds` lists them all");
    };
    let kinds = base.derived.iter().filter(|name| names().any(|kind| kind == *name));
    let kinds: Vec<String> = kinds.cloned().collect();
    finding(format!("`{bare}` is the base type of several kinds, and not a kind itself")).help(
        if kinds.len() > 8 {
            "`moorline kinds` lists them all".to_owned()
        } else {
            format!("use {}", one_of(&kinds))
        },
    )
}
