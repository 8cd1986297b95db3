//! Loads everything that a tenant declares from the path of its folder.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::IgnoredAny;

use super::accepted::{self, ACCEPTED_FILE, AcceptanceChecker};
use super::bounded::bounded;
use super::discover::{self, TENANT_FILE};
use super::document::{self, MISPLACED_ASSIGNMENTS, RawManifest};
use super::drafts::Drafts;
use super::enclosing_tenant::{self, EnclosingTenant};
use super::files::{self, FileRead};
use super::finalize::{self, finalize};
use super::reference::ManifestIndex;
use super::resolve::Roots;
use super::value::Value;
use super::variable::Allowed;
use super::{
    Address, DocumentOrigin, Loaded, TenantFile, cycle, envelope, lint, not_a_manifest, overlay,
    parallel, secret, settings, webhook,
};
use crate::clock::{self, Clock};
use crate::definitions::{self, SettingCatalogue};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Finding, Severity, Sources, Span, repeated, value_or_report};
use crate::disk;
use crate::yaml;

/// Loads a tenant: a folder with a `moorline.yaml`, or that file. Every problem becomes a finding.
pub fn load(path: &Path) -> Loaded {
    load_with(path, Drafts::default())
}

/// As [`load`], with the contents of files that are not written yet.
pub fn load_with(path: &Path, drafts: Drafts) -> Loaded {
    let mut loader = Loader::default();
    loader.roots.drafts = drafts;
    let fault = loader.load(path).err();
    loader.loaded.findings.extend(fault);
    loader.finish()
}

/// Reads only the tenant file, and returns it with its folder; `None` if it cannot be used, which [`load`] reports.
pub fn tenant(path: &Path) -> Option<(TenantFile, PathBuf)> {
    let (path, root) = tenant_path(path);
    // A pipe, for example, can be read only once.
    let documents = path.is_file().then(|| files::documents(&path))?;
    let first = documents.first().filter(|first| not_a_manifest::for_tenant(first).is_none())?;
    let mut findings = Vec::new();
    let tenant = envelope::tenant(first, &mut findings)?;
    findings.is_empty().then_some((tenant, root))
}

/// Reads only the name of a tenant, whether or not the rest of its file can be used.
pub(crate) fn tenant_name(path: &Path) -> Option<String> {
    let (path, _) = tenant_path(path);
    let documents = path.is_file().then(|| files::documents(&path))?;
    let name = documents.first()?.get("metadata")?.get("name")?.as_str()?;
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_name = name.len() <= 100 && name.chars().all(|c| is_letter(c) || ".-".contains(c));
    (is_name && name.starts_with(is_letter) && name.ends_with(is_letter)).then(|| name.to_owned())
}

/// Returns the first error of a text as a tenant file. The files that it names are not looked at.
pub fn tenant_error(text: &str) -> Option<Finding> {
    let parsed = yaml::parse::parse(text, Sources::default().next_id());
    let mut findings = parsed.errors;
    if let Some(root) = parsed.documents.first() {
        envelope::tenant(root, &mut findings);
    }
    findings.into_iter().find(|finding| finding.severity == Severity::Error)
}

/// Returns the file of accepted drift beside a tenant file, unless it is among the files that are read anyway.
fn accepted_file(folder: &Path, among: &[PathBuf]) -> Option<PathBuf> {
    let path = discover::beneath(folder, ACCEPTED_FILE);
    let real = path.is_file().then(|| path.canonicalize().ok())?;
    let named = |other: &&PathBuf| other.file_name() == path.file_name();
    let is_known = among.iter().filter(named).any(|other| other.canonicalize().ok() == real);
    (!is_known).then_some(path)
}

/// Returns the path of a tenant file, and its folder.
fn tenant_path(path: &Path) -> (PathBuf, PathBuf) {
    let file = if path.is_dir() { discover::beneath(path, TENANT_FILE) } else { path.to_owned() };
    let root = file.parent().map(Path::to_owned).unwrap_or_default();
    (file, root)
}

/// Loads manifest files without the other manifests of their tenant.
pub fn load_files(paths: &[PathBuf]) -> Loaded {
    let mut loader = Loader::default();
    let mut known: BTreeMap<&Path, EnclosingTenant> = BTreeMap::new();
    let mut groups: BTreeMap<EnclosingTenant, Vec<PathBuf>> = BTreeMap::new();
    for path in paths {
        let folder = path.parent().unwrap_or(Path::new(""));
        let enclosing_tenant = known.entry(folder).or_insert_with(|| EnclosingTenant::find(folder));
        groups.entry(enclosing_tenant.clone()).or_default().push(path.clone());
    }
    for (enclosing_tenant, paths) in groups {
        let EnclosingTenant { root, has_base, allowed } = enclosing_tenant;
        let files = loader.files(paths, &root);
        let (scope, groups) = if has_base {
            // One file may be laid over another: only within a file are names unique.
            (LoadScope::Parts, files)
        } else {
            (LoadScope::Files, vec![files.into_iter().flatten().collect()])
        };
        for raws in groups {
            let layer = loader.layer(raws);
            loader.check(layer, scope, &allowed, &root);
        }
    }
    loader.accept(None);
    loader.finish()
}

/// Whether a path is a tenant: a folder, or a file with the name or the `kind` of a tenant file.
pub fn is_tenant(path: &Path) -> bool {
    if path.is_dir() || path.file_name().is_some_and(|name| name == TENANT_FILE) {
        return true;
    }
    // A pipe, for example, can be read only once.
    let text = path.is_file().then(|| disk::read_text(path, files::LIMIT).ok());
    let Some(text) = text.flatten().filter(|text| text.contains("Tenant")) else {
        return false;
    };
    let documents = yaml::parse::parse(&text, Sources::default().next_id()).documents;
    let kind = documents.first().and_then(|first| first.get("kind"));
    kind.and_then(Value::as_str) == Some("Tenant")
}

/// Whether a file holds a manifest or a tenant.
pub fn is_manifest(path: &Path) -> bool {
    let text = path.is_file().then(|| disk::read_text(path, files::LIMIT).ok()).flatten();
    // A document of Moorline's own begins with its kind, and has no `apiVersion` beside it.
    let text =
        text.filter(|text| text.contains("apiVersion") && !text.starts_with("{\n  \"kind\""));
    let Some(text) = text else {
        return path.file_name().is_some_and(|name| name == TENANT_FILE) && path.is_file();
    };
    // A schema for editors has megabytes, and the parser of YAML takes a second for them.
    if let Ok(root) = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(&text) {
        return root.contains_key("apiVersion") && root.contains_key("kind");
    }
    let documents = yaml::parse::parse(&text, Sources::default().next_id()).documents;
    documents.iter().any(|root| root.get("apiVersion").is_some() && root.get("kind").is_some())
}

/// Manifests by their address. They are large, and a map moves what it holds when it is made.
type Layer = BTreeMap<Address, Box<RawManifest>>;

/// The part of a tenant that is loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LoadScope {
    /// All of it.
    Tenant,
    /// Some of its manifests.
    Files,
    /// Some of its manifests, without their bases: they may be incomplete.
    Parts,
}

#[derive(Default)]
struct Loader {
    loaded: Loaded,
    seen: HashSet<PathBuf>,
    roots: Roots,
    ignored: Vec<(String, Span)>,
    secrets: Vec<(Span, String)>,
    /// Manifests whose envelope has a finding: their contents are checked, and no more.
    faulty: Vec<RawManifest>,
    /// The documents of accepted drift.
    accepted: Vec<Value>,
    /// The catalogue of setting definitions that was looked for last.
    opened: Option<PathBuf>,
}

/// Drops the warning of a comment where the value that it leaves empty has a finding at the same place.
fn without_echoes(findings: &mut Vec<Finding>) {
    let (comments, others): (Vec<Finding>, Vec<Finding>) =
        std::mem::take(findings).into_iter().partition(|finding| finding.code == "yaml/comment");
    let is_told = |comment: &Finding| others.iter().any(|other| other.span == comment.span);
    let comments: Vec<Finding> = comments.into_iter().filter(|comment| !is_told(comment)).collect();
    findings.extend(others.into_iter().chain(comments));
}

impl Loader {
    fn load(&mut self, path: &Path) -> Result<(), Finding> {
        let (tenant_path, folder) = tenant_path(path);
        self.loaded.root = folder.clone();
        if !tenant_path.exists() {
            return Err(if is_tenant(path) {
                enclosing_tenant::no_tenant(&tenant_path)
            } else {
                enclosing_tenant::nothing(path)
            });
        }
        let file = self.loaded.sources.next_id();
        self.roots.folders.insert(file, Arc::from(folder.as_path()));
        let mut read = files::read(&tenant_path, file, &self.roots.drafts);
        for finding in read.findings.iter_mut().filter(|finding| finding.code == "manifest/empty") {
            *finding = enclosing_tenant::empty(&tenant_path);
        }
        let mut documents = self.keep(read).into_iter();
        self.secrets.extend(webhook::written(&self.loaded.sources, file));
        let Some(root) = documents.next() else {
            return Ok(());
        };
        if let Some(finding) = not_a_manifest::for_tenant(&root) {
            return Err(finding);
        }
        self.secrets.extend(webhook::declared(&root));
        let findings = &mut self.loaded.findings;
        let tenant = envelope::tenant(&root, findings);
        let (accepted, own): (Vec<Value>, Vec<Value>) = documents.partition(accepted::is_document);
        let own =
            own.into_iter().filter_map(|document| document::read(document, findings)).collect();
        if let Some(tenant) = tenant {
            if let Some(ownership) = root.get("spec").and_then(|spec| spec.get("ownership")) {
                self.loaded.ownership = Some(ownership.span);
                findings.extend(lint::ownership(&tenant, ownership.span));
            }
            findings.extend(root.get("spec").map(lint::drift_rules).unwrap_or_default());
            self.tenant(&root, &tenant, &folder, own, accepted);
            self.loaded.tenant = Some(tenant);
        }
        Ok(())
    }

    fn finish(mut self) -> Loaded {
        let loaded = &mut self.loaded;
        secret::conceal(&self.secrets, &mut loaded.findings, &mut loaded.sources);
        not_a_manifest::conceal(&mut loaded.findings, &mut loaded.sources);
        loaded.manifests.sort_by(|a, b| a.address.cmp(&b.address));
        let misplaced = loaded.findings.iter().filter(|one| one.code == MISPLACED_ASSIGNMENTS);
        let misplaced: BTreeSet<Span> = misplaced.filter_map(|one| one.span).collect();
        self.ignored.retain(|(_, span)| !misplaced.contains(span));
        loaded.findings.extend(finalize::ignored_warnings(self.ignored));
        without_echoes(&mut loaded.findings);
        loaded.findings.sort_by(|a, b| (a.span, &a.file, &a.code).cmp(&(b.span, &b.file, &b.code)));
        self.loaded
    }

    /// Stores the text and the findings of a file, and returns its documents.
    fn keep(&mut self, read: FileRead) -> Vec<Value> {
        self.loaded.sources.add(read.path, read.text);
        self.loaded.findings.extend(bounded(read.findings));
        read.documents
    }

    /// Reads the manifests of files, one list per file.
    fn files(&mut self, mut paths: Vec<PathBuf>, root: &Path) -> Vec<Vec<RawManifest>> {
        paths.retain(|path| self.seen.insert(path.clone()));
        let first = self.loaded.sources.next_id();
        let root: Arc<Path> = Arc::from(root);
        let ids = (0..paths.len()).map(|place| (first.after(place), Arc::clone(&root)));
        self.roots.folders.extend(ids);
        let drafts = &self.roots.drafts;
        let numbered = paths.into_iter().enumerate().collect();
        let reads = parallel::map(numbered, |(place, path): (usize, PathBuf)| {
            files::manifests(&path, first.after(place), drafts)
        });
        let raws = reads.into_iter().map(|(read, raws)| {
            let accepted = self.keep(read);
            self.accepted.extend(accepted);
            raws
        });
        raws.collect()
    }

    /// Makes a layer of manifests, and reports addresses that occur twice.
    fn layer(&mut self, raws: impl IntoIterator<Item = RawManifest>) -> Layer {
        let (faulty, raws): (Vec<RawManifest>, Vec<RawManifest>) =
            raws.into_iter().partition(|raw| raw.is_faulty);
        self.faulty.extend(faulty);
        self.loaded.origins.extend(
            raws.iter()
                .map(|raw| DocumentOrigin { document: raw.document, address: raw.address.clone() }),
        );
        let addressed = raws.iter().map(|raw| (&raw.address, raw));
        self.loaded.findings.extend(repeated(addressed).into_iter().map(|(raw, first)| {
            let message = format!("`{}` is declared twice", raw.address);
            Finding::error("manifest/name-twice", raw.name_span, message)
                .related(first.name_span, "first here")
                .help("a name is unique per kind: rename one of them")
        }));
        // The first of an address counts.
        raws.into_iter().rev().map(|raw| (raw.address.clone(), Box::new(raw))).collect()
    }

    fn tenant(
        &mut self,
        root: &Value,
        tenant: &TenantFile,
        folder: &Path,
        own: Vec<RawManifest>,
        accepted: Vec<Value>,
    ) {
        let spec = root.get("spec");
        let entry_span = |key: &str, at: usize| {
            let list = spec.and_then(|spec| spec.get(key));
            list.and_then(|list| list.elements().get(at)).unwrap_or(root).span
        };
        let mut merged = Layer::new();
        let mut skipped = Vec::new();
        for (at, base) in tenant.spec.base.iter().enumerate() {
            let base_folder = discover::beneath(folder, base);
            let found = discover::base(&base_folder, base, entry_span("base", at), &mut skipped);
            let paths = value_or_report(found, &mut self.loaded.findings).unwrap_or_default();
            let files = self.files(paths, &base_folder);
            let layer = self.layer(files.into_iter().flatten());
            self.refuse_base_ids(&layer);
            self.lay(layer, &mut merged);
        }
        self.loaded.findings.extend(accepted::refused_in_base(&self.accepted));
        self.accepted = accepted;
        self.exclude(tenant, &mut merged, |at| entry_span("exclude", at));
        let found = match &tenant.spec.manifests {
            None => vec![discover::beside(folder, root.span, &mut skipped)],
            Some(entries) => {
                let entries = entries.iter().enumerate();
                let found = entries.map(|(at, entry)| {
                    discover::entry(folder, entry, entry_span("manifests", at), &mut skipped)
                });
                found.collect()
            }
        };
        // Two entries may lead to one file.
        let mut named = BTreeSet::new();
        skipped.retain(|finding| named.insert(finding.file.clone()));
        self.loaded.findings.extend(skipped);
        let found = found.into_iter();
        let paths = found.filter_map(|found| value_or_report(found, &mut self.loaded.findings));
        let mut paths: Vec<PathBuf> = paths.flatten().collect();
        paths.extend(self.roots.drafts.new_manifests().cloned());
        paths.extend(accepted_file(folder, &paths));
        let files = self.files(paths, folder);
        let layer = self.layer(own.into_iter().chain(files.into_iter().flatten()));
        self.lay(layer, &mut merged);
        if merged.is_empty() && self.loaded.findings.is_empty() {
            let span = root.get("kind").unwrap_or(root).span;
            let message = "this tenant declares nothing: no manifest was found";
            let help = match &tenant.spec.manifests {
                Some(_) => {
                    "`moorline new KIND` writes a first one; `moorline kinds` lists the kinds"
                }
                None => "name their files or folders: `spec: { manifests: [policies] }`",
            };
            let finding = Finding::warning("tenant/no-manifests", span, message).help(help);
            self.loaded.findings.push(finding);
        }
        let allowed = Allowed::read(root, &mut self.loaded.findings);
        let declared = self.declared(&merged);
        self.check(merged, LoadScope::Tenant, &allowed, folder);
        self.accept(declared.as_ref());
        let findings = lint::cloud(&self.loaded.manifests, tenant.spec.cloud);
        self.loaded.findings.extend(findings);
    }

    /// Returns all addresses that the files declare, where any drift is accepted.
    fn declared(&self, merged: &Layer) -> Option<BTreeSet<Address>> {
        let faulty = self.faulty.iter().map(|raw| &raw.address);
        let declared = merged.keys().chain(faulty).cloned();
        (!self.accepted.is_empty()).then(|| declared.collect())
    }

    /// Attaches the accepted drift to its manifests.
    fn accept(&mut self, declared: Option<&BTreeSet<Address>>) {
        let documents = std::mem::take(&mut self.accepted);
        if documents.is_empty() {
            return;
        }
        let manifests = &mut self.loaded.manifests;
        manifests.sort_by(|a, b| a.address.cmp(&b.address));
        let today = clock::utc_day(Clock::system().now());
        let (findings, secrets) = (Vec::new(), Vec::new());
        let mut checker = AcceptanceChecker { manifests, declared, today, findings, secrets };
        checker.documents(&documents);
        let AcceptanceChecker { findings, secrets, .. } = checker;
        self.loaded.findings.extend(findings);
        let text = |span| (span, self.loaded.sources.text(span).to_owned());
        self.secrets.extend(secrets.into_iter().map(text));
    }

    fn refuse_base_ids(&mut self, layer: &Layer) {
        self.loaded.findings.extend(layer.values().filter_map(|raw| {
            let message = format!("`{}` in a base is pinned to an object", raw.address);
            let finding = Finding::error("overlay/id-in-base", raw.id_span?, message);
            Some(finding.help("an id belongs to one tenant: pin it in the tenant's own manifest"))
        }));
    }

    fn lay(&mut self, layer: Layer, merged: &mut Layer) {
        if merged.is_empty() {
            *merged = layer;
            return;
        }
        for (address, over) in layer {
            let raw = match merged.get(&address) {
                Some(base) => Box::new(overlay::merge(base, *over, &mut self.loaded.findings)),
                None => over,
            };
            merged.insert(address, raw);
        }
    }

    fn exclude(&mut self, tenant: &TenantFile, merged: &mut Layer, span: impl Fn(usize) -> Span) {
        for (at, excluded) in tenant.spec.exclude.iter().enumerate() {
            let before = merged.len();
            merged.retain(|address, _| address.to_string() != *excluded);
            if merged.len() == before {
                let names: Vec<String> = merged.keys().map(Address::to_string).collect();
                let message = format!("no base declares `{excluded}`");
                self.loaded.findings.push(
                    Finding::error("tenant/exclude", span(at), message).suggest(
                        nearest(excluded, &names),
                        "write `kind/name` as a base's manifest has them",
                    ),
                );
            }
        }
    }

    /// Opens the catalogue of setting definitions of a tenant's folder, unless it was opened before. Returns whether
    /// there is a file.
    fn open_catalogue(&mut self, root: &Path) -> bool {
        let file = root.join(definitions::FILE_NAME);
        let is_present = file.exists();
        if self.opened.as_ref() != Some(&file) {
            match SettingCatalogue::of_folder(root) {
                Ok(found) => self.loaded.catalogue = found.map(Arc::new),
                Err(error) => self.loaded.findings.push(settings::unusable(file.clone(), &error)),
            }
            self.opened = Some(file);
        }
        is_present
    }

    /// Resolves and checks every manifest, then all of them together. The root is the folder of their tenant.
    fn check(&mut self, layer: Layer, scope: LoadScope, allowed: &Allowed, root: &Path) {
        let part = scope == LoadScope::Parts;
        let faulty = std::mem::take(&mut self.faulty);
        let declared = layer.values().map(Box::as_ref).chain(&faulty);
        let manifest_index = ManifestIndex::new(declared, scope == LoadScope::Tenant);
        let pinned =
            layer.values().filter_map(|raw| Some((raw.address.clone(), raw.id_span?))).collect();
        let mut declared = layer.values().map(Box::as_ref).chain(&faulty);
        let has_settings =
            declared.any(|raw| !settings::properties(raw.version, &raw.address.kind).is_empty());
        let is_unchecked = has_settings && !self.open_catalogue(root);
        let Loaded { sources, catalogue, .. } = &self.loaded;
        let (roots, catalogue) = (&self.roots, catalogue.as_deref());
        // What a base may add to a faulty manifest is not known.
        let checked = parallel::map(faulty, |raw| {
            finalize(raw, sources, roots, &manifest_index, allowed, true, catalogue).1
        });
        let raws = layer.into_values().collect();
        let finalized = parallel::map(raws, |raw: Box<RawManifest>| {
            finalize(*raw, sources, roots, &manifest_index, allowed, part, catalogue)
        });
        for resolved in checked {
            self.loaded.findings.extend(resolved.findings);
            self.secrets.extend(resolved.secrets);
        }
        let before = self.loaded.manifests.len();
        self.loaded.manifests.reserve(finalized.len());
        for (manifest, resolved) in finalized {
            if is_unchecked && settings::are_declared(&manifest) {
                self.loaded.unchecked.insert(manifest.address.clone());
            }
            self.loaded.manifests.push(manifest);
            self.loaded.findings.extend(resolved.findings);
            self.ignored.extend(resolved.ignored);
            self.secrets.extend(resolved.secrets);
        }
        let manifests = &self.loaded.manifests[before..];
        let mut findings = lint::across_manifests(manifests, &pinned);
        findings.extend(cycle::findings(manifests, &self.loaded.sources));
        self.loaded.findings.extend(findings);
    }
}
