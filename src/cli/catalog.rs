//! `moorline catalog`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::CommandError;
use super::output::{
    Output, expect_no_manifest, prove_writable, save_bytes, unwritable, without_markdown,
};
use super::session::{Connection, SignedIn, block_on};
use super::{Done, Result, TenantOptions};
use crate::clock::Clock;
use crate::definitions::document::{CatalogDocument, CatalogSummary, DiffEntry, SettingEntry};
use crate::definitions::{self, CatalogueError, CatalogueWriter, FILE_NAME, SettingCatalogue};
use crate::disk;
use crate::error::Error;
use crate::manifest::{Invalid, load};
use crate::report::phrases::{count, sentence};
use crate::report::{self, json::Document};
use crate::scaffold::folder::MANIFEST_SCHEMA;
use crate::schema::semantics::{Form, Semantics};
use crate::tenant;
use crate::text::shell;
use crate::ui::Ui;

/// Keep the definitions of settings: names, options, bounds and places of what settings catalog policies hold.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: CatalogCommand,
}

#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// Read the definitions from the tenant, or from a file, into the catalogue.
    ///
    /// The tenant answers to DeviceManagementConfiguration.Read.All. Definitions are the same in every tenant of a cloud.
    Refresh(Box<RefreshArguments>),
    /// Print what the catalogue says of itself.
    Info(InfoArguments),
    /// Find settings by words in their names, ids, categories, options and descriptions.
    Search(SearchArguments),
    /// Print the definition of a setting.
    Show(ShowArguments),
    /// Print what changed from one catalogue to another for the settings that the manifests use.
    Diff(DiffArguments),
}

#[derive(Debug, Args)]
#[command(mut_arg("globs", |only| only.hide(true)))]
struct RefreshArguments {
    /// Folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Read the definitions from this file: Graph's answer to /deviceManagement/configurationSettings.
    #[arg(long, value_name = "settings.json", conflicts_with_all = ["sandbox", "graph_url"])]
    from: Option<PathBuf>,
    /// Read the names of categories from this file: Graph's answer to /deviceManagement/configurationCategories.
    #[arg(long, value_name = "categories.json", requires = "from")]
    categories: Option<PathBuf>,
    /// Read the templates of policies from this file: Graph's answer to /deviceManagement/configurationPolicyTemplates, each
    /// one with its settingTemplates.
    #[arg(long, value_name = "templates.json", requires = "from")]
    templates: Option<PathBuf>,
    /// File to write; by default moorline.catalog beside moorline.yaml.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    tenant: TenantOptions,
}

/// The argument that names the catalogue.
#[derive(Debug, Args)]
struct CatalogFile {
    /// Catalogue to read; by default moorline.catalog beside the moorline.yaml of this folder.
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
struct InfoArguments {
    #[command(flatten)]
    file: CatalogFile,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
struct SearchArguments {
    /// Words that a setting must have, in any order.
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// Find only settings for this platform, such as windows10, macOS or iOS.
    #[arg(long, value_name = "NAME")]
    platform: Option<String>,
    /// Maximum number of settings to print.
    #[arg(long, value_name = "N", default_value_t = 20)]
    most: usize,
    #[command(flatten)]
    file: CatalogFile,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
struct ShowArguments {
    /// Id of the definition.
    id: String,
    #[command(flatten)]
    file: CatalogFile,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
struct DiffArguments {
    /// Earlier catalogue.
    old: PathBuf,
    /// Later catalogue.
    new: PathBuf,
    /// Folder with the moorline.yaml whose manifests use settings, or that file.
    #[arg(long, value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Print every setting that changed.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    /// Returns the arguments for the result, if the command has one.
    pub(super) fn output(&self) -> Option<&Output> {
        match &self.command {
            CatalogCommand::Refresh(_) => None,
            CatalogCommand::Info(arguments) => Some(&arguments.output),
            CatalogCommand::Search(arguments) => Some(&arguments.output),
            CatalogCommand::Show(arguments) => Some(&arguments.output),
            CatalogCommand::Diff(arguments) => Some(&arguments.output),
        }
    }
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let (document, output) = match &arguments.command {
        CatalogCommand::Refresh(arguments) => return refresh(ui, arguments),
        CatalogCommand::Info(arguments) => {
            let (_, summary) = arguments.file.open()?;
            (CatalogDocument::of(summary), &arguments.output)
        }
        CatalogCommand::Search(arguments) => (search(arguments)?, &arguments.output),
        CatalogCommand::Show(arguments) => (show(arguments)?, &arguments.output),
        CatalogCommand::Diff(arguments) => (diff(arguments)?, &arguments.output),
    };
    let text = if output.is_json() {
        Document::Catalog.render(&document)
    } else {
        report::text::catalog(&document, output.writer(ui))
    };
    output.write(ui, &text)?;
    // As with `grep`, to find nothing is not a success.
    Ok(Done::failed_if(document.matches == Some(0)))
}

fn search(arguments: &SearchArguments) -> Result<CatalogDocument> {
    let (catalogue, summary) = arguments.file.open()?;
    let file = PathBuf::from(&summary.file);
    let (found, number) = catalogue
        .search(&arguments.words, arguments.platform.as_deref(), arguments.most)
        .map_err(|error| failed(&file, error))?;
    let found = found.into_iter().map(|it| SettingEntry::brief(&it.definition, it.category));
    let settings = Some(found.collect());
    Ok(CatalogDocument { settings, matches: Some(number), ..CatalogDocument::of(summary) })
}

fn show(arguments: &ShowArguments) -> Result<CatalogDocument> {
    let (catalogue, summary) = arguments.file.open()?;
    let file = PathBuf::from(&summary.file);
    let id = &arguments.id;
    let Some(definition) = catalogue.get(id).map_err(|error| failed(&file, error))? else {
        let near = catalogue.nearest(id).map_err(|error| failed(&file, error))?;
        let hint = match near {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "Look for it by words: `moorline catalog search`.".to_owned(),
        };
        let message = format!("`{}` has no setting `{id}`", file.display());
        return Err(Error::failed("catalog/unknown", message).hint(hint).into());
    };
    let entry = SettingEntry::whole(&catalogue, &definition);
    let settings = Some(vec![entry.map_err(|error| failed(&file, error))?]);
    Ok(CatalogDocument { settings, ..CatalogDocument::of(summary) })
}

fn diff(arguments: &DiffArguments) -> Result<CatalogDocument> {
    let (old, from) = open(&arguments.old)?;
    let (new, summary) = open(&arguments.new)?;
    let used = used(&arguments.path);
    let has_manifests = used.is_some();
    let diff = old.diff(&new, &used.unwrap_or_default());
    let diff = diff.map_err(|error| failed(&arguments.new, error))?;
    let diff = DiffEntry::new(from, diff, has_manifests, arguments.all || !has_manifests);
    let diff = Some(diff);
    Ok(CatalogDocument { diff, ..CatalogDocument::of(summary) })
}

/// Returns the ids of the settings that the manifests of a tenant hold; `None` where there is no tenant.
fn used(path: &Path) -> Option<BTreeSet<String>> {
    let loaded = load::load(path);
    loaded.tenant.as_ref()?;
    let kinds = || Semantics::built_in().in_form(Form::SettingsCatalog);
    let settings = loaded.manifests.iter().filter_map(|manifest| {
        let (_, property) = kinds().find(|(kind, _)| *kind == manifest.address.kind)?;
        manifest.spec.get(property)
    });
    Some(settings.flat_map(|settings| definitions::ids(&settings.to_json())).collect())
}

impl CatalogFile {
    /// Opens the catalogue.
    fn open(&self) -> Result<(SettingCatalogue, CatalogSummary)> {
        open(&self.catalog.clone().unwrap_or_else(|| beside_tenant_file(Path::new("."))))
    }
}

pub(super) fn open(path: &Path) -> Result<(SettingCatalogue, CatalogSummary)> {
    let catalogue = SettingCatalogue::open(path).map_err(|error| failed(path, error))?;
    let summary = CatalogSummary::new(&catalogue, path.display().to_string());
    Ok((catalogue, summary))
}

/// Returns the path of the catalogue that belongs to a folder with a moorline.yaml, or to that file.
fn beside_tenant_file(path: &Path) -> PathBuf {
    let folder = if path.is_file() { path.parent().unwrap_or(Path::new("")) } else { path };
    let file = folder.join(FILE_NAME);
    file.strip_prefix(".").map(Path::to_owned).unwrap_or(file)
}

pub(super) fn failed(path: &Path, error: CatalogueError) -> CommandError {
    if let CatalogueError::Unreadable { source, .. } = &error
        && source.kind() == std::io::ErrorKind::NotFound
    {
        let message = format!("there is no catalogue `{}`", path.display());
        return Error::failed("catalog/missing", message).into();
    }
    let hint = sentence(error.remedy());
    let is_named = matches!(error, CatalogueError::Unreadable { .. });
    let message =
        if is_named { error.to_string() } else { format!("`{}`: {error}", path.display()) };
    Error::failed(error.code(), message).hint(hint).into()
}

fn refresh(ui: &Ui, arguments: &RefreshArguments) -> Result<Done> {
    let out = arguments.out.clone().unwrap_or_else(|| beside_tenant_file(&arguments.path));
    // What cannot be written is not read.
    expect_no_manifest(&out)?;
    prove_writable(&out).map_err(|source| unwritable(&out, source))?;
    let mut writer = CatalogueWriter::default();
    let (input, source) = match &arguments.from {
        Some(from) => {
            from_files(ui, from, arguments, &mut writer)?;
            let name = from.file_name().unwrap_or(from.as_os_str()).to_string_lossy();
            (from.clone(), name.into_owned())
        }
        None => {
            let tenant = block_on(from_tenant(ui, arguments, &mut writer))??;
            (PathBuf::from(tenant::definitions::SETTINGS), format!("the tenant {tenant}"))
        }
    };
    let skipped = writer.skipped();
    if skipped > 0 {
        let entries = count(skipped as usize, "definition");
        ui.warning(&format!("{entries} had no usable id and were left out."));
    }
    let made = Clock::system().now().strftime("%Y-%m-%d").to_string();
    let bytes = writer.finish(&made, &source).map_err(|error| failed(&input, error))?;
    let new = SettingCatalogue::read(std::io::Cursor::new(bytes.clone()))
        .map_err(|error| failed(&out, error))?
        .info();
    let definitions = count(new.definitions as usize, "definition");
    let old = SettingCatalogue::open(&out).ok().map(|old| old.info());
    if old.as_ref().is_some_and(|old| old.digest == new.digest) {
        let same = old.map(|old| old.made).unwrap_or_default();
        ui.status(&format!("`{}` is up to date: {definitions}, as on {same}.", out.display()));
        return Ok(Done::Quietly);
    }
    if let Some(old) = old.filter(|old| new.definitions < old.definitions / 2) {
        let before = count(old.definitions as usize, "definition");
        ui.warning(&format!("The catalogue had {before} before, and has {definitions} now."));
    }
    save_bytes(ui, &out, &bytes)?;
    let (categories, length) = (count(new.categories as usize, "category"), bytes.len());
    let categories = categories.replace("categorys", "categories");
    let templates = match new.templates {
        0 => String::new(),
        number => format!(", {}", count(number as usize, "template")),
    };
    ui.status(&format!(
        "Wrote `{}`: {definitions} in {categories}{templates}, {}.",
        out.display(),
        count(length, "byte")
    ));
    ui.status(&format!("`{}` lets the editor know its settings.", editor_command(&out)));
    Ok(Done::Quietly)
}

/// Returns the command that tells the editor of the settings of a catalogue.
fn editor_command(catalogue: &Path) -> String {
    let folder = catalogue.parent().unwrap_or(Path::new(""));
    let schema = folder.join(MANIFEST_SCHEMA);
    let schema = shell::quoted(&schema.to_string_lossy());
    let command = format!("moorline schema --editor {schema}");
    // The catalogue of this folder needs no argument.
    if catalogue == Path::new(FILE_NAME) {
        return command;
    }
    format!("{command} --catalog {}", shell::quoted(&catalogue.to_string_lossy()))
}

/// Reads definitions, categories and templates from files.
fn from_files(
    ui: &Ui,
    settings: &Path,
    arguments: &RefreshArguments,
    writer: &mut CatalogueWriter,
) -> Result<()> {
    let open = |path: &Path| {
        let unreadable = |source| {
            let message = format!("`{}` cannot be read", path.display());
            Error::failed("io/read", message).because(source)
        };
        disk::open(path).map_err(unreadable)
    };
    let file = open(settings)?;
    let what = format!("the definitions of `{}`", settings.display());
    ui.watched(&what, || writer.read(file)).map_err(|error| failed(settings, error))?;
    match &arguments.categories {
        Some(categories) => {
            let file = open(categories)?;
            writer.read_categories(file).map_err(|error| failed(categories, error))?;
        }
        None => {
            ui.status("The categories have no names: `--categories categories.json` reads them.")
        }
    }
    if let Some(templates) = &arguments.templates {
        let file = open(templates)?;
        let without = writer.read_templates(file).map_err(|error| failed(templates, error))?;
        warn_of_templates(ui, &without);
    }
    Ok(())
}

/// Warns of templates whose settings are not known.
fn warn_of_templates(ui: &Ui, left_out: &[String]) {
    if let Some(first) = left_out.first() {
        let number = count(left_out.len(), "template");
        ui.warning(&format!("{number} came without settings, such as `{first}`."));
    }
}

/// Reads definitions, categories and templates from the tenant, and returns its name.
async fn from_tenant(
    ui: &Ui,
    arguments: &RefreshArguments,
    writer: &mut CatalogueWriter,
) -> Result<String> {
    // The manifests may be waiting for the catalogue, so that only the tenant file has to be right.
    let Some((tenant, root)) = load::tenant(&arguments.path) else {
        let loaded = load::load(&arguments.path);
        let invalid = Invalid { findings: loaded.findings, sources: loaded.sources };
        return Err(CommandError::invalid(Box::new(invalid), &arguments.path));
    };
    let options = &arguments.tenant;
    let connection = Connection::open(ui, options, &tenant, &root).await?;
    let signed_in = SignedIn::complete(ui, options, &tenant, connection).await?;
    ui.status("Reading the definitions of settings …");
    let read = tenant::definitions::read(&signed_in.graph, writer).await;
    signed_in.close().await;
    warn_of_templates(ui, &read?);
    Ok(tenant.spec.tenant_id)
}
