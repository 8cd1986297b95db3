//! Reading and planning in turn: what a draft of the plan depends on and no list shows is read, and the plan drafted
//! again, until nothing is missing.

use std::collections::BTreeSet;

use crate::graph::client::Graph;
use crate::graph::error::GraphError;
use crate::manifest::{Address, Desired};
use crate::plan::{self, Planned};
use crate::tenant::Live;
use crate::tenant::lookup::label_targets;
use crate::tenant::masked;
use crate::tenant::reach::{self, Counts};
use crate::tenant::read::{ObjectRef, read, reread};

mod unread;

use unread::{ReadTracker, Unread};

/// Reads the tenant and plans; what the plan depends on and no list shows is read by itself first, and so
/// is every masked value. Whom the changes reach is counted beside that, if it is wanted.
///
/// # Errors
/// When any read fails but those that count.
pub async fn plan(
    graph: &Graph,
    desired: &Desired,
    selected: impl Fn(&Address) -> bool,
    options: &plan::Options,
) -> Result<(Planned, Live), GraphError> {
    let mut live = read(graph, desired, &selected, &options.also).await?;
    let mut tracker = ReadTracker::default();
    let mut counts = Counts::default();
    loop {
        let draft = plan::draft(desired, &live, &selected, options);
        let unread = tracker.unread(draft.planned(), desired, &live, options);
        let uncounted = match options.reach {
            true => counts.missing(plan::reach::subjects(&draft.planned().plan, &live)),
            false => BTreeSet::new(),
        };
        if unread.is_empty() && uncounted.is_empty() {
            let mut planned = draft.seal();
            if options.reach {
                plan::reach::tell(&mut planned.plan, &live, &counts);
            }
            return Ok((planned, live));
        }
        let Unread { objects, referrers, masked } = unread;
        let refs = [&objects[..], &referrers].concat();
        let (again, clear, counted) = tokio::join!(
            reread(graph, &refs),
            masked::read(graph, &masked),
            reach::read(graph, &uncounted),
        );
        let again = again?;
        live.clear.extend(clear?);
        counts.extend(counted);
        let (again, referring) = again.split_at(objects.len());
        live.referrers.extend(referring.iter().flatten().cloned());
        let gone = referrers.iter().zip(referring);
        let gone = gone.filter_map(|(reference, found)| found.is_none().then_some(reference));
        let stale = objects.iter().chain(gone);
        let stale = stale.map(ObjectRef::key).collect();
        live.objects.refresh(&stale, again.iter().flatten().cloned().collect());
        if !objects.is_empty() {
            label_targets(graph, &mut live).await?;
        }
    }
}
