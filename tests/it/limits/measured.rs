//! A run whose memory and time are measured.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Run, Workspace};

/// The most memory that a run may take, in KiB.
const MOST_MEMORY: u64 = 400 << 10;

/// Runs the binary to its end, which has to come within this time and with less than 400 MB.
#[track_caller]
pub fn run(
    workspace: &Workspace,
    arguments: &[&str],
    variables: &[(&str, &str)],
    within: Duration,
) -> Run {
    let mut command = workspace.command(arguments);
    command.envs(variables.iter().copied());
    let start = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the binary runs");
    let mut peak = 0;
    loop {
        peak = peak.max(memory(&child));
        if child.try_wait().expect("it can be waited for").is_some() {
            break;
        }
        if start.elapsed() > within {
            child.kill().expect("it can be ended");
            let run = Run::from(child.wait_with_output().expect("it ended"));
            panic!("{arguments:?} takes longer than {within:?}: {}", run.stderr);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(peak < MOST_MEMORY, "{arguments:?} took {} MiB", peak >> 10);
    Run::from(child.wait_with_output().expect("it ended"))
}

/// Returns the most memory that a process has taken by now, in KiB; 0 where it is over.
fn memory(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
