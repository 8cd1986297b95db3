//! Turns the snapshot of an object in a journal into a manifest.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::diagnostic::Span;
use crate::journal::Snapshot;
use crate::kinds;
use crate::manifest::reference::{Reference, Referent};
use crate::manifest::value::{Declared, Member, Value};
use crate::manifest::{Address, Assignment, Link, Manifest};
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::placeholder::is_placeholder;
use crate::schema::semantics::Readback;
use crate::schema::types::GraphVersion;
use crate::schema::walk::{Tree, any};
use crate::settings_catalog::{MERGE, SettingPart};
use crate::values::canonical::is_unset;
use crate::values::secret::stands_for_secret;
use crate::values::target_shown;

/// The declared values of a snapshot, and a message about each value, and each element of a collection, that cannot be
/// declared.
pub(crate) type Declaration = (Value, Vec<String>);

/// Why a value of a journal cannot be declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotRestorable {
    /// The value is a secret.
    #[error("it holds a secret, which no journal does")]
    Withheld,
    /// The settings hold the secrets of these.
    #[error("no journal holds the secret of {0}")]
    WithheldSetting(String),
    /// The tenant showed a placeholder in its place.
    #[error("the tenant masks a value of it")]
    Masked,
    /// The tenant never shows whether it is set.
    #[error("the tenant never shows whether it is set")]
    Unseen,
    /// The value holds a name that a request takes for an instruction.
    #[error("it holds a name that begins with `$`")]
    Instruction,
    /// No value unsets the property.
    #[error("it was not set, and no value unsets it")]
    NoUnset,
    /// The type has no such property.
    #[error("the type has no such property")]
    Unknown,
}

/// Declares all properties of an object that are set.
pub(crate) fn whole(version: GraphVersion, image: &Snapshot, span: Span) -> Declaration {
    let model = Model::of(version);
    let names = image.body.as_object().into_iter().flat_map(Map::keys);
    let structure = model.get(&image.kind);
    let properties = structure.as_ref().map(|structure| &structure.properties);
    let is_set = |name: &&String| {
        properties.and_then(|properties| properties.get(*name)).is_some_and(|property| {
            let unset = is_unset(property, &property.shape, &image.body[*name]);
            property.is_comparable() && (!unset || is_unseen(property))
        })
    };
    let paths: Vec<Vec<String>> = names.filter(is_set).map(|name| vec![name.clone()]).collect();
    let declarer = Declarer { shortens: true, ..Declarer::new(version, span) };
    declarer.parts(&image.kind, &image.body, &paths)
}

/// Returns the targets in the body of an assignment.
pub(crate) fn targets_of(kind: &str, written: &Json) -> Vec<Json> {
    let assign = kinds::family_of(kind).and_then(|family| family.assign.as_ref());
    let assignments = assign.and_then(|assign| written.get(assign.body_key)?.as_array());
    let targets = assignments.into_iter().flatten().map(target_shown);
    targets.collect()
}

/// Declares assignments by their targets.
pub(crate) fn assignments(targets: &[Json], span: Span) -> Result<Vec<Assignment>, NotRestorable> {
    if targets.iter().any(holds_instruction) {
        return Err(NotRestorable::Instruction);
    }
    let targets = targets.iter();
    Ok(targets.map(|target| Assignment::of_target(target, span)).collect())
}

/// Declares the references of an object by ids. Properties that are not in the snapshot are not declared.
pub(crate) fn links(kind: &str, ids: &BTreeMap<String, Vec<String>>, span: Span) -> Vec<Link> {
    let Some(structure) = Model::of(GraphVersion::Beta).get(kind) else {
        return Vec::new();
    };
    let links = structure.references().filter_map(|(property, target)| {
        let references = ids
            .get(&property.name)?
            .iter()
            .map(|id| Reference { to: Referent::Id(id.to_lowercase()), span });
        let many = matches!(property.shape, Shape::Navigation { collection: true, .. });
        Some(Link {
            property: property.name.clone(),
            many,
            target: target.to_owned(),
            family: kinds::family_below(target),
            references: references.collect(),
            span,
        })
    });
    links.collect()
}

/// Returns a manifest with these values, `None` where the kind is unknown.
pub(crate) fn manifest(
    address: &Address,
    version: GraphVersion,
    spec: Value,
    span: Span,
) -> Option<Manifest> {
    let family = kinds::family_of(&address.kind)?;
    Some(Manifest::new(address.clone(), family, version, spec, span))
}

/// Returns whether the tenant never shows the property, so that null does not mean unset.
fn is_unseen(property: &Property) -> bool {
    property.facts.readback == Some(Readback::Null)
}

/// Returns whether a value holds a name, at any depth, that a request would take for an instruction.
fn holds_instruction(value: &Json) -> bool {
    any(value, &mut |value| value.members().any(|(name, _)| name.starts_with('$')))
}

/// A part of a value that is not declared.
struct LeftOut {
    /// The id of the definition of a setting; `None` for an element of a collection.
    setting: Option<String>,
    why: NotRestorable,
}

/// Declares values of objects.
pub(crate) struct Declarer {
    model: &'static Model,
    span: Span,
    /// Whether a collection is declared without the elements that cannot be: there is no object yet that could lose them.
    shortens: bool,
    /// The parts of the value being declared that were left out.
    left_out: RefCell<Vec<LeftOut>>,
}

impl Declarer {
    pub(crate) fn new(version: GraphVersion, span: Span) -> Self {
        Self { model: Model::of(version), span, shortens: false, left_out: RefCell::default() }
    }

    /// Declares parts of an object's body, each by its path.
    pub(crate) fn parts(&self, kind: &str, body: &Json, paths: &[Vec<String>]) -> Declaration {
        let mut spec = self.value(Declared::Object(Vec::new()));
        let (mut lost, mut shortened) = (Vec::new(), Vec::new());
        let structure = self.model.get(kind);
        for path in paths {
            let path_words = path.join(".");
            let words = |why| format!("`{path_words}` cannot be restored: {why}");
            let found = self.find(structure.as_deref(), body, path);
            match found.and_then(|(property, value)| self.member(&property, value)) {
                Ok(value) => spec.place(path, value),
                Err(why) => lost.push(words(why)),
            }
            let left_out = self.left_out.take().into_iter();
            shortened.extend(left_out.map(|LeftOut { setting, why }| match setting {
                Some(id) => format!("`{path_words}[{id}]` cannot be restored: {why}"),
                None => format!("an element of {}", words(why)),
            }));
        }
        lost.append(&mut shortened);
        (spec, lost)
    }

    fn value(&self, declared: Declared) -> Value {
        Value { declared, span: self.span }
    }

    /// Returns the property and the value at a path, null where the path ends before.
    fn find<'v>(
        &self,
        structure: Option<&Structure>,
        body: &'v Json,
        path: &[String],
    ) -> Result<(Property, &'v Json), NotRestorable> {
        let (name, rest) = path.split_first().ok_or(NotRestorable::Unknown)?;
        let property = structure.and_then(|structure| structure.properties.get(name));
        let property = property.ok_or(NotRestorable::Unknown)?;
        let value = body.get(name).unwrap_or(&Json::Null);
        if rest.is_empty() {
            return Ok((property.clone(), value));
        }
        let structure = self.model.actual(&property.shape, value.stated_type());
        self.find(structure.as_deref(), value, rest)
    }

    /// Declares a property's value, as unset where it is.
    fn member(&self, property: &Property, value: &Json) -> Result<Value, NotRestorable> {
        if value.is_null() && is_unseen(property) {
            return Err(NotRestorable::Unseen);
        }
        if !is_unset(property, &property.shape, value) {
            return self.declare(property, &property.shape, value);
        }
        match value {
            _ if property.can_be_unset() => Ok(self.value(Declared::Null)),
            Json::Null => Err(NotRestorable::NoUnset),
            value => self.declare(property, &property.shape, value),
        }
    }

    fn declare(
        &self,
        property: &Property,
        shape: &Shape,
        value: &Json,
    ) -> Result<Value, NotRestorable> {
        match (shape, value) {
            (_, Json::String(text))
                if property.facts.readback.is_some() && is_placeholder(text) =>
            {
                Err(NotRestorable::Masked)
            }
            (Shape::Collection(element, _), Json::Array(items)) => {
                let mut declared = Vec::with_capacity(items.len());
                for item in items {
                    match self.declare(property, element, item) {
                        Err(why) if self.shortens => self.leave_out(LeftOut { setting: None, why }),
                        item => declared.push(item?),
                    }
                }
                Ok(self.value(Declared::List(declared)))
            }
            (Shape::Settings(_), Json::Object(members)) => self.settings(members),
            (_, Json::Array(_)) => Err(NotRestorable::Unknown),
            (_, Json::Object(members)) => self.complex(shape, value, members),
            (_, scalar) => Ok(Value::from_json(scalar, self.span)),
        }
    }

    /// Notes a part that is not declared; of a collection's elements the last one.
    fn leave_out(&self, part: LeftOut) {
        let mut left_out = self.left_out.borrow_mut();
        left_out.retain(|other| other.setting != part.setting);
        left_out.push(part);
    }

    /// Declares settings. Where a journal withholds a secret of some, the others are merged into those of the tenant.
    fn settings(&self, members: &Map<String, Json>) -> Result<Value, NotRestorable> {
        let is_instruction = |name: &str| {
            name.starts_with('$') && !["$raw", "$template", "$withheld"].contains(&name)
        };
        let mut instructs = |value: &Json| value.members().any(|(name, _)| is_instruction(name));
        if members.iter().any(|(name, value)| is_instruction(name) || any(value, &mut instructs)) {
            return Err(NotRestorable::Instruction);
        }
        let (withheld, kept): (Map<_, _>, Map<_, _>) =
            members.clone().into_iter().partition(|(_, value)| any(value, &mut stands_for_secret));
        if withheld.is_empty() {
            return Ok(Value::from_json(&kept.into(), self.span));
        }
        if kept.is_empty() || withheld.contains_key("$raw") {
            return Err(NotRestorable::WithheldSetting(withheld_settings(&withheld)));
        }
        for (id, setting) in withheld {
            let named = withheld_settings(&Map::from_iter([(id.clone(), setting)]));
            let why = NotRestorable::WithheldSetting(named);
            self.leave_out(LeftOut { setting: Some(id), why });
        }
        Ok(Value::from_json(&json!({ MERGE: kept }), self.span))
    }

    fn complex(
        &self,
        shape: &Shape,
        value: &Json,
        members: &Map<String, Json>,
    ) -> Result<Value, NotRestorable> {
        if stands_for_secret(value) {
            return Err(NotRestorable::Withheld);
        }
        if members.keys().any(|name| name.starts_with('$')) {
            return Err(NotRestorable::Instruction);
        }
        let structure = self.model.actual(shape, value.stated_type());
        let structure = structure.ok_or(NotRestorable::Unknown)?;
        let mut declared = Vec::new();
        for (name, value) in members {
            let property = structure.properties.get(name);
            let value = match property.filter(|property| property.is_comparable()) {
                Some(property) => self.member(property, value),
                None if name != "@odata.type" => continue,
                None if value.is_string() => Ok(Value::from_json(value, self.span)),
                None => Err(NotRestorable::Unknown),
            };
            match value {
                Ok(value) => {
                    let (name, name_span) = (name.clone(), self.span);
                    declared.push(Member { name, name_span, value });
                }
                // The member was unset, and needs no value.
                Err(NotRestorable::NoUnset | NotRestorable::Unseen) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(self.value(Declared::Object(declared)))
    }
}

/// Returns the settings whose secrets are withheld, in words, each with the settings that it stands in.
fn withheld_settings(settings: &Map<String, Json>) -> String {
    let mut found = Vec::new();
    let settings = Json::Object(settings.clone());
    add_withheld(SettingPart::ROOT, &settings, &mut Vec::new(), &mut found);
    found.dedup();
    found.join(" and ")
}

/// Adds the settings whose secrets are withheld in a part of settings, which stands in these settings.
fn add_withheld(
    part: SettingPart,
    value: &Json,
    within: &mut Vec<String>,
    found: &mut Vec<String>,
) {
    if stands_for_secret(value) {
        let ids = within.iter().rev().map(|id| format!("`{id}`"));
        found.push(ids.collect::<Vec<_>>().join(" in "));
        return;
    }
    // Graph's own form.
    let own = value.get("settingDefinitionId").and_then(Json::as_str);
    let depth = within.len();
    within.extend(own.map(str::to_owned));
    for (name, member) in value.members() {
        let part = part.member(name);
        let is_setting = part == SettingPart::Instance;
        within.extend(is_setting.then(|| name.to_owned()));
        add_withheld(part, member, within, found);
        within.truncate(within.len() - usize::from(is_setting));
    }
    for element in value.elements() {
        add_withheld(part.element(), element, within, found);
    }
    within.truncate(depth);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn withheld_secrets_are_named_with_what_they_stand_in() {
        let withheld = json!({ "$withheld": "secret" });
        let own_form = json!({
            "settingDefinitionId": "key", "simpleSettingValue": { "value": withheld, "valueState": "notEncrypted" },
        });
        for (settings, named) in [
            (json!({ "key": { "secret": withheld } }), "`key`"),
            (
                json!({ "login": { "groups": [{ "a": { "integer": 1 } }, { "key": { "secret": withheld } }] } }),
                "`key` in `login`",
            ),
            (
                json!({ "a": { "secret": withheld }, "b": { "values": [{ "secret": withheld }] } }),
                "`a` and `b`",
            ),
            (json!({ "$raw": [{ "settingInstance": own_form }] }), "`key`"),
            (
                json!({ "login": { "choice": "1", "children": { "$raw": [own_form] } } }),
                "`key` in `login`",
            ),
        ] {
            let settings = settings.as_object().expect("settings");
            assert_eq!(withheld_settings(settings), named);
        }
    }

    #[test]
    fn contained_entities_are_declared_as_they_would_be_created() {
        let mut sources = crate::diagnostic::Sources::default();
        let span = Span::new(sources.add("journal", String::new()), 0..0);
        let declarer = Declarer {
            model: crate::schema::testing::model(),
            span,
            shortens: false,
            left_out: RefCell::default(),
        };
        let declared = |body: &Json, path: &str| {
            let (spec, lost) = declarer.parts("workOrder", body, &[vec![path.to_owned()]]);
            assert!(lost.is_empty(), "{lost:?}");
            spec.to_json()
        };
        let timed = json!({ "@odata.type": "#microsoft.graph.timedStep", "action": "mail", "at": "08:00:00" });
        let body = json!({
            "tasks": [{ "steps": [{ "action": "block", "hours": 1 }, timed] }],
            "seal": { "color": "red" },
        });
        assert_eq!(declared(&body, "tasks"), json!({ "tasks": body["tasks"] }));
        assert_eq!(declared(&body, "seal"), json!({ "seal": body["seal"] }));
        assert_eq!(declared(&json!({}), "tasks"), json!({ "tasks": null }));
    }
}
