//! The value that a schema violation is about.

use std::sync::Arc;

use super::value::Value;
use crate::diagnostic::Span;
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::validate::{Step, Violation};

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
        let mut place = Self {
            value: spec,
            name: kind.to_owned(),
            key: spec.span,
            element: false,
            property: None,
            structure: model.get(kind),
        };
        let mut shape: Option<Shape> = None;
        for step in &violation.path {
            match step {
                Step::Member(name) => {
                    let members = place.value.members();
                    let Some(member) = members.iter().find(|member| member.name == *name) else {
                        break;
                    };
                    let properties = place.structure.as_ref().map(|s| &s.properties);
                    let property = properties.and_then(|p| p.get(name)).cloned();
                    shape = property.as_ref().map(|p| p.shape.clone());
                    place.value = &member.value;
                    place.key = member.name_span;
                    place.element = false;
                    place.name = name.clone();
                    place.property = property;
                }
                Step::Element(at) => {
                    let Some(value) = place.value.elements().get(*at) else {
                        break;
                    };
                    if let Some(Shape::Collection(element, _)) = shape {
                        shape = Some(*element);
                    }
                    place.value = value;
                    place.key = value.span;
                    place.element = true;
                }
            }
            let actual = |shape| model.actual(shape, place.value.odata_type());
            place.structure = shape.as_ref().and_then(actual);
        }
        place
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
    use crate::schema::fixture;

    #[test]
    fn violation_in_a_contained_entity_has_its_own_place() {
        let (spec, sources) = Value::from_yaml(
            "displayName: Order\ntasks:\n  - label: a\n    steps:\n      - { action: block, hours: 1 }\n      - { action: mail, hours: many }\n",
        );
        let violations = fixture::violations(&spec.to_json());
        let [violation] = &violations[..] else { panic!("{violations:?}") };
        let place = Place::of(violation, fixture::model(), "workOrder", &spec);
        assert_eq!(sources.text(place.value.span), "many");
        assert_eq!(sources.locate(place.value.span).line, 6);
        assert_eq!(place.subject(), "`hours`");
        assert_eq!(place.property.map(|property| property.declared_in), Some("workStep".into()));
    }
}
