//! The one comment of a tenant on a pull request: created, updated, left alone.
//!
//! The comment is known by its author, which is the token's owner, and by the marker on its first line. A run writes only
//! as long as its commit is the last one of the pull request, so that no later text is ever replaced by an earlier one.

use super::client::ForgeClient;
use super::dialect::{ForgeComment, PullRequestState};
use super::error::ForgeError;
use super::marker::{CommentMarker, RunNumber};

/// The number of digits of a commit that people read.
const SHORT: usize = 7;

/// A comment that is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommentRequest<'a> {
    /// The name of the tenant.
    pub(crate) tenant: &'a str,
    /// The number of the pull request.
    pub(crate) number: u64,
    /// The commit that the text is about.
    pub(crate) commit: &'a str,
    /// The run that made the text.
    pub(crate) run: RunNumber,
    /// The text; an outdated comment keeps its own where there is none.
    pub(crate) body: Option<&'a str>,
    /// Whether the commit changes nothing for the tenant, so that a comment of an earlier one is outdated.
    pub(crate) outdated: bool,
}

/// The result for a comment that was wanted; the address is the comment's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommentOutcome {
    /// It was created.
    Created(Option<String>),
    /// Its text was replaced.
    Updated(Option<String>),
    /// It was marked as outdated.
    MarkedOutdated(Option<String>),
    /// It says so already, and knows of this run.
    Unchanged(Option<String>),
    /// No comment could be outdated.
    NothingOutdated,
    /// The pull request has moved on to this commit, or a later run for the same commit has written.
    Older(String),
    /// The pull request is closed.
    Closed,
}

impl ForgeClient {
    /// Creates or updates the comment of a tenant.
    ///
    /// # Errors
    /// When the text is too long, or a call fails; then the comment is as it was, or as it is wanted.
    pub(crate) async fn comment(
        &self,
        wanted: &CommentRequest<'_>,
    ) -> Result<CommentOutcome, ForgeError> {
        self.check_length(wanted.text(None).as_deref().unwrap_or_default())?;
        let dialect = &self.dialect;
        if let Some(outcome) = self.hindrance(wanted).await? {
            return Ok(outcome);
        }
        let author = self.send(&dialect.author(), |answer| dialect.read_author(answer)).await?;
        let own = self.own(wanted, &author).await?;
        // A run outside a pipeline has no number, and follows a wish.
        let is_later = |marker: &CommentMarker| {
            marker.commit == wanted.commit && wanted.run.run > 0 && marker.run > wanted.run
        };
        if own.iter().any(|(_, marker)| is_later(marker)) {
            return Ok(CommentOutcome::Older(wanted.commit.to_owned()));
        }
        // Runs at the same moment may have created several.
        let Some(((comment, marker), others)) = own.split_first() else {
            return self.create(wanted, &author).await;
        };
        for (other, _) in others {
            let request = dialect.delete_comment(wanted.number, other);
            let deleted = self.send(&request, |_| Some(()));
            deleted
                .await
                .or_else(|error| if error.is_not_found() { Ok(()) } else { Err(error) })?;
        }
        self.update(wanted, comment, marker).await
    }

    /// Returns why a run does not write: the pull request is closed, or has moved on.
    async fn hindrance(
        &self,
        wanted: &CommentRequest<'_>,
    ) -> Result<Option<CommentOutcome>, ForgeError> {
        let request = self.dialect.pull_request(wanted.number);
        let state = self.send(&request, |answer| self.dialect.read_pull_request(answer)).await?;
        if !state.is_open {
            return Ok(Some(CommentOutcome::Closed));
        }
        let is_current = self.is_current(&state, wanted.commit).await?;
        Ok((!is_current).then_some(CommentOutcome::Older(state.head)))
    }

    /// Returns whether a commit is the last one of a pull request. Where the service has not noticed the last push yet,
    /// the commit is a later one.
    async fn is_current(&self, state: &PullRequestState, ours: &str) -> Result<bool, ForgeError> {
        let commits = [Some(&state.head), state.merged.as_ref()];
        if commits.into_iter().flatten().any(|commit| commit.starts_with(ours)) {
            return Ok(true);
        }
        let dialect = &self.dialect;
        let request = dialect.merge_base(&state.head, ours);
        match self.send(&request, |answer| dialect.read_merge_base(answer)).await {
            Ok(base) => Ok(base == state.head),
            // The commit was pushed away.
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the comments of a tenant that the token's owner wrote, oldest first.
    async fn own(
        &self,
        wanted: &CommentRequest<'_>,
        author: &str,
    ) -> Result<Vec<(ForgeComment, CommentMarker)>, ForgeError> {
        let request = self.dialect.comments(wanted.number);
        let all = self.list(&request, |page| self.dialect.read_comments(page)).await?;
        let own = all.into_iter().filter(|comment| comment.author == author);
        let marked = own.filter_map(|comment| {
            let (marker, _) = CommentMarker::read(&comment.body)?;
            (marker.tenant == wanted.tenant).then_some((comment, marker))
        });
        Ok(marked.collect())
    }

    async fn create(
        &self,
        wanted: &CommentRequest<'_>,
        author: &str,
    ) -> Result<CommentOutcome, ForgeError> {
        let Some(text) = wanted.text(None).filter(|_| !wanted.outdated) else {
            return Ok(CommentOutcome::NothingOutdated);
        };
        // A push may have come while the comments were read.
        if let Some(outcome) = self.hindrance(wanted).await? {
            return Ok(outcome);
        }
        let request = self.dialect.create_comment(wanted.number, &text);
        match self.send(&request, |answer| self.dialect.read_comment(answer)).await {
            Ok(created) => Ok(CommentOutcome::Created(created.url)),
            Err(error) if error.is_lost() => {
                // It may have been created although the answer is lost.
                let created = self.own(wanted, author).await?.into_iter().next();
                created.map(|(created, _)| CommentOutcome::Created(created.url)).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn update(
        &self,
        wanted: &CommentRequest<'_>,
        comment: &ForgeComment,
        marker: &CommentMarker,
    ) -> Result<CommentOutcome, ForgeError> {
        let url = comment.url.clone();
        let present = text_below(comment);
        let mut text = match wanted.body {
            None if wanted.outdated == marker.outdated => {
                format!("{}\n{present}", wanted.marker())
            }
            _ => wanted.text(Some((comment, marker))).unwrap_or_default(),
        };
        if wanted.body.is_none() && self.check_length(&text).is_err() {
            // The history of the comment keeps the former text.
            text = CommentRequest { body: Some(""), ..*wanted }.text(None).unwrap_or_default();
        }
        let wished = CommentMarker::read(&text).map_or("", |(_, text)| text);
        let is_same = wanted.outdated == marker.outdated && is_same_text(wished, present);
        if is_same && marker.commit == wanted.commit && marker.run >= wanted.run {
            return Ok(CommentOutcome::Unchanged(url));
        }
        // A push may have come while the comments were read.
        if let Some(outcome) = self.hindrance(wanted).await? {
            return Ok(outcome);
        }
        let request = self.dialect.update_comment(wanted.number, comment, &text);
        self.send(&request, |answer| self.dialect.read_comment(answer)).await?;
        if is_same {
            // The marker alone was written: an earlier run that ends later must see that this one was there.
            return Ok(CommentOutcome::Unchanged(url));
        }
        let outcome =
            if wanted.outdated { CommentOutcome::MarkedOutdated } else { CommentOutcome::Updated };
        Ok(outcome(url))
    }

    /// Checks the length of a text before it is sent.
    pub(super) fn check_length(&self, text: &str) -> Result<(), ForgeError> {
        let (length, most) = (text.chars().count(), self.facts().longest_comment);
        if length > most {
            return Err(ForgeError::TooLong { name: self.facts().name, length, most });
        }
        Ok(())
    }
}

/// Returns the text of a comment below its marker.
fn text_below(comment: &ForgeComment) -> &str {
    CommentMarker::read(&comment.body).map_or("", |(_, text)| text)
}

/// Returns whether two texts are the same, as far as a service keeps them: it may change the line ends and the blanks at the end.
fn is_same_text(one: &str, other: &str) -> bool {
    one.trim_end().lines().eq(other.trim_end().lines())
}

impl CommentRequest<'_> {
    fn marker(&self) -> CommentMarker {
        let (tenant, commit) = (self.tenant.to_owned(), self.commit.to_owned());
        let Self { run, outdated, .. } = *self;
        CommentMarker { tenant, commit, run, outdated }
    }

    /// Returns the text of the comment with its marker; `former` is the comment whose text an outdated one keeps.
    fn text(&self, former: Option<(&ForgeComment, &CommentMarker)>) -> Option<String> {
        if self.body.is_none() && former.is_none() {
            return None;
        }
        let marker = self.marker();
        if !self.outdated {
            return Some(format!("{marker}\n{}", self.body.unwrap_or_default()));
        }
        let short = &self.commit[..SHORT.min(self.commit.len())];
        let note = format!("**Outdated:** commit `{short}` changes nothing for {}.", self.tenant);
        let rest = match (self.body, former) {
            (Some(body), _) => body.to_owned(),
            (None, Some((comment, old))) => {
                let text = text_below(comment);
                let old = &old.commit[..SHORT.min(old.commit.len())];
                format!(
                    "<details>\n<summary>For commit {old}</summary>\n\n{}\n\n</details>",
                    text.trim()
                )
            }
            (None, None) => String::new(),
        };
        Some(format!("{marker}\n{note}\n\n{rest}\n"))
    }
}
