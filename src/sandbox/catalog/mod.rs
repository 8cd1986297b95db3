//! The settings catalog that the sandbox has: a small part of Intune's, with ids of Intune's and texts of the sandbox's own
//! (FACTS 15.5).
//!
//! `data.json` holds what differs from one definition to the next. What follows from it, such as the ids of options or which
//! settings depend on an option, is made here.

pub(crate) mod check;
pub(crate) mod edit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::state::text;
use super::{Object, guid, object};
use crate::schema::types::odata_type;

static CATALOG: LazyLock<SettingsCatalog> = LazyLock::new(|| {
    let source: CatalogSource = serde_json::from_str(include_str!("data.json"))
        .expect("the catalog is part of the program and a test reads it");
    SettingsCatalog::of(&source)
});

/// The complete objects as Graph shows them.
struct SettingsCatalog {
    definitions: Vec<Object>,
    /// The place of each definition, by its id.
    places: BTreeMap<String, usize>,
    categories: Vec<Object>,
    templates: Vec<Object>,
    /// Beginnings of ids of which the catalog has all that there are.
    areas: Vec<String>,
}

/// `data.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogSource {
    areas: Vec<String>,
    categories: Vec<CategorySource>,
    definitions: Vec<DefinitionSource>,
    templates: Vec<TemplateSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategorySource {
    name: String,
    platform: String,
    technologies: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DefinitionSource {
    id: String,
    /// The middle of the type's name: `ChoiceSetting`, `SimpleSettingCollection`, ….
    kind: String,
    category: String,
    /// The address on the device, in two parts.
    uri: [String; 2],
    name: String,
    display_name: String,
    description: String,
    /// The definition at the top of the tree, where it is another one.
    root: Option<String>,
    /// The groups and options of which one must be there for the setting: the definition, and the suffix of the option.
    #[serde(default)]
    parents: Vec<(String, Option<String>)>,
    #[serde(default)]
    is_required: bool,
    /// Suffix and name.
    #[serde(default)]
    options: Vec<(String, String)>,
    /// The suffix of the default option, or the default value.
    #[serde(default)]
    default: Value,
    value: Option<BoundsSource>,
    /// The least and greatest number of groups or elements.
    count: Option<[i64; 2]>,
}

/// Which values a simple setting has, with bounds of the number or of the length.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum BoundsSource {
    Integer(i64, i64),
    String(i64, i64),
    Secret(i64, i64),
    Reference(i64, i64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TemplateSource {
    base: String,
    version: i64,
    display_name: String,
    display_version: String,
    description: String,
    family: String,
    platform: String,
    technologies: String,
    /// The definitions at the top of the template; those that depend on them stand beneath.
    settings: Vec<String>,
}

/// Returns the definitions of settings.
pub(crate) fn definitions() -> &'static [Object] {
    &CATALOG.definitions
}

/// Returns the categories of definitions.
pub(crate) fn categories() -> &'static [Object] {
    &CATALOG.categories
}

/// Returns the templates of policies, each with its setting templates.
pub(crate) fn templates() -> &'static [Object] {
    &CATALOG.templates
}

/// Returns a definition by its id.
pub(crate) fn definition(id: &str) -> Option<&'static Object> {
    CATALOG.places.get(id).map(|place| &CATALOG.definitions[*place])
}

/// Returns the definitions of a setting of a policy: those that share the root of any instance in it (FACTS 15.5).
pub(crate) fn definitions_of(setting: &Object) -> Vec<Object> {
    fn gather<'a>(value: &'a Value, roots: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                let known = definition(text(members, "settingDefinitionId"));
                roots.extend(known.map(|known| text(known, "rootDefinitionId")));
                members.values().for_each(|value| gather(value, roots));
            }
            Value::Array(elements) => elements.iter().for_each(|value| gather(value, roots)),
            _ => {}
        }
    }
    let mut roots = BTreeSet::new();
    setting.values().for_each(|value| gather(value, &mut roots));
    let all = definitions().iter();
    all.filter(|own| roots.contains(text(own, "rootDefinitionId"))).cloned().collect()
}

/// Returns whether the catalog has all the definitions that are named like this one.
fn is_of_known_area(id: &str) -> bool {
    CATALOG.areas.iter().any(|area| id.starts_with(area.as_str()))
}

impl SettingsCatalog {
    fn of(source: &CatalogSource) -> Self {
        let definitions: Vec<Object> =
            source.definitions.iter().map(|own| own.complete(source)).collect();
        let places = definitions.iter().enumerate();
        let places = places.map(|(place, own)| (text(own, "id").to_owned(), place)).collect();
        Self {
            places,
            categories: source.categories.iter().map(CategorySource::complete).collect(),
            templates: source.templates.iter().map(|own| own.complete(source)).collect(),
            areas: source.areas.clone(),
            definitions,
        }
    }
}

impl CategorySource {
    fn id(name: &str) -> String {
        guid(&["setting category", name])
    }

    fn complete(&self) -> Object {
        let id = Self::id(&self.name);
        object(json!({
            "id": id,
            "description": null,
            "categoryDescription": null,
            "helpText": null,
            "name": self.name,
            "displayName": self.name,
            "platforms": self.platform,
            "technologies": self.technologies,
            "settingUsage": "configuration",
            "parentCategoryId": "00000000-0000-0000-0000-000000000000",
            "rootCategoryId": id,
            "childCategoryIds": [],
        }))
    }
}

impl DefinitionSource {
    fn option(&self, suffix: &str) -> String {
        format!("{}_{suffix}", self.id)
    }

    /// Returns the definitions that are there for an option of this one, or for this one where it is a group.
    fn children<'a>(
        &'a self,
        source: &'a CatalogSource,
        suffix: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Self> {
        source.definitions.iter().filter(move |other| {
            let mut parents = other.parents.iter();
            parents.any(|(id, option)| *id == self.id && option.as_deref() == suffix)
        })
    }

    fn complete(&self, source: &CatalogSource) -> Object {
        let category = source.categories.iter().find(|own| own.name == self.category);
        let (platform, technologies) =
            category.map_or(("none", "none"), |own| (&own.platform, &own.technologies));
        let applicability = if platform == "windows10" { "Windows" } else { "Apple" };
        let depends = |suffix: Option<&str>| -> Vec<Value> {
            let children = self.children(source, suffix);
            children
                .map(|own| json!({ "dependedOnBy": own.id, "required": own.is_required }))
                .collect()
        };
        let on = self.parents.iter().map(|(parent, suffix)| {
            let on = suffix.as_ref().map_or(parent.clone(), |suffix| format!("{parent}_{suffix}"));
            json!({ "parentSettingId": parent, "dependentOn": on })
        });
        let [base, offset] = &self.uri;
        let required = i64::from(self.is_required);
        let mut complete = object(json!({
            "@odata.type": odata_type(&format!("deviceManagementConfiguration{}Definition", self.kind)),
            "id": self.id,
            "name": self.name,
            "displayName": self.display_name,
            "description": self.description,
            "helpText": "",
            "categoryId": CategorySource::id(&self.category),
            "rootDefinitionId": self.root.as_ref().unwrap_or(&self.id),
            "baseUri": base,
            "offsetUri": offset,
            "accessTypes": "add,delete,get,replace",
            "keywords": [self.display_name, self.category],
            "infoUrls": [],
            "occurrence": { "minDeviceOccurrence": required, "maxDeviceOccurrence": 1 },
            "applicability": {
                "@odata.type": odata_type(&format!("deviceManagementConfiguration{applicability}SettingApplicability")),
                "description": null,
                "platform": platform,
                "deviceMode": "none",
                "technologies": technologies,
            },
            "settingUsage": "configuration",
            "uxBehavior": "default",
            "visibility": "settingsCatalog,template",
            "riskLevel": "low",
            "referredSettingInformationList": [],
            "version": "1",
        }));
        let more = if self.kind.starts_with("Choice") {
            let options = self.options.iter().map(|(suffix, name)| {
                json!({
                    "itemId": self.option(suffix),
                    "name": name,
                    "displayName": name,
                    "description": null,
                    "helpText": null,
                    "optionValue": option_value(suffix),
                    "dependentOn": [],
                    "dependedOnBy": depends(Some(suffix)),
                })
            });
            let default = self.default.as_str().map(|suffix| self.option(suffix));
            json!({ "options": Vec::from_iter(options), "defaultOptionId": default.unwrap_or_default() })
        } else if self.kind.starts_with("Simple") {
            json!({
                "valueDefinition": self.value.as_ref().map(BoundsSource::definition),
                "defaultValue": self.value.as_ref().map(|own| own.value(&self.default)),
                "dependentOn": Vec::from_iter(on.clone()),
                "dependedOnBy": [],
            })
        } else {
            let children = self.children(source, None).map(|own| own.id.as_str());
            json!({
                "childIds": Vec::from_iter(children),
                "dependentOn": Vec::from_iter(on.clone()),
                "dependedOnBy": depends(None),
            })
        };
        complete.extend(object(more));
        // A choice says on its options what depends on it, and of itself on what it depends.
        if self.kind.starts_with("Choice") && !self.parents.is_empty() {
            let options = complete.get_mut("options").and_then(Value::as_array_mut);
            for option in options.into_iter().flatten() {
                option["dependentOn"] = on.clone().collect();
            }
        }
        if let Some([least, greatest]) = self.count {
            complete.insert("minimumCount".to_owned(), least.into());
            complete.insert("maximumCount".to_owned(), greatest.into());
        }
        complete
    }

    /// Returns the template of an instance. The ids are the sandbox's own.
    fn template(&self, source: &CatalogSource, template: &str) -> Value {
        let of = |what: &str| guid(&["setting template", template, &self.id, what]);
        let nested = |children: Vec<&Self>| -> Vec<Value> {
            children.into_iter().map(|own| own.template(source, template)).collect()
        };
        let (member, value) = match self.kind.as_str() {
            "ChoiceSetting" | "ChoiceSettingCollection" => {
                let default = self.default.as_str().unwrap_or_default();
                let of_options = self.options.iter();
                let children: Vec<&Self> = of_options
                    .flat_map(|(suffix, _)| self.children(source, Some(suffix)))
                    .collect();
                let default = json!({
                    "@odata.type": odata_type("deviceManagementConfigurationChoiceSettingValueConstantDefaultTemplate"),
                    "settingDefinitionOptionId": self.option(default),
                    "children": nested(children),
                });
                (
                    "choice",
                    json!({ "defaultValue": default, "recommendedValueDefinition": null, "requiredValueDefinition": null }),
                )
            }
            "SimpleSetting" | "SimpleSettingCollection" => {
                let ty = match self.value {
                    Some(BoundsSource::Integer(..)) => "Integer",
                    _ => "String",
                };
                let ty =
                    odata_type(&format!("deviceManagementConfiguration{ty}SettingValueTemplate"));
                ("simple", json!({ "@odata.type": ty, "defaultValue": null }))
            }
            _ => ("group", json!({ "children": nested(self.children(source, None).collect()) })),
        };
        let mut value = object(value);
        value.insert("settingValueTemplateId".to_owned(), of("value").into());
        let is_collection = self.kind.ends_with("Collection");
        let collection = if is_collection { "Collection" } else { "" };
        let name = format!("{member}Setting{collection}ValueTemplate");
        let value: Value = if is_collection { json!([value]) } else { value.into() };
        let kind = self.kind.replace("SettingGroup", "GroupSetting");
        let mut complete = json!({
            "@odata.type": odata_type(&format!("deviceManagementConfiguration{kind}InstanceTemplate")),
            "settingInstanceTemplateId": of("instance"),
            "settingDefinitionId": self.id,
            "isRequired": false,
        });
        complete[name] = value;
        complete
    }
}

/// The types of the values of simple settings.
const INTEGER: &str = "deviceManagementConfigurationIntegerSettingValue";
const STRING: &str = "deviceManagementConfigurationStringSettingValue";
const REFERENCE: &str = "deviceManagementConfigurationReferenceSettingValue";

/// Returns the value of an option on the device: a number where the suffix is one.
fn option_value(suffix: &str) -> Value {
    let number: Option<i64> = suffix.parse().ok();
    let (ty, value) = number.map_or((STRING, json!(suffix)), |number| (INTEGER, json!(number)));
    json!({ "@odata.type": odata_type(ty), "settingValueTemplateReference": null, "value": value })
}

impl BoundsSource {
    fn definition(&self) -> Value {
        let of = |ty: &str| {
            odata_type(&format!("deviceManagementConfiguration{ty}SettingValueDefinition"))
        };
        match *self {
            Self::Integer(least, greatest) => {
                json!({ "@odata.type": of("Integer"), "minimumValue": least, "maximumValue": greatest })
            }
            Self::String(least, greatest) => text_definition(&of("String"), least, greatest, false),
            Self::Secret(least, greatest) => text_definition(&of("String"), least, greatest, true),
            Self::Reference(least, greatest) => {
                text_definition(&of("Reference"), least, greatest, false)
            }
        }
    }

    fn value(&self, default: &Value) -> Value {
        let of = |ty: &str| json!({ "@odata.type": odata_type(ty), "settingValueTemplateReference": null, "value": default });
        match self {
            Self::Integer(..) => of(INTEGER),
            Self::String(..) => of(STRING),
            Self::Reference(..) => of(REFERENCE),
            Self::Secret(..) => {
                let mut value = of(super::masking::SECRET_TYPE);
                value["valueState"] = "invalid".into();
                value
            }
        }
    }
}

fn text_definition(ty: &str, least: i64, greatest: i64, is_secret: bool) -> Value {
    json!({
        "@odata.type": ty,
        "minimumLength": least,
        "maximumLength": greatest,
        "isSecret": is_secret,
        "format": "none",
        "fileTypes": [],
        "inputValidationSchema": null,
    })
}

impl TemplateSource {
    fn complete(&self, source: &CatalogSource) -> Object {
        let id = format!("{}_{}", self.base, self.version);
        let of = |name: &String| source.definitions.iter().find(|own| own.id == *name);
        let settings = self.settings.iter().filter_map(of).enumerate();
        let settings = settings.map(|(place, own)| {
            json!({ "id": place.to_string(), "settingInstanceTemplate": own.template(source, &id) })
        });
        let settings: Vec<Value> = settings.collect();
        object(json!({
            "id": id,
            "baseId": self.base,
            "version": self.version,
            "displayName": self.display_name,
            "description": self.description,
            "displayVersion": self.display_version,
            "lifecycleState": "active",
            "platforms": self.platform,
            "technologies": self.technologies,
            "templateFamily": self.family,
            "allowUnmanagedSettings": false,
            "disableEntraGroupPolicyAssignment": false,
            "settingTemplateCount": settings.len(),
            "settingTemplates": settings,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> CatalogSource {
        serde_json::from_str(include_str!("data.json")).expect("the catalog")
    }

    #[test]
    fn catalog_refers_only_to_itself() {
        let source = source();
        assert!((60..100).contains(&source.definitions.len()), "{}", source.definitions.len());
        assert_eq!(CATALOG.places.len(), source.definitions.len(), "ids are unique");
        for own in &source.definitions {
            assert!(
                source.categories.iter().any(|category| category.name == own.category),
                "{}",
                own.id
            );
            let root = own.root.as_ref().unwrap_or(&own.id);
            assert!(CATALOG.places.contains_key(root), "{}", own.id);
            for (parent, suffix) in &own.parents {
                let parent = source.definitions.iter().find(|other| other.id == *parent);
                let parent = parent.unwrap_or_else(|| panic!("the parent of {}", own.id));
                let fits = suffix.as_ref().map_or(parent.options.is_empty(), |suffix| {
                    parent.options.iter().any(|(own, _)| own == suffix)
                });
                assert!(fits, "{}", own.id);
            }
            let is_choice = own.kind.starts_with("Choice");
            let is_default = |(suffix, _): &(String, String)| own.default == suffix.as_str();
            assert!(
                !is_choice || own.default.is_null() || own.options.iter().any(is_default),
                "{}",
                own.id
            );
            assert_eq!(is_choice, !own.options.is_empty(), "{}", own.id);
            assert_eq!(own.kind.starts_with("Simple"), own.value.is_some(), "{}", own.id);
        }
        for template in &source.templates {
            assert!(
                template.settings.iter().all(|id| CATALOG.places.contains_key(id)),
                "{}",
                template.display_name
            );
        }
    }

    #[test]
    fn options_name_the_settings_that_depend_on_them() {
        let firewall = definition("vendor_msft_firewall_mdmstore_domainprofile_enablefirewall")
            .expect("a definition");
        let option = |suffix: &str| {
            let id = format!("vendor_msft_firewall_mdmstore_domainprofile_enablefirewall_{suffix}");
            let options = firewall["options"].as_array().expect("options");
            options
                .iter()
                .find(|option| option["itemId"] == id.as_str())
                .expect("an option")
                .clone()
        };
        assert_eq!(option("false")["dependedOnBy"], json!([]));
        let size = "vendor_msft_firewall_mdmstore_domainprofile_logmaxfilesize";
        let by = option("true")["dependedOnBy"].as_array().expect("a list").clone();
        assert!(by.iter().any(|by| by["dependedOnBy"] == size), "{by:?}");
        let size = definition(size).expect("a definition");
        assert_eq!(size["dependentOn"][0]["dependentOn"], option("true")["itemId"]);
        assert_eq!(size["valueDefinition"]["maximumValue"], 4_294_967_295_i64);
    }

    #[test]
    fn setting_templates_of_two_versions_have_other_ids() {
        let ids = |version: &str| {
            let template = templates().iter().find(|own| {
                text(own, "baseId") == "804339ad-1553-4478-a742-138fb5807418"
                    && text(own, "id").ends_with(version)
            });
            check::reference_ids(template.expect("a template"))
        };
        let (one, two) = (ids("_1"), ids("_2"));
        assert!(one.len() > 10 && one.is_disjoint(&two));
    }
}
