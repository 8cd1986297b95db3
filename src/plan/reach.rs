//! Reach: how many devices and users an object is assigned to before and after a change, as far as that is known.
//!
//! A number is exact or an upper bound: two groups may share members, and filters and exclusions take some away.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::assignments::{describe_filter, describe_target, who};
use super::{Action, Change, Plan, requests, risk};
use crate::schema::walk::Tree;
use crate::tenant::names::Names;
use crate::tenant::reach::{CountSubject, Counts, Members, Reported};
use crate::tenant::{Live, LiveObject};
use crate::values::{target_form, target_shown};

/// The number of objects up to which status overviews are read.
const MOST_REPORTS: usize = 100;

/// The devices and users that a change affects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reach {
    /// The audience now; absent where the object does not exist yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Audience>,
    /// The audience after the change; absent where the object is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Audience>,
    /// The status that devices have reported; absent where the object does not exist yet, and in plans of very many changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Reported>,
}

/// The targets of an object, and how many devices and users they have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audience {
    /// The targets.
    pub targets: Vec<Reached>,
    /// The number of devices that are members of the targets or that all devices are, of any platform, without the
    /// devices of targeted users.
    pub devices: Extent,
    /// The number of users that are members of the targets or that all users are.
    pub users: Extent,
}

/// A target, and the number of its members.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reached {
    /// Whether the target is excluded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excluded: bool,
    /// The target in words: `group Windows laptops`.
    pub target: String,
    /// The id of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// Whether the assignment comes from a policy set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_policy_set: bool,
    /// The filter in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The number of devices in the group or in nested groups, whatever the filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<usize>,
    /// The number of users in the group or in nested groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<usize>,
    /// Why a number is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A number of devices or users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Extent {
    /// This number.
    Exactly(usize),
    /// This number or fewer.
    AtMost(usize),
    /// All that the tenant has.
    All,
    /// Some of all that the tenant has.
    AtMostAll,
    /// Not known, for this reason.
    Unknown(String),
}

/// Returns the groups and objects whose members and status are needed to compute the reach of a plan's changes.
pub(crate) fn subjects(plan: &Plan, live: &Live) -> BTreeSet<CountSubject> {
    let mut objects = BTreeSet::new();
    let mut subjects = BTreeSet::new();
    for assigned in plan.changes.iter().filter_map(|change| Assigned::of(change, live)) {
        let targets = [&assigned.before, &assigned.after].into_iter().flatten();
        let groups = targets.flatten().filter_map(|target| target.group());
        subjects.extend(groups.map(|id| CountSubject::Group(id.to_owned())));
        let object = assigned.object.filter(|object| object.family.status_overview.is_some());
        objects.extend(object.map(|object| CountSubject::Object(object.family, object.id.clone())));
    }
    if objects.len() <= MOST_REPORTS {
        subjects.append(&mut objects);
    }
    subjects
}

/// Returns the groups that an object is assigned to, whose members are needed to compute its reach.
pub(crate) fn groups_of(object: &LiveObject) -> Vec<CountSubject> {
    let targets = targets(&object.assignments, &object.inherited);
    let groups = targets.iter().filter_map(AssignedTarget::group);
    groups.map(|id| CountSubject::Group(id.to_owned())).collect()
}

/// Sets the reach of each change.
pub(crate) fn tell(plan: &mut Plan, live: &Live, counts: &Counts) {
    let audience = |targets: &Vec<AssignedTarget>| Audience::of(targets, &live.names, counts);
    for change in &mut plan.changes {
        change.reach = Assigned::of(change, live).map(|assigned| Reach {
            before: assigned.before.as_ref().map(audience),
            after: assigned.after.as_ref().map(audience),
            reported: assigned.object.and_then(|object| counts.reported(object).cloned()),
        });
        change.risks.extend(change.reach.as_ref().and_then(risk::of_reach));
    }
}

/// The targets of an object before and after a change.
struct Assigned<'a> {
    object: Option<&'a LiveObject>,
    before: Option<Vec<AssignedTarget>>,
    after: Option<Vec<AssignedTarget>>,
}

impl<'a> Assigned<'a> {
    /// Returns `None` for a change that writes nothing or whose object has no assignments.
    fn of(change: &Change, live: &'a Live) -> Option<Self> {
        let family = change.family().filter(|it| it.is_assignable() && change.writes())?;
        let object = change.object(live);
        let sent = requests::assigned(&change.requests, family);
        let after = match (change.action, object) {
            (Action::Create | Action::Replace, _) => Some(targets(sent.unwrap_or_default(), &[])),
            (Action::Update, Some(object)) => {
                Some(targets(sent.unwrap_or(&object.assignments), &object.inherited))
            }
            (Action::Delete, Some(_)) => None,
            (Action::Update | Action::Delete, None) | (Action::None, _) => return None,
        };
        Some(Self {
            before: object.map(|object| targets(&object.assignments, &object.inherited)),
            after,
            object,
        })
    }
}

/// A target of an object.
struct AssignedTarget {
    form: Json,
    by_policy_set: bool,
}

/// Returns an object's targets: its own, and those of policy sets that are not its own already.
fn targets(own: &[Json], inherited: &[Json]) -> Vec<AssignedTarget> {
    let mut taken = BTreeSet::new();
    let own = own.iter().map(|assignment| (assignment, false));
    let inherited = inherited.iter().map(|assignment| (assignment, true));
    own.chain(inherited)
        .map(|(assignment, by_policy_set)| AssignedTarget {
            form: target_shown(assignment),
            by_policy_set,
        })
        // A policy set may exclude a group that the object itself is assigned to.
        .filter(|target| taken.insert((who(&target_form(&target.form)), target.is_excluded())))
        .collect()
}

impl AssignedTarget {
    fn kind(&self) -> &str {
        self.form.stated_type().unwrap_or_default()
    }

    fn group(&self) -> Option<&str> {
        self.form.get("groupId")?.as_str()
    }

    /// Returns whether the target is excluded: the form has no intent where the intent is to apply.
    fn is_excluded(&self) -> bool {
        self.kind() == "exclusionGroupAssignmentTarget" || self.form.get("intent").is_some()
    }
}

/// Returns how many devices and how many users belong to a target; `members` are those of a group.
fn shares(kind: &str, members: Option<&Members>) -> (Extent, Extent) {
    let counted =
        |count: &Result<usize, String>| count.clone().map_or_else(Extent::Unknown, Extent::Exactly);
    match (kind, members) {
        ("allDevicesAssignmentTarget", _) => (Extent::All, Extent::Exactly(0)),
        ("allLicensedUsersAssignmentTarget", _) => (Extent::Exactly(0), Extent::All),
        (_, Some(Members { devices, users })) => (counted(devices), counted(users)),
        _ => {
            let unknown = Extent::Unknown("its members cannot be counted".to_owned());
            (unknown.clone(), unknown)
        }
    }
}

impl Reached {
    /// Returns the target without numbers, where nothing was counted.
    #[must_use]
    pub(crate) fn uncounted(self) -> Self {
        Self { devices: None, users: None, unknown: None, ..self }
    }
}

impl Audience {
    /// Returns the audience of an object as it is.
    pub(crate) fn of_live(object: &LiveObject, names: &Names, counts: &Counts) -> Self {
        Self::of(&targets(&object.assignments, &object.inherited), names, counts)
    }

    fn of(targets: &[AssignedTarget], names: &Names, counts: &Counts) -> Self {
        let reached = targets.iter().map(|target| {
            let members = target.group().and_then(|id| counts.group(id));
            let (devices, users) = shares(target.kind(), members);
            let unknown = [&devices, &users].into_iter().find_map(|share| match share {
                Extent::Unknown(why) => Some(why.clone()),
                _ => None,
            });
            let reached = Reached {
                excluded: target.is_excluded(),
                target: describe_target(&target.form, names),
                group_id: target.group().map(str::to_owned),
                by_policy_set: target.by_policy_set,
                filter: describe_filter(&target.form, names),
                devices: members.and_then(|members| members.devices.clone().ok()),
                users: members.and_then(|members| members.users.clone().ok()),
                unknown,
            };
            (reached, devices, users)
        });
        let reached: Vec<(Reached, Extent, Extent)> = reached.collect();
        let devices = sum(reached.iter().map(|(target, devices, _)| (target, devices)));
        let users = sum(reached.iter().map(|(target, _, users)| (target, users)));
        let mut targets: Vec<Reached> = reached.into_iter().map(|(target, ..)| target).collect();
        // Graph keeps no order, and one audience is to be equal to itself.
        targets.sort();
        Self { targets, devices, users }
    }
}

/// Returns the sum over the targets of an object, of devices or of users.
fn sum<'a>(shares: impl Iterator<Item = (&'a Reached, &'a Extent)> + Clone) -> Extent {
    let shares = shares.filter(|(_, share)| **share != Extent::Exactly(0));
    // A filter or an exclusion may take some away.
    let narrowed = shares.clone().any(|(target, share)| {
        let is_unknown = matches!(share, Extent::Unknown(_));
        target.excluded || target.filter.is_some() && !is_unknown
    });
    let included: Vec<&Extent> =
        shares.filter(|(target, _)| !target.excluded).map(|(_, share)| share).collect();
    let unknown = included.iter().find(|share| matches!(share, Extent::Unknown(_)));
    let number = |share: &&Extent| match share {
        Extent::Exactly(number) => *number,
        _ => 0,
    };
    match (&included[..], unknown) {
        (all, _) if all.contains(&&Extent::All) && narrowed => Extent::AtMostAll,
        (all, _) if all.contains(&&Extent::All) => Extent::All,
        (_, Some(unknown)) => (*unknown).clone(),
        ([], _) => Extent::Exactly(0),
        ([only], _) if !narrowed => (*only).clone(),
        (several, _) => Extent::AtMost(several.iter().map(number).fold(0, usize::saturating_add)),
    }
}
