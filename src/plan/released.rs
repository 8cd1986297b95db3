//! Properties, references, assignments and objects that earlier manifests declared and the present ones do not.
//!
//! Undeclared settings are left alone, so that removing a line from a manifest changes nothing in the tenant; the plan
//! lists what stays.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::show::shown;
use super::{FieldPath, Plan, Planned, Shown};
use crate::kinds::Family;
use crate::manifest::value::{Declared, Value};
use crate::manifest::{Address, Link, Manifest, Presence};
use crate::schema::model::{Model, Property, Shape};
use crate::schema::types::GraphVersion;
use crate::schema::walk::{TypedPlace, each};
use crate::tenant::matching::bind;
use crate::tenant::read::ObjectRef;
use crate::tenant::referents::ReferenceTable;
use crate::tenant::{Live, LiveObject};
use crate::values::canonical::{is_default, is_unset};

/// The settings that an object's manifest no longer declares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Released {
    /// `kind/name` of its manifest.
    pub address: Address,
    /// The settings that the tenant keeps.
    pub fields: Vec<ReleasedField>,
    /// The number of assignments that the tenant keeps, where they are no longer declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignments: Option<usize>,
}

/// A setting that is no longer declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleasedField {
    /// The property.
    pub path: FieldPath,
    /// The value that the tenant keeps.
    pub live: Shown,
    /// Whether the value is text in base64.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub encoded: bool,
    /// Whether there is a value that unsets it.
    pub can_be_unset: bool,
}

/// An object that no manifest declares any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoLongerManaged {
    /// `kind/name` of the manifest that it had.
    pub address: Address,
    /// Its display name.
    pub display_name: String,
    /// Its id.
    pub id: String,
}

/// The difference between earlier manifests and present ones.
#[derive(Debug, Default)]
pub struct Undeclared {
    manifests: BTreeMap<Address, Dropped>,
    objects: Vec<Manifest>,
}

/// The part of one manifest that is no longer declared.
#[derive(Debug, Default)]
struct Dropped {
    properties: Vec<DroppedProperty>,
    links: Vec<Link>,
    assignments: bool,
}

/// A property that is no longer declared, as the names that lead to it.
#[derive(Debug)]
struct DroppedProperty {
    names: Vec<String>,
    property: Property,
}

impl Undeclared {
    /// Compares manifests with earlier ones. A manifest that was given another name in its file is known by its
    /// object's.
    pub fn between(previous: &[Manifest], current: &[Manifest]) -> Self {
        let mut release = Self::default();
        let present = previous.iter().filter(|manifest| manifest.presence == Presence::Present);
        for before in present {
            let mut now = current.iter();
            let now = now
                .find(|now| now.address == before.address)
                .or_else(|| current.iter().find(|now| declares_same_object(before, now)));
            let Some(now) = now else {
                release.objects.push(before.clone());
                continue;
            };
            if now.presence == Presence::Present {
                let dropped = release.manifests.entry(now.address.clone()).or_default();
                dropped.properties.extend(dropped_properties(before, now));
                let mut links = before.links.clone();
                links.retain(|link| now.links.iter().all(|now| now.property != link.property));
                dropped.links.append(&mut links);
                dropped.assignments |= before.assignments.is_some() && now.assignments.is_none();
            }
        }
        release
    }

    /// Declares everything that is no longer declared as unset, where a value unsets it.
    pub fn reset(&self, manifests: &mut [Manifest]) {
        for manifest in manifests {
            let Some(dropped) = self.manifests.get(&manifest.address) else {
                continue;
            };
            let span = manifest.span;
            let unlinked = |link: &Link| Link { references: Vec::new(), span, ..link.clone() };
            manifest.links.extend(dropped.links.iter().map(unlinked));
            for path in &dropped.properties {
                if let Some(declared) = unset(&path.property) {
                    manifest.spec.place(&path.names, Value { declared, span });
                }
            }
        }
    }

    /// Returns the objects whose references have to be read to list those that the tenant keeps.
    pub fn unread(&self, plan: &Plan, live: &Live) -> Vec<ObjectRef> {
        let unlinked = self.manifests.iter().filter(|(_, dropped)| !dropped.links.is_empty());
        let links = unlinked.filter_map(|(address, dropped)| {
            let object = plan.change(address)?.object(live)?;
            let links = dropped.links.iter().map(|link| link.property.clone());
            (object.kind == address.kind).then(|| ObjectRef::of(object, links.collect()))
        });
        links.collect()
    }

    /// Returns the families of objects that are no longer declared.
    pub fn families(&self) -> Vec<&'static Family> {
        self.objects.iter().map(|manifest| manifest.family).collect()
    }

    /// Returns the manifests that are gone and protected their objects.
    pub fn protected(&self) -> Vec<Manifest> {
        self.objects.iter().filter(|manifest| manifest.protect).cloned().collect()
    }

    /// Adds to a plan the settings that the tenant keeps, without those that the plan unsets or deletes.
    pub fn tell(&self, planned: &mut Planned, live: &Live) {
        let Planned { plan, referents, .. } = planned;
        let released = self.manifests.iter().filter_map(|(address, dropped)| {
            let change = plan.change(address)?;
            let object = change.object(live)?;
            let properties = dropped.properties.iter().filter_map(|path| path.kept(object));
            let mut fields: Vec<ReleasedField> =
                properties.chain(dropped.kept_links(object, referents, live)).collect();
            fields.retain(|kept| change.fields.iter().all(|field| field.path != kept.path));
            let assignments = dropped.assignments.then_some(object.assignments.len());
            let assignments = assignments.filter(|kept| *kept > 0);
            let keeps_any = !fields.is_empty() || assignments.is_some();
            keeps_any.then(|| Released { address: address.clone(), fields, assignments })
        });
        plan.released = released.collect();
        let bindings = bind(&self.objects, live, false, &|_| false);
        let objects = bindings.by_address.into_iter().filter_map(|(address, binding)| {
            let object = binding.object()?;
            // Another manifest may be about it now, or its deletion.
            let owner = referents.owner(object.family, &object.id);
            owner.is_none().then(|| NoLongerManaged {
                address,
                display_name: object.display_name.clone(),
                id: object.id.clone(),
            })
        });
        plan.no_longer_managed = objects.collect();
    }
}

impl Dropped {
    /// Returns the references that an object keeps, by display name.
    fn kept_links(
        &self,
        object: &LiveObject,
        referents: &ReferenceTable,
        live: &Live,
    ) -> Vec<ReleasedField> {
        let read = live.referrers.iter().filter(|read| read.key() == object.key());
        let properties = self.links.iter().map(|link| &link.property);
        let kept = properties.filter_map(|property| {
            let linked = read.clone().find_map(|read| read.links.get(property))?;
            let names: Vec<String> = linked.iter().map(|one| referents.label(one)).collect();
            (!names.is_empty()).then(|| ReleasedField {
                path: FieldPath::default().name(property),
                live: Shown::Value(match &names[..] {
                    [only] => only.as_str().into(),
                    several => several.into(),
                }),
                encoded: false,
                can_be_unset: true,
            })
        });
        kept.collect()
    }
}

impl DroppedProperty {
    /// Returns the value that an object keeps, `None` where it is a default.
    fn kept(&self, object: &LiveObject) -> Option<ReleasedField> {
        let body = object.body.value();
        let live = self.names.iter().try_fold(&body, |value, name| value.get(name))?;
        let property = &self.property;
        if is_unset(property, &property.shape, live) || is_default(live) {
            return None;
        }
        let path = self.names.iter().fold(FieldPath::default(), |path, name| path.name(name));
        // What an object has is in beta's form, whatever its manifest is in.
        let model = Model::of(GraphVersion::Beta);
        Some(ReleasedField {
            path,
            live: shown(model, property, &property.shape, live, &BTreeSet::new(), true),
            encoded: property.is_base64(),
            can_be_unset: unset(property).is_some(),
        })
    }
}

fn declares_same_object(before: &Manifest, now: &Manifest) -> bool {
    let named = before.display_name().is_some_and(|name| {
        now.display_name() == Some(name) || now.formerly.iter().any(|former| former == name)
    });
    before.address.kind == now.address.kind && (named || before.id.is_some() && before.id == now.id)
}

/// Returns the properties that only the earlier manifest declares. What a value that states its type leaves out
/// is unset, and so is not released.
fn dropped_properties(before: &Manifest, now: &Manifest) -> Vec<DroppedProperty> {
    let mut found = Vec::new();
    let shape = Shape::Complex(now.address.kind.clone());
    let root = TypedPlace::root(Model::of(now.version), &shape);
    let root = TypedPlace { other: Some(&now.spec), ..root };
    each(&root, &before.spec, &mut |place, _| match (place.declared(), place.other) {
        (_, Some(now)) => {
            place.parent.is_none() || now.odata_type().is_none() && !now.members().is_empty()
        }
        (Some(property), None) if property.is_comparable() => {
            found.push(DroppedProperty { names: place.path(), property: property.clone() });
            false
        }
        (_, None) => false,
    });
    found
}

/// Returns the value that unsets a property, `None` where there is none.
fn unset(property: &Property) -> Option<Declared> {
    match &property.shape {
        _ if property.facts.required => None,
        _ if property.can_be_unset() => Some(Declared::Null),
        Shape::Enum(def) => {
            let is_unset = |member: &&String| is_default(&Json::from(member.as_str()));
            def.members.iter().find(is_unset).cloned().map(Declared::String)
        }
        _ => None,
    }
}
