//! Runs one function on many items, on all cores.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// The most items that are not worth a thread.
const FEW: usize = 32;

/// Returns the result of the work for each item, in the order of the items.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    // To ask for the cores reads files of the system, which would take longer than a few items.
    let threads = match items.len() {
        ..=FEW => 1,
        _ => thread::available_parallelism().map_or(1, usize::from),
    };
    if threads == 1 {
        return items.into_iter().map(work).collect();
    }
    let count = items.len();
    let queue = Mutex::new((0, items.into_iter()));
    // Items differ in their work, so a thread takes a few at a time.
    let next = || -> (usize, Vec<T>) {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.0 += 1;
        (queue.0, queue.1.by_ref().take(FEW).collect())
    };
    let run = || {
        let batches = std::iter::from_fn(|| Some(next()).filter(|(_, batch)| !batch.is_empty()));
        let done = batches.map(|(place, batch)| (place, batch.into_iter().map(&work).collect()));
        done.collect::<Vec<(usize, Vec<R>)>>()
    };
    let mut done: Vec<(usize, Vec<R>)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let done = running.into_iter().map(|thread| thread.join());
        done.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    let mut results = Vec::with_capacity(count);
    done.into_iter().for_each(|(_, batch)| results.extend(batch));
    results
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_the_items() {
        for count in [0, 1, 32, 33, 1000] {
            let doubled = super::map((0..count).collect(), |number: usize| number * 2);
            assert_eq!(doubled, (0..count).map(|number| number * 2).collect::<Vec<_>>());
        }
    }
}
