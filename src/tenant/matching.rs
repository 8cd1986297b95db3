//! Which live object a manifest means.

use std::collections::BTreeMap;

use crate::kinds::Cardinality;
use crate::manifest::{Address, Manifest, Presence};
use crate::plan::Blocked;

use super::{Live, LiveObject};

/// What a manifest is bound to.
#[derive(Clone, Debug, PartialEq)]
pub enum Binding<'a> {
    /// This object.
    Bound(&'a LiveObject),
    /// This object, which has another type: only making it anew can help.
    Retyped(&'a LiveObject),
    /// Nothing yet.
    Missing,
    /// Nobody can say.
    Blocked(Blocked),
}

/// The code of a change whose pinned object does not exist.
pub const ID_GONE: &str = "match/id-gone";

/// Every manifest's binding, with what the reader should know of how it was found.
#[derive(Debug, Default)]
pub struct Bindings<'a> {
    /// By address.
    pub by_address: BTreeMap<Address, Binding<'a>>,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// Binds manifests to live objects.
///
/// A manifest binds by its id; else by display name, or one of its former ones, and exact type, only
/// where exactly one object answers. Two manifests on one object are blocked, both of them.
pub fn bind<'a>(manifests: &[Manifest], live: &'a Live, recreate: bool) -> Bindings<'a> {
    let mut bindings = Bindings::default();
    for manifest in manifests {
        let binding = one(manifest, live, recreate, &mut bindings.warnings);
        bindings
            .by_address
            .insert(manifest.address.clone(), binding);
    }
    refuse_shared(&mut bindings.by_address);
    bindings
}

fn one<'a>(
    manifest: &Manifest,
    live: &'a Live,
    recreate: bool,
    warnings: &mut Vec<String>,
) -> Binding<'a> {
    if manifest.family.cardinality == Cardinality::Singleton {
        return live
            .policy
            .as_ref()
            .map_or(Binding::Missing, Binding::Bound);
    }
    let Some(id) = &manifest.id else {
        return by_name(manifest, live);
    };
    if let Some(object) = live
        .objects
        .iter()
        .find(|object| object.id.eq_ignore_ascii_case(id))
    {
        let same = object.kind == manifest.address.kind;
        return if same {
            Binding::Bound(object)
        } else {
            Binding::Retyped(object)
        };
    }
    if manifest.presence == Presence::Absent {
        // Gone is what was asked for, and its namesake is another object.
        return Binding::Missing;
    }
    match by_name(manifest, live) {
        Binding::Bound(object) => {
            warnings.push(format!(
                "{}: the object {id} is gone; bound to {} instead, which has its name and type. Correct `metadata.id`.",
                manifest.address, object.id
            ));
            Binding::Bound(object)
        }
        Binding::Missing if !recreate => Binding::Blocked(Blocked {
            code: ID_GONE.to_owned(),
            message: format!("the tenant has no object {id}, and none of this name and type"),
            help: "remove `metadata.id`, or create it anew with `--recreate`".to_owned(),
            location: None,
        }),
        other => other,
    }
}

fn by_name<'a>(manifest: &Manifest, live: &'a Live) -> Binding<'a> {
    let current = manifest
        .display_name()
        .map(|name| candidates(manifest, live, &[name]));
    let found = match current {
        Some(found) if !found.is_empty() => found,
        _ => {
            let former: Vec<&str> = manifest.formerly.iter().map(String::as_str).collect();
            candidates(manifest, live, &former)
        }
    };
    match found[..] {
        [] => Binding::Missing,
        [only] => Binding::Bound(only),
        _ => {
            let ids: Vec<&str> = found.iter().map(|object| object.id.as_str()).collect();
            Binding::Blocked(Blocked {
                code: "match/ambiguous".to_owned(),
                message: format!(
                    "{} objects of this type and name exist: {}",
                    ids.len(),
                    ids.join(", ")
                ),
                help: "pin the one that you mean by `metadata.id`, or rename the others".to_owned(),
                location: None,
            })
        }
    }
}

fn candidates<'a>(manifest: &Manifest, live: &'a Live, names: &[&str]) -> Vec<&'a LiveObject> {
    let fits = |object: &&LiveObject| {
        object.kind == manifest.address.kind && names.contains(&object.display_name.as_str())
    };
    live.objects.iter().filter(fits).collect()
}

fn refuse_shared(bindings: &mut BTreeMap<Address, Binding<'_>>) {
    let mut owners: BTreeMap<String, Vec<Address>> = BTreeMap::new();
    for (address, binding) in bindings.iter() {
        if let Binding::Bound(object) | Binding::Retyped(object) = binding {
            owners
                .entry(object.id.clone())
                .or_default()
                .push(address.clone());
        }
    }
    for (id, addresses) in owners
        .into_iter()
        .filter(|(_, addresses)| addresses.len() > 1)
    {
        let all: Vec<String> = addresses.iter().map(Address::to_string).collect();
        for address in addresses {
            let blocked = Blocked {
                code: "match/claimed-twice".to_owned(),
                message: format!("the object {id} is claimed by {}", all.join(" and ")),
                help: "a live object has one manifest: remove or pin all but one".to_owned(),
                location: None,
            };
            bindings.insert(address, Binding::Blocked(blocked));
        }
    }
}
