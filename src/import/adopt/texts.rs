//! Where the values of manifests are written: the file, the document and the path in it.

use std::collections::BTreeMap;

use crate::diagnostic::{FileId, Sources, Span};
use crate::manifest::value::Value;
use crate::yaml::edit::Step;
use crate::yaml::parse::parse;

/// The documents of files as they are written: value references and overlay directives are mappings in them.
pub(super) struct ManifestTexts {
    documents: BTreeMap<FileId, Vec<Value>>,
}

/// The place of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TextPlace {
    pub(super) file: FileId,
    /// The document, by its place among those that are not empty.
    pub(super) document: usize,
    /// The steps from the root of the document.
    pub(super) path: Vec<Step>,
}

impl TextPlace {
    /// Returns the place of a member.
    pub(super) fn member(&self, name: &str) -> Self {
        self.with(Step::Member(name.to_owned()))
    }

    /// Returns the place of an element.
    pub(super) fn element(&self, at: usize) -> Self {
        self.with(Step::Element(at))
    }

    fn with(&self, step: Step) -> Self {
        let mut place = self.clone();
        place.path.push(step);
        place
    }

    /// Returns the place of the list that this is an element of, and the place in that.
    pub(super) fn list(&self) -> Option<(Self, usize)> {
        let (last, above) = self.path.split_last()?;
        match last {
            Step::Element(at) => Some((Self { path: above.to_vec(), ..self.clone() }, *at)),
            Step::Member(_) => None,
        }
    }
}

impl ManifestTexts {
    /// Parses the files of these places.
    pub(super) fn of(sources: &Sources, spans: impl Iterator<Item = Span>) -> Self {
        let mut documents = BTreeMap::new();
        for span in spans {
            documents
                .entry(span.file)
                .or_insert_with(|| parse(&sources.get(span.file).text, span.file).documents);
        }
        Self { documents }
    }

    /// Returns the place of a value, and the value as it is written there.
    pub(super) fn at(&self, span: Span) -> Option<(TextPlace, &Value)> {
        let (document, mut value) = self.document(span)?;
        let mut place = TextPlace { file: span.file, document, path: Vec::new() };
        while value.span != span {
            let (step, inner) = parts(value).find(|(_, inner)| inner.span.holds(span))?;
            place.path.push(step);
            value = inner;
        }
        Some((place, value))
    }

    /// Returns the document around a place, and its number.
    pub(super) fn document(&self, span: Span) -> Option<(usize, &Value)> {
        let documents = self.documents.get(&span.file)?;
        documents.iter().enumerate().find(|(_, root)| root.span.holds(span))
    }
}

fn parts(value: &Value) -> impl Iterator<Item = (Step, &Value)> {
    let members = value.members().iter();
    let members = members.map(|member| (Step::Member(member.name.clone()), &member.value));
    let elements = value.elements().iter().enumerate();
    members.chain(elements.map(|(at, element)| (Step::Element(at), element)))
}
