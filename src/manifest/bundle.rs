//! The way from a path to everything that a tenant declares.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::discover::{self, Found, TENANT_FILE};
use super::document::{self, RawManifest};
use super::resolve::Resolver;
use super::value::Value;
use super::{
    Address, Loaded, Manifest, Presence, TenantFile, assignment, check, envelope, lint, overlay,
};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{FileId, Finding, Severity, Span};
use crate::schema::model::Model;
use crate::yaml::{self, Document, Node};

/// The largest manifest file that is read.
const FILE_LIMIT: u64 = 16 * 1024 * 1024;

/// Reads a tenant: a folder with a `moorline.yaml`, or that file.
///
/// Everything that is wrong becomes a finding; nothing is an error of this function.
pub fn load(path: &Path) -> Loaded {
    let mut loader = Loader::default();
    let tenant_path = if path.is_dir() {
        path.join(TENANT_FILE)
    } else {
        path.to_owned()
    };
    let root = tenant_path.parent().map(Path::to_owned).unwrap_or_default();
    loader.loaded.root = root.clone();
    let Some((file, documents)) = loader.documents(&tenant_path) else {
        return loader.finish();
    };
    loader.loaded.documents += documents.len();
    let Some((first, rest)) = documents.split_first() else {
        loader.empty(file);
        return loader.finish();
    };
    let tenant = envelope::tenant(file, &first.root, &mut loader.loaded.findings);
    let mut own: Vec<RawManifest> = Vec::new();
    for document in rest {
        own.extend(document::read(
            file,
            &document.root,
            root.clone(),
            &mut loader.loaded.findings,
        ));
    }
    if let Some(tenant) = tenant {
        loader.tenant(file, &first.root, &tenant, &root, own);
        loader.loaded.tenant = Some(tenant);
    }
    loader.finish()
}

/// Reads manifest files by themselves, without what surrounds them in a tenant.
pub fn load_files(paths: &[PathBuf]) -> Loaded {
    let mut loader = Loader::default();
    let mut layers = BTreeMap::new();
    for path in paths {
        let root = enclosing_root(path);
        loader.file(path, &root, &mut layers);
    }
    loader.check(layers.into_values().collect());
    loader.finish()
}

/// Returns whether a path is a tenant: a folder with a tenant file, or a file whose first document is one.
pub fn is_tenant(path: &Path) -> bool {
    path.is_dir() || path.file_name().is_some_and(|name| name == TENANT_FILE)
}

/// The folder of the nearest tenant file above, else the file's own.
fn enclosing_root(path: &Path) -> PathBuf {
    let own = path.parent().map(Path::to_owned).unwrap_or_default();
    let real = if own.as_os_str().is_empty() {
        Path::new(".")
    } else {
        &own
    };
    let Ok(real) = real.canonicalize() else {
        return own;
    };
    real.ancestors()
        .find(|folder| folder.join(TENANT_FILE).is_file())
        .map_or(own, Path::to_owned)
}

type Layer = BTreeMap<Address, RawManifest>;

#[derive(Default)]
struct Loader {
    loaded: Loaded,
    seen: BTreeSet<PathBuf>,
}

impl Loader {
    fn finish(mut self) -> Loaded {
        self.loaded
            .findings
            .sort_by(|a, b| (a.span, &a.file, &a.code).cmp(&(b.span, &b.file, &b.code)));
        self.loaded
    }

    fn error(&mut self, finding: Finding) {
        self.loaded.findings.push(finding);
    }

    /// Reads a file's documents; what cannot be read becomes findings.
    fn documents(&mut self, path: &Path) -> Option<(FileId, Vec<Document>)> {
        let refused = |code: &str, message: String| Finding::file_error(code, path, message);
        let bytes = match std::fs::metadata(path) {
            Ok(metadata) if metadata.len() > FILE_LIMIT => {
                let size = metadata.len() / 1024 / 1024;
                self.error(
                    refused(
                        "file/too-large",
                        format!(
                            "the file is {size} MiB large, and a manifest file may have 16 MiB"
                        ),
                    )
                    .help("split it, and keep payloads in files of their own with `{ $file: … }`"),
                );
                return None;
            }
            Ok(_) => std::fs::read(path),
            Err(error) => Err(error),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                let finding = refused("file/missing", format!("the file cannot be read: {error}"));
                let is_tenant = path.file_name().is_some_and(|name| name == TENANT_FILE);
                self.error(if is_tenant {
                    finding.help("PATH is a folder with a `moorline.yaml`, or that file")
                } else {
                    finding
                });
                return None;
            }
        };
        let text = match yaml::encoding::decode(&bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => {
                let file = self
                    .loaded
                    .sources
                    .add(path, String::from_utf8_lossy(&bytes).into_owned());
                self.error(yaml_finding(file, error));
                return None;
            }
        };
        let parsed = yaml::parse::parse(&text);
        let file = self.loaded.sources.add(path, text);
        let broken = !parsed.errors.is_empty();
        self.loaded.findings.extend(
            parsed
                .errors
                .into_iter()
                .map(|error| yaml_finding(file, error)),
        );
        if broken && parsed.documents.is_empty() {
            return None;
        }
        Some((file, parsed.documents))
    }

    fn empty(&mut self, file: FileId) {
        let path = self.loaded.sources.path(file).to_owned();
        self.error(
            Finding::file_error("manifest/empty", path, "the file holds no document")
                .help("write a manifest into it, or delete it"),
        );
    }

    /// Reads a manifest file into a layer, in which an address may stand once.
    fn file(&mut self, path: &Path, root: &Path, layer: &mut Layer) {
        if !self.seen.insert(path.to_owned()) {
            return;
        }
        let Some((file, documents)) = self.documents(path) else {
            return;
        };
        if documents.is_empty() {
            self.empty(file);
        }
        self.loaded.documents += documents.len();
        for document in &documents {
            if let Some(raw) = document::read(
                file,
                &document.root,
                root.to_owned(),
                &mut self.loaded.findings,
            ) {
                self.add(raw, layer);
            }
        }
    }

    fn add(&mut self, raw: RawManifest, layer: &mut Layer) {
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
            let range = spec
                .and_then(|spec| spec.get(key))
                .and_then(|list| match &list.value {
                    yaml::Yaml::Seq(items) => items.get(at).map(|item| item.range.clone()),
                    _ => None,
                });
            Span::new(file, range.unwrap_or_else(|| node.range.clone()))
        };
        let mut merged = Layer::new();
        for (at, base) in tenant.spec.base.iter().enumerate() {
            let folder = root.join(base);
            let mut layer = Layer::new();
            for path in self.found(discover::below(&folder), base, entry_span("base", at)) {
                self.file(&path, &folder, &mut layer);
            }
            self.refuse_base_ids(&layer);
            self.lay(layer, &mut merged);
        }
        self.exclude(tenant, &mut merged, |at| entry_span("exclude", at));
        let mut layer = Layer::new();
        for raw in own {
            self.add(raw, &mut layer);
        }
        match &tenant.spec.manifests {
            None => {
                for path in self.found(
                    discover::beside(root),
                    ".",
                    Span::new(file, node.range.clone()),
                ) {
                    self.file(&path, root, &mut layer);
                }
            }
            Some(entries) => {
                for (at, entry) in entries.iter().enumerate() {
                    for path in self.found(
                        discover::entry(root, entry),
                        entry,
                        entry_span("manifests", at),
                    ) {
                        self.file(&path, root, &mut layer);
                    }
                }
            }
        }
        self.lay(layer, &mut merged);
        self.check(merged.into_values().collect());
    }

    fn found(&mut self, found: Found, entry: &str, span: Span) -> Vec<PathBuf> {
        match found {
            Found::Files(files) => files,
            Found::Missing => {
                self.error(
                    Finding::error(
                        "tenant/missing-path",
                        span,
                        format!("`{entry}` is no file, folder or matching glob"),
                    )
                    .help("paths are relative to this file"),
                );
                Vec::new()
            }
            Found::BadGlob(why) => {
                self.error(Finding::error(
                    "tenant/glob",
                    span,
                    format!("`{entry}` is no glob: {why}"),
                ));
                Vec::new()
            }
            Found::Unreadable(why) => {
                self.error(Finding::error(
                    "file/missing",
                    span,
                    format!("`{entry}` cannot be read: {why}"),
                ));
                Vec::new()
            }
        }
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
                        Some(near) => finding
                            .help(format!("did you mean `{near}`?"))
                            .replace_with(near),
                        None => finding.help("write `kind/name` as a base's manifest has them"),
                    },
                );
            }
        }
    }

    /// Resolves and checks every manifest, then all of them together.
    fn check(&mut self, raws: Vec<RawManifest>) {
        for raw in raws {
            let (manifest, findings) = complete(raw, &self.loaded.sources);
            self.loaded.findings.extend(findings);
            self.loaded.manifests.push(manifest);
        }
        self.loaded
            .manifests
            .sort_by(|a, b| a.address.cmp(&b.address));
        let findings = lint::bundle(&self.loaded.manifests);
        self.loaded.findings.extend(findings);
    }
}

/// Resolves a manifest's references and checks it by itself.
fn complete(raw: RawManifest, sources: &crate::diagnostic::Sources) -> (Manifest, Vec<Finding>) {
    let RawManifest {
        address,
        family,
        version,
        metadata,
        spec,
        assignments,
        span,
        root,
        ..
    } = raw;
    let model = Model::of(version);
    let mut resolver = Resolver {
        model,
        sources,
        root: &root,
        findings: Vec::new(),
        ignored: Vec::new(),
    };
    let spec: Value = match model.get(&address.kind) {
        Some(structure) => resolver.object(spec, &structure),
        None => spec,
    };
    let Resolver {
        mut findings,
        ignored,
        ..
    } = resolver;
    findings.extend(ignored_warning(&ignored));
    findings.extend(check::check(version, &address.kind, &spec));
    let assignments = assignments.map(|list| assignment::read(&list, &mut findings));
    let manifest = Manifest {
        family,
        version,
        id: metadata.id.map(|id| id.to_lowercase()),
        formerly: metadata.formerly,
        presence: if metadata.state == envelope::State::Absent {
            Presence::Absent
        } else {
            Presence::Present
        },
        spec,
        assignments,
        span,
        address,
    };
    if findings
        .iter()
        .all(|finding| finding.severity == Severity::Warning)
    {
        findings.extend(lint::manifest(&manifest));
    }
    (manifest, findings)
}

fn ignored_warning(ignored: &[(String, Span)]) -> Option<Finding> {
    let (_, span) = ignored.iter().min_by_key(|(_, span)| *span)?;
    let names: BTreeSet<&str> = ignored.iter().map(|(name, _)| name.as_str()).collect();
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let message = format!("{} cannot be declared: ignored", names.join(", "));
    Some(
        Finding::warning("manifest/ignored-properties", *span, message)
            .help("only the service sets these: the lines can go"),
    )
}

fn yaml_finding(file: FileId, error: yaml::YamlError) -> Finding {
    let mut finding = Finding::error(error.code, Span::new(file, error.range), error.message);
    finding.help = error.help;
    if let Some((range, words)) = error.related {
        finding = finding.related(Span::new(file, range), words);
    }
    finding
}
