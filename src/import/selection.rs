//! Which objects of a tenant are imported.

use globset::GlobMatcher;

use crate::manifest::Address;
use crate::manifest::assignment::Target;
use crate::tenant::LiveObject;
use crate::tenant::names::{Named, Names};
use crate::values::target_shown;

/// A condition on an object.
#[derive(Clone, Debug)]
pub enum ObjectCondition {
    /// Its display name matches a glob.
    Name(GlobMatcher),
    /// It is assigned to a group of this display name or id.
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
                ObjectCondition::Unmanaged => !is_managed,
                condition => condition.holds(object, names),
            })
    }

    /// Returns whether everything is selected.
    pub fn is_all(&self) -> bool {
        self.only.is_empty() && self.kinds.is_empty() && self.conditions.is_empty()
    }
}

impl ObjectCondition {
    /// Returns whether the condition holds for an object, whether a manifest manages it or not.
    pub fn holds(&self, object: &LiveObject, names: &Names) -> bool {
        match self {
            Self::Name(glob) => glob.is_match(&object.display_name),
            Self::Group(group) => groups(object).any(|id| {
                let is_group = |text: &str| text.eq_ignore_ascii_case(group);
                is_group(&id) || names.label(Named::Group, &id).is_some_and(is_group)
            }),
            Self::Unmanaged => true,
        }
    }
}

/// Returns the ids of the groups that an object is assigned to; those that it excludes are none of them.
pub fn groups(object: &LiveObject) -> impl Iterator<Item = String> {
    let targets = object.assignments.iter();
    targets.filter_map(|assignment| match Target::of(&target_shown(assignment)) {
        Target::Group(id) => Some(id),
        _ => None,
    })
}
