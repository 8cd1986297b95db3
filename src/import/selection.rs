//! Which objects of a tenant are imported.

use globset::GlobMatcher;
use serde_json::Value as Json;

use crate::manifest::Address;
use crate::tenant::LiveObject;
use crate::tenant::names::{Named, Names};

/// A condition on an object.
#[derive(Clone, Debug)]
pub enum ObjectCondition {
    /// Its display name matches a glob.
    Name(GlobMatcher),
    /// It is assigned to a group of this display name or id, or excludes it.
    Group(String),
    /// No manifest manages it.
    Unmanaged,
}

/// The objects that are imported: those that fit one of the globs of each sort, and all conditions.
#[derive(Clone, Debug, Default)]
pub struct ImportSelection {
    /// Globs of addresses.
    pub only: Vec<GlobMatcher>,
    /// Globs of kinds.
    pub kinds: Vec<GlobMatcher>,
    /// Conditions.
    pub conditions: Vec<ObjectCondition>,
}

impl ImportSelection {
    /// Returns whether an object is selected. `address` is that of its manifest, or the one that it would get.
    pub fn takes(
        &self,
        object: &LiveObject,
        address: &Address,
        is_managed: bool,
        names: &Names,
    ) -> bool {
        let fits = |globs: &[GlobMatcher], text: &str| {
            globs.is_empty() || globs.iter().any(|glob| glob.is_match(text))
        };
        fits(&self.only, &address.to_string())
            && fits(&self.kinds, &object.kind)
            && self.conditions.iter().all(|condition| match condition {
                ObjectCondition::Name(glob) => glob.is_match(&object.display_name),
                ObjectCondition::Group(group) => is_assigned_to(object, group, names),
                ObjectCondition::Unmanaged => !is_managed,
            })
    }
}

fn is_assigned_to(object: &LiveObject, group: &str, names: &Names) -> bool {
    let targets = object.assignments.iter().filter_map(|assignment| assignment.get("target"));
    let mut ids = targets.filter_map(|target| target.get("groupId").and_then(Json::as_str));
    ids.any(|id| {
        let name = names.label(Named::Group, id);
        id.eq_ignore_ascii_case(group) || name.is_some_and(|name| name.eq_ignore_ascii_case(group))
    })
}
