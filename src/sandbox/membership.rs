//! The members of a group, and those of the groups in it.

use std::collections::BTreeSet;

use super::state::{Group, State};

/// The kind of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    User,
    Device,
    Group,
}

impl Member {
    /// Returns the kind that an OData cast names, as in `transitiveMembers/microsoft.graph.user`.
    pub(crate) fn of_cast(cast: &str) -> Option<Self> {
        match cast.strip_prefix("microsoft.graph.")? {
            "user" => Some(Self::User),
            "device" => Some(Self::Device),
            "group" => Some(Self::Group),
            _ => None,
        }
    }
}

/// Returns how many members of a kind a group has, each counted once however many ways lead to it; nothing where
/// there is no such group.
pub(crate) fn count(state: &State, group: &str, wanted: Member) -> Option<u64> {
    let mut open = vec![find(state, group)?];
    let mut seen = BTreeSet::from([group.to_lowercase()]);
    let mut count = 0;
    while let Some(group) = open.pop() {
        count += match wanted {
            Member::User => u64::from(group.unnamed_members.users),
            Member::Device => u64::from(group.unnamed_members.devices),
            Member::Group => 0,
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
pub(crate) fn kind(state: &State, id: &str) -> Option<Member> {
    let is = |own: &String| own.eq_ignore_ascii_case(id);
    if state.users.iter().any(|user| is(&user.id)) {
        Some(Member::User)
    } else if state.devices.iter().any(|device| is(&device.id)) {
        Some(Member::Device)
    } else {
        find(state, id).map(|_| Member::Group)
    }
}
