//! `moorline schema`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::catalog;
use super::documents::{self, DOCUMENTS};
use super::output::save;
use super::selection::near_name;
use super::{Done, Result};
use crate::definitions::{FILE_NAME, SettingCatalogue};
use crate::disk;
use crate::error::Error;
use crate::kinds;
use crate::manifest::envelope_schema;
use crate::report::phrases;
use crate::schema::editor;
use crate::schema::generate::{self, Root};
use crate::schema::semantics::Semantics;
use crate::schema::types::{GraphVersion, Types};
use crate::schema::{csdl, reference, validate};
use crate::ui::Ui;

/// The longest metadata document that is read, in bytes: Graph's own has a tenth of it.
const LONGEST: u64 = 64 << 20;

/// Print the JSON Schema of a kind or a document, or generate schemas.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<SchemaCommand>,
    /// Kind whose schema is printed.
    kind: Option<String>,
    /// Graph version of the kind.
    #[arg(long, value_name = "VERSION", default_value = "beta", value_parser = version)]
    graph_version: GraphVersion,
    /// Print the schema of one of Moorline's own documents, such as tenant, plan or drift.
    #[arg(long, value_name = "NAME", conflicts_with = "kind")]
    document: Option<String>,
    /// Write a schema to this file with which editors complete kinds and their properties.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kind", "document"])]
    editor: Option<PathBuf>,
    /// Catalogue whose settings editors complete too; by default moorline.catalog in this folder, if it is there.
    #[arg(long, value_name = "FILE", requires = "editor")]
    catalog: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum SchemaCommand {
    /// Generate the schemas of a Graph version from an OData metadata document.
    Generate {
        /// CSDL document: Graph's `$metadata`, whole or a subset.
        #[arg(long, value_name = "FILE")]
        metadata: PathBuf,
        /// Graph version that the document describes.
        #[arg(long, value_name = "VERSION", value_parser = version)]
        graph_version: GraphVersion,
        /// File to write the schemas to; by default schemas/graph/VERSION.json.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

fn version(text: &str) -> Result<GraphVersion, String> {
    GraphVersion::parse(text).ok_or_else(|| "use `beta` or `v1.0`".to_owned())
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let schema = match (&arguments.command, &arguments.kind, &arguments.document, &arguments.editor)
    {
        (Some(SchemaCommand::Generate { metadata, graph_version, output }), ..) => {
            let default = PathBuf::from(format!("schemas/graph/{graph_version}.json"));
            let output = output.as_ref().unwrap_or(&default);
            let count = generate_file(ui, metadata, *graph_version, output)?;
            ui.status(&format!("Wrote {}: {count} types.", output.display()));
            return Ok(Done::Quietly);
        }
        (_, _, _, Some(path)) => {
            let catalogue = catalogue(arguments.catalog.as_deref())?;
            let schema = editor_schema(catalogue.as_ref())?;
            save(ui, path, &(schema.to_string() + "\n"))?;
            let known = catalogue.map(|(file, catalogue)| {
                let settings = phrases::count(catalogue.info().definitions as usize, "setting");
                format!(" with {settings} of {}", file.display())
            });
            ui.status(&format!("Wrote {}{}.", path.display(), known.unwrap_or_default()));
            return Ok(Done::Quietly);
        }
        (_, _, Some(name), _) => document(name)?,
        (_, Some(kind), ..) => schema_of_kind(kind, arguments.graph_version)?,
        _ => {
            let error = Error::usage("usage/schema", "there is nothing to print");
            return Err(error.hint("Name a kind; `moorline kinds` lists them.").into());
        }
    };
    ui.data(&pretty(&schema))?;
    Ok(Done::Quietly)
}

fn pretty(schema: &Value) -> String {
    format!("{schema:#}\n")
}

fn document(name: &str) -> Result<Value, Error> {
    let Some(document) = documents::find(name) else {
        let error = Error::usage("usage/document", format!("there is no document `{name}`"));
        let names: Vec<&str> = DOCUMENTS.iter().map(|document| document.name).collect();
        return Err(error.hint(format!("Use one of {}.", names.join(", "))));
    };
    Ok((document.schema)())
}

fn schema_of_kind(kind: &str, version: GraphVersion) -> Result<Value, Error> {
    // Types that kinds consist of are printed too.
    if let Some(mut schema) = validate::document(version, kind) {
        reference::describe(&mut schema);
        if let Some(portal) = kinds::portal::of(kind) {
            schema["description"] = portal.words().into();
        }
        return Ok(schema);
    }
    if let Some((name, called)) = kinds::not_covered::find(kind) {
        let message = format!("`{name}` is {called}, which Moorline does not cover");
        let hint = format!("Moorline covers {}.", kinds::not_covered::COVERED);
        return Err(Error::usage("usage/kind", message).hint(hint));
    }
    let error = Error::usage("usage/kind", format!("Graph {version} has no type `{kind}`"));
    let names = Types::of(version).names();
    Err(error.hint(near_name(kind, names, "`moorline kinds` lists the kinds.")))
}

fn generate_file(
    ui: &Ui,
    metadata: &Path,
    version: GraphVersion,
    output: &Path,
) -> Result<usize, Error> {
    let text = disk::read_text(metadata, LONGEST).map_err(|source| {
        Error::failed("io/read", format!("`{}` cannot be read", metadata.display())).because(source)
    })?;
    let unusable = |source: csdl::CsdlError| {
        Error::failed("schema/metadata", format!("`{}` is no usable metadata document", metadata.display()))
            .because(source)
            .hint("Download it from https://graph.microsoft.com/beta/$metadata, or take one from https://github.com/moorline/moorline/tree/main/schemas/graph.")
    };
    let types = csdl::read(&text).map_err(unusable)?;
    let curated = &Semantics::built_in().constraints;
    let schema = generate::generate(version, &types, curated, &roots(version)).map_err(unusable)?;
    save(ui, output, &pretty(&schema))?;
    Ok(schema["$defs"]
        .as_object()
        .map_or(0, |defs| defs.keys().filter(|name| !name.contains(':')).count()))
}

/// Returns the types to generate schemas from: each family's root type, and its assignments.
fn roots(version: GraphVersion) -> Vec<Root<'static>> {
    let root = |family: &'static kinds::Family| Root {
        name: family.root,
        navigations: family.assign.iter().map(|assign| assign.property).collect(),
    };
    let families = kinds::FAMILIES.iter().copied();
    families.filter(|family| family.versions.contains(&version)).map(root).collect()
}

/// Opens the catalogue of setting definitions that is named, or that of this folder.
pub(super) fn catalogue(named: Option<&Path>) -> Result<Option<(PathBuf, SettingCatalogue)>> {
    let file = named.unwrap_or(Path::new(FILE_NAME));
    if named.is_none() && !file.exists() {
        return Ok(None);
    }
    let (catalogue, _) = catalog::open(file)?;
    Ok(Some((file.to_owned(), catalogue)))
}

/// Returns the schema of manifests for editors.
pub(super) fn editor_schema(catalogue: Option<&(PathBuf, SettingCatalogue)>) -> Result<Value> {
    let kinds = kinds::all().into_iter().map(|kind| (kind.name, kind.versions));
    let kinds: Vec<_> = kinds.collect();
    let (envelope, known) = (envelope_schema(), catalogue.map(|(_, catalogue)| catalogue));
    let file = || catalogue.map(|(file, _)| file.clone()).unwrap_or_default();
    editor::schema(&envelope, &kinds, known).map_err(|error| catalog::failed(&file(), error))
}
