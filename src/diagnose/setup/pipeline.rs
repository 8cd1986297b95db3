//! The repository or the project whose pipelines sign in.

use std::fmt;
use std::str::FromStr;

/// The issuer of the tokens of GitHub's workflows (FACTS 10).
pub(super) const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

/// The place whose pipelines sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PipelinePlace {
    /// A repository on GitHub.
    Github(GithubRepository),
    /// A project of Azure DevOps.
    AzureDevOps(AzureDevOpsPipelines),
}

/// A repository on GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubRepository {
    /// Its owner.
    pub owner: String,
    /// Its name.
    pub name: String,
}

/// A project of Azure DevOps, with its service connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureDevOpsPipelines {
    /// The organization.
    pub organization: String,
    /// The project.
    pub project: String,
    /// How the names of the service connections begin; by default `moorline-` and the tenant's name.
    pub connection: Option<String>,
}

/// The characters that a project's name cannot have.
const NOT_IN_A_PROJECT: &str = "\"/:\\~&%;@'?<>|#$*}{,+=[]`!";

impl FromStr for GithubRepository {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |name: &str| {
            let letter = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            !name.is_empty() && name.chars().all(letter) && name.chars().any(|c| c != '.')
        };
        match text.split_once('/') {
            Some((owner, name)) if is_name(owner) && is_name(name) => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err("give the owner and the repository, such as contoso/intune"),
        }
    }
}

impl FromStr for AzureDevOpsPipelines {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '/');
        let organization = parts.next().unwrap_or_default();
        let project = parts.next().unwrap_or_default();
        let connection = parts.next();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if organization.is_empty() || !organization.chars().all(plain) {
            return Err("give the organization and the project, such as contoso/Devices");
        }
        let is_project =
            |name: &str| !name.chars().any(|c| c.is_control() || NOT_IN_A_PROJECT.contains(c));
        if project.trim().is_empty() || !is_project(project) {
            return Err("the project has a character that no project has");
        }
        let is_connection = |name: &str| name.chars().all(|c| plain(c) || "._ ".contains(c));
        if connection.is_some_and(|name| name.trim().is_empty() || !is_connection(name)) {
            return Err(
                "the service connection may have letters, digits, `-`, `.`, `_` and blanks",
            );
        }
        Ok(Self {
            organization: organization.to_owned(),
            project: project.to_owned(),
            connection: connection.map(str::to_owned),
        })
    }
}

impl fmt::Display for GithubRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl AzureDevOpsPipelines {
    /// Returns the address of the organization.
    pub(super) fn url(&self) -> String {
        format!("https://dev.azure.com/{}", self.organization)
    }
}

impl fmt::Display for PipelinePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Github(repository) => repository.fmt(f),
            Self::AzureDevOps(of) => write!(f, "{}/{}", of.organization, of.project),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_the_services_have_are_taken() {
        for text in ["contoso/intune", "Contoso-Ltd/.github", "a_b/c.d"] {
            assert_eq!(text.parse::<GithubRepository>().expect(text).to_string(), text);
        }
        for text in ["", "contoso", "contoso/", "/x", "a/b/c", "a/..", "a/$(x)", "a/b'", "ä/b"] {
            assert!(text.parse::<GithubRepository>().is_err(), "{text}");
        }
        for text in ["contoso/Devices", "contoso/Our Devices/moorline x", "c/Geräte"] {
            assert!(text.parse::<AzureDevOpsPipelines>().is_ok(), "{text}");
        }
        for text in ["", "contoso", "contoso/", "con toso/x", "c/x$y", "c/x'y", "c/x/", "c/x/y`z"] {
            assert!(text.parse::<AzureDevOpsPipelines>().is_err(), "{text}");
        }
    }
}
