//! `moorline sandbox add` and `moorline sandbox edit`.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args};
use serde_json::{Value as Json, json};

use super::update;
use crate::cli::Result;
use crate::cli::selection::{load, near_address};
use crate::cli::session::{initial_state, state_error};
use crate::error::Error;
use crate::manifest::{Manifest, load};
use crate::sandbox::edit::assign::{FilterName, Reassignment, TargetName};
use crate::sandbox::edit::{Edit, EditAction, EditError, EditFault, Setting};
use crate::sandbox::state::State;
use crate::sandbox::store;
use crate::text::foreign::without_types;
use crate::text::shell;
use crate::ui::Ui;

/// How an edit is written.
const EDIT_FORM: &str = "Write `moorline sandbox edit STATE.json KIND/NAME --set PROP=VALUE`, with the kind and the display name or id of an object that is there; `--new` makes one, `--delete` deletes it, `--assign` and `--unassign` change its assignments.";

/// The platforms of filters that device settings are assigned with, the first one by default.
const PLATFORMS: [&str; 9] = [
    "windows10AndLater",
    "iOS",
    "macOS",
    "androidForWork",
    "androidWorkProfile",
    "androidAOSP",
    "android",
    "windows81AndLater",
    "windowsPhone81",
];

#[derive(Debug, Args)]
pub(super) struct AddArguments {
    /// State file; made if it is not there.
    #[arg(value_name = "STATE.json")]
    state: PathBuf,
    /// Sort of object.
    #[arg(value_parser = PossibleValuesParser::new(["group", "user", "device", "filter", "tag"]))]
    kind: String,
    /// Display name; of a user, the user principal name.
    name: String,
    /// Members of a group: users, devices and groups by name or id, several with commas.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    members: Vec<String>,
    /// Number of further devices in a group.
    #[arg(long, value_name = "N")]
    devices: Option<u32>,
    /// Number of further users in a group.
    #[arg(long, value_name = "N")]
    users: Option<u32>,
    /// Platform of a filter; by default windows10AndLater.
    #[arg(long, value_name = "PLATFORM", value_parser = PossibleValuesParser::new(PLATFORMS))]
    platform: Option<String>,
    /// Rule of a filter.
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Folder of the tenant that a new state file is made for.
    #[arg(long, value_name = "PATH", default_value = ".")]
    tenant: PathBuf,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("action").required(true).multiple(true).args([
    "settings", "new", "delete", "assign", "exclude", "unassign", "filter",
])))]
pub(super) struct EditArguments {
    /// State file.
    #[arg(value_name = "STATE.json")]
    state: PathBuf,
    /// Object: its kind (or `group`, `user`, `device`, `filter`, `tag`), and its display name or id; with --tenant, its kind and the name of its manifest.
    #[arg(value_name = "KIND/NAME")]
    target: String,
    /// Property and its new value, as JSON or else as text; for a reference, the display name or id of its target; for a
    /// setting of the settings catalog, `settings.ID` with the id of its definition; can be repeated.
    #[arg(long = "set", value_name = "PROP=VALUE")]
    settings: Vec<String>,
    /// Make an object of this kind and display name.
    #[arg(long, conflicts_with_all = ["delete", "tenant"])]
    new: bool,
    /// Delete the object.
    #[arg(long, conflicts_with_all = ["settings", "assign", "exclude", "unassign"])]
    delete: bool,
    /// Assign the object to this target: `group:NAME`, `allDevices` or `allUsers`; can be repeated.
    #[arg(long, value_name = "TARGET")]
    assign: Vec<String>,
    /// Leave this group out: `group:NAME`; can be repeated.
    #[arg(long, value_name = "TARGET")]
    exclude: Vec<String>,
    /// Filter for the targets of --assign: `include:NAME` or `exclude:NAME`.
    #[arg(long, value_name = "FILTER", requires = "assign")]
    filter: Option<String>,
    /// Remove this target, or `all`; can be repeated.
    #[arg(long, value_name = "TARGET")]
    unassign: Vec<String>,
    /// User principal name of the person who edits.
    #[arg(long = "as", value_name = "UPN")]
    actor: Option<String>,
    /// Read NAME as the name of a manifest of the tenant in this folder.
    #[arg(long, value_name = "PATH")]
    tenant: Option<PathBuf>,
}

/// Adds what manifests name.
pub(super) fn add(ui: &Ui, arguments: &AddArguments) -> Result<()> {
    let AddArguments { state: file, kind, name, .. } = arguments;
    let edit = Edit {
        kind: kind.clone(),
        name: name.clone(),
        settings: arguments.settings()?,
        actor: None,
        action: EditAction::Add,
        assignments: Reassignment::default(),
    };
    if make(file, &arguments.tenant)? {
        ui.status(&format!("Made {}, a new sandbox.", file.display()));
    }
    update(file, |state| {
        edit.apply(state).map_err(|source| {
            if matches!(source.fault, EditFault::Referred { .. }) {
                return refused(&source, file, &format!("{kind}/{name}"));
            }
            let message = without_types(&source.to_string());
            let hint = format!("`moorline sandbox edit {} {kind}/NAME --set PROP=VALUE` changes what is there; `moorline sandbox add --help` lists what is set here.", file.display());
            Error::failed("sandbox/edit", message).hint(hint)
        })
    })?;
    ui.status(&format!("Added the {kind} {name} to {}.", file.display()));
    Ok(())
}

impl AddArguments {
    fn settings(&self) -> Result<Vec<Setting>, Error> {
        let Self { members, devices, users, platform, rule, .. } = self;
        let of_group = !members.is_empty() || devices.is_some() || users.is_some();
        let of_filter = platform.is_some() || rule.is_some();
        for (given, kind, options) in [
            (of_group, "group", "--members, --devices and --users are"),
            (of_filter, "filter", "--platform and --rule are"),
        ] {
            if given && self.kind != kind {
                let message = format!("{options} for a {kind}, and this is a {}", self.kind);
                return Err(Error::usage("sandbox/edit", message).hint("Leave them out."));
            }
        }
        let set = |property: &str, value: Json| Setting {
            property: property.to_owned(),
            path: Vec::new(),
            value,
        };
        let mut settings = Vec::new();
        if !members.is_empty() {
            settings.push(set("members", json!(members)));
        }
        if devices.is_some() || users.is_some() {
            let counts = json!({ "users": users.unwrap_or(0), "devices": devices.unwrap_or(0) });
            settings.push(set("unnamedMembers", counts));
        }
        if self.kind == "filter" {
            let platform = platform.as_deref().unwrap_or(PLATFORMS[0]);
            settings.push(set("platform", platform.into()));
        }
        settings.extend(rule.as_ref().map(|rule| set("rule", rule.as_str().into())));
        Ok(settings)
    }
}

/// Changes, makes or deletes an object.
pub(super) fn edit(ui: &Ui, arguments: &EditArguments) -> Result<()> {
    let target = match &arguments.tenant {
        Some(tenant) => live_target(tenant, &arguments.target)?,
        None => arguments.target.clone(),
    };
    let file = &arguments.state;
    let refused = |source: EditError| refused(&source, file, &target);
    let edit =
        Edit::parse(&target, &arguments.settings, arguments.actor.clone()).map_err(refused)?;
    let assignments = arguments.assignments().map_err(refused)?;
    let (action, word) = match (arguments.new, arguments.delete) {
        (true, _) => (EditAction::Create, "Made"),
        (_, true) => (EditAction::Delete, "Deleted"),
        _ => (EditAction::Change, "Edited"),
    };
    let edit = Edit { action, assignments, ..edit };
    if arguments.new && make(&arguments.state, Path::new("."))? {
        ui.status(&format!("Made {}, a new sandbox.", arguments.state.display()));
    }
    update(&arguments.state, |state| edit.apply(state).map_err(refused))?;
    ui.status(&format!("{word} {} in {}.", arguments.target, arguments.state.display()));
    Ok(())
}

/// Returns the error of an edit that was not made, with what to do about it.
fn refused(source: &EditError, file: &Path, target: &str) -> Error {
    let (kind, name) = target.split_once('/').unwrap_or((target, target));
    let adding = |kind: &str, name: &str| {
        let file = shell::quoted(&file.to_string_lossy());
        format!("`moorline sandbox add {file} {kind} {}` adds it.", shell::quoted(name))
    };
    let is_named = ["group", "user", "device", "filter", "tag"].contains(&kind);
    let hint = match &source.fault {
        EditFault::Malformed => EDIT_FORM.to_owned(),
        EditFault::Kind => "`moorline kinds` lists the kinds; the objects that manifests name are `group`, `user`, `device`, `filter` and `tag`.".to_owned(),
        EditFault::Property => format!("`moorline schema {kind}` prints the properties."),
        EditFault::Object if is_named => adding(kind, name),
        EditFault::Object => "Write the display name or the id of an object that is there; `--new` makes one.".to_owned(),
        EditFault::Referred { kind, name } => adding(kind, name),
        EditFault::Unchanged => "Nothing was changed: the object has this value already. Set another one.".to_owned(),
        EditFault::Refused if is_named => "Nothing was changed: correct what the message names.".to_owned(),
        EditFault::Refused => format!("Nothing was changed: correct what the message names; `moorline schema {kind}` says what a property takes."),
    };
    let message = without_types(&source.to_string());
    let error = match source.fault {
        EditFault::Malformed | EditFault::Kind => Error::usage("sandbox/edit", message),
        _ => Error::failed("sandbox/edit", message),
    };
    error.hint(hint)
}

impl EditArguments {
    fn assignments(&self) -> Result<Reassignment, EditError> {
        let assign = self.assign.iter().map(|text| TargetName::parse(text));
        let exclude = self.exclude.iter().map(|text| TargetName::parse_excluded(text));
        let unassign = self.unassign.iter().map(|text| TargetName::parse_removed(text));
        Ok(Reassignment {
            assign: assign.chain(exclude).collect::<Result<_, _>>()?,
            unassign: unassign.collect::<Result<_, _>>()?,
            filter: self.filter.as_deref().map(FilterName::parse).transpose()?,
        })
    }
}

/// Makes a state file where there is none, as a run with `--sandbox=STATE.json` would: of the tenant in a folder, or of
/// one of the sandbox's own where there is no tenant. Returns whether it was made.
fn make(file: &Path, tenant: &Path) -> Result<bool> {
    if file.exists() {
        return Ok(false);
    }
    let state = match load::tenant(tenant) {
        Some((tenant, root)) => initial_state(&tenant, &root)?,
        None => State::default(),
    };
    let made = store::make(file, &state);
    Ok(made.map_err(|why| state_error(file, why, "Name a file in a folder that is there."))?)
}

/// Returns `KIND/DISPLAY NAME or id` for a manifest's address.
fn live_target(tenant: &Path, target: &str) -> Result<String> {
    let desired = load(tenant)?;
    let named = |manifest: &&Manifest| manifest.address.to_string() == target;
    let Some(manifest) = desired.manifests.iter().find(named) else {
        let error = Error::usage("sandbox/edit", format!("no manifest is called `{target}`"));
        let otherwise = "Write KIND/NAME as `moorline plan` shows it.";
        return Err(error.hint(near_address(target, &desired.manifests, otherwise)).into());
    };
    let name = manifest.id.as_deref().or(manifest.display_name()).unwrap_or(&manifest.address.kind);
    Ok(format!("{}/{name}", manifest.address.kind))
}
