//! The forges, and what differs between them that is no call: variables, limits and words (FACTS 18).

use clap::ValueEnum;

/// A service that keeps repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ForgeKind {
    /// GitHub, and GitHub Enterprise Server.
    Github,
    /// GitLab.
    Gitlab,
    /// Azure DevOps.
    AzureDevops,
}

/// The facts of a forge. Of several variables the first one counts that is set and not empty.
#[derive(Debug)]
pub(crate) struct ForgeFacts {
    /// The name for people.
    pub(crate) name: &'static str,
    /// Its word for a pull request.
    pub(crate) request: &'static str,
    /// The variable that its pipelines set, and the value in lower case.
    pub(super) pipeline: (&'static str, &'static str),
    /// The URL of the REST interface.
    pub(super) api: &'static str,
    /// The same where no variable has it.
    pub(super) public_api: Option<&'static str>,
    /// The repository, as the paths of the interface have it; with two variables a project and a repository in it.
    pub(super) repository: &'static [&'static [&'static str]],
    /// The number of the pull request.
    pub(super) number: &'static [&'static str],
    /// The last commit of the pull request.
    pub(super) commit: &'static [&'static str],
    /// The run and the attempt at it: both grow.
    pub(super) run: [&'static str; 2],
    /// The token.
    pub(crate) tokens: &'static [&'static str],
    /// How a pipeline gets the token, for a hint.
    pub(crate) token_hint: &'static str,
    /// The permission that a write needs, for a hint.
    pub(crate) permission_hint: &'static str,
    /// The most characters of a comment.
    pub(crate) longest_comment: usize,
}

const GITHUB: ForgeFacts = ForgeFacts {
    name: "GitHub",
    request: "pull request",
    pipeline: ("GITHUB_ACTIONS", "true"),
    api: "GITHUB_API_URL",
    public_api: Some("https://api.github.com"),
    repository: &[&["GITHUB_REPOSITORY"]],
    // The number stands in the event, or in the name of the ref.
    number: &[],
    commit: &["GITHUB_SHA"],
    run: ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"],
    tokens: &["GITHUB_TOKEN", "GH_TOKEN"],
    token_hint: "Give the step the token: `env: { GITHUB_TOKEN: \"${{ github.token }}\" }`.",
    permission_hint: "Give the job the permission: `permissions: { pull-requests: write }`, for an issue `issues: write`. Pull requests of forks and of Dependabot get a token that only reads.",
    longest_comment: 65_536,
};

const GITLAB: ForgeFacts = ForgeFacts {
    name: "GitLab",
    request: "merge request",
    pipeline: ("GITLAB_CI", "true"),
    api: "CI_API_V4_URL",
    public_api: Some("https://gitlab.com/api/v4"),
    repository: &[&["CI_MERGE_REQUEST_PROJECT_PATH", "CI_PROJECT_PATH"]],
    number: &["CI_MERGE_REQUEST_IID"],
    // The first one is set in the pipelines of merged results alone, whose commit is no commit of the branch.
    commit: &["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"],
    run: ["CI_PIPELINE_ID", "CI_JOB_ID"],
    tokens: &["GITLAB_TOKEN"],
    token_hint: "Store a project access token with the scope `api` as the masked variable GITLAB_TOKEN; the job's own token cannot write notes.",
    permission_hint: "The token needs the scope `api` and the role Reporter or more in the project.",
    longest_comment: 1_000_000,
};

const AZURE_DEVOPS: ForgeFacts = ForgeFacts {
    name: "Azure DevOps",
    request: "pull request",
    pipeline: ("TF_BUILD", "true"),
    api: "SYSTEM_COLLECTIONURI",
    public_api: None,
    repository: &[&["SYSTEM_TEAMPROJECT"], &["BUILD_REPOSITORY_NAME"]],
    number: &["SYSTEM_PULLREQUEST_PULLREQUESTID"],
    // The source version of a pull request's build is the commit of its merge.
    commit: &["SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"],
    run: ["BUILD_BUILDID", "SYSTEM_JOBATTEMPT"],
    tokens: &["SYSTEM_ACCESSTOKEN"],
    token_hint: "Give the step the token: `env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }`.",
    permission_hint: "Allow the build service \"Contribute to pull requests\" in the security of the repository.",
    longest_comment: 150_000,
};

impl ForgeKind {
    /// Returns the facts.
    pub(crate) fn facts(self) -> &'static ForgeFacts {
        match self {
            Self::Github => &GITHUB,
            Self::Gitlab => &GITLAB,
            Self::AzureDevops => &AZURE_DEVOPS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::variables::credential;

    #[test]
    fn tokens_are_credentials_that_no_manifest_may_name() {
        for kind in ForgeKind::value_variants() {
            for token in kind.facts().tokens {
                assert!(credential(token).is_some(), "{token}");
            }
        }
    }
}
