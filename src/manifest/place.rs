//! The value that a schema violation is about.

use std::sync::Arc;

use super::value::Value;
use crate::diagnostic::Span;
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::validate::{PathStep, Violation};
use crate::schema::walk::TypedPlace;

/// A value that a violation is about, and the type information around it.
pub(super) struct Place<'a> {
    pub(super) value: &'a Value,
    /// The nearest property's name, the kind at the root.
    pub(super) name: String,
    /// Where the value is written, or its property's name where that says more.
    pub(super) key: Span,
    pub(super) element: bool,
    pub(super) property: Option<Property>,
    pub(super) structure: Option<Arc<Structure>>,
}

impl<'a> Place<'a> {
    /// Follows a violation to its value.
    pub(super) fn of(
        violation: &Violation,
        model: &'static Model,
        kind: &str,
        spec: &'a Value,
    ) -> Self {
        let shape = Shape::Complex(kind.to_owned());
        let place = Self {
            value: spec,
            name: kind.to_owned(),
            key: spec.span,
            element: false,
            property: None,
            structure: None,
        };
        place.follow(&TypedPlace::root(model, &shape), &violation.path)
    }

    fn follow(mut self, typed: &TypedPlace<'_, Value>, path: &[PathStep]) -> Self {
        self.structure = typed.structure(self.value);
        match path.split_first() {
            Some((PathStep::Member(name), rest)) => {
                let Some(member) = self.value.entry(name) else {
                    return self;
                };
                let structure = self.structure.take();
                let typed = typed.member(structure.as_deref(), name);
                let place = Self {
                    value: &member.value,
                    name: name.clone(),
                    key: member.name_span,
                    element: false,
                    property: typed.property.cloned(),
                    structure: None,
                };
                place.follow(&typed, rest)
            }
            Some((PathStep::Element(at), rest)) => {
                let Some(value) = self.value.elements().get(*at) else {
                    return self;
                };
                let place = Self { value, key: value.span, element: true, ..self };
                place.follow(&typed.element(value), rest)
            }
            None => self,
        }
    }

    /// Returns what the value is called in a message.
    pub(super) fn subject(&self) -> String {
        if self.element {
            format!("an element of `{}`", self.name)
        } else {
            format!("`{}`", self.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing;

    #[test]
    fn violation_in_a_contained_entity_has_its_own_place() {
        let (spec, sources) = Value::from_yaml(
            "displayName: Order\ntasks:\n  - label: a\n    steps:\n      - { action: block, hours: 1 }\n      - { action: mail, hours: many }\n",
        );
        let violations = testing::violations(&spec.to_json());
        let [violation] = &violations[..] else { panic!("{violations:?}") };
        let place = Place::of(violation, testing::model(), "workOrder", &spec);
        assert_eq!(sources.text(place.value.span), "many");
        assert_eq!(sources.locate(place.value.span).line, 6);
        assert_eq!(place.subject(), "`hours`");
        assert_eq!(place.property.map(|property| property.declared_in), Some("workStep".into()));
    }
}
