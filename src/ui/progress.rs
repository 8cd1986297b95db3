//! Shows the progress of work on a number of items.

use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::stderr::Stderr;
use crate::text::sanitize;

/// The columns of a bar itself.
const BAR: usize = 24;

/// The columns that stay free at the end of a bar's line: a terminal shows Ctrl-C there as `^C`, and a line that is full
/// would go on in the next one, which is not removed with the bar.
const FREE: usize = 3;

/// The most columns of the time that has passed.
const ELAPSED: usize = 4;

/// The progress of work on a number of items. Dropping it removes the bar.
pub struct Progress {
    rendering: Rendering,
    items: usize,
    finished: AtomicUsize,
}

/// How progress is shown.
pub(super) enum Rendering {
    /// As a bar on a terminal.
    Bar {
        bar: ProgressBar,
        stderr: Stderr,
        /// The most columns of what it says.
        room: usize,
    },
    /// As a line for each finished item.
    Lines(Stderr),
    /// Not at all.
    Nothing,
}

impl Rendering {
    /// Shows work on a number of items as a bar.
    pub(super) fn bar(stderr: &Stderr, items: usize, text: &str, width: Option<usize>) -> Self {
        let bar = stderr.add(ProgressBar::new(u64::try_from(items).unwrap_or(u64::MAX)));
        if let Ok(style) =
            ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} {elapsed} {msg}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        let prefix = stderr.for_bar(text);
        let counts = 2 * items.to_string().len() + 1;
        let taken = prefix.width() + BAR + counts + ELAPSED + FREE + 4;
        let room = width.map_or(usize::MAX, |width| width.saturating_sub(taken));
        bar.set_prefix(prefix);
        bar.tick();
        Self::Bar { bar, stderr: stderr.clone(), room }
    }

    /// Shows on a bar what is under way or done.
    fn say(&self, item: &str) {
        if let Self::Bar { bar, stderr, room } = self {
            bar.set_message(beginning(&stderr.for_bar(item), *room));
        }
    }
}

impl Progress {
    pub(super) fn new(rendering: Rendering, items: usize) -> Self {
        Self { rendering, items, finished: AtomicUsize::new(0) }
    }

    /// Shows on a bar the item that is under way.
    pub fn begun(&self, item: &str) {
        self.rendering.say(&sanitize::line(item));
        if let Rendering::Bar { bar, .. } = &self.rendering {
            bar.tick();
        }
    }

    /// Reports that an item is finished, and its result.
    pub fn finished(&self, item: &str) {
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        let item = sanitize::line(item);
        match &self.rendering {
            Rendering::Bar { bar, .. } => {
                self.rendering.say(&item);
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
        if let Rendering::Bar { bar, .. } = &self.rendering {
            bar.finish_and_clear();
        }
    }
}

/// Returns the beginning of a text that takes so many columns.
fn beginning(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(1);
    let fits = |letter: &char| {
        let width = letter.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    let mut beginning: String = text.chars().take_while(fits).collect();
    if room > 0 {
        beginning.push('…');
    }
    beginning
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn text_of_a_bar_is_cut_to_the_room_beside_it() {
        for (room, shown) in [(9, "front 前台"), (8, "front …"), (4, "fro…"), (1, "…"), (0, "")]
        {
            assert_eq!(beginning("front 前台", room + usize::from(room == 9)), shown, "{room}");
        }
    }
}
