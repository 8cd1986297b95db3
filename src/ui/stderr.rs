//! Shares stderr between messages, logs and progress bars.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use super::sink::{OutputFilter, Sink};
use crate::secrets::Known;

/// A handle to stderr, and the writer for logs.
#[derive(Clone)]
pub struct Stderr {
    sink: Arc<Mutex<Sink>>,
    known: Known,
    bars: MultiProgress,
}

impl Stderr {
    /// Returns a handle. Bars are drawn only if `animated`.
    pub(super) fn new(writer: Box<dyn Write + Send>, known: Known, animated: bool) -> Self {
        let target =
            if animated { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self {
            sink: Arc::new(Mutex::new(Sink::new(writer, known.clone()))),
            known,
            bars: MultiProgress::with_draw_target(target),
        }
    }

    /// Writes a text. There is nowhere to report that stderr is gone.
    pub(super) fn put(&self, text: &str) {
        let _ = self.suspended(|| self.lock(|sink| sink.put(text)));
    }

    /// Writes a text unless this thread, or another one, is writing: what panics in there cannot wait for itself.
    pub(super) fn put_if_free(&self, text: &str) {
        if let Ok(mut sink) = self.sink.try_lock() {
            let _ = sink.put(text);
        }
    }

    /// Returns a text as a bar may show it, which draws by itself.
    pub(super) fn for_bar(&self, text: &str) -> String {
        OutputFilter::new(self.known.clone()).pass(text)
    }

    /// Runs an action while the bars are hidden.
    pub(super) fn suspended<T>(&self, action: impl FnOnce() -> T) -> T {
        self.bars.suspend(action)
    }

    pub(super) fn add(&self, bar: ProgressBar) -> ProgressBar {
        self.bars.add(bar)
    }

    fn lock<T>(&self, action: impl FnOnce(&mut Sink) -> T) -> T {
        action(&mut self.sink.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.suspended(|| self.lock(|sink| sink.write(bytes)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock(|sink| sink.flush())
    }
}
