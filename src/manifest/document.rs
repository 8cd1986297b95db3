//! Reads one YAML document as a manifest, before overlays and references are resolved.

use super::envelope::{self, ManifestFile};
use super::value::{Declared, Member, Value};
use super::{Address, Presence, not_a_manifest};
use crate::diagnostic::suggest::{nearest, one_of};
use crate::diagnostic::{Finding, Span};
use crate::kinds::{self, Family};
use crate::schema::types::{GraphVersion, Types, type_name};

/// The code of assignments in the wrong place.
pub(super) const MISPLACED_ASSIGNMENTS: &str = "manifest/misplaced-assignments";

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
    /// Whether something outside `spec` and `assignments` is wrong: the rest is checked, and nothing is planned.
    pub(super) is_faulty: bool,
}

/// Reads a document as a manifest, or adds findings that say why the document is none.
pub(super) fn read(root: Value, findings: &mut Vec<Finding>) -> Option<RawManifest> {
    if let Some(finding) = not_a_manifest::among_manifests(&root) {
        findings.push(finding);
        return None;
    }
    let Some(ManifestFile { api_version: version, kind, metadata, .. }) =
        envelope::manifest(&root, findings)
    else {
        return faulty(&root, findings);
    };
    let kind_value = root.get("kind")?;
    let Some(family) = kinds::family_of(&kind) else {
        return faulty(&root, findings);
    };
    let version_span = root.get("apiVersion")?.span;
    if !kinds::exists(&kind, version) {
        let message = format!("Graph {version} has no `{kind}`");
        findings.push(
            Finding::error("manifest/kind-version", version_span, message)
                .help("beta has it: use `apiVersion: graph.microsoft.com/beta`")
                .replace_with("graph.microsoft.com/beta"),
        );
        return faulty(&root, findings);
    }
    let metadata_value = root.get("metadata")?;
    findings.extend(refused_members(family, &kind, &root, metadata_value));
    findings.extend(misplaced_assignments(family, &root));
    let (span, document, absent) = (kind_value.span, root.span, nothing(metadata_value.span));
    let name_span = metadata_value.get("name")?.span;
    let id_span = metadata.id.as_ref().and(metadata_value.get("id")).map(|id| id.span);
    let (mut spec, mut assignments) = (None, None);
    if let Declared::Object(members) = root.declared {
        for Member { name, value, .. } in members {
            match name.as_str() {
                "spec" => spec = Some(value),
                "assignments" => assignments = Some(value),
                _ => {}
            }
        }
    }
    Some(RawManifest {
        address: Address { kind, name: metadata.name.clone() },
        family,
        version,
        version_span,
        name_span,
        id_span,
        metadata,
        spec: spec.unwrap_or(absent),
        assignments,
        span,
        document,
        is_faulty: false,
    })
}

/// Returns an object without members.
fn nothing(span: Span) -> Value {
    Value { declared: Declared::Object(Vec::new()), span }
}

/// Returns what can be checked of a document whose envelope, kind or version has a finding, so that the findings of its
/// contents do not wait. A misspelt kind is taken for the one that is offered instead.
fn faulty(root: &Value, findings: &mut Vec<Finding>) -> Option<RawManifest> {
    let kind_value = root.get("kind")?;
    let written = kind_value.as_str()?;
    let kind = match kinds::family_of(written) {
        Some(_) => written.to_owned(),
        None => {
            let finding = unknown_kind(written, kind_value.span);
            let offered = finding.replacement.clone();
            findings.push(finding);
            offered?
        }
    };
    let family = kinds::family_of(&kind)?;
    let text = |of: Option<&Value>| of.and_then(Value::as_str).map(str::to_owned);
    let metadata_value = root.get("metadata");
    let of_metadata = |key: &str| metadata_value.and_then(|metadata| metadata.get(key));
    let state = text(of_metadata("state")).filter(|state| state == "absent");
    let state = state.map(|_| Presence::Absent);
    let name = text(of_metadata("name")).unwrap_or_default();
    let version = text(root.get("apiVersion"))
        .filter(|version| version.ends_with("/v1.0") && kinds::exists(&kind, GraphVersion::V1));
    let is = |key: &str, fits: fn(&Declared) -> bool| {
        root.get(key).filter(|value| fits(&value.declared)).cloned()
    };
    let spec = is("spec", |declared| matches!(declared, Declared::Object(_)));
    Some(RawManifest {
        address: Address { kind, name: name.clone() },
        family,
        version: version.map_or(GraphVersion::Beta, |_| GraphVersion::V1),
        version_span: root.get("apiVersion").unwrap_or(root).span,
        name_span: of_metadata("name").unwrap_or(root).span,
        id_span: None,
        metadata: envelope::Metadata { name, state, ..envelope::Metadata::default() },
        spec: spec.unwrap_or_else(|| nothing(kind_value.span)),
        assignments: is("assignments", |declared| matches!(declared, Declared::List(_))),
        span: kind_value.span,
        document: root.span,
        is_faulty: true,
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

/// Reports assignments below `spec`, where they would be without effect. An export of Graph's of an object without
/// assignments has an empty list there; and where a manifest has its own list, nothing is lost.
fn misplaced_assignments(family: &Family, root: &Value) -> Option<Finding> {
    let property = family.assign.as_ref()?.property;
    let spec = root.get("spec")?;
    let member = spec.entry(property)?;
    let is_empty = member.value.elements().is_empty();
    let is_exported = is_empty && spec.get(&format!("{property}@odata.context")).is_some();
    let is_harmless = is_exported || member.value.declared == Declared::Null;
    (!is_harmless && root.get("assignments").is_none()).then(|| {
        let message = "`assignments` stands below `spec:`, where it has no effect";
        Finding::error(MISPLACED_ASSIGNMENTS, member.name_span, message).help(
            "move it one level up, beside `spec:`; without it, the object's assignments are not managed",
        )
    })
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
