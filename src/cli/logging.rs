//! Log lines on stderr.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::ui::Ui;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, one line a call to Graph.
    Json,
}

/// Starts logging. Text shows calls from `-vv` on; JSON always has one line a call.
pub(super) fn start(ui: &Ui, format: LogFormat) {
    let level = match (format, ui.verbosity()) {
        (LogFormat::Json, 0 | 1) | (LogFormat::Text, 2) => "moorline=debug",
        (_, 0 | 1) => "moorline=warn",
        (_, _) => "moorline=trace",
    };
    let log = ui.log();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_ansi(false)
        // It would be told on stderr, which is what cannot be written, and that panics.
        .log_internal_errors(false)
        .with_writer(move || log.clone());
    // A second start in one process keeps the first.
    let _ = match format {
        LogFormat::Text => subscriber.with_target(false).try_init(),
        LogFormat::Json => {
            subscriber.json().flatten_event(true).with_current_span(false).try_init()
        }
    };
}
