//! Checks settings of the settings catalog.

use serde_json::Value as Json;

use super::value::Value;
use crate::diagnostic::{Finding, Span};
use crate::schema::model::{Model, Shape};
use crate::schema::types::GraphVersion;
use crate::settings_catalog::{self, SettingFault, SettingStep};

/// Returns the names of the properties that hold settings of the settings catalog.
pub(super) fn properties(version: GraphVersion, kind: &str) -> Vec<String> {
    let structure = Model::of(version).get(kind);
    let properties = structure.iter().flat_map(|structure| structure.properties.values());
    let settings = properties.filter(|property| matches!(property.shape, Shape::Settings(_)));
    settings.map(|property| property.name.clone()).collect()
}

/// Returns the faults of settings.
pub(super) fn check(settings: &Value) -> Vec<Finding> {
    let json = settings.to_json_with(&|_| Json::String(String::new()));
    settings_catalog::check(&json).into_iter().map(|fault| finding(settings, fault)).collect()
}

/// Returns the finding of a fault, at its place in the source.
pub(super) fn finding(settings: &Value, fault: SettingFault) -> Finding {
    let (value, name) = place(settings, &fault.path);
    let span = if fault.is_of_name { name } else { value };
    let finding = Finding::error(fault.code, span, fault.message).help(fault.help);
    match fault.near {
        Some(near) => finding.replace_with(near),
        None => finding,
    }
}

/// Returns where a part of settings is, and where its name is.
fn place(settings: &Value, path: &[SettingStep]) -> (Span, Span) {
    let (mut value, mut name) = (settings, settings.span);
    for step in path {
        match step {
            SettingStep::Member(member) => {
                let Some(member) = value.entry(member) else { break };
                (value, name) = (&member.value, member.name_span);
            }
            SettingStep::Element(at) => {
                let Some(element) = value.elements().get(*at) else { break };
                (value, name) = (element, element.span);
            }
        }
    }
    (value.span, name)
}
