//! Declared values against the tenant's: the edits that make a manifest declare what the tenant has.
//!
//! The walk goes down as far as a manifest declares, so that an edit changes one value and leaves what stands around it.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::edits::{EditTarget, ObjectEdits, PayloadEdit, PlannedEdit};
use super::refusal::WhyNotAdopted;
use super::texts::{ManifestTexts, TextPlace};
use crate::definitions::SettingCatalogue;
use crate::diagnostic::{FileId, Span};
use crate::import::layout::Layout;
use crate::import::left_out::LeftOut;
use crate::import::payload::PayloadFile;
use crate::kinds::Update;
use crate::manifest::Manifest;
use crate::manifest::value::{Declared, Value};
use crate::plan::FieldPath;
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::walk::Tree;
use crate::tenant::names::Names;
use crate::values::canonical::{canonical, is_unset};
use crate::values::masked;
use crate::values::payload::decoded;
use crate::values::secret::may_be_from_environment;
use crate::yaml::edit::{Step, YamlChange};
use crate::yaml::node::Node;

/// All that the walk over one object depends on.
pub(super) struct ObjectContext<'a> {
    pub(super) model: &'static Model,
    pub(super) manifest: &'a Manifest,
    /// The names that manifests use.
    pub(super) declared_names: &'a Names,
    /// The names that are written.
    pub(super) names: &'a Names,
    pub(super) texts: &'a ManifestTexts,
    pub(super) catalogue: Option<&'a SettingCatalogue>,
    /// Whether a file may be edited: others are laid over.
    pub(super) is_editable: &'a dyn Fn(FileId) -> bool,
    /// Whether another file beside a document has the name of a file.
    pub(super) is_taken: &'a dyn Fn(EditTarget, &PayloadFile) -> bool,
    /// Whether the tenant may have a manifest of its own.
    pub(super) has_overlay: bool,
    /// Whether values that the service masks are written in clear.
    pub(super) unmasks: bool,
    /// The path of the only values that are adopted.
    pub(super) wanted: Option<&'a str>,
    /// The values of the object that no manifest may hold.
    pub(super) left_out: &'a [LeftOut],
}

/// Adopts the values of one object.
pub(super) struct ValueAdopter<'a> {
    pub(super) context: ObjectContext<'a>,
    pub(super) made: ObjectEdits,
}

/// A declared value, with its place in the object.
#[derive(Clone)]
pub(super) struct AdoptedPlace<'v> {
    pub(super) path: FieldPath,
    pub(super) property: &'v Property,
    pub(super) shape: &'v Shape,
    /// Whether the value is complete: members that it does not declare are unset.
    pub(super) whole: bool,
    /// The steps from the root of a document; none within a list that an overlay replaces as a whole.
    pub(super) steps: Vec<Step>,
}

impl<'v> AdoptedPlace<'v> {
    /// Returns the place of a top-level property.
    pub(super) fn top(property: &'v Property) -> Self {
        let steps = vec![Step::Member("spec".to_owned()), Step::Member(property.name.clone())];
        let path = FieldPath::default().name(&property.name);
        Self { path, property, shape: &property.shape, whole: false, steps }
    }

    fn member(&self, property: &'v Property, whole: bool) -> Self {
        Self {
            path: self.path.name(&property.name),
            property,
            shape: &property.shape,
            whole,
            steps: [&self.steps[..], &[Step::Member(property.name.clone())]].concat(),
        }
    }
}

/// A value of the tenant: as Graph has it, and as a manifest declares it where it may.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LiveValue<'a> {
    pub(super) raw: Option<&'a Json>,
    pub(super) made: Option<&'a Json>,
}

impl<'a> LiveValue<'a> {
    fn member(self, name: &str) -> Self {
        let get = |value: Option<&'a Json>| value.and_then(|value| value.get(name));
        Self { raw: get(self.raw), made: get(self.made) }
    }
}

impl ValueAdopter<'_> {
    /// Adopts what differs of a value.
    pub(super) fn value(&mut self, at: &AdoptedPlace<'_>, declared: &Value, live: LiveValue<'_>) {
        let is_secret = matches!(declared.declared, Declared::Env(_));
        // A masked value is compared by what it is in clear, where that was read.
        let is_masked = live.raw.is_some_and(|raw| masked::reference(raw).is_some());
        let seen = if is_masked { live.made } else { live.raw };
        let is_unseen = is_masked && seen.is_none_or(|seen| !seen.is_string());
        if is_secret
            || is_unseen
            || !self.leads_to_wanted(&at.path)
            || self.is_same(at, declared, seen)
        {
            return;
        }
        let unset = live.raw.is_none_or(|raw| is_unset(at.property, at.shape, raw));
        match (&declared.declared, at.shape, live.made) {
            (Declared::Object(_), Shape::Settings(_), _) => self.settings(at, declared, live),
            (Declared::List(_), Shape::Settings(_), _) => {
                self.made.leave(&at.path, &WhyNotAdopted::RawSettings);
            }
            (Declared::List(_), Shape::Collection(element, order), made)
                if unset || made.is_some() =>
            {
                let items =
                    |value: Option<&Json>| value.map(Tree::elements).unwrap_or_default().to_vec();
                let (raw, made) = (items(live.raw), items(made));
                let items: Vec<LiveValue<'_>> = raw
                    .iter()
                    .zip(&made)
                    .map(|(raw, made)| LiveValue { raw: Some(raw), made: Some(made) })
                    .collect();
                self.collection(at, element, order, declared, &items);
            }
            (Declared::Object(_), Shape::Complex(_) | Shape::Poly(_), Some(made))
                if !unset && !is_retyped(declared, made) =>
            {
                self.object(at, declared, live);
            }
            _ => self.leaf(at, declared, live),
        }
    }

    fn object(&mut self, at: &AdoptedPlace<'_>, declared: &Value, live: LiveValue<'_>) {
        let stated = declared.odata_type();
        let whole = stated.is_some() || at.whole;
        let Some(structure) = self.structure(at.shape, stated, live) else {
            return self.made.leave(&at.path, &WhyNotAdopted::NotShown);
        };
        for member in declared.members() {
            let Some(property) = structure.properties.get(&member.name) else { continue };
            if property.is_comparable() {
                let live = live.member(&member.name);
                self.value(&at.member(property, whole), &member.value, live);
            }
        }
        if !whole {
            return;
        }
        let made = live.made.and_then(Json::as_object).into_iter().flatten();
        for (name, made) in made.filter(|(name, _)| declared.get(name).is_none()) {
            let known = structure.properties.get(name);
            let Some(property) = known.filter(|property| property.is_comparable()) else {
                continue;
            };
            let at = at.member(property, whole);
            let says_something = property.facts.default.is_some() || property.can_be_unset();
            if says_something && self.is_wanted(&at.path) {
                let place = self.editable(declared.span).map(|(place, _)| place.member(name));
                let target = place.as_ref().map_or(EditTarget::Overlay, target_of);
                let Some(node) = self.fresh(&at, made, Some(declared), target) else { continue };
                self.set(&at, place, node);
            }
        }
    }

    /// Declares a property that is set in the tenant and that the manifest does not declare.
    pub(super) fn undeclared(&mut self, at: &AdoptedPlace<'_>, live: LiveValue<'_>) {
        if !self.is_wanted(&at.path) {
            return;
        }
        let Some(made) = live.made else { return self.tell_left_out(&at.path) };
        let spec = self.editable(self.context.manifest.spec.span);
        let place = spec.map(|(place, _)| place.member(&at.property.name));
        let target = place.as_ref().map_or(EditTarget::Overlay, target_of);
        if let Some(node) = self.fresh(at, made, None, target) {
            self.set(at, place, node);
        }
    }

    fn structure(
        &self,
        shape: &Shape,
        stated: Option<&str>,
        live: LiveValue<'_>,
    ) -> Option<Arc<Structure>> {
        let live = live.raw.and_then(Tree::stated_type);
        self.context.model.actual(shape, stated.or(live))
    }

    /// Adopts a value as a whole.
    pub(super) fn leaf(&mut self, at: &AdoptedPlace<'_>, declared: &Value, live: LiveValue<'_>) {
        if !self.is_wanted(&at.path) {
            return;
        }
        let place = self.editable(declared.span).map(|(place, written)| (place, written.clone()));
        let raw = live.raw.filter(|raw| !raw.is_null());
        let made = match (raw, live.made) {
            (None, _) => return self.unset(at, place.map(|(place, _)| place)),
            // `notConfigured`, an empty text: a value that says that there is none.
            (Some(raw), None) if is_unset(at.property, at.shape, raw) => {
                let node = Node::of(raw);
                return self.set(at, place.map(|(place, _)| place), node);
            }
            (Some(_), None) => return self.tell_left_out(&at.path),
            (Some(_), Some(made)) => made,
        };
        // It may be what an earlier manifest took from the environment.
        if may_be_from_environment(at.property) && !self.context.unmasks {
            return self.made.leave(&at.path, &WhyNotAdopted::Masked);
        }
        let Some((place, written)) = place else {
            let Some(node) = self.fresh(at, made, Some(declared), EditTarget::Overlay) else {
                return;
            };
            return self.set(at, None, node);
        };
        match (directive(&written), made.as_str()) {
            (Some(("$file", path)), Some(text)) => {
                let content = match at.property.is_base64() {
                    true => decoded(text),
                    false => Some(text.as_bytes().to_vec()),
                };
                let (Some(content), Some(path)) = (content, path.as_str()) else {
                    return self.made.leave(&at.path, &WhyNotAdopted::NotShown);
                };
                let beside = target_of(&place);
                let path = path.to_owned();
                self.made.payloads.push(PayloadEdit { beside, path, content });
                self.made.adopted.push(at.path.to_string());
            }
            (Some(("$text", _)), Some(text)) => {
                let inner = match at.property.is_base64() {
                    true => decoded(text).and_then(|bytes| String::from_utf8(bytes).ok()),
                    false => Some(text.to_owned()),
                };
                match inner {
                    Some(inner) => {
                        self.set(at, Some(place.member("$text")), Node::of(&inner.into()));
                    }
                    // What is no text goes into a file.
                    None => self.set_fresh(at, place, made, declared),
                }
            }
            // A text that is written as it is stays so.
            (None, Some(text))
                if at.property.facts.resolves.is_none() && written.as_str().is_some() =>
            {
                self.set(at, Some(place), Node::of(&text.into()));
            }
            _ => self.set_fresh(at, place, made, declared),
        }
    }

    fn set_fresh(
        &mut self,
        at: &AdoptedPlace<'_>,
        place: TextPlace,
        made: &Json,
        declared: &Value,
    ) {
        if let Some(node) = self.fresh(at, made, Some(declared), target_of(&place)) {
            self.set(at, Some(place), node);
        }
    }

    /// Declares that a value is unset.
    fn unset(&mut self, at: &AdoptedPlace<'_>, place: Option<TextPlace>) {
        let is_patched = matches!(self.context.manifest.family.update, Update::Patch);
        let unset = match at.shape {
            Shape::Collection(..) => Some(json!([])),
            Shape::Settings(_) => Some(json!({})),
            // A complete value says so by leaving the member out.
            _ if at.whole || !at.property.nullable || !is_patched => None,
            _ => Some(Json::Null),
        };
        match (unset, place) {
            (Some(value), place) => self.set(at, place, Node::of(&value)),
            (None, Some(place)) => {
                if !at.whole {
                    self.made.leave(&at.path, &WhyNotAdopted::Undeclared);
                }
                self.change(at, &place, YamlChange::Remove);
            }
            (None, None) => {
                self.made.leave(&at.path, &WhyNotAdopted::Undeclared);
                self.set(at, None, Node::of(&json!({ "$undeclare": true })).flow());
            }
        }
    }

    fn tell_left_out(&mut self, path: &FieldPath) {
        let text = path.to_string();
        let mut known = self.context.left_out.iter();
        let is_about =
            |left: &&LeftOut| is_within(&left.path, &text) || is_within(&text, &left.path);
        match known.find(is_about) {
            Some(left) => self.made.leave_out(left.clone()),
            None => self.made.leave(path, &WhyNotAdopted::NotShown),
        }
    }

    /// Returns a value of the tenant as an import writes it, with the variables that the declared one takes secrets from.
    pub(super) fn fresh(
        &mut self,
        at: &AdoptedPlace<'_>,
        made: &Json,
        declared: Option<&Value>,
        target: EditTarget,
    ) -> Option<Node> {
        if target == EditTarget::Overlay && !self.context.has_overlay {
            self.made.leave(&at.path, &WhyNotAdopted::NoOverlay);
            return None;
        }
        let mut made = made.clone();
        if let Some(declared) = declared {
            keep_variables(declared, &mut made);
        }
        let ObjectContext { model, names, catalogue, manifest, is_taken, .. } = &self.context;
        let mut layout = Layout {
            model,
            names,
            catalogue: *catalogue,
            manifest: &manifest.address.name,
            is_taken: &|file| is_taken(target, file),
            files: Vec::new(),
        };
        let node = layout.value(at.property, at.shape, &made, &at.property.name);
        let payloads = layout.files.into_iter().map(|file| PayloadEdit {
            beside: target,
            path: format!("./{}", file.name),
            content: file.content,
        });
        self.made.payloads.extend(payloads);
        Some(node)
    }

    /// Sets a value in its place, or in the tenant's own manifest.
    pub(super) fn set(&mut self, at: &AdoptedPlace<'_>, place: Option<TextPlace>, node: Node) {
        match place {
            Some(place) => self.change(at, &place, YamlChange::Set(node)),
            None if !self.context.has_overlay => {
                self.made.leave(&at.path, &WhyNotAdopted::NoOverlay);
            }
            None => {
                self.made.adopted.push(at.path.to_string());
                self.made.edits.push(PlannedEdit {
                    target: EditTarget::Overlay,
                    path: at.steps.clone(),
                    change: YamlChange::Set(node),
                });
            }
        }
    }

    pub(super) fn change(&mut self, at: &AdoptedPlace<'_>, place: &TextPlace, change: YamlChange) {
        self.made.adopted.push(at.path.to_string());
        let (target, path) = (target_of(place), place.path.clone());
        self.made.edits.push(PlannedEdit { target, path, change });
    }

    /// Returns the place of a value that may be edited, and the value as it is written there.
    pub(super) fn editable(&self, span: Span) -> Option<(TextPlace, &Value)> {
        let found = self.context.texts.at(span)?;
        (self.context.is_editable)(found.0.file).then_some(found)
    }

    /// Returns whether a value may be edited where it is declared.
    pub(super) fn is_editable(&self, declared: &Value) -> bool {
        (self.context.is_editable)(declared.span.file)
    }

    /// Returns whether a declared value is what the tenant has.
    pub(super) fn is_same(
        &self,
        at: &AdoptedPlace<'_>,
        declared: &Value,
        raw: Option<&Json>,
    ) -> bool {
        let declared = self.plain(at.property, at.shape, declared);
        let raw = raw.unwrap_or(&Json::Null);
        let form = |value| canonical(self.context.model, at.shape, value);
        form(&declared) == form(raw)
            || is_unset(at.property, at.shape, &declared) && is_unset(at.property, at.shape, raw)
    }

    /// Returns a declared value with ids in the place of names.
    pub(super) fn plain(&self, property: &Property, shape: &Shape, declared: &Value) -> Json {
        match (&declared.declared, shape) {
            (Declared::Object(members), Shape::Complex(_) | Shape::Poly(_)) => {
                let structure = self.context.model.actual(shape, declared.odata_type());
                let member = |member: &crate::yaml::Member| {
                    let known = structure.as_ref().and_then(|it| it.properties.get(&member.name));
                    let value = match known {
                        Some(inner) => self.plain(inner, &inner.shape, &member.value),
                        None => member.value.to_json(),
                    };
                    (member.name.clone(), value)
                };
                members.iter().map(member).collect::<Map<_, _>>().into()
            }
            (Declared::List(elements), Shape::Collection(element, _)) => {
                elements.iter().map(|value| self.plain(property, element, value)).collect()
            }
            _ => match (property.facts.resolves, declared.as_str()) {
                (Some(named), Some(text)) => {
                    let id = self.context.declared_names.resolve(named, text);
                    id.unwrap_or_else(|_| text.to_owned()).into()
                }
                _ => declared.to_json(),
            },
        }
    }

    /// Returns whether all of a value may be adopted.
    pub(super) fn is_wanted(&self, path: &FieldPath) -> bool {
        self.context.wanted.is_none_or(|wanted| is_within(&path.to_string(), wanted))
    }

    /// Returns whether a value or a part of it may be adopted.
    pub(super) fn leads_to_wanted(&self, path: &FieldPath) -> bool {
        let text = path.to_string();
        self.context
            .wanted
            .is_none_or(|wanted| is_within(&text, wanted) || is_within(wanted, &text))
    }
}

/// Whether a path is another one, or leads to a part of it.
pub(in crate::import) fn is_within(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

pub(super) fn target_of(place: &TextPlace) -> EditTarget {
    EditTarget::Document(place.file, place.document)
}

fn is_retyped(declared: &Value, made: &Json) -> bool {
    declared.odata_type().zip(made.stated_type()).is_some_and(|(a, b)| a != b)
}

/// Returns the name and the value of a value reference or an overlay directive.
pub(super) fn directive(written: &Value) -> Option<(&str, &Value)> {
    match written.members() {
        [only] if only.name.starts_with('$') => Some((&only.name, &only.value)),
        _ => None,
    }
}

/// Puts the variables of a declared value in the place of those that an import would name.
pub(super) fn keep_variables(declared: &Value, made: &mut Json) {
    match (&declared.declared, made) {
        (Declared::Env(name), Json::Object(members)) if members.contains_key("$env") => {
            members.insert("$env".to_owned(), name.clone().into());
        }
        (Declared::Object(_), Json::Object(members)) => {
            for (name, made) in members {
                if let Some(declared) = declared.get(name) {
                    keep_variables(declared, made);
                }
            }
        }
        (Declared::List(elements), Json::Array(items)) => {
            elements.iter().zip(items).for_each(|(declared, made)| keep_variables(declared, made));
        }
        _ => {}
    }
}
