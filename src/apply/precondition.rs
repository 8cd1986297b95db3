//! Whether the live object still matches what a change was planned against.

use futures_util::future::{try_join, try_join_all};

use super::context::{Context, Work};
use super::wording;
use crate::graph::GraphError;
use crate::plan::{Action, Change, FieldChange, FieldStatus};
use crate::tenant::LiveObject;
use crate::tenant::matching::loses;
use crate::tenant::read::{ObjectRef, reread};

/// Whether the live object still matches what the change was planned against.
#[derive(Debug)]
pub(super) enum Precondition {
    /// It is what the change was planned against; nothing where it is to be created, or was not read again.
    Holds(Option<Box<LiveObject>>),
    /// It is as declared already; with its id where it exists.
    AlreadyApplied(Option<String>),
    /// It moved, with what moved in words.
    Stale(String),
}

/// Returns how changes stand that depend on nothing but what was read a moment ago.
pub(super) fn unmoved(works: &[Work<'_>]) -> Vec<Precondition> {
    works.iter().map(|_| Precondition::Holds(None)).collect()
}

/// Reads everything that these changes depend on, and returns how each stands.
pub(super) async fn of_all(
    context: &Context<'_>,
    works: &[Work<'_>],
) -> Result<Vec<Precondition>, GraphError> {
    let bound: Vec<ObjectRef> = works.iter().filter_map(Work::bound).collect();
    let new = works.iter().filter(|work| work.change.id.is_none());
    let (bound, new) = try_join(
        reread_some(context, &bound),
        try_join_all(new.map(|work| context.bindable(work.manifest))),
    )
    .await?;
    let (mut bound, mut new) = (bound.into_iter(), new.into_iter());
    let found = works.iter().map(|work| match work.change.id {
        Some(_) => Found::Bound(bound.next().flatten()),
        None => Found::Named(new.next().unwrap_or_default()),
    });
    let standings = works.iter().zip(found).map(|(work, found)| standing(context, *work, found));
    try_join_all(standings).await
}

/// Reads what one change depends on, and returns how it stands.
pub(super) async fn of_one(
    context: &Context<'_>,
    work: Work<'_>,
) -> Result<Precondition, GraphError> {
    let found = match work.change.id.as_deref() {
        id @ Some(_) => Found::Bound(context.read(work, id).await?),
        None => Found::Named(context.bindable(work.manifest).await?),
    };
    standing(context, work, found).await
}

/// What reading gave.
enum Found {
    /// What has the id of an object that was bound.
    Bound(Option<LiveObject>),
    /// What has the name of an object that is to be created.
    Named(Vec<LiveObject>),
}

async fn standing(
    context: &Context<'_>,
    work: Work<'_>,
    found: Found,
) -> Result<Precondition, GraphError> {
    match found {
        Found::Bound(live) => of_bound(context, work, live).await,
        Found::Named(found) => of_new(context, work, found).await,
    }
}

async fn reread_some(
    context: &Context<'_>,
    objects: &[ObjectRef],
) -> Result<Vec<Option<LiveObject>>, GraphError> {
    match objects {
        [] => Ok(Vec::new()),
        objects => reread(context.graph, objects).await,
    }
}

/// Returns how a change stands to an object that was read again.
pub(super) async fn of_bound(
    context: &Context<'_>,
    work: Work<'_>,
    live: Option<LiveObject>,
) -> Result<Precondition, GraphError> {
    let planned = work.change;
    if let (Some(twin), Some(stays)) = (&live, &planned.twin_of)
        && let Some(moved) = not_a_twin(context, work, twin, stays).await?
    {
        return Ok(Precondition::Stale(moved));
    }
    let digest = live.as_ref().map(LiveObject::digest);
    let unmoved = digest.is_some() && digest == planned.precondition.as_deref();
    let depends_on_masked = context.masked_read && !work.reads.masked.is_empty();
    if unmoved && !depends_on_masked {
        return Ok(Precondition::Holds(live.map(Box::new)));
    }
    let now = context.replan(work.manifest, live.as_ref()).await?;
    // No digest knows what a masked value is.
    if unmoved && compared(&now).eq(compared(planned)) {
        return Ok(Precondition::Holds(live.map(Box::new)));
    }
    Ok(match live {
        None if is_settled(&now) => Precondition::AlreadyApplied(None),
        None => Precondition::Stale("it is gone".to_owned()),
        // An object of another type is never what is declared, whatever its settings, and nobody can see whether
        // a secret is.
        Some(live)
            if live.kind == planned.address.kind && is_settled(&now) && !planned.rewrites() =>
        {
            Precondition::AlreadyApplied(Some(live.id))
        }
        Some(_) => Precondition::Stale(wording::moved(planned, &now)),
    })
}

/// Returns why an object is not deleted as a twin, in words: the one that stays is gone, or this one is in use.
async fn not_a_twin(
    context: &Context<'_>,
    work: Work<'_>,
    twin: &LiveObject,
    stays: &str,
) -> Result<Option<String>, GraphError> {
    Ok(match context.read(work, Some(stays)).await? {
        None => Some(format!("the object that was to stay, {stays}, is gone")),
        Some(stays) if loses(twin, &stays) => None,
        Some(_) => Some("one of the two objects of its name was changed or assigned".to_owned()),
    })
}

async fn of_new(
    context: &Context<'_>,
    work: Work<'_>,
    found: Vec<LiveObject>,
) -> Result<Precondition, GraphError> {
    if let [only] = found.as_slice() {
        // What was found by its name does not show what it refers to.
        let whole = match work.manifest.linked().is_empty() {
            true => None,
            false => context.read(work, Some(&only.id)).await?,
        };
        let now = context.replan(work.manifest, whole.as_ref().or(Some(only))).await?;
        if is_settled(&now) {
            return Ok(Precondition::AlreadyApplied(Some(only.id.clone())));
        }
    }
    if found.is_empty() {
        return Ok(Precondition::Holds(None));
    }
    let ids: Vec<&str> = found.iter().map(|object| object.id.as_str()).collect();
    Ok(Precondition::Stale(format!(
        "`{}` exists now, as {}",
        work.change.display_name,
        ids.join(" and ")
    )))
}

/// Returns what two plans of one object can differ in: not what is written whether or not it differs.
fn compared(change: &Change) -> impl Iterator<Item = &FieldChange> {
    let fields = change.fields.iter();
    fields.filter(|field| field.status != FieldStatus::Unverifiable && !field.is_rewritten())
}

fn is_settled(change: &Change) -> bool {
    change.action == Action::None && change.blocked.is_empty()
}
