//! What an error means, in plain words.

use anstyle::Style;

use super::pen::{Pen, words_of};
use crate::diagnose::{Catalogue, ExplainDocument, Explanation};
use crate::text::sanitize;
use crate::text::style::{BOLD, DIM, HINT, Palette, WARNING};

/// Returns one error in plain words, as the end of a failure.
pub fn explanation(explanation: &Explanation, palette: Palette, width: usize) -> String {
    let mut pen = Pen::within(palette, width);
    pen.gap();
    answer(&mut pen, explanation);
    pen.finish()
}

/// Returns what is known of what was asked.
pub fn explain(document: &ExplainDocument, palette: Palette, width: usize) -> String {
    let mut pen = Pen::within(palette, width);
    if document.items.is_empty() {
        let label = pen.piece(WARNING, "Unknown:");
        let answer = match &document.near {
            Some(near) => format!("there is no such code. Did you mean `{near}`?"),
            None => "nothing in the catalogue looks like this.".to_owned(),
        };
        pen.prose(0, &label, words_of(&answer));
    }
    for (at, item) in document.items.iter().enumerate() {
        if at > 0 {
            pen.gap();
        }
        answer(&mut pen, item);
    }
    let found = document.found.lines();
    if !found.is_empty() {
        pen.gap();
        pen.line(0, "What the message says:");
        let widest = found.iter().map(|(name, _)| name.len()).max();
        for (name, value) in &found {
            let name = format!("{name:0$}", widest.unwrap_or_default());
            let label = pen.piece(DIM, &name);
            pen.prose(2, &label, value.split(' '));
        }
    }
    if !document.support.is_empty() {
        pen.gap();
        for line in &document.support {
            let label = pen.piece(HINT, "-");
            pen.prose(0, &label, words_of(line));
        }
    }
    pen.finish()
}

/// Returns every code of the catalogue with its sentence.
pub fn catalogue(catalogue: &Catalogue, palette: Palette, width: usize) -> String {
    let mut pen = Pen::within(palette, width);
    let entries = catalogue.entries();
    let widest = entries.iter().map(|entry| entry.id.len()).max();
    for entry in entries {
        let id = format!("{:1$}", entry.id, widest.unwrap_or_default());
        let pieces = [pen.piece(BOLD, &id), pen.piece(Style::new(), &entry.title)];
        pen.pieces(0, 2, 2, &pieces);
    }
    pen.finish()
}

fn answer(pen: &mut Pen, explanation: &Explanation) {
    let label = pen.piece(BOLD, &format!("{}:", sanitize::line(&explanation.id)));
    pen.prose(0, &label, words_of(&explanation.title));
    pen.paragraph(2, words_of(&explanation.cause));
    for remedy in &explanation.remedy {
        let label = pen.piece(HINT, "-");
        pen.prose(2, &label, words_of(remedy));
    }
    for source in &explanation.sources {
        let label = pen.piece(DIM, "see");
        pen.prose(2, &label, [source.as_str()]);
    }
}
