//! Checks settings of the settings catalog.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::resolve::{Resolution, hide};
use super::value::{Declared, Member, Value};
use super::{Address, Manifest, Presence};
use crate::definitions::{self, CatalogueError, SettingCatalogue};
use crate::diagnostic::{Finding, Span};
use crate::schema::model::Model;
use crate::schema::types::GraphVersion;
use crate::settings_catalog::{self, MERGE, SettingFault, SettingStep, without_templates};

/// Returns the names of the properties that hold settings of the settings catalog.
pub(super) fn properties(version: GraphVersion, kind: &str) -> Vec<String> {
    Model::of(version).get(kind).map(|structure| structure.settings.clone()).unwrap_or_default()
}

/// Whether a manifest declares settings of the settings catalog.
pub(super) fn are_declared(manifest: &Manifest) -> bool {
    let names = properties(manifest.version, &manifest.address.kind);
    let mut declared = names.iter().filter_map(|name| manifest.spec.get(name));
    declared.any(|value| value.declared != Declared::Null)
}

/// Returns the faults of settings.
pub(super) fn check(settings: &Value) -> Vec<Finding> {
    let merged = settings.directive().filter(|directive| directive.name == MERGE);
    let settings = merged.map_or(settings, |directive| &directive.value);
    let mut json = settings.to_json_with(&|_| Json::String(String::new()));
    if let (Some(_), Some(members)) = (merged, json.as_object_mut()) {
        // It removes the setting.
        members.retain(|_, value| !value.is_null());
    }
    settings_catalog::check(&json).into_iter().map(|fault| finding(settings, fault)).collect()
}

/// Returns the finding of a fault, at its place in the source.
pub(super) fn finding(settings: &Value, fault: SettingFault) -> Finding {
    let (value, name) = part(settings, &fault.path);
    Finding {
        code: fault.code.to_owned(),
        severity: fault.severity,
        message: fault.message,
        span: Some(if fault.is_of_name { name } else { value.span }),
        help: fault.help,
        replacement: fault.near,
        ..Finding::default()
    }
}

/// Returns a part of settings, and where its name is. Of a part that is not written, the nearest one around counts.
fn part<'a>(settings: &'a Value, path: &[SettingStep]) -> (&'a Value, Span) {
    let (mut value, mut name) = (settings, settings.span);
    for step in path {
        match step {
            SettingStep::Member(member) => {
                let Some(member) = value.entry(member) else { return (value, value.span) };
                (value, name) = (&member.value, member.name_span);
            }
            SettingStep::Element(at) => {
                let Some(element) = value.elements().get(*at) else { break };
                (value, name) = (element, element.span);
            }
        }
    }
    (value, name)
}

/// A setting that a policy declares.
struct DeclaredSetting<'a> {
    policy: &'a Address,
    place: Span,
    value: Json,
}

/// Returns a warning for each policy that declares a setting with another value than a policy before: a device that gets
/// both of them has neither value (FACTS 15).
pub(super) fn across_policies(manifests: &[Manifest]) -> Vec<Finding> {
    let mut declared: BTreeMap<&str, Vec<DeclaredSetting<'_>>> = BTreeMap::new();
    let present = manifests.iter().filter(|manifest| manifest.presence == Presence::Present);
    for manifest in present {
        for name in properties(manifest.version, &manifest.address.kind) {
            let settings = manifest.spec.get(&name).map(|it| it.get(MERGE).unwrap_or(it));
            let members = settings.into_iter().flat_map(Value::members);
            let is_set = |member: &&Member| {
                !member.name.starts_with('$') && member.value.declared != Declared::Null
            };
            for Member { name, name_span, value } in members.filter(is_set) {
                let (policy, place) = (&manifest.address, *name_span);
                let setting = DeclaredSetting { policy, place, value: value.to_json() };
                declared.entry(name).or_default().push(setting);
            }
        }
    }
    let mut findings: BTreeMap<[&Address; 2], (Finding, usize)> = BTreeMap::new();
    for (id, settings) in &declared {
        let Some((first, others)) = settings.split_first() else { continue };
        let differs = |other: &&DeclaredSetting<'_>| {
            other.value != first.value
                && without_templates(&other.value) != without_templates(&first.value)
        };
        for other in others.iter().filter(differs) {
            let message =
                format!("`{}` and `{}` have other values of `{id}`", other.policy, first.policy);
            let new = || {
                (
                    Finding::warning("settings/twice", other.place, message)
                        .related(first.place, "declared here too"),
                    0,
                )
            };
            findings.entry([first.policy, other.policy]).or_insert_with(new).1 += 1;
        }
    }
    let finding = |(finding, number): (Finding, usize)| {
        let more = match number {
            0 | 1 => String::new(),
            2 => " and of one more setting".to_owned(),
            number => format!(" and of {} more settings", number - 1),
        };
        let message = format!("{}{more}", finding.message);
        Finding { message, ..finding }.help(
            "declare a setting in one policy, or assign the two to groups that share no device: a device with both reports \
             a conflict",
        )
    };
    findings.into_values().map(finding).collect()
}

/// Returns a manifest's values with plain values of settings as their definitions mean them and with the ids of the policy's
/// template, and reports what the definitions and the template do not allow.
pub(super) fn known(
    version: GraphVersion,
    kind: &str,
    mut spec: Value,
    catalogue: &SettingCatalogue,
    resolved: &mut Resolution,
) -> Value {
    let text = |name: &str| spec.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (platforms, technologies) = (text("platforms"), text("technologies"));
    let template = spec.get("templateReference").and_then(|it| it.get("templateId"));
    let template = template.and_then(|id| Some((id.as_str()?.to_owned(), id.span)));
    let template_id = template.as_ref().map(|(id, _)| id.as_str()).unwrap_or_default();
    let names = properties(version, kind);
    let Declared::Object(members) = &mut spec.declared else {
        return spec;
    };
    for declared in members.iter_mut().filter(|member| names.contains(&member.name)) {
        let merged = declared.value.get(MERGE);
        let settings = merged.unwrap_or(&declared.value);
        let checked =
            definitions::expand(&settings.to_json(), catalogue).and_then(|(json, faults)| {
                let more = definitions::check(&json, &platforms, &technologies, catalogue)?;
                let (json, of_template) =
                    definitions::with_template(&json, template_id, catalogue)?;
                // Of a plain value, the one that cannot be used says more.
                let is_said = |fault: &SettingFault| {
                    faults.iter().any(|it| it.code == fault.code && it.path == fault.path)
                };
                let more: Vec<_> = more.into_iter().filter(|fault| !is_said(fault)).collect();
                Ok((json, [faults, more, of_template].concat()))
            });
        match checked {
            Ok((json, faults)) => {
                for fault in faults {
                    if fault.code == "definition/secret" {
                        hide(part(settings, &fault.path).0, &mut resolved.secrets);
                    }
                    let is_whole = fault.path.is_empty();
                    let mut finding = finding(settings, fault);
                    if let (Some((_, place)), true) = (&template, is_whole) {
                        finding.span = Some(*place);
                    }
                    resolved.findings.push(finding);
                }
                let whole = if merged.is_some() { json!({ MERGE: json }) } else { json };
                graft(&mut declared.value, &whole);
            }
            Err(error) => {
                let finding = Finding::error(error.code(), settings.span, error.to_string());
                resolved.findings.push(finding.help(error.remedy()));
            }
        }
    }
    spec
}

/// Gives a value the form of a JSON value that means the same; what is new has the place of what it replaces.
fn graft(value: &mut Value, json: &Json) {
    match (&mut value.declared, json) {
        (Declared::Object(members), Json::Object(expanded)) => {
            for member in members.iter_mut() {
                if let Some(expanded) = expanded.get(&member.name) {
                    graft(&mut member.value, expanded);
                }
            }
            let is_new = |name: &String| members.iter().all(|member| member.name != *name);
            let new = expanded.iter().filter(|(name, _)| is_new(name)).map(|(name, json)| Member {
                name: name.clone(),
                name_span: value.span,
                value: Value::from_json(json, value.span),
            });
            let new: Vec<Member> = new.collect();
            members.extend(new);
        }
        (Declared::List(elements), Json::Array(expanded)) => {
            elements.iter_mut().zip(expanded).for_each(|(element, json)| graft(element, json));
        }
        (Declared::Env(_), _) => {}
        (_, Json::Object(_) | Json::Array(_)) => *value = Value::from_json(json, value.span),
        _ => {}
    }
}

/// Returns the finding of a catalogue that cannot be used.
pub(super) fn unusable(file: PathBuf, error: &CatalogueError) -> Finding {
    Finding::file_error(error.code(), file, error.to_string()).help(error.remedy())
}
