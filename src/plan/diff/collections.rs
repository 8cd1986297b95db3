//! Collections: sets, keyed and ordered ones.

use serde_json::Value as Json;

use super::{At, Differ};
use crate::manifest::value::{Declared, Value};
use crate::plan::Segment;
use crate::plan::canonical::key_of;
use crate::plan::digest::{self, Domain};
use crate::schema::model::{Order, Shape};

impl Differ<'_> {
    pub(super) fn collection(
        &mut self,
        at: &At<'_>,
        element: &Shape,
        order: &Order,
        live: &Json,
    ) -> Json {
        let items: &[Json] = live.as_array().map(Vec::as_slice).unwrap_or_default();
        match order {
            Order::Keyed(key) => self.keyed(at, element, key, items),
            Order::Ordered => self.ordered(at, element, items),
            Order::Set if matches!(element, Shape::Scalar(_) | Shape::Enum(_)) => {
                self.set_of_scalars(at, live)
            }
            Order::Set => self.set_of_values(at, element, items),
        }
    }

    fn set_of_scalars(&mut self, at: &At<'_>, live: &Json) -> Json {
        let elements = at.declared.elements();
        let value: Json = elements
            .iter()
            .map(|element| self.resolved(at.property, element))
            .collect();
        if elements
            .iter()
            .any(|element| matches!(element.declared, Declared::Env(_)))
        {
            self.unverifiable(at, "a value from the environment is never compared");
        } else if !self.same(at, &value, live) {
            self.differs(at, Some(live), Some(&value));
        }
        value
    }

    fn keyed(&mut self, at: &At<'_>, element: &Shape, key: &str, items: &[Json]) -> Json {
        let mut taken = vec![false; items.len()];
        let mut merged = Vec::new();
        for declared in at.declared.elements() {
            let found = declared.get(key).map(key_text).unwrap_or_default();
            let live = (0..items.len()).find(|i| !taken[*i] && key_of(&items[*i], key) == found);
            let at = at.element(Segment::Key { key: found }, element, declared);
            merged.push(match live {
                Some(live) => {
                    taken[live] = true;
                    self.value(&at, &items[live])
                }
                None => self.added(&at),
            });
        }
        for (item, _) in items.iter().zip(&taken).filter(|(_, taken)| !**taken) {
            let key = key_of(item, key);
            let gone = at.element(Segment::Key { key }, element, at.declared);
            self.differs(&gone, Some(item), None);
        }
        merged.into()
    }

    fn set_of_values(&mut self, at: &At<'_>, element: &Shape, items: &[Json]) -> Json {
        let mut rest: Vec<(Json, &Json)> = items
            .iter()
            .map(|item| (self.canonical(element, item), item))
            .collect();
        let segment = |form: &Json| Segment::Element {
            element: digest::hex(Domain::Element, form),
        };
        let mut merged = Vec::new();
        for declared in at.declared.elements() {
            let value = self.build(at.property, element, declared);
            let form = self.canonical(element, &value);
            match rest.iter().position(|(known, _)| *known == form) {
                Some(known) => drop(rest.swap_remove(known)),
                None => self.differs(
                    &at.element(segment(&form), element, declared),
                    None,
                    Some(&value),
                ),
            }
            merged.push(value);
        }
        for (form, item) in rest {
            let gone = at.element(segment(&form), element, at.declared);
            self.differs(&gone, Some(item), None);
        }
        merged.into()
    }

    /// Elements are aligned first, so that one that is added in the middle does not change all behind it.
    fn ordered(&mut self, at: &At<'_>, element: &Shape, items: &[Json]) -> Json {
        let declared = at.declared.elements();
        let mut merged: Vec<Json> = declared
            .iter()
            .map(|value| self.build(at.property, element, value))
            .collect();
        let forms = |values: &[Json]| -> Vec<String> {
            values
                .iter()
                .map(|value| self.canonical(element, value).to_string())
                .collect()
        };
        let (before, after) = (forms(items), forms(&merged));
        let ops = similar::capture_diff_slices(similar::Algorithm::Myers, &before, &after);
        for op in ops.iter().filter(|op| op.tag() != similar::DiffTag::Equal) {
            let (mut from, to) = (op.old_range(), op.new_range());
            for index in to {
                let at = at.element(Segment::Index { index }, element, &declared[index]);
                merged[index] = match from.next() {
                    Some(live) => self.value(&at, &items[live]),
                    None => self.added(&at),
                };
            }
            for index in from {
                let gone = at.element(Segment::Index { index }, element, at.declared);
                self.differs(&gone, Some(&items[index]), None);
            }
        }
        merged.into()
    }
}

fn key_text(value: &Value) -> String {
    let json = value.to_json();
    json.as_str()
        .map_or_else(|| json.to_string(), str::to_owned)
}
