//! References to other objects.

use serde_json::json;

use super::edits::{EditTarget, ObjectEdits, PlannedEdit};
use super::refusal::WhyNotAdopted;
use super::texts::TextPlace;
use super::value::{ObjectContext, target_of};
use crate::import::names;
use crate::manifest::Link;
use crate::plan::FieldPath;
use crate::tenant::referents::{ReferenceBinding, ReferenceTable};
use crate::tenant::{Linked, LiveObject};
use crate::yaml::edit::{Step, YamlChange};
use crate::yaml::node::{Node, NodeContent};

/// Adopts the objects that a property refers to.
pub(super) fn adopt(
    context: &ObjectContext<'_>,
    referents: &ReferenceTable,
    object: &LiveObject,
    link: &Link,
    made: &mut ObjectEdits,
) {
    let path = FieldPath::default().name(&link.property);
    let Some(live) = object.links.get(&link.property) else {
        return made.leave(&path, &WhyNotAdopted::NotShown);
    };
    let found = context.texts.at(link.span).filter(|(place, _)| (context.is_editable)(place.file));
    let written = |at: usize| {
        let (_, value) = found.as_ref()?;
        let value = if link.many { value.elements().get(at)? } else { *value };
        Some(Node::of(&value.as_written()))
    };
    // What is declared and still so stays as it is written.
    let kept = link.references.iter().enumerate().filter_map(|(at, reference)| {
        match referents.find(&link.target, &reference.to) {
            Ok(ReferenceBinding::Live { id, .. }) => Some((id, at)),
            _ => None,
        }
    });
    let kept: Vec<(String, usize)> = kept.collect();
    let place_of = |one: &Linked| {
        kept.iter().find(|(id, _)| id.eq_ignore_ascii_case(&one.id)).map(|(_, at)| *at)
    };
    let mut nodes: Vec<(usize, Node)> = live
        .iter()
        .map(|one| {
            let at = place_of(one);
            let node = at.and_then(written).unwrap_or_else(|| reference(referents, one));
            (at.unwrap_or(usize::MAX), node)
        })
        .collect();
    nodes.sort_by_key(|(at, _)| *at);
    let mut nodes: Vec<Node> = nodes.into_iter().map(|(_, node)| node).collect();
    let node = match (link.many, nodes.len()) {
        (false, 0) => Node::of(&json!(null)),
        (false, _) => nodes.remove(0),
        (true, _) => Node { content: NodeContent::List(nodes), comment: None, is_flow: false },
    };
    let (target, path_in_text) = match found {
        Some((TextPlace { file, document, path }, _)) => {
            let place = TextPlace { file, document, path };
            (target_of(&place), place.path)
        }
        None if !context.has_overlay => return made.leave(&path, &WhyNotAdopted::NoOverlay),
        None => {
            let steps = ["spec", &link.property].map(|name| Step::Member(name.to_owned()));
            (EditTarget::Overlay, steps.to_vec())
        }
    };
    made.adopted.push(path.to_string());
    made.edits.push(PlannedEdit { target, path: path_in_text, change: YamlChange::Set(node) });
}

/// Returns a reference to the manifest of an object; to the object itself where it has none.
fn reference(referents: &ReferenceTable, linked: &Linked) -> Node {
    let owner = linked.family.and_then(|family| referents.owner(family, &linked.id));
    match owner {
        Some(owner) => Node::of(&json!({ "$ref": owner.to_string() })).flow(),
        None => names::live_reference(&linked.id, &linked.display_name, false),
    }
}
