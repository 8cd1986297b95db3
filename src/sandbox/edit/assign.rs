//! Changes of the assignments of an object.

use serde_json::{Value, json};

use super::{EditError, EditFault};
use crate::sandbox::state::{State, text, type_of};
use crate::sandbox::{Object, object};
use crate::schema::types::odata_type;

/// How a target is written.
const TARGET_FORMS: &str = "write `group:NAME`, `allDevices` or `allUsers`";
/// How a filter is written.
const FILTER_FORMS: &str = "write `include:NAME` or `exclude:NAME`";

/// The targets that an object is assigned to, or no longer. Each other assignment stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassignment {
    /// The targets that it is assigned to.
    pub assign: Vec<TargetName>,
    /// The targets that it is not assigned to any more.
    pub unassign: Vec<TargetName>,
    /// The filter of the targets that it is assigned to.
    pub filter: Option<FilterName>,
}

/// A target, as an edit names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetName {
    /// A group, by name or id.
    Group(String),
    /// A group that is left out, by name or id.
    ExcludedGroup(String),
    /// All devices.
    AllDevices,
    /// All users.
    AllUsers,
    /// All targets there are; only to be removed.
    All,
}

/// A filter, as an edit names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterName {
    /// `include` or `exclude`.
    mode: String,
    /// A name or an id.
    name: String,
}

impl TargetName {
    /// Reads `group:NAME`, `allDevices` or `allUsers`.
    ///
    /// # Errors
    /// Fails where it is none of them.
    pub fn parse(text: &str) -> Result<Self, EditError> {
        match (text, text.split_once(':')) {
            ("allDevices", _) => Ok(Self::AllDevices),
            ("allUsers", _) => Ok(Self::AllUsers),
            (_, Some(("group", name))) if !name.is_empty() => Ok(Self::Group(name.to_owned())),
            _ => Err(EditError::malformed(format!(
                "`{text}` is no target of an assignment: {TARGET_FORMS}"
            ))),
        }
    }

    /// Reads `group:NAME`, of a group that is left out.
    ///
    /// # Errors
    /// Fails where it is none.
    pub fn parse_excluded(text: &str) -> Result<Self, EditError> {
        match Self::parse(text) {
            Ok(Self::Group(name)) => Ok(Self::ExcludedGroup(name)),
            _ => Err(EditError::malformed(format!(
                "`{text}` cannot be excluded: write `group:NAME`"
            ))),
        }
    }

    /// Reads a target to be removed: `all`, or as [`Self::parse`].
    ///
    /// # Errors
    /// Fails where it is none of them.
    pub fn parse_removed(text: &str) -> Result<Self, EditError> {
        if text == "all" { Ok(Self::All) } else { Self::parse(text) }
    }

    /// Returns the target in Graph's form.
    fn target(&self, state: &State) -> Result<Object, EditError> {
        let of_group = |ty: &str, name: &str| -> Result<Value, EditError> {
            let all = state.groups.iter().map(|group| (group.id.as_str(), &group.display_name[..]));
            let id = id_of("group", name, all)?;
            Ok(json!({ "@odata.type": odata_type(ty), "groupId": id }))
        };
        let target = match self {
            Self::Group(name) => of_group("groupAssignmentTarget", name)?,
            Self::ExcludedGroup(name) => of_group("exclusionGroupAssignmentTarget", name)?,
            Self::AllUsers => {
                json!({ "@odata.type": odata_type("allLicensedUsersAssignmentTarget") })
            }
            Self::AllDevices | Self::All => {
                json!({ "@odata.type": odata_type("allDevicesAssignmentTarget") })
            }
        };
        Ok(object(target))
    }

    /// Whether a live target is the one that is meant. A group that is left out is the same target as one that is not.
    fn is(&self, live: &Object, wanted: &Object) -> bool {
        let is_group = |target: &Object| type_of(target).ends_with("roupAssignmentTarget");
        match self {
            Self::All => true,
            Self::Group(_) | Self::ExcludedGroup(_) => {
                is_group(live) && text(live, "groupId") == text(wanted, "groupId")
            }
            Self::AllDevices | Self::AllUsers => type_of(live) == type_of(wanted),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Group(name) | Self::ExcludedGroup(name) => format!("the group `{name}`"),
            Self::AllDevices => "all devices".to_owned(),
            Self::AllUsers => "all users".to_owned(),
            Self::All => "anything".to_owned(),
        }
    }
}

impl FilterName {
    /// Reads `include:NAME` or `exclude:NAME`.
    ///
    /// # Errors
    /// Fails where it is neither.
    pub fn parse(text: &str) -> Result<Self, EditError> {
        match text.split_once(':') {
            Some((mode @ ("include" | "exclude"), name)) if !name.is_empty() => {
                Ok(Self { mode: mode.to_owned(), name: name.to_owned() })
            }
            _ => Err(EditError::malformed(format!("`{text}` is no filter: {FILTER_FORMS}"))),
        }
    }
}

impl Reassignment {
    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self.assign.is_empty() && self.unassign.is_empty()
    }

    /// Returns the assignments of an object after the change.
    pub(super) fn apply(&self, state: &State, before: &Value) -> Result<Value, EditError> {
        let live = before.as_array().cloned().unwrap_or_default();
        let mut kept: Vec<Value> =
            live.iter().map(|assignment| json!({ "target": assignment["target"] })).collect();
        let remove = |kept: &mut Vec<Value>, name: &TargetName| -> Result<bool, EditError> {
            let wanted = name.target(state)?;
            let before = kept.len();
            kept.retain(|it| !it["target"].as_object().is_some_and(|it| name.is(it, &wanted)));
            Ok(kept.len() < before)
        };
        for name in &self.unassign {
            if !remove(&mut kept, name)? {
                let message = format!("the object is not assigned to {}", name.words());
                return Err(EditError::refused(message));
            }
        }
        for name in &self.assign {
            remove(&mut kept, name)?;
            let mut target = name.target(state)?;
            if let (Some(filter), false) =
                (&self.filter, matches!(name, TargetName::ExcludedGroup(_)))
            {
                let all = state.assignment_filters.iter();
                let all = all.map(|filter| (text(filter, "id"), text(filter, "displayName")));
                let id = id_of("filter", &filter.name, all)?;
                target.insert("deviceAndAppManagementAssignmentFilterId".to_owned(), id.into());
                target.insert(
                    "deviceAndAppManagementAssignmentFilterType".to_owned(),
                    filter.mode.as_str().into(),
                );
            }
            kept.push(json!({ "target": target }));
        }
        Ok(kept.into())
    }
}

/// Returns the id of the only object that has a name or an id, among the ids and names of all.
fn id_of<'a>(
    kind: &str,
    name: &str,
    all: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> Result<String, EditError> {
    let with = |is: fn(&(&str, &str), &str) -> bool| -> Vec<String> {
        all.clone().filter(|one| is(one, name)).map(|(id, _)| id.to_owned()).collect()
    };
    let by_id = with(|(id, _), name| *id == name);
    let found = if by_id.is_empty() { with(|(_, own), name| *own == name) } else { by_id };
    match &found[..] {
        [only] => Ok(only.clone()),
        [] => {
            let message = format!("the tenant has no {kind} `{name}`");
            let fault = EditFault::Referred { kind: kind.to_owned(), name: name.to_owned() };
            let names = all.map(|(_, own)| own.to_owned());
            Err(EditError::not_found(message, name, names).because(fault))
        }
        several => {
            let (count, ids) = (several.len(), several.join(", "));
            Err(EditError::refused(format!(
                "the tenant has {count} of {kind} `{name}`; use an id: {ids}"
            )))
        }
    }
}
