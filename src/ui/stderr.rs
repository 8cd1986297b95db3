//! Stderr, shared by messages, logs and bars without one writing into another.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

/// A handle on stderr; as a writer it serves logs.
#[derive(Clone)]
pub struct Stderr {
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    bars: MultiProgress,
}

impl Stderr {
    /// Makes the handle. Bars are drawn only where `animated`.
    pub(super) fn new(writer: Box<dyn Write + Send>, animated: bool) -> Self {
        let target = if animated {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            writer: Arc::new(Mutex::new(writer)),
            bars: MultiProgress::with_draw_target(target),
        }
    }

    /// Writes a text. There is nowhere to report that stderr is gone.
    pub(super) fn put(&self, text: &str) {
        let _ = self.suspended(|| {
            self.lock(|writer| {
                writer
                    .write_all(text.as_bytes())
                    .and_then(|()| writer.flush())
            })
        });
    }

    /// Does something with the bars out of the way.
    pub(super) fn suspended<T>(&self, action: impl FnOnce() -> T) -> T {
        self.bars.suspend(action)
    }

    pub(super) fn add(&self, bar: ProgressBar) -> ProgressBar {
        self.bars.add(bar)
    }

    fn lock<T>(&self, action: impl FnOnce(&mut dyn Write) -> T) -> T {
        action(&mut *self.writer.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.suspended(|| self.lock(|writer| writer.write(bytes)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock(|writer| writer.flush())
    }
}
