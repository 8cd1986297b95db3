//! How each forge spells the same calls, as data: a request is made here and sent by [`super::client`].

use serde_json::Value;

use super::context::ForgeContext;
use super::kind::ForgeKind;
use crate::http::Method;
use crate::http::odata::segment;

mod azure_devops;
mod github;
mod gitlab;

/// A call of a forge.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ForgeRequest {
    /// The verb.
    pub(super) method: Method,
    /// The path at the forge's host, with its query.
    pub(super) path: String,
    /// The body.
    pub(super) body: Option<Value>,
}

impl ForgeRequest {
    fn get(path: String) -> Self {
        Self { method: Method::Get, path, body: None }
    }

    fn with(method: Method, path: String, body: Value) -> Self {
        Self { method, path, body: Some(body) }
    }
}

/// A comment on a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForgeComment {
    /// Its place among the comments of the pull request.
    pub(super) id: String,
    /// The author, as [`ForgeDialect::read_author`] names them.
    pub(super) author: String,
    /// The text.
    pub(super) body: String,
    /// Its address for people, if the forge gives one.
    pub(crate) url: Option<String>,
}

/// The state of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PullRequestState {
    /// Whether it is open.
    pub(super) is_open: bool,
    /// The last commit of its branch.
    pub(super) head: String,
    /// The commit of a merge that pipelines run on.
    pub(super) merged: Option<String>,
}

/// An issue of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForgeIssue {
    /// Its number.
    pub(crate) number: u64,
    /// The author, as [`ForgeDialect::read_author`] names them.
    pub(super) author: String,
    /// The text.
    pub(super) body: String,
    /// Whether it is open.
    pub(super) is_open: bool,
    /// Its address for people.
    pub(crate) url: Option<String>,
}

/// The new content of an issue.
#[derive(Clone, Copy, Debug)]
pub(super) struct IssueContent<'a> {
    pub(super) title: &'a str,
    pub(super) body: &'a str,
    pub(super) is_open: bool,
}

/// The calls of a forge for one repository. What reads an answer returns `None` where it is not as documented.
pub(super) trait ForgeDialect: Send + Sync {
    /// Asks to whom the token belongs.
    fn author(&self) -> ForgeRequest;
    /// Reads the name under which comments of the token's owner appear.
    fn read_author(&self, answer: &Value) -> Option<String>;

    /// Reads a pull request.
    fn pull_request(&self, number: u64) -> ForgeRequest;
    /// Reads its state.
    fn read_pull_request(&self, answer: &Value) -> Option<PullRequestState>;
    /// Asks for the commit from which two commits went apart.
    fn merge_base(&self, one: &str, other: &str) -> ForgeRequest;
    /// Reads the id of that commit.
    fn read_merge_base(&self, answer: &Value) -> Option<String>;

    /// Lists the comments of a pull request, the first page.
    fn comments(&self, number: u64) -> ForgeRequest;
    /// Reads a page of comments.
    fn read_comments(&self, page: &Value) -> Option<Vec<ForgeComment>>;
    /// Creates a comment.
    fn create_comment(&self, number: u64, body: &str) -> ForgeRequest;
    /// Replaces the text of a comment.
    fn update_comment(&self, number: u64, comment: &ForgeComment, body: &str) -> ForgeRequest;
    /// Deletes a comment.
    fn delete_comment(&self, number: u64, comment: &ForgeComment) -> ForgeRequest;
    /// Reads the comment that was created or changed.
    fn read_comment(&self, answer: &Value) -> Option<ForgeComment>;
}

/// The calls about issues of a forge that has some.
pub(super) trait IssueDialect: Send + Sync {
    /// Lists the issues with a label, or the open ones, the first page.
    fn issues(&self, label: Option<&str>) -> ForgeRequest;
    /// Reads a page of issues.
    fn read_issues(&self, page: &Value) -> Option<Vec<ForgeIssue>>;
    /// Creates an issue.
    fn create_issue(&self, content: IssueContent<'_>, label: &str) -> ForgeRequest;
    /// Replaces the content of an issue; `was_open` is its state so far.
    fn update_issue(&self, number: u64, content: IssueContent<'_>, was_open: bool) -> ForgeRequest;
    /// Reads the issue that was created or changed.
    fn read_issue(&self, answer: &Value) -> Option<ForgeIssue>;
}

/// The calls of a forge, those about issues apart.
pub(super) type Dialects = (Box<dyn ForgeDialect>, Option<Box<dyn IssueDialect>>);

/// Returns the dialects of a place, whose interface has this path at its host.
pub(super) fn of(context: &ForgeContext, base: &str) -> Dialects {
    let base = base.trim_end_matches('/').to_owned();
    let segments: Vec<String> = context.repository.split('/').map(segment).collect();
    match context.kind {
        ForgeKind::Github => {
            let github = github::Github { repository: segments.join("/"), base };
            (Box::new(github.clone()), Some(Box::new(github)))
        }
        ForgeKind::Gitlab => {
            let gitlab = gitlab::Gitlab { project: segments.join("%2F"), base };
            (Box::new(gitlab.clone()), Some(Box::new(gitlab)))
        }
        ForgeKind::AzureDevops => {
            let (project, repository) = context.repository.split_once('/').unwrap_or_default();
            let (project, repository) = (segment(project), segment(repository));
            (Box::new(azure_devops::AzureDevops { base, project, repository }), None)
        }
    }
}

/// Reads every element of a list.
fn all<T>(list: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    list.as_array()?.iter().map(read).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
