//! Assignments as a set of targets: declared against live.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Blocked;
use super::names::unresolved;
use crate::diagnostic::{Location, Sources};
use crate::kinds::platform;
use crate::manifest::Manifest;
use crate::manifest::assignment::{Assignment, Target};
use crate::schema::types::odata_type;
use crate::schema::walk::Tree;
use crate::tenant::names::{Named, Names};
use crate::values::{target_form, target_shown};

/// The change of one target.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// The target is added.
    Add,
    /// The target stays, with another filter.
    Change,
    /// The target is removed.
    Remove,
}

/// A difference in the assignments of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentChange {
    /// Whether the target is added, changed or removed.
    pub effect: Effect,
    /// The target in words: `group Windows laptops`.
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

/// Returns the type and the id of a target, without its filter.
pub(super) fn who(form: &Json) -> (String, String) {
    let text = |name: &str| form.get(name).and_then(Json::as_str).unwrap_or_default();
    let id = [text("groupId"), text("collectionId")].concat();
    (text("@odata.type").to_owned(), id)
}

/// Returns the key under which Graph keeps one assignment: a group is either included or excluded.
fn slot(form: &Json) -> (String, String) {
    let (kind, id) = who(form);
    let is_excluded = kind.ends_with("exclusionGroupAssignmentTarget");
    (if is_excluded { odata_type("groupAssignmentTarget") } else { kind }, id)
}

/// Returns the declared assignments of an object of a kind as Graph has them; names that do not resolve block the change,
/// and so do filters of another platform.
pub(super) fn declared(
    manifest: &Manifest,
    assignments: &[Assignment],
    names: &Names,
    sources: &Sources,
    blocked: &mut Vec<Blocked>,
) -> Vec<(Json, Location)> {
    let mut targets: Vec<(Json, Location)> = Vec::new();
    for assignment in assignments {
        let location = sources.locate(assignment.span);
        let mut resolve = |named: Named, text: &str, location: Location| {
            let found = names.resolve(named, text).map_err(|why| match named {
                Named::Filter => why.of_platform(fitting(manifest)),
                _ => why,
            });
            found.map_err(|why| blocked.push(unresolved(named, text, &why, Some(location)))).ok()
        };
        let typed = |name: &str| json!({ "@odata.type": odata_type(name) });
        let (mut target, group) = match &assignment.target {
            Target::Group(name) => (typed("groupAssignmentTarget"), Some(name)),
            Target::ExcludeGroup(name) => (typed("exclusionGroupAssignmentTarget"), Some(name)),
            Target::AllDevices => (typed("allDevicesAssignmentTarget"), None),
            Target::AllUsers => (typed("allLicensedUsersAssignmentTarget"), None),
            Target::Raw(target) => (target.clone(), None),
        };
        // Each name is looked up, so that all that do not resolve are told at once.
        let group = group.map(|name| resolve(Named::Group, name, location.clone()));
        let filter = assignment.filter.as_ref().map(|filter| {
            let id = resolve(Named::Filter, &filter.name, sources.locate(filter.span));
            (id, filter.mode.as_str())
        });
        match &group {
            Some(Some(id)) => target["groupId"] = id.as_str().into(),
            Some(None) => continue,
            None => {}
        }
        match filter {
            Some((Some(id), mode)) => {
                target["deviceAndAppManagementAssignmentFilterId"] = id.into();
                target["deviceAndAppManagementAssignmentFilterType"] = mode.into();
            }
            Some((None, _)) => continue,
            None => {}
        }
        blocked.extend(other_platform(manifest, &target, names, &location));
        let key = slot(&target_form(&target));
        if let Some((_, first)) = targets.iter().find(|(known, _)| slot(&target_form(known)) == key)
        {
            let message =
                format!("{} is already named at {first}", describe_target(&target, names));
            let help = "Graph keeps one assignment for a target: keep the one that you mean";
            blocked.push(Blocked::new("assignment/twice", message, help, Some(location)));
            continue;
        }
        targets.push((target, location));
    }
    targets
}

/// Returns the complaint about a filter of another platform than the kind's: no device that the object is for has its
/// properties.
fn other_platform(
    manifest: &Manifest,
    target: &Json,
    names: &Names,
    location: &Location,
) -> Option<Blocked> {
    let filter = target.get("deviceAndAppManagementAssignmentFilterId")?.as_str()?;
    let platform = names.platform(filter)?;
    let kind = &manifest.address.kind;
    let fitting = fitting(manifest)?;
    if fitting.contains(&platform) {
        return None;
    }
    let name = names.label(Named::Filter, filter).unwrap_or(filter);
    let message =
        format!("the filter `{name}` is of the platform {platform}, and a `{kind}` is not");
    let help = format!("use a filter of {}, or remove the filter", fitting.join(" or "));
    Some(Blocked::new("filter/platform", message, help, Some(location.clone())))
}

/// Returns the platforms of the filters that fit an object, if they are known.
fn fitting(manifest: &Manifest) -> Option<&'static [&'static str]> {
    let own = manifest.spec.get("platforms").and_then(|it| it.as_str());
    let own = own.filter(|own| !own.contains(','));
    platform::filters_of(own.unwrap_or(&manifest.address.kind))
}

/// Compares declared targets with live assignments.
pub(super) fn compare(
    declared: &[(Json, Location)],
    live: &[Json],
    names: &Names,
) -> Vec<AssignmentChange> {
    let change = |before: Option<&Json>, after: Option<&Json>, location: Option<&Location>| {
        let effect = match (before, after) {
            (None, _) => Effect::Add,
            (Some(_), Some(_)) => Effect::Change,
            (Some(_), None) => Effect::Remove,
        };
        let [before, after] = [before, after].map(|assignment| assignment.map(target_shown));
        let (old, new) = (before.as_ref(), after.as_ref());
        AssignmentChange {
            effect,
            target: new.or(old).map(|target| describe_target(target, names)).unwrap_or_default(),
            filter_before: old.and_then(|target| describe_filter(target, names)),
            filter_after: new.and_then(|target| describe_filter(target, names)),
            before,
            after,
            location: location.cloned(),
        }
    };
    let with_form = |assignment| (target_form(assignment), assignment);
    let live: Vec<(Json, &Json)> = live.iter().map(with_form).collect();
    let declared = declared.iter().map(|(target, location)| (with_form(target), location));
    let declared: Vec<((Json, &Json), &Location)> = declared.collect();
    let differ = declared.iter().filter_map(|((form, target), location)| {
        let before = live.iter().find(|(live, _)| who(live) == who(form));
        let differs = before.map(|(live, _)| live) != Some(form);
        differs.then(|| change(before.map(|(_, live)| *live), Some(target), Some(location)))
    });
    let is_declared = |live: &Json| declared.iter().any(|((form, _), _)| who(form) == who(live));
    let gone = live.iter().filter(|(form, _)| !is_declared(form));
    let gone = gone.map(|(_, live)| change(Some(live), None, None));
    let mut changes: Vec<AssignmentChange> = differ.chain(gone).collect();
    changes.sort_by(|a, b| (a.effect, &a.target).cmp(&(b.effect, &b.target)));
    changes
}

/// Returns a target in words, a group by its name.
pub(super) fn describe_target(target: &Json, names: &Names) -> String {
    let text = |name: &str| target.get(name).and_then(Json::as_str);
    let group = || {
        let id = text("groupId").unwrap_or_default();
        names.label(Named::Group, id).map_or_else(|| id.to_owned(), str::to_owned)
    };
    match target.stated_type().unwrap_or_default() {
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
pub(super) fn describe_filter(target: &Json, names: &Names) -> Option<String> {
    let id = target.get("deviceAndAppManagementAssignmentFilterId")?.as_str()?;
    let mode = target["deviceAndAppManagementAssignmentFilterType"].as_str().unwrap_or("include");
    Some(format!("{mode} {}", names.label(Named::Filter, id).unwrap_or(id)))
}
