//! A look at what a write is about, before it is sent again.
//!
//! Whatever the reason was to wait (a limit, a lost answer, an approval), the write may have been done for all
//! that, and somebody may have changed the object meanwhile. So it is sent again only where the tenant still asks
//! for the very same request.

use super::change::A_NEW_PLAN;
use super::context::{Context, Work};
use super::failure::Failure;
use super::precondition::{self, Standing};
use super::wording;
use crate::graph::{GraphError, Request};
use crate::http::Method;
use crate::plan::Change;
use crate::plan::requests::linked_by;

/// What a look shows of a write.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sight {
    /// It is still to be done, and nothing else.
    Wanted,
    /// It is done.
    Done,
    /// What it is about moved, in words.
    Moved(String),
}

/// A write that may have to be sent more than once.
pub(super) struct Look<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) work: Work<'a>,
    /// The object that it is about.
    pub(super) id: Option<String>,
    /// The object that the change created.
    pub(super) created: Option<String>,
    /// Whether nothing of the change was sent before it.
    pub(super) is_first: bool,
    /// The write, without its secrets.
    pub(super) request: &'a Request,
}

impl Look<'_> {
    /// Reads the object and tells what has become of the write.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub(super) async fn sight(&self) -> Result<Sight, GraphError> {
        let (context, work) = (self.context, self.work);
        let live = context.read(work, self.id.as_deref()).await?;
        if live.is_none() && self.deletes() {
            return Ok(Sight::Done);
        }
        let Some(live) = live else {
            return Ok(match self.created {
                // A replica may not know it yet.
                Some(_) => Sight::Wanted,
                None => Sight::Moved("it is gone".to_owned()),
            });
        };
        let moved = match self.is_first {
            true => match precondition::of_bound(context, work, Some(live.clone())).await? {
                Standing::AsPlanned(_) => return Ok(Sight::Wanted),
                Standing::InPlace(_) => return Ok(Sight::Done),
                Standing::Moved(what) => Some(what),
            },
            // What the change wrote before it has moved the object.
            false => None,
        };
        let left = context.replan(work.manifest, Some(&live)).await?;
        let same = self.left_of(&left);
        let blocked = left.blocked.first().map(|why| why.message.clone());
        let Some(moved) = moved else {
            return Ok(match (same, blocked) {
                (Some(request), _) if request.body == self.request.body => Sight::Wanted,
                (None, None) => Sight::Done,
                (None, Some(why)) => Sight::Moved(why),
                (Some(_), _) => Sight::Moved(wording::moved(work.change, &left)),
            });
        };
        // Of what cannot be planned any more, or cannot be seen, no request is left either.
        let is_telling = blocked.is_none() && !work.change.rewrites() && !self.deletes();
        Ok(match same.is_none() && is_telling {
            true => Sight::Done,
            false => Sight::Moved(blocked.unwrap_or(moved)),
        })
    }

    /// Returns the request that would be planned in the place of this one, where there is still one.
    fn left_of(&self, left: &Change) -> Option<Request> {
        let is_link = linked_by(&self.request.path).is_some();
        let filled = |request: &Request| {
            let created = self.created.as_deref();
            self.context.filled(self.work, created, request).ok()
        };
        left.requests.iter().filter_map(filled).find(|request| {
            request.method == self.request.method
                && request.path == self.request.path
                // A collection is added to by one call for each object.
                && (!is_link || request.body == self.request.body)
        })
    }

    fn deletes(&self) -> bool {
        self.request.method == Method::Delete && linked_by(&self.request.path).is_none()
    }
}

impl Failure {
    /// Returns the failure of a write that is not sent again, as what it is about moved.
    pub(super) fn moved(what: &str) -> Self {
        let message = format!("it moved before it could be sent again: {what}");
        Self { moved: true, ..Self::new(message, A_NEW_PLAN) }
    }
}
