//! Reads the assignments of a manifest: groups, all devices, all users, exclusions, each with an optional filter.

use serde_json::Value as Json;

use super::overlay;
use super::value::{Declared, Member, Value};
use super::violation;
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Finding, Sources, Span, repeated, value_or_report};
use crate::schema::types::{GraphVersion, Types, type_name};

/// One declared assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The target.
    pub target: Target,
    /// The filter on the devices of the target.
    pub filter: Option<Filter>,
    /// Where it was written.
    pub span: Span,
}

impl Assignment {
    /// Reads a live target.
    pub fn of_target(target: &Json, span: Span) -> Self {
        let known = graph_target(&Value::from_json(target, span), &mut Vec::new());
        let (target, filter) = known.unwrap_or_else(|_| (Target::Raw(target.clone()), None));
        Self { target, filter, span }
    }
}

impl Target {
    /// Reads a live target, without its filter.
    pub(crate) fn of(target: &Json) -> Self {
        let nowhere = Span::new(Sources::default().next_id(), 0..0);
        Assignment::of_target(target, nowhere).target
    }

    /// Returns the group, by name or by id.
    pub(crate) fn group(&self) -> Option<&str> {
        match self {
            Self::Group(group) | Self::ExcludeGroup(group) => Some(group),
            Self::AllDevices | Self::AllUsers | Self::Raw(_) => None,
        }
    }
}

/// The target of an assignment.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A group, by display name or object id.
    Group(String),
    /// A group that is excluded.
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
    fn parse(text: &str) -> Option<Self> {
        [Self::Include, Self::Exclude].into_iter().find(|mode| mode.as_str() == text)
    }

    /// Returns Graph's `deviceAndAppManagementAssignmentFilterType`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Include => "include",
            Self::Exclude => "exclude",
        }
    }
}

/// The targets, for messages.
const ONE_OF: &str = "`group`, `excludeGroup`, `allDevices: true`, `allUsers: true` or `target`";

/// The members that the service gives an assignment.
const OF_SERVICE: [&str; 4] = ["id", "intent", "source", "sourceId"];

const FORMS: [&str; 6] = ["group", "excludeGroup", "allDevices", "allUsers", "target", "filter"];

/// Why a single user or device cannot be assigned to.
const GROUPS_ALONE: &str = "Intune assigns to groups, and to no single user or device";

/// Keys that stand for a single user, as [`letters`] makes them.
const PERSONS: &[&str] = &[
    "user",
    "users",
    "userid",
    "userids",
    "username",
    "userprincipalname",
    "upn",
    "member",
    "members",
    "email",
    "mail",
];

/// Keys that stand for a single device.
const DEVICES: &[&str] = &[
    "device",
    "devices",
    "deviceid",
    "deviceids",
    "devicename",
    "computer",
    "computers",
    "host",
    "serialnumber",
];

/// Keys that stand for a group.
const INCLUDED: &[&str] = &[
    "include",
    "includes",
    "included",
    "groups",
    "includegroup",
    "includegroups",
    "groupname",
    "groupid",
    "entragroup",
];

/// Keys that stand for a group that is excluded.
const EXCLUDED: &[&str] = &[
    "exclude",
    "excludes",
    "excluded",
    "exclusion",
    "excludegroups",
    "excludedgroup",
    "excludedgroups",
    "notgroup",
];

/// Returns how `assignments` are written that are no list.
pub(super) fn no_list(value: &Value) -> &'static str {
    match &value.declared {
        Declared::Object(members) if !members.is_empty() => {
            "make a list of it: begin each target with `- `, as in `- group: NAME` or `- excludeGroup: NAME`"
        }
        Declared::String(_) | Declared::Bool(_) | Declared::Number(_) => {
            "make a list of it: `- group: NAME`, `- excludeGroup: NAME`, `- allDevices: true` or `- allUsers: true`"
        }
        _ => "write `[]` to assign to nobody; remove the line to leave the assignments alone",
    }
}

/// Reads a manifest's `assignments`. In a part of a manifest an overlay's directive is ignored. The members that only the
/// service sets, of assignments as Graph answers them, are added to `ignored`.
pub(super) fn read(
    list: &Value,
    part: bool,
    findings: &mut Vec<Finding>,
    ignored: &mut Vec<(String, Span)>,
) -> Option<Vec<Assignment>> {
    if let Some(directive) = list.directive() {
        let finding = || overlay::nothing_beneath(&directive.name, "assignments", list.span);
        findings.extend((!part).then(finding));
        return None;
    }
    let mut assignments = Vec::new();
    for entry in list.elements() {
        if let Some(source) = of_policy_set(entry) {
            findings.push(source);
            continue;
        }
        let read = assignment(entry, findings, ignored);
        assignments.extend(value_or_report(read, findings));
    }
    contradictions(&assignments, findings);
    Some(assignments)
}

/// Returns the warning of an assignment that comes from a policy set, which is no assignment of the object's own.
fn of_policy_set(entry: &Value) -> Option<Finding> {
    let source = entry.get("source")?;
    (source.as_str()? == "policySets").then(|| {
        let message = "a policy set makes this assignment, so it is ignored here";
        Finding::warning("assignment/of-policy-set", source.span, message)
            .help("remove the entry; the assignment stays as long as the policy set has it")
    })
}

/// Returns whether a member of an assignment is the service's own, so that it is ignored.
fn is_of_service(member: &Member) -> Result<bool, Finding> {
    let name = member.name.as_str();
    if !OF_SERVICE.contains(&name) {
        return Ok(name.contains('@'));
    }
    let text = member.value.as_str();
    match name {
        "intent" if text.is_some_and(|intent| intent != "apply") => {
            let message = "an assignment with another intent than `apply` cannot be declared";
            Err(Finding::error("assignment/value", member.value.span, message)
                .help("remove the entry, or exclude the group: `- excludeGroup: NAME`"))
        }
        _ => Ok(true),
    }
}

fn assignment(
    entry: &Value,
    findings: &mut Vec<Finding>,
    ignored: &mut Vec<(String, Span)>,
) -> Result<Assignment, Finding> {
    let mut forms = Vec::new();
    let mut filter = None;
    for member in entry.members() {
        match member.name.as_str() {
            "filter" => filter = Some(self::filter(&member.value)?),
            name if FORMS.contains(&name) => forms.push(member),
            name if is_of_service(member)? => ignored.push((name.to_owned(), member.name_span)),
            _ => return Err(unknown_key(member)),
        }
    }
    let (target, own_filter) = match forms[..] {
        [form] => target(form, findings)?,
        [] => {
            let message = "an assignment needs a target";
            let finding = Finding::error("assignment/form", entry.span, message);
            return Err(match entry.as_str() {
                Some(text) => text_alone(finding, text),
                None => finding.help(format!("use one of {ONE_OF}")),
            });
        }
        [first, second, ..] => {
            let message =
                format!("`{}` and `{}` are two targets in one assignment", first.name, second.name);
            return Err(Finding::error("assignment/form", second.name_span, message)
                .related(first.name_span, "the first is here")
                .help("make two assignments of them: begin each with `- `"));
        }
    };
    let filter = filter.or(own_filter);
    if let (Target::ExcludeGroup(_), Some(filter)) = (&target, &filter) {
        let message = "an exclusion takes no filter";
        findings
            .push(Finding::error("assignment/filter-on-exclusion", filter.span, message).help(
                "Intune filters only whom a configuration is assigned to: remove the filter",
            ));
    }
    Ok(Assignment { target, filter, span: entry.span })
}

fn target(form: &Member, findings: &mut Vec<Finding>) -> Result<(Target, Option<Filter>), Finding> {
    let Member { name, value, .. } = form;
    let group = value.as_str().filter(|name| !name.trim().is_empty()).map(str::to_owned);
    let (message, help) = match (name.as_str(), &value.declared, group) {
        ("group", _, Some(group)) => return Ok((Target::Group(group), None)),
        ("excludeGroup", _, Some(group)) => return Ok((Target::ExcludeGroup(group), None)),
        ("allDevices", Declared::Bool(true), _) => return Ok((Target::AllDevices, None)),
        ("allUsers", Declared::Bool(true), _) => return Ok((Target::AllUsers, None)),
        ("target", Declared::Object(_), _) => return graph_target(value, findings),
        ("group" | "excludeGroup", Declared::Number(_) | Declared::Bool(_), _) => {
            (format!("`{name}` takes a name, and this is not one"), "put it in quotes")
        }
        ("group" | "excludeGroup", ..) => (
            format!("`{name}` takes the name of one group"),
            "give its display name or its object id",
        ),
        ("target", ..) => (
            "`target` takes a target as Graph has it".to_owned(),
            "write its members below it, `\"@odata.type\"` first",
        ),
        _ => return Err(not_true(name, value)),
    };
    Err(Finding::error("assignment/value", value.span, message).help(help))
}

/// Returns the devices or users of a form that takes no name, `None` for the other forms.
fn reached_by(form: &str) -> Option<&'static str> {
    match form {
        "allDevices" => Some("every device of the tenant"),
        "allUsers" => Some("every licensed user of the tenant"),
        _ => None,
    }
}

/// Returns the finding of `allDevices` or `allUsers` with another value than `true`. Only what means `true` is advised to
/// be `true`: a name was meant to reach less.
fn not_true(form: &str, value: &Value) -> Finding {
    let reached = reached_by(form).unwrap_or_default();
    let error = |message: String| Finding::error("assignment/value", value.span, message);
    let word = value.as_str().unwrap_or_default().to_ascii_lowercase();
    match (&value.declared, word.as_str()) {
        (Declared::String(_), "true" | "yes" | "on" | "y") => {
            error(format!("`{form}` takes only `true`"))
                .help(format!("write `true` to assign to {reached}, or remove the entry"))
                .replace_with("true")
        }
        (Declared::Bool(false), _) => error(format!("`{form}` takes only `true`"))
            .help("remove the entry: what the list does not name is not assigned"),
        _ => error(format!("`{form}` is {reached}, and takes no name")).help(format!(
            "write `group: NAME` instead of `{form}:` to assign to a group; {GROUPS_ALONE}"
        )),
    }
}

/// Returns the finding of a key that an assignment does not have. A form that reaches all users or devices is offered
/// only in the place of one whose value is `true`.
fn unknown_key(member: &Member) -> Finding {
    let Member { name, name_span, value } = member;
    let message = format!("an assignment has no key `{name}`");
    let finding = Finding::error("schema/additionalProperties", *name_span, message);
    let word = letters(name);
    let is = |words: &[&str]| words.contains(&word.as_str());
    if is(PERSONS) || is(DEVICES) {
        return finding
            .help(format!("{GROUPS_ALONE}: put it into a group, and write `group: NAME`"));
    }
    let form = match () {
        () if is(INCLUDED) => Some("group"),
        () if is(EXCLUDED) => Some("excludeGroup"),
        () => None,
    };
    if let Some(form) = form.filter(|_| matches!(value.declared, Declared::List(_))) {
        return finding.help(format!("write `- {form}: NAME` for each of them"));
    }
    let fits = |form: &&str| reached_by(form).is_none() || value.declared == Declared::Bool(true);
    let near = form.or_else(|| nearest(name, FORMS.into_iter().filter(fits)));
    finding.suggest(near, format!("use one of {ONE_OF}, and `filter`"))
}

/// Adds the remedy of an entry that is a text alone.
fn text_alone(finding: Finding, text: &str) -> Finding {
    let all = match letters(text).as_str() {
        "alldevices" => Some("allDevices"),
        "allusers" | "alllicensedusers" => Some("allUsers"),
        _ => None,
    };
    match all {
        Some(form) => finding
            .help(format!("write `- {form}: true` to assign to {}", reached_by(form).unwrap_or("")))
            .replace_with(format!("{form}: true")),
        None if text.contains('@') => finding
            .help(format!("{GROUPS_ALONE}: put it into a group, and write `- group: NAME`")),
        None => finding.help(
            "write `- group: NAME`, or `- excludeGroup: NAME`; `- allDevices: true` and `- allUsers: true` are everybody",
        ),
    }
}

/// Returns the letters and digits of a text, in lower case.
fn letters(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn filter(value: &Value) -> Result<Filter, Finding> {
    if let [only] = value.members()
        && let Some((mode, name)) = FilterMode::parse(&only.name).zip(only.value.as_str())
    {
        return Ok(Filter { mode, name: name.to_owned(), span: only.value.span });
    }
    let message = "a filter is included or excluded by its name";
    Err(Finding::error("assignment/filter", value.span, message)
        .help("write `filter: { include: NAME }` or `filter: { exclude: NAME }`"))
}

/// Reads a target in Graph's form. A target that has a short form is read into that, so that the same rules apply to
/// both.
fn graph_target(
    value: &Value,
    findings: &mut Vec<Finding>,
) -> Result<(Target, Option<Filter>), Finding> {
    let types = Types::of(GraphVersion::Beta);
    let base = "deviceAndAppManagementAssignmentTarget";
    let known = value.odata_type().and_then(|name| types.get(name));
    let known = known.filter(|def| !def.is_abstract && types.is_a(&def.name, base));
    let def = known.ok_or_else(|| {
        no_target(value, types.get(base).as_ref().map_or(&[], |def| &def.derived))
    })?;
    let full = value.clone().with_full_type();
    let mut faults = violation::check(GraphVersion::Beta, &def.name, &full, None);
    let group_id = value.get("groupId").filter(|id| id.declared != Declared::Null);
    if def.property("groupId").is_some() && group_id.is_none() {
        let message = format!("a `{}` needs a `groupId`", def.name);
        faults.push(
            Finding::error("assignment/target", value.span, message)
                .help("add `groupId:`, or write `group: NAME` instead of `target:`"),
        );
    }
    if let Some(fault) = faults.pop() {
        findings.append(&mut faults);
        return Err(fault);
    }
    let text = |name: &str| {
        let value = value.get(name)?;
        Some((value.as_str()?, value.span))
    };
    let group = || group_id.and_then(Value::as_str).unwrap_or_default().to_owned();
    let target = match def.name.as_str() {
        "groupAssignmentTarget" => Target::Group(group()),
        "exclusionGroupAssignmentTarget" => Target::ExcludeGroup(group()),
        "allDevicesAssignmentTarget" => Target::AllDevices,
        "allLicensedUsersAssignmentTarget" => Target::AllUsers,
        _ => {
            let mut json = value.to_json();
            json["@odata.type"] = def.odata_type().into();
            Target::Raw(json)
        }
    };
    let mode = text("deviceAndAppManagementAssignmentFilterType");
    let mode = mode.and_then(|(mode, _)| FilterMode::parse(mode));
    let id = text("deviceAndAppManagementAssignmentFilterId");
    let filter = mode.zip(id).map(|(mode, (id, span))| Filter { mode, name: id.to_owned(), span });
    Ok((target, filter))
}

fn no_target(value: &Value, choices: &[String]) -> Finding {
    let stated = value.get("@odata.type");
    let stated = stated.unwrap_or(value);
    let message = "this is not one of Graph's assignment targets";
    let finding = Finding::error("assignment/target", stated.span, message);
    // A target of all users or devices is listed, but offered only in the place of one that says "all".
    let name = stated.as_str().map(|stated| type_name(stated).unwrap_or(stated));
    let says_all = name.is_some_and(|name| letters(name).starts_with("all"));
    let offered: Vec<String> =
        choices.iter().filter(|choice| says_all || !choice.starts_with("all")).cloned().collect();
    violation::suggest_type(finding, stated, &offered, choices, "give `\"@odata.type\": ")
}

/// Reports targets that are named twice: Graph keeps one assignment per target.
fn contradictions(assignments: &[Assignment], findings: &mut Vec<Finding>) {
    let name = |assignment: &Assignment| match &assignment.target {
        Target::Group(name) | Target::ExcludeGroup(name) => Some(format!("the group `{name}`")),
        Target::AllDevices => Some("all devices".to_owned()),
        Target::AllUsers => Some("all users".to_owned()),
        Target::Raw(_) => None,
    };
    let is_excluded = |of: &Assignment| matches!(of.target, Target::ExcludeGroup(_));
    let named = assignments.iter().filter_map(|of| Some((name(of)?.to_lowercase(), of)));
    findings.extend(repeated(named).into_iter().map(|(assignment, first)| {
        let target = name(assignment).unwrap_or_default();
        let (code, why) = if is_excluded(assignment) == is_excluded(first) {
            ("assignment/twice", "is named twice")
        } else {
            ("assignment/included-and-excluded", "is both included and excluded")
        };
        Finding::error(code, assignment.span, format!("{target} {why}"))
            .related(first.span, "first here")
            .help("Graph keeps one assignment for a target: keep the one that you mean")
    }));
}
