//! The members of a group, and those of the groups in it.

use std::collections::BTreeSet;

use super::state::{Group, State};

/// The kinds of members, as types of Graph.
pub(crate) const KINDS: [&str; 3] = ["user", "device", "group"];

/// Returns how many members of a kind a group has, each counted once however many ways lead to it; nothing where
/// there is no such group.
pub(crate) fn count(state: &State, group: &str, wanted: &str) -> Option<u64> {
    let mut open = vec![find(state, group)?];
    let mut seen = BTreeSet::from([group.to_lowercase()]);
    let mut count = 0;
    while let Some(group) = open.pop() {
        count += match wanted {
            "user" => u64::from(group.unnamed_members.users),
            "device" => u64::from(group.unnamed_members.devices),
            _ => 0,
        };
        for id in &group.members {
            if !seen.insert(id.to_lowercase()) {
                continue;
            }
            count += u64::from(kind(state, id) == Some(wanted));
            open.extend(find(state, id));
        }
    }
    Some(count)
}

fn find<'a>(state: &'a State, id: &str) -> Option<&'a Group> {
    state.groups.iter().find(|group| group.id.eq_ignore_ascii_case(id))
}

/// Returns the kind of the user, device or group with an id, if any.
pub(crate) fn kind(state: &State, id: &str) -> Option<&'static str> {
    let is = |own: &String| own.eq_ignore_ascii_case(id);
    if state.users.iter().any(|user| is(&user.id)) {
        Some("user")
    } else if state.devices.iter().any(|device| is(&device.id)) {
        Some("device")
    } else {
        find(state, id).map(|_| "group")
    }
}
