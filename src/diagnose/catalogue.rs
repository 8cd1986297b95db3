//! Reads the catalogue of errors, `schemas/errors.yaml`, and finds entries.

use std::sync::LazyLock;

use serde::Deserialize;

use super::symptom::Symptom;

/// The known errors, specific ones before general ones.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Catalogue {
    #[serde(rename = "formatVersion")]
    _format_version: String,
    /// Every entry, in the order of the file.
    pub entries: Vec<CatalogueEntry>,
}

/// One error, or several that have the same cause and remedy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CatalogueEntry {
    /// A stable `area/slug`; `area/*` explains every code of the area that no other entry names.
    pub id: String,
    /// Other codes of Moorline that the entry explains.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The patterns of the error on the wire; one match is enough.
    #[serde(default)]
    when: Vec<Pattern>,
    /// The missing thing that the error names, if any.
    pub lacks: Option<Lack>,
    /// The title, one sentence.
    pub title: String,
    /// The cause.
    pub cause: String,
    /// The remedies, a sentence or two each.
    pub remedy: Vec<String>,
    /// The sources: links, and sections of the facts.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// The missing thing that an error names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lack {
    /// A credential that Microsoft Entra accepts, or a token that Graph does.
    Credential,
    /// The tenant that is named, in the cloud that is named.
    Tenant,
    /// An administrator's consent.
    Consent,
    /// A permission of the app.
    Permission,
    /// A role of the identity that signed in.
    Role,
    /// A subscription or a licence.
    Licence,
    /// A second administrator's approval.
    Approval,
}

/// A pattern of an error. Every condition that is present must hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Pattern {
    status: Vec<u16>,
    code: Vec<String>,
    text: Vec<String>,
    aadsts: Vec<u32>,
}

static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(|| {
    crate::yaml::from_str(include_str!("../../schemas/errors.yaml"))
        .expect("the catalogue is part of the program and a test reads it")
});

impl Catalogue {
    /// Returns the built-in catalogue.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Returns the entry for an id or a code of Moorline, or the name of a risk.
    pub fn by_code(&self, code: &str) -> Option<&CatalogueEntry> {
        // Formats of other programs name a risk with its area.
        let code = code.strip_prefix("risk/").unwrap_or(code);
        let exactly =
            |entry: &&CatalogueEntry| entry.id == code || entry.codes.iter().any(|c| c == code);
        let in_area = |area: &str| code.len() > area.len() && code.starts_with(area);
        let area = |entry: &&CatalogueEntry| entry.id.strip_suffix('*').is_some_and(in_area);
        let mut entries = self.entries.iter();
        entries.find(exactly).or_else(|| self.entries.iter().find(area))
    }

    /// Returns every code that an entry names.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        let ids = self.entries.iter().flat_map(|entry| entry.codes.iter().chain([&entry.id]));
        ids.map(String::as_str).filter(|code| !code.contains('*'))
    }

    /// Returns whether an entry has this error number of Microsoft Entra.
    pub(super) fn knows_number(&self, number: u32) -> bool {
        let mut patterns = self.entries.iter().flat_map(|entry| &entry.when);
        patterns.any(|pattern| pattern.aadsts.contains(&number))
    }

    /// Returns the first entry that matches an error.
    pub fn diagnose(&self, symptom: &Symptom) -> Option<&CatalogueEntry> {
        self.position(symptom).map(|at| &self.entries[at])
    }

    /// Returns the position of the first entry that matches an error.
    pub(super) fn position(&self, symptom: &Symptom) -> Option<usize> {
        let fits = |entry: &CatalogueEntry| entry.when.iter().any(|pattern| pattern.fits(symptom));
        self.entries.iter().position(fits)
    }
}

impl Pattern {
    fn fits(&self, symptom: &Symptom) -> bool {
        let distinctive = !self.text.is_empty() || !self.aadsts.is_empty();
        let has = |status| self.status.contains(&status);
        let status = self.status.is_empty() || symptom.status.map_or(distinctive, has);
        let number = self.aadsts.is_empty()
            || symptom.numbers.iter().any(|number| self.aadsts.contains(number));
        status
            && number
            && self.code.iter().all(|code| symptom.codes.contains(code))
            && self.text.iter().all(|piece| symptom.text.contains(&piece.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_entry_has_patterns_and_a_remedy() {
        let catalogue = Catalogue::built_in();
        let mut names = BTreeSet::new();
        for entry in &catalogue.entries {
            for name in entry.codes.iter().chain([&entry.id]) {
                assert!(names.insert(name), "{name} is there twice");
            }
            assert!(!entry.remedy.is_empty(), "{}", entry.id);
            for sentence in entry.remedy.iter().chain([&entry.cause, &entry.title]) {
                assert!(sentence.ends_with(['.', '?']), "{}: {sentence}", entry.id);
            }
            for pattern in &entry.when {
                let conditions = pattern.status.len()
                    + pattern.code.len()
                    + pattern.text.len()
                    + pattern.aadsts.len();
                assert!(conditions > 0, "{} fits everything", entry.id);
            }
        }
    }

    #[test]
    fn every_section_that_is_cited_exists() {
        let facts = include_str!("../../schemas/graph/FACTS.md");
        let headings: BTreeSet<&str> = facts
            .lines()
            .filter_map(|line| line.strip_prefix("## ").or(line.strip_prefix("### ")))
            .filter_map(|heading| heading.split_whitespace().next())
            .map(|number| number.trim_end_matches('.'))
            .collect();
        for entry in &Catalogue::built_in().entries {
            for source in &entry.sources {
                match source.strip_prefix("FACTS ") {
                    Some(section) => assert!(headings.contains(section), "{source}"),
                    None => assert!(source.starts_with("https://"), "{source}"),
                }
            }
        }
    }

    #[test]
    fn unknown_status_does_not_prevent_a_match_by_text() {
        let symptom =
            |status, text: &str| Symptom { status, text: text.to_owned(), ..Symptom::default() };
        let pattern = Pattern {
            status: vec![401],
            code: Vec::new(),
            text: vec!["no".to_owned()],
            aadsts: Vec::new(),
        };
        assert!(pattern.fits(&symptom(None, "oh no")));
        assert!(pattern.fits(&symptom(Some(401), "oh no")));
        assert!(!pattern.fits(&symptom(Some(500), "oh no")));
        let bare = Pattern { text: Vec::new(), ..pattern };
        assert!(!bare.fits(&symptom(None, "oh no")));
    }
}
