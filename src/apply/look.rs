//! Reads the object of a change again, computes its plan again, and decides whether the change is still to be written.

use futures_util::future::{try_join, try_join_all};

use super::context::{Context, PlannedChange};
use super::wording;
use crate::graph::GraphError;
use crate::plan::{Action, Change, FieldChange, FieldStatus};
use crate::tenant::LiveObject;
use crate::tenant::matching::loses;
use crate::tenant::read::{ObjectRef, reread};

/// An object that was read again, and its new plan.
pub(super) struct Observed {
    /// The object, `None` where the tenant has none.
    pub(super) live: Option<LiveObject>,
    /// The change that would be planned for it now.
    pub(super) left: Change,
}

/// Whether a change, or one request of it, is still to be written.
#[derive(Debug, PartialEq)]
pub(super) enum WriteState {
    /// The object is as planned against, and the write is still to be done.
    Pending,
    /// The write is done; the ids are those of the objects that show it.
    Done(Vec<String>),
    /// The object changed; the text describes what changed.
    Stale(String),
    /// The run ends before the state can be known.
    Unknown,
}

/// Reads the objects of changes again. Returns the object of each where it exists, and the state of the change.
pub(super) async fn preconditions(
    context: &Context<'_>,
    works: &[PlannedChange<'_>],
) -> Result<Vec<(Option<LiveObject>, WriteState)>, GraphError> {
    let bound: Vec<ObjectRef> =
        works.iter().filter_map(|work| Some(work.object(work.change.id.as_deref()?))).collect();
    let new = works.iter().filter(|work| work.change.id.is_none());
    let (bound, new) = try_join(
        reread(context.run.graph, &bound),
        try_join_all(new.map(|work| context.bindable(work.manifest))),
    )
    .await?;
    let (mut bound, mut new) = (bound.into_iter(), new.into_iter());
    let states = works.iter().map(|work| {
        let found = match work.change.id {
            Some(_) => bound.next().flatten().into_iter().collect(),
            None => new.next().unwrap_or_default(),
        };
        precondition(context, *work, found)
    });
    try_join_all(states).await
}

/// Returns the state of a change whose object was looked up by its id, or else by its name.
async fn precondition(
    context: &Context<'_>,
    work: PlannedChange<'_>,
    mut found: Vec<LiveObject>,
) -> Result<(Option<LiveObject>, WriteState), GraphError> {
    if work.change.id.is_some() {
        let look = context.look(work, found.pop()).await?;
        let state = look.state(context, work).await?;
        return Ok((look.live, state));
    }
    let ids: Vec<String> = found.iter().map(|object| object.id.clone()).collect();
    if ids.is_empty() {
        return Ok((None, WriteState::Pending));
    }
    if let [only] = &ids[..] {
        let mut whole = None;
        if !work.manifest.linked().is_empty() {
            // The search by name does not read references.
            whole = context.read(work, Some(only)).await?;
        }
        let look = context.look(work, whole.or_else(|| found.pop())).await?;
        if look.is_as_declared() {
            return Ok((None, WriteState::Done(ids)));
        }
    }
    Ok((None, WriteState::exists_now(work.change, &ids)))
}

impl WriteState {
    /// Returns the state of a create where objects of its name exist.
    pub(super) fn exists_now(change: &Change, ids: &[String]) -> Self {
        let name = &change.display_name;
        Self::Stale(format!("`{name}` exists now, as {}", ids.join(" and ")))
    }
}

impl Context<'_> {
    /// Computes the plan of an object that was read for a change.
    async fn look(
        &self,
        work: PlannedChange<'_>,
        live: Option<LiveObject>,
    ) -> Result<Observed, GraphError> {
        let left = self.replan(work.manifest, live.as_ref()).await?;
        Ok(Observed { live, left })
    }

    /// Reads the object of a change by its id, and computes its plan.
    pub(super) async fn look_at(
        &self,
        work: PlannedChange<'_>,
        id: Option<&str>,
    ) -> Result<Observed, GraphError> {
        let live = self.read(work, id).await?;
        self.look(work, live).await
    }
}

impl Observed {
    /// Returns the state of a change whose object existed when it was planned.
    pub(super) async fn state(
        &self,
        context: &Context<'_>,
        work: PlannedChange<'_>,
    ) -> Result<WriteState, GraphError> {
        let planned = work.change;
        if let (Some(twin), Some(stays)) = (&self.live, &planned.twin_of) {
            // By now, the object that stays may be deleted, or this one in use.
            let moved = match context.read(work, Some(stays)).await? {
                Some(stays) if loses(twin, &stays) => None,
                Some(_) => {
                    Some("one of the two objects of its name was changed or assigned".into())
                }
                None => Some(format!("the object that was to stay, {stays}, is gone")),
            };
            if let Some(what) = moved {
                return Ok(WriteState::Stale(what));
            }
        }
        let digest = self.live.as_ref().map(LiveObject::digest);
        let is_unmoved = digest.is_some() && digest == planned.precondition.as_deref();
        let depends_on_masked =
            context.run.planned.plan.masked_read && !work.reads.masked.is_empty();
        // The digest does not cover masked values.
        if is_unmoved && (!depends_on_masked || compared(&self.left).eq(compared(planned))) {
            return Ok(WriteState::Pending);
        }
        Ok(match &self.live {
            None if self.is_as_declared() => WriteState::Done(Vec::new()),
            None => WriteState::Stale("it is gone".to_owned()),
            // An object of another type never matches the manifest, and no read shows whether a secret does.
            Some(live)
                if live.kind == planned.address.kind
                    && self.is_as_declared()
                    && !planned.rewrites() =>
            {
                WriteState::Done(vec![live.id.clone()])
            }
            Some(_) => WriteState::Stale(wording::moved(planned, &self.left)),
        })
    }

    fn is_as_declared(&self) -> bool {
        self.left.action == Action::None && self.left.blocked.is_empty()
    }
}

/// Returns the fields that are compared between two plans: not those that are written whether or not they differ.
fn compared(change: &Change) -> impl Iterator<Item = &FieldChange> {
    let fields = change.fields.iter();
    fields.filter(|field| field.status != FieldStatus::Unverifiable && !field.is_rewritten())
}
