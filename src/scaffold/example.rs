//! Example values of properties, and the words about what a property takes.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::schema::model::{Model, Order, Property, Shape, Structure};
use crate::schema::semantics::{Documented, Named, Takes};
use crate::schema::types::{Edm, TypeDef, odata_type};
use crate::yaml::node::{Node, NodeContent, NodeEntry};

/// How deep values are written out; what is deeper is left to the reader.
const DEPTH: usize = 3;

/// The most names that a comment lists.
const MOST_NAMES: usize = 16;

/// Members of enums that mean that a property is not set.
const UNSET: [&str; 6] =
    ["notConfigured", "userDefined", "deviceDefault", "none", "unknown", "default"];

/// Whether a manifest may declare a property as a value.
pub(super) fn is_declarable(property: &Property) -> bool {
    !property.computed && !matches!(property.shape, Shape::Navigation { .. })
}

/// Returns an example of a property's value, with what the property takes as comments.
pub(super) fn example(model: &Model, property: &Property) -> Node {
    value(model, property, &property.shape, 0)
}

/// Returns a value of a property with what the property takes as a comment behind it.
pub(super) fn commented(property: &Property, value: &Json) -> Node {
    note(&property.shape, property).map_or_else(
        || Node::of(value),
        |note| match value {
            // A comment behind the key of a whole block helps little.
            Json::Object(_) => Node::of(value),
            _ => Node::of(value).commented(note),
        },
    )
}

fn value(model: &Model, property: &Property, shape: &Shape, depth: usize) -> Node {
    let noted = |node: Node| match note(shape, property) {
        Some(note) => node.commented(note),
        None => node,
    };
    if property.is_secret() && matches!(shape, Shape::Scalar(_)) {
        return noted(directive("$env", &variable(&property.name)));
    }
    match shape {
        Shape::Scalar(edm) => noted(scalar(property, *edm)),
        Shape::Enum(def) => noted(Node::of(&member(def).into())),
        Shape::Complex(_) | Shape::Poly(_) => complex(model, shape, depth),
        Shape::Collection(element, order) => {
            let mut inner = value(model, property, element, depth + 1);
            if let (Order::Keyed(key), NodeContent::Map(entries)) = (order, &mut inner.content) {
                let is_key =
                    |entry: &NodeEntry| matches!(entry, NodeEntry::Member(name, _) if name == key);
                if let Some(at) = entries.iter().position(is_key) {
                    entries[..=at].rotate_right(1);
                }
            }
            let comment = inner.comment.take();
            let is_flow = matches!(inner.content, NodeContent::Scalar(_));
            Node { content: NodeContent::List(vec![inner]), comment, is_flow }
        }
        Shape::Settings(_) | Shape::Navigation { .. } => Node::of(&json!({})).flow(),
    }
}

/// Returns a mapping with the declarable members of a type.
fn complex(model: &Model, shape: &Shape, depth: usize) -> Node {
    let mut entries = Vec::new();
    if let Some((structure, others)) = concrete(model, shape) {
        if matches!(shape, Shape::Poly(_)) {
            let ty = Node::of(&odata_type(&structure.name).into());
            let ty = if others.is_empty() { ty } else { ty.commented(names(&others)) };
            entries.push(NodeEntry::Member("@odata.type".to_owned(), ty));
        }
        for property in structure.properties.values().filter(|p| is_declarable(p)) {
            let nests = !matches!(property.shape, Shape::Scalar(_) | Shape::Enum(_));
            if !(nests && depth >= DEPTH) {
                let inner = value(model, property, &property.shape, depth + 1);
                entries.push(NodeEntry::Member(property.name.clone(), inner));
            }
        }
    }
    let is_flow = entries.is_empty();
    Node { content: NodeContent::Map(entries), comment: None, is_flow }
}

/// Returns a type that a value of a shape can have, and the names of the others.
fn concrete(model: &Model, shape: &Shape) -> Option<(Arc<Structure>, Vec<String>)> {
    let base = model.actual(shape, None)?;
    if !matches!(shape, Shape::Poly(_)) {
        return Some((base, Vec::new()));
    }
    let own = (!base.is_abstract).then(|| base.name.clone());
    let all: Vec<String> = own.into_iter().chain(base.derived.iter().cloned()).collect();
    let first = all.first().and_then(|name| model.get(name)).unwrap_or(base);
    let others = all.into_iter().filter(|name| *name != first.name).collect();
    Some((first, others))
}

fn directive(name: &str, value: &str) -> Node {
    Node::of(&json!({ name: value })).flow()
}

/// Returns the name of an environment variable for a property: `PRE_SHARED_KEY`.
fn variable(name: &str) -> String {
    let mut variable = String::new();
    let mut was_small = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && was_small {
            variable.push('_');
        }
        was_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        variable.push(letter.to_ascii_uppercase());
    }
    // Names of the credentials that the program itself signs in with are not for manifests.
    if variable.starts_with("AZURE_") { format!("INTUNE_{variable}") } else { variable }
}

/// Returns the member of an enum that an example has.
fn member(def: &TypeDef) -> &str {
    let mut usable = def.members.iter().map(String::as_str).filter(|name| is_usable(name));
    let sets = |name: &&str| !UNSET.contains(name);
    let first = usable.clone().next().unwrap_or_default();
    usable.find(sets).unwrap_or(first)
}

fn is_usable(member: &str) -> bool {
    !member.ends_with("FutureValue")
}

fn scalar(property: &Property, edm: Edm) -> Node {
    let facts = &property.facts;
    match (facts.takes, edm) {
        (Some(Takes::Certificate), _) => return directive("$file", "./certificate.cer"),
        (Some(Takes::PropertyList), _) => return directive("$file", "./profile.mobileconfig"),
        (Some(Takes::Xml), _) => return directive("$text", "<xml/>"),
        _ if property.is_base64() => return directive("$text", "text"),
        _ => {}
    }
    let value: Json = match (facts.resolves, edm) {
        (Some(Named::User), _) => "alice@contoso.com".into(),
        (Some(Named::ScopeTag), _) => "Default".into(),
        (Some(Named::Group | Named::Filter | Named::ReusableSetting), _) => "NAME".into(),
        (None, Edm::Boolean) => true.into(),
        (None, Edm::String) if facts.oma_uri => "./Device/Vendor/MSFT/NAME".into(),
        (None, Edm::String | Edm::Binary) => "text".into(),
        (None, Edm::Int32 | Edm::Int64) => number(property).into(),
        (None, Edm::Double) => json!(1.0),
        (None, Edm::DateTimeOffset) => "2030-01-01T06:00:00Z".into(),
        (None, Edm::Date) => "2030-01-01".into(),
        (None, Edm::TimeOfDay) => "08:00:00".into(),
        (None, Edm::Duration) => "PT1H".into(),
        (None, Edm::Guid) => "11111111-1111-4111-8111-111111111111".into(),
    };
    Node::of(&value)
}

/// Returns a number that a property takes.
fn number(property: &Property) -> i64 {
    match &property.facts.documented {
        Some(Documented::Range(first, last)) => return (*first).max(1).min(*last),
        Some(Documented::Values(values)) => return values.first().copied().unwrap_or(1),
        None => {}
    }
    let (minimum, maximum) = bounds(property);
    let least = minimum.map_or(1, |minimum| minimum.max(1));
    maximum.map_or(least, |maximum| least.min(maximum))
}

/// Returns the bounds of a number that are narrower than those of its type.
fn bounds(property: &Property) -> (Option<i64>, Option<i64>) {
    let (minimum, maximum) = property.range;
    let minimum = minimum.filter(|minimum| *minimum > i64::from(i32::MIN));
    (minimum, maximum.filter(|maximum| *maximum < i64::from(i32::MAX)))
}

/// Returns what a property takes, for people.
fn note(shape: &Shape, property: &Property) -> Option<String> {
    if let Shape::Collection(element, _) = shape {
        return note(element, property);
    }
    if property.is_secret() {
        return Some("a secret, from the environment".to_owned());
    }
    let text = |text: &str| Some(text.to_owned());
    match (shape, property.facts.resolves) {
        (_, Some(Named::Group)) => text("a group, by name or id"),
        (_, Some(Named::User)) => text("a user, by user principal name or id"),
        (_, Some(Named::ScopeTag)) => text("a scope tag, by name or id"),
        (_, Some(Named::Filter)) => text("a filter, by name or id"),
        (Shape::Enum(def), None) => {
            let members: Vec<String> =
                def.members.iter().filter(|name| is_usable(name)).cloned().collect();
            let several = if def.flags { "several with commas: " } else { "" };
            Some(format!("{several}{}", names(&members)))
        }
        (Shape::Scalar(edm), None) => of_scalar(*edm, property),
        _ => None,
    }
}

fn of_scalar(edm: Edm, property: &Property) -> Option<String> {
    let text = |text: &str| Some(text.to_owned());
    match (property.facts.takes, edm) {
        (Some(Takes::Certificate), _) => return text("a certificate in DER"),
        (Some(Takes::PropertyList), _) => return text("a property list of Apple"),
        (Some(Takes::Xml), _) => return text("XML; a file: { $file: ./FILE }"),
        _ if property.is_base64() => return text("text, or a file: { $file: ./FILE }"),
        _ => {}
    }
    match edm {
        Edm::Boolean => text("true | false"),
        Edm::String | Edm::Guid | Edm::Binary => None,
        Edm::Int32 | Edm::Int64 => match (&property.facts.documented, bounds(property)) {
            (Some(documented), _) => Some(documented.words()),
            (None, (Some(minimum), Some(maximum))) => Some(format!("{minimum} to {maximum}")),
            (None, (Some(minimum), None)) => Some(format!("{minimum} or more")),
            (None, (None, Some(maximum))) => Some(format!("{maximum} at most")),
            (None, (None, None)) => text("a number"),
        },
        Edm::Double => text("a number"),
        Edm::DateTimeOffset => text("an instant"),
        Edm::Date => text("a date"),
        Edm::TimeOfDay => text("a time of day"),
        Edm::Duration => text("a duration"),
    }
}

/// Returns names as choices, the first ones where there are many.
fn names(all: &[String]) -> String {
    let shown = all[..all.len().min(MOST_NAMES)].join(" | ");
    match all.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} | … ({more} more)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_has_the_words_of_the_property() {
        for (name, expected) in [
            ("preSharedKey", "PRE_SHARED_KEY"),
            ("wiFiPassword", "WI_FI_PASSWORD"),
            ("passwordOSKey", "PASSWORD_OSKEY"),
            ("key2Value", "KEY2_VALUE"),
            ("azureWorkspaceKey", "INTUNE_AZURE_WORKSPACE_KEY"),
        ] {
            assert_eq!(variable(name), expected);
        }
    }
}
