//! Renders findings as text, in the layout of rustc.

use std::collections::BTreeSet;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};
use unicode_width::UnicodeWidthStr;

use super::json::FindingsSummary;
use super::{FileId, Finding, Severity, Sources, Span};
use crate::text::sanitize;
use crate::text::style::Palette;
use crate::text::writer::words_of;

/// The width that line number, dots and a short label take.
const GUTTER: usize = 20;

/// The width from which on messages are not wrapped: nothing is cut there, and a search finds the whole message.
const WIDE: usize = 120;

/// The least width at which a message is wrapped.
const NARROW: usize = 30;

/// The most lines between two places of one excerpt; the lines between them are folded.
const FOLD: usize = 200;

/// The most findings that are shown.
const SHOWN: usize = 200;

/// Renders findings one below the other, each with its source lines as far as they may be shown, in a
/// terminal of a given width.
pub fn render(findings: &[Finding], sources: &Sources, palette: Palette, width: usize) -> String {
    let renderer = match palette {
        Palette::Plain => Renderer::plain(),
        Palette::Colour => Renderer::styled(),
    };
    let renderer = renderer.term_width(width);
    let wraps = (width < WIDE).then_some(width);
    let layout = FindingRenderer { sources, width: width.saturating_sub(GUTTER), wraps };
    let shown = selected(findings);
    let mut texts: Vec<String> =
        shown.iter().map(|finding| renderer.render(&layout.report(finding)) + "\n").collect();
    if shown.len() < findings.len() {
        let more = findings.len() - shown.len();
        texts
            .push(format!("… and {more} more; `moorline validate --format json` lists them all\n"));
    }
    texts.join("\n")
}

/// Returns the findings that are shown, in their order: where there are too many, errors before warnings.
fn selected(findings: &[Finding]) -> Vec<&Finding> {
    let mut chosen: Vec<(usize, &Finding)> = findings.iter().enumerate().collect();
    chosen.sort_by_key(|(_, finding)| finding.severity);
    chosen.truncate(SHOWN);
    chosen.sort_by_key(|(place, _)| *place);
    chosen.into_iter().map(|(_, finding)| finding).collect()
}

/// Returns how much was found: `2 errors, 1 warning in 3 files`.
pub fn summary(findings: &[Finding]) -> String {
    let count = |number: usize, noun: &str| match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        number => Some(format!("{number} {noun}s")),
    };
    let severities = findings.iter().map(|finding| finding.severity);
    let FindingsSummary { errors, warnings } = FindingsSummary::count(severities);
    let counts = [count(errors, "error"), count(warnings, "warning")];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let files: BTreeSet<_> = findings
        .iter()
        .map(|finding| (finding.span.map(|span| span.file), &finding.file))
        .collect();
    match count(files.len(), "file") {
        Some(files) => format!("{} in {files}", counts.join(", ")),
        None => "nothing found".to_owned(),
    }
}

/// Everything that rendering a finding depends on.
struct FindingRenderer<'a> {
    sources: &'a Sources,
    width: usize,
    /// The width at which messages are wrapped, where they are.
    wraps: Option<usize>,
}

/// A place to underline: the first line of a span.
struct Underline {
    span: Span,
    line: usize,
    /// Bytes of the file, within the line.
    range: Range<usize>,
    label: Option<String>,
    kind: AnnotationKind,
}

/// Places of one file that are shown together, or a single place whose line holds a secret.
struct Excerpt {
    file: FileId,
    secret: bool,
    marks: Vec<Underline>,
}

impl FindingRenderer<'_> {
    fn report(&self, finding: &Finding) -> Vec<Group<'static>> {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let label = "warning[]: ".len() + finding.code.len();
        let title = self.wrapped(owned(&finding.message), label);
        let title = level.primary_title(title).id(owned(&finding.code));
        let mut group = Group::with_title(title);
        for excerpt in self.excerpts(finding) {
            group = self.show(excerpt, group);
        }
        if let Some(file) = &finding.file {
            group = group.element(Origin::path(owned(&file.display().to_string())));
        }
        let patch = self.patch(finding);
        if patch.is_none()
            && let Some(remedy) = remedy(finding)
        {
            group = group.element(Level::HELP.message(self.wrapped(remedy, GUTTER)));
        }
        std::iter::once(group).chain(patch).collect()
    }

    /// Returns a message with line breaks between words, as it fits behind a label.
    fn wrapped(&self, message: String, label: usize) -> String {
        let room = self.wraps.map(|width| width.saturating_sub(label));
        let Some(room) = room.filter(|room| *room >= NARROW) else {
            return message;
        };
        let mut wrapped = String::new();
        let mut column = 0;
        for word in words_of(&message) {
            if column > 0 && column + 1 + word.width() > room {
                wrapped.push('\n');
                column = 0;
            } else if column > 0 {
                wrapped.push(' ');
                column += 1;
            }
            wrapped.push_str(word);
            column += word.width();
        }
        wrapped
    }

    /// Returns the excerpts of a finding, its own place first.
    fn excerpts(&self, finding: &Finding) -> Vec<Excerpt> {
        let primary = finding.span.map(|span| self.mark(span, None, AnnotationKind::Primary));
        let related = finding.related.iter();
        let related =
            related.map(|(span, words)| self.mark(*span, Some(words), AnnotationKind::Context));
        let mut excerpts: Vec<Excerpt> = Vec::new();
        for mark in primary.into_iter().chain(related) {
            let file = mark.span.file;
            let secret = self.is_secret(file, mark.line);
            let near = excerpts.iter_mut().find(|excerpt| {
                excerpt.file == file
                    && !(secret || excerpt.secret)
                    && excerpt.marks.iter().any(|near| near.line.abs_diff(mark.line) <= FOLD)
            });
            match near {
                Some(excerpt) => excerpt.marks.push(mark),
                None => excerpts.push(Excerpt { file, secret, marks: vec![mark] }),
            }
        }
        excerpts
    }

    fn mark(&self, span: Span, label: Option<&str>, kind: AnnotationKind) -> Underline {
        let source = self.sources.get(span.file);
        let start = source.text.floor_char_boundary(span.range().start);
        let line = source.line_of(start);
        let whole = source.line_range(line);
        let start = start.min(whole.end);
        let end = source.text.ceil_char_boundary(span.range().end).clamp(start, whole.end);
        Underline { span, line, range: start..end, label: label.map(owned), kind }
    }

    fn is_secret(&self, file: FileId, line: usize) -> bool {
        self.sources.get(file).is_hidden(line)
    }

    fn show(&self, excerpt: Excerpt, group: Group<'static>) -> Group<'static> {
        let source = self.sources.get(excerpt.file);
        if excerpt.secret {
            return excerpt.marks.into_iter().fold(group, |group, mark| {
                let place = self.sources.locate(mark.span);
                let group = group.element(
                    Origin::path(owned(&place.file)).line(place.line).char_column(place.column),
                );
                match mark.label {
                    Some(label) => group.element(Level::NOTE.message(label)),
                    None => group,
                }
            });
        }
        let lines = excerpt.marks.iter().map(|mark| mark.line);
        let (first, last) = (lines.clone().min().unwrap_or(1), lines.max().unwrap_or(1));
        let mut text = String::new();
        let mut annotations = Vec::new();
        for line in first..=last {
            if self.is_secret(excerpt.file, line) {
                text.push_str("…\n");
                continue;
            }
            let marks = || excerpt.marks.iter().filter(|mark| mark.line == line);
            let whole = source.line_range(line);
            // The line is cut one screen width after its last place; the renderer cuts the part before.
            let from = marks().map(|mark| mark.range.start).max().unwrap_or(whole.start);
            let mut rest = source.text[from..whole.end].char_indices();
            let cut = rest.nth(self.width).map_or(whole.end, |(width, _)| from + width);
            let drawn =
                visible(&source.text[whole.start..cut]) + if cut < whole.end { "…" } else { "" };
            // `visible` replaces single characters, so it can be applied to the beginning of the line alone.
            let place = |at: usize| {
                let drawn = if at <= cut {
                    visible(&source.text[whole.start..at]).len()
                } else {
                    drawn.len()
                };
                text.len() + drawn
            };
            annotations.extend(marks().map(|mark| {
                let drawn = place(mark.range.start)..place(mark.range.end);
                mark.kind.span(drawn).label(mark.label.clone())
            }));
            text.push_str(&drawn);
            text.push('\n');
        }
        let path = owned(&source.path.display().to_string());
        group.element(Snippet::source(text).path(path).line_start(first).annotations(annotations))
    }

    /// Returns the line as it would be with the replacement, where that is one line that may be shown.
    fn patch(&self, finding: &Finding) -> Option<Group<'static>> {
        let (span, replacement) = (finding.span?, finding.replacement.as_deref()?);
        let source = self.sources.get(span.file);
        let mark = self.mark(span, None, AnnotationKind::Primary);
        let whole = source.line_range(mark.line);
        if mark.range != span.range()
            || self.is_secret(span.file, mark.line)
            || source.text[whole.clone()].chars().nth(self.width).is_some()
        {
            return None;
        }
        let place = |at: usize| visible(&source.text[whole.start..at]).len();
        let patch = Patch::new(place(mark.range.start)..place(mark.range.end), owned(replacement));
        let snippet = Snippet::source(visible(&source.text[whole.clone()])).line_start(mark.line);
        Some(
            Group::with_title(Level::HELP.secondary_title(remedy(finding)?))
                .element(snippet.patch(patch)),
        )
    }
}

/// Returns the help of a finding or, without one, its replacement.
fn remedy(finding: &Finding) -> Option<String> {
    let replacement = || Some(format!("write `{}`", finding.replacement.as_deref()?));
    finding.help.clone().or_else(replacement).as_deref().map(owned)
}

fn owned(text: &str) -> String {
    sanitize::line(text).into_owned()
}

/// Replaces each hazardous character of source text by one harmless character, so that columns stay the same.
/// Tabs stay: the renderer widens them.
fn visible(text: &str) -> String {
    let show = |character: char| match character {
        '\t' => '\t',
        '\0'..='\u{1f}' => {
            char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        character if sanitize::is_hazardous(character) => char::REPLACEMENT_CHARACTER,
        character => character,
    };
    text.chars().map(show).collect()
}

#[cfg(test)]
mod tests;
