//! Documents that are something else than they stand for, each told at once instead of by every key that
//! it has or lacks.

use super::secret;
use crate::diagnostic::{FileId, Finding, Span};
use crate::kinds;
use crate::schema::types::type_name;
use crate::yaml::{Node, Yaml};

/// The `apiVersion` of a tenant file.
const OURS: &str = "moorline/";
/// What a manifest's `apiVersion` begins with.
const GRAPHS: &str = "graph.microsoft.com/";

/// Returns what a document among the manifests is, where it is clearly no manifest.
pub(super) fn among_manifests(file: FileId, root: &Node) -> Option<Finding> {
    let Yaml::Map(entries) = &root.value else {
        let message = format!("a manifest is a mapping, and this document is {}", root.kind());
        return Some(
            Finding::error("manifest/not-a-mapping", Span::new(file, root.range.clone()), message)
                .help("begin with `apiVersion:`, `kind:`, `metadata:` and `spec:`"),
        );
    };
    let text = |key: &str| root.get(key).and_then(Node::as_str);
    if text("kind") == Some("Tenant") || text("apiVersion").is_some_and(|v| v.starts_with(OURS)) {
        let at = root.get("kind").unwrap_or(root);
        let message = "this is a tenant file, and it stands among manifests";
        return Some(
            Finding::error("manifest/tenant", Span::new(file, at.range.clone()), message).help(
                "name it `moorline.yaml` in a folder of its own, and give that folder as PATH",
            ),
        );
    }
    let first = entries.first()?;
    let begin = Span::new(file, first.key_range.clone());
    if root.get("spec").is_none() && entries.iter().any(|entry| entry.key.starts_with("@odata.")) {
        return Some(graph_body(file, root, begin));
    }
    let api_version = text("apiVersion")?;
    let kind = text("kind")?;
    (!api_version.starts_with(GRAPHS) && kinds::family_of(kind).is_none()).then(|| {
        let span = root.get("apiVersion").map_or(begin, |node| Span::new(file, node.range.clone()));
        let message = format!("a `{kind}` of `{api_version}` is not for Moorline");
        Finding::error("manifest/foreign", span, message).help(
            "move the file elsewhere, or name the manifests' folders in `spec.manifests` of moorline.yaml",
        )
    })
}

/// The finding of a body as Graph answers it, with nothing around it.
fn graph_body(file: FileId, root: &Node, span: Span) -> Finding {
    if root.get("value").is_some_and(|value| matches!(value.value, Yaml::Seq(_))) {
        let message = "this is a list that Graph answered, and not a manifest";
        return Finding::error("manifest/graph-body", span, message)
            .help("make a manifest of each object in `value`: its body goes below `spec:`");
    }
    let stated = root.get("@odata.type");
    let kind = stated.and_then(Node::as_str).and_then(type_name);
    if let Some(finding) = kind
        .zip(stated)
        .and_then(|(kind, node)| not_covered(kind, Span::new(file, node.range.clone())))
    {
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

/// Returns what a document is that stands for a tenant file, where it is clearly none.
pub(super) fn for_tenant(file: FileId, root: &Node) -> Option<Finding> {
    let node = root.get("kind")?;
    let kind = node.as_str()?;
    kinds::family_of(kind).map(|_| {
        let message = "this is a manifest, and not a tenant file";
        Finding::error("tenant/manifest", Span::new(file, node.range.clone()), message)
            .help("give the folder of its `moorline.yaml` as PATH; `--only KIND/NAME` limits to one manifest")
    })
}

/// Returns where a misplaced key of a manifest belongs, if anywhere.
pub(super) fn belongs(root: &Node, key: &str) -> Option<String> {
    if ["name", "id", "formerly", "state", "protect"].contains(&key) {
        return Some(format!("`{key}` belongs below `metadata:`"));
    }
    let kind = root.get("kind")?.as_str()?;
    let types = crate::schema::types::Types::of(crate::schema::types::GraphVersion::Beta);
    let def = types.get(kind).filter(|_| kinds::family_of(kind).is_some())?;
    (def.property(key).is_some() || secret::is_secret(key))
        .then(|| format!("`{key}` is a property of the object: it belongs below `spec:`"))
}
