//! GitHub (FACTS 18.1).

use serde_json::{Value, json};

use super::{
    ForgeComment, ForgeDialect, ForgeIssue, ForgeRequest, IssueContent, IssueDialect,
    PullRequestState, all, text,
};
use crate::http::Method;

/// The calls of GitHub for one repository.
#[derive(Clone)]
pub(super) struct Github {
    /// The path of the REST interface: empty, or `/api/v3` on a server of one's own.
    pub(super) base: String,
    /// `owner/name`.
    pub(super) repository: String,
}

impl Github {
    fn path(&self, rest: &str) -> String {
        format!("{}/repos/{}{rest}", self.base, self.repository)
    }
}

impl ForgeDialect for Github {
    fn author(&self) -> ForgeRequest {
        // `GET /user` refuses the token of a workflow, this query does not.
        let base = self.base.strip_suffix("/v3").unwrap_or(&self.base);
        let query = json!({ "query": "{ viewer { login } }" });
        ForgeRequest::with(Method::Post, format!("{base}/graphql"), query)
    }

    fn read_author(&self, answer: &Value) -> Option<String> {
        text(&answer["data"]["viewer"]["login"])
    }

    fn pull_request(&self, number: u64) -> ForgeRequest {
        ForgeRequest::get(self.path(&format!("/pulls/{number}")))
    }

    fn read_pull_request(&self, answer: &Value) -> Option<PullRequestState> {
        Some(PullRequestState {
            is_open: answer["state"].as_str()? == "open",
            head: text(&answer["head"]["sha"])?,
            merged: text(&answer["merge_commit_sha"]),
        })
    }

    fn merge_base(&self, one: &str, other: &str) -> ForgeRequest {
        ForgeRequest::get(self.path(&format!("/compare/{one}...{other}?per_page=1")))
    }

    fn read_merge_base(&self, answer: &Value) -> Option<String> {
        text(&answer["merge_base_commit"]["sha"])
    }

    fn comments(&self, number: u64) -> ForgeRequest {
        ForgeRequest::get(self.path(&format!("/issues/{number}/comments?per_page=100")))
    }

    fn read_comments(&self, page: &Value) -> Option<Vec<ForgeComment>> {
        all(page, |comment| self.read_comment(comment))
    }

    fn create_comment(&self, number: u64, body: &str) -> ForgeRequest {
        let path = self.path(&format!("/issues/{number}/comments"));
        ForgeRequest::with(Method::Post, path, json!({ "body": body }))
    }

    fn update_comment(&self, _: u64, comment: &ForgeComment, body: &str) -> ForgeRequest {
        let path = self.path(&format!("/issues/comments/{}", comment.id));
        ForgeRequest::with(Method::Patch, path, json!({ "body": body }))
    }

    fn delete_comment(&self, _: u64, comment: &ForgeComment) -> ForgeRequest {
        let path = self.path(&format!("/issues/comments/{}", comment.id));
        ForgeRequest { method: Method::Delete, path, body: None }
    }

    fn read_comment(&self, answer: &Value) -> Option<ForgeComment> {
        Some(ForgeComment {
            id: answer["id"].as_u64()?.to_string(),
            // The account may be deleted.
            author: text(&answer["user"]["login"]).unwrap_or_default(),
            body: text(&answer["body"]).unwrap_or_default(),
            url: text(&answer["html_url"]),
        })
    }
}

impl IssueDialect for Github {
    fn issues(&self, label: Option<&str>) -> ForgeRequest {
        let which = match label {
            Some(label) => format!("state=all&labels={label}"),
            None => "state=open".to_owned(),
        };
        ForgeRequest::get(self.path(&format!("/issues?{which}&per_page=100")))
    }

    fn read_issues(&self, page: &Value) -> Option<Vec<ForgeIssue>> {
        // Every pull request is in the list too.
        let issues = page.as_array()?.iter().filter(|issue| issue["pull_request"].is_null());
        issues.map(|issue| self.read_issue(issue)).collect()
    }

    fn create_issue(&self, content: IssueContent<'_>, label: &str) -> ForgeRequest {
        let body = json!({ "title": content.title, "body": content.body, "labels": [label] });
        ForgeRequest::with(Method::Post, self.path("/issues"), body)
    }

    fn update_issue(&self, number: u64, content: IssueContent<'_>, _: bool) -> ForgeRequest {
        let state = if content.is_open { "open" } else { "closed" };
        let body = json!({ "title": content.title, "body": content.body, "state": state });
        ForgeRequest::with(Method::Patch, self.path(&format!("/issues/{number}")), body)
    }

    fn read_issue(&self, answer: &Value) -> Option<ForgeIssue> {
        Some(ForgeIssue {
            number: answer["number"].as_u64()?,
            author: text(&answer["user"]["login"]).unwrap_or_default(),
            body: text(&answer["body"]).unwrap_or_default(),
            is_open: answer["state"].as_str()? == "open",
            url: text(&answer["html_url"]),
        })
    }
}
