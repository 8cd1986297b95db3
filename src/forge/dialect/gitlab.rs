//! GitLab (FACTS 18.2).

use serde_json::{Value, json};

use super::{
    ForgeComment, ForgeDialect, ForgeIssue, ForgeRequest, IssueContent, IssueDialect,
    PullRequestState, all, text,
};
use crate::http::Method;

/// The calls of GitLab for one project.
#[derive(Clone)]
pub(super) struct Gitlab {
    /// The path of the REST interface, `/api/v4`.
    pub(super) base: String,
    /// The project's path, encoded as one segment.
    pub(super) project: String,
}

impl Gitlab {
    fn path(&self, rest: &str) -> String {
        format!("{}/projects/{}{rest}", self.base, self.project)
    }

    fn note(&self, number: u64, comment: &ForgeComment) -> String {
        self.path(&format!("/merge_requests/{number}/notes/{}", comment.id))
    }
}

impl ForgeDialect for Gitlab {
    fn author(&self) -> ForgeRequest {
        ForgeRequest::get(format!("{}/user", self.base))
    }

    fn read_author(&self, answer: &Value) -> Option<String> {
        Some(answer["id"].as_u64()?.to_string())
    }

    fn pull_request(&self, number: u64) -> ForgeRequest {
        ForgeRequest::get(self.path(&format!("/merge_requests/{number}")))
    }

    fn read_pull_request(&self, answer: &Value) -> Option<PullRequestState> {
        Some(PullRequestState {
            is_open: answer["state"].as_str()? == "opened",
            head: text(&answer["sha"])?,
            merged: text(&answer["merge_commit_sha"]),
        })
    }

    fn merge_base(&self, one: &str, other: &str) -> ForgeRequest {
        let path = format!("/repository/merge_base?refs[]={one}&refs[]={other}");
        ForgeRequest::get(self.path(&path.replace('[', "%5B").replace(']', "%5D")))
    }

    fn read_merge_base(&self, answer: &Value) -> Option<String> {
        text(&answer["id"])
    }

    fn comments(&self, number: u64) -> ForgeRequest {
        ForgeRequest::get(
            self.path(&format!("/merge_requests/{number}/notes?per_page=100&sort=asc")),
        )
    }

    fn read_comments(&self, page: &Value) -> Option<Vec<ForgeComment>> {
        all(page, |note| self.read_comment(note))
    }

    fn create_comment(&self, number: u64, body: &str) -> ForgeRequest {
        let path = self.path(&format!("/merge_requests/{number}/notes"));
        ForgeRequest::with(Method::Post, path, json!({ "body": body }))
    }

    fn update_comment(&self, number: u64, comment: &ForgeComment, body: &str) -> ForgeRequest {
        ForgeRequest::with(Method::Put, self.note(number, comment), json!({ "body": body }))
    }

    fn delete_comment(&self, number: u64, comment: &ForgeComment) -> ForgeRequest {
        ForgeRequest { method: Method::Delete, path: self.note(number, comment), body: None }
    }

    fn read_comment(&self, answer: &Value) -> Option<ForgeComment> {
        Some(ForgeComment {
            id: answer["id"].as_u64()?.to_string(),
            author: answer["author"]["id"].as_u64()?.to_string(),
            body: text(&answer["body"])?,
            url: None,
        })
    }
}

impl IssueDialect for Gitlab {
    fn issues(&self, label: Option<&str>) -> ForgeRequest {
        let which = match label {
            Some(label) => format!("state=all&labels={label}"),
            None => "state=opened".to_owned(),
        };
        ForgeRequest::get(self.path(&format!("/issues?{which}&scope=all&per_page=100")))
    }

    fn read_issues(&self, page: &Value) -> Option<Vec<ForgeIssue>> {
        all(page, |issue| self.read_issue(issue))
    }

    fn create_issue(&self, content: IssueContent<'_>, label: &str) -> ForgeRequest {
        let IssueContent { title, body, .. } = content;
        let body = json!({ "title": title, "description": body, "labels": label });
        ForgeRequest::with(Method::Post, self.path("/issues"), body)
    }

    fn update_issue(&self, number: u64, content: IssueContent<'_>, was_open: bool) -> ForgeRequest {
        let mut body = json!({ "title": content.title, "description": content.body });
        // An issue that has the state already refuses the event.
        if content.is_open != was_open {
            body["state_event"] = if content.is_open { "reopen" } else { "close" }.into();
        }
        ForgeRequest::with(Method::Put, self.path(&format!("/issues/{number}")), body)
    }

    fn read_issue(&self, answer: &Value) -> Option<ForgeIssue> {
        Some(ForgeIssue {
            number: answer["iid"].as_u64()?,
            author: answer["author"]["id"].as_u64()?.to_string(),
            body: text(&answer["description"]).unwrap_or_default(),
            is_open: answer["state"].as_str()? == "opened",
            url: text(&answer["web_url"]),
        })
    }
}
