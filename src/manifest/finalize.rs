//! Turns a manifest as written into one that can be planned: resolves references, and checks everything.

use std::collections::BTreeSet;

use super::bounded::bounded;
use super::document::RawManifest;
use super::reference::ManifestIndex;
use super::resolve::{Resolution, ResolveContext, Resolver, Roots};
use super::settings;
use super::variable::{Allowed, READABLE};
use super::{Manifest, assignment, content, lint, violation};
use crate::definitions::SettingCatalogue;
use crate::diagnostic::{Finding, Severity, Sources, Span};
use crate::schema::model::Model;

/// Resolves the references of a manifest and checks it. A part of a manifest, whose base is not known, may be
/// incomplete.
pub(super) fn finalize(
    raw: RawManifest,
    sources: &Sources,
    roots: &Roots,
    manifest_index: &ManifestIndex,
    allowed: &Allowed,
    part: bool,
    catalogue: Option<&SettingCatalogue>,
) -> (Manifest, Resolution) {
    let RawManifest { address, family, version, metadata, spec, assignments, span, .. } = raw;
    let model = Model::of(version);
    let written = [Some(&spec), assignments.as_ref()].into_iter().flatten();
    let mut refused: Vec<Finding> = written.flat_map(|value| allowed.check(value)).collect();
    let presence = metadata.state.unwrap_or_default();
    let context = ResolveContext { model, family, sources, roots, manifest_index, presence, part };
    let mut resolver = Resolver { context, resolved: Resolution::default() };
    let structure = model.get(&address.kind);
    let spec = match &structure {
        Some(structure) => resolver.object(spec, structure),
        None => spec,
    };
    let mut resolved = resolver.resolved;
    let mut secrets = content::secrets(&spec);
    // Of a setting, its definition may have a say in the text.
    let has_settings = structure.is_some_and(|structure| !structure.settings.is_empty());
    let is_clear = secrets.is_empty() && !has_settings;
    secrets.retain(|(place, _)| content::is_written(*place, sources));
    resolved.secrets.extend(secrets);
    let spec = match catalogue {
        Some(catalogue) => settings::known(version, &address.kind, spec, catalogue, &mut resolved),
        None => spec,
    };
    let findings = &mut resolved.findings;
    // A property that must not use `$env` at all gets no second finding about the variable.
    let readable = findings.iter().filter(|finding| finding.code == READABLE);
    let readable: Vec<Span> = readable.filter_map(|finding| finding.span).collect();
    let is_readable = |name: Span| readable.iter().any(|place| place.holds(name));
    refused.retain(|named| !named.span.is_some_and(is_readable));
    findings.extend(refused);
    let mut violations = violation::check(version, &address.kind, &spec, Some(sources));
    // A plain value that its definition does not allow stays plain.
    let has_finding = |span| findings.iter().any(|finding| finding.span == span);
    violations.retain(|finding| finding.code != "settings/bare" || !has_finding(finding.span));
    if catalogue.is_none() {
        let bare = violations.iter_mut().filter(|finding| finding.code == "settings/bare");
        for help in bare.filter_map(|finding| finding.help.as_mut()) {
            help.push_str(
                "; with a catalogue, which `moorline catalog refresh` makes, `ID: VALUE` is valid",
            );
        }
    }
    findings.extend(violations);
    let ignored = &mut resolved.ignored;
    let assignments = assignments.and_then(|list| assignment::read(&list, part, findings, ignored));
    let manifest = Manifest {
        id: metadata.id.map(|id| id.to_lowercase()),
        formerly: metadata.formerly.unwrap_or_default(),
        not_formerly: metadata.not_formerly.unwrap_or_default(),
        presence,
        protect: metadata.protect.unwrap_or_default(),
        links: std::mem::take(&mut resolved.links),
        assignments,
        ..Manifest::new(address, family, version, spec, span)
    };
    if findings.iter().all(|finding| finding.severity == Severity::Warning) {
        findings.extend(lint::manifest(&manifest, part, is_clear));
    }
    resolved.findings = bounded(resolved.findings);
    (manifest, resolved)
}

/// Returns one warning per file about the members that were left out.
pub(super) fn ignored_warnings(mut ignored: Vec<(String, Span)>) -> Vec<Finding> {
    ignored.sort_by_key(|(_, span)| *span);
    ignored.chunk_by(|(_, a), (_, b)| a.file == b.file).map(ignored_warning).collect()
}

fn ignored_warning(ignored: &[(String, Span)]) -> Finding {
    let names: BTreeSet<&str> = ignored.iter().map(|(name, _)| name.as_str()).collect();
    let help = if names.contains("assignments") {
        "the lines can go; assignments are declared beside `spec:`, not in it"
    } else {
        "the lines can go: only the service sets these"
    };
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let message =
        format!("properties that a manifest cannot declare are ignored: {}", names.join(", "));
    Finding::warning("manifest/ignored-properties", ignored[0].1, message).help(help)
}
