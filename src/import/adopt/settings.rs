//! Settings of settings catalog policies, one by one by their definition ids.

use serde_json::{Value as Json, json};

use super::edits::EditTarget;
use super::refusal::WhyNotAdopted;
use super::texts::TextPlace;
use super::value::{AdoptedPlace, LiveValue, ValueAdopter, target_of};
use crate::manifest::value::{Declared, Value};
use crate::plan::Segment;
use crate::settings_catalog::{self, MERGE};
use crate::yaml::edit::{Step, YamlChange};
use crate::yaml::node::{Node, NodeContent, NodeEntry};

/// The member of settings in Graph's own form.
const RAW: &str = "$raw";

impl ValueAdopter<'_> {
    pub(super) fn settings(
        &mut self,
        at: &AdoptedPlace<'_>,
        declared: &Value,
        live: LiveValue<'_>,
    ) {
        let written = self.context.texts.at(declared.span).map(|(_, written)| written);
        let is_list = |value: &Value| matches!(value.declared, Declared::List(_));
        let is_raw = written.is_some_and(is_list) || declared.get(RAW).is_some();
        let merged = declared.get(MERGE);
        if is_raw || merged.is_some_and(|merged| merged.get(RAW).is_some()) {
            return self.made.leave(&at.path, &WhyNotAdopted::RawSettings);
        }
        let empty = json!({});
        let raw = live.raw.unwrap_or(&empty);
        let Some(made) =
            live.made.or(raw.as_object().is_some_and(|it| it.is_empty()).then_some(&empty))
        else {
            return self.leaf(at, declared, live);
        };
        let made = made.get(MERGE).unwrap_or(made);
        if raw.get(RAW).is_some() || made.get(RAW).is_some() {
            return self.made.leave(&at.path, &WhyNotAdopted::RawLive);
        }
        let map = merged.unwrap_or(declared);
        let form = |id: &str, value: &Json| settings_catalog::canonical(&json!({ id: value }));
        for member in map.members() {
            let inner = setting(at, &member.name);
            let before = raw.get(&member.name);
            let is_null = member.value.declared == Declared::Null;
            let is_same = match before {
                None => is_null,
                Some(before) => {
                    let value = member.value.to_json();
                    !is_null
                        && (form(&member.name, &value) == form(&member.name, before)
                            || self.is_same(&inner, &member.value, Some(before)))
                }
            };
            if is_same || !self.is_wanted(&inner.path) {
                continue;
            }
            let place = self.editable(member.value.span).map(|(place, _)| place);
            let Some(made) = made.get(&member.name) else {
                match (before, place) {
                    (Some(_), _) => self.tell_setting(&inner),
                    // What is merged stays unless null removes it.
                    (None, Some(place)) if merged.is_none() => {
                        self.change(&inner, &place, YamlChange::Remove);
                    }
                    (None, place) => self.set(&inner, place, Node::of(&Json::Null)),
                }
                continue;
            };
            let target = place.as_ref().map_or(EditTarget::Overlay, target_of);
            if let Some(node) =
                self.setting_node(&inner, &member.name, made, Some(&member.value), target)
            {
                self.set(&inner, place, node);
            }
        }
        if merged.is_some() {
            return;
        }
        let place = self.editable(map.span).map(|(place, _)| place);
        for (id, made) in made.as_object().into_iter().flatten() {
            let inner = setting(at, id);
            if map.get(id).is_some() || !self.is_wanted(&inner.path) {
                continue;
            }
            let target = place.as_ref().map_or(EditTarget::Overlay, target_of);
            let Some(node) = self.setting_node(&inner, id, made, None, target) else { continue };
            match &place {
                Some(place) => {
                    let change = match before(map, place, id) {
                        Some(siblings) => YamlChange::SetAfter(node, siblings),
                        None => YamlChange::Set(node),
                    };
                    self.change(&inner, &place.member(id), change);
                }
                None => self.set(&inner, None, node),
            }
        }
    }

    fn tell_setting(&mut self, at: &AdoptedPlace<'_>) {
        let text = at.path.to_string();
        let known = self.context.left_out.iter().find(|left| left.path == text);
        match known {
            Some(left) => self.made.leave_out(left.clone()),
            None => self.made.leave(&at.path, &WhyNotAdopted::NotShown),
        }
    }

    fn setting_node(
        &mut self,
        at: &AdoptedPlace<'_>,
        id: &str,
        made: &Json,
        declared: Option<&Value>,
        target: EditTarget,
    ) -> Option<Node> {
        let mut made = made.clone();
        if let Some(declared) = declared {
            super::value::keep_variables(declared, &mut made);
        }
        let whole = AdoptedPlace { shape: &at.property.shape, ..at.clone() };
        let node = self.fresh(&whole, &json!({ id: made }), None, target)?;
        match node.content {
            NodeContent::Map(entries) => entries.into_iter().find_map(|entry| match entry {
                NodeEntry::Member(_, node) => Some(node),
                NodeEntry::Comment(_) => None,
            }),
            _ => None,
        }
    }
}

fn setting<'v>(at: &AdoptedPlace<'v>, id: &str) -> AdoptedPlace<'v> {
    let steps = [&at.steps[..], &[Step::Member(id.to_owned())]].concat();
    AdoptedPlace {
        path: at.path.with(Segment::Key { key: id.to_owned() }),
        whole: true,
        steps,
        ..at.clone()
    }
}

/// Returns the settings that a new one comes after, where they are written in the order of their ids.
fn before(map: &Value, place: &TextPlace, id: &str) -> Option<Vec<String>> {
    let own = map.members().iter().filter(|member| member.value.span.file == place.file);
    let own: Vec<&str> = own.map(|member| member.name.as_str()).collect();
    own.is_sorted()
        .then(|| own.iter().filter(|name| **name < id).map(|name| (*name).to_owned()).collect())
}
