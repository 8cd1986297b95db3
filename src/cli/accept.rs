//! `moorline drift --accept`: differences into the list of accepted drift.

use std::path::Path;

use jiff::civil::Date;

use super::Result;
use super::failure::CommandError;
use super::session::Session;
use crate::clock::{self, Clock};
use crate::error::Error;
use crate::import::accept::{self, AcceptOptions, AcceptRequest};
use crate::import::adopt::{self, AdoptRequest};
use crate::manifest::load;
use crate::plan::{PlanOptions, Planned};
use crate::tenant::Live;
use crate::ui::Ui;

/// The terms on which differences are accepted, as the command line has them.
pub(super) struct AcceptArguments<'a> {
    pub(super) requests: &'a [String],
    pub(super) reason: &'a str,
    pub(super) until: Date,
    pub(super) by: Option<&'a str>,
}

impl AcceptArguments<'_> {
    /// Returns what is accepted, with the author whom Git knows in the folder unless another one is named.
    ///
    /// # Errors
    /// When the arguments do not fit.
    pub(super) fn options(&self, path: &Path) -> Result<AcceptOptions, Error> {
        let requests = self.requests.iter().map(|text| {
            text.parse::<AcceptRequest>().map_err(|why| {
                let message = format!("`--accept {text}` names no value: {why}");
                let hint = match text.parse::<AdoptRequest>() {
                    Ok(AdoptRequest { property: None, .. }) => format!(
                        "The property is missing: `--accept {text}/PROPERTY`, with the path that `moorline drift` prints."
                    ),
                    _ => "Write the folder before `--accept`: `moorline drift DIR --accept …`."
                        .to_owned(),
                };
                Error::usage("usage/accept", message).hint(hint)
            })
        });
        let requests = requests.collect::<Result<_, Error>>()?;
        let today = clock::utc_day(Clock::system().now());
        if self.until < today {
            let message = format!("`--until {}` has ended: in UTC it is {today}", self.until);
            let hint = "Give the last day on which the difference is accepted.";
            return Err(Error::usage("usage/accept", message).hint(hint));
        }
        if self.reason.trim().is_empty() {
            let message = "`--reason` is empty";
            let hint = "Say why the difference is accepted.";
            return Err(Error::usage("usage/accept", message).hint(hint));
        }
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
        let named = self.by.map(str::to_owned).filter(|by| !by.trim().is_empty());
        let Some(by) = named.or_else(|| accept::author(folder)) else {
            let message = "it is not known who accepts this: Git has no `user.email` here";
            let hint =
                "Give it with `--by alice@contoso.com`, or set it with `git config user.email`.";
            return Err(Error::usage("usage/accept", message).hint(hint));
        };
        let (reason, until) = (self.reason.to_owned(), self.until);
        Ok(AcceptOptions { requests, reason, by, until })
    }
}

/// Accepts differences, and returns the plan after that. The file is written once the plan shows that the entries hold.
pub(super) async fn run(
    ui: &Ui,
    path: &Path,
    session: &Session,
    options: &AcceptOptions,
    plan_options: &PlanOptions,
) -> Result<(Planned, Live)> {
    let (planned, _) = session.plan(ui, plan_options).await?;
    let entries = accept::entries(&planned.plan, options, &|text| ui.known.holds(text))?;
    let files = accept::files(&session.desired, &entries)?;
    let desired = load::load_with(path, adopt::drafts::drafts(&files)).into_desired();
    let desired = desired.map_err(|invalid| CommandError::invalid(invalid, path))?;
    ui.status("Planning with what is accepted …");
    let (planned, live) = session.plan_of(&desired, plan_options).await?;
    for entry in &entries {
        let changes = planned.plan.changes.iter();
        let mut accepted = changes
            .filter(|change| change.address == entry.object)
            .flat_map(|change| &change.accepted);
        if !accepted.any(|it| it.path == entry.property) {
            let (object, property) = (&entry.object, &entry.property);
            let message = format!(
                "{property} of {object} still differs with the entry, so that nothing was written"
            );
            let hint = "If the tenant is being changed, run the command again.";
            return Err(Error::failed("accept/not-held", message).hint(hint).into());
        }
    }
    files.iter().try_for_each(|file| expect_inside(&session.desired.root, &file.path))?;
    ui.watched("the accepted drift to be written", || {
        adopt::write::write(&session.desired.root, &files)
    })
    .map_err(|error| Error::failed("io/output", error.to_string()).because(error))?;
    for file in &files {
        ui.status(&format!("Wrote {}.", file.path.display()));
    }
    Ok((planned, live))
}

/// Refuses a file that a link leads to from the folder of the tenant, or from the repository around it, to elsewhere.
fn expect_inside(root: &Path, file: &Path) -> Result<(), Error> {
    // A file that is new is no link.
    let Ok(real) = file.canonicalize() else { return Ok(()) };
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let unreadable = |source| {
        let message = format!("`{}` cannot be read", root.display());
        Error::failed("io/read", message).because(source)
    };
    let root = root.canonicalize().map_err(unreadable)?;
    let repository = root.ancestors().find(|folder| folder.join(".git").exists());
    if real.starts_with(repository.unwrap_or(&root)) {
        return Ok(());
    }
    let message = format!(
        "`{}` is a link to `{}`, which is outside the tenant's folder and its repository",
        file.display(),
        real.display()
    );
    let hint = "Put a file in the place of the link; nothing was written.";
    Err(Error::refused("accept/edit", message).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn link_out_of_the_folder_is_not_written_through() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["tenant", "outside"] {
            std::fs::create_dir(path(name)).expect("a folder");
        }
        std::fs::write(path("outside/a.yaml"), "").expect("a file");
        std::os::unix::fs::symlink("../outside/a.yaml", path("tenant/link.yaml")).expect("a link");
        let check = |name: &str| expect_inside(&path("tenant"), &path(name));
        assert!(check("tenant/link.yaml").is_err_and(|error| error.code == "accept/edit"));
        assert!(check("tenant/new.yaml").is_ok());
        std::fs::create_dir(path(".git")).expect("a folder");
        assert!(check("tenant/link.yaml").is_ok(), "the repository has both");
    }
}
