//! Groups, users, filters and scope tags by their names, with their ids as comments.

use serde_json::{Value as Json, json};

use super::left_out::WhyLeftOut;
use crate::kinds::platform;
use crate::manifest::assignment::{FilterMode, Target};
use crate::manifest::trial;
use crate::schema::model::{Model, Shape};
use crate::schema::types::{GraphVersion, Types};
use crate::schema::walk::{Tree, TypedPlace, any, each};
use crate::tenant::LiveObject;
use crate::tenant::lookup::{Unlabelled, is_reference};
use crate::tenant::names::{Named, Names, Unresolved, is_guid};
use crate::values::{payload, target_form, target_shown};
use crate::yaml::node::{Node, NodeContent, NodeEntry};

/// Returns the ids of an object that have names.
pub(super) fn ids(object: &LiveObject) -> Unlabelled {
    let mut found = Unlabelled::new();
    for assignment in &object.assignments {
        let target = target_shown(assignment);
        let text = |name: &str| target.get(name).and_then(Json::as_str).map(str::to_owned);
        found.extend(text("groupId").map(|id| (Named::Group, id)));
        found.extend(text(FILTER).map(|id| (Named::Filter, id)));
    }
    let shape = Shape::Complex(object.kind.clone());
    let body = object.body.value();
    let root = TypedPlace::root(Model::of(GraphVersion::Beta), &shape);
    each(&root, &body, &mut |place, value| {
        let named = place.property.and_then(|property| property.facts.resolves);
        let named = named.or(is_reference(place).then_some(Named::ReusableSetting));
        found.extend(named.zip(value.as_str()).map(|(named, id)| (named, id.to_owned())));
        true
    });
    found
}

/// The member of a target with the id of a filter.
const FILTER: &str = "deviceAndAppManagementAssignmentFilterId";

/// The type of the targets of assignments.
const TARGET: &str = "deviceAndAppManagementAssignmentTarget";

/// Returns a text, with a comment where it is known.
fn commented(text: &str, comment: Option<&str>) -> Node {
    let node = Node::of(&text.into());
    match comment {
        Some(comment) => node.commented(comment),
        None => node,
    }
}

/// Returns an id by its name where that means the same object and no other, with the id as a comment.
pub(super) fn by_name(names: &Names, named: Named, id: &str) -> Node {
    // The service may answer the id alone, and a name that holds a secret stands in no file.
    let is_told = |label: &&str| !label.eq_ignore_ascii_case(id) && !payload::holds_secret(label);
    let Some(label) = names.label(named, id).filter(is_told) else {
        return commented(id, None);
    };
    match only_name(names, named, id) {
        Some(name) => commented(name, Some(id)),
        None => commented(id, Some(label)),
    }
}

/// Returns the assignments of an object as a manifest declares them.
///
/// # Errors
/// Why they cannot be declared: a list without one of them would take it away.
pub(super) fn assignments(object: &LiveObject, names: &Names) -> Result<Node, WhyLeftOut> {
    let undeclarable = |why: &str| WhyLeftOut::Undeclarable(why.to_owned());
    let mut entries: Vec<(Json, Node)> = Vec::new();
    for assignment in &object.assignments {
        let form = target_form(assignment);
        if form.get("intent").is_some() {
            return Err(undeclarable("an assignment has another intent than `apply`"));
        }
        let shown = target_shown(assignment);
        let types = Types::of(GraphVersion::Beta);
        if !shown.stated_type().is_some_and(|name| types.is_a(name, TARGET)) {
            return Err(undeclarable("an assignment has a target of an unknown type"));
        }
        if any(&shown, &mut |part| part.members().any(|(name, _)| name.starts_with('$'))) {
            return Err(WhyLeftOut::Instruction);
        }
        let target = Target::of(&shown);
        let filter = filter_of(&shown).map_err(undeclarable)?;
        let filter = filter.as_ref().map(|(mode, id)| (*mode, id.as_str()));
        let filter_id = filter.map(|(_, id)| id);
        for (named, id) in [(Named::Group, target.group()), (Named::Filter, filter_id)] {
            let Some(id) = id else { continue };
            // A file may have a name in the place of an id.
            if payload::holds_secret(id) {
                return Err(WhyLeftOut::SecretInside);
            }
            if let Err(Unresolved::Unknown { .. }) = names.resolve(named, id) {
                let (_, words) = named.slug_and_words();
                return Err(WhyLeftOut::Gone(format!("{words} {id}")));
            }
        }
        if filter.is_some() && matches!(target, Target::ExcludeGroup(_)) {
            return Err(undeclarable("an exclusion has a filter"));
        }
        if filter_id.is_some_and(|filter| is_of_other_platform(object, filter, names)) {
            return Err(undeclarable("a filter is of another platform than the policy"));
        }
        let group = target.group().map(str::to_lowercase);
        let is_same = |other: &Json| match &group {
            Some(group) => other.get("groupId").and_then(Json::as_str) == Some(group),
            None => *other == form,
        };
        if entries.iter().any(|(other, _)| is_same(other)) {
            return Err(undeclarable("a target is assigned twice"));
        }
        entries.push((form, entry(&target, filter, names)));
    }
    let nodes = entries.into_iter().map(|(_, node)| node).collect();
    let list = Node { content: NodeContent::List(nodes), comment: None, is_flow: false };
    match trial::refused_assignments(&list.to_json()) {
        Some(why) => Err(WhyLeftOut::Undeclarable(why)),
        None => Ok(list),
    }
}

/// Returns the mode and the id of the filter of a target, which is as it is shown.
///
/// # Errors
/// Why the filter is none: without it the target would be more devices.
pub(super) fn filter_of(target: &Json) -> Result<Option<(FilterMode, String)>, &'static str> {
    let text = |name: &str| target.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    let mode = match text("deviceAndAppManagementAssignmentFilterType") {
        Some("exclude") => Some(FilterMode::Exclude),
        Some("include") => Some(FilterMode::Include),
        Some(_) => return Err("a filter neither includes nor excludes"),
        None => None,
    };
    match (mode, text(FILTER)) {
        (Some(mode), Some(id)) => Ok(Some((mode, id.to_owned()))),
        (None, None) => Ok(None),
        (Some(_), None) => Err("a filter has no id"),
        (None, Some(_)) => Err("a filter neither includes nor excludes"),
    }
}

fn is_of_other_platform(object: &LiveObject, filter: &str, names: &Names) -> bool {
    let own = object.body.member("platforms");
    let own = own.as_str().filter(|own| !own.contains(','));
    let fitting = platform::filters_of(own.unwrap_or(&object.kind));
    let of_filter = names.platform(filter);
    fitting.zip(of_filter).is_some_and(|(fitting, of_filter)| !fitting.contains(&of_filter))
}

fn entry(target: &Target, filter: Option<(FilterMode, &str)>, names: &Names) -> Node {
    let member = |name: &str, node: Node| NodeEntry::Member(name.to_owned(), node);
    let first = match target {
        Target::Group(id) => member("group", by_name(names, Named::Group, id)),
        Target::ExcludeGroup(id) => member("excludeGroup", by_name(names, Named::Group, id)),
        Target::AllDevices => member("allDevices", Node::of(&true.into())),
        Target::AllUsers => member("allUsers", Node::of(&true.into())),
        Target::Raw(raw) => member("target", Node::of(raw)),
    };
    // A target in Graph's form has its filter within.
    let filter = filter.filter(|_| !matches!(target, Target::Raw(_))).map(|(mode, id)| {
        let Node { content, comment, .. } = by_name(names, Named::Filter, id);
        let name = Node { content, comment: None, is_flow: false };
        let map = NodeContent::Map(vec![member(mode.as_str(), name)]);
        member("filter", Node { content: map, comment, is_flow: true })
    });
    let entries = std::iter::once(first).chain(filter).collect();
    Node { content: NodeContent::Map(entries), comment: None, is_flow: false }
}

/// Returns the name of an id where that means the same object and no other.
pub(super) fn only_name<'a>(names: &'a Names, named: Named, id: &str) -> Option<&'a str> {
    let is_told = |label: &&str| !label.trim().is_empty() && !payload::holds_secret(label);
    let label = names.label(named, id).filter(is_told)?;
    let found = names.resolve(named, label).ok()?;
    (!is_guid(label) && found.eq_ignore_ascii_case(id)).then_some(label)
}

/// Returns a reference to a live object, with its name as a comment.
pub(super) fn live_reference(id: &str, display_name: &str, is_unique: bool) -> Node {
    let is_told = !payload::holds_secret(display_name);
    let is_unique = is_unique && is_told;
    let to = if is_unique { json!({ "displayName": display_name }) } else { json!({ "id": id }) };
    let comment = if is_unique { id } else { display_name };
    let node = Node::of(&to).flow();
    let map = NodeContent::Map(vec![NodeEntry::Member("$ref".to_owned(), node)]);
    let node = Node { content: map, comment: None, is_flow: true };
    if comment.is_empty() || !is_told { node } else { node.commented(comment) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa1";
    const LABEL: &str = "Wi-Fi password=canary-hunter2hunter2";

    fn text(node: Node) -> String {
        let entry = NodeEntry::Member("it".to_owned(), node);
        let map = NodeContent::Map(vec![entry]);
        crate::yaml::write::document(&Node { content: map, comment: None, is_flow: false })
    }

    #[test]
    fn name_that_holds_a_secret_stands_nowhere_and_the_id_stands_alone() {
        let mut names = Names::default();
        for named in [Named::Group, Named::Filter, Named::ScopeTag] {
            names.add(named, ID, LABEL);
            assert_eq!(only_name(&names, named, ID), None);
            assert_eq!(text(by_name(&names, named, ID)), format!("it: {ID}\n"));
        }
        for is_unique in [true, false] {
            let expected = format!("it: {{ $ref: {{ id: {ID} }} }}\n");
            assert_eq!(text(live_reference(ID, LABEL, is_unique)), expected);
        }
        let known = text(live_reference(ID, "Root CA", false));
        assert_eq!(known, format!("it: {{ $ref: {{ id: {ID} }} }}  # Root CA\n"));
    }
}
