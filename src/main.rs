//! Parses the command line, runs, and exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    moorline::cli::run(std::env::args_os())
}
