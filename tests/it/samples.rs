//! Values for any property of any kind, made from what the program knows of it.

use moorline::kinds::{self, Kind};
use moorline::schema::model::{Model, Order, Property, Shape, Structure};
use moorline::schema::semantics::{Named, Readback, Semantics, Stage};
use moorline::schema::types::{Edm, odata_type};
use serde_json::{Map, Value, json};

/// The environment variable that samples of secrets name.
pub const SECRET: &str = "SAMPLE_SECRET";

/// The groups, users and scope tags that samples name, as a sandbox seed.
pub fn directory() -> Value {
    json!({
        "groups": [
            { "id": "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa1", "displayName": "Group A" },
            { "id": "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa2", "displayName": "Group B" },
        ],
        "users": [
            { "id": "22222222-aaaa-4aaa-8aaa-aaaaaaaaaaa1", "displayName": "Alice", "userPrincipalName": "alice@contoso.com" },
            { "id": "22222222-aaaa-4aaa-8aaa-aaaaaaaaaaa2", "displayName": "Bob", "userPrincipalName": "bob@contoso.com" },
        ],
        "roleScopeTags": [{ "id": "1", "displayName": "Helsinki" }, { "id": "2", "displayName": "Oslo" }],
    })
}

/// Returns the kinds of which an object can be created.
pub fn creatable() -> Vec<Kind> {
    let is_converted =
        |kind: &Kind| kind.lifecycle.as_ref().is_some_and(|it| it.state == Stage::Converted);
    kinds::all().into_iter().filter(|kind| !is_converted(kind)).collect()
}

/// Returns a kind's whole declarable spec: every property that can be written, one of each mirrored pair.
pub fn full(model: &Model, kind: &str, display_name: &str) -> Map<String, Value> {
    let structure = model.get(kind).expect("the kind exists");
    let mut spec = Map::new();
    for property in structure.properties.values().filter(|p| is_declarable(p)) {
        let twin = property
            .facts
            .mirrors
            .as_ref()
            .and_then(|twin| structure.properties.get(&twin.property));
        if twin.is_none() {
            spec.insert(property.name.clone(), sample(model, property, &property.shape, 0, 0));
        }
    }
    for rule in Semantics::built_in().rules(kind) {
        let [_, upper] = &rule.not_greater;
        spec[upper] =
            structure.properties[upper].range.1.expect("the rule is about bounded numbers").into();
    }
    let family = kinds::family_of(kind).expect("a kind");
    if structure.properties[family.name_property].computed {
        spec.remove(family.name_property);
    } else {
        spec.insert(family.name_property.into(), display_name.into());
    }
    hold_one_element_rules(model, kind, &mut spec);
    spec
}

/// Returns the least that an object of a kind can be created with.
pub fn minimal(model: &Model, kind: &str) -> Map<String, Value> {
    let structure = model.get(kind).expect("the kind exists");
    let required = structure.properties.values().filter(|property| property.facts.required);
    let mut spec: Map<String, Value> = required
        .map(|property| (property.name.clone(), sample(model, property, &property.shape, 0, 0)))
        .collect();
    let family = kinds::family_of(kind).expect("a kind");
    spec.insert(family.name_property.to_owned(), json!("Minimal"));
    hold_one_element_rules(model, kind, &mut spec);
    spec
}

/// Gives the first element of each list that a rule is about what one element must have.
fn hold_one_element_rules(model: &Model, kind: &str, spec: &mut Map<String, Value>) {
    let rules = Semantics::built_in().one_element.iter();
    for rule in rules.filter(|rule| model.types.is_a(kind, &rule.on)) {
        let path = format!("/{}/0", rule.elements.join("/0/"));
        let mut holder = Value::Object(std::mem::take(spec));
        let element = holder.pointer_mut(&path).and_then(Value::as_object_mut);
        element.expect("a sample list has an element").extend(rule.having.clone());
        *spec = holder.as_object().cloned().unwrap_or_default();
    }
}

/// Returns whether a manifest may declare a property.
pub fn is_declarable(property: &Property) -> bool {
    !property.computed && !matches!(property.shape, Shape::Navigation { .. })
}

/// Returns a value of a property; `variant` 0 and 1 differ wherever the type has two values.
pub fn sample(
    model: &Model,
    property: &Property,
    shape: &Shape,
    variant: usize,
    depth: usize,
) -> Value {
    if property.is_secret() && matches!(shape, Shape::Scalar(_)) {
        return json!({ "$env": SECRET });
    }
    match shape {
        Shape::Scalar(edm) => scalar(property, *edm, variant),
        Shape::Enum(def) => {
            let usable: Vec<&String> =
                def.members.iter().filter(|m| !m.ends_with("FutureValue")).collect();
            // The first member is what an unset property answers.
            usable[(usable.len() - 1).saturating_sub(variant)].as_str().into()
        }
        Shape::Complex(_) | Shape::Poly(_) => complex(model, shape, variant, depth),
        Shape::Collection(element, order) => {
            let mut value = sample(model, property, element, variant, depth);
            if let (Order::Keyed(key), Value::Object(members)) = (order, &mut value) {
                members.insert(key.clone(), format!("./Vendor/Sample/{variant}").into());
            }
            json!([value])
        }
        Shape::Settings(_) => json!({
            "device_vendor_msft_policy_config_sample": { "choice": (["true", "false"][variant]) },
        }),
        Shape::Navigation { .. } => Value::Null,
    }
}

fn scalar(property: &Property, edm: Edm, variant: usize) -> Value {
    match (property.facts.resolves, edm) {
        (Some(Named::Group), _) => ["Group A", "Group B"][variant].into(),
        (Some(Named::User), _) => ["alice@contoso.com", "bob@contoso.com"][variant].into(),
        (Some(named @ (Named::Filter | Named::ReusableSetting)), _) => {
            panic!("no property holds the name of a {named:?}")
        }
        (Some(Named::ScopeTag), _) => ["Helsinki", "Oslo"][variant].into(),
        (None, Edm::Boolean) => (variant == 0).into(),
        // A policy that was made of no template.
        (None, Edm::String) if property.name == "templateId" => "".into(),
        (None, Edm::String) => ["one", "two"][variant].into(),
        (None, Edm::Int32 | Edm::Int64) => {
            let (minimum, maximum) = property.range;
            let low = minimum.filter(|low| *low > -1000).unwrap_or(1).max(1);
            (low + variant as i64).min(maximum.unwrap_or(i64::MAX)).into()
        }
        (None, Edm::Double) => json!(1.5 + variant as f64),
        (None, Edm::DateTimeOffset) => {
            ["2030-01-01T06:00:00Z", "2031-01-01T06:00:00Z"][variant].into()
        }
        (None, Edm::Date) => ["2030-01-01", "2031-01-01"][variant].into(),
        (None, Edm::TimeOfDay) => ["08:00:00", "09:30:00"][variant].into(),
        (None, Edm::Duration) => ["PT1H", "PT2H"][variant].into(),
        (None, Edm::Guid) => {
            ["33333333-aaaa-4aaa-8aaa-aaaaaaaaaaa1", "33333333-aaaa-4aaa-8aaa-aaaaaaaaaaa2"]
                [variant]
                .into()
        }
        (None, Edm::Binary) => ["b25l", "dHdv"][variant].into(),
    }
}

fn complex(model: &Model, shape: &Shape, variant: usize, depth: usize) -> Value {
    let structure = concrete(model, shape);
    let mut members = Map::new();
    if matches!(shape, Shape::Poly(_)) {
        members.insert("@odata.type".into(), odata_type(&structure.name).into());
    }
    for property in structure.properties.values().filter(|p| is_declarable(p)) {
        // Home screen folders hold pages that hold folders.
        let nests = !matches!(property.shape, Shape::Scalar(_) | Shape::Enum(_));
        if !(nests && depth > 3) {
            members.insert(
                property.name.clone(),
                sample(model, property, &property.shape, variant, depth + 1),
            );
        }
    }
    members.into()
}

fn concrete(model: &Model, shape: &Shape) -> std::sync::Arc<Structure> {
    let base = model.actual(shape, None).expect("the type exists");
    match base.derived.iter().find_map(|name| model.get(name)) {
        Some(derived) if matches!(shape, Shape::Poly(_)) => derived,
        _ => base,
    }
}

/// Returns the value with one leaf of it changed, `None` where no leaf can be compared.
pub fn changed(model: &Model, property: &Property, shape: &Shape, value: &Value) -> Option<Value> {
    if !property.is_comparable() || property.is_secret() || property.facts.readback.is_some() {
        return None;
    }
    match (shape, value) {
        (Shape::Scalar(_) | Shape::Enum(_) | Shape::Settings(_), _) => [0, 1]
            .into_iter()
            .map(|variant| sample(model, property, shape, variant, 0))
            .find(|other| other != value),
        (Shape::Complex(_) | Shape::Poly(_), Value::Object(members)) => {
            let stated = value
                .get("@odata.type")
                .and_then(Value::as_str)
                .and_then(moorline::schema::types::type_name);
            let structure = model.actual(shape, stated)?;
            members.iter().find_map(|(name, member)| {
                // What one element must have stays.
                let rules = Semantics::built_in().one_element.iter();
                if rules.flat_map(|rule| rule.having.keys()).any(|known| known == name) {
                    return None;
                }
                let inner = structure.properties.get(name)?;
                let mut changed_members = members.clone();
                changed_members.insert(name.clone(), changed(model, inner, &inner.shape, member)?);
                Some(changed_members.into())
            })
        }
        (Shape::Collection(element, _), Value::Array(items)) if property.inline => {
            Some(json!([changed(model, property, element, items.first()?)?]))
        }
        (Shape::Collection(element, Order::Set), Value::Array(items)) => {
            let other = sample(model, property, element, 1, 1);
            if matches!(**element, Shape::Scalar(_) | Shape::Enum(_)) {
                let other = changed(model, property, element, items.first()?)?;
                return Some(json!([other]));
            }
            (items.first() != Some(&other)).then(|| json!([items.first(), other]))
        }
        (Shape::Collection(element, Order::Keyed(key)), Value::Array(items)) => {
            let mut first = items.first()?.clone();
            let kept = first.as_object_mut()?.remove(key)?;
            match changed(model, property, element, &first) {
                Some(mut other) => {
                    other[key] = kept;
                    Some(json!([other]))
                }
                None => Some(json!([])),
            }
        }
        (Shape::Collection(element, Order::Ordered), Value::Array(items)) => {
            Some(json!([changed(model, property, element, items.first()?)?]))
        }
        _ => None,
    }
}

/// What a property's plan is expected to show when its value changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// One field to change.
    OneChange,
    /// One field that cannot be compared.
    Unverifiable,
    /// One field that cannot be changed.
    Blocked,
    /// Nothing.
    Nothing,
}

/// Returns what the facts about a property make of a change of it.
pub fn expected(property: &Property) -> Expected {
    match property {
        p if p.computed || p.facts.volatile => Expected::Nothing,
        p if p.is_secret() => Expected::Unverifiable,
        p if matches!(
            p.facts.readback,
            Some(Readback::Masked | Readback::Null | Readback::Partial)
        ) =>
        {
            Expected::Unverifiable
        }
        p if p.facts.fixed => Expected::Blocked,
        _ => Expected::OneChange,
    }
}
