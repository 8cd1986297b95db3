//! Differences of the tenant into the list of accepted drift.

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::civil::Date;
use serde_json::Value as Json;

use super::adopt::AdoptRequest;
use super::adopt::drafts::FileChange;
use super::adopt::is_within;
use crate::diagnostic::suggest::nearest;
use crate::disk;
use crate::error::Error;
use crate::manifest::accepted::edit::{self, NewAcceptance};
use crate::manifest::{ACCEPTED_FILE, Address, Desired};
use crate::plan::accepted::is_comparable;
use crate::plan::{Action, Change, FieldChange, FieldStatus, Plan, Shown};
use crate::schema::walk::any;

/// The largest file that is edited.
const LIMIT: u64 = 16 << 20;

/// The values to be accepted, and the terms.
#[derive(Clone, Debug)]
pub struct AcceptOptions {
    /// The values.
    pub requests: Vec<AcceptRequest>,
    /// The reason.
    pub reason: String,
    /// The author.
    pub by: String,
    /// The last day.
    pub until: Date,
}

/// A value whose difference is accepted, with all that differs within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptRequest {
    /// The address of the manifest.
    pub address: Address,
    /// The path of the value, as a plan prints it.
    pub property: String,
}

impl std::str::FromStr for AcceptRequest {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<AdoptRequest>() {
            Ok(AdoptRequest { address, property: Some(property) }) => {
                Ok(Self { address, property })
            }
            _ => Err("write KIND/NAME/PROPERTY, with the path as a plan prints it"),
        }
    }
}

/// Returns the author whom Git knows in a folder, by address or by name.
pub fn author(folder: &Path) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    ["user.email", "user.name"].into_iter().find_map(|key| {
        let output = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(["config", "--get", key])
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let text = text.trim().to_owned();
        (output.status.success() && !text.is_empty()).then_some(text)
    })
}

/// Returns the entries that accept differences. `holds_secret` tells of a text whether it holds a known secret.
///
/// # Errors
/// When there is no such difference, or when it may not be written down.
pub fn entries(
    plan: &Plan,
    options: &AcceptOptions,
    holds_secret: &dyn Fn(&str) -> bool,
) -> Result<Vec<NewAcceptance>, Error> {
    let mut entries: Vec<NewAcceptance> = Vec::new();
    for request in &options.requests {
        let Some(change) = plan.changes.iter().find(|it| it.address == request.address) else {
            let message = format!("no manifest is `{}`", request.address);
            let names: Vec<String> = plan.changes.iter().map(|it| it.address.to_string()).collect();
            let hint = nearest(&request.address.to_string(), &names).map_or_else(
                || "Write KIND/NAME as the manifest has them.".to_owned(),
                |near| format!("Did you mean `{near}`?"),
            );
            return Err(Error::usage("usage/address", message).hint(hint));
        };
        expect_values(change)?;
        let differences = differences(change, &request.property)?;
        if differences.is_empty() {
            return Err(no_difference(change, &request.property));
        }
        for (property, declared, live) in differences {
            let sides = [value(&declared), value(&live)];
            let is_secret = |value: &Json| {
                !is_comparable(value)
                    || any(value, &mut |part| part.as_str().is_some_and(holds_secret))
            };
            let [Some(declared), Some(live)] = sides else {
                return Err(withheld(change, &property));
            };
            if [&declared, &live].into_iter().flatten().any(is_secret) {
                return Err(withheld(change, &property));
            }
            let AcceptOptions { reason, by, until, .. } = options.clone();
            let object = change.address.clone();
            entries.retain(|known| known.object != object || known.property != property);
            entries.push(NewAcceptance { object, property, declared, live, reason, by, until });
        }
    }
    Ok(entries)
}

/// Returns the content of a side that is no secret: nothing, or a value.
fn value(shown: &Shown) -> Option<Option<Json>> {
    match shown {
        Shown::Unset => Some(None),
        Shown::Value(value) => Some(Some(value.clone())),
        Shown::Withheld => None,
    }
}

/// Refuses an object of which no values can be accepted.
fn expect_values(change: &Change) -> Result<(), Error> {
    let address = &change.address;
    let refuse = |why: String, hint: &str| Err(Error::refused("accept/object", why).hint(hint));
    if let Some(blocked) = change.blocked.first() {
        let why = format!("the differences of {address} are not known: {}", blocked.message);
        return refuse(why, "Do what the plan says about it, then accept what still differs.");
    }
    match change.action {
        Action::Create => refuse(
            format!(
                "{address} is missing in the tenant, and only values of an object that exists are accepted"
            ),
            "Create it with `moorline apply`, or declare that it is gone: `moorline drift --adopt KIND/NAME --absent`.",
        ),
        Action::Delete => refuse(
            format!(
                "{address} is declared absent, and only values of an object that stays are accepted"
            ),
            "Keep it: remove `state: absent` from its manifest.",
        ),
        Action::Replace => refuse(
            format!(
                "{address} has another type in the tenant, and only values of the declared type are accepted"
            ),
            "Declare the type that it has, or pin another object by `metadata.id`.",
        ),
        Action::Update | Action::None => Ok(()),
    }
}

/// A path with the declared and the live value.
type Difference = (String, Shown, Shown);

/// Returns the differences at a path and within it, those that are accepted already among them.
fn differences(change: &Change, wanted: &str) -> Result<Vec<Difference>, Error> {
    let is_asked = |path: &str| is_within(path, wanted);
    let (mut found, mut uncompared) = (Vec::new(), None);
    for field in change.fields.iter().filter(|field| is_asked(&field.path.to_string())) {
        let FieldChange { path, before, after, .. } = field;
        if field.status == FieldStatus::Unverifiable {
            let reason = field.reason.as_deref().unwrap_or_default();
            let refusal = || not_comparable(change, &path.to_string(), reason);
            if path.to_string() == wanted {
                return Err(refusal());
            }
            uncompared.get_or_insert_with(refusal);
            continue;
        }
        found.push((path.to_string(), after.clone(), before.clone()));
    }
    let shown = |value: &Option<Json>| value.clone().map_or(Shown::Unset, Shown::Value);
    let assignments = change.assignments.iter().filter(|it| is_asked(&it.path()));
    found.extend(assignments.map(|it| (it.path(), shown(&it.after), shown(&it.before))));
    let accepted = change.accepted.iter().filter(|it| is_asked(&it.path));
    found.extend(accepted.map(|it| (it.path.clone(), it.declared.clone(), it.live.clone())));
    match uncompared {
        Some(refusal) if found.is_empty() => Err(refusal),
        _ => Ok(found),
    }
}

fn not_comparable(change: &Change, path: &str, reason: &str) -> Error {
    let message = format!("{path} of {} cannot be compared: {reason}", change.address);
    Error::refused("accept/not-comparable", message).hint(
        "It is no drift, so that there is nothing to accept; remove it from the manifest to leave it alone.",
    )
}

fn withheld(change: &Change, path: &str) -> Error {
    let message = format!(
        "{path} of {} is a secret or may hold one, which is not written down",
        change.address
    );
    Error::refused("accept/not-comparable", message).hint(
        "Remove it from the manifest to leave it alone, or write it again with `moorline apply`.",
    )
}

fn no_difference(change: &Change, wanted: &str) -> Error {
    let fields = change.fields.iter().map(|field| field.path.to_string());
    let paths: Vec<String> = fields.chain(change.assignments.iter().map(|it| it.path())).collect();
    let message = format!("nothing differs at `{wanted}` of {}", change.address);
    let hint = match (nearest(wanted, &paths), paths.is_empty()) {
        (Some(near), _) => format!("Did you mean `{near}`?"),
        (None, true) => {
            "The tenant has what is declared, so that there is nothing to accept.".to_owned()
        }
        (None, false) => format!("These differ: {}.", paths.join(", ")),
    };
    Error::usage("accept/nothing", message).hint(hint)
}

/// Returns the files that get entries. An entry that there is one for already takes its place, wherever that is.
///
/// # Errors
/// When a file cannot be read, or an entry cannot be written in place.
pub fn files(desired: &Desired, new: &[NewAcceptance]) -> Result<Vec<FileChange>, Error> {
    let mut by_file: Vec<(PathBuf, Vec<NewAcceptance>)> = Vec::new();
    for entry in new {
        let mut accepted = desired.manifest(&entry.object).into_iter().flat_map(|it| &it.accepted);
        let known = accepted.find(|known| known.property == entry.property);
        let path = known.map_or_else(
            || desired.root.join(ACCEPTED_FILE),
            |known| desired.sources.get(known.span.file).path.clone(),
        );
        match by_file.iter_mut().find(|(other, _)| *other == path) {
            Some((_, entries)) => entries.push(entry.clone()),
            None => by_file.push((path, vec![entry.clone()])),
        }
    }
    let changes = by_file.into_iter().map(|(path, entries)| {
        let before = match disk::read(&path, LIMIT) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                let message = format!("`{}` cannot be read", path.display());
                return Err(Error::failed("io/read", message).because(error));
            }
        };
        let text = before.as_deref().map(String::from_utf8_lossy);
        let after = match &text {
            None => edit::new_document(&entries),
            Some(text) => edit::with(text, &entries).map_err(|error| {
                let message = format!("`{}` cannot be edited: {error}", path.display());
                Error::failed("accept/edit", message).hint("Add the entry by hand.")
            })?,
        };
        Ok(FileChange { path, before, after: after.into_bytes(), is_manifest: true })
    });
    changes.collect()
}
