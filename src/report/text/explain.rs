//! Writes explanations of errors.

use crate::diagnose::{Catalogue, ExplainDocument, Explanation};
use crate::text::style::{BOLD, DIM, WARNING};
use crate::text::writer::{PLAIN, Piece, TextWriter, words_of};

/// Renders one explanation, as the end of a failure.
pub(crate) fn explanation(explanation: &Explanation, mut writer: TextWriter) -> String {
    writer.gap();
    answer(&mut writer, explanation);
    writer.finish()
}

/// Renders the answer to `moorline explain`.
pub(crate) fn explain(document: &ExplainDocument, mut writer: TextWriter) -> String {
    if document.items.is_empty() {
        let answer = match &document.near {
            Some(near) => format!("there is no such code. Did you mean `{near}`?"),
            None => "no entry of the catalogue matches.".to_owned(),
        };
        writer.labelled(0, Piece::new(WARNING, "Unknown:"), words_of(&answer));
    }
    for (at, item) in document.items.iter().enumerate() {
        if at > 0 {
            writer.gap();
        }
        answer(&mut writer, item);
    }
    let found = document.found.lines();
    if !found.is_empty() {
        writer.gap();
        writer.line(0, PLAIN, "Found in the message:");
    }
    let widest = found.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in &found {
        writer.labelled(2, Piece::new(DIM, &format!("{name:widest$}")), value.split(' '));
    }
    if !document.support.is_empty() {
        writer.gap();
        writer.remedies(0, &document.support);
    }
    writer.finish()
}

/// Renders every code of the catalogue with its title.
pub(crate) fn catalogue(mut writer: TextWriter) -> String {
    let entries = &Catalogue::built_in().entries;
    let widest = entries.iter().map(|entry| entry.id.len()).max().unwrap_or_default();
    for entry in entries {
        let id = Piece::new(BOLD, &format!("{:widest$}", entry.id));
        writer.pieces(0, 2, 2, &[id, Piece::new(PLAIN, &entry.title)]);
    }
    writer.finish()
}

fn answer(writer: &mut TextWriter, explanation: &Explanation) {
    let label = Piece::new(BOLD, &format!("{}:", explanation.id));
    writer.labelled(0, label, words_of(&explanation.title));
    writer.paragraph(2, words_of(&explanation.cause));
    writer.remedies(2, &explanation.remedy);
    for source in &explanation.sources {
        writer.labelled(2, Piece::new(DIM, "see"), [source.as_str()]);
    }
}
