//! The way from a path to everything that a tenant declares.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bounded::bounded;
use super::complete::{self, Completed};
use super::discover::{self, Found, TENANT_FILE};
use super::document::{self, RawManifest};
use super::files::{self, FileRead};
use super::reference::Neighbours;
use super::resolve::Roots;
use super::surroundings::{self, Surroundings};
use super::variable::Allowed;
use super::{
    Address, Loaded, Origin, TenantFile, cycle, envelope, foreign, lint, overlay, parallel, secret,
};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{FileId, Finding, Sources, Span};
use crate::yaml::{self, Document, Node};

/// Reads a tenant: a folder with a `moorline.yaml`, or that file.
///
/// Everything that is wrong becomes a finding; nothing is an error of this function.
pub fn load(path: &Path) -> Loaded {
    let mut loader = Loader::default();
    let (tenant_path, root) = tenant_path(path);
    loader.loaded.root = root.clone();
    if !tenant_path.exists() {
        let finding = if is_tenant(path) {
            surroundings::no_tenant(&tenant_path)
        } else {
            surroundings::nothing(path)
        };
        loader.loaded.findings.push(finding);
        return loader.finish();
    }
    let file = loader.loaded.sources.next_id();
    loader.roots.insert(file, Arc::from(root.as_path()));
    let read = files::read(&tenant_path, file);
    let documents = loader.keep(read);
    let Some((first, rest)) = documents.split_first() else {
        return loader.finish();
    };
    if let Some(finding) = foreign::for_tenant(file, &first.root) {
        loader.loaded.findings.push(finding);
        return loader.finish();
    }
    let tenant = envelope::tenant(file, &first.root, &mut loader.loaded.findings);
    let mut own: Vec<RawManifest> = Vec::new();
    for document in rest {
        own.extend(document::read(file, &document.root, &mut loader.loaded.findings));
    }
    if let Some(tenant) = tenant {
        let ownership = first.root.get("spec").and_then(|spec| spec.get("ownership"));
        if let Some(node) = ownership {
            let span = Span::new(file, node.range.clone());
            loader.loaded.ownership = Some(span);
            let finding = lint::ownership(&tenant, span);
            loader.loaded.findings.extend(finding);
        }
        loader.tenant(file, &first.root, &tenant, &root, own);
        loader.loaded.tenant = Some(tenant);
    }
    loader.finish()
}

/// Reads a tenant's own file alone, with its folder; `None` where the file cannot be used, which [`load`] reports.
pub fn tenant(path: &Path) -> Option<(TenantFile, PathBuf)> {
    let (path, root) = tenant_path(path);
    // What is no regular file, such as a pipe, can be read only once.
    let file = path.is_file().then(|| Sources::default().next_id())?;
    let documents = files::read(&path, file).documents;
    let first =
        documents.first().filter(|first| foreign::for_tenant(file, &first.root).is_none())?;
    let tenant = envelope::tenant(file, &first.root, &mut Vec::new())?;
    Some((tenant, root))
}

/// Returns the path of a tenant's own file, and its folder.
fn tenant_path(path: &Path) -> (PathBuf, PathBuf) {
    let file = if path.is_dir() { discover::beneath(path, TENANT_FILE) } else { path.to_owned() };
    let root = file.parent().map(Path::to_owned).unwrap_or_default();
    (file, root)
}

/// Reads manifest files by themselves, without what surrounds them in a tenant.
pub fn load_files(paths: &[PathBuf]) -> Loaded {
    let mut loader = Loader::default();
    let mut known: BTreeMap<&Path, Surroundings> = BTreeMap::new();
    let mut groups: BTreeMap<Surroundings, Vec<PathBuf>> = BTreeMap::new();
    for path in paths {
        let folder = path.parent().unwrap_or(Path::new(""));
        let surroundings = known.entry(folder).or_insert_with(|| Surroundings::of(folder));
        let group = groups.entry(surroundings.clone()).or_default();
        group.push(path.clone());
    }
    for (surroundings, paths) in groups {
        let Surroundings { root, has_base, allowed } = surroundings;
        let files = loader.files(paths, &root);
        let bundles = if has_base {
            // One file may be laid over another: only within a file are names unique.
            files
        } else {
            vec![files.into_iter().flatten().collect()]
        };
        for raws in bundles {
            let mut layer = Layer::new();
            loader.fill(&mut layer, raws);
            let extent = if has_base { Extent::Parts } else { Extent::Files };
            loader.check(layer, extent, &allowed);
        }
    }
    loader.finish()
}

/// Returns whether a path is a tenant: a folder, or a file that is called as a tenant's is or begins like one.
pub fn is_tenant(path: &Path) -> bool {
    if path.is_dir() || path.file_name().is_some_and(|name| name == TENANT_FILE) {
        return true;
    }
    // What is no regular file, such as a pipe, can be read only once.
    let text = path.is_file().then(|| std::fs::read_to_string(path).ok());
    let Some(text) = text.flatten().filter(|text| text.contains("Tenant")) else {
        return false;
    };
    let documents = yaml::parse::parse(&text).documents;
    let kind = documents.first().and_then(|first| first.root.get("kind"));
    kind.and_then(Node::as_str) == Some("Tenant")
}

type Layer = BTreeMap<Address, RawManifest>;

/// How much of a tenant is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All of it.
    Tenant,
    /// Some of its manifests.
    Files,
    /// Some of its manifests, of which the bases are not here: they need not be whole.
    Parts,
}

#[derive(Default)]
struct Loader {
    loaded: Loaded,
    seen: BTreeSet<PathBuf>,
    roots: Roots,
    ignored: Vec<(String, Span)>,
    secrets: Vec<(Span, String)>,
}

impl Loader {
    fn finish(mut self) -> Loaded {
        let loaded = &mut self.loaded;
        secret::conceal(&self.secrets, &mut loaded.findings, &mut loaded.sources);
        loaded.manifests.sort_by(|a, b| a.address.cmp(&b.address));
        loaded.findings.extend(complete::ignored_warnings(self.ignored));
        loaded.findings.sort_by(|a, b| (a.span, &a.file, &a.code).cmp(&(b.span, &b.file, &b.code)));
        self.loaded
    }

    fn error(&mut self, finding: Finding) {
        self.loaded.findings.push(finding);
    }

    /// Keeps a file's text and findings, and returns its documents.
    fn keep(&mut self, read: FileRead) -> Vec<Document> {
        self.loaded.sources.add(read.path, read.text);
        self.loaded.findings.extend(bounded(read.findings));
        read.documents
    }

    /// Reads the manifests of files, those of each file by themselves.
    fn files(&mut self, mut paths: Vec<PathBuf>, root: &Path) -> Vec<Vec<RawManifest>> {
        paths.retain(|path| self.seen.insert(path.clone()));
        let first = self.loaded.sources.next_id();
        let root: Arc<Path> = Arc::from(root);
        let ids = (0..paths.len()).map(|place| (first.after(place), Arc::clone(&root)));
        self.roots.extend(ids);
        let numbered = paths.into_iter().enumerate().collect();
        let reads = parallel::map(numbered, |(place, path): (usize, PathBuf)| {
            files::manifests(&path, first.after(place))
        });
        reads
            .into_iter()
            .map(|(read, raws)| {
                self.keep(read);
                raws
            })
            .collect()
    }

    /// Adds manifests to a layer, in which an address may stand once.
    fn fill(&mut self, layer: &mut Layer, raws: impl IntoIterator<Item = RawManifest>) {
        for raw in raws {
            self.add(raw, layer);
        }
    }

    fn add(&mut self, raw: RawManifest, layer: &mut Layer) {
        self.loaded.origins.push(Origin { document: raw.document, address: raw.address.clone() });
        if let Some(first) = layer.get(&raw.address) {
            let first_span = first.name_span;
            self.error(
                Finding::error(
                    "manifest/name-twice",
                    raw.name_span,
                    format!("`{}` is declared twice", raw.address),
                )
                .related(first_span, "first here")
                .help("a name is unique per kind: rename one of them"),
            );
            return;
        }
        layer.insert(raw.address.clone(), raw);
    }

    fn tenant(
        &mut self,
        file: FileId,
        node: &Node,
        tenant: &TenantFile,
        root: &Path,
        own: Vec<RawManifest>,
    ) {
        let spec = node.get("spec");
        let entry_span = |key: &str, at: usize| {
            let list = spec.and_then(|spec| spec.get(key));
            let entry = list.and_then(|list| match &list.value {
                yaml::Yaml::Seq(items) => items.get(at).map(|item| item.range.clone()),
                _ => None,
            });
            Span::new(file, entry.unwrap_or_else(|| node.range.clone()))
        };
        let mut merged = Layer::new();
        for (at, base) in tenant.spec.base.iter().enumerate() {
            let folder = discover::beneath(root, base);
            let mut layer = Layer::new();
            let found = discover::below(&folder);
            let paths = self.found(found, base, "base", entry_span("base", at));
            let files = self.files(paths, &folder);
            self.fill(&mut layer, files.into_iter().flatten());
            self.refuse_base_ids(&layer);
            self.lay(layer, &mut merged);
        }
        self.exclude(tenant, &mut merged, |at| entry_span("exclude", at));
        let mut layer = Layer::new();
        self.fill(&mut layer, own);
        let paths = match &tenant.spec.manifests {
            None => {
                let whole = Span::new(file, node.range.clone());
                self.found(discover::beside(root), ".", "manifests", whole)
            }
            Some(entries) => entries
                .iter()
                .enumerate()
                .flat_map(|(at, entry)| {
                    let found = discover::entry(root, entry);
                    self.found(found, entry, "manifests", entry_span("manifests", at))
                })
                .collect(),
        };
        let files = self.files(paths, root);
        self.fill(&mut layer, files.into_iter().flatten());
        self.lay(layer, &mut merged);
        if merged.is_empty() && self.loaded.findings.is_empty() {
            let kind = node.get("kind").unwrap_or(node);
            self.error(
                Finding::warning(
                    "tenant/no-manifests",
                    Span::new(file, kind.range.clone()),
                    "this tenant declares nothing: no manifest was found",
                )
                .help("name their files or folders: `spec: { manifests: [policies] }`"),
            );
        }
        let allowed = Allowed::read(file, node, &mut self.loaded.findings);
        self.check(merged, Extent::Tenant, &allowed);
        let findings = lint::cloud(&self.loaded.manifests, tenant.spec.cloud);
        self.loaded.findings.extend(findings);
    }

    /// Returns the files that an entry of the tenant file leads to.
    fn found(&mut self, found: Found, entry: &str, key: &str, span: Span) -> Vec<PathBuf> {
        let (code, message, help) = match found {
            Found::Files(files) => return files,
            Found::Missing if key == "base" => (
                "tenant/missing-path",
                format!("there is no folder `{entry}`"),
                "a base is a folder of manifests; its path is relative to this file",
            ),
            Found::Missing if discover::is_glob(entry) => (
                "tenant/missing-path",
                format!("no manifest file matches `{entry}`"),
                "`*` stays within one folder, `**` goes below it; the path is relative to this file",
            ),
            Found::Missing => (
                "tenant/missing-path",
                format!("there is no file or folder `{entry}`"),
                "its path is relative to this file",
            ),
            Found::BadGlob(why) => (
                "tenant/glob",
                format!("`{entry}` is no glob: {why}"),
                "write `*` for any name, `**` for any folders, `{a,b}` for either",
            ),
            Found::Unreadable(why) => (
                "file/unreadable",
                format!("`{entry}` cannot be read: {why}"),
                "give this user the right to read it",
            ),
        };
        self.error(Finding::error(code, span, message).help(help));
        Vec::new()
    }

    fn refuse_base_ids(&mut self, layer: &Layer) {
        for raw in layer.values() {
            if let Some(span) = raw.id_span {
                self.error(
                    Finding::error(
                        "overlay/id-in-base",
                        span,
                        format!("`{}` in a base is pinned to an object", raw.address),
                    )
                    .help("an id belongs to one tenant: pin it in the tenant's own manifest"),
                );
            }
        }
    }

    fn lay(&mut self, layer: Layer, merged: &mut Layer) {
        for (address, over) in layer {
            let raw = match merged.get(&address) {
                Some(base) => overlay::merge(base, over, &mut self.loaded.findings),
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
                let finding = Finding::error(
                    "tenant/exclude",
                    span(at),
                    format!("no base declares `{excluded}`"),
                );
                self.loaded.findings.push(
                    match nearest(excluded, names.iter().map(String::as_str)) {
                        Some(near) => {
                            finding.help(format!("did you mean `{near}`?")).replace_with(near)
                        }
                        None => finding.help("write `kind/name` as a base's manifest has them"),
                    },
                );
            }
        }
    }

    /// Resolves and checks every manifest, then all of them together.
    fn check(&mut self, layer: Layer, extent: Extent, allowed: &Allowed) {
        let part = extent == Extent::Parts;
        let neighbours = Neighbours::of(layer.values(), extent == Extent::Tenant);
        let pinned =
            layer.values().filter_map(|raw| Some((raw.address.clone(), raw.id_span?))).collect();
        let (sources, roots) = (&self.loaded.sources, &self.roots);
        let raws = layer.into_values().collect();
        let completed = parallel::map(raws, |raw| {
            complete::complete(raw, sources, roots, &neighbours, allowed, part)
        });
        let before = self.loaded.manifests.len();
        for Completed { manifest, findings, ignored, secrets } in completed {
            self.loaded.manifests.push(manifest);
            self.loaded.findings.extend(findings);
            self.ignored.extend(ignored);
            self.secrets.extend(secrets);
        }
        let manifests = &self.loaded.manifests[before..];
        let mut findings = lint::bundle(manifests, &pinned);
        findings.extend(cycle::findings(manifests, &self.loaded.sources));
        self.loaded.findings.extend(findings);
    }
}
