//! Results as other programs read them: cases, and what is to report of each.
//!
//! A case is one object, or the run itself. Every text is made harmless and cut when it comes in, so that a renderer only
//! escapes what its own grammar needs.

use std::collections::BTreeMap;

use crate::diagnostic::Location;
use crate::report::repository::Repository;
use crate::report::width::cut;
use crate::text::sanitize;
use crate::values::digest::{self, Domain};

mod drift;
mod failed;
mod findings;
mod outcome;
mod plan;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use failed::FailedRun;
pub(crate) use findings::Checked;

/// The columns of a message that are kept. GitHub's runner cuts an annotation at 4,096 characters.
const LONGEST: usize = 1_000;

/// The columns of a name that are kept: as many as a display name of Intune has.
const LONGEST_NAME: usize = 256;

/// The result of a command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    /// The command.
    pub(in crate::report) command: String,
    /// The name of the tenant, where it is known.
    pub(in crate::report) tenant: Option<String>,
    /// The summary line.
    pub(in crate::report) headline: String,
    /// One case for each object.
    pub(in crate::report) cases: Vec<ResultCase>,
    /// Names and values for the steps of a pipeline that follow.
    pub(in crate::report) outputs: Vec<(&'static str, String)>,
}

/// One object, or the run itself.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct ResultCase {
    /// `kind/name` of an object, or the command; the place stands for a file that no object is declared in.
    pub(in crate::report) name: String,
    /// The display name of the object.
    pub(in crate::report) display_name: String,
    /// The place of its manifest.
    pub(in crate::report) place: Option<ResultPlace>,
    /// The action on the object, in words.
    pub(in crate::report) action: Option<String>,
    /// The place of the first value that the action changes.
    pub(in crate::report) changed: Option<ResultPlace>,
    /// Why the object was not judged.
    pub(in crate::report) skipped: Option<String>,
    /// Everything that is to report of it.
    pub(in crate::report) items: Vec<ResultItem>,
}

/// One thing to report.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct ResultItem {
    /// A stable `area/slug`.
    pub(in crate::report) rule: String,
    /// How bad it is.
    pub(in crate::report) level: ResultLevel,
    /// The message.
    pub(in crate::report) message: String,
    /// The remedy.
    pub(in crate::report) help: Option<String>,
    /// The place.
    pub(in crate::report) place: Option<ResultPlace>,
    /// The part of the object that it is about, which stays the same from run to run.
    pub(in crate::report) part: String,
    /// Its identity, which stays the same from run to run while lines move.
    pub(in crate::report) fingerprint: String,
    /// Why it counts no more.
    pub(in crate::report) accepted: Option<ResultAcceptance>,
}

/// How bad a result is, the worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) enum ResultLevel {
    /// Nothing is known, because something failed.
    Failed,
    /// Something is not as it should be.
    #[default]
    Error,
    /// Something should be looked at.
    Warning,
    /// A remark.
    Note,
}

/// Why a result counts no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct ResultAcceptance {
    /// The reason.
    pub(in crate::report) reason: String,
    /// The last day.
    pub(in crate::report) until: String,
}

/// A place in a file of the repository; lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct ResultPlace {
    /// The path.
    pub(in crate::report) file: String,
    /// The line.
    pub(in crate::report) line: usize,
    /// The column.
    pub(in crate::report) column: usize,
    /// The line and the column after the last character, where they are known.
    pub(in crate::report) end: Option<(usize, usize)>,
}

/// A result that can be told to other programs.
pub(crate) trait ToResults {
    /// Returns what is to report.
    fn results(&self) -> Results;
}

impl Results {
    /// Adds the command, and makes every place one of the repository. A result without a place stands at the manifest of
    /// its object, else at the tenant file.
    pub(crate) fn of(mut self, command: &str, repository: &Repository, tenant_file: &str) -> Self {
        self.command = command.to_owned();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let place =
            |place: ResultPlace| ResultPlace { file: repository.path_of(&place.file), ..place };
        let home = ResultPlace::whole(tenant_file);
        for case in &mut self.cases {
            let manifest = case.place.take().unwrap_or_else(|| home.clone());
            for item in &mut case.items {
                item.place = Some(place(item.place.take().unwrap_or_else(|| manifest.clone())));
            }
            case.changed = case.changed.take().map(place);
            let manifest = place(manifest);
            let name = if case.name.is_empty() { &manifest.file } else { &case.name };
            case.name = unique(&text(name, LONGEST_NAME), &mut seen);
            case.place = Some(manifest);
        }
        self.identify();
        self
    }

    /// Gives each result its fingerprint: of the rule, the object and the part of it, and its number among those that
    /// have the same.
    fn identify(&mut self) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for case in &mut self.cases {
            for item in &mut case.items {
                let identity = [&item.rule, &case.name, &item.part];
                let hash = digest::hex(Domain::Finding, &identity);
                let number = seen.entry(hash.clone()).or_default();
                *number += 1;
                item.fingerprint = format!("{}:{number}", &hash[..24]);
            }
        }
    }

    /// Returns every result with its case.
    pub(in crate::report) fn items(&self) -> impl Iterator<Item = (&ResultCase, &ResultItem)> {
        self.cases.iter().flat_map(|case| case.items.iter().map(move |item| (case, item)))
    }

    /// Returns the names and values for the steps of a pipeline that follow.
    pub(crate) fn outputs(&self) -> &[(&'static str, String)] {
        &self.outputs
    }

    /// Adds a value for the steps that follow.
    fn output(&mut self, name: &'static str, value: impl ToString) {
        self.outputs.push((name, text(&value.to_string(), LONGEST)));
    }
}

/// Returns a name that no case before has.
fn unique(name: &str, seen: &mut BTreeMap<String, usize>) -> String {
    let number = seen.entry(name.to_owned()).or_default();
    *number += 1;
    match *number {
        1 => name.to_owned(),
        number => unique(&format!("{name} ({number})"), seen),
    }
}

impl ResultCase {
    fn new(name: &str, display_name: &str, place: Option<&Location>) -> Self {
        Self {
            name: text(name, LONGEST_NAME),
            display_name: text(display_name, LONGEST_NAME),
            place: place.map(ResultPlace::at),
            ..Self::default()
        }
    }

    fn add(&mut self, item: ResultItem) {
        self.items.push(item);
    }
}

impl ResultItem {
    fn new(level: ResultLevel, rule: &str, message: &str) -> Self {
        let (rule, message) = (text(rule, LONGEST_NAME), text(message, LONGEST));
        Self { rule, level, message, ..Self::default() }
    }

    fn help(mut self, help: &str) -> Self {
        self.help = Some(text(help, LONGEST)).filter(|help| !help.is_empty());
        self
    }

    fn at(mut self, place: Option<&Location>) -> Self {
        self.place = place.map(ResultPlace::at);
        self
    }

    fn part(mut self, part: &str) -> Self {
        self.part = text(part, LONGEST);
        self
    }

    /// Returns the message with the terms of its acceptance, and the remedy on a line of its own.
    pub(in crate::report) fn words(&self) -> String {
        let accepted = self.accepted.as_ref().map(|accepted| format!("; {}", accepted.words()));
        let help = self.help.as_ref().map(|help| format!("\nhelp: {help}"));
        [Some(self.message.clone()), accepted, help].into_iter().flatten().collect()
    }
}

impl ResultAcceptance {
    /// Returns until when it is accepted, and why.
    pub(in crate::report) fn words(&self) -> String {
        format!("accepted until {}: {}", self.until, self.reason)
    }
}

impl ResultPlace {
    fn at(location: &Location) -> Self {
        let Location { file, line, column } = location.clone();
        Self { file, line: line.max(1), column: column.max(1), end: None }
    }

    /// Returns the path in a form that is harmless to read.
    pub(in crate::report) fn shown(&self) -> String {
        text(&self.file, LONGEST)
    }

    /// Returns the place of a file as a whole.
    fn whole(file: &str) -> Self {
        Self { file: file.to_owned(), line: 1, column: 1, end: None }
    }
}

/// Adds the warnings of a run, each to the object that it begins with, else to the run.
fn warn(warnings: &[String], cases: &mut [ResultCase], whole: &mut ResultCase) {
    for warning in warnings {
        let of_case = warning.split_once(": ").and_then(|(name, rest)| {
            Some((cases.iter_mut().find(|case| case.name == name)?, rest))
        });
        let (case, message) = of_case.unwrap_or((&mut *whole, warning.as_str()));
        case.add(ResultItem::new(ResultLevel::Warning, "run/warning", message).part(message));
    }
}

/// Returns a text on one line, harmless and cut.
fn text(text: &str, columns: usize) -> String {
    // Only as much as can be kept is looked at: a name may have megabytes.
    let begun = text.char_indices().nth(columns * 4).map_or(text, |(at, _)| &text[..at]);
    cut(&sanitize::line(begun), columns)
}
