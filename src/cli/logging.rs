//! Log lines on stderr.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::ui::Ui;

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, one line for each call to Graph.
    Json,
}

/// Starts logging. Text has a line for each call from `-vv` on, JSON always.
pub(super) fn start(ui: &Ui, format: LogFormat) {
    let level = match (format, ui.verbosity) {
        (LogFormat::Json, 0 | 1) | (LogFormat::Text, 2) => "moorline=debug",
        (_, 0 | 1) => "moorline=warn",
        (_, _) => "moorline=trace",
    };
    let log = ui.log();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_ansi(false)
        // Such an error would be printed on stderr, which just failed, and that panics.
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
