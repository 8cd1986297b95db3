//! `moorline new`.

use std::path::PathBuf;

use clap::Args;

use super::failure::CommandError;
use super::import::name_folder;
use super::output::unwritable;
use super::selection::near_name;
use super::{Done, Result};
use crate::error::Error;
use crate::kinds::document::{KindQuery, KindsDocument};
use crate::kinds::{self, Kind};
use crate::manifest::{Address, Loaded, load};
use crate::scaffold::folder::create;
use crate::scaffold::place::{ManifestPlace, words_of};
use crate::scaffold::skeleton::Skeleton;
use crate::schema::semantics::Stage;
use crate::text::sanitize;
use crate::ui::Ui;

/// The most kinds that are named in the place of a wrong one.
const MOST_NEAR: usize = 6;

/// The NAME that asks for the skeleton on stdout.
const STDOUT: &str = "-";

/// Write a manifest to begin with: what is required, what is commonly set, and the rest as comments. No file is overwritten.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Kind of the object; `moorline kinds` lists them.
    kind: String,
    /// Display name of the object, of which the name of the manifest is made; `-` prints as --print does.
    name: Option<String>,
    /// Print the manifest instead of writing a file.
    #[arg(long)]
    print: bool,
    /// Folder of the tenant.
    #[arg(long, value_name = "PATH", default_value = ".")]
    tenant: PathBuf,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let kind = kind_of(&arguments.kind)?;
    let is_printed = arguments.print || arguments.name.as_deref() == Some(STDOUT);
    let name = arguments.name.as_deref().filter(|name| *name != STDOUT);
    let display_name = name.map_or_else(|| words_of(&kind), str::to_owned);
    let place = ManifestPlace::of(&kind, &display_name);
    let text = Skeleton::of(&kind)
        .map(|skeleton| skeleton.text(&place.name, &display_name))
        .unwrap_or_default();
    if is_printed {
        ui.data(&text)?;
        return Ok(Done::Quietly);
    }
    let loaded = load::load(&arguments.tenant);
    let Some(tenant) = &loaded.tenant else {
        let invalid = loaded.into_desired().err();
        return Err(invalid
            .map_or_else(no_tenant, |invalid| CommandError::invalid(invalid, &arguments.tenant)));
    };
    let address = Address { kind: kind.name.clone(), name: place.name.clone() };
    refuse_second(&kind, &address, &loaded)?;
    let (folder, is_read) = place.folder(&loaded.root, tenant);
    let path = folder.join(format!("{}.yaml", place.name));
    let is_made = create(&loaded.root, &path, &text).map_err(|source| unwritable(&path, source))?;
    if !is_made {
        let message = format!("`{}` is there already, and stays as it is", path.display());
        return Err(Error::failed("new/exists", message)
            .hint("Give another NAME, or print the manifest with `--print`.")
            .into());
    }
    ui.data(&format!("{}\n", sanitize::line(&path.display().to_string())))?;
    if tenant.spec.manifests.is_none() {
        name_folder(ui, &arguments.tenant, &loaded.root)?;
    } else if !is_read {
        ui.warning(&format!(
            "`spec.manifests` of the tenant file does not name `{}`: add it there",
            folder.display()
        ));
    }
    let at = match arguments.tenant.to_str() {
        Some(".") => String::new(),
        _ => format!(" {}", arguments.tenant.display()),
    };
    ui.status(&format!("Edit it; `moorline plan{at} --sandbox` shows what it does."));
    Ok(Done::Quietly)
}

fn no_tenant() -> CommandError {
    Error::failed("tenant/missing", "there is no tenant file").into()
}

/// Refuses an address that a manifest of the tenant has, and a second object of a kind of which there is one.
fn refuse_second(kind: &Kind, address: &Address, loaded: &Loaded) -> Result<(), Error> {
    let is_taken = |other: &Address| {
        other == address || kind.family.is_singleton() && other.kind == address.kind
    };
    let Some(taken) = loaded.origins.iter().find(|origin| is_taken(&origin.address)) else {
        return Ok(());
    };
    let place = loaded.sources.locate(taken.document);
    let message = format!("`{}` is declared already, at {place}", taken.address);
    let error = Error::failed("new/exists", message);
    Err(if kind.family.is_singleton() {
        error.hint("A tenant has one: edit that manifest.")
    } else {
        error.hint("Give another NAME, or edit that manifest.")
    })
}

/// Returns the kind of a name.
fn kind_of(name: &str) -> Result<Kind, Error> {
    let all = kinds::all();
    let found = all.iter().find(|kind| kind.name == name);
    if let Some(kind) = found.or(all.iter().find(|kind| kind.name.eq_ignore_ascii_case(name))) {
        let converted = kind.lifecycle.as_ref().filter(|it| it.state == Stage::Converted);
        return match converted {
            Some(lifecycle) => {
                let message =
                    format!("the service makes an object of another kind of a new `{}`", kind.name);
                let next = lifecycle.successor.clone().unwrap_or_default();
                Err(Error::usage("usage/kind", message)
                    .hint(format!("Write `moorline new {next}`.")))
            }
            None => Ok(kind.clone()),
        };
    }
    if let Some((name, called)) = kinds::not_covered::find(name) {
        let message = format!("`{name}` is {called}, which Moorline does not cover");
        let hint = format!("Moorline covers {}.", kinds::not_covered::COVERED);
        return Err(Error::usage("usage/kind", message).hint(hint));
    }
    let message = format!("there is no kind `{name}`");
    Err(Error::usage("usage/kind", message).hint(near_kinds(name, &all)))
}

/// Returns the hint for a name that is no kind: the kinds that have its words in a name of theirs, or the one that is spelt
/// most alike.
fn near_kinds(name: &str, all: &[Kind]) -> String {
    let words: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
    let query = KindQuery { words: &words, ..KindQuery::default() };
    let mut near = if words.is_empty() { Vec::new() } else { KindsDocument::found(&query).items };
    // Kinds of which new objects are made come first.
    near.sort_by_key(|kind| kind.lifecycle.is_some());
    let near: Vec<String> = near.iter().map(|kind| format!("`{}`", kind.name)).collect();
    let otherwise = "`moorline kinds` lists the kinds.";
    match near.len() {
        0 => near_name(name, all.iter().map(|kind| kind.name.as_str()), otherwise),
        1..=MOST_NEAR => format!("Did you mean {}?", near.join(" or ")),
        many => format!(
            "{many} kinds have that in a name, such as {}. `moorline kinds {name}` lists them.",
            near[..MOST_NEAR].join(", ")
        ),
    }
}
