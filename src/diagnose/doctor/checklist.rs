//! Holds the checks of an examination and their results. Every check is unknown until a result is recorded.

use std::fmt;

use serde::Serialize;

use super::CheckSummary;
use crate::diagnose::catalogue::{Catalogue, CatalogueEntry, Lack};
use crate::diagnose::needs::Needs;
use crate::kinds::{Family, Service};

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Check {
    /// A stable name.
    pub id: String,
    /// The title, for people.
    pub title: String,
    /// The result.
    #[serde(flatten)]
    pub result: CheckResult,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct CheckResult {
    /// The status.
    pub status: CheckStatus,
    /// The finding of the check.
    pub detail: String,
    /// The remedies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedy: Vec<String>,
    /// The code under which `moorline explain` says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The status of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Status")]
pub enum CheckStatus {
    /// Everything is in order.
    Ok,
    /// Something is missing.
    Missing,
    /// The check could not be made.
    Unknown,
}

impl fmt::Display for CheckStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl CheckResult {
    /// Returns the result of a check that found everything in order.
    pub(super) fn ok(detail: impl Into<String>) -> Self {
        Self::new(CheckStatus::Ok, detail.into(), None)
    }

    /// Returns the result of a check that could not be made.
    pub(super) fn unknown(detail: impl Into<String>) -> Self {
        Self::new(CheckStatus::Unknown, detail.into(), None)
    }

    /// Returns the result of a check that found something missing, with the remedy that the catalogue has for the code.
    pub(super) fn missing(code: &str, detail: impl Into<String>) -> Self {
        let entry = Catalogue::built_in().by_code(code);
        let known = Self::new(CheckStatus::Missing, detail.into(), entry);
        Self { code: Some(code.to_owned()), ..known }
    }

    /// Replaces the remedy.
    pub(super) fn with_remedy(self, remedy: Vec<String>) -> Self {
        Self { remedy, ..self }
    }

    fn new(status: CheckStatus, detail: String, entry: Option<&CatalogueEntry>) -> Self {
        Self {
            status,
            detail,
            remedy: entry.map(|entry| entry.remedy.clone()).unwrap_or_default(),
            code: entry.map(|entry| entry.id.clone()),
        }
    }
}

impl Check {
    fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), result: CheckResult::unknown(NOT_SEEN) }
    }

    /// Returns whether the check was not made, because of what others found missing.
    pub fn is_left_out(&self) -> bool {
        self.result.status == CheckStatus::Unknown && self.result.detail == NOT_SEEN
    }

    /// Returns whether the check is about reading a family.
    pub(super) fn is_access(&self) -> bool {
        self.id.starts_with(ACCESS)
    }
}

/// The checks of one examination, in an order in which each needs those before it.
pub(super) struct Checklist(pub(super) Vec<Check>);

/// The prefix of the names of checks whether a family can be read.
const ACCESS: &str = "read/";

/// The detail of a check that was not made.
const NOT_SEEN: &str = "not checked, because of what is missing";

/// The checks of every examination, and those of Intune; the checks of permissions stand between them.
const BEFORE: [(&str, &str); 8] = [
    ("manifests", "manifests"),
    ("login", "sign-in service"),
    ("graph", "Microsoft Graph"),
    ("clock", "clock"),
    ("tenant", "tenant"),
    ("credential", "credential"),
    ("cloud", "cloud"),
    ("consent", "admin consent"),
];
const INTUNE: [(&str, &str); 3] = [
    ("subscription", "Intune subscription"),
    ("licence", "Intune licence"),
    ("approval", "Multi Admin Approval"),
];

impl Checklist {
    /// Returns the checks that these needs and families call for.
    pub(super) fn new(needs: &Needs, families: &[&Family]) -> Self {
        let listed = |(id, title): &(&str, &str)| Check::new(*id, *title);
        let mut checks: Vec<Check> = BEFORE.iter().map(listed).collect();
        checks.extend(needs.permissions.iter().chain(needs.attribution()).map(|need| {
            let permission = need.permission.as_str();
            Check::new(permission_id(permission), permission)
        }));
        if !families.is_empty() {
            checks.push(Check::new("role", "role"));
        }
        if use_intune(families) {
            checks.extend(INTUNE.iter().map(listed));
        }
        checks.extend(
            families
                .iter()
                .map(|family| Check::new(access_id(family), format!("reading {}", family.name))),
        );
        Self(checks)
    }

    /// Records the result of a check.
    pub(super) fn record(&mut self, id: &str, result: CheckResult) {
        if let Some(check) = self.0.iter_mut().find(|check| check.id == id) {
            check.result = result;
        }
    }

    /// Records an error at the check of what the catalogue says is missing. Where the catalogue names nothing, the check
    /// that met the error stays unknown.
    pub(super) fn attribute(&mut self, entry: Option<&CatalogueEntry>, met_by: &str, detail: &str) {
        let lack = entry.and_then(|entry| entry.lacks);
        let cause = match lack {
            Some(Lack::Credential) => "credential",
            Some(Lack::Tenant) => "tenant",
            Some(Lack::Consent) => "consent",
            Some(Lack::Role) => "role",
            Some(Lack::Licence) => "subscription",
            // Only the check that met it knows which permission it was.
            Some(Lack::Permission | Lack::Approval) | None => met_by,
        };
        let cause = match self.get(cause).filter(|check| check.id != met_by) {
            Some(check) => {
                let result = CheckResult::unknown(format!("refused, see {}", check.title));
                self.record(met_by, result);
                cause
            }
            None => met_by,
        };
        let status = lack.map_or(CheckStatus::Unknown, |_| CheckStatus::Missing);
        self.record(cause, CheckResult::new(status, detail.to_owned(), entry));
    }

    /// Changes the remedy of a check.
    pub(super) fn remedy(&mut self, id: &str, change: impl FnOnce(&mut Vec<String>)) {
        if let Some(check) = self.0.iter_mut().find(|check| check.id == id) {
            change(&mut check.result.remedy);
        }
    }

    /// Returns whether a check found something missing.
    pub(super) fn is_missing(&self, id: &str) -> bool {
        self.status(id) == Some(CheckStatus::Missing)
    }

    /// Returns the status of a check, if the check exists.
    pub(super) fn status(&self, id: &str) -> Option<CheckStatus> {
        self.get(id).map(|check| check.result.status)
    }

    /// Returns the counts.
    pub(super) fn summary(&self) -> CheckSummary {
        let count = |status| self.0.iter().filter(|check| check.result.status == status).count();
        CheckSummary {
            ok: count(CheckStatus::Ok),
            missing: count(CheckStatus::Missing),
            unknown: count(CheckStatus::Unknown),
        }
    }

    /// Returns the code of the problem to fix first.
    pub(super) fn cause(&self) -> Option<String> {
        let results = self.0.iter().map(|check| &check.result);
        let mut missing = results.filter(|result| result.status == CheckStatus::Missing);
        missing.find_map(|result| result.code.clone())
    }

    fn get(&self, id: &str) -> Option<&Check> {
        self.0.iter().find(|check| check.id == id)
    }
}

/// Returns the name of a permission's check.
pub(super) fn permission_id(permission: &str) -> String {
    format!("permission/{permission}")
}

/// Returns the name of the check whether a family can be read.
pub(super) fn access_id(family: &Family) -> String {
    format!("{ACCESS}{}", family.name)
}

/// Returns whether Intune serves any of these families.
pub(super) fn use_intune(families: &[&Family]) -> bool {
    families.iter().any(|family| family.service == Service::Intune)
}
