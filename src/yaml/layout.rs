//! Lays YAML out in one form: two blanks of indentation, quotes where they are needed, members in an order. Comments stay with
//! the line that they stand at or above, and blank lines stay.

use super::Value;
use super::parse::parse;
use super::presentation::presentation;
use super::written;
use crate::diagnostic::Sources;
use order::MemberOrder;
use print::Printer;

mod gap;
pub mod order;
mod places;
mod print;

/// The layout of a document: the order of the members of a mapping, by the names that lead there; `-` stands for an
/// element. A mapping that has an order has lines of its own, without braces.
pub type DocumentOrder<'a> = &'a dyn Fn(&[String]) -> Option<MemberOrder>;

/// Returns a text in its layout, `None` where it cannot be laid out so that it says the same with all its comments.
#[must_use]
pub fn laid_out(text: &str, order: DocumentOrder<'_>) -> Option<String> {
    let documents = written::documents(text)?;
    let mut printer = Printer::new(text, order);
    let mut at = 0;
    for (index, root) in documents.iter().enumerate() {
        let until = documents.get(index + 1).map_or(text.len(), |next| next.lead);
        let end = marker_after(text, root.range.end).min(until);
        printer.document(root, at, end)?;
        at = end;
    }
    let new = printer.finish(at);
    let is_crlf = text.find('\n').is_some_and(|end| text[..end].ends_with('\r'));
    let new = new.replace("\r\n", "\n");
    let new = if is_crlf { new.replace('\n', "\r\n") } else { new };
    says_the_same(text, &new).then_some(new)
}

/// Returns the start of the next line that ends a document or begins one.
fn marker_after(text: &str, at: usize) -> usize {
    let mut line = at;
    while let Some(length) = text[line..].find('\n') {
        line += length + 1;
        if ["---", "...", "%"].iter().any(|marker| text[line..].starts_with(marker)) {
            return line;
        }
    }
    text.len()
}

/// Whether two texts have the same values, the same comments at the same values, and as many anchors, aliases and tags.
fn says_the_same(old: &str, new: &str) -> bool {
    let read = |text: &str| {
        let parsed = parse(text, Sources::default().next_id());
        let values: Vec<_> = parsed.documents.iter().map(Value::as_written).collect();
        (parsed.errors.len(), values, presentation(text).references.len())
    };
    read(old) == read(new) && places::are_kept(old, new)
}

#[cfg(test)]
mod tests;
