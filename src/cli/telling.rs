//! The uses that `drift` makes of its report beside showing it: the history, the tracking issue, the channels.
//!
//! None of it changes the result: what fails is a warning.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use super::environment::{secret, variable};
use super::session::retry_observer;
use crate::clock::Clock;
use crate::diagnostic::suggest::{nearest, one_of};
use crate::disk;
use crate::drift::DriftReport;
use crate::drift::history::DriftHistory;
use crate::error::Error;
use crate::forge::issue::{IssueOutcome, IssueRequest, TrackingIssue};
use crate::forge::{ForgeClient, ForgeContext, ForgeError, ForgeOptions};
use crate::graph::Graph;
use crate::manifest::TenantFile;
use crate::manifest::tenant_file::{ChannelKind, ChannelSpec};
use crate::notify::history::History;
use crate::notify::notification::FindingTopic;
use crate::notify::{Channel, Memory, Notification, Observation, RunComparison, slack, teams};
use crate::report::json::Document;
use crate::report::{Links, markdown};
use crate::tenant::approvals::{self, ApprovalRequest};
use crate::ui::Ui;

/// The longest memory that is read, in bytes.
const LONGEST_MEMORY: u64 = 1 << 20;

/// The most characters of a report in an issue.
const LONGEST_REPORT: usize = 40_000;

/// The characters of an issue that are kept free: for its markers, and for the sentence about what is left out.
const RESERVE: usize = 1_000;

/// The arguments for telling people.
#[derive(Debug, Args)]
#[command(next_help_heading = "Telling people")]
pub(super) struct Telling {
    /// Keep one issue for the tenant: opened when something drifts, updated, closed when it is gone.
    #[arg(long, conflicts_with = "adopt")]
    issue: bool,
    /// Tell this channel of `spec.notify` what moved since the last run; can be repeated.
    #[arg(long, value_name = "CHANNEL", conflicts_with = "adopt")]
    notify: Vec<String>,
    /// Folder that keeps each report as JSON, by time, and what channels were told; the HTML page draws its counts over time.
    #[arg(long, value_name = "DIR", conflicts_with = "adopt")]
    history: Option<PathBuf>,
}

/// A channel by its name.
type NamedChannel<'a> = (&'a str, &'a ChannelSpec);

/// The tracking issue, and the client that reaches it.
type Tracked = (ForgeClient, TrackingIssue);

impl Telling {
    /// Returns the channels that are told.
    ///
    /// # Errors
    /// When the tenant file does not have one of them.
    pub(super) fn channels<'a>(
        &'a self,
        tenant: &'a TenantFile,
    ) -> Result<Vec<NamedChannel<'a>>, Error> {
        let named = self.notify.iter().map(|name| {
            let known = &tenant.spec.notify;
            let found = known.get_key_value(name).map(|(name, spec)| (name.as_str(), spec));
            found.ok_or_else(|| {
                let names: Vec<String> = known.keys().cloned().collect();
                // An address is a secret.
                let is_address = name.contains('/');
                let hint = match nearest(name, &names).filter(|_| !is_address) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None if names.is_empty() => {
                        let name = if is_address { "on-call" } else { name };
                        format!(
                            "Add it to the tenant file: `notify: {{ {name}: {{ kind: teams, env: DRIFT_WEBHOOK }} }}`, beside `tenantId`."
                        )
                    }
                    None => format!("Name {}.", one_of(&names)),
                };
                let what = match is_address {
                    true => "an address is no name of a channel".to_owned(),
                    false => format!("`spec.notify` of the tenant file has no channel `{name}`"),
                };
                Error::usage("usage/channel", what).hint(hint)
            })
        });
        named.collect()
    }

    /// Adds the counts of the reports that the history keeps. A folder that cannot be read is a warning.
    pub(super) fn read_history(&self, ui: &Ui, report: &mut DriftReport) {
        let Some(folder) = self.history.as_ref().filter(|folder| folder.is_dir()) else { return };
        match DriftHistory::read(folder, &report.tenant, &report.only) {
            Ok(history) => {
                history.warnings.iter().for_each(|warning| ui.warning(warning));
                report.history = history.points;
            }
            Err(why) => ui.warning(&format!(
                "the counts of earlier reports are not shown: `{}` cannot be read: {why}. Give the folder that earlier runs kept, or one that is not there yet.",
                folder.display()
            )),
        }
    }

    /// Reads the requests for approval, if people are told of them; `None` where they cannot be read.
    pub(super) async fn approvals(&self, ui: &Ui, graph: &Graph) -> Option<Vec<ApprovalRequest>> {
        if !self.issue && self.notify.is_empty() {
            return None;
        }
        match approvals::requests(graph).await {
            Ok(requests) => Some(requests),
            Err(error) => {
                ui.warning(&format!(
                    "requests for approval are not told, since they cannot be read: {error}"
                ));
                None
            }
        }
    }

    /// Keeps the report, and tells people of it. Returns whether the history is written.
    pub(super) async fn tell(
        &self,
        ui: &Ui,
        report: &DriftReport,
        links: &Links,
        channels: &[NamedChannel<'_>],
        approvals: Option<&[ApprovalRequest]>,
    ) -> bool {
        let history = self.history.as_ref().map(|folder| keep(ui, folder, report)).transpose();
        // People are told all the same.
        let is_kept = history.is_ok();
        let history = history.inspect_err(|error| ui.error(error)).ok().flatten();
        if !self.issue && channels.is_empty() {
            return is_kept;
        }
        let tenant = report.tenant.name.as_str();
        let mut tracked = if self.issue { tracked(ui, tenant).await } else { None };
        let kept = history.as_ref().map(|history| history.memory(tenant));
        let earlier = tracked.as_ref().and_then(|(_, issue)| Memory::read(issue.memory()?));
        let earlier = earlier
            .or_else(|| Memory::read(&disk::read_text(kept.as_deref()?, LONGEST_MEMORY).ok()?));
        let observation = Observation::new(report, approvals);
        let mut comparison = RunComparison::new(earlier, &observation, &report.checked_at);
        // The messages lead to the issue, so it is opened before them.
        if let Some(new) = tracked.as_mut().filter(|(_, issue)| issue.url().is_none())
            && !track(ui, new, report, links, &comparison).await
        {
            tracked = None;
        }
        let link = tracked.as_ref().and_then(|(_, issue)| issue.url().map(str::to_owned));
        for (name, spec) in channels {
            let told = comparison.for_channel(name, &report.tenant, &report.checked_at);
            let sent = match told {
                Some(told) => {
                    let told = Notification { link: link.clone(), ..told };
                    send(ui, name, spec, &told).await
                }
                None => {
                    ui.status(&format!(
                        "Nothing moved that the channel `{name}` does not know of."
                    ));
                    true
                }
            };
            if sent {
                comparison.next.told(name);
            }
        }
        if let Some(tracked) = &mut tracked {
            track(ui, tracked, report, links, &comparison).await;
        }
        if let Some(path) = kept {
            let text = comparison.next.to_line() + "\n";
            if let Err(why) = ui.save(&path, &text) {
                ui.warning(&format!("`{}` cannot be written: {why}", path.display()));
            }
        } else if !channels.is_empty() && tracked.is_none() && is_kept {
            ui.warning("the next run cannot know what channels were told now, and tells them everything that is open: add `--issue`, or `--history DIR` in a folder that is kept");
        }
        is_kept
    }
}

/// Writes a report into the history.
fn keep(ui: &Ui, folder: &std::path::Path, report: &DriftReport) -> Result<History, Error> {
    let failed = |source| super::output::unwritable(folder, source);
    let history = History::open(folder).map_err(failed)?;
    let text = Document::Drift.render(report);
    ui.save(&history.report(&report.checked_at), &text).map_err(failed)?;
    if let Err(why) = history.prune() {
        ui.warning(&format!("old reports in `{}` cannot be removed: {why}", folder.display()));
    }
    Ok(history)
}

/// Finds the tracking issue of a tenant.
async fn tracked(ui: &Ui, tenant: &str) -> Option<Tracked> {
    let found = async {
        let context = ForgeContext::find(ForgeOptions::default(), &variable)?;
        let clock = Clock::system();
        let observer = retry_observer(ui, &clock);
        let client = ForgeClient::new(&context, &ui.known, clock, observer)?;
        let issue = client.tracking_issue(tenant).await?;
        Ok::<_, ForgeError>((client, issue))
    };
    found.await.map_err(|error| warn_of_issue(ui, error)).ok()
}

/// Gives the tracking issue its content. Returns whether it has it.
async fn track(
    ui: &Ui,
    (client, issue): &mut Tracked,
    report: &DriftReport,
    links: &Links,
    comparison: &RunComparison,
) -> bool {
    let waiting: Vec<_> =
        comparison.open().filter(|finding| finding.topic == FindingTopic::Approval).collect();
    let waiting = markdown::waiting(&waiting);
    let memory = comparison.next.to_line();
    let used = memory.len() + waiting.len() + RESERVE;
    let room = client.facts().longest_comment.saturating_sub(used).min(LONGEST_REPORT);
    let text = markdown::story_within(report, links, room) + &waiting;
    let wanted = IssueRequest {
        title: &format!("Drift of {}", report.tenant.name),
        text: &ui.known.scrub(&text),
        memory: &memory,
        is_open: comparison.next.has_open(),
    };
    let outcome = client.track(issue, &wanted).await;
    let at = issue.url().unwrap_or_default();
    match outcome {
        Ok(IssueOutcome::Opened) => ui.status(&format!("Opened the issue {at}.")),
        Ok(IssueOutcome::Reopened) => ui.status(&format!("Opened the issue {at} again.")),
        Ok(IssueOutcome::Updated) => ui.status(&format!("Updated the issue {at}.")),
        Ok(IssueOutcome::Closed) => ui.status(&format!("Closed the issue {at}.")),
        Ok(IssueOutcome::Unchanged | IssueOutcome::NotNeeded) => {}
        Err(error) => {
            warn_of_issue(ui, error);
            return false;
        }
    }
    true
}

fn warn_of_issue(ui: &Ui, error: ForgeError) {
    // `drift` takes the place from the pipeline alone.
    let is_unknown = matches!(error, ForgeError::Unknown(..));
    let error = Error::from(error);
    let hint = match error.hints.first() {
        Some(hint) if !is_unknown => hint,
        _ => "Run it in a pipeline of GitHub or GitLab, or keep `--history DIR` instead.",
    };
    ui.warning(&format!("the issue is not kept: {error}. {hint}"));
}

/// Sends a message to a channel. Returns whether it arrived.
async fn send(ui: &Ui, name: &str, spec: &ChannelSpec, told: &Notification) -> bool {
    let address: Option<SecretString> = secret(&spec.env);
    let sent = async {
        let channel = Channel::new(spec, address, &ui.known, Clock::system())?;
        let payload = match spec.kind {
            ChannelKind::Teams => teams::payload(told).to_string(),
            ChannelKind::Slack => slack::payload(told).to_string(),
            ChannelKind::Json => Document::Notification.render(told),
        };
        channel.send(&ui.known.scrub(&payload)).await
    };
    match sent.await {
        Ok(()) => {
            ui.status(&format!("Told the channel `{name}`."));
            true
        }
        Err(error) => {
            ui.warning(&format!("the channel `{name}` is not told: {error}"));
            false
        }
    }
}
