//! Azure DevOps (FACTS 18.3). A comment is the first one of a thread; there are no issues, since the types and states of
//! work items are each project's own.

use serde_json::{Value, json};

use super::{ForgeComment, ForgeDialect, ForgeRequest, PullRequestState, text};
use crate::http::Method;

/// The version of the interface.
const VERSION: &str = "api-version=7.1";

/// The calls of Azure DevOps for one repository.
pub(super) struct AzureDevops {
    /// The path of the organization.
    pub(super) base: String,
    pub(super) project: String,
    pub(super) repository: String,
}

impl AzureDevops {
    fn path(&self, rest: &str) -> String {
        let Self { base, project, repository } = self;
        format!("{base}/{project}/_apis/git/repositories/{repository}{rest}?{VERSION}")
    }

    fn comment(&self, number: u64, comment: &ForgeComment) -> String {
        let (thread, id) = comment.id.split_once('/').unwrap_or((&comment.id, "1"));
        self.path(&format!("/pullRequests/{number}/threads/{thread}/comments/{id}"))
    }
}

/// Reads a comment of a thread.
fn read_in_thread(thread: u64, comment: &Value) -> Option<ForgeComment> {
    Some(ForgeComment {
        id: format!("{thread}/{}", comment["id"].as_u64()?),
        author: text(&comment["author"]["id"]).unwrap_or_default(),
        // A deleted comment has none.
        body: text(&comment["content"]).unwrap_or_default(),
        url: None,
    })
}

impl ForgeDialect for AzureDevops {
    fn author(&self) -> ForgeRequest {
        ForgeRequest::get(format!("{}/_apis/connectionData?api-version=7.1-preview", self.base))
    }

    fn read_author(&self, answer: &Value) -> Option<String> {
        text(&answer["authenticatedUser"]["id"])
    }

    fn pull_request(&self, number: u64) -> ForgeRequest {
        ForgeRequest::get(self.path(&format!("/pullRequests/{number}")))
    }

    fn read_pull_request(&self, answer: &Value) -> Option<PullRequestState> {
        Some(PullRequestState {
            is_open: answer["status"].as_str()? == "active",
            head: text(&answer["lastMergeSourceCommit"]["commitId"])?,
            merged: text(&answer["lastMergeCommit"]["commitId"]),
        })
    }

    fn merge_base(&self, one: &str, other: &str) -> ForgeRequest {
        let path = self.path(&format!("/commits/{one}/mergebases"));
        ForgeRequest::get(format!("{path}&otherCommitId={other}"))
    }

    fn read_merge_base(&self, answer: &Value) -> Option<String> {
        text(&answer["value"][0]["commitId"])
    }

    fn comments(&self, number: u64) -> ForgeRequest {
        ForgeRequest::get(self.path(&format!("/pullRequests/{number}/threads")))
    }

    fn read_comments(&self, page: &Value) -> Option<Vec<ForgeComment>> {
        let threads = page["value"].as_array()?.iter();
        let first = threads.filter(|thread| thread["isDeleted"] != true).filter_map(|thread| {
            let comment = thread["comments"].as_array()?.first()?;
            Some((thread["id"].as_u64()?, comment))
        });
        first.map(|(thread, comment)| read_in_thread(thread, comment)).collect()
    }

    fn create_comment(&self, number: u64, body: &str) -> ForgeRequest {
        let path = self.path(&format!("/pullRequests/{number}/threads"));
        // An active thread could block the completion of the pull request.
        let body = json!({
            "comments": [{ "parentCommentId": 0, "content": body, "commentType": "text" }],
            "status": "closed",
        });
        ForgeRequest::with(Method::Post, path, body)
    }

    fn update_comment(&self, number: u64, comment: &ForgeComment, body: &str) -> ForgeRequest {
        let path = self.comment(number, comment);
        ForgeRequest::with(Method::Patch, path, json!({ "content": body }))
    }

    fn delete_comment(&self, number: u64, comment: &ForgeComment) -> ForgeRequest {
        ForgeRequest { method: Method::Delete, path: self.comment(number, comment), body: None }
    }

    fn read_comment(&self, answer: &Value) -> Option<ForgeComment> {
        match answer["comments"].as_array() {
            Some(comments) => read_in_thread(answer["id"].as_u64()?, comments.first()?),
            // The answer to an update is the comment alone, whose thread is known.
            None => read_in_thread(0, answer),
        }
    }
}
