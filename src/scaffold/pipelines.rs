//! The pipelines of a tenant: workflows of GitHub, or pipelines of Azure DevOps, that call the ones of Moorline's repository.

use std::io;
use std::path::{Path, PathBuf};

use super::folder::{FileAction, WrittenFile, create};
use crate::disk;

/// The longest file that is looked at, in bytes.
const LONGEST: u64 = 1 << 20;

/// A service that runs pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipelineService {
    /// GitHub Actions.
    Github,
    /// Azure Pipelines.
    AzureDevOps,
}

/// A tenant whose pipelines are written.
#[derive(Clone, Debug)]
pub struct PipelineTenant {
    /// Its name.
    pub name: String,
    /// Its folder below the root of the repository, with `/`; `.` where it is the root.
    pub folder: String,
    /// The commit of Moorline's repository to call; without one, the tag of this version.
    pub pin: Option<String>,
}

/// The folders of the files, and what makes each.
const GITHUB: (&str, [(&str, &str); 4]) = (
    ".github/workflows",
    [
        ("plan", include_str!("pipelines/github-plan.yml")),
        ("drift", include_str!("pipelines/github-drift.yml")),
        ("apply", include_str!("pipelines/github-apply.yml")),
        ("rollback", include_str!("pipelines/github-rollback.yml")),
    ],
);
const AZURE_DEVOPS: (&str, [(&str, &str); 3]) = (
    ".azure-pipelines",
    [
        ("plan", include_str!("pipelines/azure-devops-plan.yml")),
        ("drift", include_str!("pipelines/azure-devops-drift.yml")),
        ("apply", include_str!("pipelines/azure-devops-apply.yml")),
    ],
);

/// Whether a version of Moorline has a tag that pipelines can call: a pre-release has none, since the action does not follow
/// it.
pub fn has_tag(version: &str) -> bool {
    !version.contains('-')
}

/// Returns the name of the variable with the client id of the app that reads a tenant.
pub fn client_id_variable(tenant: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let name: String = tenant.chars().map(letter).collect();
    format!("AZURE_CLIENT_ID_{}", name.to_ascii_uppercase())
}

/// Returns how the names of a tenant's service connections begin.
pub fn connection(tenant: &str) -> String {
    format!("moorline-{tenant}")
}

/// Returns the paths of a tenant's pipelines below the root of the repository, and their texts.
pub fn files(service: PipelineService, tenant: &PipelineTenant) -> Vec<(String, String)> {
    let (folder, templates) = match service {
        PipelineService::Github => (GITHUB.0, &GITHUB.1[..]),
        PipelineService::AzureDevOps => (AZURE_DEVOPS.0, &AZURE_DEVOPS.1[..]),
    };
    let texts = templates.iter().map(|(what, template)| {
        let path = format!("{folder}/{}-{what}.yml", tenant.name);
        (path, text(service, tenant, template))
    });
    texts.collect()
}

fn text(service: PipelineService, tenant: &PipelineTenant, template: &str) -> String {
    // The commit with the checksums of a release follows the release, and has a tag of its own.
    let tag = concat!("action-v", env!("CARGO_PKG_VERSION"));
    let in_full = format!("refs/tags/{tag}");
    let flag = match service {
        PipelineService::Github => "--github",
        PipelineService::AzureDevOps => "--azure-devops",
    };
    let (pinned, reference) = match (&tenant.pin, service) {
        (Some(commit), _) if !has_tag(env!("CARGO_PKG_VERSION")) => {
            ("# The commit is one of moorline/moorline.".to_owned(), &commit[..])
        }
        (Some(commit), _) => (
            format!("# The commit is one of moorline/moorline, where {tag} is this version."),
            &commit[..],
        ),
        (None, service) => (
            format!(
                "# The tag is the one of an immutable release, and cannot be moved. To call its commit, remove this file and run\n# `moorline init {flag} --pin COMMIT`, with what `gh api repos/moorline/moorline/commits/{tag} --jq .sha` prints."
            ),
            match service {
                PipelineService::Github => tag,
                PipelineService::AzureDevOps => in_full.as_str(),
            },
        ),
    };
    // A name or a folder may look like a number, or hold what means something in YAML.
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    template
        .replace("@PINNED@", &pinned)
        .replace(": @NAME@\n", &format!(": {}\n", quoted(&tenant.name)))
        .replace("@NAME@", &tenant.name)
        .replace("@VARIABLE@", &client_id_variable(&tenant.name))
        .replace("@CONNECTION@", &connection(&tenant.name))
        .replace("@REF@", reference)
        .replace("@TENANT@", &quoted(&tenant.folder))
}

/// Writes a tenant's pipelines. No file that is there is overwritten.
///
/// # Errors
/// The path that cannot be written, and why.
pub fn write(
    root: &Path,
    service: PipelineService,
    tenant: &PipelineTenant,
) -> Result<Vec<WrittenFile>, (PathBuf, io::Error)> {
    let written = files(service, tenant).into_iter().map(|(path, text)| {
        let full = root.join(&path);
        let done = match create(root, &full, &text) {
            Ok(true) => FileAction::Made,
            Ok(false) if disk::read_text(&full, LONGEST).is_ok_and(|there| there == text) => {
                FileAction::Kept
            }
            Ok(false) => FileAction::Lacks(
                "what this version writes: remove it and run the command again for that".to_owned(),
            ),
            Err(why) => return Err((full, why)),
        };
        Ok(WrittenFile { path: path.into(), done })
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;
    use crate::yaml::parse::parse;

    fn tenant(name: &str, folder: &str) -> PipelineTenant {
        PipelineTenant { name: name.to_owned(), folder: folder.to_owned(), pin: None }
    }

    #[test]
    fn pipelines_of_any_name_and_folder_are_yaml_that_says_them() {
        for (name, folder) in
            [("contoso", "."), ("1", "tenants/a b"), ("true", "it's: #1"), ("0.1e5", "a\"b\\c")]
        {
            for service in [PipelineService::Github, PipelineService::AzureDevOps] {
                for (path, text) in files(service, &tenant(name, folder)) {
                    let parsed = parse(&text, Sources::default().next_id());
                    assert!(parsed.errors.is_empty(), "{path}: {:?}\n{text}", parsed.errors);
                    let left = text.lines().find(|line| line.contains("@N") || line.contains("@T"));
                    assert_eq!(left, None, "{path}");
                    let root = &parsed.documents[0];
                    let told = match service {
                        PipelineService::Github => {
                            let jobs = root.get("jobs").expect("jobs").members();
                            jobs[0].value.get("with").expect("inputs").clone()
                        }
                        PipelineService::AzureDevOps => {
                            let of = root.get("jobs").or_else(|| root.get("stages"));
                            let first = of.expect("a template").elements()[0].clone();
                            first.get("parameters").expect("parameters").clone()
                        }
                    };
                    for (member, expected) in [("tenant", folder), ("name", name)] {
                        let value = told.get(member).and_then(|value| value.as_str());
                        assert_eq!(value, Some(expected), "{path}: {member}\n{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn pin_stands_in_place_of_the_tag() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let tenant = PipelineTenant { pin: Some(commit.to_owned()), ..tenant("contoso", ".") };
        for (path, text) in files(PipelineService::Github, &tenant) {
            assert!(text.contains(&format!(".yml@{commit}\n")), "{path}: {text}");
        }
        for (path, text) in files(PipelineService::AzureDevOps, &tenant) {
            assert!(text.contains(&format!("ref: {commit},")), "{path}: {text}");
        }
    }

    #[test]
    fn file_that_is_there_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let tenant = tenant("contoso", ".");
        let first = write(folder.path(), PipelineService::Github, &tenant).expect("written");
        assert!(first.iter().all(|file| file.done == FileAction::Made), "{first:?}");
        let plan = folder.path().join(&first[0].path);
        std::fs::write(&plan, "name: mine\n").expect("written");
        let second = write(folder.path(), PipelineService::Github, &tenant).expect("written");
        assert!(matches!(second[0].done, FileAction::Lacks(_)), "{second:?}");
        assert!(second[1..].iter().all(|file| file.done == FileAction::Kept), "{second:?}");
        assert_eq!(std::fs::read_to_string(plan).expect("text"), "name: mine\n");
    }

    #[test]
    fn variable_of_a_tenant_is_a_name_that_the_services_take() {
        assert_eq!(client_id_variable("contoso"), "AZURE_CLIENT_ID_CONTOSO");
        assert_eq!(client_id_variable("contoso-eu.test"), "AZURE_CLIENT_ID_CONTOSO_EU_TEST");
    }
}
