//! Edits the document of accepted differences in place: comments and the other entries stay as they are.

use jiff::civil::Date;
use serde_json::Value as Json;

use super::{KIND, document, is_document};
use crate::diagnostic::Sources;
use crate::manifest::Address;
use crate::manifest::value::Value;
use crate::yaml::edit::{EditError, Step, YamlChange, YamlEdit, edited};
use crate::yaml::node::{Node, NodeContent, NodeEntry};
use crate::yaml::parse::parse;
use crate::yaml::write;

/// The comment at the beginning of a new file.
const HEAD: &str = "Drift that is left as it is until a day. `moorline drift --accept` adds to it; an entry that is removed ends.";

/// An entry to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAcceptance {
    /// The address of the manifest.
    pub object: Address,
    /// The path of the value, as a plan prints it.
    pub property: String,
    /// The declared value, `None` for no value.
    pub declared: Option<Json>,
    /// The live value, `None` for no value.
    pub live: Option<Json>,
    /// The reason.
    pub reason: String,
    /// The author.
    pub by: String,
    /// The last day.
    pub until: Date,
}

impl NewAcceptance {
    fn node(&self) -> Node {
        let text = |text: String| Node::of(&Json::String(text));
        let value = |value: &Option<Json>| value.as_ref().map(Node::of);
        let members = [
            ("object", Some(text(self.object.to_string()))),
            ("property", Some(text(self.property.clone()))),
            ("declared", value(&self.declared)),
            ("live", value(&self.live)),
            ("reason", Some(text(self.reason.clone()))),
            ("by", Some(text(self.by.clone()))),
            ("until", Some(text(self.until.to_string()))),
        ];
        let members = members.into_iter().filter_map(|(name, node)| Some((name, node?)));
        map(members.collect())
    }

    fn is_at(&self, place: &EntryPlace) -> bool {
        place.object == self.object.to_string() && place.property == self.property
    }
}

fn map(members: Vec<(&str, Node)>) -> Node {
    let entries = members.into_iter().map(|(name, node)| NodeEntry::Member(name.to_owned(), node));
    Node { content: NodeContent::Map(entries.collect()), comment: None, is_flow: false }
}

/// The place of an entry in a text.
struct EntryPlace {
    document: usize,
    element: usize,
    object: String,
    property: String,
}

fn path(element: usize) -> Vec<Step> {
    ["spec", "accepted"]
        .map(|name| Step::Member(name.to_owned()))
        .into_iter()
        .chain([Step::Element(element)])
        .collect()
}

/// Returns the number of the first document of accepted differences, and the entries of all.
fn entries(text: &str) -> (Option<usize>, Vec<EntryPlace>) {
    let documents = parse(text, Sources::default().next_id()).documents;
    let ours = documents.iter().enumerate().filter(|(_, root)| is_document(root));
    let of = |(number, root): (usize, &Value)| -> Vec<EntryPlace> {
        let entries = document::written(root).iter().enumerate();
        let entries = entries.filter_map(|(element, entry)| {
            let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
            let (object, property) = (text("object")?, text("property")?);
            Some(EntryPlace { document: number, element, object, property })
        });
        entries.collect()
    };
    let first = ours.clone().next().map(|(number, _)| number);
    (first, ours.flat_map(of).collect())
}

/// Returns whether a text has an entry for a value.
pub fn has(text: &str, object: &Address, property: &str) -> bool {
    let object = object.to_string();
    entries(text).1.iter().any(|place| place.object == object && place.property == property)
}

/// Returns a new document with entries.
pub fn new_document(new: &[NewAcceptance]) -> String {
    let text = |text: &str| Node::of(&Json::String(text.to_owned()));
    let list = NodeContent::List(new.iter().map(NewAcceptance::node).collect());
    let list = Node { content: list, comment: None, is_flow: false };
    let root = map(vec![
        ("apiVersion", text("moorline/v1")),
        ("kind", text(KIND)),
        ("spec", map(vec![("accepted", list)])),
    ]);
    write::document(&root.commented(HEAD))
}

/// Returns a text with entries: each in the place of the one for the same value, or after the last one.
///
/// # Errors
/// The edit that cannot be made in place.
pub fn with(text: &str, new: &[NewAcceptance]) -> Result<String, EditError> {
    let (first, places) = entries(text);
    let Some(document) = first else {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Ok(format!("{text}{end}---\n{}", new_document(new)));
    };
    let mut end = parse(text, Sources::default().next_id())
        .documents
        .get(document)
        .map_or(0, |root| document::written(root).len());
    let edits = new.iter().map(|entry| {
        let place = places.iter().find(|place| entry.is_at(place));
        let (document, element) = place.map_or_else(
            || {
                end += 1;
                (document, end - 1)
            },
            |place| (place.document, place.element),
        );
        YamlEdit { document, path: path(element), change: YamlChange::Set(entry.node()) }
    });
    edited(text, &edits.collect::<Vec<_>>())
}

/// Returns a text without the entries for some values.
///
/// # Errors
/// The edit that cannot be made in place.
pub fn without(text: &str, gone: &[(Address, String)]) -> Result<String, EditError> {
    let is_gone = |place: &&EntryPlace| {
        gone.iter().any(|(object, property)| {
            place.object == object.to_string() && place.property == *property
        })
    };
    let (_, places) = entries(text);
    // The last one first: an element moves where one before it goes.
    let edits = places.iter().rev().filter(is_gone).map(|place| YamlEdit {
        document: place.document,
        path: path(place.element),
        change: YamlChange::Remove,
    });
    edited(text, &edits.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn entry(property: &str, live: Option<Json>) -> NewAcceptance {
        NewAcceptance {
            object: Address { kind: "k".to_owned(), name: "n".to_owned() },
            property: property.to_owned(),
            declared: Some(json!(6)),
            live,
            reason: "The pilot needs it".to_owned(),
            by: "alice@contoso.com".to_owned(),
            until: date(2027, 1, 31),
        }
    }

    #[test]
    fn entries_are_added_changed_and_removed_in_place() {
        let text = new_document(&[entry("a", Some(json!(4)))]);
        assert!(has(&text, &entry("a", None).object, "a"));
        let text = text.replace("      live: 4\n", "      live: 4 # since May\n");
        let text = with(&text, &[entry("b[x].c", Some(json!([1])))]).expect("an edit");
        let text = with(&text, &[entry("a", Some(json!(5)))]).expect("an edit");
        assert!(text.contains("live: 5 # since May"), "{text}");
        assert!(text.contains("property: b[x].c") || text.contains("property: \"b[x].c\""));
        let gone = |property: &str| (entry(property, None).object, property.to_owned());
        let one = without(&text, &[gone("a")]).expect("an edit");
        assert!(!has(&one, &gone("a").0, "a") && has(&one, &gone("b").0, "b[x].c"));
        let none = without(&text, &[gone("a"), gone("b[x].c")]).expect("an edit");
        assert!(entries(&none).1.is_empty(), "{none}");
        assert_eq!(entries(&with(&none, &[entry("d", None)]).expect("an edit")).1.len(), 1);
    }
}
