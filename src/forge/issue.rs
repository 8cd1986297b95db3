//! The one issue of a tenant in which drift is tracked: opened, updated, closed, reopened.
//!
//! It is known by its author, which is the token's owner, and by the marker on its first line. The second line keeps what
//! the next run has to know, a text that has no meaning here.

use super::client::ForgeClient;
use super::dialect::{ForgeIssue, IssueContent, IssueDialect};
use super::error::ForgeError;

/// The label of the issue.
const LABEL: &str = "moorline";

const MEMORY: &str = "<!-- moorline:memory ";
const END: &str = " -->";

/// The issue of a tenant, if there is one.
#[derive(Debug)]
pub(crate) struct TrackingIssue {
    tenant: String,
    author: String,
    issue: Option<ForgeIssue>,
}

/// The content that the issue of a tenant should have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IssueRequest<'a> {
    /// The title.
    pub(crate) title: &'a str,
    /// The text for people, in Markdown.
    pub(crate) text: &'a str,
    /// The text for the next run: one line without `--`.
    pub(crate) memory: &'a str,
    /// Whether something is left to do.
    pub(crate) is_open: bool,
}

/// The result for an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssueOutcome {
    /// It was opened.
    Opened,
    /// It was closed before, and is open again.
    Reopened,
    /// It has another text.
    Updated,
    /// It was closed.
    Closed,
    /// It was left alone.
    Unchanged,
    /// There is none, and none is needed.
    NotNeeded,
}

impl TrackingIssue {
    /// Returns what the last run left for this one.
    pub(crate) fn memory(&self) -> Option<&str> {
        let line = self.issue.as_ref()?.body.lines().nth(1)?;
        line.trim_end().strip_prefix(MEMORY)?.strip_suffix(END)
    }

    /// Returns the address of the issue.
    pub(crate) fn url(&self) -> Option<&str> {
        self.issue.as_ref()?.url.as_deref()
    }
}

impl ForgeClient {
    /// Finds the issue of a tenant.
    ///
    /// # Errors
    /// When a call fails, or the forge has no issues.
    pub(crate) async fn tracking_issue(&self, tenant: &str) -> Result<TrackingIssue, ForgeError> {
        let dialect = self.issue_dialect()?;
        let author = self.dialect.author();
        let author = self.send(&author, |answer| self.dialect.read_author(answer)).await?;
        let first_line = marker(tenant);
        let is_it = |issue: &ForgeIssue| {
            issue.author == author && issue.body.lines().next() == Some(&first_line)
        };
        // A person may have taken the label off; an open issue is found without.
        for label in [Some(LABEL), None] {
            let request = dialect.issues(label);
            let all = self.list(&request, |page| dialect.read_issues(page)).await?;
            let own = all.into_iter().filter(is_it);
            let issue = own.max_by_key(|issue| (issue.is_open, issue.number));
            if issue.is_some() || label.is_none() {
                return Ok(TrackingIssue { tenant: tenant.to_owned(), author, issue });
            }
        }
        Ok(TrackingIssue { tenant: tenant.to_owned(), author, issue: None })
    }

    /// Gives an issue its content and its state.
    ///
    /// # Errors
    /// When a call fails, or the text is too long.
    pub(crate) async fn track(
        &self,
        found: &mut TrackingIssue,
        wanted: &IssueRequest<'_>,
    ) -> Result<IssueOutcome, ForgeError> {
        let dialect = self.issue_dialect()?;
        let IssueRequest { title, text, memory, is_open } = *wanted;
        let body = format!("{}\n{MEMORY}{memory}{END}\n{}\n", marker(&found.tenant), text.trim());
        self.check_length(&body)?;
        let content = IssueContent { title, body: &body, is_open };
        let Some(issue) = &found.issue else {
            if !is_open {
                return Ok(IssueOutcome::NotNeeded);
            }
            found.issue = Some(self.create_issue(dialect, content, found).await?);
            return Ok(IssueOutcome::Opened);
        };
        let was_open = issue.is_open;
        // What differs in a closed issue is the time of the check alone.
        let is_settled = !was_open && !is_open && found.memory() == Some(memory);
        if is_settled || was_open == is_open && issue.body.replace("\r\n", "\n") == body {
            return Ok(IssueOutcome::Unchanged);
        }
        let request = dialect.update_issue(issue.number, content, was_open);
        found.issue = Some(self.send(&request, |answer| dialect.read_issue(answer)).await?);
        Ok(match (was_open, is_open) {
            (false, true) => IssueOutcome::Reopened,
            (true, false) => IssueOutcome::Closed,
            _ => IssueOutcome::Updated,
        })
    }

    async fn create_issue(
        &self,
        dialect: &dyn IssueDialect,
        content: IssueContent<'_>,
        found: &TrackingIssue,
    ) -> Result<ForgeIssue, ForgeError> {
        let request = dialect.create_issue(content, LABEL);
        match self.send(&request, |answer| dialect.read_issue(answer)).await {
            Err(error) if error.is_lost() => {
                // It may have been created although the answer is lost.
                let request = dialect.issues(None);
                let again = self.list(&request, |page| dialect.read_issues(page)).await?;
                let mut again = again.into_iter();
                let created = again.find(|issue| {
                    issue.author == found.author && issue.body.replace("\r\n", "\n") == content.body
                });
                created.ok_or(error)
            }
            done => done,
        }
    }

    fn issue_dialect(&self) -> Result<&dyn IssueDialect, ForgeError> {
        self.issues.as_deref().ok_or_else(|| {
            let what = format!("{} has no issues that every project has alike", self.facts().name);
            ForgeError::Unknown(
                what,
                "Leave out `--issue`, and keep `--history DIR` from run to run.",
            )
        })
    }
}

/// Returns the first line of the issue of a tenant.
fn marker(tenant: &str) -> String {
    format!("<!-- moorline:issue tenant={tenant}{END}")
}
