//! Lays a tenant's manifest over its base's.

use std::collections::HashMap;

use super::document::RawManifest;
use super::value::{Declared, Member, Value};
use crate::diagnostic::{Finding, Span};
use crate::schema::model::{Model, Order, Shape, Structure};

/// Returns the base with the overlay laid over it; the overlay's metadata wins whole.
pub(super) fn merge(
    base: &RawManifest,
    over: RawManifest,
    findings: &mut Vec<Finding>,
) -> RawManifest {
    if base.version != over.version {
        findings.push(
            Finding::error(
                "overlay/api-version",
                over.version_span,
                format!(
                    "`{}` is {} here and {} in the base",
                    over.address, over.version, base.version
                ),
            )
            .related(base.version_span, "the base says so here")
            .help("use the base's `apiVersion`: an overlay cannot change the version of the body"),
        );
        return over;
    }
    let model = Model::of(base.version);
    let structure = model.get(&base.address.kind);
    let spec = object(model, structure.as_deref(), &base.spec, &over.spec);
    let assignments = match (&base.assignments, over.assignments) {
        (base, None) => base.clone(),
        (None, Some(over)) => Some(over),
        (Some(base), Some(over)) => value(model, None, base, &over),
    };
    RawManifest { spec, assignments, ..over }
}

fn object(model: &Model, structure: Option<&Structure>, base: &Value, over: &Value) -> Value {
    let mut members: Vec<Member> = Vec::new();
    let mut laid: HashMap<&str, &Member> =
        over.members().iter().map(|member| (member.name.as_str(), member)).collect();
    for member in base.members() {
        let Some(laid) = laid.remove(member.name.as_str()) else {
            members.push(member.clone());
            continue;
        };
        let shape = structure.and_then(|s| s.properties.get(&member.name)).map(|p| &p.shape);
        if let Some(value) = value(model, shape, &member.value, &laid.value) {
            members.push(Member { value, ..laid.clone() });
        }
    }
    let added = over.members().iter().filter(|added| laid.contains_key(added.name.as_str()));
    members.extend(added.cloned());
    Value { declared: Declared::Object(members), span: over.span }
}

/// Returns what the overlay makes of a base's value, `None` where it withdraws it.
fn value(model: &Model, shape: Option<&Shape>, base: &Value, over: &Value) -> Option<Value> {
    if let Some(directive) = over.directive() {
        return match (directive.name.as_str(), &base.declared, &directive.value.declared) {
            ("$undeclare", _, Declared::Bool(true)) => None,
            ("$append", Declared::List(first), Declared::List(rest)) => Some(Value {
                declared: Declared::List(first.iter().chain(rest).cloned().collect()),
                span: over.span,
            }),
            _ => Some(over.clone()),
        };
    }
    Some(match (&base.declared, &over.declared) {
        (Declared::Object(_), Declared::Object(_))
            if base.directive().is_none() && same_type(base, over) =>
        {
            let stated = over.odata_type().or(base.odata_type());
            let structure = shape.and_then(|shape| model.actual(shape, stated));
            object(model, structure.as_deref(), base, over)
        }
        (Declared::List(first), Declared::List(laid)) => match shape {
            Some(Shape::Collection(element, Order::Keyed(key))) => Value {
                declared: Declared::List(keyed(model, element, key, first, laid)),
                span: over.span,
            },
            _ => over.clone(),
        },
        _ => over.clone(),
    })
}

fn same_type(base: &Value, over: &Value) -> bool {
    match (base.odata_type(), over.odata_type()) {
        (Some(base), Some(over)) => base == over,
        (None, Some(_)) => false,
        _ => true,
    }
}

fn keyed(model: &Model, element: &Shape, key: &str, base: &[Value], over: &[Value]) -> Vec<Value> {
    let named = |value: &Value| value.get(key).map(|key| key.to_json().to_string());
    let mut laid: HashMap<String, &Value> =
        over.iter().rev().filter_map(|value| Some((named(value)?, value))).collect();
    let mut merged: Vec<Value> = Vec::new();
    for first in base {
        let laid = named(first).and_then(|name| laid.remove(&name));
        merged.push(match laid {
            Some(laid) => value(model, Some(element), first, laid).unwrap_or_else(|| laid.clone()),
            None => first.clone(),
        });
    }
    let is_left = |value: &&Value| {
        let left = named(value).map(|name| laid.contains_key(&name));
        left.unwrap_or(true)
    };
    merged.extend(over.iter().filter(is_left).cloned());
    merged
}

/// Returns the finding of an overlay's directive for what no base declares as it would have to.
pub(super) fn nothing_beneath(directive: &str, name: &str, span: Span) -> Finding {
    let (message, help) = match directive {
        "$append" => (
            format!(
                "there is no list that `$append` could add to: no base declares `{name}` as one"
            ),
            "write the list itself",
        ),
        _ => (
            format!("there is nothing to withdraw: no base declares `{name}`"),
            "remove the line, or write `{ $undeclare: true }` where a base declares it",
        ),
    };
    Finding::error("overlay/nothing-beneath", span, message).help(help)
}
