//! Settings of the settings catalog, by their definition id.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::field::NEVER_COMPARED;
use super::{At, Differ};
use crate::definitions;
use crate::manifest::value::{Declared, Member, Value};
use crate::plan::{Blocked, Segment};
use crate::schema::model::Shape;
use crate::schema::walk::Tree;
use crate::settings_catalog::{self, MERGE, REF, SettingPart};
use crate::tenant::names::Named;

static SETTING: Shape = Shape::Settings(SettingPart::Instance);

impl Differ<'_> {
    /// Compares settings one by one, and returns all of them as they are sent. A setting is compared and replaced whole.
    pub(super) fn settings(&mut self, at: &At<'_>, live: &Json) -> Json {
        let merged = at.declared.get(MERGE);
        let built = self.built_settings(at.declared);
        if is_raw(&built) || is_raw(live) {
            return self.raw_settings(at, live, built);
        }
        let mut sent = match (merged, live) {
            (Some(_), Json::Object(live)) => live.clone(),
            _ => Map::new(),
        };
        let declared = merged.unwrap_or(at.declared);
        for member in declared.members() {
            let at = setting(at, &member.name, &member.value);
            let before = live.get(&member.name);
            let Some(value) = built.get(&member.name) else {
                sent.remove(&member.name);
                if let Some(before) = before
                    && self.differs(&at, Some(before), None)
                {
                    sent.insert(member.name.clone(), before.clone());
                }
                continue;
            };
            match before {
                Some(before) if self.same(&at, value, before) => {
                    if member.value.holds_secret() {
                        self.unverifiable(&at, NEVER_COMPARED);
                    }
                }
                before => {
                    if self.differs(&at, before, Some(value)) {
                        sent.extend(before.map(|before| (member.name.clone(), before.clone())));
                        continue;
                    }
                }
            }
            sent.insert(member.name.clone(), value.clone());
        }
        let is_gone = |id: &str| merged.is_none() && declared.get(id).is_none();
        for (id, before) in live.members().filter(|(id, _)| is_gone(id)) {
            if self.differs(&setting(at, id, at.declared), Some(before), None) {
                sent.insert(id.to_owned(), before.clone());
            }
        }
        sent.into()
    }

    /// Compares settings of which one side is Graph's own list, as a whole.
    fn raw_settings(&mut self, at: &At<'_>, live: &Json, built: Json) -> Json {
        if at.declared.get(MERGE).is_some() {
            let blocked = Blocked::new(
                "settings/raw",
                "the tenant has settings here that no map of definition ids can hold, and nothing can be merged into them",
                "declare all settings of the policy: `settings: { $raw: [ … ] }`",
                Some(self.sources.locate(at.declared.span)),
            );
            self.blocked.push(blocked);
        } else if !self.same(at, &built, live) {
            if self.differs(at, Some(live), Some(&built)) {
                return live.clone();
            }
        } else if at.declared.holds_secret() {
            self.unverifiable(at, NEVER_COMPARED);
        }
        built
    }

    /// Returns declared settings as they are compared and sent: in the spelling that live settings have, those that are
    /// merged in the place of all, and without those that null removes.
    pub(super) fn built_settings(&mut self, declared: &Value) -> Json {
        let settings = declared.get(MERGE).unwrap_or(declared);
        let mut settings = self.with_ids(SettingPart::ROOT, settings);
        if let Some(members) = settings.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        if let Err(faults) = settings_catalog::write(&settings) {
            // Manifests are checked before; a journal of another release may hold what this one does not know.
            let fault = faults.into_iter().next();
            let (message, help) = fault.map(|it| (it.message, it.help)).unwrap_or_default();
            let blocked = Blocked::new(
                "settings/form",
                format!("the settings cannot be sent: {message}"),
                help.unwrap_or_else(|| "`moorline validate` says what is wrong".to_owned()),
                Some(self.sources.locate(declared.span)),
            );
            if !self.blocked.contains(&blocked) {
                self.blocked.push(blocked);
            }
        }
        settings_catalog::canonical(&settings)
    }
}

impl Differ<'_> {
    /// Returns a part of settings, with the ids of the reusable settings that it refers to in the place of their names.
    fn with_ids(&mut self, part: SettingPart, value: &Value) -> Json {
        let part = part.stating(value.odata_type(), value.get("valueState").is_some());
        match &value.declared {
            Declared::Object(_) | Declared::String(_) if part == SettingPart::Reference => {
                let name = value.get(REF).map_or(Some(value), |to| to.get("displayName"));
                match name.and_then(Value::as_str).filter(|name| !name.is_empty()) {
                    Some(name) => self.id_of(Named::ReusableSetting, name, value.span),
                    None => value.to_json(),
                }
            }
            Declared::Object(members) => {
                let members = members.iter();
                let member = |it: &Member| {
                    (it.name.clone(), self.with_ids(part.member(&it.name), &it.value))
                };
                members.map(member).collect()
            }
            Declared::List(elements) => {
                elements.iter().map(|element| self.with_ids(part.element(), element)).collect()
            }
            _ => value.to_json(),
        }
    }

    /// Adds the portal's names of settings, where the catalogue has them.
    pub(super) fn name_settings(
        &self,
        at: &At<'_>,
        value: &Json,
        names: &mut BTreeMap<String, String>,
    ) {
        let (Some(catalogue), Shape::Settings(_)) = (self.catalogue, at.shape) else {
            return;
        };
        let own = match at.path.0.last() {
            Some(Segment::Key { key }) => Some(json!({ key: value })),
            _ => None,
        };
        for id in definitions::ids(own.as_ref().unwrap_or(value)) {
            // A name is no part of the plan: a damaged catalogue is reported with the manifests.
            if let Ok(Some(name)) = catalogue.display_name(&id) {
                names.insert(id, name);
            }
        }
    }
}

/// Returns whether settings are Graph's own list.
fn is_raw(settings: &Json) -> bool {
    settings.get("$raw").is_some()
}

/// Returns the place of a setting.
fn setting<'v>(at: &At<'v>, id: &str, declared: &'v Value) -> At<'v> {
    At {
        path: at.path.with(Segment::Key { key: id.to_owned() }),
        property: at.property,
        shape: &SETTING,
        declared,
        whole: true,
    }
}
