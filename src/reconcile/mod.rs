//! Reads the tenant and computes the plan in turn, until everything that the plan depends on is read.

use std::collections::BTreeSet;

use tokio::sync::mpsc::unbounded_channel;

use crate::graph::client::Graph;
use crate::graph::error::GraphError;
use crate::manifest::{Address, Desired};
use crate::plan::{self, Planned};
use crate::tenant::audited;
use crate::tenant::lookup::labels;
use crate::tenant::masked::{self, Ahead};
use crate::tenant::reach::{self, Counts};
use crate::tenant::read::{ObjectRef, read, reread_each};
use crate::tenant::{Live, LiveObject, UnreadObject};

mod unread;

use unread::{ReadTracker, Unread};

/// Reads the tenant and computes the plan. Objects that the lists do not show whole, and masked values, are read by
/// themselves; names of assignment targets and the reach of the changes are looked up at the same time. Masked values
/// are requested while further pages of a list are read.
///
/// # Errors
/// When a list cannot be read, or no more calls can be made. An object that cannot be read blocks its own change.
pub async fn plan(
    graph: &Graph,
    desired: &Desired,
    selected: impl Fn(&Address) -> bool,
    options: &plan::PlanOptions,
) -> Result<(Planned, Live), GraphError> {
    let (want, wanted) = unbounded_channel();
    let seen = |page: &[LiveObject]| {
        if !options.leave_masked {
            // The receiver lives as long as the read that calls this.
            let _ = want.send(plan::masked(desired, page, &selected, &options.rewrite));
        }
    };
    let mut ahead = Ahead::new(graph);
    let lists = read(graph, desired, &selected, &options.also, &seen);
    let mut live = ahead.beside(lists, wanted).await?;
    live.names.set_adding(options.sandbox.clone());
    let mut tracker = ReadTracker::besides(ahead.asked.clone());
    let mut counts = Counts::default();
    loop {
        let draft = plan::draft(desired, &live, &selected, options);
        let unread = tracker.unread(&draft, desired, &live, options);
        let reached = options.reach.then(|| plan::reach::subjects(&draft.planned.plan, &live));
        let uncounted = reached.map(|reached| counts.missing(reached)).unwrap_or_default();
        if unread.is_empty() && ahead.is_empty() {
            // No change depends on whom the changes reach, so the plan is sealed while they are counted.
            let seal = async { draft.seal() };
            let (counted, mut planned) = tokio::join!(reach::read(graph, &uncounted), seal);
            if options.reach {
                counts.extend(counted);
                plan::reach::tell(&mut planned.plan, &live, &counts);
            }
            return Ok((planned, live));
        }
        let Unread { objects, referrers, masked, unlabelled, unexplained } = unread;
        let refs = [&objects[..], &referrers].concat();
        let (again, asked_ahead, clear, labelled, audited, counted) = tokio::join!(
            reread_each(graph, &refs),
            ahead.rest(),
            masked::read(graph, masked),
            labels(graph, &unlabelled, &mut live.names),
            audited::read(graph, unexplained),
            reach::read(graph, &uncounted),
        );
        live.clear.extend(asked_ahead?);
        live.clear.extend(clear?);
        labelled?;
        if let Some(audited) = audited? {
            live.audited = audited;
        }
        counts.extend(counted);
        take(&mut live, &refs, objects.len(), again)?;
    }
}

/// Puts objects that were read again in the place of what was known of them: the first ones for their own sake, the
/// others for their references.
fn take(
    live: &mut Live,
    refs: &[ObjectRef],
    own: usize,
    again: Vec<Result<Option<LiveObject>, GraphError>>,
) -> Result<(), GraphError> {
    let mut stale = BTreeSet::new();
    let mut fresh = Vec::new();
    let mut unread = Vec::new();
    for (at, (reference, read)) in refs.iter().zip(again).enumerate() {
        match read {
            Ok(Some(object)) if at >= own => live.referrers.push(object),
            // A plan takes references that were not read for ones that may lead anywhere.
            Err(error) if at >= own && error.is_of_call() => continue,
            Ok(object) => {
                fresh.extend(object);
                stale.insert(reference.key());
            }
            Err(error) if error.is_of_call() => {
                let known = live.objects.get(reference.family, &reference.id);
                unread.extend(known.map(|known| UnreadObject::of(known, error)));
                stale.insert(reference.key());
            }
            Err(error) => return Err(error),
        }
    }
    live.objects.refresh(&stale, fresh);
    live.unread.extend(unread);
    Ok(())
}
