//! Checks of a settings catalog policy against the templates and definitions (FACTS 15.4, 15.5).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{INTEGER, REFERENCE, STRING, definition, is_of_known_area, templates};
use crate::sandbox::check::each;
use crate::sandbox::collection::contained::objects;
use crate::sandbox::masking::{IN_CLEAR, SECRET_TYPE};
use crate::sandbox::refusal::{Allowed, ErrorResponse, table};
use crate::sandbox::rows::Settling;
use crate::sandbox::state::{member, text, type_of};
use crate::sandbox::{Object, object};

/// The property of a policy that names its template.
const TEMPLATE: &str = "templateReference";
/// The family of templates whose policies belong to the enrollment of devices: UNVERIFIED that they are refused here.
const OF_ENROLLMENT: &str = "enrollmentConfiguration";
/// The section of the states with reusable settings.
const REUSABLE: &str = "reusablePolicySettings";

/// The members of instances with values, and the middle of the type of the definition that the instances are of.
const VALUES: [(&str, &str); 6] = [
    ("choiceSettingValue", "ChoiceSetting"),
    ("choiceSettingCollectionValue", "ChoiceSettingCollection"),
    ("simpleSettingValue", "SimpleSetting"),
    ("simpleSettingCollectionValue", "SimpleSettingCollection"),
    ("groupSettingValue", "SettingGroup"),
    ("groupSettingCollectionValue", "SettingGroupCollection"),
];

/// Completes the reference of a policy to its template, and checks the settings of a policy that a body describes in full.
///
/// # Errors
/// Refuses settings that the template or the definitions do not allow. Definitions that the sandbox does not have are not
/// checked, unless it has all others of their area.
pub(crate) fn settle(policy: &mut Object, settling: &Settling<'_>) -> Allowed<()> {
    complete_template(policy, settling).map_err(|fault| fault.under(TEMPLATE))?;
    if !settling.is_whole {
        return Ok(());
    }
    let template = template(&template_id(policy));
    let checker = SettingsChecker {
        has: settling.has,
        platforms: text(policy, "platforms").split(',').collect(),
        template: template.map(|own| (text(own, "id"), reference_ids(own))),
    };
    each(objects(policy, "settings"), |setting| {
        let instance = setting.get("settingInstance").and_then(Value::as_object);
        let instance = instance.ok_or_else(|| table::MISSING.refusal(&[&"settingInstance"]))?;
        checker.instance(instance).map_err(|fault| fault.under("settingInstance"))
    })
    .map(drop)
    .map_err(|fault| fault.under("settings"))
}

fn template(id: &str) -> Option<&'static Object> {
    templates().iter().find(|own| text(own, "id") == id)
}

fn template_id(policy: &Object) -> String {
    let id = member(policy, "templateReference/templateId").and_then(Value::as_str);
    id.unwrap_or_default().to_owned()
}

/// Writes what a policy shows of its template. Policies of a seed may have templates that the sandbox does not have.
fn complete_template(policy: &mut Object, settling: &Settling<'_>) -> Allowed<()> {
    let id = template_id(policy);
    if let Some(before) = settling.before {
        // Another one is refused elsewhere: it is fixed.
        if template_id(before) == id {
            let shown = before.get(TEMPLATE).cloned().unwrap_or_default();
            policy.insert(TEMPLATE.to_owned(), shown);
        }
        return Ok(());
    }
    let found = template(&id);
    if found.is_none() && !id.is_empty() {
        return if settling.is_whole { Err(table::NO_TEMPLATE.refusal(&[&id])) } else { Ok(()) };
    }
    let family = found.map_or("none", |own| text(own, "templateFamily"));
    if settling.is_whole && family == OF_ENROLLMENT {
        return Err(table::TEMPLATE_FAMILY.refusal(&[&family]));
    }
    let shown = json!({
        "templateId": id,
        "templateFamily": family,
        "templateDisplayName": found.and_then(|own| own.get("displayName")),
        "templateDisplayVersion": found.and_then(|own| own.get("displayVersion")),
    });
    policy.insert(TEMPLATE.to_owned(), shown);
    Ok(())
}

/// Returns the ids of instances and values in a template.
pub(crate) fn reference_ids(template: &Object) -> BTreeSet<String> {
    fn gather(value: &Value, ids: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for name in ["settingInstanceTemplateId", "settingValueTemplateId"] {
                    ids.extend(members.get(name).and_then(Value::as_str).map(str::to_owned));
                }
                members.values().for_each(|value| gather(value, ids));
            }
            Value::Array(elements) => elements.iter().for_each(|value| gather(value, ids)),
            _ => {}
        }
    }
    let mut ids = BTreeSet::new();
    template.get("settingTemplates").into_iter().for_each(|value| gather(value, &mut ids));
    ids
}

struct SettingsChecker<'a> {
    /// Whether a section of the state has an object of an id.
    has: &'a dyn Fn(&str, &str) -> bool,
    platforms: Vec<&'a str>,
    /// The id of the template, and the ids that may be referred to.
    template: Option<(&'a str, BTreeSet<String>)>,
}

impl SettingsChecker<'_> {
    fn instance(&self, instance: &Object) -> Allowed<()> {
        let id = text(instance, "settingDefinitionId");
        if id.is_empty() {
            return Err(table::MISSING.refusal(&[&"settingDefinitionId"]));
        }
        let known = definition(id);
        if known.is_none() && is_of_known_area(id) {
            return Err(table::NO_DEFINITION.refusal(&[&id]));
        }
        self.refers(instance, "settingInstanceTemplateReference", "settingInstanceTemplateId")?;
        let given = VALUES.iter().find(|(member, _)| instance.contains_key(*member));
        // The base type of all instances is no instance (an inference: the type documents do not call it abstract).
        let Some((member, kind)) = given else {
            let is_plain_group = type_of(instance).contains("SettingGroup");
            return if is_plain_group { Ok(()) } else { Err(table::ABSTRACT_TYPE.refusal(&[])) };
        };
        if let Some(known) = known {
            self.applies(id, known)?;
            if type_of(known) != format!("deviceManagementConfiguration{kind}Definition") {
                return Err(table::INSTANCE_TYPE.refusal(&[&id, &type_of(instance)]));
            }
        }
        let values = match &instance[*member] {
            Value::Array(elements) => &elements[..],
            value => std::slice::from_ref(value),
        };
        let values = values.iter().filter_map(Value::as_object);
        each(values, |value| self.value(id, known, kind, value))
            .map(drop)
            .map_err(|fault| fault.under(member))
    }

    fn applies(&self, id: &str, known: &Object) -> Allowed<()> {
        let platform = known["applicability"]["platform"].as_str().unwrap_or_default();
        if self.platforms.contains(&platform) {
            return Ok(());
        }
        Err(table::SETTING_PLATFORM.refusal(&[&id, &platform]))
    }

    fn value(&self, id: &str, known: Option<&Object>, kind: &str, value: &Object) -> Allowed<()> {
        self.refers(value, "settingValueTemplateReference", "settingValueTemplateId")?;
        each(objects(value, "children"), |child| self.instance(child))
            .map_err(|fault| fault.under("children"))?;
        if kind.starts_with("Choice") {
            let chosen = text(value, "value");
            let mut options = known.into_iter().flat_map(|known| objects(known, "options"));
            if known.is_some() && !options.any(|option| text(option, "itemId") == chosen) {
                return Err(table::NO_OPTION.refusal(&[&chosen, &id]));
            }
            return Ok(());
        }
        if !kind.starts_with("Simple") {
            return Ok(());
        }
        let ty = type_of(value);
        if ty.is_empty() {
            return Err(table::ABSTRACT_TYPE.refusal(&[]));
        }
        if ty == SECRET_TYPE && text(value, "valueState") != IN_CLEAR {
            // UNVERIFIED: the answer to a token that is sent back (FACTS 15.3).
            return Err(table::SECRET_STATE.refusal(&[&id]));
        }
        let of = text(value, "value");
        if ty == REFERENCE && !(self.has)(REUSABLE, of) {
            return Err(table::NO_REUSABLE_SETTING.refusal(&[&id, &of]));
        }
        let bounds = known.and_then(|known| known.get("valueDefinition")?.as_object());
        bounds.map_or(Ok(()), |bounds| within(id, bounds, ty, value))
    }

    /// Refuses a reference to what the template does not have. Without a template every reference is taken (FACTS 15.4).
    fn refers(&self, of: &Object, reference: &str, member: &str) -> Allowed<()> {
        let (Some((template, ids)), Some(Value::Object(reference))) =
            (&self.template, of.get(reference))
        else {
            return Ok(());
        };
        let id = text(reference, member);
        if ids.contains(id) {
            return Ok(());
        }
        Err(table::TEMPLATE_REFERENCE.refusal(&[template, template, &id]))
    }
}

/// Refuses a value that is not of the type or not within the bounds of a definition.
fn within(id: &str, bounds: &Object, ty: &str, value: &Object) -> Allowed<()> {
    let is_secret = bounds.get("isSecret") == Some(&Value::Bool(true));
    let expected = match type_of(bounds) {
        "deviceManagementConfigurationIntegerSettingValueDefinition" => INTEGER,
        "deviceManagementConfigurationReferenceSettingValueDefinition" => REFERENCE,
        _ if is_secret => SECRET_TYPE,
        _ => STRING,
    };
    if ty != expected {
        return Err(table::INSTANCE_TYPE.refusal(&[&id, &ty]));
    }
    let bound = |name: &str| bounds.get(name).and_then(Value::as_i64);
    let refused = |row: &crate::sandbox::refusal::RefusalRow, least: i64, greatest: i64| {
        Err::<(), ErrorResponse>(row.refusal(&[&id, &least, &greatest]))
    };
    if let (Some(least), Some(greatest)) = (bound("minimumValue"), bound("maximumValue")) {
        let number = value.get("value").and_then(Value::as_i64).unwrap_or_default();
        if !(least..=greatest).contains(&number) {
            return refused(&table::SETTING_RANGE, least, greatest);
        }
    }
    if let (Some(least), Some(greatest)) = (bound("minimumLength"), bound("maximumLength")) {
        let length = text(value, "value").encode_utf16().count() as i64;
        if !(least..=greatest).contains(&length) {
            return refused(&table::SETTING_LENGTH, least, greatest);
        }
    }
    Ok(())
}

/// Returns an empty instance of a definition, as the portal adds it.
pub(super) fn instance_of(known: &Object) -> Option<Object> {
    let kind = type_of(known)
        .strip_prefix("deviceManagementConfiguration")
        .and_then(|rest| rest.strip_suffix("Definition"))?;
    let value = match kind {
        "ChoiceSetting" => json!({ "value": known["defaultOptionId"], "children": [] }),
        "SimpleSetting" => known["defaultValue"].clone(),
        "ChoiceSettingCollection" | "SimpleSettingCollection" | "SettingGroupCollection" => {
            json!([])
        }
        _ => return None,
    };
    let (member, _) = VALUES.iter().find(|(_, of)| *of == kind)?;
    let kind = kind.replace("SettingGroup", "GroupSetting");
    let mut instance = object(json!({
        "@odata.type": format!("#microsoft.graph.deviceManagementConfiguration{kind}Instance"),
        "settingDefinitionId": known["id"],
    }));
    instance.insert((*member).to_owned(), value);
    Some(instance)
}
