//! Shows the progress of work on a number of items.

use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::stderr::Stderr;
use crate::text::sanitize;

/// The progress of work on a number of items. Dropping it removes the bar.
pub struct Progress {
    rendering: Rendering,
    items: usize,
    finished: AtomicUsize,
}

/// How progress is shown.
pub(super) enum Rendering {
    /// As a bar on a terminal.
    Bar(ProgressBar, Stderr),
    /// As a line for each finished item.
    Lines(Stderr),
    /// Not at all.
    Nothing,
}

impl Rendering {
    /// Shows work on a number of items as a bar.
    pub(super) fn bar(stderr: &Stderr, items: usize, text: &str) -> Self {
        let bar = stderr.add(ProgressBar::new(u64::try_from(items).unwrap_or(u64::MAX)));
        if let Ok(style) =
            ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} {elapsed} {wide_msg}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(stderr.for_bar(text));
        bar.tick();
        Self::Bar(bar, stderr.clone())
    }
}

impl Progress {
    pub(super) fn new(rendering: Rendering, items: usize) -> Self {
        Self { rendering, items, finished: AtomicUsize::new(0) }
    }

    /// Shows on a bar the item that is under way.
    pub fn begun(&self, item: &str) {
        if let Rendering::Bar(bar, stderr) = &self.rendering {
            bar.set_message(stderr.for_bar(&sanitize::line(item)));
            bar.tick();
        }
    }

    /// Reports that an item is finished, and its result.
    pub fn finished(&self, item: &str) {
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        let item = sanitize::line(item);
        match &self.rendering {
            Rendering::Bar(bar, stderr) => {
                bar.set_message(stderr.for_bar(&item));
                bar.inc(1);
            }
            Rendering::Lines(stderr) => {
                stderr.put(&format!("[{finished}/{}] {item}\n", self.items))
            }
            Rendering::Nothing => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Rendering::Bar(bar, _) = &self.rendering {
            bar.finish_and_clear();
        }
    }
}
