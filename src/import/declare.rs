//! Chooses what a manifest declares of a live object: all that is set and can be written, with `{ $env: NAME }` for
//! secrets. Nothing is laid out here: the result is JSON, with ids as the tenant has them.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value as Json, json};

use super::left_out::{LeftOut, NeededSecret, WhyLeftOut, joined};
use super::variable::VariableNames;
use super::{named_secret, portal};
use crate::kinds::Update;
use crate::schema::model::{Model, Order, Property, Shape, Structure};
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::{Edm, odata_type};
use crate::schema::walk::{CopyStep, Tree, TypedPlace, any, copy};
use crate::settings_catalog::MERGE;
use crate::tenant::LiveObject;
use crate::tenant::masked::{Masked, UnmaskedValues};
use crate::values::canonical::{canonical, is_unset, with_whole_numbers};
use crate::values::masked;
use crate::values::payload::{self, private_key};
use crate::values::secret::may_be_from_environment;

/// The member that takes a value from the environment.
const ENV: &str = "$env";

/// The properties of an object that a manifest declares.
#[derive(Debug, Default)]
pub(super) struct Declaration {
    /// The properties.
    pub(super) spec: Map<String, Json>,
    /// The values that are not among them.
    pub(super) left_out: Vec<LeftOut>,
    /// The secrets that they take from the environment.
    pub(super) secrets: Vec<NeededSecret>,
    /// The paths of values that the tenant masks and that are among them in clear.
    pub(super) unmasked: Vec<String>,
    /// The names of members that the type documents do not have.
    pub(super) unknown: BTreeSet<String>,
}

impl Declaration {
    /// Drops what was said of a value and its parts, as it is not declared after all.
    pub(super) fn drop_within(&mut self, path: &str) {
        self.secrets.retain(|secret| !is_within(&secret.path, path));
        self.unmasked.retain(|unmasked| !is_within(unmasked, path));
    }
}

/// Whether a path is that of a value or of a part of it.
fn is_within(path: &str, value: &str) -> bool {
    path.strip_prefix(value).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// How much of an object is declared.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportExtent {
    /// Whether that includes what is not set, or has the value that a create without it gives.
    pub all: bool,
}

/// Declares one object.
pub(super) struct SpecMaker<'a> {
    pub(super) model: &'static Model,
    pub(super) object: &'a LiveObject,
    pub(super) clear: &'a UnmaskedValues,
    pub(super) extent: ImportExtent,
    /// The file that the object is from, if it is from one.
    file: Option<&'a Path>,
    variables: VariableNames,
    made: Declaration,
}

impl<'a> SpecMaker<'a> {
    pub(super) fn new(
        model: &'static Model,
        object: &'a LiveObject,
        clear: &'a UnmaskedValues,
        extent: ImportExtent,
        file: Option<&'a Path>,
        variables: VariableNames,
    ) -> Self {
        Self { model, object, clear, extent, file, variables, made: Declaration::default() }
    }

    /// Returns what is declared of the object.
    pub(super) fn declare(mut self) -> Declaration {
        let body = self.object.body.value();
        let Some(structure) = self.model.get(&self.object.kind) else {
            return self.made;
        };
        for (name, value) in body.members() {
            let Some(property) = structure.properties.get(name) else {
                self.unknown(name, value);
                continue;
            };
            if !self.is_declarable(property) || is_twin(property, &body) {
                continue;
            }
            let path = vec![name.to_owned()];
            match self.top(&path, property, value, &body) {
                Ok(Some(declared)) => drop(self.made.spec.insert(name.to_owned(), declared)),
                Ok(None) => {}
                Err(why) => self.leave_out(&path, &why),
            }
        }
        self.made
    }

    /// Returns whether a manifest may have the property. What moves by itself is no wish.
    fn is_declarable(&self, property: &Property) -> bool {
        !property.computed
            && !matches!(property.shape, Shape::Navigation { .. })
            && (self.extent.all || !property.facts.volatile)
    }

    fn unknown(&mut self, name: &str, value: &Json) {
        let is_annotation = name.contains('@') || name.starts_with('#');
        if !is_annotation
            && !value.is_null()
            && value.as_array().is_none_or(|list| !list.is_empty())
        {
            self.made.unknown.insert(name.to_owned());
        }
    }

    fn leave_out(&mut self, path: &[String], why: &WhyLeftOut) {
        self.made.drop_within(&joined(path));
        self.made.left_out.push(LeftOut::new(path, why, self.file));
    }

    fn top(
        &mut self,
        path: &[String],
        property: &Property,
        value: &Json,
        body: &Json,
    ) -> Result<Option<Json>, WhyLeftOut> {
        if property.is_secret() && value.is_null() {
            return self.hidden(path, property, body);
        }
        if is_unset(property, &property.shape, value) {
            let is_list = matches!(property.shape, Shape::Collection(..));
            // What is replaced as a whole takes no null.
            let takes_null =
                property.nullable && matches!(self.object.family.update, Update::Patch);
            return Ok(match self.extent.all {
                true if is_list && !property.inline => Some(json!([])),
                true if takes_null && !is_list => Some(Json::Null),
                _ => None,
            });
        }
        let is_default = portal::is_default(&self.object.kind, &property.name, value);
        if is_default && !self.extent.all {
            return Ok(None);
        }
        let declared = self.value(path, property, &property.shape, value, false)?;
        let is_empty = declared.as_object().is_some_and(Map::is_empty);
        Ok((!is_empty).then_some(declared))
    }

    /// Returns the declaration of a secret that the tenant does not show, where the object is known to have it.
    fn hidden(
        &mut self,
        path: &[String],
        property: &Property,
        body: &Json,
    ) -> Result<Option<Json>, WhyLeftOut> {
        if let Some(twin) = &property.facts.shown_by {
            let is_set = body.get(twin) == Some(&Json::Bool(true));
            return Ok(is_set.then(|| self.variable_for(path, false)));
        }
        let kind = &self.object.kind;
        let rules = self.model.semantics.needed.iter().filter(|rule| {
            let mut kinds = rule.on.iter();
            rule.needs == property.name && kinds.any(|on| self.model.types.is_a(kind, on))
        });
        let mut has_rule = false;
        for rule in rules {
            has_rule = true;
            let value = body.get(&rule.property).and_then(Json::as_str);
            if value.is_some_and(|value| rule.values.iter().any(|needing| needing == value)) {
                return Ok(Some(self.variable_for(path, false)));
            }
        }
        if has_rule { Ok(None) } else { Err(WhyLeftOut::Unseen) }
    }

    fn variable_for(&mut self, path: &[String], is_masked: bool) -> Json {
        let named = path.iter().rev().find(|name| *name != "value");
        let words = named.map(String::as_str).unwrap_or_default();
        let words = words.trim_matches(['[', ']']);
        let words = words.rsplit(['/', '_']).find(|word| !word.is_empty()).unwrap_or_default();
        let variable = self.variables.next(words);
        let secret =
            NeededSecret { variable: variable.clone(), path: joined(path), masked: is_masked };
        self.made.secrets.push(secret);
        json!({ ENV: variable })
    }

    /// Returns the declaration of a value. `whole` says that a value cannot lack a part.
    fn value(
        &mut self,
        path: &[String],
        property: &Property,
        shape: &Shape,
        value: &Json,
        whole: bool,
    ) -> Result<Json, WhyLeftOut> {
        if let Some(reference) = masked::reference(value) {
            return self.masked(path, property, shape, reference);
        }
        match (shape, value) {
            (Shape::Scalar(_), Json::String(_) | Json::Number(_)) if property.is_secret() => {
                Ok(self.variable_for(path, false))
            }
            (Shape::Scalar(_) | Shape::Enum(_), Json::String(text)) => {
                self.text(path, property, shape, text)
            }
            (Shape::Scalar(_) | Shape::Enum(_), Json::Number(_) | Json::Bool(_)) => {
                Ok(with_whole_numbers(value))
            }
            (Shape::Collection(element, order), Json::Array(items)) => {
                let mut elements = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    let step = match order {
                        Order::Keyed(key) => item.key(key),
                        Order::Ordered | Order::Set => at.to_string(),
                    };
                    let path = [path, &[format!("[{step}]")]].concat();
                    elements.push(self.value(&path, property, element, item, true)?);
                }
                Ok(elements.into())
            }
            (Shape::Settings(_), Json::Object(_)) => self.settings(path, property, shape, value),
            (Shape::Complex(_) | Shape::Poly(_), Json::Object(members)) => {
                self.complex(path, shape, value, members, whole)
            }
            _ => Err(WhyLeftOut::Misshapen),
        }
    }

    /// Returns the declaration of a value that the service masks: its text where that was read, else a variable.
    fn masked(
        &mut self,
        path: &[String],
        property: &Property,
        shape: &Shape,
        reference: &str,
    ) -> Result<Json, WhyLeftOut> {
        let LiveObject { family, id, .. } = self.object;
        let masked = Masked { family, object: id.clone(), reference: reference.to_owned() };
        let Some(clear) = self.clear.get(&masked) else {
            return Ok(self.variable_for(path, true));
        };
        let clear = clear.expose_secret();
        let wire = match shape {
            Shape::Scalar(Edm::Binary) => BASE64.encode(clear),
            _ => clear.to_owned(),
        };
        let declared = self.text(path, property, shape, &wire)?;
        if declared.is_string() {
            self.made.unmasked.push(joined(path));
        }
        Ok(declared)
    }

    fn text(
        &mut self,
        path: &[String],
        property: &Property,
        shape: &Shape,
        text: &str,
    ) -> Result<Json, WhyLeftOut> {
        if property.facts.readback.is_some() && is_placeholder(text) {
            return Ok(self.variable_for(path, true));
        }
        let decoded = match property.is_base64() {
            true => Some(payload::decoded(text).ok_or(WhyLeftOut::Misshapen)?),
            false => None,
        };
        let bytes = decoded.as_deref().unwrap_or(text.as_bytes());
        if let Some(why) = secret_in(bytes) {
            return match may_be_from_environment(property) {
                true => Ok(self.variable_for(path, false)),
                false => Err(why),
            };
        }
        Ok(match shape {
            Shape::Scalar(Edm::DateTimeOffset | Edm::TimeOfDay | Edm::Date) => {
                canonical(self.model, shape, &text.into())
            }
            _ => text.into(),
        })
    }

    fn complex(
        &mut self,
        path: &[String],
        shape: &Shape,
        value: &Json,
        members: &Map<String, Json>,
        whole: bool,
    ) -> Result<Json, WhyLeftOut> {
        if members.keys().any(|name| name.starts_with('$')) {
            return Err(WhyLeftOut::Instruction);
        }
        let mut declared = Map::new();
        let structure = self.structure(shape, value)?;
        let is_poly = matches!(shape, Shape::Poly(_));
        // An element without a type is of the declared one.
        let is_implied = whole && matches!(shape, Shape::Poly(base) if *base == structure.name);
        if is_poly && !is_implied {
            declared.insert("@odata.type".to_owned(), odata_type(&structure.name).into());
        }
        let by_name = payload::secret_of_pair(value);
        for (name, member) in members {
            let Some(property) = structure.properties.get(name) else {
                self.unknown(name, member);
                continue;
            };
            if !self.is_declarable(property)
                || property.facts.volatile
                || is_unset(property, &property.shape, member)
            {
                continue;
            }
            let path = [path, std::slice::from_ref(name)].concat();
            let made = match by_name == Some(name.as_str()) {
                true if may_be_from_environment(property) => Ok(self.variable_for(&path, false)),
                true => Err(WhyLeftOut::SecretByName),
                false => self.value(&path, property, &property.shape, member, whole || is_poly),
            };
            match made {
                Ok(made) => drop(declared.insert(name.clone(), made)),
                Err(why) if whole || is_poly => return Err(why),
                Err(why) => self.leave_out(&path, &why),
            }
        }
        Ok(declared.into())
    }

    fn structure(
        &self,
        shape: &Shape,
        value: &Json,
    ) -> Result<std::sync::Arc<Structure>, WhyLeftOut> {
        let unknown = |name: &str| WhyLeftOut::UnknownType(name.to_owned());
        let stated = value.stated_type();
        if let (Shape::Poly(base), Some(stated)) = (shape, stated)
            && !self.model.types.is_a(stated, base)
        {
            return Err(unknown(stated));
        }
        let structure = self.model.actual(shape, stated).ok_or_else(|| unknown("?"))?;
        if structure.is_abstract { Err(unknown(&structure.name)) } else { Ok(structure) }
    }

    /// Returns the declaration of settings. Those that hold a secret in clear, by its form or its name, are left alone: the others are merged into
    /// what the tenant has.
    fn settings(
        &mut self,
        path: &[String],
        property: &Property,
        shape: &Shape,
        value: &Json,
    ) -> Result<Json, WhyLeftOut> {
        let mut kept = Map::new();
        let mut left_out = Vec::new();
        for (name, setting) in value.members() {
            let holds_secret = |part: &Json| {
                part.as_str().is_some_and(|text| secret_in(text.as_bytes()).is_some())
            };
            let known = json!({ name: setting });
            let place = TypedPlace::within(self.model, property, shape);
            let mut variables = Vec::new();
            let mut has_instruction = false;
            let mut step = |place: &TypedPlace<'_, Json>, part: &Json| {
                if !place.is_secret() || part.is_null() {
                    has_instruction |= is_instruction(place, part);
                    return CopyStep::Enter;
                }
                let names = place.path();
                let id = names.iter().rev().find(|name| name.contains('_'));
                let id = id.map_or(name, String::as_str).to_owned();
                variables.push(id.clone());
                let at = variables.len() - 1;
                CopyStep::Put(json!({ ENV: at }))
            };
            let declared = copy(&place, &known, &mut step).unwrap_or_default();
            let why = match any(&declared, &mut |part| holds_secret(part)) {
                true => Some(WhyLeftOut::SecretInside),
                false if named_secret::is_within(&declared) => Some(WhyLeftOut::SecretByName),
                false => has_instruction.then_some(WhyLeftOut::Instruction),
            };
            if let Some(why) = why {
                left_out.push((name.to_owned(), why));
                continue;
            }
            let variables = variables.into_iter().map(|id| {
                let path = [path, &[format!("[{id}]")]].concat();
                self.variable_for(&path, false)
            });
            let variables: Vec<Json> = variables.collect();
            let declared = with_variables(&declared, &variables);
            kept.extend(declared.as_object().cloned().unwrap_or_default());
        }
        let is_whole = kept.is_empty() || left_out.iter().any(|(name, _)| name == "$raw");
        match left_out.first() {
            None => return Ok(kept.into()),
            Some((_, why)) if is_whole => return Err(why.clone()),
            Some(_) => {}
        }
        for (name, why) in left_out {
            let path = [path, &[format!("[{name}]")]].concat();
            self.leave_out(&path, &why);
        }
        Ok(json!({ MERGE: kept }))
    }
}

/// Whether a part of settings has a name that a manifest takes for an instruction. The readable form has names of its own
/// that begin so, and what it cannot say has none.
fn is_instruction(place: &TypedPlace<'_, Json>, part: &Json) -> bool {
    let is_raw = place.path().iter().any(|name| name == "$raw");
    part.members().any(|(name, member)| match name {
        "$raw" => is_raw || !member.is_array(),
        "$template" => is_raw || !member.is_object(),
        name => name.starts_with('$'),
    })
}

/// Returns a value in which the numbered variables have their names.
fn with_variables(value: &Json, variables: &[Json]) -> Json {
    match value {
        Json::Object(members) => match members.get(ENV).and_then(Json::as_u64) {
            Some(at) => variables.get(at as usize).cloned().unwrap_or_default(),
            None => members
                .iter()
                .map(|(name, member)| (name.clone(), with_variables(member, variables)))
                .collect(),
        },
        Json::Array(items) => items.iter().map(|item| with_variables(item, variables)).collect(),
        leaf => leaf.clone(),
    }
}

/// Whether a boolean says what another property says too.
fn is_twin(property: &Property, body: &Json) -> bool {
    let twin = property.facts.mirrors.as_ref();
    twin.is_some_and(|twin| body.get(&twin.property).is_some_and(|value| !value.is_null()))
}

/// Returns why the content of a value must not stand in a file.
fn secret_in(bytes: &[u8]) -> Option<WhyLeftOut> {
    if private_key::in_bytes(bytes).is_some() {
        return Some(WhyLeftOut::PrivateKey);
    }
    let text = payload::text_of(bytes)?;
    payload::holds_secret(&text).then_some(WhyLeftOut::SecretInside)
}
