//! Settings of the settings catalog, by their definition id.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{At, Differ};
use crate::definitions;
use crate::manifest::value::{Declared, Value};
use crate::plan::Segment;
use crate::schema::model::Shape;
use crate::schema::walk::Tree;
use crate::settings_catalog::{self, MERGE, SettingPart};

static SETTING: Shape = Shape::Settings(SettingPart::Instance);

impl Differ<'_> {
    /// Compares settings one by one, and returns all of them as they are sent. A setting is compared and replaced whole.
    pub(super) fn settings(&mut self, at: &At<'_>, live: &Json) -> Json {
        let merged = at.declared.get(MERGE);
        let mut sent = match (merged, live) {
            (Some(_), Json::Object(live)) => live.clone(),
            _ => Map::new(),
        };
        let declared = merged.unwrap_or(at.declared);
        for member in declared.members() {
            let at = setting(at, &member.name, &member.value);
            let before = live.get(&member.name);
            if member.value.declared == Declared::Null {
                sent.remove(&member.name);
                before.into_iter().for_each(|before| self.differs(&at, Some(before), None));
                continue;
            }
            let value = spelt(&member.name, member.value.to_json());
            match before {
                Some(before) if self.same(&at, &value, before) => {
                    if member.value.holds_secret() {
                        self.unverifiable(&at, "a value from the environment is never compared");
                    }
                }
                before => self.differs(&at, before, Some(&value)),
            }
            sent.insert(member.name.clone(), value);
        }
        let is_gone = |id: &str| merged.is_none() && declared.get(id).is_none();
        for (id, before) in live.members().filter(|(id, _)| is_gone(id)) {
            self.differs(&setting(at, id, at.declared), Some(before), None);
        }
        sent.into()
    }
}

impl Differ<'_> {
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

/// Returns a setting in the spelling that live settings have.
fn spelt(id: &str, setting: Json) -> Json {
    let one = Json::Object(Map::from_iter([(id.to_owned(), setting)]));
    settings_catalog::canonical(&one).get_mut(id).map(Json::take).unwrap_or_default()
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
