//! Assignments: entries of the list come in, go, or get another filter.

use serde_json::Value as Json;

use super::edits::{EditTarget, ObjectEdits, PlannedEdit};
use super::refusal::WhyNotAdopted;
use super::texts::TextPlace;
use super::value::{ObjectContext, directive, target_of};
use crate::diagnostic::Sources;
use crate::import::left_out::LeftOut;
use crate::import::names;
use crate::manifest::Assignment;
use crate::plan::{AssignmentChange, Effect, FieldPath};
use crate::tenant::LiveObject;
use crate::values::target_shown;
use crate::yaml::edit::{Step, YamlChange};
use crate::yaml::node::{Node, NodeContent, NodeEntry};

/// The name of the list.
const LIST: &str = "assignments";

/// The member with the filter.
const FILTER: &str = "filter";

/// Adopts the assignments of an object.
pub(super) fn adopt(
    context: &ObjectContext<'_>,
    sources: &Sources,
    object: &LiveObject,
    changes: &[AssignmentChange],
    made: &mut ObjectEdits,
) {
    let path = FieldPath::default().name(LIST);
    let nodes = match names::assignments(object, context.names) {
        Ok(Node { content: NodeContent::List(nodes), .. }) => nodes,
        Ok(_) => return,
        Err(why) => return made.leave_out(LeftOut::new(&[LIST.to_owned()], &why, None)),
    };
    let node_of = |target: &Json| {
        let mut live = object.assignments.iter();
        let at = live.position(|assignment| target_shown(assignment) == *target)?;
        nodes.get(at).cloned()
    };
    let declared = context.manifest.assignments.as_deref().unwrap_or_default();
    let declared_at = |change: &AssignmentChange| {
        let is_it = |one: &&Assignment| Some(sources.locate(one.span)) == change.location;
        declared.iter().find(is_it)
    };
    let place_of = |one: &Assignment| {
        let (place, written) = context.texts.at(one.span)?;
        (context.is_editable)(place.file).then_some((place, written))
    };
    let mut edits = Vec::new();
    let mut gone: Vec<(TextPlace, usize)> = Vec::new();
    let mut new = Vec::new();
    let mut is_laid_over = false;
    for change in changes {
        let found = declared_at(change).map(place_of);
        match (change.effect, found) {
            (Effect::Remove, _) => {
                let Some(node) = change.before.as_ref().and_then(node_of) else {
                    return made.leave(&path, &WhyNotAdopted::NotShown);
                };
                new.push(node);
            }
            (_, None | Some(None)) => is_laid_over = true,
            (Effect::Add, Some(Some((place, _)))) => match place.list() {
                Some((_, number)) => gone.push((place, number)),
                None => is_laid_over = true,
            },
            (Effect::Change, Some(Some((place, written)))) => {
                let Some(node) = change.before.as_ref().and_then(node_of) else {
                    return made.leave(&path, &WhyNotAdopted::NotShown);
                };
                let is_own_form = written.get("target").is_none();
                let filter = filter_of(&node);
                let change = match filter {
                    Some(filter) if is_own_form => (place.member(FILTER), YamlChange::Set(filter)),
                    None if is_own_form => (place.member(FILTER), YamlChange::Remove),
                    _ => (place, YamlChange::Set(node)),
                };
                edits.push(change);
            }
        }
    }
    gone.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let list = list_of(context, declared);
    let planned = |(place, change): (TextPlace, YamlChange)| PlannedEdit {
        target: target_of(&place),
        path: place.path,
        change,
    };
    match list {
        Some((list, length)) if !is_laid_over => {
            let rest = length - gone.len();
            edits.extend(gone.into_iter().map(|(place, _)| (place, YamlChange::Remove)));
            let new = new.into_iter().enumerate();
            edits.extend(new.map(|(at, node)| (list.element(rest + at), YamlChange::Set(node))));
            made.edits.extend(edits.into_iter().map(planned));
        }
        _ if !context.has_overlay => return made.leave(&path, &WhyNotAdopted::NoOverlay),
        _ => {
            let list =
                |nodes| Node { content: NodeContent::List(nodes), comment: None, is_flow: false };
            let is_only_more = !is_laid_over && edits.is_empty() && gone.is_empty();
            let node = match is_only_more && !declared.is_empty() {
                true => {
                    let member = NodeEntry::Member("$append".to_owned(), list(new));
                    Node { content: NodeContent::Map(vec![member]), comment: None, is_flow: false }
                }
                false => list(nodes),
            };
            made.edits.push(PlannedEdit {
                target: EditTarget::Overlay,
                path: vec![Step::Member(LIST.to_owned())],
                change: YamlChange::Set(node),
            });
        }
    }
    made.adopted.push(path.to_string());
}

/// Returns the list that may be edited, and its length.
fn list_of(context: &ObjectContext<'_>, declared: &[Assignment]) -> Option<(TextPlace, usize)> {
    let own = |span| (context.is_editable)(span);
    let mut documents = declared
        .iter()
        .map(|one| one.span)
        .chain([context.manifest.span])
        .filter(|it| own(it.file));
    let span = documents.next()?;
    let (document, root) = context.texts.document(span)?;
    let written = root.get(LIST)?;
    let place = TextPlace { file: span.file, document, path: vec![Step::Member(LIST.to_owned())] };
    Some(match directive(written) {
        Some(("$append", list)) => (place.member("$append"), list.elements().len()),
        _ => (place, written.elements().len()),
    })
}

fn filter_of(node: &Node) -> Option<Node> {
    let NodeContent::Map(entries) = &node.content else { return None };
    entries.iter().find_map(|entry| match entry {
        NodeEntry::Member(name, node) if name == FILTER => Some(node.clone()),
        _ => None,
    })
}
