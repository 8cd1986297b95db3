//! Signals that end the program.

use std::io;

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
