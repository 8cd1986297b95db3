//! Being asked to end.

use std::io;

/// Waits until the user or the system wants the program to end.
///
/// # Errors
/// Fails where the system does not let a program wait for that.
#[cfg(unix)]
pub(super) async fn asked_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits until the user wants the program to end.
///
/// # Errors
/// Fails where the system does not let a program wait for that.
#[cfg(not(unix))]
pub(super) async fn asked_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
