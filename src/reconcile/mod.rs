//! Reads the tenant and computes the plan in turn, until everything that the plan depends on is read.

use tokio::sync::mpsc::unbounded_channel;

use crate::graph::client::Graph;
use crate::graph::error::GraphError;
use crate::manifest::{Address, Desired};
use crate::plan::{self, Planned};
use crate::tenant::audited;
use crate::tenant::lookup::labels;
use crate::tenant::masked::{self, Ahead};
use crate::tenant::reach::{self, Counts};
use crate::tenant::read::{ObjectRef, read, reread};
use crate::tenant::{Live, LiveObject};

mod unread;

use unread::{ReadTracker, Unread};

/// Reads the tenant and computes the plan. Objects that the lists do not show whole, and masked values, are read by
/// themselves; names of assignment targets and the reach of the changes are looked up at the same time. Masked values
/// are requested while further pages of a list are read.
///
/// # Errors
/// When a read fails, except those that only count.
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
            reread(graph, &refs),
            ahead.rest(),
            masked::read(graph, masked),
            labels(graph, &unlabelled, &mut live.names),
            audited::read(graph, unexplained),
            reach::read(graph, &uncounted),
        );
        let mut again = again?;
        live.clear.extend(asked_ahead?);
        live.clear.extend(clear?);
        labelled?;
        if let Some(audited) = audited? {
            live.audited = audited;
        }
        counts.extend(counted);
        let referring = again.split_off(objects.len());
        let gone = referrers.iter().zip(&referring).filter(|(_, found)| found.is_none());
        let stale = objects.iter().chain(gone.map(|(reference, _)| reference));
        let stale = stale.map(ObjectRef::key).collect();
        live.objects.refresh(&stale, again.into_iter().flatten().collect());
        live.referrers.extend(referring.into_iter().flatten());
    }
}
