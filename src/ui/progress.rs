//! How far the work is.

use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::stderr::Stderr;
use crate::text::sanitize;

/// Work on a number of items; when it is dropped, a bar disappears.
pub struct Progress {
    shown: Shown,
    items: usize,
    finished: AtomicUsize,
}

enum Shown {
    Bar(ProgressBar, Stderr),
    Lines(Stderr),
    Nothing,
}

impl Progress {
    /// Makes work that is shown as a bar.
    pub(super) fn bar(stderr: &Stderr, items: usize, text: &str) -> Self {
        let bar = stderr.add(ProgressBar::new(u64::try_from(items).unwrap_or(u64::MAX)));
        if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} {wide_msg}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(stderr.for_bar(text));
        bar.tick();
        Self::new(Shown::Bar(bar, stderr.clone()), items)
    }

    /// Makes work that is shown as a line for each finished item.
    pub(super) fn lines(stderr: &Stderr, items: usize) -> Self {
        Self::new(Shown::Lines(stderr.clone()), items)
    }

    /// Makes work that is not shown.
    pub(super) fn silent() -> Self {
        Self::new(Shown::Nothing, 0)
    }

    fn new(shown: Shown, items: usize) -> Self {
        Self { shown, items, finished: AtomicUsize::new(0) }
    }

    /// Says that an item is finished and how.
    pub fn finished(&self, item: &str) {
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        let item = sanitize::line(item);
        match &self.shown {
            Shown::Bar(bar, stderr) => {
                bar.set_message(stderr.for_bar(&item));
                bar.inc(1);
            }
            Shown::Lines(stderr) => stderr.put(&format!("[{finished}/{}] {item}\n", self.items)),
            Shown::Nothing => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shown::Bar(bar, _) = &self.shown {
            bar.finish_and_clear();
        }
    }
}
