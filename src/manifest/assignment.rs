//! Who gets a configuration: groups, everybody, exclusions, each with an optional filter.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::overlay;
use super::value::{Declared, Member, Value};
use crate::diagnostic::suggest::{nearest, one_of};
use crate::diagnostic::{Finding, Span};
use crate::schema::types::{GraphVersion, Types, odata_type, type_name};
use crate::schema::validate::{Problem, Step, Violation, violations};

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

impl Assignment {
    /// Returns the assignment that a live target is.
    pub fn of_target(target: &Json, span: Span) -> Self {
        let mut findings = Vec::new();
        let known = raw(&Value::from_json(target, span), &mut findings);
        let (target, filter) = known
            .filter(|_| findings.is_empty())
            .unwrap_or_else(|| (Target::Raw(target.clone()), None));
        Self { target, filter, span }
    }
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

/// The targets, for people.
const ONE_OF: &str = "`group`, `excludeGroup`, `allDevices: true`, `allUsers: true` or `target`";

const FORMS: [&str; 6] = ["group", "excludeGroup", "allDevices", "allUsers", "target", "filter"];

/// Reads a manifest's `assignments`. In a part of a manifest an overlay's directive is left for the whole.
pub(super) fn read(
    list: &Value,
    part: bool,
    findings: &mut Vec<Finding>,
) -> Option<Vec<Assignment>> {
    if let Some(directive) = list.directive() {
        if !part {
            let finding = overlay::nothing_beneath(&directive.name, "assignments", list.span);
            findings.push(finding);
        }
        return None;
    }
    let assignments: Vec<Assignment> =
        list.elements().iter().filter_map(|entry| one(entry, findings)).collect();
    contradictions(&assignments, findings);
    Some(assignments)
}

fn one(entry: &Value, findings: &mut Vec<Finding>) -> Option<Assignment> {
    let mut forms = Vec::new();
    let mut filter = None;
    for member in entry.members() {
        match member.name.as_str() {
            "filter" => filter = Some(self::filter(&member.value, findings)?),
            name if FORMS.contains(&name) => forms.push(member),
            name => {
                findings.push(unknown(name, member.name_span));
                return None;
            }
        }
    }
    let (target, own_filter) = match forms[..] {
        [form] => target(form, findings)?,
        [] => {
            let finding =
                Finding::error("assignment/form", entry.span, "an assignment needs a target");
            findings.push(match entry.as_str() {
                Some(_) => finding.help("write `- group: NAME`, or `- excludeGroup: NAME`"),
                None => finding.help(format!("use one of {ONE_OF}")),
            });
            return None;
        }
        [first, second, ..] => {
            let message =
                format!("`{}` and `{}` are two targets in one assignment", first.name, second.name);
            findings.push(
                Finding::error("assignment/form", second.name_span, message)
                    .related(first.name_span, "the first is here")
                    .help("make two assignments of them: begin each with `- `"),
            );
            return None;
        }
    };
    let filter = filter.or(own_filter);
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
    Some(Assignment { target, filter, span: entry.span })
}

fn unknown(name: &str, span: Span) -> Finding {
    let code = "schema/additionalProperties";
    let finding = Finding::error(code, span, format!("an assignment has no key `{name}`"));
    match nearest(name, FORMS) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).replace_with(near),
        None => finding.help(format!("use one of {ONE_OF}, and `filter`")),
    }
}

fn target(form: &Member, findings: &mut Vec<Finding>) -> Option<(Target, Option<Filter>)> {
    let value = &form.value;
    let name = form.name.as_str();
    let group = value.as_str().filter(|name| !name.trim().is_empty());
    match (name, &value.declared, group) {
        ("group", _, Some(group)) => return Some((Target::Group(group.to_owned()), None)),
        ("excludeGroup", _, Some(group)) => {
            return Some((Target::ExcludeGroup(group.to_owned()), None));
        }
        ("allDevices", Declared::Bool(true), _) => return Some((Target::AllDevices, None)),
        ("allUsers", Declared::Bool(true), _) => return Some((Target::AllUsers, None)),
        ("target", Declared::Object(_), _) => return raw(value, findings),
        _ => {}
    }
    let error = |message: String| Finding::error("assignment/value", value.span, message);
    findings.push(match (name, &value.declared) {
        ("group" | "excludeGroup", Declared::Number(_) | Declared::Bool(_)) => {
            error(format!("`{name}` takes a name, and this is none")).help("put it in quotes")
        }
        ("group" | "excludeGroup", _) => error(format!("`{name}` takes the name of one group"))
            .help("give its display name or its object id"),
        ("target", _) => error("`target` takes a target as Graph has it".to_owned())
            .help("write its members below it, `\"@odata.type\"` first"),
        _ => error(format!("`{name}` is `true`, or is not there"))
            .help("write `true`, or remove the entry"),
    });
    None
}

fn filter(value: &Value, findings: &mut Vec<Finding>) -> Option<Filter> {
    let found = match value.members() {
        [only] => only.value.as_str().and_then(|name| {
            let mode = match only.name.as_str() {
                "include" => FilterMode::Include,
                "exclude" => FilterMode::Exclude,
                _ => return None,
            };
            Some(Filter { mode, name: name.to_owned(), span: only.value.span })
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

/// Reads a target as Graph has it. Whatever has a form of its own becomes that, so that the same rules hold
/// for it, however it is written.
fn raw(value: &Value, findings: &mut Vec<Finding>) -> Option<(Target, Option<Filter>)> {
    let types = Types::of(GraphVersion::Beta);
    let base = "deviceAndAppManagementAssignmentTarget";
    let known = value
        .get("@odata.type")
        .and_then(Value::as_str)
        .and_then(type_name)
        .and_then(|name| types.get(name));
    let Some(def) = known.filter(|def| !def.is_abstract && types.is_a(&def.name, base)) else {
        findings.push(no_target(
            value,
            &types.get(base).map(|def| def.derived.clone()).unwrap_or_default(),
        ));
        return None;
    };
    let mut json = value.to_json();
    json["@odata.type"] = def.odata_type().into();
    let violations = violations(GraphVersion::Beta, &def.name, &json);
    findings.extend(violations.iter().map(|violation| in_target(value, &def.name, violation)));
    if def.property("groupId").is_some() && value.get("groupId").is_none() {
        let message = format!("a `{}` needs a `groupId`", def.name);
        findings.push(
            Finding::error("assignment/target", value.span, message)
                .help("add `groupId:`, or write `group: NAME` instead of `target:`"),
        );
    }
    let text = |name: &str| value.get(name).filter(|value| value.as_str().is_some());
    let group = || text("groupId").and_then(Value::as_str).map(str::to_owned);
    let target = match def.name.as_str() {
        "groupAssignmentTarget" => Target::Group(group()?),
        "exclusionGroupAssignmentTarget" => Target::ExcludeGroup(group()?),
        "allDevicesAssignmentTarget" => Target::AllDevices,
        "allLicensedUsersAssignmentTarget" => Target::AllUsers,
        _ => Target::Raw(json),
    };
    let kind = text("deviceAndAppManagementAssignmentFilterType").and_then(Value::as_str);
    let mode = match kind {
        Some("include") => Some(FilterMode::Include),
        Some("exclude") => Some(FilterMode::Exclude),
        _ => None,
    };
    let id = text("deviceAndAppManagementAssignmentFilterId");
    let filter = mode.zip(id).map(|(mode, id)| Filter {
        mode,
        name: id.as_str().unwrap_or_default().to_owned(),
        span: id.span,
    });
    Some((target, filter))
}

fn no_target(value: &Value, choices: &[String]) -> Finding {
    let stated = value.get("@odata.type");
    let near = stated.and_then(Value::as_str).and_then(|stated| {
        nearest(type_name(stated).unwrap_or(stated), choices.iter().map(String::as_str))
    });
    let span = stated.map_or(value.span, |stated| stated.span);
    let finding =
        Finding::error("assignment/target", span, "this is none of Graph's assignment targets");
    match near.map(odata_type) {
        Some(near) => {
            finding.help(format!("did you mean `{near}`?")).replace_with(format!("\"{near}\""))
        }
        None => finding.help(format!(
            "give `\"@odata.type\": \"#microsoft.graph.…\"` with {}",
            one_of(choices)
        )),
    }
}

/// A violation in a target, whose members are all scalars.
fn in_target(value: &Value, target: &str, violation: &Violation) -> Finding {
    let code = format!("schema/{}", violation.keyword);
    let member = match (&violation.problem, violation.path.first()) {
        (Problem::UnknownProperty(name), _) | (_, Some(Step::Member(name))) => name.as_str(),
        _ => "",
    };
    let at = value.members().iter().find(|at| at.name == member);
    let help = format!("`moorline schema {target}` says what it takes");
    match &violation.problem {
        Problem::UnknownProperty(_) => {
            let span = at.map_or(value.span, |at| at.name_span);
            Finding::error(code, span, format!("`{target}` has no property `{member}`")).help(help)
        }
        _ => {
            let span = at.map_or(value.span, |at| at.value.span);
            Finding::error(code, span, format!("`{member}` cannot be this")).help(help)
        }
    }
}

/// Graph keeps one assignment for a target: a second one, or an exclusion beside it, would be dropped or refused.
fn contradictions(assignments: &[Assignment], findings: &mut Vec<Finding>) {
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
            ("assignment/included-and-excluded", format!("{key} is both included and excluded"))
        };
        findings.push(
            Finding::error(code, assignment.span, message)
                .related(first.span, "first here")
                .help("Graph keeps one assignment for a target: keep the one that you mean"),
        );
    }
}
