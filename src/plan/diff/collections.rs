//! Collections: sets, keyed and ordered ones.

use serde_json::Value as Json;

use super::Differ;
use crate::manifest::value::{Declared, Value};
use crate::plan::canonical::{is_unset, key_of};
use crate::plan::digest::{self, Domain};
use crate::plan::{FieldPath, FieldStatus, Segment, Shown};
use crate::schema::model::{Order, Property, Shape};

impl Differ<'_> {
    pub(super) fn collection(
        &mut self,
        path: &FieldPath,
        property: &Property,
        element: &Shape,
        order: &Order,
        declared: &Value,
        live: &Json,
    ) -> Json {
        let items: &[Json] = live.as_array().map(Vec::as_slice).unwrap_or_default();
        match order {
            Order::Keyed(key) => self.keyed(path, property, element, key, declared, items),
            Order::Ordered => self.ordered(path, property, element, declared, items),
            Order::Set if matches!(element, Shape::Scalar(_) | Shape::Enum(_)) => {
                self.set_of_scalars(path, property, declared, live)
            }
            Order::Set => self.set_of_values(path, property, element, declared, items),
        }
    }

    fn set_of_scalars(
        &mut self,
        path: &FieldPath,
        property: &Property,
        declared: &Value,
        live: &Json,
    ) -> Json {
        let shape = &property.shape;
        let value: Json = declared
            .elements()
            .iter()
            .map(|element| self.resolved(property, element))
            .collect();
        if declared
            .elements()
            .iter()
            .any(|element| matches!(element.declared, Declared::Env(_)))
        {
            let reason = Some("a value from the environment is never compared".to_owned());
            self.push(
                path,
                property,
                FieldStatus::Unverifiable,
                Shown::Withheld,
                Shown::Withheld,
                reason,
                declared,
            );
            return value;
        }
        let equal =
            self.canonical(property, shape, &value) == self.canonical(property, shape, live);
        if !equal && !(is_unset(property, shape, &value) && is_unset(property, shape, live)) {
            self.differs(path, property, shape, Some(live), Some(&value), declared);
        }
        value
    }

    fn keyed(
        &mut self,
        path: &FieldPath,
        property: &Property,
        element: &Shape,
        key: &str,
        declared: &Value,
        items: &[Json],
    ) -> Json {
        let mut taken = vec![false; items.len()];
        let mut merged = Vec::new();
        for declared in declared.elements() {
            let found = declared
                .get(key)
                .map(|value| text_of(&value.to_json()))
                .unwrap_or_default();
            let at = (0..items.len()).find(|at| !taken[*at] && key_of(&items[*at], key) == found);
            let path = path.with(Segment::Key { key: found });
            merged.push(match at {
                Some(at) => {
                    taken[at] = true;
                    self.value(&path, property, element, declared, Some(&items[at]))
                }
                None => self.added(&path, property, element, declared),
            });
        }
        for (item, _) in items.iter().zip(&taken).filter(|(_, taken)| !**taken) {
            let path = path.with(Segment::Key {
                key: key_of(item, key),
            });
            self.differs(&path, property, element, Some(item), None, declared);
        }
        merged.into()
    }

    fn set_of_values(
        &mut self,
        path: &FieldPath,
        property: &Property,
        element: &Shape,
        declared: &Value,
        items: &[Json],
    ) -> Json {
        let mut rest: Vec<(Json, &Json)> = items
            .iter()
            .map(|item| (self.canonical(property, element, item), item))
            .collect();
        let mut merged = Vec::new();
        for declared in declared.elements() {
            let value = self.quietly(|differ| differ.build(property, element, declared));
            let form = self.canonical(property, element, &value);
            match rest.iter().position(|(known, _)| *known == form) {
                Some(at) => drop(rest.swap_remove(at)),
                None => {
                    let path = path.with(Segment::Element {
                        element: digest::hex(Domain::Element, &form),
                    });
                    self.differs(&path, property, element, None, Some(&value), declared);
                }
            }
            merged.push(value);
        }
        for (form, item) in rest {
            let path = path.with(Segment::Element {
                element: digest::hex(Domain::Element, &form),
            });
            self.differs(&path, property, element, Some(item), None, declared);
        }
        merged.into()
    }

    fn ordered(
        &mut self,
        path: &FieldPath,
        property: &Property,
        element: &Shape,
        declared: &Value,
        items: &[Json],
    ) -> Json {
        let wanted: Vec<Json> = declared
            .elements()
            .iter()
            .map(|value| self.quietly(|differ| differ.build(property, element, value)))
            .collect();
        let forms = |values: &[Json]| -> Vec<String> {
            values
                .iter()
                .map(|value| self.canonical(property, element, value).to_string())
                .collect()
        };
        let (live_forms, wanted_forms) = (forms(items), forms(&wanted));
        let mut merged = wanted;
        let ops =
            similar::capture_diff_slices(similar::Algorithm::Myers, &live_forms, &wanted_forms);
        for op in ops {
            let (_, before, after) = op.as_tag_tuple();
            if op.tag() == similar::DiffTag::Equal {
                continue;
            }
            let pairs = before.len().min(after.len());
            for (from, to) in before.clone().zip(after.clone()) {
                let path = path.with(Segment::Index { index: to });
                merged[to] = self.value(
                    &path,
                    property,
                    element,
                    &declared.elements()[to],
                    Some(&items[from]),
                );
            }
            for index in after.start + pairs..after.end {
                let path = path.with(Segment::Index { index });
                let value = merged[index].clone();
                self.differs(
                    &path,
                    property,
                    element,
                    None,
                    Some(&value),
                    &declared.elements()[index],
                );
            }
            for index in before.start + pairs..before.end {
                let path = path.with(Segment::Index { index });
                self.differs(
                    &path,
                    property,
                    element,
                    Some(&items[index]),
                    None,
                    declared,
                );
            }
        }
        merged.into()
    }
}

fn text_of(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
