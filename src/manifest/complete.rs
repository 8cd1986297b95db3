//! A manifest as it was written to one that can be planned: references resolved, everything checked.

use std::collections::{BTreeMap, BTreeSet};

use super::bounded::bounded;
use super::document::RawManifest;
use super::reference::Neighbours;
use super::resolve::{Resolved, Resolver, Roots};
use super::variable::{Allowed, READABLE};
use super::{Manifest, assignment, check, lint};
use crate::diagnostic::{FileId, Finding, Severity, Sources, Span};
use crate::schema::model::Model;

/// A manifest, and what came to light on the way to it.
pub(super) struct Completed {
    pub(super) manifest: Manifest,
    pub(super) findings: Vec<Finding>,
    /// Members that were left out.
    pub(super) ignored: Vec<(String, Span)>,
    /// Secrets that stand in the text: where, and what.
    pub(super) secrets: Vec<(Span, String)>,
}

/// Resolves a manifest's references and checks it by itself. A part of a manifest, whose base is not
/// known, need not be whole.
pub(super) fn complete(
    raw: RawManifest,
    sources: &Sources,
    roots: &Roots,
    neighbours: &Neighbours,
    allowed: &Allowed,
    part: bool,
) -> Completed {
    let RawManifest { address, family, version, metadata, spec, assignments, span, .. } = raw;
    let model = Model::of(version);
    let mut refused = Vec::new();
    [Some(&spec), assignments.as_ref()]
        .into_iter()
        .flatten()
        .for_each(|written| allowed.check(written, &mut refused));
    let presence = metadata.state.into();
    let mut resolver = Resolver {
        model,
        family,
        sources,
        roots,
        neighbours,
        presence,
        part,
        resolved: Resolved::default(),
    };
    let spec = match model.get(&address.kind) {
        Some(structure) => resolver.object(spec, &structure),
        None => spec,
    };
    let Resolved { mut findings, ignored, secrets, links } = resolver.resolved;
    // One finding for one place: what may stand nowhere there needs no other name.
    let is_readable = |named: &Finding| {
        let mut readable = findings.iter().filter(|finding| finding.code == READABLE);
        readable.any(|finding| {
            let places = finding.span.zip(named.span);
            places.is_some_and(|(place, name)| {
                place.file == name.file && place.start <= name.start && name.end <= place.end
            })
        })
    };
    refused.retain(|named| !is_readable(named));
    findings.extend(refused);
    findings.extend(check::check(version, &address.kind, &spec, sources));
    let assignments = assignments.and_then(|list| assignment::read(&list, part, &mut findings));
    let manifest = Manifest {
        family,
        version,
        id: metadata.id.map(|id| id.to_lowercase()),
        formerly: metadata.formerly,
        presence,
        protect: metadata.protect,
        spec,
        links,
        assignments,
        span,
        address,
    };
    if findings.iter().all(|finding| finding.severity == Severity::Warning) {
        findings.extend(lint::manifest(&manifest, part));
    }
    Completed { manifest, findings: bounded(findings), ignored, secrets }
}

/// Returns one warning a file about what was left out.
pub(super) fn ignored_warnings(ignored: Vec<(String, Span)>) -> Vec<Finding> {
    let mut files: BTreeMap<FileId, Vec<(String, Span)>> = BTreeMap::new();
    for (name, span) in ignored {
        files.entry(span.file).or_default().push((name, span));
    }
    files.into_values().filter_map(|ignored| ignored_warning(&ignored)).collect()
}

fn ignored_warning(ignored: &[(String, Span)]) -> Option<Finding> {
    let (_, span) = ignored.iter().min_by_key(|(_, span)| *span)?;
    let names: BTreeSet<&str> = ignored.iter().map(|(name, _)| name.as_str()).collect();
    let help = if names.contains("assignments") {
        "the lines can go; assignments are declared beside `spec:`, not in it"
    } else {
        "the lines can go: only the service sets these"
    };
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let message = format!("what a manifest cannot declare is ignored: {}", names.join(", "));
    Some(Finding::warning("manifest/ignored-properties", *span, message).help(help))
}
