//! Who gets a configuration: groups, everybody, exclusions, each with an optional filter.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::envelope::one_of;
use super::value::{Declared, Value};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Finding, Span};
use crate::schema::types::{GraphVersion, Types, type_name};

/// One declared assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Who.
    pub target: Target,
    /// Which of their devices.
    pub filter: Option<Filter>,
    /// Where it was written.
    pub span: Span,
}

/// Who an assignment reaches.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A group, by display name or object id.
    Group(String),
    /// Everybody but this group.
    ExcludeGroup(String),
    /// Every device.
    AllDevices,
    /// Every licensed user.
    AllUsers,
    /// A target as Graph has it.
    Raw(Json),
}

/// An assignment filter, by display name or id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Whether the devices that match are in or out.
    pub mode: FilterMode,
    /// Its display name or id.
    pub name: String,
    /// Where it was written.
    pub span: Span,
}

/// Whether the devices that match a filter are in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilterMode {
    /// In.
    Include,
    /// Out.
    Exclude,
}

impl FilterMode {
    /// Returns Graph's `deviceAndAppManagementAssignmentFilterType`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Include => "include",
            Self::Exclude => "exclude",
        }
    }
}

const FORMS: [&str; 6] = [
    "group",
    "excludeGroup",
    "allDevices",
    "allUsers",
    "target",
    "filter",
];

/// Reads a manifest's `assignments`.
pub(super) fn read(list: &Value, findings: &mut Vec<Finding>) -> Vec<Assignment> {
    let assignments = list
        .elements()
        .iter()
        .filter_map(|entry| one(entry, findings))
        .collect();
    contradictions(&assignments, findings);
    assignments
}

fn one(entry: &Value, findings: &mut Vec<Finding>) -> Option<Assignment> {
    let mut forms = Vec::new();
    let mut filter = None;
    for member in entry.members() {
        match member.name.as_str() {
            "filter" => filter = Some(self::filter(&member.value, findings)?),
            name if FORMS.contains(&name) => forms.push(member),
            name => {
                let finding = Finding::error(
                    "schema/additionalProperties",
                    member.name_span,
                    format!("an assignment has no key `{name}`"),
                );
                findings.push(match nearest(name, FORMS) {
                    Some(near) => finding
                        .help(format!("did you mean `{near}`?"))
                        .replace_with(near),
                    None => finding.help(format!("use {}", one_of(&FORMS.map(str::to_owned)))),
                });
                return None;
            }
        }
    }
    let [form] = forms[..] else {
        findings.push(
            Finding::error("assignment/form", entry.span, "an assignment names exactly one target")
                .help("use one of `group`, `excludeGroup`, `allDevices: true`, `allUsers: true` or `target`"),
        );
        return None;
    };
    let value = &form.value;
    let target = match (form.name.as_str(), &value.declared) {
        ("group", Declared::String(name)) if !name.trim().is_empty() => Target::Group(name.clone()),
        ("excludeGroup", Declared::String(name)) if !name.trim().is_empty() => {
            Target::ExcludeGroup(name.clone())
        }
        ("allDevices", Declared::Bool(true)) => Target::AllDevices,
        ("allUsers", Declared::Bool(true)) => Target::AllUsers,
        ("target", Declared::Object(_)) => raw(value, findings)?,
        (name, _) => {
            let help = match name {
                "group" | "excludeGroup" => "give the group's display name or object id",
                "target" => "give the target as Graph has it, with its `@odata.type`",
                _ => "write `true`, or remove the entry",
            };
            findings.push(
                Finding::error(
                    "assignment/value",
                    value.span,
                    format!("`{name}` cannot be this"),
                )
                .help(help),
            );
            return None;
        }
    };
    if let (Target::ExcludeGroup(_), Some(filter)) = (&target, &filter) {
        findings.push(
            Finding::error(
                "assignment/filter-on-exclusion",
                filter.span,
                "an exclusion takes no filter",
            )
            .help("Intune filters only whom a configuration is assigned to: remove the filter"),
        );
    }
    Some(Assignment {
        target,
        filter,
        span: entry.span,
    })
}

fn filter(value: &Value, findings: &mut Vec<Finding>) -> Option<Filter> {
    let found = match value.members() {
        [only] => only.value.as_str().and_then(|name| {
            let mode = match only.name.as_str() {
                "include" => FilterMode::Include,
                "exclude" => FilterMode::Exclude,
                _ => return None,
            };
            Some(Filter {
                mode,
                name: name.to_owned(),
                span: only.value.span,
            })
        }),
        _ => None,
    };
    if found.is_none() {
        findings.push(
            Finding::error(
                "assignment/filter",
                value.span,
                "a filter is included or excluded by its name",
            )
            .help("write `filter: { include: NAME }` or `filter: { exclude: NAME }`"),
        );
    }
    found
}

fn raw(value: &Value, findings: &mut Vec<Finding>) -> Option<Target> {
    let types = Types::of(GraphVersion::Beta);
    let base = "deviceAndAppManagementAssignmentTarget";
    let known = value
        .get("@odata.type")
        .and_then(Value::as_str)
        .and_then(type_name)
        .and_then(|name| types.get(name));
    let Some(def) = known.filter(|def| !def.is_abstract && types.is_a(&def.name, base)) else {
        let choices: Vec<String> = types
            .get(base)
            .map(|def| def.derived.clone())
            .unwrap_or_default();
        findings.push(
            Finding::error(
                "assignment/target",
                value.span,
                "this is no assignment target of Graph's",
            )
            .help(format!(
                "give `\"@odata.type\": \"#microsoft.graph.…\"` with {}",
                one_of(&choices)
            )),
        );
        return None;
    };
    for member in value
        .members()
        .iter()
        .filter(|m| !m.name.starts_with('@') && def.property(&m.name).is_none())
    {
        findings.push(Finding::error(
            "schema/additionalProperties",
            member.name_span,
            format!("`{}` has no property `{}`", def.name, member.name),
        ));
    }
    let mut json = value.to_json();
    json["@odata.type"] = def.odata_type().into();
    Some(Target::Raw(json))
}

/// Graph keeps one assignment for a target: a second one, or an exclusion beside it, would be dropped or refused.
fn contradictions(assignments: &Vec<Assignment>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<String, (&Assignment, bool)> = BTreeMap::new();
    for assignment in assignments {
        let (key, excluded) = match &assignment.target {
            Target::Group(name) => (format!("the group `{name}`"), false),
            Target::ExcludeGroup(name) => (format!("the group `{name}`"), true),
            Target::AllDevices => ("all devices".to_owned(), false),
            Target::AllUsers => ("all users".to_owned(), false),
            Target::Raw(_) => continue,
        };
        let Some((first, first_excluded)) = seen.get(&key.to_lowercase()) else {
            seen.insert(key.to_lowercase(), (assignment, excluded));
            continue;
        };
        let (code, message) = if *first_excluded == excluded {
            ("assignment/twice", format!("{key} is named twice"))
        } else {
            (
                "assignment/included-and-excluded",
                format!("{key} is both included and excluded"),
            )
        };
        findings.push(
            Finding::error(code, assignment.span, message)
                .related(first.span, "first here")
                .help("Graph keeps one assignment for a target: keep the one that you mean"),
        );
    }
}
