//! Edits YAML in place: comments, order, quoting, line ends and indentation of the rest stay byte for byte.
//!
//! An edit becomes steps on single values ([`changes`]), a step becomes pieces of text at places of the text ([`splice`]), and
//! the result is read again and compared with what was meant before it is returned.

use std::fmt;
use std::ops::Range;

use serde_json::Value as Json;

use super::Value;
use super::node::Node;
use super::parse::parse;
use super::written::{self, Form, Written};
use crate::diagnostic::{Finding, Sources};

mod changes;
mod splice;
mod value;

/// A change of one value of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct YamlEdit {
    /// The document, by its place among those that are not empty.
    pub document: usize,
    /// The steps from the root of the document to the value.
    pub path: Vec<Step>,
    /// What becomes of the value.
    pub change: YamlChange,
}

/// A step from a value to one that it holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// To a member of a mapping.
    Member(String),
    /// To an element of a list.
    Element(usize),
}

/// The changes of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum YamlChange {
    /// The value becomes another; what both have stays as it is written. A member that is absent comes at the end of its mapping, with
    /// the mappings that lead there, and the element after the last one at the end of its list. A comment of the node takes
    /// the place of the one behind the value; without one, that stays.
    Set(Node),
    /// As [`Self::Set`]; a member that is absent comes after the last of these siblings that is present, and at the beginning
    /// of its mapping where none is.
    SetAfter(Node, Vec<String>),
    /// The member or the element is removed, with the comments within it and behind it. The last one leaves `{}` or `[]`.
    Remove,
    /// As [`Self::Remove`], and so are the mappings and lists that would be empty then.
    Prune,
}

/// An edit that was not made.
#[derive(Clone, Debug, PartialEq)]
pub struct EditError {
    /// Why.
    pub fault: EditFault,
    /// The path of the value, as `spec.settings[0]`.
    pub path: String,
    /// The place in the text that was given: of the value, or of the one nearest to it.
    pub range: Range<usize>,
}

/// The reasons for which an edit is not made.
#[derive(Clone, Debug, PartialEq)]
pub enum EditFault {
    /// The text cannot be read.
    Unreadable(Box<Finding>),
    /// There is no document of this number.
    NoDocument,
    /// The path goes through a value that has no such members or elements.
    NoPlace,
    /// The value comes from an alias.
    Alias,
    /// The value has an anchor or a tag, or holds one.
    Anchor,
    /// The notation is not edited: a pair within brackets without braces.
    Notation,
    /// The edited text would say something else than was meant.
    Differs,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.fault {
            EditFault::Unreadable(finding) => {
                write!(f, "the text cannot be read: {}", finding.message)
            }
            EditFault::NoDocument => f.write_str("the text has no document of this number"),
            EditFault::NoPlace => write!(f, "`{path}` leads through a value that has no such part"),
            EditFault::Alias => write!(
                f,
                "`{path}` comes from an alias, and an edit would change the other places too; write the value out in place of `*…`"
            ),
            EditFault::Anchor => write!(
                f,
                "`{path}` has an anchor or a tag that the edit would lose, or that other places repeat; write the values out without `&…` and `!…`"
            ),
            EditFault::Notation => {
                write!(
                    f,
                    "`{path}` is written in a way that is not edited; write it on lines of its own"
                )
            }
            EditFault::Differs => write!(
                f,
                "`{path}` cannot be changed so that the text says what is meant; write it on lines of its own"
            ),
        }
    }
}

impl std::error::Error for EditError {}

/// Returns the text after edits, each of which sees what those before it left.
///
/// # Errors
/// The first edit that cannot be made, or not so that the text says what is meant.
pub fn edited(text: &str, edits: &[YamlEdit]) -> Result<String, EditError> {
    const MARK: char = '\u{feff}';
    let original = text.strip_prefix(MARK).unwrap_or(text);
    let mark = text.len() - original.len();
    let error = |fault: EditFault, edit: &YamlEdit| {
        let range = match &fault {
            EditFault::Unreadable(finding) => finding.span.map_or(0..0, |span| span.range()),
            _ => place(original, edit),
        };
        EditError { fault, path: named(&edit.path), range: range.start + mark..range.end + mark }
    };
    let Some(first) = edits.first() else { return Ok(text.to_owned()) };
    let mut meant = read(original).map_err(|fault| error(fault, first))?;
    let mut current = original.to_owned();
    for edit in edits {
        let steps = changes::steps(&mut meant, edit).map_err(|fault| error(fault, edit))?;
        for step in &steps {
            current =
                splice::after(&current, edit.document, step).map_err(|fault| error(fault, edit))?;
        }
        // The last one is blamed where the text is not what was meant; each is looked at, so that it is the right one.
        if !steps.is_empty() && !matches!(read(&current), Ok(found) if found == meant) {
            return Err(error(blame(original, edit), edit));
        }
    }
    Ok(text[..mark].to_owned() + &current)
}

/// Reads the documents of a text.
fn read(text: &str) -> Result<Vec<Json>, EditFault> {
    let mut parsed = parse(text, Sources::default().next_id());
    if parsed.errors.is_empty() {
        Ok(parsed.documents.iter().map(Value::as_written).collect())
    } else {
        Err(EditFault::Unreadable(Box::new(parsed.errors.swap_remove(0))))
    }
}

/// Returns the deepest value that a path leads to.
fn nearest<'tree>(root: &'tree Written, path: &[Step]) -> &'tree Written {
    let mut value = root;
    for step in path {
        let item = match (step, &value.form) {
            (Step::Member(name), Form::Map { members, .. }) => {
                members.iter().find(|member| member.name == *name)
            }
            (Step::Element(at), Form::List { elements, .. }) => elements.get(*at),
            _ => None,
        };
        let Some(item) = item else { break };
        value = &item.value;
    }
    value
}

fn place(text: &str, edit: &YamlEdit) -> Range<usize> {
    let documents = written::documents(text).unwrap_or_default();
    let root = documents.get(edit.document);
    root.map_or(0..0, |root| nearest(root, &edit.path).range.clone())
}

/// Returns why a text does not say what was meant after an edit.
fn blame(text: &str, edit: &YamlEdit) -> EditFault {
    fn has_properties(value: &Written) -> bool {
        value.has_properties || value.items().iter().any(|item| has_properties(&item.value))
    }
    let documents = written::documents(text).unwrap_or_default();
    let is_shared = (0..=edit.path.len()).any(|length| {
        let root = documents.get(edit.document);
        root.is_some_and(|root| nearest(root, &edit.path[..length]).has_properties)
    });
    let holds =
        documents.get(edit.document).is_some_and(|root| has_properties(nearest(root, &edit.path)));
    if is_shared || holds { EditFault::Anchor } else { EditFault::Differs }
}

/// Returns a path for people.
fn named(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Member(name) if text.is_empty() => text += name,
            Step::Member(name) => text += &format!(".{name}"),
            Step::Element(at) => text += &format!("[{at}]"),
        }
    }
    text
}

#[cfg(test)]
mod tests;
