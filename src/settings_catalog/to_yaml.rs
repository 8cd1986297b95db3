//! The readable form as YAML: a setting that has nothing below it on one line, others as blocks.

use serde_json::{Map, Value as Json};

use super::part::SettingPart;
use crate::yaml::node::{Node, NodeContent, NodeEntry};
use crate::yaml::write;

/// The order of the words of a setting, the short ones first. Others come in the order of their names.
const ORDER: [&str; 18] = [
    "id",
    "choice",
    "value",
    "string",
    "integer",
    "secret",
    "reference",
    "note",
    "useDefault",
    "template",
    "$template",
    "choices",
    "strings",
    "integers",
    "values",
    "group",
    "groups",
    "children",
];

/// Returns the comment for a definition id and its instance.
pub type Comments<'a> = &'a dyn Fn(&str, &Json) -> Option<String>;

/// Returns the text that follows `settings:`, whose lines are indented by so many spaces; it ends its last line.
#[must_use]
pub fn to_yaml(readable: &Json, indent: usize, comments: Comments<'_>) -> String {
    write::after_key(&to_node(readable, comments), indent)
}

/// Returns the readable form as it is written.
#[must_use]
pub fn to_node(readable: &Json, comments: Comments<'_>) -> Node {
    node(SettingPart::ROOT, readable, comments)
}

fn node(part: SettingPart, value: &Json, comments: Comments<'_>) -> Node {
    match value {
        Json::Array(elements) => {
            let elements = elements.iter();
            let elements = elements.map(|element| node(part.element(), element, comments));
            let content = NodeContent::List(elements.collect());
            Node { content, comment: None, is_flow: part != SettingPart::Raw }
        }
        Json::Object(members) => {
            let members = ordered(part, members).into_iter();
            let members = members.map(|(name, value)| member(part, name, value, comments));
            let content = NodeContent::Map(members.collect());
            let is_flow = !part.is_settings() && part != SettingPart::Raw;
            Node { content, comment: None, is_flow }
        }
        scalar => Node::of(scalar),
    }
}

fn member(part: SettingPart, name: &str, value: &Json, comments: Comments<'_>) -> NodeEntry {
    let inner = part.member(name);
    let comment = if inner == SettingPart::Instance { comments(name, value) } else { None };
    NodeEntry::Member(name.to_owned(), Node { comment, ..node(inner, value, comments) })
}

/// Returns the members of a value in the order in which they are written.
fn ordered(part: SettingPart, members: &Map<String, Json>) -> Vec<(&String, &Json)> {
    let mut members: Vec<(&String, &Json)> = members.iter().collect();
    let is_form = !part.is_settings() && !matches!(part, SettingPart::Raw | SettingPart::RawSecret);
    members.sort_by_key(|(name, _)| {
        let place = ORDER.iter().position(|word| is_form && word == name);
        (place.unwrap_or(ORDER.len()), *name)
    });
    members
}
