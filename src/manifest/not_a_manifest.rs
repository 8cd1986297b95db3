//! Recognises documents that are clearly no manifest, or no tenant file, and reports each with one finding.

use std::collections::BTreeSet;

use super::secret;
use super::value::{Declared, Value};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{FileId, Finding, Sources, Span};
use crate::kinds;
use crate::schema::types::{GraphVersion, Types};

/// The beginning of a tenant file's `apiVersion`.
const OURS: &str = "moorline/";
/// The beginning of a manifest's `apiVersion`.
const GRAPHS: &str = "graph.microsoft.com/";

/// The words that only a manifest, a tenant file or an answer of Graph holds.
const WORDS: [&str; 7] =
    ["apiVersion", "graph.microsoft", "moorline/", "@odata.", "kind:", "metadata:", "spec:"];

/// The findings that say nothing of what a file holds.
const HARMLESS: [&str; 10] = [
    "manifest/foreign",
    "manifest/not-a-mapping",
    "manifest/empty",
    "manifest/graph-body",
    "manifest/tenant",
    "tenant/manifest",
    "yaml/encoding",
    "yaml/alias-budget",
    "yaml/too-deep",
    "file/",
];

/// Returns whether a text is meant to be a manifest or a tenant file, well-formed or not.
fn is_ours(text: &str) -> bool {
    let mut versions = text.lines().filter_map(|line| line.strip_prefix("apiVersion:")).peekable();
    let ours = |version: &str| {
        ["graph", "moorline", "beta", "v1.0"].iter().any(|part| version.contains(part))
    };
    match versions.peek() {
        Some(_) => versions.any(ours),
        None => text.is_empty() || WORDS.iter().any(|word| text.contains(word)),
    }
}

/// Hides the lines of every file that is not meant to be a manifest, and replaces the findings that quote it: it may be
/// any file of the machine.
pub(super) fn conceal(findings: &mut Vec<Finding>, sources: &mut Sources) {
    let files: BTreeSet<FileId> =
        findings.iter().filter_map(|finding| finding.span).map(|span| span.file).collect();
    for file in files {
        let text = &sources.get(file).text;
        if is_ours(text) {
            continue;
        }
        let (length, path) = (text.len(), sources.get(file).path.clone());
        sources.hide(file, 0..length);
        let of_file = |finding: &Finding| finding.span.is_some_and(|span| span.file == file);
        let quotes = |finding: &Finding| {
            of_file(finding) && !HARMLESS.iter().any(|code| finding.code.starts_with(code))
        };
        let before = findings.len();
        findings.retain(|finding| !quotes(finding));
        if findings.len() < before && !findings.iter().any(of_file) {
            let message = "this file is no manifest, so that nothing of it is shown";
            findings.push(Finding::file_error("manifest/foreign", path, message).help(
                "move the file elsewhere, or name the manifests' folders in `spec.manifests` of moorline.yaml",
            ));
        }
    }
}

/// Returns a finding where a document among the manifests is clearly no manifest.
pub(super) fn among_manifests(root: &Value) -> Option<Finding> {
    let Declared::Object(members) = &root.declared else {
        let message = format!("a manifest is a mapping, and this document is {}", root.kind());
        return Some(
            Finding::error("manifest/not-a-mapping", root.span, message)
                .help("begin with `apiVersion:`, `kind:`, `metadata:` and `spec:`"),
        );
    };
    let text = |key: &str| root.get(key).and_then(Value::as_str);
    let ours = text("apiVersion").is_some_and(|version| version.starts_with(OURS));
    if let Some(kind) = text("kind").filter(|kind| ours && *kind != "Tenant") {
        let span = root.get("kind").unwrap_or(root).span;
        let message = format!("`{OURS}v1` has no kind `{kind}` among manifests");
        let near = nearest(kind, ["AcceptedDrift"]);
        let otherwise = "a manifest has `apiVersion: graph.microsoft.com/beta`";
        let finding = Finding::error("manifest/unknown-kind", span, message);
        return Some(finding.suggest(near, otherwise));
    }
    if text("kind") == Some("Tenant") || text("apiVersion").is_some_and(|v| v.starts_with(OURS)) {
        let span = root.get("kind").unwrap_or(root).span;
        let message = "this is a tenant file in the place of a manifest";
        return Some(
            Finding::error("manifest/tenant", span, message).help(
                "name it `moorline.yaml` in a folder of its own, and give that folder as PATH",
            ),
        );
    }
    let begin = members.first()?.name_span;
    if root.get("spec").is_none() && members.iter().any(|member| member.name.starts_with("@odata."))
    {
        return Some(graph_body(root, begin));
    }
    let (api_version, kind) = (text("apiVersion")?, text("kind")?);
    (!api_version.starts_with(GRAPHS) && kinds::family_of(kind).is_none()).then(|| {
        let span = root.get("apiVersion").map_or(begin, |version| version.span);
        let message = format!("a `{kind}` of `{api_version}` is not for Moorline");
        Finding::error("manifest/foreign", span, message).help(
            "move the file elsewhere, or name the manifests' folders in `spec.manifests` of moorline.yaml",
        )
    })
}

/// Returns the finding of a Graph response body without the envelope of a manifest.
fn graph_body(root: &Value, span: Span) -> Finding {
    if root.get("value").is_some_and(|value| matches!(value.declared, Declared::List(_))) {
        let message = "this is a list that Graph answered, and not a manifest";
        return Finding::error("manifest/graph-body", span, message)
            .help("make a manifest of each object in `value`: its body goes below `spec:`");
    }
    let kind = root.odata_type();
    let stated = kind.zip(root.get("@odata.type"));
    if let Some(finding) = stated.and_then(|(kind, stated)| not_covered(kind, stated.span)) {
        return finding;
    }
    let kind = kind.filter(|kind| kinds::family_of(kind).is_some()).unwrap_or("KIND");
    let message = "this is an object as Graph answers it, and not a manifest";
    Finding::error("manifest/graph-body", span, message).help(format!(
        "put it below `spec:`, after `apiVersion: {GRAPHS}beta`, `kind: {kind}` and `metadata: {{ name: … }}`"
    ))
}

/// Returns the finding of a Graph type that Moorline does not cover, `None` for any other name.
pub(super) fn not_covered(kind: &str, span: Span) -> Option<Finding> {
    let (name, called) = kinds::not_covered::find(kind)?;
    let message = format!("`{name}` is {called}, which Moorline does not cover");
    Some(Finding::error("manifest/not-covered", span, message).help(format!(
        "remove this manifest: Moorline covers {}, and leaves everything else alone",
        kinds::not_covered::COVERED
    )))
}

/// Returns a finding where a document in the place of a tenant file is clearly none.
pub(super) fn for_tenant(root: &Value) -> Option<Finding> {
    let kind = root.get("kind")?;
    kinds::family_of(kind.as_str()?)?;
    let message = "this is a manifest, not a tenant file";
    Some(Finding::error("tenant/manifest", kind.span, message).help(
        "give the folder of its `moorline.yaml` as PATH; `--only KIND/NAME` limits to one manifest",
    ))
}

/// Returns where a misplaced key of a manifest belongs, if it is known.
pub(super) fn belongs(root: &Value, key: &str) -> Option<String> {
    if ["name", "id", "formerly", "notFormerly", "state", "protect"].contains(&key) {
        return Some(format!("`{key}` belongs below `metadata:`"));
    }
    let kind = root.get("kind")?.as_str()?;
    kinds::family_of(kind)?;
    let def = Types::of(GraphVersion::Beta).get(kind)?;
    (def.property(key).is_some() || secret::is_secret(key))
        .then(|| format!("`{key}` is a property of the object: it belongs below `spec:`"))
}
