//! Collections: sets, keyed and ordered ones.

use serde_json::Value as Json;

use super::field::NEVER_COMPARED;
use super::{At, Differ};
use crate::manifest::value::{Declared, Value};
use crate::plan::{FieldStatus, Segment};
use crate::schema::model::{Order, Property, Shape};
use crate::schema::walk::Tree;
use crate::values::canonical::{canonical, is_default, without_defaults};
use crate::values::digest::{self, Domain};

impl Differ<'_> {
    pub(super) fn collection(
        &mut self,
        at: &At<'_>,
        element: &Shape,
        order: &Order,
        live: &Json,
    ) -> Json {
        let items: &[Json] = live.as_array().map(Vec::as_slice).unwrap_or_default();
        let around = self.withheld.clone();
        self.withheld.extend(at.declared.secret_members());
        let value = match order {
            Order::Keyed(key) => self.keyed(at, element, key, items),
            Order::Ordered => self.ordered(at, element, items),
            Order::Set if matches!(element, Shape::Scalar(_) | Shape::Enum(_)) => {
                self.set_of_scalars(at, live)
            }
            Order::Set => self.set_of_values(at, element, items),
        };
        self.withheld = around;
        value
    }

    fn set_of_scalars(&mut self, at: &At<'_>, live: &Json) -> Json {
        let value = self.build(at.property, at.shape, at.declared);
        let is_secret = |element: &Value| matches!(element.declared, Declared::Env(_));
        if at.declared.elements().iter().any(is_secret) {
            self.unverifiable(at, NEVER_COMPARED);
        } else if !self.same(at, &value, live) && self.differs(at, Some(live), Some(&value)) {
            return self.kept(at, live);
        }
        value
    }

    fn keyed(&mut self, at: &At<'_>, element: &Shape, key: &str, items: &[Json]) -> Json {
        let mut rest: Vec<&Json> = items.iter().collect();
        let mut merged = Vec::new();
        for declared in at.declared.elements() {
            let found = declared.key(key);
            let live = rest.iter().position(|item| item.key(key) == found);
            let at = at.element(Segment::Key { key: found }, element, declared);
            merged.extend(match live {
                Some(live) => Some(self.value(&at, rest.remove(live))),
                None => self.added(&at),
            });
        }
        for item in rest {
            let gone = at.element(Segment::Key { key: item.key(key) }, element, at.declared);
            if self.differs(&gone, Some(item), None) {
                let kept = self.kept(&gone, item);
                merged.push(kept);
            }
        }
        merged.into()
    }

    fn set_of_values(&mut self, at: &At<'_>, element: &Shape, items: &[Json]) -> Json {
        let model = self.model;
        let form = |value: &Json| canonical(model, element, &without_defaults(value));
        let is_entity = self.is_entity(element);
        let mut rest: Vec<(Json, &Json)> = items.iter().map(|item| (form(item), item)).collect();
        let declared = at.declared.elements();
        let mut merged: Vec<Json> =
            declared.iter().map(|declared| self.build(at.property, element, declared)).collect();
        let labels = ElementLabels::of(at.property, &merged, items);
        let mut open = Vec::new();
        for (index, declared) in declared.iter().enumerate() {
            let form = form(&merged[index]);
            let segment = Segment::Element {
                element: digest::hex(Domain::Element, &form),
                label: labels.declared(index).or(is_entity.then(|| index.to_string())),
            };
            open.push((index, at.element(segment, element, declared), form));
        }
        // The very same ones first: what one declares less of could take the place of another's.
        for same in [true, false] {
            open.retain(|(index, at, form)| {
                let matched = (0..rest.len())
                    .filter(|i| !same || rest[*i].0 == *form)
                    .find_map(|i| Some((i, self.agrees(at, rest[i].1)?)));
                let Some((i, value)) = matched else {
                    return true;
                };
                rest.remove(i);
                merged[*index] = value;
                false
            });
        }
        let mut left_out = Vec::new();
        let mut kept = Vec::new();
        // An accepted one is no other one's: it must not be compared with what is left.
        open.retain(|(index, at, _)| {
            let is_accepted = self.is_accepted(at, None, Some(&merged[*index]));
            left_out.extend(is_accepted.then_some(*index));
            !is_accepted
        });
        let gone = |form: &Json, item: &Json| {
            let segment = Segment::Element {
                element: digest::hex(Domain::Element, form),
                label: labels.gone(stated(at.property, item)),
            };
            at.element(segment, element, at.declared)
        };
        rest.retain(|(form, item)| {
            let at = gone(form, item);
            let is_accepted = self.is_accepted(&at, Some(item), None);
            if is_accepted {
                kept.push(self.kept(&at, item));
            }
            !is_accepted
        });
        // A contained entity is changed where it is the only one left, or the only one of its label; another value is
        // another one.
        if is_entity {
            let labels = open.iter().map(|(index, ..)| stated(at.property, &merged[*index]));
            let labels: Vec<Option<String>> = labels.chain([None]).collect();
            for label in labels {
                self.pair(&label, at.property, &mut open, &mut rest, &mut merged);
            }
        }
        for (index, at, _) in open {
            self.differs(&at, None, Some(&merged[index]));
        }
        for (form, item) in rest {
            self.differs(&gone(&form, item), Some(item), None);
        }
        let merged = merged.into_iter().enumerate().filter(|(at, _)| !left_out.contains(at));
        merged.map(|(_, value)| value).chain(kept).collect()
    }

    /// Compares the one declared element with the one live element that have a label, or that are left.
    fn pair(
        &mut self,
        label: &Option<String>,
        property: &Property,
        open: &mut Vec<(usize, At<'_>, Json)>,
        rest: &mut Vec<(Json, &Json)>,
        merged: &mut [Json],
    ) {
        let has = |value: &Json| label.is_none() || stated(property, value) == *label;
        let one = |mut places: Vec<usize>| places.pop().filter(|_| places.is_empty());
        let declared = (0..open.len()).filter(|i| has(&merged[open[*i].0]));
        let live = (0..rest.len()).filter(|i| has(rest[*i].1));
        if let (Some(declared), Some(live)) = (one(declared.collect()), one(live.collect())) {
            let (index, at, _) = open.remove(declared);
            let (_, live) = rest.remove(live);
            merged[index] = self.value(&at, live);
        }
    }

    /// Returns whether values of a shape are entities, of which two may be alike.
    pub(super) fn is_entity(&self, shape: &Shape) -> bool {
        self.model.actual(shape, None).is_some_and(|structure| structure.is_entity)
    }

    /// Elements are aligned first, so that one that is added in the middle does not change all behind it.
    fn ordered(&mut self, at: &At<'_>, element: &Shape, items: &[Json]) -> Json {
        let declared = at.declared.elements();
        let merged: Vec<Json> =
            declared.iter().map(|value| self.build(at.property, element, value)).collect();
        let forms = |values: &[Json]| -> Vec<String> {
            let form = |value| without_defaults(&canonical(self.model, element, value)).to_string();
            values.iter().map(form).collect()
        };
        let (before, after) = (forms(items), forms(&merged));
        let mut sent = Vec::with_capacity(merged.len());
        for op in similar::capture_diff_slices(similar::Algorithm::Myers, &before, &after) {
            let (mut from, to) = (op.old_range(), op.new_range());
            for index in to {
                let at = at.element(Segment::Index { index }, element, &declared[index]);
                match from.next() {
                    Some(live) => sent.push(self.paired(&at, &items[live], &merged[index])),
                    None if self.differs(&at, None, Some(&merged[index])) => {}
                    None => sent.push(merged[index].clone()),
                }
            }
            for index in from {
                let gone = at.element(Segment::Index { index }, element, at.declared);
                if self.differs(&gone, Some(&items[index]), None) {
                    sent.push(self.kept(&gone, &items[index]));
                }
            }
        }
        sent.into()
    }

    /// Compares an element with the one in its place. Where they are not the same one, nothing of the
    /// other's may slip into it: it is replaced whole, and shown whole.
    fn paired(&mut self, at: &At<'_>, live: &Json, built: &Json) -> Json {
        if let Some(value) = self.agrees(at, live) {
            return value;
        }
        if self.differs(at, Some(&telling(live, built)), Some(built)) {
            return self.kept(at, live);
        }
        built.clone()
    }

    /// Returns the value to send where all that is declared of an element is so, and nothing else is set.
    fn agrees(&mut self, at: &At<'_>, live: &Json) -> Option<Json> {
        let (fields, masked) = (self.fields.len(), self.repeats_masked);
        let accepted = self.acceptances.len();
        let value = self.value(at, live);
        let agrees =
            self.fields[fields..].iter().all(|field| field.status == FieldStatus::Unverifiable)
                && self.acceptances.len() == accepted;
        if !agrees {
            self.fields.truncate(fields);
            self.acceptances.truncate(accepted);
            self.repeats_masked = masked;
        }
        agrees.then_some(value)
    }
}

/// A live element without members that the declared one leaves out and that hold nothing.
fn telling(live: &Json, built: &Json) -> Json {
    match (live, built) {
        (Json::Object(members), Json::Object(kept)) => members
            .iter()
            .filter(|(name, value)| kept.contains_key(*name) || !is_default(value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        _ => live.clone(),
    }
}

/// The property by which people tell the elements of a set apart.
struct ElementLabels {
    /// Of each declared element, what it has in the member that tells it.
    declared: Vec<Option<String>>,
    live: Vec<Option<String>>,
}

impl ElementLabels {
    fn of(property: &Property, declared: &[Json], live: &[Json]) -> Self {
        let all = |values: &[Json]| values.iter().map(|value| stated(property, value)).collect();
        Self { declared: all(declared), live: all(live) }
    }

    /// Returns the label of a declared element, with a number where several have the same.
    fn declared(&self, index: usize) -> Option<String> {
        let label = self.declared[index].clone()?;
        let is_it = |other: &&Option<String>| other.as_ref() == Some(&label);
        let alone = |all: &[Option<String>]| all.iter().filter(is_it).count() < 2;
        if alone(&self.declared) && alone(&self.live) {
            return Some(label);
        }
        let number = self.declared[..=index].iter().filter(is_it).count();
        Some(format!("{label} {number}"))
    }

    /// Returns the label of an element that is not declared, nothing where others have the same.
    fn gone(&self, label: Option<String>) -> Option<String> {
        let alike = self.declared.iter().chain(&self.live).filter(|other| **other == label);
        label.clone().filter(|_| alike.count() == 1)
    }
}

/// Returns what an element has in the member that tells it.
fn stated(property: &Property, value: &Json) -> Option<String> {
    let member = property.facts.label.as_ref()?;
    value.get(member)?.as_str().map(str::to_owned)
}
