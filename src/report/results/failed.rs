//! The results of a run that failed before there was a result.

use std::path::PathBuf;

use super::{ResultCase, ResultItem, ResultLevel, Results, ToResults, findings};
use crate::diagnose::Explanation;
use crate::diagnostic::text;
use crate::error::Error;
use crate::manifest::Invalid;
use crate::plan::Refusal;

/// A run that failed before there was a result.
pub(crate) struct FailedRun<'a> {
    /// The command.
    pub(crate) command: &'a str,
    /// The folder of the tenant, or its tenant file.
    pub(crate) path: PathBuf,
    /// The name of the tenant, where it is known.
    pub(crate) tenant: Option<String>,
    /// The error.
    pub(crate) error: &'a Error,
    /// The explanation, where a service refused.
    pub(crate) explanation: Option<&'a Explanation>,
    /// The findings, where invalid manifests are the reason.
    pub(crate) invalid: Option<&'a Invalid>,
    /// The risks and limits, where the plan is refused for them.
    pub(crate) refusals: &'a [Refusal],
}

impl ToResults for FailedRun<'_> {
    fn results(&self) -> Results {
        let error = self.error;
        let mut results = Results {
            tenant: self.tenant.as_deref().map(|name| super::text(name, super::LONGEST_NAME)),
            headline: super::text(&error.message, super::LONGEST),
            ..Results::default()
        };
        match self.invalid {
            Some(Invalid { findings, sources }) => {
                results.headline = format!("Invalid: {}.", text::summary(findings));
                results.cases = findings::by_file(findings, sources);
            }
            None => {
                let mut case = ResultCase::new(&format!("moorline {}", self.command), "", None);
                case.add(self.item());
                results.cases.push(case);
                for refusal in self.refusals {
                    let name = refusal.address.as_deref().unwrap_or("plan");
                    let mut case = ResultCase::new(name, "", None);
                    let (rule, flag) = (format!("risk/{}", refusal.code), &refusal.flag);
                    case.add(
                        ResultItem::new(ResultLevel::Error, &rule, &refusal.message)
                            .help(&format!("If it is intended, add `{flag}`.")),
                    );
                    results.cases.push(case);
                }
            }
        }
        results.output("error", error.code);
        results
    }
}

impl FailedRun<'_> {
    fn item(&self) -> ResultItem {
        let error = self.error;
        let causes = error.causes();
        let message = std::iter::once(error.message.as_str())
            .chain(causes.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(": ");
        // A list of objects has lines of its own.
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let remedies = match self.explanation {
            Some(explanation) => &explanation.remedy,
            None => &error.hints,
        };
        let rule = self.explanation.map_or(error.code, |explanation| explanation.id.as_str());
        ResultItem::new(ResultLevel::Failed, rule, &message)
            .help(&remedies.join(" "))
            .part(error.code)
    }
}
