//! What an edit changes, value by value, by the values before and after it.

use serde_json::{Map, Value as Json};

use super::{EditFault, Step, YamlChange, YamlEdit};
use crate::yaml::node::{Node, NodeContent, NodeEntry};

/// A change of one value that no part of the text has a say in.
#[derive(Debug, PartialEq)]
pub(super) enum ValueChange {
    /// The value becomes another.
    Replace(Node),
    /// A member or an element comes in: after one of these siblings, at the beginning without one, or at the end.
    Insert(Node, Position),
    /// The value gets a comment behind it, in place of the one that it has.
    Comment(String),
    /// The value goes.
    Remove,
}

/// The place of a new member.
#[derive(Debug, PartialEq)]
pub(super) enum Position {
    /// After the last one.
    End,
    /// After the last of these that is present.
    After(Vec<String>),
}

/// The path of a change, and the change.
pub(super) type ChangeStep = (Vec<Step>, ValueChange);

/// Makes an edit in the values of the documents, and returns the steps that it takes in the text.
pub(super) fn steps(
    documents: &mut Vec<Json>,
    edit: &YamlEdit,
) -> Result<Vec<ChangeStep>, EditFault> {
    if documents.is_empty() && edit.document == 0 {
        documents.push(Json::Null);
    }
    let root = documents.get_mut(edit.document).ok_or(EditFault::NoDocument)?;
    let mut steps = Vec::new();
    match &edit.change {
        YamlChange::Set(node) => set(root, &edit.path, node, Position::End, &mut steps)?,
        YamlChange::SetAfter(node, siblings) => {
            set(root, &edit.path, node, Position::After(siblings.clone()), &mut steps)?;
        }
        YamlChange::Remove => remove(root, &edit.path, &mut steps)?,
        YamlChange::Prune => {
            let length = pruned(root, &edit.path)?;
            remove(root, &edit.path[..length], &mut steps)?;
        }
    }
    Ok(steps)
}

fn set(
    root: &mut Json,
    path: &[Step],
    node: &Node,
    position: Position,
    steps: &mut Vec<ChangeStep>,
) -> Result<(), EditFault> {
    let mut old = root;
    for (at, step) in path.iter().enumerate() {
        // An absent mapping on the way, and one that is null, comes into being.
        if old.is_null() {
            let node = wrapped(&path[at..], node)?;
            *old = node.to_json();
            steps.push((path[..at].to_vec(), ValueChange::Replace(node)));
            return Ok(());
        }
        if !has(old, step) {
            let inner = wrapped(&path[at + 1..], node)?;
            insert(old, step, inner.to_json())?;
            let position = if at + 1 == path.len() { position } else { Position::End };
            steps.push((path[..=at].to_vec(), ValueChange::Insert(inner, position)));
            return Ok(());
        }
        old = get_mut(old, step).ok_or(EditFault::NoPlace)?;
    }
    differences(path, old, node, steps);
    *old = node.to_json();
    Ok(())
}

/// Adds the steps that make one value of another.
fn differences(path: &[Step], old: &Json, node: &Node, steps: &mut Vec<ChangeStep>) {
    let below = |step: Step| [path, &[step]].concat();
    match (old, &node.content) {
        (Json::Object(old), NodeContent::Map(entries)) if !old.is_empty() => {
            let new: Vec<(&String, &Node)> = entries.iter().filter_map(member).collect();
            if new.is_empty() {
                return steps.push((path.to_vec(), ValueChange::Replace(node.clone())));
            }
            let mut before = Vec::new();
            for (name, node) in &new {
                let path = below(Step::Member((*name).clone()));
                match old.get(*name) {
                    Some(old) => differences(&path, old, node, steps),
                    None => {
                        let position = Position::After(before.clone());
                        steps.push((path, ValueChange::Insert((*node).clone(), position)));
                    }
                }
                before.push((*name).clone());
            }
            let gone = old.keys().filter(|name| !new.iter().any(|(other, _)| other == name));
            steps.extend(gone.map(|name| (below(Step::Member(name.clone())), ValueChange::Remove)));
        }
        (Json::Array(old), NodeContent::List(new)) if !old.is_empty() && !new.is_empty() => {
            elements(path, old, new, steps);
        }
        _ if *old == node.to_json() => {}
        _ => return steps.push((path.to_vec(), ValueChange::Replace(node.clone()))),
    }
    if let Some(comment) = &node.comment {
        steps.push((path.to_vec(), ValueChange::Comment(comment.clone())));
    }
}

/// Adds the steps that make one list of another: what is equal at both ends stays, and what is between is changed by place.
fn elements(path: &[Step], old: &[Json], new: &[Node], steps: &mut Vec<ChangeStep>) {
    let below = |at: usize| [path, &[Step::Element(at)]].concat();
    let is_same = |(old, new): &(&Json, &Node)| **old == new.to_json() && new.comment.is_none();
    let begin = old.iter().zip(new).take_while(is_same).count();
    let rest = old[begin..].iter().rev().zip(new[begin..].iter().rev());
    let end = rest.take_while(is_same).count();
    let (old, new) = (&old[begin..old.len() - end], &new[begin..new.len() - end]);
    for (at, (old, new)) in old.iter().zip(new).enumerate() {
        differences(&below(begin + at), old, new, steps);
    }
    for at in (new.len()..old.len()).rev() {
        steps.push((below(begin + at), ValueChange::Remove));
    }
    for (at, node) in new.iter().enumerate().skip(old.len()) {
        steps.push((below(begin + at), ValueChange::Insert(node.clone(), Position::End)));
    }
}

fn remove(root: &mut Json, path: &[Step], steps: &mut Vec<ChangeStep>) -> Result<(), EditFault> {
    let (last, above) = path.split_last().ok_or(EditFault::NoPlace)?;
    let mut parent = root;
    for step in above {
        parent = get_mut(parent, step).ok_or(EditFault::NoPlace)?;
    }
    match (last, parent) {
        (Step::Member(name), Json::Object(members)) => members.remove(name).map(|_| ()),
        (Step::Element(at), Json::Array(elements)) => {
            (*at < elements.len()).then(|| drop(elements.remove(*at)))
        }
        _ => None,
    }
    .ok_or(EditFault::NoPlace)?;
    steps.push((path.to_vec(), ValueChange::Remove));
    Ok(())
}

/// Returns how much of a path is removed, so that no mapping and no list above it is left empty. The root stays.
fn pruned(root: &Json, path: &[Step]) -> Result<usize, EditFault> {
    let mut value = root;
    let mut removed = 1;
    for (at, step) in path.iter().enumerate() {
        let size = match value {
            Json::Object(members) => members.len(),
            Json::Array(elements) => elements.len(),
            _ => return Err(EditFault::NoPlace),
        };
        if size > 1 {
            removed = at + 1;
        }
        value = get(value, step).ok_or(EditFault::NoPlace)?;
    }
    Ok(removed.min(path.len()))
}

/// Returns a node below mappings.
fn wrapped(path: &[Step], node: &Node) -> Result<Node, EditFault> {
    path.iter().rev().try_fold(node.clone(), |node, step| {
        let content = match step {
            Step::Member(name) => NodeContent::Map(vec![NodeEntry::Member(name.clone(), node)]),
            Step::Element(0) => NodeContent::List(vec![node]),
            Step::Element(_) => return Err(EditFault::NoPlace),
        };
        Ok(Node { content, comment: None, is_flow: false })
    })
}

fn member(entry: &NodeEntry) -> Option<(&String, &Node)> {
    match entry {
        NodeEntry::Member(name, node) => Some((name, node)),
        NodeEntry::Comment(_) => None,
    }
}

fn has(value: &Json, step: &Step) -> bool {
    get(value, step).is_some()
}

fn get<'json>(value: &'json Json, step: &Step) -> Option<&'json Json> {
    match step {
        Step::Member(name) => value.as_object()?.get(name),
        Step::Element(at) => value.as_array()?.get(*at),
    }
}

fn get_mut<'json>(value: &'json mut Json, step: &Step) -> Option<&'json mut Json> {
    match step {
        Step::Member(name) => value.as_object_mut()?.get_mut(name),
        Step::Element(at) => value.as_array_mut()?.get_mut(*at),
    }
}

fn insert(value: &mut Json, step: &Step, new: Json) -> Result<(), EditFault> {
    match (value, step) {
        (Json::Object(members), Step::Member(name)) => {
            let members: &mut Map<String, Json> = members;
            members.insert(name.clone(), new);
            Ok(())
        }
        (Json::Array(elements), Step::Element(at)) if *at == elements.len() => {
            elements.push(new);
            Ok(())
        }
        _ => Err(EditFault::NoPlace),
    }
}
