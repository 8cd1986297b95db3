//! The value that a schema violation is about.

use std::sync::Arc;

use super::value::Value;
use crate::diagnostic::Span;
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::validate::{PathStep, Violation};

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
    pub(super) fn of(violation: &Violation, model: &Model, kind: &str, spec: &'a Value) -> Self {
        let mut shape = Some(Shape::Complex(kind.to_owned()));
        let structure = |shape: &Option<Shape>, value: &Value| {
            model.actual(shape.as_ref()?, value.odata_type())
        };
        let mut place = Self {
            value: spec,
            name: kind.to_owned(),
            key: spec.span,
            element: false,
            property: None,
            structure: structure(&shape, spec),
        };
        for step in &violation.path {
            match step {
                PathStep::Member(name) => {
                    let Some(member) = place.value.entry(name) else { break };
                    let owner = place.structure.as_ref();
                    place.property = owner.and_then(|owner| owner.properties.get(name).cloned());
                    shape = place.property.as_ref().map(|property| property.shape.clone());
                    (place.value, place.name) = (&member.value, name.clone());
                    (place.key, place.element) = (member.name_span, false);
                }
                PathStep::Element(at) => {
                    let Some(value) = place.value.elements().get(*at) else { break };
                    shape = match shape {
                        Some(Shape::Collection(element, _)) => Some(*element),
                        _ => None,
                    };
                    (place.value, place.key, place.element) = (value, value.span, true);
                }
            }
            place.structure = structure(&shape, place.value);
        }
        place
    }

    /// Returns what the value is called in a message.
    pub(super) fn subject(&self) -> String {
        let part = if self.element { "an element of " } else { "" };
        format!("{part}`{}`", self.name)
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
