//! Signals that end the program.

use std::io;

/// Waits for Ctrl-C or SIGTERM.
///
/// # Errors
/// When the program cannot register for signals.
#[cfg(unix)]
pub(super) async fn shutdown_requested() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits for Ctrl-C.
///
/// # Errors
/// When the program cannot register for signals.
#[cfg(not(unix))]
pub(super) async fn shutdown_requested() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
