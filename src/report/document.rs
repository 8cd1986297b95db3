//! A result in every format that is not laid out for a terminal.

use super::html::{self, PageExtras};
use super::json::Document;
use super::results::{Checked, FailedRun, Results, ToResults};
use super::{Links, json, markdown};
use crate::apply::outcome::Outcome;
use crate::diagnostic::json::FindingsDocument;
use crate::drift::DriftReport;
use crate::plan::Plan;

/// A result that every format can write.
pub(crate) trait ReportDocument: ToResults {
    /// Returns the JSON document.
    fn json(&self) -> String;
    /// Returns the Markdown page.
    fn markdown(&self, links: &Links) -> String;
    /// Returns the HTML page.
    fn html(&self, links: &Links) -> String;
}

impl ReportDocument for Plan {
    fn html(&self, links: &Links) -> String {
        html::story(self, &PageExtras::default(), links)
    }

    fn json(&self) -> String {
        Document::Plan.render(self)
    }

    fn markdown(&self, links: &Links) -> String {
        markdown::story(self, links)
    }
}

impl ReportDocument for DriftReport {
    fn html(&self, links: &Links) -> String {
        html::story(self, &PageExtras::of(self), links)
    }

    fn json(&self) -> String {
        Document::Drift.render(self)
    }

    fn markdown(&self, links: &Links) -> String {
        markdown::story(self, links)
    }
}

/// The outcome of a run, and the commands that resume it or take it back.
pub(crate) struct EndedRun<'a> {
    /// The outcome.
    pub(crate) outcome: &'a Outcome,
    /// The commands, each after what it does.
    pub(crate) commands: &'a [String],
}

impl ToResults for EndedRun<'_> {
    fn results(&self) -> Results {
        self.outcome.results()
    }
}

impl ReportDocument for EndedRun<'_> {
    fn html(&self, _: &Links) -> String {
        html::outcome(self.outcome, self.commands)
    }

    fn json(&self) -> String {
        Document::Outcome.render(self.outcome)
    }

    fn markdown(&self, _: &Links) -> String {
        markdown::outcome(self.outcome, self.commands)
    }
}

impl ReportDocument for Checked<'_> {
    fn html(&self, links: &Links) -> String {
        let manifests = self.0.iter().map(|loaded| loaded.manifests.len()).sum();
        html::findings(&self.items(), manifests, links)
    }

    fn json(&self) -> String {
        Document::Findings.render(&FindingsDocument::new(self.items()))
    }

    fn markdown(&self, links: &Links) -> String {
        let manifests = self.0.iter().map(|loaded| loaded.manifests.len()).sum();
        markdown::findings(&self.items(), manifests, links)
    }
}

impl ReportDocument for FailedRun<'_> {
    fn html(&self, links: &Links) -> String {
        let Self { error, explanation, invalid, refusals, .. } = *self;
        html::failure(error, explanation, invalid, refusals, links)
    }

    fn json(&self) -> String {
        json::error(self.error, self.explanation, self.invalid)
    }

    fn markdown(&self, links: &Links) -> String {
        let Self { error, explanation, invalid, refusals, .. } = *self;
        markdown::failure(error, explanation, invalid, refusals, links)
    }
}
