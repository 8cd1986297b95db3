//! Checks accepted differences, and attaches them to the manifests that declare the values.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::document::{self, AcceptedEntry};
use super::path::{PathTarget, follow};
use super::{AcceptedDrift, address};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Finding, Span, repeated};
use crate::manifest::value::Value;
use crate::manifest::{Address, Manifest};
use crate::schema::model::Model;

/// The name that the paths of assignments begin with.
const ASSIGNMENTS: &str = "assignments";

/// Attaches accepted differences to manifests.
pub(in crate::manifest) struct AcceptanceChecker<'a> {
    /// The manifests, sorted by address.
    pub(in crate::manifest) manifests: &'a mut [Manifest],
    /// All addresses that the files declare, `None` where not all files are read.
    pub(in crate::manifest) declared: Option<&'a BTreeSet<Address>>,
    /// The present day in UTC.
    pub(in crate::manifest) today: Date,
    /// The findings.
    pub(in crate::manifest) findings: Vec<Finding>,
    /// The places of values that are secrets.
    pub(in crate::manifest) secrets: Vec<Span>,
}

/// An entry with its place.
#[derive(Clone, Copy)]
struct PlacedEntry<'a> {
    entry: &'a AcceptedEntry,
    value: &'a Value,
}

impl PlacedEntry<'_> {
    /// Returns the place of a member, that of the entry where it has none.
    fn span(&self, member: &str) -> Span {
        self.value.get(member).unwrap_or(self.value).span
    }
}

impl AcceptanceChecker<'_> {
    /// Checks documents and attaches their entries.
    pub(in crate::manifest) fn documents(&mut self, documents: &[Value]) {
        let read: Vec<(&Value, Vec<AcceptedEntry>)> = documents
            .iter()
            .filter_map(|root| Some((root, document::read(root, &mut self.findings)?)))
            .collect();
        let placed = read.iter().flat_map(|(root, entries)| {
            let values = document::written(root).iter();
            entries.iter().zip(values).map(|(entry, value)| PlacedEntry { entry, value })
        });
        let placed: Vec<PlacedEntry<'_>> = placed.collect();
        let keyed = placed.iter().map(|it| ((&it.entry.object, &it.entry.property), *it));
        let twice = repeated(keyed).into_iter().map(|(again, first)| {
            let AcceptedEntry { object, property, .. } = again.entry;
            let message = format!("`{property}` of `{object}` is accepted twice");
            Finding::error("accepted/twice", again.span("property"), message)
                .related(first.span("property"), "first here")
                .help("remove one of the two")
        });
        self.findings.extend(twice);
        placed.into_iter().for_each(|placed| self.attach(placed));
    }

    fn attach(&mut self, placed: PlacedEntry<'_>) {
        let PlacedEntry { entry, value } = placed;
        let AcceptedEntry { object, property, declared, live, reason, by, until } = entry;
        let until = self.until(placed, until);
        if declared.is_none() && live.is_none() {
            let message = "this says neither which value is declared nor which one the tenant has";
            let help = "write `declared:` and `live:` as `moorline drift` shows them; one of the two is absent where there is no value";
            self.findings.push(Finding::error("accepted/values", value.span, message).help(help));
        }
        let Some(place) = address(object).and_then(|address| self.find(&address)) else {
            self.findings.extend(self.unknown_object(placed));
            return;
        };
        if let Some(finding) = self.refused_path(placed, place) {
            self.findings.push(finding);
            return;
        }
        let Some(until) = until else { return };
        let has_ended = until < self.today;
        self.manifests[place].accepted.push(AcceptedDrift {
            property: property.clone(),
            declared: declared.clone(),
            live: live.clone(),
            reason: reason.clone(),
            by: by.clone(),
            until,
            has_ended,
            span: value.span,
        });
    }

    fn find(&self, address: &Address) -> Option<usize> {
        self.manifests.binary_search_by(|manifest| manifest.address.cmp(address)).ok()
    }

    /// Returns the last day of an entry, or reports that there is no such day, or that it has ended.
    fn until(&mut self, placed: PlacedEntry<'_>, until: &str) -> Option<Date> {
        let span = placed.span("until");
        let Ok(day) = until.parse::<Date>() else {
            let message = format!("`{until}` is no day of the calendar");
            let help =
                "write the last day on which the difference is accepted: `until: 2027-01-31`";
            self.findings.push(Finding::error("accepted/date", span, message).help(help));
            return None;
        };
        if day < self.today {
            let AcceptedEntry { object, property, .. } = placed.entry;
            let message = format!("this acceptance is void: the UTC day {day} has ended");
            self.findings.push(Finding::warning("accepted/ended", span, message).help(format!(
                "remove the entry, or accept the difference again: `moorline drift FOLDER --accept '{object}/{property}' --reason … --until …`"
            )));
        }
        Some(day)
    }

    fn unknown_object(&self, placed: PlacedEntry<'_>) -> Option<Finding> {
        let object = &placed.entry.object;
        let known = self.declared?;
        if address(object).is_some_and(|address| known.contains(&address)) {
            // Its manifest has findings of its own.
            return None;
        }
        let names: Vec<String> = known.iter().map(Address::to_string).collect();
        let message = format!("no manifest is `{object}`");
        let finding = Finding::error("accepted/object", placed.span("object"), message);
        Some(
            finding.suggest(nearest(object, &names), "remove the entry: nothing of it is declared"),
        )
    }

    /// Returns the finding of a path that leads nowhere, or to a value that is never compared.
    fn refused_path(&mut self, placed: PlacedEntry<'_>, manifest: usize) -> Option<Finding> {
        let manifest = &self.manifests[manifest];
        let (kind, property) = (&manifest.address.kind, &placed.entry.property);
        if property.strip_prefix(ASSIGNMENTS).is_some_and(|rest| rest.starts_with('['))
            && manifest.family.assign.is_some()
        {
            return None;
        }
        let model = Model::of(manifest.version);
        let structure = model.get(kind)?;
        let span = placed.span("property");
        match follow(model, &structure, property) {
            PathTarget::Value => None,
            PathTarget::Secret(name) => {
                self.secrets.extend(["declared", "live"].map(|side| placed.span(side)));
                let message = format!("`{name}` may hold a secret, which is never written down");
                let help = "remove the entry; the value may be sent again with `moorline apply --rewrite-secret`, or its declaration removed";
                Some(Finding::error("accepted/secret", span, message).help(help))
            }
            PathTarget::Unknown { name, near } => {
                let message = format!("a `{kind}` has no `{name}`");
                let otherwise = "write the path as `moorline drift` prints it, or remove the entry";
                let help =
                    near.map_or(otherwise.to_owned(), |near| format!("did you mean `{near}`?"));
                Some(Finding::error("accepted/property", span, message).help(help))
            }
        }
    }
}

/// Returns the findings of documents in a base: what a tenant accepts is its own affair.
pub(in crate::manifest) fn refused_in_base(documents: &[Value]) -> Vec<Finding> {
    let finding = |root: &Value| {
        let span = root.get("kind").unwrap_or(root).span;
        let message = "a base cannot accept drift: its tenants do not have the same values";
        Finding::error("accepted/in-base", span, message)
            .help("move the document into the folder of the tenant that has these values")
    };
    documents.iter().map(finding).collect()
}
