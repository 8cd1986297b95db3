//! Signals that end the program.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Receives Ctrl-C and SIGTERM. Each of them counts.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Begins to receive: from now on, signals do not end the program by themselves.
    ///
    /// # Errors
    /// When the program cannot register for signals.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Receives Ctrl-C.
#[cfg(not(unix))]
pub(super) struct Signals(());

#[cfg(not(unix))]
impl Signals {
    /// Begins to receive.
    ///
    /// # Errors
    /// Never.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self(()))
    }

    /// Waits for the next one, forever where the program cannot register for it.
    pub(super) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

/// Whether a signal has come: for work that looks between its steps, and for what waits.
pub(super) struct SignalFlag {
    state: Arc<(AtomicBool, Notify)>,
    listener: JoinHandle<()>,
}

impl SignalFlag {
    /// Begins to receive, within a runtime. Where the program cannot register for signals, they end it by themselves.
    pub(super) fn listen() -> Self {
        let state = Arc::new((AtomicBool::new(false), Notify::new()));
        let raised = Arc::clone(&state);
        let signals = Signals::listen().ok();
        let listener = tokio::spawn(async move {
            let Some(mut signals) = signals else { return };
            signals.next().await;
            raised.0.store(true, Ordering::Relaxed);
            // A permit is kept for a wait that begins later.
            raised.1.notify_one();
        });
        Self { state, listener }
    }

    /// Whether one has come.
    pub(super) fn is_raised(&self) -> bool {
        self.state.0.load(Ordering::Relaxed)
    }

    /// Waits for one.
    pub(super) async fn raised(&self) {
        self.state.1.notified().await;
    }
}

impl Drop for SignalFlag {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
