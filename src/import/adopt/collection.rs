//! Collections: elements that changed are edited in their place, others come in and go.

use serde_json::Value as Json;

use super::edits::EditTarget;
use super::refusal::WhyNotAdopted;
use super::texts::TextPlace;
use super::value::{AdoptedPlace, LiveValue, ValueAdopter, directive, target_of};
use crate::manifest::value::Value;
use crate::plan::Segment;
use crate::schema::model::{Order, Shape};
use crate::schema::walk::Tree;
use crate::values::canonical::{canonical, without_defaults};
use crate::yaml::edit::YamlChange;
use crate::yaml::node::{Node, NodeContent, NodeEntry};

/// A list that may be edited.
struct WrittenList {
    place: TextPlace,
    length: usize,
}

/// How the elements of a collection change.
#[derive(Default)]
struct ElementChanges {
    /// Declared elements that stay in their place, each with the live one.
    paired: Vec<(usize, usize)>,
    /// Declared elements that go.
    gone: Vec<usize>,
    /// Live elements that come in at the end.
    new: Vec<usize>,
    /// Whether one would have to come in between others.
    is_shuffled: bool,
}

impl ValueAdopter<'_> {
    pub(super) fn collection(
        &mut self,
        at: &AdoptedPlace<'_>,
        element: &Shape,
        order: &Order,
        declared: &Value,
        live: &[LiveValue<'_>],
    ) {
        let list = self.written_list(declared);
        let elements = declared.elements();
        let changes = self.changes(at, element, order, elements, live);
        let is_keyed = matches!(order, Order::Keyed(_));
        let is_all_editable = |changes: &ElementChanges| {
            let paired = changes.paired.iter().map(|(index, _)| index);
            let mut touched = paired.chain(&changes.gone);
            touched.all(|index| self.is_editable(&elements[*index]))
        };
        let in_place = list.is_some() && !changes.is_shuffled && is_all_editable(&changes);
        if !is_keyed && !in_place {
            return self.replace_list(at, declared, live);
        }
        let mut overlaid = Vec::new();
        for (index, live_index) in &changes.paired {
            let inner = self.element(at, element, order, *index, &elements[*index]);
            let (declared, live) = (&elements[*index], live[*live_index]);
            if self.is_editable(declared) {
                self.value(&inner, declared, live);
            } else {
                let node = self.overlaid_element(&inner, order, declared, live);
                overlaid.extend(node.map(|node| (inner, node)));
            }
        }
        let mut removed = 0;
        let mut gone: Vec<(AdoptedPlace<'_>, TextPlace, usize)> = Vec::new();
        for index in &changes.gone {
            let inner = self.element(at, element, order, *index, &elements[*index]);
            if !self.is_wanted(&inner.path) {
                continue;
            }
            let place = self.editable(elements[*index].span).map(|(place, _)| place);
            match place.and_then(|place| Some((place.clone(), place.list()?.1))) {
                Some((place, number)) => gone.push((inner, place, number)),
                None => self.made.leave(&inner.path, &WhyNotAdopted::OfBase),
            }
        }
        // From the end, so that the numbers of the others stay.
        gone.sort_by_key(|(_, _, number)| std::cmp::Reverse(*number));
        for (inner, place, _) in gone {
            self.change(&inner, &place, YamlChange::Remove);
            removed += 1;
        }
        let target = list.as_ref().map_or(EditTarget::Overlay, |list| target_of(&list.place));
        let mut new = overlaid;
        for index in &changes.new {
            let made = live[*index].made.unwrap_or(&Json::Null);
            let segment = match order {
                Order::Keyed(key) => {
                    Segment::Key { key: live[*index].raw.unwrap_or(made).key(key) }
                }
                _ => Segment::Index { index: *index },
            };
            let inner = AdoptedPlace {
                path: at.path.with(segment),
                shape: element,
                whole: true,
                ..at.clone()
            };
            if self.is_wanted(&inner.path)
                && let Some(node) = self.fresh(&inner, made, None, target)
            {
                new.push((inner, node));
            }
        }
        match list {
            Some(list) => {
                for (number, (inner, node)) in new.into_iter().enumerate() {
                    let place = list.place.element(list.length - removed + number);
                    self.set(&inner, Some(place), node);
                }
            }
            None if new.is_empty() => {}
            None => {
                let nodes = new.into_iter().map(|(_, node)| node).collect();
                let node =
                    Node { content: NodeContent::List(nodes), comment: None, is_flow: false };
                self.set(at, None, node);
            }
        }
    }

    fn element<'v>(
        &self,
        at: &AdoptedPlace<'v>,
        element: &'v Shape,
        order: &Order,
        index: usize,
        declared: &Value,
    ) -> AdoptedPlace<'v> {
        let segment = match order {
            Order::Keyed(key) => Segment::Key { key: declared.key(key) },
            Order::Ordered | Order::Set => Segment::Index { index },
        };
        let whole = at.whole || !matches!(order, Order::Keyed(_));
        AdoptedPlace { path: at.path.with(segment), shape: element, whole, ..at.clone() }
    }

    /// Returns the list of a value where it may be edited.
    fn written_list(&self, declared: &Value) -> Option<WrittenList> {
        let (place, written) = self.editable(declared.span)?;
        Some(match directive(written) {
            Some(("$append", list)) => {
                WrittenList { place: place.member("$append"), length: list.elements().len() }
            }
            _ => WrittenList { length: written.elements().len(), place },
        })
    }

    fn changes(
        &self,
        at: &AdoptedPlace<'_>,
        element: &Shape,
        order: &Order,
        declared: &[Value],
        live: &[LiveValue<'_>],
    ) -> ElementChanges {
        let raw = |index: usize| live[index].raw.unwrap_or(&Json::Null);
        let mut changes = ElementChanges::default();
        let mut rest: Vec<usize> = (0..live.len()).collect();
        if let Order::Keyed(key) = order {
            for (index, value) in declared.iter().enumerate() {
                let key_of = value.key(key);
                match rest.iter().position(|at| raw(*at).key(key) == key_of) {
                    Some(found) => changes.paired.push((index, rest.remove(found))),
                    None => changes.gone.push(index),
                }
            }
            changes.new = rest;
            return changes;
        }
        let form = |value: &Json| {
            without_defaults(&canonical(self.context.model, element, value)).to_string()
        };
        let before: Vec<String> =
            declared.iter().map(|value| form(&self.plain(at.property, element, value))).collect();
        let after: Vec<String> = (0..live.len()).map(|index| form(raw(index))).collect();
        if *order == Order::Ordered {
            for op in similar::capture_diff_slices(similar::Algorithm::Myers, &before, &after) {
                let (old, new) = (op.old_range(), op.new_range());
                let is_end = old.end == declared.len() && new.end == live.len();
                let both = old.len().min(new.len());
                changes.paired.extend(old.clone().zip(new.clone()));
                changes.gone.extend(old.skip(both));
                changes.is_shuffled |= new.len() > both && !is_end;
                changes.new.extend(new.skip(both));
            }
            return changes;
        }
        let is_scalar = matches!(element, Shape::Scalar(_) | Shape::Enum(_));
        let mut open = Vec::new();
        for (index, form) in before.iter().enumerate() {
            match rest.iter().position(|at| after[*at] == *form) {
                Some(found) => changes.paired.push((index, rest.remove(found))),
                None => open.push(index),
            }
        }
        // What is left over of a set of values is the same one with another content, until there is no further one.
        let both = if is_scalar { 0 } else { open.len().min(rest.len()) };
        changes.paired.extend(open.iter().copied().zip(rest.iter().copied()).take(both));
        changes.gone.extend(&open[both..]);
        changes.new.extend(&rest[both..]);
        changes
    }

    /// Declares the whole list anew: in its place, or over that of the base.
    fn replace_list(&mut self, at: &AdoptedPlace<'_>, declared: &Value, live: &[LiveValue<'_>]) {
        if !self.is_wanted(&at.path) {
            return;
        }
        let place = self.editable(declared.span).map(|(place, _)| place);
        let target = place.as_ref().map_or(EditTarget::Overlay, target_of);
        let made: Json = live.iter().filter_map(|live| live.made.cloned()).collect();
        let has_secret =
            |value: &Json| crate::schema::walk::any(value, &mut |it| it.get("$env").is_some());
        if declared.holds_secret()
            && has_secret(&made)
            && made.elements().len() != declared.elements().len()
        {
            return self.made.leave(&at.path, &WhyNotAdopted::SecretList);
        }
        if let Some(node) = self.fresh(at, &made, Some(declared), target) {
            self.set(at, place, node);
        }
    }

    /// Returns what an overlay says of an element of a base's list: its key, and what differs.
    fn overlaid_element(
        &mut self,
        at: &AdoptedPlace<'_>,
        order: &Order,
        declared: &Value,
        live: LiveValue<'_>,
    ) -> Option<Node> {
        let Order::Keyed(key) = order else { return None };
        if !self.is_wanted(&at.path) || self.is_same(at, declared, live.raw) {
            return None;
        }
        let made = live.made?.as_object()?;
        let structure = self.context.model.actual(at.shape, declared.odata_type())?;
        let mut entries = Vec::new();
        let mut differs = false;
        for member in declared.members() {
            let name = member.name.as_str();
            if name == key || name == "@odata.type" {
                let node = Node::of(&member.value.to_json());
                entries.push(NodeEntry::Member(name.to_owned(), node));
                continue;
            }
            let Some(property) = structure.properties.get(name) else { continue };
            let inner = AdoptedPlace {
                path: at.path.name(name),
                property,
                shape: &property.shape,
                ..at.clone()
            };
            let raw = live.raw.and_then(|raw| raw.get(name));
            let is_env = matches!(member.value.declared, crate::manifest::value::Declared::Env(_));
            if is_env || !property.is_comparable() || self.is_same(&inner, &member.value, raw) {
                continue;
            }
            let node = match made.get(name) {
                Some(made) => self.fresh(&inner, made, Some(&member.value), EditTarget::Overlay)?,
                None => Node::of(&Json::Null),
            };
            differs = true;
            entries.push(NodeEntry::Member(name.to_owned(), node));
        }
        let node = Node { content: NodeContent::Map(entries), comment: None, is_flow: false };
        differs.then_some(node)
    }
}
