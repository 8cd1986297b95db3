//! Assignments as a set of targets: declared against live.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Blocked;
use super::names::unresolved;
use crate::diagnostic::{Location, Sources};
use crate::manifest::assignment::{Assignment, Target};
use crate::schema::types::{odata_type, type_name};
use crate::tenant::names::{Named, Names};
use crate::values::target_form;

/// What happens to one target.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It is assigned.
    Add,
    /// It stays, with another filter.
    Change,
    /// It is no longer assigned.
    Remove,
}

/// A difference in who gets a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentChange {
    /// What happens.
    pub effect: Effect,
    /// Who, in words: `group Windows laptops`.
    pub target: String,
    /// The live target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// The declared target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
    /// The live filter in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_before: Option<String>,
    /// The declared filter in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_after: Option<String>,
    /// Where it was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// What a target is apart from its filter.
pub(super) fn who(form: &Json) -> (String, String) {
    let text = |name: &str| form.get(name).and_then(Json::as_str).unwrap_or_default();
    let id = [text("groupId"), text("collectionId")].concat();
    (text("@odata.type").to_owned(), id)
}

/// The place that a target takes: Graph keeps one assignment of a group, be it in or out.
fn slot(form: &Json) -> (String, String) {
    let (kind, id) = who(form);
    match kind.ends_with("exclusionGroupAssignmentTarget") {
        true => (odata_type("groupAssignmentTarget"), id),
        false => (kind, id),
    }
}

/// Declared assignments as Graph has them; what does not resolve is blocked.
pub(super) fn declared(
    assignments: &[Assignment],
    names: &Names,
    sources: &Sources,
    blocked: &mut Vec<Blocked>,
) -> Vec<(Json, Location)> {
    let mut targets: Vec<(Json, Location)> = Vec::new();
    for assignment in assignments {
        let location = sources.locate(assignment.span);
        let mut resolve =
            |named: Named, text: &str, location: Location| match names.resolve(named, text) {
                Ok(id) => Some(id),
                Err(why) => {
                    blocked.push(unresolved(named, text, &why, Some(location)));
                    None
                }
            };
        let typed = |name: &str| json!({ "@odata.type": odata_type(name) });
        let mut target = match &assignment.target {
            Target::Group(name) | Target::ExcludeGroup(name) => {
                let Some(id) = resolve(Named::Group, name, location.clone()) else {
                    continue;
                };
                let excluded = matches!(assignment.target, Target::ExcludeGroup(_));
                let mut target = typed(if excluded {
                    "exclusionGroupAssignmentTarget"
                } else {
                    "groupAssignmentTarget"
                });
                target["groupId"] = id.into();
                target
            }
            Target::AllDevices => typed("allDevicesAssignmentTarget"),
            Target::AllUsers => typed("allLicensedUsersAssignmentTarget"),
            Target::Raw(target) => target.clone(),
        };
        if let Some(filter) = &assignment.filter {
            let Some(id) = resolve(Named::Filter, &filter.name, sources.locate(filter.span)) else {
                continue;
            };
            target["deviceAndAppManagementAssignmentFilterId"] = id.into();
            target["deviceAndAppManagementAssignmentFilterType"] = filter.mode.as_str().into();
        }
        let key = slot(&target_form(&target));
        if let Some((_, first)) = targets.iter().find(|(known, _)| slot(&target_form(known)) == key)
        {
            blocked.push(Blocked {
                code: "assignment/twice".to_owned(),
                message: format!("{} is already named at {first}", words(&target, names)),
                help: "Graph keeps one assignment for a target: keep the one that you mean"
                    .to_owned(),
                location: Some(location),
            });
            continue;
        }
        targets.push((target, location));
    }
    targets
}

/// Compares declared targets with live assignments.
pub(super) fn compare(
    declared: &[(Json, Location)],
    live: &[Json],
    names: &Names,
) -> Vec<AssignmentChange> {
    let live: Vec<Json> = live.iter().map(target_form).collect();
    let mut changes = Vec::new();
    for (target, location) in declared {
        let form = target_form(target);
        let before = live.iter().find(|known| who(known) == who(&form));
        if before == Some(&form) {
            continue;
        }
        changes.push(AssignmentChange {
            effect: if before.is_some() { Effect::Change } else { Effect::Add },
            target: words(&form, names),
            filter_before: before.and_then(|before| filter_words(before, names)),
            filter_after: filter_words(&form, names),
            before: before.cloned(),
            after: Some(form),
            location: Some(location.clone()),
        });
    }
    let gone = live.iter().filter(|known| {
        !declared.iter().any(|(target, _)| who(&target_form(target)) == who(known))
    });
    changes.extend(gone.map(|form| AssignmentChange {
        effect: Effect::Remove,
        target: words(form, names),
        filter_before: filter_words(form, names),
        filter_after: None,
        before: Some(form.clone()),
        after: None,
        location: None,
    }));
    changes.sort_by(|a, b| (a.effect, &a.target).cmp(&(b.effect, &b.target)));
    changes
}

/// Returns a target in words, a group by its name.
pub(super) fn words(target: &Json, names: &Names) -> String {
    let text = |name: &str| target.get(name).and_then(Json::as_str);
    let group = || {
        let id = text("groupId").unwrap_or_default();
        names.label(Named::Group, id).map_or_else(|| id.to_owned(), str::to_owned)
    };
    match text("@odata.type").and_then(type_name).unwrap_or_default() {
        "groupAssignmentTarget" => format!("group {}", group()),
        "exclusionGroupAssignmentTarget" => format!("excluded group {}", group()),
        "allDevicesAssignmentTarget" => "all devices".to_owned(),
        "allLicensedUsersAssignmentTarget" => "all users".to_owned(),
        "configurationManagerCollectionAssignmentTarget" => {
            format!("Configuration Manager collection {}", text("collectionId").unwrap_or_default())
        }
        other => other.to_owned(),
    }
}

/// Returns a target's filter in words, where it has one.
pub(super) fn filter_words(target: &Json, names: &Names) -> Option<String> {
    let id = target.get("deviceAndAppManagementAssignmentFilterId")?.as_str()?;
    let mode = target
        .get("deviceAndAppManagementAssignmentFilterType")
        .and_then(Json::as_str)
        .unwrap_or("include");
    Some(format!("{mode} {}", names.label(Named::Filter, id).unwrap_or(id)))
}
