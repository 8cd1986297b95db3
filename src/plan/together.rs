//! Warns where an object reaches devices that an object to which it refers does not reach: a certificate profile, for
//! example, fails on a device that lacks the root certificate.

use serde_json::Value as Json;

use super::assignments::{declared, describe_target, who};
use crate::diagnostic::Sources;
use crate::kinds::Family;
use crate::manifest::reference::Referent;
use crate::manifest::{Address, Desired, Manifest, Presence};
use crate::schema::walk::Tree;
use crate::tenant::matching::Bindings;
use crate::tenant::names::Names;
use crate::tenant::referents::{ReferenceBinding, ReferenceTable};
use crate::tenant::{Live, LiveObject};
use crate::values::target_form;

/// The most targets that a warning names; the others are counted.
const NAMED: usize = 5;

/// The member of a target with the id of its filter.
const FILTER: &str = "deviceAndAppManagementAssignmentFilterId";

/// The data that the warnings are computed from.
pub(super) struct Assignees<'a> {
    pub(super) desired: &'a Desired,
    pub(super) live: &'a Live,
    pub(super) bindings: &'a Bindings<'a>,
    pub(super) referents: &'a ReferenceTable,
}

impl Assignees<'_> {
    /// Returns the warnings about the selected manifests.
    pub(super) fn warnings(&self, selected: impl Fn(&Address) -> bool) -> Vec<String> {
        let manifests = self.desired.manifests.iter();
        let present = manifests.filter(|manifest| {
            manifest.presence == Presence::Present && selected(&manifest.address)
        });
        present.flat_map(|manifest| self.of(manifest)).collect()
    }

    /// Returns the warnings about a manifest.
    fn of(&self, manifest: &Manifest) -> Vec<String> {
        let own = self.targets(manifest);
        let mut warnings = Vec::new();
        for link in manifest.links.iter().filter(|_| !own.is_empty()) {
            for reference in &link.references {
                let Some((name, other)) = self.referent(link.family, &link.target, &reference.to)
                else {
                    continue;
                };
                let lacking = lacking(&own, &other, &self.live.names);
                if lacking.is_empty() {
                    continue;
                }
                warnings.push(format!(
                    "{}: it reaches devices that {name}, to which `{}` refers, does not reach: {}. A device cannot use the one \
                     without the other: assign {name} there also.",
                    manifest.address,
                    link.property,
                    joined(lacking),
                ));
            }
        }
        warnings
    }

    /// Returns the name and the targets of an object that a reference leads to.
    fn referent(
        &self,
        family: Option<&'static Family>,
        target: &str,
        to: &Referent,
    ) -> Option<(String, Vec<Json>)> {
        let family = family.filter(|family| family.is_assignable())?;
        let address = match self.referents.find(target, to).ok()? {
            ReferenceBinding::New(address) => address,
            ReferenceBinding::Live { id, label } => match self.referents.owner(family, &id) {
                Some(address) => address.clone(),
                None => {
                    let object = self.live.objects.get(family, &id)?;
                    return Some((format!("`{label}`"), forms(object)));
                }
            },
        };
        let manifest = self.desired.manifest(&address)?;
        Some((address.to_string(), self.targets(manifest)))
    }

    /// Returns the targets of a manifest's object: the declared ones, or those that are left alone.
    fn targets(&self, manifest: &Manifest) -> Vec<Json> {
        let Some(assignments) = &manifest.assignments else {
            let binding = self.bindings.by_address.get(&manifest.address);
            return binding.and_then(|binding| binding.object()).map(forms).unwrap_or_default();
        };
        let (names, sources): (&Names, &Sources) = (&self.live.names, &self.desired.sources);
        let resolved =
            declared(&manifest.address.kind, assignments, names, sources, &mut Vec::new());
        resolved.iter().map(|(target, _)| target_form(target)).collect()
    }
}

/// Returns the targets of an object, those of policy sets too.
fn forms(object: &LiveObject) -> Vec<Json> {
    object.assignments.iter().chain(&object.inherited).map(target_form).collect()
}

/// Returns in words how the targets of one object go beyond those of another. What cannot be known without the members of
/// groups is taken to be within.
fn lacking(own: &[Json], other: &[Json], names: &Names) -> Vec<String> {
    let kind = |form: &Json| form.stated_type().unwrap_or_default().to_owned();
    let is_excluded = |form: &&Json| kind(form) == "exclusionGroupAssignmentTarget";
    let is_filtered = |form: &Json| form.get(FILTER).is_some();
    let covers = |wide: &Json, form: &Json| match kind(wide).as_str() {
        // A profile of a device is no profile of its user, and the other way round (FACTS 3).
        "allDevicesAssignmentTarget" => kind(form) != "allLicensedUsersAssignmentTarget",
        "allLicensedUsersAssignmentTarget" => kind(form) != "allDevicesAssignmentTarget",
        _ => who(wide) == who(form),
    };
    let mut found = Vec::new();
    for form in own.iter().filter(|form| !is_excluded(form)) {
        let mut wider = other.iter().filter(|wide| !is_excluded(wide) && covers(wide, form));
        let target = || describe_target(form, names);
        if wider.clone().next().is_none() {
            found.push(target());
        } else if wider.all(|wide| is_filtered(wide) && wide.get(FILTER) != form.get(FILTER)) {
            found.push(format!("{} outside of a filter", target()));
        }
    }
    let excluded = other.iter().filter(is_excluded);
    let only_there = excluded.filter(|form| !own.iter().any(|own| who(own) == who(form)));
    found.extend(only_there.map(|form| format!("the {}", describe_target(form, names))));
    found
}

fn joined(mut targets: Vec<String>) -> String {
    let more = targets.len().saturating_sub(NAMED);
    targets.truncate(NAMED);
    if more > 0 {
        targets.push(format!("{more} more"));
    }
    targets.join(" and ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(text: &str) -> Json {
        let (name, group) = text.split_once(' ').unwrap_or((text, ""));
        let kind = match name {
            "devices" => "allDevicesAssignmentTarget",
            "users" => "allLicensedUsersAssignmentTarget",
            "without" => "exclusionGroupAssignmentTarget",
            _ => "groupAssignmentTarget",
        };
        let (group, filter) = group.split_once('/').unwrap_or((group, ""));
        let mut target = json!({ "@odata.type": format!("#microsoft.graph.{kind}") });
        for (name, value) in [("groupId", group), (FILTER, filter)] {
            if !value.is_empty() {
                target[name] = value.into();
            }
        }
        target_form(&target)
    }

    #[test]
    fn targets_beyond_those_of_the_other_object_are_found() {
        for (own, other, expected) in [
            (&["group a"][..], &["group a"][..], &[][..]),
            (&["group a", "group b"], &["group a"], &["group b"]),
            (&["group a"], &[], &["group a"]),
            (&["group a", "without b"], &["group a"], &[]),
            (&["group a", "devices"], &["devices"], &[]),
            (&["users", "group a"], &["users"], &[]),
            (&["devices"], &["users"], &["all devices"]),
            (&["users"], &["group a"], &["all users"]),
            (&["users"], &["devices"], &["all users"]),
            (&["group a/x"], &["group a/x"], &[]),
            (&["group a"], &["group a/x"], &["group a outside of a filter"]),
            (&["group a/y"], &["devices /x"], &["group a outside of a filter"]),
            (&["group a"], &["devices /x", "group a"], &[]),
            (&["devices"], &["devices", "without b"], &["the excluded group b"]),
            (&["devices", "without b"], &["devices", "without b"], &[]),
        ] {
            let forms = |texts: &[&str]| texts.iter().map(|text| form(text)).collect::<Vec<_>>();
            let names = Names::default();
            let found = lacking(&forms(own), &forms(other), &names);
            assert_eq!(found, expected, "{own:?} and {other:?}");
        }
    }
}
