//! The checks and what became of them. Every check is unknown until something is seen.

use serde::Serialize;

use super::Summary;
use crate::diagnose::catalogue::{Catalogue, Entry, Lack};
use crate::diagnose::needs::Needs;
use crate::kinds::{Family, Service};

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Its stable name.
    pub id: String,
    /// What is looked at, for people.
    pub title: String,
    /// What became of it.
    pub status: Status,
    /// What was seen.
    pub detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedy: Vec<String>,
    /// The code under which `moorline explain` says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Not as it should be.
    Missing,
    /// It could not be seen.
    Unknown,
}

impl Check {
    /// Returns whether it was not made, because of what others found missing.
    pub fn is_left_out(&self) -> bool {
        self.status == Status::Unknown && self.detail == NOT_SEEN
    }

    /// Returns whether it is about reading what a plan reads.
    pub(super) fn is_access(&self) -> bool {
        self.id.starts_with(ACCESS)
    }
}

/// The checks of one examination, in an order in which each needs those before it.
pub(super) struct Chart(Vec<Check>);

/// How the names of the checks begin whether a family can be read.
const ACCESS: &str = "read/";

/// What is said of a check that could not be made.
const NOT_SEEN: &str = "not looked at, because of what is missing";

/// The checks that every examination has, before and behind those of single permissions.
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
    (APPROVAL, "Multi Admin Approval"),
];

/// The check whether writes wait for a second administrator.
pub(super) const APPROVAL: &str = "approval";

impl Chart {
    /// Makes a chart of what these needs and families are checked by.
    pub(super) fn new(needs: &Needs, families: &[&Family]) -> Self {
        let mut rows: Vec<(String, String)> = Vec::new();
        let mut add = |id: &str, title: &str| rows.push((id.to_owned(), title.to_owned()));
        for (id, title) in BEFORE {
            add(id, title);
        }
        for need in &needs.permissions {
            add(&permission_id(&need.permission), &need.permission);
        }
        if !families.is_empty() {
            add("role", "role");
        }
        if families.iter().any(|family| family.service == Service::Intune) {
            for (id, title) in INTUNE {
                add(id, title);
            }
        }
        for family in families {
            add(&access_id(family), &format!("reading {}", family.name));
        }
        let checks = rows.into_iter().map(|(id, title)| Check {
            id,
            title,
            status: Status::Unknown,
            detail: NOT_SEEN.to_owned(),
            remedy: Vec::new(),
            code: None,
        });
        Self(checks.collect())
    }

    /// Says that something is as it should be.
    pub(super) fn ok(&mut self, id: &str, detail: impl Into<String>) {
        self.set(id, Status::Ok, detail.into(), None, Vec::new());
    }

    /// Says that something could not be seen, and what would let it be.
    pub(super) fn unknown(&mut self, id: &str, detail: impl Into<String>, remedy: Vec<String>) {
        self.set(id, Status::Unknown, detail.into(), None, remedy);
    }

    /// Says that something is missing for which the catalogue has a code.
    pub(super) fn missing_code(&mut self, id: &str, code: &str, detail: impl Into<String>) {
        let remedy = Catalogue::built_in().by_code(code);
        let remedy = remedy.map(|entry| entry.remedy.clone());
        self.set(
            id,
            Status::Missing,
            detail.into(),
            Some(code.to_owned()),
            remedy.unwrap_or_default(),
        );
    }

    /// Says that something is missing, in words of the check's own.
    pub(super) fn missing(
        &mut self,
        id: &str,
        code: Option<&str>,
        detail: impl Into<String>,
        remedy: Vec<String>,
    ) {
        let code = code.map(str::to_owned);
        self.set(id, Status::Missing, detail.into(), code, remedy);
    }

    /// Puts an error down to the check of what it says is missing. One that says nothing of the kind leaves
    /// the check unknown that met it.
    pub(super) fn blame(&mut self, entry: Option<&Entry>, met_by: &str, detail: &str) {
        let remedy = entry.map(|entry| entry.remedy.clone()).unwrap_or_default();
        let code = entry.map(|entry| entry.id.clone());
        let Some(lack) = entry.and_then(|entry| entry.lacks) else {
            self.set(met_by, Status::Unknown, detail.to_owned(), code, remedy);
            return;
        };
        let guilty = match lack {
            Lack::Credential => "credential",
            Lack::Tenant => "tenant",
            Lack::Consent => "consent",
            Lack::Role => "role",
            Lack::Licence => "subscription",
            // Which permission it was, only who met it knows.
            Lack::Permission | Lack::Approval => met_by,
        };
        let guilty = match self.0.iter().any(|check| check.id == guilty) {
            true => guilty,
            false => met_by,
        };
        self.set(guilty, Status::Missing, detail.to_owned(), code, remedy);
        if guilty != met_by {
            let title = self.title(guilty);
            let detail = format!("refused, see {title}");
            self.set(met_by, Status::Unknown, detail, None, Vec::new());
        }
    }

    /// Says what else can be done about a check.
    pub(super) fn advise(&mut self, id: &str, remedy: impl IntoIterator<Item = String>) {
        if let Some(check) = self.0.iter_mut().find(|check| check.id == id) {
            check.remedy.extend(remedy);
        }
    }

    /// Says what to do about a check in other words than the catalogue's, which know nothing of the set-up.
    pub(super) fn replace_remedy(&mut self, id: &str, remedy: Vec<String>) {
        if let Some(check) = self.0.iter_mut().find(|check| check.id == id) {
            check.remedy = remedy;
        }
    }

    /// Returns whether a check found something missing.
    pub(super) fn is_missing(&self, id: &str) -> bool {
        self.status(id) == Some(Status::Missing)
    }

    /// Returns what became of a check, if there is one.
    pub(super) fn status(&self, id: &str) -> Option<Status> {
        let check = self.0.iter().find(|check| check.id == id);
        check.map(|check| check.status)
    }

    /// Returns the counts.
    pub(super) fn summary(&self) -> Summary {
        let count = |status| self.0.iter().filter(|check| check.status == status).count();
        Summary {
            ok: count(Status::Ok),
            missing: count(Status::Missing),
            unknown: count(Status::Unknown),
        }
    }

    /// Returns the code of what to mend first.
    pub(super) fn cause(&self) -> Option<String> {
        let mut missing = self.0.iter().filter(|c| c.status == Status::Missing);
        missing.find_map(|check| check.code.clone())
    }

    /// Returns the checks.
    pub(super) fn into_checks(self) -> Vec<Check> {
        self.0
    }

    fn title(&self, id: &str) -> String {
        let check = self.0.iter().find(|check| check.id == id);
        check.map(|check| check.title.clone()).unwrap_or_default()
    }

    fn set(
        &mut self,
        id: &str,
        status: Status,
        detail: String,
        code: Option<String>,
        remedy: Vec<String>,
    ) {
        if let Some(check) = self.0.iter_mut().find(|check| check.id == id) {
            check.status = status;
            check.detail = detail;
            check.code = code;
            check.remedy = remedy;
        }
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
