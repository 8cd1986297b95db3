//! The settings of a live object, one row for each value: without secrets, ids with their names.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::document::{AsBuiltSetting, RecordedValue};
use crate::definitions::SettingCatalogue;
use crate::import::named_secret;
use crate::plan::says_nothing;
use crate::schema::model::{Model, Order, Property, Shape};
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::{GraphVersion, type_name};
use crate::schema::walk::{Tree, TypedPlace, each};
use crate::tenant::LiveObject;
use crate::tenant::lookup::is_reference;
use crate::tenant::names::{Named, Names};
use crate::values::canonical::is_unset;
use crate::values::secret::{TEXT, redacted, stands_for_secret};
use crate::values::{masked, payload};

/// Returns the settings of an object.
pub(super) fn settings(
    object: &LiveObject,
    names: &Names,
    catalogue: Option<&SettingCatalogue>,
) -> Vec<AsBuiltSetting> {
    let model = Model::of(GraphVersion::Beta);
    let Some(structure) = model.get(&object.kind) else {
        return Vec::new();
    };
    let body = object.body.value();
    let labels = labels(object, &body, names);
    let mut rows = Rows { labels, catalogue, settings: Vec::new() };
    for (name, value) in body.members() {
        let Some(property) = structure.properties.get(name) else { continue };
        let is_setting = !property.computed && !matches!(property.shape, Shape::Navigation { .. });
        if !is_setting || is_unset(property, &property.shape, value) {
            continue;
        }
        let shown = redacted(model, property, &property.shape, value, &Default::default(), true);
        let shown = decoded(property, shown);
        let default = says_nothing(property, value);
        let key = match &property.shape {
            Shape::Collection(_, Order::Keyed(key)) => Some(key.as_str()),
            _ => None,
        };
        let step = RowStep { path: name.to_owned(), title: None, is_secret: false, key, default };
        rows.add(&step, &shown, Some(value));
    }
    rows.settings
}

/// Returns the names of the ids in an object.
fn labels(object: &LiveObject, body: &Json, names: &Names) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let shape = Shape::Complex(object.kind.clone());
    let root = TypedPlace::root(Model::of(GraphVersion::Beta), &shape);
    each(&root, body, &mut |place, value| {
        let named = place.property.and_then(|property| property.facts.resolves);
        let named = named.or(is_reference(place).then_some(Named::ReusableSetting));
        if let Some((named, id)) = named.zip(value.as_str()) {
            let label = names.label(named, id).filter(|label| !payload::holds_secret(label));
            found.extend(label.map(|label| (id.to_owned(), label.to_owned())));
        }
        true
    });
    found
}

/// Returns a value of a property that is encoded on the wire as its text, where it is one.
fn decoded(property: &Property, value: Json) -> Json {
    let text = value.as_str().filter(|_| property.is_base64()).and_then(payload::decoded);
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map_or(value, |text| json!({ TEXT: text }))
}

struct Rows<'a> {
    labels: BTreeMap<String, String>,
    catalogue: Option<&'a SettingCatalogue>,
    settings: Vec<AsBuiltSetting>,
}

/// The place of a value.
struct RowStep<'k> {
    path: String,
    /// The console's name of the setting that it belongs to.
    title: Option<String>,
    /// Whether a setting around it has the name of a secret.
    is_secret: bool,
    /// The member by which the elements of a list are told apart.
    key: Option<&'k str>,
    default: bool,
}

impl Rows<'_> {
    /// Adds a row for a value, or for each value in it; `live` is the value with its masks.
    fn add(&mut self, step: &RowStep<'_>, shown: &Json, live: Option<&Json>) {
        let RowStep { path, .. } = step;
        match shown {
            _ if stands_for_secret(shown) => {
                let is_masked = live.is_some_and(|live| {
                    masked::reference(live).is_some() || live.as_str().is_some_and(is_placeholder)
                });
                let hidden =
                    if is_masked { RecordedValue::Masked } else { RecordedValue::Withheld };
                self.push(step, hidden);
            }
            Json::Object(members) if members.len() == 1 && members.contains_key(TEXT) => {
                self.push(step, RecordedValue::Value(members[TEXT].clone()));
            }
            Json::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    let inner = RowStep {
                        path: format!("{path}.{name}"),
                        title: self.title(name, value).or_else(|| step.title.clone()),
                        is_secret: step.is_secret || named_secret::is_name_of_secret(name),
                        key: None,
                        default: step.default,
                    };
                    self.add(&inner, value, live.and_then(|live| live.get(name)));
                }
            }
            Json::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                for (at, item) in items.iter().enumerate() {
                    let name = step.key.map_or_else(|| at.to_string(), |key| item.key(key));
                    let inner = RowStep {
                        path: format!("{path}[{name}]"),
                        title: step.title.clone(),
                        key: None,
                        ..*step
                    };
                    self.add(&inner, item, live.and_then(|live| live.get(at)));
                }
            }
            value => self.leaf(step, value),
        }
    }

    fn leaf(&mut self, step: &RowStep<'_>, value: &Json) {
        let is_named =
            |text: &Json| step.is_secret && text.as_str().is_some_and(payload::can_be_secret);
        let hides = step.is_text() && (is_named(value) || value.elements().iter().any(is_named));
        let value = match value.as_str().filter(|_| step.path.ends_with("@odata.type")) {
            Some(stated) => type_name(stated).unwrap_or(stated).into(),
            None => value.clone(),
        };
        self.push(step, if hides { RecordedValue::Withheld } else { RecordedValue::Value(value) });
    }

    fn push(&mut self, step: &RowStep<'_>, value: RecordedValue) {
        let mut names = BTreeMap::new();
        if let RecordedValue::Value(value) = &value {
            let texts = value.elements().iter().chain([value]).filter_map(Json::as_str);
            let known = texts.filter_map(|id| self.labels.get_key_value(id));
            names.extend(known.map(|(id, label)| (id.clone(), label.clone())));
        }
        let RowStep { path, title, default, .. } = step;
        let (path, title, default) = (path.clone(), title.clone(), *default);
        self.settings.push(AsBuiltSetting { path, title, value, names, default });
    }

    /// Returns the console's name of a setting of the settings catalog.
    fn title(&self, id: &str, setting: &Json) -> Option<String> {
        self.catalogue.filter(|_| id.contains('_') && setting.is_object())?.comment(id, setting)
    }
}

impl RowStep<'_> {
    /// Whether a value is a text of a setting: a choice is one of those that the setting has.
    fn is_text(&self) -> bool {
        let name = self.path.rsplit('.').next().unwrap_or_default();
        let name = name.split('[').next().unwrap_or_default();
        named_secret::TEXTS.contains(&name) || name == "value"
    }
}
