//! Merges a tenant's manifest over the manifest of its base.

use std::collections::HashMap;

use super::document::RawManifest;
use super::resolve_settings::readable;
use super::value::{Declared, Member, Value};
use crate::diagnostic::{Finding, Span};
use crate::schema::model::{Model, Order, Shape, Structure};
use crate::settings_catalog::MERGE;

/// Returns the base merged with the overlay, its metadata too: what protects an object in the base protects it here.
pub(super) fn merge(
    base: &RawManifest,
    over: RawManifest,
    findings: &mut Vec<Finding>,
) -> RawManifest {
    if base.version != over.version {
        let message =
            format!("`{}` is {} here and {} in the base", over.address, over.version, base.version);
        findings.push(
            Finding::error("overlay/api-version", over.version_span, message)
                .related(base.version_span, "the base says so here")
                .help(
                    "use the base's `apiVersion`: an overlay cannot change the version of the body",
                ),
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
    let metadata = over.metadata.over(&base.metadata);
    RawManifest { metadata, spec, assignments, ..over }
}

fn object(model: &Model, structure: Option<&Structure>, base: &Value, over: &Value) -> Value {
    let name = |member: &Member| Some(member.name.clone());
    let lay = |base: &Member, over: &Member| {
        let shape = structure.and_then(|s| s.properties.get(&base.name)).map(|p| &p.shape);
        Some(Member { value: value(model, shape, &base.value, &over.value)?, ..over.clone() })
    };
    let members = laid_by_key(base.members(), over.members(), name, lay);
    Value { declared: Declared::Object(members), span: over.span }
}

/// Returns the value of the base merged with the overlay's, `None` where the overlay undeclares it.
fn value(model: &Model, shape: Option<&Shape>, base: &Value, over: &Value) -> Option<Value> {
    let list = |elements| Some(Value { declared: Declared::List(elements), span: over.span });
    let is_settings = matches!(shape, Some(Shape::Settings(_)));
    let directive = over.directive().filter(|it| !is_settings || it.name == "$undeclare");
    if let Some(directive) = directive {
        return match (directive.name.as_str(), &base.declared, &directive.value.declared) {
            ("$undeclare", _, Declared::Bool(true)) => None,
            ("$append", Declared::List(first), Declared::List(rest)) => {
                list(first.iter().chain(rest).cloned().collect())
            }
            _ => Some(over.clone()),
        };
    }
    if is_settings && (is_list(base) || is_list(over)) {
        let [base, over] =
            [base, over].map(|it| if is_list(it) { readable(it) } else { it.clone() });
        return value(model, shape, &base, &over);
    }
    match (&base.declared, &over.declared, shape) {
        (Declared::Object(_), Declared::Object(_), Some(Shape::Settings(_))) => {
            Some(settings(base, over))
        }
        (Declared::Object(_), Declared::Object(_), _)
            if base.directive().is_none()
                && over.odata_type().is_none_or(|over| base.odata_type() == Some(over)) =>
        {
            let stated = over.odata_type().or(base.odata_type());
            let structure = shape.and_then(|shape| model.actual(shape, stated));
            Some(object(model, structure.as_deref(), base, over))
        }
        (
            Declared::List(first),
            Declared::List(laid),
            Some(Shape::Collection(element, Order::Keyed(key))),
        ) => {
            let named = |value: &Value| value.get(key).map(|key| key.to_json().to_string());
            let lay = |base: &Value, over: &Value| {
                value(model, Some(element), base, over).or_else(|| Some(over.clone()))
            };
            list(laid_by_key(first, laid, named, lay))
        }
        _ => Some(over.clone()),
    }
}

/// Returns settings of the settings catalog by their definition ids: a setting of the overlay replaces that of the base
/// as a whole, and null removes it. Settings that are merged with those of the tenant stay so.
fn settings(base: &Value, over: &Value) -> Value {
    let [below, above] = [base, over].map(|value| value.get(MERGE).unwrap_or(value));
    let name = |member: &Member| Some(member.name.clone());
    let is_whole = base.get(MERGE).is_none();
    let lay = |_: &Member, over: &Member| {
        let is_removed =
            undeclares(&over.value) || is_whole && over.value.declared == Declared::Null;
        (!is_removed).then(|| over.clone())
    };
    let members = laid_by_key(below.members(), above.members(), name, lay);
    let merged = Value { declared: Declared::Object(members), span: over.span };
    if is_whole {
        return merged;
    }
    let member = Member { name: MERGE.to_owned(), name_span: over.span, value: merged };
    Value { declared: Declared::Object(vec![member]), span: over.span }
}

fn is_list(value: &Value) -> bool {
    matches!(value.declared, Declared::List(_))
}

fn undeclares(value: &Value) -> bool {
    value.directive().is_some_and(|directive| directive.name == "$undeclare")
}

/// Merges two lists by key: the parts of the base, each merged with the overlay's part of the same key, and then the
/// other parts of the overlay.
fn laid_by_key<T: Clone>(
    base: &[T],
    over: &[T],
    key: impl Fn(&T) -> Option<String>,
    lay: impl Fn(&T, &T) -> Option<T>,
) -> Vec<T> {
    let keyed = over.iter().rev().filter_map(|part| Some((key(part)?, part)));
    let mut laid: HashMap<String, &T> = keyed.collect();
    let merged = base.iter().filter_map(|part| match key(part).and_then(|key| laid.remove(&key)) {
        Some(over) => lay(part, over),
        None => Some(part.clone()),
    });
    let mut merged: Vec<T> = merged.collect();
    let is_left = |part: &&T| key(part).is_none_or(|key| laid.contains_key(&key));
    merged.extend(over.iter().filter(is_left).cloned());
    merged
}

/// Returns the finding of a directive that has no base value to apply to.
pub(super) fn nothing_beneath(directive: &str, name: &str, span: Span) -> Finding {
    let (message, help) = match directive {
        "$append" => (
            format!(
                "there is no list that `$append` could add to: no base declares `{name}` as one"
            ),
            "write the list itself",
        ),
        _ => (
            format!("there is nothing to undeclare: no base declares `{name}`"),
            "remove the line, or write `{ $undeclare: true }` where a base declares it",
        ),
    };
    Finding::error("overlay/nothing-beneath", span, message).help(help)
}
