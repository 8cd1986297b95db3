//! `moorline import`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use globset::{Glob, GlobMatcher};
use serde_json::Value as Json;
use walkdir::WalkDir;

use super::adopt::{self, AdoptArguments};
use super::catalog;
use super::failure::{self, CommandError};
use super::output::{Output, without_markdown};
use super::selection::{Selection, near_name};
use super::session::Session;
use super::signals::SignalFlag;
use super::{Done, Format, Result, TenantOptions};
use crate::definitions::{FILE_NAME, SettingCatalogue};
use crate::diagnostic::json::FindingItem;
use crate::diagnostic::{Severity, Sources};
use crate::disk;
use crate::error::{Error, ErrorKind};
use crate::graph::Graph;
use crate::import::adopt::AdoptOptions;
use crate::import::document::{
    ImportAction, ImportDocument, ImportItem, ImportSource, OtherCount, PlanAfterImport,
    PlanDifference, UnknownMembers,
};
use crate::import::{
    self, Import, ImportExtent, ImportOptions, ImportSelection, ObjectCondition, ReadScope,
    TenantContents, files, foreign,
};
use crate::kinds;
use crate::manifest::{self, Address, Desired, Loaded, TENANT_FILE, load};
use crate::plan::{Action, Change, FieldStatus, Plan, PlanOptions, Summary, TenantRef};
use crate::report;
use crate::report::json::Document;
use crate::report::phrases;
use crate::tenant::LiveObject;
use crate::tenant::names::Named;
use crate::ui::Ui;
use crate::values::payload;

/// Write manifests of the objects that the tenant has, and plan them: the plan must change nothing.
#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
pub(super) struct Arguments {
    /// Folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Import only objects of kinds that match this glob; can be repeated.
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Import only objects with this: `name=GLOB`, `group=NAME` or `unmanaged`; can be repeated, and all must hold.
    #[arg(long = "where", value_name = "CONDITION")]
    conditions: Vec<String>,
    /// Import only objects that no manifest manages, and do not count the others. No import writes a manifest again.
    #[arg(long)]
    unmanaged: bool,
    /// Pin every object by its id.
    #[arg(long)]
    pin: bool,
    /// Write everything that can be written, values that are not set among it.
    #[arg(long)]
    all: bool,
    /// Write no new manifests; bring the tenant's values into those that exist, in their places.
    #[arg(long, conflicts_with_all = ["kind", "conditions", "unmanaged", "pin", "all"])]
    refresh: bool,
    /// With --refresh: write nothing, and exit with 2 if a file would change.
    #[arg(long, requires = "refresh")]
    check: bool,
    /// With --refresh: write nothing, and show the changes of the files as a unified diff.
    #[arg(long, requires = "refresh")]
    diff: bool,
    /// Read values that the service masks, and write those in clear that hold no known secret.
    #[arg(long)]
    unmask: bool,
    /// Import what IntuneCD, IntuneManagement or Graph wrote into this folder or file, without a tenant.
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let signal = SignalFlag::listen();
    tokio::select! {
        done = import(ui, arguments, &signal) => done,
        () = signal.raised() => Err(interrupted().into()),
    }
}

/// Returns the error of a run that a signal ended between two files.
fn interrupted() -> Error {
    let message = "a signal ended the import; every file that was written is whole";
    Error::new(ErrorKind::Interrupted, "import/interrupted", message)
        .hint("Run the same command again: it goes on with the objects that have no manifest yet.")
}

async fn import(ui: &Ui, arguments: &Arguments, signal: &SignalFlag) -> Result<Done> {
    let Arguments { path, tenant, output, .. } = arguments;
    if arguments.refresh {
        let session = Session::open(ui, tenant, path, &tenant.only.globs).await?;
        let options = AdoptOptions { unmasks: arguments.unmask, ..AdoptOptions::default() };
        let how = AdoptArguments { check: arguments.check, diff: arguments.diff };
        return adopt::run(ui, path, session, None, &options, how, output).await;
    }
    let selection = arguments.selection()?;
    let desired = arguments.load()?;
    let root = folder(&desired)?;
    let selects_all = selection.is_all();
    let options = ImportOptions {
        selection,
        extent: ImportExtent { all: arguments.all },
        pins: arguments.pin,
        root,
    };
    let (session, mut document) = match &arguments.from {
        Some(from) => {
            let (contents, source) = read_files(ui, from, arguments.unmask)?;
            let mut document = arguments.write(ui, &desired, &contents, &options, signal)?;
            if contents.live.objects.iter().next().is_none() {
                return nothing_in_files(ui, output, document, source);
            }
            document.from = Some(source);
            let session = match arguments.asks_tenant() {
                true => Some(arguments.sign_in(ui, desired).await?),
                false => None,
            };
            (session, document)
        }
        None => {
            let session = arguments.sign_in(ui, desired).await?;
            ui.status(&format!("Reading {} …", session.place()));
            let (contents, not_covered) = read(ui, &session.graph, arguments.unmask).await?;
            let mut document =
                arguments.write(ui, &session.desired, &contents, &options, signal)?;
            document.not_covered = not_covered;
            (Some(session), document)
        }
    };
    let loaded = load::load(path);
    let findings = warnings(&loaded);
    let desired = match loaded.into_desired() {
        Ok(desired) => desired,
        Err(invalid) => {
            tell(ui, output, &document, None)?;
            return Err(CommandError::invalid(invalid, path));
        }
    };
    let Some(mut session) = session else {
        tell(ui, output, &document, None)?;
        findings.iter().for_each(|findings| ui.status(findings));
        return Ok(Done::Quietly);
    };
    session.desired = desired;
    ui.status("Planning what was imported …");
    let plan_options = PlanOptions { reach: false, ..session.plan_options() };
    let (planned, _) = session.plan(ui, &plan_options).await?;
    session.close().await;
    let mut plan = planned.plan;
    let others = if selects_all { Vec::new() } else { keep(&mut plan, &document) };
    let after = after(&plan, others);
    let (is_empty, differences) = (after.is_empty, after.differences.len());
    document.plan = Some(after);
    tell(ui, output, &document, Some(&plan))?;
    if let Some(findings) = findings {
        ui.status(&findings);
    }
    if is_empty || document.from.is_some() {
        return Ok(Done::Quietly);
    }
    let objects = phrases::count(differences, "object");
    let message = format!(
        "the tenant is not as the manifests declare: {objects} would change or cannot be compared"
    );
    ui.error(
        &Error::failed("import/differs", message)
            .hint("The plan above says what differs; `moorline plan` shows it again."),
    );
    Ok(Done::As(ErrorKind::Failed))
}

impl Arguments {
    /// Whether a tenant is asked for the plan of what files hold.
    fn asks_tenant(&self) -> bool {
        let TenantOptions { sandbox, graph_url, login_url, credential, .. } = &self.tenant;
        sandbox.is_some() || graph_url.is_some() || login_url.is_some() || credential.is_some()
    }

    async fn sign_in(&self, ui: &Ui, desired: Desired) -> Result<Session> {
        let none = Selection::new(&[], &[])?;
        Session::sign_in(ui, &self.tenant, desired, none, Ok(None)).await
    }

    /// Writes the manifests of what was read.
    fn write(
        &self,
        ui: &Ui,
        desired: &Desired,
        contents: &TenantContents,
        options: &ImportOptions,
        signal: &SignalFlag,
    ) -> Result<ImportDocument> {
        let import = import::import(desired, contents, options);
        self.expect_matches(&options.selection.conditions, contents, &import)?;
        if desired.tenant.spec.manifests.is_none() && !import.manifests.is_empty() {
            name_folder(ui, &self.path, &desired.root)?;
        }
        write(ui, desired, &import, signal)?;
        Ok(describe(desired, contents, &import, self.unmask))
    }

    /// Reads the manifests that are there, and the catalogue of setting definitions. A folder for them that the tenant file names and that does not exist yet is made.
    fn load(&self) -> Result<Desired> {
        if let Some((tenant, root)) = load::tenant(&self.path)
            && let Some(folder) = manifest::root::of(&tenant.spec)
            && tenant.spec.manifests.is_some()
        {
            let folder = root.join(folder);
            disk::make_folder(&root, &folder).map_err(|source| {
                let message = format!("`{}` cannot be made", folder.display());
                Error::failed("io/output", message).because(source)
            })?;
        }
        let mut desired = super::selection::load(&self.path)?;
        // The manifests that are there may have no settings to check; those that are written name theirs by it.
        if desired.catalogue.is_none() {
            let known = SettingCatalogue::of_folder(&desired.root);
            let known = known.map_err(|why| catalog::failed(&desired.root.join(FILE_NAME), why))?;
            desired.catalogue = known.map(Arc::new);
        }
        Ok(desired)
    }

    fn selection(&self) -> Result<ImportSelection, Error> {
        let globs = |option: &str, texts: &[String]| -> Result<Vec<GlobMatcher>, Error> {
            texts.iter().map(|text| glob(option, text)).collect()
        };
        let conditions = self.conditions.iter().map(|text| condition(text));
        let mut conditions: Vec<ObjectCondition> = conditions.collect::<Result<_, Error>>()?;
        conditions.extend(self.unmanaged.then_some(ObjectCondition::Unmanaged));
        Ok(ImportSelection {
            only: globs("--only", &self.tenant.only.globs)?,
            kinds: globs("--kind", &self.kind)?,
            conditions,
        })
    }

    /// Refuses globs that match nothing, which are misspelt more often than not.
    fn expect_matches(
        &self,
        conditions: &[ObjectCondition],
        contents: &TenantContents,
        import: &Import<'_>,
    ) -> Result<(), Error> {
        let is_empty = import.manifests.is_empty() && import.managed.is_empty();
        for (text, condition) in self.conditions.iter().zip(conditions) {
            expect_object(text, condition, contents)?;
        }
        if let Some(kind) = self.kind.first().filter(|_| is_empty && self.kind.len() == 1) {
            let all = kinds::all();
            let is_known = all
                .iter()
                .any(|known| glob("--kind", kind).is_ok_and(|glob| glob.is_match(&known.name)));
            if !is_known {
                let message = format!("`--kind {kind}` matches no kind");
                let names = all.iter().map(|kind| kind.name.as_str());
                let hint = kinds_like(kind, names.clone())
                    .unwrap_or_else(|| near_name(kind, names, "`moorline kinds` lists them all."));
                return Err(Error::usage("usage/kind", message).hint(hint));
            }
        }
        let only = self.tenant.only.globs.first().filter(|_| is_empty);
        let Some(only) = only.filter(|_| contents.live.objects.iter().next().is_some()) else {
            return Ok(());
        };
        let message = format!("`--only {only}` matches no object of the tenant");
        let hint =
            "Write KIND/NAME with the name that the manifest gets, or a glob such as 'windows*/*'.";
        Err(Error::usage("usage/only", message).hint(hint))
    }
}

/// Returns a hint with the glob of the kinds that begin with a word, or else of those that contain it, where there are
/// several.
fn kinds_like<'a>(word: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    if word.is_empty() || !word.chars().all(|letter| letter.is_ascii_alphanumeric()) {
        return None;
    }
    let place = |name: &str| name.to_ascii_lowercase().find(&word.to_ascii_lowercase());
    let begin: Vec<&str> = names.clone().filter(|name| place(name) == Some(0)).collect();
    let (found, star) = match begin.len() {
        0 | 1 => (names.filter(|name| place(name).is_some()).collect(), "*"),
        _ => (begin, ""),
    };
    // A glob tells capital from small letters.
    let written = |name: &&str| Some(name[place(name)?..][..word.len()].to_owned());
    let written = found.first().and_then(written)?;
    let count = found.iter().filter(|name| name.contains(&written)).count();
    (count > 1)
        .then(|| format!("`--kind '{star}{written}*'` takes the {count} kinds of that name."))
}

/// Tells that files hold no object, and what they hold.
fn nothing_in_files(
    ui: &Ui,
    output: &Output,
    mut document: ImportDocument,
    source: ImportSource,
) -> Result<Done> {
    let faults = source.findings.iter().filter_map(|finding| finding.file.as_ref());
    let faults: BTreeSet<&String> = faults.collect();
    let faults = (!faults.is_empty())
        .then(|| format!("{} that cannot be imported", phrases::count(faults.len(), "file")));
    let others = source.others.iter();
    let others =
        others.map(|other| format!("{} ({})", other.what, phrases::thousands(other.count)));
    let found: Vec<String> = faults.into_iter().chain(others).collect();
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
    let message = format!("`{}` holds no object for a manifest; it holds {found}", source.path);
    document.from = Some(source);
    tell(ui, output, &document, None)?;
    ui.error(&Error::failed("import/nothing", message).hint(
        "Give the folder that IntuneCD, IntuneManagement or a download from Graph wrote, or one of its files.",
    ));
    Ok(Done::As(ErrorKind::Failed))
}

/// Refuses a condition that holds for no object of the tenant.
fn expect_object(
    text: &str,
    condition: &ObjectCondition,
    contents: &TenantContents,
) -> Result<(), Error> {
    let objects = || contents.live.objects.iter();
    if objects().next().is_none() || objects().any(|it| condition.holds(it, &contents.names)) {
        return Ok(());
    }
    let wrong = text.split_once('=').map_or(text, |(_, value)| value);
    let (message, names): (String, BTreeSet<String>) = match condition {
        ObjectCondition::Group(group) => {
            let name = |id: String| {
                let label = contents.names.label(Named::Group, &id).map(str::to_owned);
                label.unwrap_or(id)
            };
            let message = format!("no object is assigned to a group `{group}`");
            (message, objects().flat_map(import::selection::groups).map(name).collect())
        }
        ObjectCondition::Name(_) | ObjectCondition::Unmanaged => {
            let message = format!("`--where {text}` matches no object");
            (message, objects().map(|object| object.display_name.clone()).collect())
        }
    };
    let otherwise = match condition {
        ObjectCondition::Group(_) => {
            "Write the group's display name or its id. A group that objects only exclude is none of theirs."
        }
        _ => "Write a display name, or a glob such as 'Windows*'.",
    };
    let hint = near_name(wrong, names.iter().map(String::as_str), otherwise);
    Err(Error::usage("usage/arguments", message).hint(hint))
}

fn glob(option: &str, text: &str) -> Result<GlobMatcher, Error> {
    let glob = Glob::new(text).map_err(|error| {
        let message = format!("`{option} {text}` is no glob: {}", error.kind());
        Error::usage("usage/only", message)
    })?;
    Ok(glob.compile_matcher())
}

fn condition(text: &str) -> Result<ObjectCondition, Error> {
    match text.split_once('=') {
        Some(("name", name)) => Ok(ObjectCondition::Name(glob("--where name=", name)?)),
        Some(("group", group)) => Ok(ObjectCondition::Group(group.to_owned())),
        None if text == "unmanaged" => Ok(ObjectCondition::Unmanaged),
        _ => {
            let message = format!("`--where {text}` is no condition");
            Err(Error::usage("usage/arguments", message)
                .hint("Write `name=GLOB`, `group=NAME` or `unmanaged`."))
        }
    }
}

/// Returns the folder of the manifests, below that of the tenant file.
pub(super) fn folder(desired: &Desired) -> Result<String, Error> {
    let folder = manifest::root::of(&desired.tenant.spec).ok_or_else(|| {
        let message =
            "`spec.manifests` of the tenant file names no folder that can be imported into";
        Error::usage("usage/path", message)
            .hint("Add one to it: `manifests: [policies]`, beside what it names already.")
    })?;
    // Files that were never read would become manifests, which may delete.
    if desired.tenant.spec.manifests.is_none() && holds_yaml(&desired.root.join(&folder)) {
        let entries = beside(&desired.root).into_iter().chain([folder.clone()]);
        let entries: Vec<String> = entries.map(|entry| Json::from(entry).to_string()).collect();
        let message = format!(
            "the folder `{folder}` holds YAML files that the tenant file does not name: they are not read, and an import would make manifests of them"
        );
        let hint = format!(
            "Move them elsewhere; or read them, then write `manifests: [{}]` below `spec:`.",
            entries.join(", ")
        );
        return Err(Error::usage("usage/path", message).hint(hint));
    }
    Ok(folder)
}

/// Whether a folder has YAML files at any depth.
fn holds_yaml(folder: &Path) -> bool {
    let is_yaml = |path: &Path| {
        let ending = path.extension().unwrap_or_default();
        ["yaml", "yml"].iter().any(|yaml| ending.eq_ignore_ascii_case(yaml))
    };
    WalkDir::new(folder)
        .follow_links(true)
        .into_iter()
        .flatten()
        .any(|entry| is_yaml(entry.path()) && !entry.file_type().is_dir())
}

/// Returns the patterns of the YAML files beside a tenant file that names no manifests.
fn beside(root: &Path) -> Vec<String> {
    let endings = ["yaml", "yml"].into_iter().filter(|ending| has_files(root, ending));
    endings.map(|ending| format!("*.{ending}")).collect()
}

/// Names the folder of the manifests in a tenant file that names none: what is below a folder is not read otherwise.
pub(super) fn name_folder(ui: &Ui, path: &Path, root: &Path) -> Result<(), Error> {
    let file = if path.is_dir() { path.join(TENANT_FILE) } else { path.to_owned() };
    let failed = |source: std::io::Error| {
        Error::failed("io/output", format!("`{}` cannot be written", file.display()))
            .because(source)
    };
    let text = disk::read_text(&file, LARGEST_TENANT_FILE).map_err(failed)?;
    let files = beside(root);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let text = import::root::named(&text, &files).map_err(|why| {
        let message = format!(
            "`{}` names no folder for manifests, and cannot be edited: {why}",
            file.display()
        );
        Error::usage("usage/path", message).hint("Add one below `spec:`: `manifests: [policies]`.")
    })?;
    disk::replace(&file, text).map_err(failed)?;
    ui.status(&format!(
        "`{}` now names the folder {} below `spec.manifests`.",
        file.display(),
        manifest::root::FOLDER
    ));
    Ok(())
}

/// The largest tenant file that is edited.
const LARGEST_TENANT_FILE: u64 = 1 << 20;

/// Whether files of an ending are beside a tenant file.
fn has_files(folder: &Path, ending: &str) -> bool {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files = entries.filter(|entry| entry.file_name() != TENANT_FILE);
    files.any(|entry| {
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        path.is_file() && !is_hidden && path.extension().is_some_and(|found| found == ending)
    })
}

/// Reads the tenant, and shows the progress.
pub(super) async fn read(
    ui: &Ui,
    graph: &Graph,
    unmasks: bool,
) -> Result<(TenantContents, Vec<import::document::NotCoveredCount>)> {
    let families = import::contents::families();
    let progress = ui.progress(families.len(), "Reading all objects");
    let scope = ReadScope {
        families,
        unmasks,
        read: &|family, objects| progress.finished(&format!("{}: {objects}", family.name)),
    };
    let (contents, not_covered) =
        tokio::join!(TenantContents::read(graph, &scope), import::not_covered::count(graph));
    Ok((contents?, not_covered))
}

/// Reads the files of another tool.
fn read_files(ui: &Ui, path: &Path, unmasks: bool) -> Result<(TenantContents, ImportSource)> {
    ui.status(&format!("Reading {} …", path.display()));
    let estate = ui.watched("the files of the other tool", || foreign::read(path));
    let errors = estate.findings.iter().filter(|finding| finding.severity == Severity::Error);
    if let Some(finding) = errors.clone().next().filter(|_| estate.objects.is_empty()) {
        let message = format!("`{}` cannot be imported: {}", path.display(), finding.message);
        let error = match failure::kind_of_findings(errors, &[path]) {
            Some(ErrorKind::Usage) => Error::usage("usage/path", message),
            _ => Error::failed("import/part", message),
        };
        let help = finding.help.as_deref().unwrap_or_default();
        return Err(error.hint(phrases::sentence(help)).into());
    }
    let others = estate.others.iter();
    let others = others.map(|(what, files)| {
        let count = files.len();
        let mut files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        files.dedup();
        OtherCount { what: what.clone(), count, files }
    });
    let source = ImportSource {
        path: path.display().to_string(),
        findings: FindingItem::all(&estate.findings, &Sources::default()),
        others: others.collect(),
    };
    Ok((files::contents(&estate, unmasks), source))
}

fn write(
    ui: &Ui,
    desired: &Desired,
    import: &Import<'_>,
    signal: &SignalFlag,
) -> Result<(), Error> {
    let write = || {
        let mut manifests = import.manifests.iter();
        manifests.try_for_each(|(_, place, manifest)| {
            if signal.is_raised() {
                return Err(interrupted());
            }
            import::write::write(&desired.root, place, manifest)
                .map_err(|error| Error::failed("io/output", error.to_string()).because(error))
        })
    };
    ui.watched("the manifests to be written", write)
}

fn describe(
    desired: &Desired,
    contents: &TenantContents,
    import: &Import<'_>,
    unmasks: bool,
) -> ImportDocument {
    let id = |object: &LiveObject| (!contents.gaps(object).id).then(|| object.id.clone());
    let mut unknown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let imported = import.manifests.iter().map(|(object, place, manifest)| {
        let names = unknown.entry(&object.kind).or_default();
        names.extend(manifest.unknown.iter().map(String::as_str));
        let file = |name: &str| format!("{}/{name}", place.folder);
        ImportItem {
            address: manifest.address.clone(),
            display_name: payload::redacted(&object.display_name).into_owned(),
            id: id(object),
            action: ImportAction::Imported,
            path: place.path(),
            files: manifest.files.iter().map(|it| file(&it.name)).collect(),
            secrets: manifest.secrets.clone(),
            left_out: manifest.left_out.clone(),
            unmasked: manifest.unmasked.clone(),
            stays_masked: false,
        }
    });
    let managed = import.managed.iter().map(|(object, address)| {
        let manifest = desired.manifest(address);
        let file = manifest.map(|manifest| &desired.sources.get(manifest.span.file).path);
        let path = file.map(|file| below(&desired.root, file));
        ImportItem {
            address: address.clone(),
            display_name: payload::redacted(&object.display_name).into_owned(),
            id: id(object),
            action: ImportAction::Managed,
            path: path.unwrap_or_default(),
            files: Vec::new(),
            secrets: Vec::new(),
            left_out: Vec::new(),
            unmasked: Vec::new(),
            stays_masked: unmasks
                && object.body.is_marked()
                && manifest.is_some_and(|manifest| manifest.spec.holds_secret()),
        }
    });
    let mut items: Vec<ImportItem> = imported.chain(managed).collect();
    items.sort_by(|a, b| (&a.path, &a.address).cmp(&(&b.path, &b.address)));
    let unknown = unknown.into_iter().filter(|(_, names)| !names.is_empty());
    let unknown = unknown.map(|(kind, names)| UnknownMembers {
        kind: kind.to_owned(),
        names: names.into_iter().map(str::to_owned).collect(),
    });
    ImportDocument {
        tenant: TenantRef::from(&desired.tenant),
        from: None,
        items,
        not_managed: import.not_managed.clone(),
        unknown_members: unknown.collect(),
        not_covered: Vec::new(),
        plan: None,
    }
}

/// Returns a path below a folder as documents have it.
fn below(root: &Path, file: &Path) -> String {
    let file = file.strip_prefix(root).unwrap_or(file);
    file.to_string_lossy().replace('\\', "/")
}

/// Returns the line about warnings of the manifests, if there are any.
fn warnings(loaded: &Loaded) -> Option<String> {
    let number = loaded.findings.len();
    let warnings = phrases::count(number, "warning");
    (number > 0).then(|| {
        format!("The manifests are valid, with {warnings}: `moorline validate` shows them.")
    })
}

/// Takes what was not selected out of a plan, and returns the addresses of the objects among it that differ.
fn keep(plan: &mut Plan, document: &ImportDocument) -> Vec<Address> {
    let selected: BTreeSet<&Address> = document.items.iter().map(|item| &item.address).collect();
    let is_selected = |change: &Change| selected.contains(&change.address);
    let (kept, others) = std::mem::take(&mut plan.changes).into_iter().partition(is_selected);
    let others: Vec<Change> = others;
    plan.changes = kept;
    plan.summary = Summary::of(&plan.changes);
    plan.limits.clear();
    others.into_iter().filter(Change::is_difference).map(|change| change.address).collect()
}

fn after(plan: &Plan, not_selected: Vec<Address>) -> PlanAfterImport {
    let changes = plan.changes.iter().filter(|change| change.is_difference());
    let differences = changes
        .map(|change| PlanDifference { address: change.address.clone(), reasons: reasons(change) });
    PlanAfterImport {
        is_empty: plan.summary.is_empty() && plan.unread() == 0,
        summary: plan.summary.clone(),
        differences: differences.collect(),
        not_selected,
    }
}

fn reasons(change: &Change) -> Vec<String> {
    let fields = change.with_status(FieldStatus::Change).map(|field| field.path.to_string());
    let targets = change.assignments.iter().map(|it| format!("assignment to {}", it.target));
    let blocked = change.blocked.iter().map(|why| why.message.clone());
    match change.action {
        Action::Create => vec!["the tenant has no such object".to_owned()],
        _ => fields.chain(targets).chain(blocked).collect(),
    }
}

/// Writes the result, and the plan.
fn tell(ui: &Ui, output: &Output, document: &ImportDocument, plan: Option<&Plan>) -> Result<()> {
    let text = match output.format {
        Format::Json => Document::Import.render(document),
        Format::Text | Format::Markdown => {
            let verbose = ui.verbosity > 0;
            let text = report::text::import(document, output.writer(ui), verbose);
            let plan = plan.map(|plan| match plan.summary.is_empty() {
                true => report::text::verdict(plan, output.writer(ui)),
                false => report::text::story(plan, output.writer(ui), false),
            });
            let others = document.plan.as_ref().map(|after| &after.not_selected);
            let others = others.map(|others| report::text::not_selected(others, output.writer(ui)));
            text + &plan.unwrap_or_default() + &others.unwrap_or_default()
        }
    };
    Ok(output.write(ui, &text)?)
}
