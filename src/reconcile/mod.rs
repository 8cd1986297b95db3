//! Reading and planning in turn: what a draft of the plan depends on and no list shows is read, and the plan drafted
//! again, until nothing is missing.

use std::collections::BTreeSet;

use tokio::sync::mpsc::unbounded_channel;

use crate::graph::client::Graph;
use crate::graph::error::GraphError;
use crate::manifest::{Address, Desired};
use crate::plan::{self, Planned};
use crate::tenant::lookup::labels;
use crate::tenant::masked::{self, Ahead};
use crate::tenant::reach::{self, Counts};
use crate::tenant::read::{ObjectRef, read, reread};
use crate::tenant::{Live, LiveObject};

mod unread;

use unread::{ReadTracker, Unread};

/// Reads the tenant and plans; what the plan depends on and no list shows is read by itself first, and so
/// is every masked value, as far as the pages tell while more of them are on their way. What people read beside that,
/// names of what is assigned to and whom the changes reach, is looked up at the same time.
///
/// # Errors
/// When any read fails but those that count.
pub async fn plan(
    graph: &Graph,
    desired: &Desired,
    selected: impl Fn(&Address) -> bool,
    options: &plan::Options,
) -> Result<(Planned, Live), GraphError> {
    let (want, wanted) = unbounded_channel();
    let seen = |page: &[LiveObject]| {
        if !options.leave_masked {
            // The receiver lives as long as the read that calls this.
            let _ = want.send(plan::masked(desired, page, &selected, &options.rewrite));
        }
        for object in page {
            let _ = object.digest();
        }
    };
    let mut ahead = Ahead::new(graph);
    let lists = read(graph, desired, &selected, &options.also, &seen);
    let mut live = ahead.beside(lists, wanted).await?;
    let mut tracker = ReadTracker::besides(ahead.asked().clone());
    let mut counts = Counts::default();
    loop {
        let draft = plan::draft(desired, &live, &selected, options);
        let unread = tracker.unread(draft.planned(), desired, &live, options);
        let uncounted = match options.reach {
            true => counts.missing(plan::reach::subjects(&draft.planned().plan, &live)),
            false => BTreeSet::new(),
        };
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
        let Unread { objects, referrers, masked, unlabelled } = unread;
        let refs = [&objects[..], &referrers].concat();
        let (again, asked_ahead, clear, labels, counted) = tokio::join!(
            reread(graph, &refs),
            ahead.rest(),
            masked::read(graph, masked),
            labels(graph, &unlabelled),
            reach::read(graph, &uncounted),
        );
        let mut again = again?;
        live.clear.extend(asked_ahead?);
        live.clear.extend(clear?);
        labels?.add_to(&mut live.names);
        counts.extend(counted);
        let referring = again.split_off(objects.len());
        let gone = referrers.iter().zip(&referring);
        let gone = gone.filter_map(|(reference, found)| found.is_none().then_some(reference));
        let stale = objects.iter().chain(gone);
        let stale = stale.map(ObjectRef::key).collect();
        live.objects.refresh(&stale, again.into_iter().flatten().collect());
        live.referrers.extend(referring.into_iter().flatten());
    }
}
