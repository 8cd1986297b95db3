//! `moorline init`.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::documents;
use super::failure::CommandError;
use super::output::unwritable;
use super::schema::{catalogue as catalogue_of, editor_schema};
use super::{Done, Result};
use crate::definitions::FILE_NAME;
use crate::error::Error;
use crate::http::cloud::Cloud;
use crate::manifest::{TENANT_FILE, load};
use crate::scaffold::folder::{self, Contents, FileAction, WrittenFile};
use crate::scaffold::pipelines::{self, PipelineService, PipelineTenant};
use crate::scaffold::tenant::{InvalidTenant, MANIFESTS, NewTenant, name_for};
use crate::text::sanitize;
use crate::text::slug::slug;
use crate::ui::Ui;

/// The question for the tenant.
const WHICH_TENANT: &str = "Tenant id, or a verified domain such as contoso.onmicrosoft.com";

/// Make the folder of a tenant: its file, a folder for manifests, and what Git and an editor need. No file is overwritten.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder of the tenant; it is made if it is not there.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// The tenant's GUID or one of its verified domains; asked for where it is left out.
    #[arg(long, value_name = "ID")]
    tenant_id: Option<String>,
    /// National cloud of the tenant; asked for where it and --tenant-id are left out, else global.
    #[arg(long, value_name = "CLOUD", value_parser = cloud_parser())]
    cloud: Option<Cloud>,
    /// Short name of the tenant, for messages, of which small letters, digits and `-` are kept; by default the first part of its domain, or the name of the folder.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Write the workflows of the tenant for GitHub Actions, too: plan, drift, apply and rollback.
    #[arg(long)]
    github: bool,
    /// Write the pipelines of the tenant for Azure DevOps, too: plan, drift and apply.
    #[arg(long)]
    azure_devops: bool,
    /// With --github or --azure-devops: commit of moorline/moorline whose pipelines are called, in place of the tag of this version.
    #[arg(long, value_name = "COMMIT", value_parser = commit)]
    pin: Option<String>,
}

fn commit(text: &str) -> Result<String, String> {
    if text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("give the whole commit: 40 hexadecimal digits".to_owned())
    }
}

fn cloud_parser() -> impl clap::builder::TypedValueParser<Value = Cloud> {
    PossibleValuesParser::new(Cloud::ALL.map(Cloud::name)).map(|name| cloud_of(&name))
}

/// Returns the cloud of a name that was checked; the empty name is the default.
fn cloud_of(name: &str) -> Cloud {
    Cloud::ALL.into_iter().find(|cloud| cloud.name() == name).unwrap_or_default()
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let has_pipelines = arguments.services().next().is_some();
    check_pin(has_pipelines, arguments.pin.as_deref(), env!("CARGO_PKG_VERSION"))?;
    let root = &arguments.folder;
    let file = root.join(TENANT_FILE);
    let is_new = file.symlink_metadata().is_err();
    let tenant = if is_new { Some(tenant_text(ui, arguments)?) } else { None };
    let has_manifests = is_new || names_manifests(&file);
    // An editor knows the settings of a catalogue that is there.
    let catalogue = root.join(FILE_NAME);
    let known = if catalogue.exists() { catalogue_of(Some(&catalogue))? } else { None };
    let schema = |known| Ok::<_, CommandError>(editor_schema(known)?.to_string() + "\n");
    let without = known.as_ref().map(|_| schema(None)).transpose()?;
    let contents = Contents {
        tenant,
        has_manifests,
        manifest_schema: schema(known.as_ref())?,
        catalogue: without.map(|without| (FILE_NAME.to_owned(), without)),
        tenant_schema: documents::find("tenant")
            .map(|document| format!("{:#}\n", (document.schema)()))
            .unwrap_or_default(),
    };
    let written =
        folder::write(root, &contents).map_err(|(path, source)| unwritable(&path, source))?;
    let mut lines: String = written.iter().map(line).collect();
    for service in arguments.services() {
        let written = write_pipelines(root, service, arguments.pin.as_deref())?;
        lines.extend(written.iter().map(line));
    }
    ui.data(&lines)?;
    if !is_new && arguments.tenant_id.is_some() {
        ui.warning(&format!("`{}` was there: what is asked for is not in it.", file.display()));
    }
    ui.status(&next(root, arguments));
    Ok(Done::Quietly)
}

/// Refuses a pin without pipelines, and pipelines that would call a tag that this version does not have.
fn check_pin(has_pipelines: bool, pin: Option<&str>, version: &str) -> Result<(), Error> {
    let (message, hint) = match pin {
        Some(_) if !has_pipelines => (
            "`--pin` is of pipelines, and none are written".to_owned(),
            "Give `--github` or `--azure-devops`, too.",
        ),
        None if has_pipelines && !pipelines::has_tag(version) => (
            format!("{version} is a pre-release, which has no tag that pipelines can call"),
            "Give `--pin COMMIT`, a commit of moorline/moorline; its pipelines install the release of its `action/checksums`.",
        ),
        _ => return Ok(()),
    };
    Err(Error::usage("usage/init", message).hint(hint))
}

impl Arguments {
    fn services(&self) -> impl Iterator<Item = PipelineService> {
        let github = self.github.then_some(PipelineService::Github);
        let azure_devops = self.azure_devops.then_some(PipelineService::AzureDevOps);
        github.into_iter().chain(azure_devops)
    }
}

/// Writes the pipelines of a tenant at the root of its repository. The paths are those from the tenant's folder.
fn write_pipelines(
    root: &Path,
    service: PipelineService,
    pin: Option<&str>,
) -> Result<Vec<WrittenFile>, Error> {
    let file = root.join(TENANT_FILE);
    let Some((tenant, _)) = load::tenant(&file) else {
        let message = format!("`{}` cannot be used, so no pipeline is written", file.display());
        return Err(Error::usage("usage/init", message)
            .hint("`moorline validate` says what is wrong with it."));
    };
    let full = root.canonicalize().map_err(|source| unwritable(root, source))?;
    let repository = full.ancestors().find(|folder| folder.join(".git").exists());
    let repository = repository.unwrap_or(&full);
    let below = full.strip_prefix(repository).unwrap_or(Path::new(""));
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    let folder = if parts.is_empty() { ".".to_owned() } else { parts.join("/") };
    let pin = pin.map(str::to_owned);
    let tenant = PipelineTenant { name: tenant.metadata.name, folder, pin };
    let written = pipelines::write(repository, service, &tenant)
        .map_err(|(path, source)| unwritable(&path, source))?;
    let up: PathBuf = parts.iter().map(|_| "..").collect();
    let from_here = |file: WrittenFile| WrittenFile { path: up.join(file.path), ..file };
    Ok(written.into_iter().map(from_here).collect())
}

/// Whether a tenant file names the folder of manifests that a new one has.
fn names_manifests(file: &Path) -> bool {
    let tenant = load::tenant(file).map(|(tenant, _)| tenant);
    let entries = tenant.and_then(|tenant| tenant.spec.manifests).unwrap_or_default();
    entries.iter().any(|entry| entry.trim_end_matches('/') == MANIFESTS)
}

/// Returns the text of the tenant file, of what the arguments or else the user says.
fn tenant_text(ui: &Ui, arguments: &Arguments) -> Result<String, Error> {
    if let Some(id) = &arguments.tenant_id {
        let cloud = arguments.cloud.unwrap_or_default();
        return tenant(arguments, id, cloud).text().map_err(|invalid| {
            Error::usage("usage/init", invalid.message).hint(sentence(&invalid.help))
        });
    }
    if !ui.interactive {
        let message = "which tenant it is has to be said, and there is no terminal to ask on";
        return Err(Error::usage("usage/init", message)
            .hint("Give `--tenant-id ID`, and `--cloud CLOUD` where it is not the global one."));
    }
    loop {
        let id = ui.ask(WHICH_TENANT)?;
        match tenant(arguments, &id, Cloud::Global).text() {
            Ok(_) => {
                let cloud = match arguments.cloud {
                    Some(cloud) => cloud,
                    None => ask_cloud(ui)?,
                };
                let text = tenant(arguments, &id, cloud).text();
                return text.map_err(|invalid| Error::usage("usage/init", invalid.message));
            }
            Err(InvalidTenant { message, help }) => ui.warning(&format!("{message}: {help}")),
        }
    }
}

fn ask_cloud(ui: &Ui) -> Result<Cloud, Error> {
    let names = Cloud::ALL.map(Cloud::name);
    loop {
        let question = format!("Cloud: {} [{}]", names.join(", "), Cloud::default());
        let answer = ui.ask(&question)?;
        match names.iter().find(|name| name.eq_ignore_ascii_case(&answer)) {
            Some(name) => return Ok(cloud_of(name)),
            None if answer.is_empty() => return Ok(Cloud::default()),
            None => ui.warning(&format!("`{answer}` is none of them")),
        }
    }
}

fn tenant(arguments: &Arguments, id: &str, cloud: Cloud) -> NewTenant {
    let folder = arguments.folder.canonicalize().unwrap_or_else(|_| arguments.folder.clone());
    let folder = folder.file_name().map(|name| name.to_string_lossy());
    // A name of which nothing is kept is refused as it was given.
    let given = arguments.name.as_ref().map(|given| match slug(given) {
        slug if slug.is_empty() => given.clone(),
        slug => slug,
    });
    let name = given.unwrap_or_else(|| name_for(id, folder.as_deref()));
    NewTenant { tenant_id: id.to_owned(), cloud, name }
}

fn sentence(help: &str) -> String {
    let mut letters = help.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.clone()).chain(['.']).collect()
}

/// Returns the line about a file.
fn line(file: &WrittenFile) -> String {
    let path = file.path.display();
    let text = match &file.done {
        FileAction::Made => format!("made  {path}"),
        FileAction::Kept => format!("kept  {path}"),
        FileAction::Extended(lines) => format!("kept  {path}, and added: {}", lines.join(" ")),
        FileAction::Lacks(what) => format!("kept  {path}, which lacks {what}"),
    };
    format!("{}\n", sanitize::line(&text))
}

/// Returns the commands to go on with.
fn next(root: &Path, arguments: &Arguments) -> String {
    let enter = match root.to_str() {
        Some("." | "") => String::new(),
        _ => format!("  cd {}\n", root.display()),
    };
    let sign_in: String = arguments
        .services()
        .map(|service| match service {
            PipelineService::Github => {
                "\n  moorline permissions --github OWNER/REPO\n                            a script that lets its workflows sign in"
            }
            PipelineService::AzureDevOps => {
                "\n  moorline permissions --azure-devops ORG/PROJECT\n                            a script that lets its pipelines sign in"
            }
        })
        .collect();
    format!(
        "\nNext:\n{enter}  moorline kinds            what there is to declare\n  moorline new KIND NAME    a first manifest\n  moorline plan --sandbox   what it would change, without a tenant or its groups\n  moorline import           manifests of what the tenant has\n  moorline doctor           whether the tenant can be signed in to and read{sign_in}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_of_a_prerelease_need_a_pin() {
        let commit = Some("0123456789abcdef0123456789abcdef01234567");
        assert!(check_pin(true, None, "0.2.0").is_ok());
        assert!(check_pin(false, None, "0.2.0-rc.1").is_ok());
        assert!(check_pin(true, commit, "0.2.0-rc.1").is_ok());
        let refused = check_pin(true, None, "0.2.0-rc.1").expect_err("there is no such tag");
        assert!(refused.to_string().contains("0.2.0-rc.1"), "{refused}");
        assert!(check_pin(false, commit, "0.2.0").is_err());
    }
}
