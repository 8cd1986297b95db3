//! The state of a tenant as files of other tools have it, in the place of a read of the tenant.

use std::collections::BTreeMap;

use super::contents::{FileGaps, TenantContents};
use super::foreign::{ForeignEstate, ForeignLink, ForeignObject};
use super::names::ids;
use crate::kinds::Family;
use crate::schema::types::odata_type;
use crate::tenant::masked::Masked;
use crate::tenant::names::{Named, Names, is_guid};
use crate::tenant::{Linked, LiveObject, caseless};
use crate::values::digest::{Domain, hex};

/// The scope tag that every tenant has.
const BUILT_IN_TAG: (&str, &str) = ("0", "Default");

/// Returns the objects of an estate as a read of their tenant would give them. `unmasks` says whether values that the service
/// masks are in it in clear, where files have them so.
pub fn contents(estate: &ForeignEstate, unmasks: bool) -> TenantContents {
    let mut contents = TenantContents::default();
    let identified = Identified::of(estate);
    let mut families: BTreeMap<&'static Family, Vec<LiveObject>> = BTreeMap::new();
    for (object, id) in &identified.objects {
        let Some(mut live) = live(object, id) else { continue };
        for (property, links) in &object.links {
            let linked = identified.linked(links);
            live.links.extend(linked.map(|linked| (property.clone(), linked)));
        }
        let clear = object.clear.iter().filter(|_| unmasks);
        contents.clear.extend(clear.map(|(reference, clear)| {
            let (object, reference) = (live.id.clone(), reference.clone());
            (Masked { family: live.family, object, reference }, clear.clone())
        }));
        let has_id = object.id.as_deref().is_some_and(is_guid);
        let gaps = FileGaps { id: !has_id, assignments: object.assignments.is_none() };
        contents.gaps.insert(caseless(live.family, &live.id), gaps);
        contents.sources.insert(caseless(live.family, &live.id), object.source.clone());
        families.entry(object.family).or_default().push(live);
    }
    for (family, objects) in families {
        contents.live.objects.insert(family, objects);
    }
    contents.names = names(estate, contents.live.objects.iter());
    contents.count_alike();
    contents
}

/// The objects of an estate, each with an id.
struct Identified<'a> {
    objects: Vec<(&'a ForeignObject, String)>,
    /// Their places by type and display name.
    named: BTreeMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> Identified<'a> {
    fn of(estate: &'a ForeignEstate) -> Self {
        // An object without an id has one that is the same in every run, so that its manifest has the same place.
        let id = |object: &ForeignObject| {
            let made = || hex(Domain::Element, &(&object.kind, object.display_name()));
            object.id.clone().unwrap_or_else(made)
        };
        let objects = estate.objects.iter().map(|object| (object, id(object))).collect();
        let mut named: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, object) in estate.objects.iter().enumerate() {
            named.entry((&*object.kind, object.display_name())).or_default().push(at);
        }
        Self { objects, named }
    }

    /// Returns the targets of references, `None` where the estate lacks one.
    fn linked(&self, links: &[ForeignLink]) -> Option<Vec<Linked>> {
        let each = links.iter().map(|link| self.find(&link.kind, &link.display_name)).collect();
        // A name may hold the comma that stands between names.
        let names: Vec<&str> = links.iter().map(|link| link.display_name.as_str()).collect();
        let whole = || Some(vec![self.find(&links.first()?.kind, &names.join(","))?]);
        Option::or_else(each, whole)
    }

    /// Returns the object of a name, `None` where the name is that of two.
    fn find(&self, kind: &str, display_name: &str) -> Option<Linked> {
        let [at] = self.named.get(&(kind, display_name))?.as_slice() else { return None };
        let (object, id) = &self.objects[*at];
        let (family, display_name) = (Some(object.family), display_name.to_owned());
        Some(Linked { family, id: id.clone(), display_name })
    }
}

fn live(object: &ForeignObject, id: &str) -> Option<LiveObject> {
    let family = object.family;
    let mut body = object.body.clone();
    let members = body.as_object_mut()?;
    members.insert("@odata.type".to_owned(), odata_type(&object.kind).into());
    if !family.is_singleton() {
        members.insert("id".to_owned(), id.into());
    }
    let assignments = family.assign.as_ref().zip(object.assignments.as_ref());
    let assignments = assignments.map(|(assign, list)| (assign.property.to_owned(), list.clone()));
    members.extend(assignments.map(|(property, list)| (property, list.into())));
    LiveObject::from_body(family, body)
}

/// Returns the names that files have for ids. What stands in an object and has no name there stands for itself.
fn names<'a>(estate: &ForeignEstate, objects: impl Iterator<Item = &'a LiveObject>) -> Names {
    let mut names = Names::default();
    let (id, name) = BUILT_IN_TAG;
    names.add(Named::ScopeTag, id, name);
    for ((named, id), name) in &estate.names {
        // GUIDs are compared without case.
        let id = if is_guid(id) { id.to_lowercase() } else { id.clone() };
        names.add(*named, &id, name);
    }
    for (named, id) in objects.flat_map(ids) {
        if names.label(named, &id).is_none() {
            names.add(named, &id, &id);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds;

    fn object(kind: &str, name: &str, id: &str) -> ForeignObject {
        ForeignObject {
            family: kinds::family_of(kind).expect("a kind"),
            kind: kind.to_owned(),
            id: Some(id.to_owned()),
            body: json!({ "displayName": name }),
            clear: BTreeMap::new(),
            assignments: None,
            links: BTreeMap::new(),
            source: "backup/it.json".into(),
        }
    }

    #[test]
    fn reference_to_a_name_that_two_objects_have_is_not_bound() {
        let root = "windows81TrustedRootCertificate";
        let mut scep = object("windows81SCEPCertificateProfile", "Device", "s");
        let link = ForeignLink { kind: root.to_owned(), display_name: "Root".to_owned() };
        scep.links.insert("rootCertificate".to_owned(), vec![link]);
        let linked = |roots: &[(&str, &str)]| {
            let roots = roots.iter().map(|(name, id)| object(root, name, id));
            let objects = roots.chain([scep.clone()]).collect();
            let contents = contents(&ForeignEstate { objects, ..Default::default() }, false);
            let scep = contents.live.objects.iter().find(|object| object.id == "s");
            let links = scep.expect("it is read").links.get("rootCertificate");
            links.map(|links| links.iter().map(|linked| linked.id.clone()).collect::<Vec<_>>())
        };
        assert_eq!(linked(&[("Root", "a"), ("Other", "b")]), Some(vec!["a".to_owned()]));
        assert_eq!(linked(&[("Root", "a"), ("Root", "b")]), None);
        assert_eq!(linked(&[]), None);
    }
}
