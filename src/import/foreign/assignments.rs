//! Assignments of files: targets by ids, or by names where files do not have the ids.

use serde_json::{Map, Value as Json};

use crate::import::names::filter_of;
use crate::schema::types::{GraphVersion, Types};
use crate::schema::walk::Tree;
use crate::values::target_shown;

/// The members that IntuneCD adds to a target, and the one of them that stands for the id of the group.
const GROUP_NAME: &str = "groupName";
const ADDED: [&str; 2] = ["groupType", "membershipRule"];

const GROUP: &str = "groupId";

/// Takes the assignments out of a body, `None` where it does not have them.
///
/// # Errors
/// Why they cannot be carried.
pub(super) fn take(body: &mut Map<String, Json>) -> Result<Option<Vec<Json>>, &'static str> {
    let list = match body.remove("assignments") {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Array(list)) => list,
        Some(one) => vec![one],
    };
    list.into_iter().map(assignment).collect::<Result<_, _>>().map(Some)
}

fn assignment(mut assignment: Json) -> Result<Json, &'static str> {
    let Some(members) = assignment.as_object_mut() else {
        return Err("one of them is no assignment");
    };
    members.retain(|name, _| ["intent", "source", "target"].contains(&name.as_str()));
    let types = Types::of(GraphVersion::Beta);
    let target = members.get_mut("target");
    let needs_group = target
        .as_deref()
        .and_then(Json::stated_type)
        .is_some_and(|stated| types.get(stated).is_some_and(|def| def.property(GROUP).is_some()));
    let Some(target) = target.and_then(Json::as_object_mut) else {
        return Err("one of them has no target");
    };
    let named = target.remove(GROUP_NAME);
    target.retain(|name, _| !ADDED.contains(&name.as_str()));
    if let Some(name) = named.as_ref().and_then(Json::as_str).filter(|name| !name.is_empty()) {
        target.insert(GROUP.to_owned(), name.into());
    }
    let group = target.get(GROUP).and_then(Json::as_str);
    if needs_group && group.is_none_or(str::is_empty) {
        return Err("one of them is to a group of which the file has neither the name nor the id");
    }
    filter_of(&target_shown(&assignment))?;
    Ok(assignment)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(list: Json) -> Result<Option<Vec<Json>>, &'static str> {
        let mut body = json!({ "assignments": list });
        take(body.as_object_mut().expect("an object"))
    }

    #[test]
    fn targets_have_names_where_files_have_no_ids() {
        let target = |group: &str| json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group });
        let mut named = target("");
        named["groupName"] = "Macs".into();
        named["groupType"] = "StaticMembership".into();
        named["membershipRule"] = Json::Null;
        let list = json!([
            { "id": "x", "intent": "apply", "source": "direct", "sourceId": "y", "target": target("g-1") },
            { "target": named },
        ]);
        let expected = json!([
            { "intent": "apply", "source": "direct", "target": target("g-1") },
            { "target": target("Macs") },
        ]);
        assert_eq!(taken(list).map(|list| list.map(Json::from)), Ok(Some(expected)));
        assert_eq!(taken(Json::Null), Ok(None));
        assert_eq!(taken(json!([])), Ok(Some(Vec::new())));
    }

    #[test]
    fn assignment_to_a_group_without_a_name_is_not_carried() {
        let target = json!({ "@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget" });
        let error = taken(json!([{ "target": target }])).expect_err("no group");
        assert!(error.contains("neither the name nor the id"));
        let devices = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
        assert!(taken(json!([{ "target": devices }])).is_ok());
        for list in [json!([3]), json!([{ "intent": "apply" }])] {
            assert!(taken(list).is_err());
        }
    }

    #[test]
    fn assignment_with_half_a_filter_is_not_carried() {
        let no_filter = json!("00000000-0000-0000-0000-000000000000");
        let filter = json!("22222222-aaaa-4aaa-8aaa-aaaaaaaaaaa1");
        let rows = [
            (json!("include"), filter.clone(), true),
            (json!("exclude"), filter.clone(), true),
            (json!("none"), Json::Null, true),
            (json!("none"), no_filter.clone(), true),
            (Json::Null, no_filter.clone(), true),
            (Json::Null, Json::Null, true),
            (json!("include"), Json::Null, false),
            (json!("exclude"), json!(""), false),
            (json!("include"), no_filter, false),
            (json!("none"), filter.clone(), false),
            (Json::Null, filter.clone(), false),
            (json!("both"), filter, false),
        ];
        for (mode, id, is_carried) in rows {
            let target = json!({
                "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget",
                "deviceAndAppManagementAssignmentFilterType": mode,
                "deviceAndAppManagementAssignmentFilterId": id,
            });
            let made = taken(json!([{ "target": target }]));
            assert_eq!(made.is_ok(), is_carried, "{mode} {id}: {made:?}");
        }
    }
}
