//! Whether a write may be sent again.
//!
//! Whatever the reason was to wait (a limit, a lost answer, an approval), the write may have been done for all
//! that, and the object may have changed meanwhile. So a write is sent again only where the object, read again, still
//! asks for the very same request.

use super::context::{Context, Work};
use super::precondition::{self, Precondition};
use super::wording;
use crate::graph::{GraphError, Request};
use crate::plan::{Change, PlannedRequest, Step};

/// What the object shows of a write.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum WriteState {
    /// It is still to be done, and nothing else.
    Pending,
    /// It is done.
    Done,
    /// What it is about moved, in words.
    Stale(String),
}

/// A write that may have to be sent more than once.
pub(super) struct ResendCheck<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) work: Work<'a>,
    /// The object that it is about.
    pub(super) id: Option<String>,
    /// The object that the change created.
    pub(super) created: Option<String>,
    /// Whether nothing of the change was sent before it.
    pub(super) is_first: bool,
    /// The write as the plan has it.
    pub(super) planned: &'a PlannedRequest,
    /// The write with its ids, without its secrets.
    pub(super) request: &'a Request,
}

impl ResendCheck<'_> {
    /// Reads the object and returns what has become of the write.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub(super) async fn state(&self) -> Result<WriteState, GraphError> {
        let (context, work) = (self.context, self.work);
        let live = context.read(work, self.id.as_deref()).await?;
        if live.is_none() && self.deletes() {
            return Ok(WriteState::Done);
        }
        let Some(live) = live else {
            return Ok(match self.created {
                // A replica may not know it yet.
                Some(_) => WriteState::Pending,
                None => WriteState::Stale("it is gone".to_owned()),
            });
        };
        let moved = match self.is_first {
            true => match precondition::of_bound(context, work, Some(live.clone())).await? {
                Precondition::Holds(_) => return Ok(WriteState::Pending),
                Precondition::AlreadyApplied(_) => return Ok(WriteState::Done),
                Precondition::Stale(what) => Some(what),
            },
            // What the change wrote before it has moved the object.
            false => None,
        };
        let left = context.replan(work.manifest, Some(&live)).await?;
        let same = self.left_of(&left);
        let blocked = left.blocked.first().map(|why| why.message.clone());
        let Some(moved) = moved else {
            return Ok(match (same, blocked) {
                (Some(request), _) if request.body == self.request.body => WriteState::Pending,
                (None, None) => WriteState::Done,
                (None, Some(why)) => WriteState::Stale(why),
                (Some(_), _) => WriteState::Stale(wording::moved(work.change, &left)),
            });
        };
        // Of what cannot be planned any more, or cannot be seen, no request is left either.
        let is_telling = blocked.is_none() && !work.change.rewrites() && !self.deletes();
        Ok(match same.is_none() && is_telling {
            true => WriteState::Done,
            false => WriteState::Stale(blocked.unwrap_or(moved)),
        })
    }

    /// Returns the request that would be planned in the place of this one, where there is still one.
    fn left_of(&self, left: &Change) -> Option<Request> {
        let PlannedRequest { step, property, .. } = self.planned;
        let mut alike = left
            .requests
            .iter()
            .filter(|planned| planned.step == *step && planned.property == *property);
        alike.find_map(|planned| {
            let filled = self.context.filled(self.work, self.created.as_deref(), planned).ok()?;
            // A collection is added to, and taken from, by one call for each object.
            let is_same = filled.path == self.request.path && filled.body == self.request.body;
            (is_same || !step.is_link()).then_some(filled)
        })
    }

    fn deletes(&self) -> bool {
        self.planned.step == Step::Delete
    }
}
