//! `moorline import`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use globset::{Glob, GlobMatcher};

use super::adopt::{self, AdoptArguments};
use super::failure::CommandError;
use super::output::{Output, without_markdown};
use super::selection::{Selection, near_name};
use super::session::Session;
use super::{Done, Format, Result, TenantOptions};
use crate::error::{Error, ErrorKind};
use crate::graph::Graph;
use crate::import::adopt::AdoptOptions;
use crate::import::document::{
    ImportAction, ImportDocument, ImportItem, PlanAfterImport, PlanDifference, UnknownMembers,
};
use crate::import::{
    self, Extent, Import, ImportOptions, ImportSelection, ObjectCondition, ReadScope, Snapshot,
};
use crate::kinds;
use crate::manifest::{Desired, Loaded, load};
use crate::plan::{Action, Change, FieldStatus, Plan, PlanOptions, TenantRef};
use crate::report;
use crate::report::json::Document;
use crate::report::phrases;
use crate::ui::Ui;

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
    /// Import only objects that no manifest manages.
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
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let Arguments { path, tenant, output, .. } = arguments;
    if arguments.refresh {
        let session = Session::open(ui, tenant, path, &tenant.only.globs).await?;
        let options = AdoptOptions { unmasks: arguments.unmask, ..AdoptOptions::default() };
        let how = AdoptArguments { check: arguments.check, diff: arguments.diff };
        return adopt::run(ui, path, session, &options, how, output).await;
    }
    let selection = arguments.selection()?;
    let desired = arguments.load()?;
    let root = folder(&desired)?;
    let options = ImportOptions {
        selection,
        extent: Extent { all: arguments.all },
        pins: arguments.pin,
        root,
    };
    let none = Selection::new(&[], &[])?;
    let mut session = Session::sign_in(ui, tenant, desired, none, Ok(None)).await?;
    ui.status(&format!("Reading {} …", session.place()));
    let (snapshot, not_covered) = read(ui, &session.graph, arguments.unmask).await?;
    let import = import::import(&session.desired, &snapshot, &options);
    arguments.expect_matches(&snapshot, &import)?;
    write(ui, &session.desired, &import)?;
    let mut document = describe(&session.desired, &import);
    document.not_covered = not_covered;
    drop(import);
    drop(snapshot);
    let loaded = load::load(path);
    let findings = warnings(&loaded);
    session.desired = match loaded.into_desired() {
        Ok(desired) => desired,
        Err(invalid) => {
            tell(ui, output, &document, None)?;
            return Err(CommandError::invalid(invalid, path));
        }
    };
    ui.status("Planning what was imported …");
    let plan_options = PlanOptions { reach: false, ..session.plan_options() };
    let (planned, _) = session.plan(ui, &plan_options).await?;
    session.close().await;
    let plan = planned.plan;
    document.plan = Some(after(&plan));
    tell(ui, output, &document, Some(&plan))?;
    if let Some(findings) = findings {
        ui.status(&findings);
    }
    if plan.summary.is_empty() && plan.unread() == 0 {
        return Ok(Done::Quietly);
    }
    let differences = plan.changes.iter().filter(|change| change.is_difference()).count();
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
    /// Reads the manifests that are there. A folder for them that the tenant file names and that does not exist yet is made.
    fn load(&self) -> Result<Desired> {
        if let Some((tenant, root)) = load::tenant(&self.path)
            && let Some(folder) = import::root::of(&tenant.spec)
            && tenant.spec.manifests.is_some()
        {
            let folder = root.join(folder);
            std::fs::create_dir_all(&folder).map_err(|source| {
                let message = format!("`{}` cannot be made", folder.display());
                Error::failed("io/output", message).because(source)
            })?;
        }
        super::selection::load(&self.path)
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
    fn expect_matches(&self, snapshot: &Snapshot, import: &Import<'_>) -> Result<(), Error> {
        let is_empty = import.manifests.is_empty() && import.managed.is_empty();
        if let Some(kind) = self.kind.first().filter(|_| is_empty && self.kind.len() == 1) {
            let all = kinds::all();
            let is_known = all
                .iter()
                .any(|known| glob("--kind", kind).is_ok_and(|glob| glob.is_match(&known.name)));
            if !is_known {
                let message = format!("`--kind {kind}` matches no kind");
                let names = all.iter().map(|kind| kind.name.as_str());
                let hint = near_name(kind, names, "`moorline kinds` lists them all.");
                return Err(Error::usage("usage/kind", message).hint(hint));
            }
        }
        let only = self.tenant.only.globs.first().filter(|_| is_empty);
        let Some(only) = only.filter(|_| snapshot.live.objects.iter().next().is_some()) else {
            return Ok(());
        };
        let message = format!("`--only {only}` matches no object of the tenant");
        let hint =
            "Write KIND/NAME with the name that the manifest gets, or a glob such as 'windows*/*'.";
        Err(Error::usage("usage/only", message).hint(hint))
    }
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
    import::root::of(&desired.tenant.spec).ok_or_else(|| {
        let message =
            "no entry of `spec.manifests` is a folder that manifests can be imported into";
        Error::usage("usage/path", message)
            .hint("Add one to the tenant file: `manifests: [policies]`.")
    })
}

/// Reads the tenant, and shows the progress.
pub(super) async fn read(
    ui: &Ui,
    graph: &Graph,
    unmasks: bool,
) -> Result<(Snapshot, Vec<import::document::NotCoveredCount>)> {
    let families = import::snapshot::families();
    let progress = ui.progress(families.len(), "Reading all objects");
    let scope = ReadScope {
        families,
        unmasks,
        read: &|family, objects| progress.finished(&format!("{}: {objects}", family.name)),
    };
    let (snapshot, not_covered) =
        tokio::join!(Snapshot::read(graph, &scope), import::not_covered::count(graph));
    Ok((snapshot?, not_covered))
}

fn write(ui: &Ui, desired: &Desired, import: &Import<'_>) -> Result<(), Error> {
    let write = || {
        let mut manifests = import.manifests.iter();
        manifests.try_for_each(|(_, place, manifest)| {
            import::write::write(&desired.root, place, manifest)
        })
    };
    ui.watched("the manifests to be written", write)
        .map_err(|error| Error::failed("io/output", error.to_string()).because(error))
}

fn describe(desired: &Desired, import: &Import<'_>) -> ImportDocument {
    let mut unknown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let imported = import.manifests.iter().map(|(object, place, manifest)| {
        let names = unknown.entry(&object.kind).or_default();
        names.extend(manifest.unknown.iter().map(String::as_str));
        let file = |name: &str| format!("{}/{name}", place.folder);
        ImportItem {
            address: manifest.address.clone(),
            display_name: object.display_name.clone(),
            id: object.id.clone(),
            action: ImportAction::Imported,
            path: place.path(),
            files: manifest.files.iter().map(|it| file(&it.name)).collect(),
            secrets: manifest.secrets.clone(),
            left_out: manifest.left_out.clone(),
            unmasked: manifest.unmasked.clone(),
        }
    });
    let managed = import.managed.iter().map(|(object, address)| {
        let manifest = desired.manifest(address);
        let file = manifest.map(|manifest| &desired.sources.get(manifest.span.file).path);
        let path = file.map(|file| below(&desired.root, file));
        ImportItem {
            address: address.clone(),
            display_name: object.display_name.clone(),
            id: object.id.clone(),
            action: ImportAction::Managed,
            path: path.unwrap_or_default(),
            files: Vec::new(),
            secrets: Vec::new(),
            left_out: Vec::new(),
            unmasked: Vec::new(),
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

fn after(plan: &Plan) -> PlanAfterImport {
    let changes = plan.changes.iter().filter(|change| change.is_difference());
    let differences = changes
        .map(|change| PlanDifference { address: change.address.clone(), reasons: reasons(change) });
    PlanAfterImport {
        is_empty: plan.summary.is_empty() && plan.unread() == 0,
        summary: plan.summary.clone(),
        differences: differences.collect(),
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
            text + &plan.unwrap_or_default()
        }
    };
    Ok(output.write(ui, &text)?)
}
