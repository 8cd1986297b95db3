//! Whether an object is still what a change was planned against.

use futures_util::future::{try_join, try_join_all};

use super::context::{Context, Work};
use super::wording;
use crate::graph::GraphError;
use crate::plan::{Action, Change};
use crate::tenant::LiveObject;
use crate::tenant::read::{ObjectRef, reread};

/// How an object stands to the change that was planned for it.
#[derive(Debug, PartialEq)]
pub(super) enum Standing {
    /// It is what the change was planned against; nothing where it is to be created.
    AsPlanned(Option<Box<LiveObject>>),
    /// It is as declared already; with its id where it exists.
    InPlace(Option<String>),
    /// It moved, with what moved in words.
    Moved(String),
}

/// Reads everything that these changes depend on, and returns how each stands.
pub(super) async fn of_all(
    context: &Context<'_>,
    works: &[Work<'_>],
) -> Result<Vec<Standing>, GraphError> {
    let bound: Vec<ObjectRef> = works.iter().filter_map(Work::bound).collect();
    let new = works.iter().filter(|work| work.change.id.is_none());
    let (bound, new) = try_join(
        reread_some(context, &bound),
        try_join_all(new.map(|work| context.bindable(work.manifest))),
    )
    .await?;
    let (mut bound, mut new) = (bound.into_iter(), new.into_iter());
    let standing = |work: &Work<'_>| {
        let replan = |live: Option<&LiveObject>| context.replan(work.manifest, live);
        match work.change.id {
            Some(_) => of_bound(work.change, bound.next().flatten(), replan),
            None => of_new(work.change, new.next().unwrap_or_default(), replan),
        }
    };
    Ok(works.iter().map(standing).collect())
}

/// Reads what one change depends on, and returns how it stands.
pub(super) async fn of_one(context: &Context<'_>, work: Work<'_>) -> Result<Standing, GraphError> {
    let replan = |live: Option<&LiveObject>| context.replan(work.manifest, live);
    match work.change.id.as_deref() {
        id @ Some(_) => Ok(of_bound(work.change, context.read(work, id).await?, replan)),
        None => Ok(of_new(
            work.change,
            context.bindable(work.manifest).await?,
            replan,
        )),
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

fn of_bound(
    planned: &Change,
    live: Option<LiveObject>,
    replan: impl FnOnce(Option<&LiveObject>) -> Change,
) -> Standing {
    let digest = live.as_ref().map(LiveObject::digest);
    if digest.is_some() && digest == planned.precondition {
        return Standing::AsPlanned(live.map(Box::new));
    }
    let now = replan(live.as_ref());
    match live {
        None if is_settled(&now) => Standing::InPlace(None),
        None => Standing::Moved("it is gone".to_owned()),
        // An object of another type is never what is declared, whatever its settings.
        Some(live) if live.kind == planned.address.kind && is_settled(&now) => {
            Standing::InPlace(Some(live.id))
        }
        Some(_) => Standing::Moved(wording::moved(planned, &now)),
    }
}

fn of_new(
    planned: &Change,
    found: Vec<LiveObject>,
    replan: impl FnOnce(Option<&LiveObject>) -> Change,
) -> Standing {
    match found.as_slice() {
        [] => Standing::AsPlanned(None),
        [only] if is_settled(&replan(Some(only))) => Standing::InPlace(Some(only.id.clone())),
        found => {
            let ids: Vec<&str> = found.iter().map(|object| object.id.as_str()).collect();
            Standing::Moved(format!(
                "`{}` exists now, as {}",
                planned.display_name,
                ids.join(" and ")
            ))
        }
    }
}

fn is_settled(change: &Change) -> bool {
    change.action == Action::None && change.blocked.is_empty()
}
