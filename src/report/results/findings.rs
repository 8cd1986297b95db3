//! The results of manifests that were checked: a case for each manifest, and one for each file with findings that
//! belong to no manifest.

use super::{ResultCase, ResultItem, ResultLevel, ResultPlace, Results, ToResults};
use crate::diagnostic::json::FindingItem;
use crate::diagnostic::{Finding, Severity, Sources, text};
use crate::manifest::Loaded;

/// Manifests that were checked.
pub(crate) struct Checked<'a>(pub(crate) &'a [Loaded]);

impl Checked<'_> {
    /// Returns every finding.
    pub(in crate::report) fn items(&self) -> Vec<FindingItem> {
        let loads = self.0.iter();
        loads.flat_map(|loaded| FindingItem::all(&loaded.findings, &loaded.sources)).collect()
    }
}

impl ToResults for Checked<'_> {
    fn results(&self) -> Results {
        let mut results = Results::default();
        if let [Loaded { tenant: Some(tenant), .. }] = self.0 {
            results.tenant = Some(super::text(&tenant.metadata.name, super::LONGEST_NAME));
        }
        let (mut errors, mut warnings, mut manifests) = (0, 0, 0);
        for loaded in self.0 {
            manifests += loaded.manifests.len();
            for finding in &loaded.findings {
                let number =
                    if finding.severity == Severity::Error { &mut errors } else { &mut warnings };
                *number += 1;
            }
            results.cases.extend(cases(loaded));
        }
        results.headline = headline(self.0);
        results.output("errors", errors);
        results.output("warnings", warnings);
        results.output("manifests", manifests);
        results
    }
}

/// Returns the summary line of all tenants.
fn headline(loads: &[Loaded]) -> String {
    let lines = loads.iter().map(|loaded| {
        let result = if loaded.has_errors() { "Invalid" } else { "Valid" };
        let manifests = crate::report::phrases::count(loaded.manifests.len(), "manifest");
        match loaded.findings.is_empty() {
            true => format!("{result}: {manifests}."),
            false => format!("{result}: {manifests}, {}.", text::summary(&loaded.findings)),
        }
    });
    super::text(&lines.collect::<Vec<_>>().join(" "), super::LONGEST)
}

/// Returns the cases of one tenant.
fn cases(loaded: &Loaded) -> Vec<ResultCase> {
    let mut cases: Vec<ResultCase> = loaded
        .manifests
        .iter()
        .map(|manifest| {
            let place = loaded.sources.locate(manifest.span);
            ResultCase::new(&manifest.address.to_string(), "", Some(&place))
        })
        .collect();
    for finding in &loaded.findings {
        let document = finding
            .span
            .and_then(|span| loaded.origins.iter().find(|origin| origin.document.holds(span)));
        // A manifest with an error in its envelope is none of the manifests.
        let name =
            document.map(|origin| super::text(&origin.address.to_string(), super::LONGEST_NAME));
        let case = match name {
            Some(name) => cases.iter().position(|case| case.name == name).unwrap_or_else(|| {
                let place = finding.span.map(|span| loaded.sources.locate(span));
                cases.push(ResultCase::new(&name, "", place.as_ref()));
                cases.len() - 1
            }),
            None => case_of_file(&mut cases, finding, &loaded.sources),
        };
        cases[case].add(item(finding, &loaded.sources));
    }
    cases
}

/// Returns the cases of findings whose manifests are not known: one for each file.
pub(super) fn by_file(findings: &[Finding], sources: &Sources) -> Vec<ResultCase> {
    let mut cases = Vec::new();
    for finding in findings {
        let case = case_of_file(&mut cases, finding, sources);
        cases[case].add(item(finding, sources));
    }
    cases
}

/// Returns the position of the case for the file of a finding.
fn case_of_file(cases: &mut Vec<ResultCase>, finding: &Finding, sources: &Sources) -> usize {
    let file = match (finding.span, &finding.file) {
        (Some(span), _) => sources.get(span.file).path.display().to_string(),
        (None, Some(file)) => file.display().to_string(),
        (None, None) => String::new(),
    };
    let is_of_file = |case: &ResultCase| {
        case.name.is_empty() && case.place.as_ref().map_or("", |place| &place.file) == file
    };
    cases.iter().position(is_of_file).unwrap_or_else(|| {
        let place = finding.span.map(|span| ResultPlace::at(&sources.locate(span)));
        let place = place.or_else(|| (!file.is_empty()).then(|| ResultPlace::whole(&file)));
        cases.push(ResultCase { place, ..ResultCase::default() });
        cases.len() - 1
    })
}

fn item(finding: &Finding, sources: &Sources) -> ResultItem {
    let level = match (finding.severity, finding.code.as_str()) {
        (Severity::Error, "file/unreadable") => ResultLevel::Failed,
        (Severity::Error, _) => ResultLevel::Error,
        (Severity::Warning, _) => ResultLevel::Warning,
    };
    let mut item = ResultItem::new(level, &finding.code, &finding.message)
        .help(finding.help.as_deref().unwrap_or_default())
        .part(&finding.message);
    item.place = match (finding.span, &finding.file) {
        (Some(span), _) => {
            let (start, end) = (sources.locate(span), sources.locate_end(span));
            Some(ResultPlace { end: Some((end.line, end.column)), ..ResultPlace::at(&start) })
        }
        (None, Some(file)) => Some(ResultPlace::whole(&file.display().to_string())),
        (None, None) => None,
    };
    item
}
