//! The record of a tenant for an auditor: every live object with its settings, its assignments and its manifest.
//!
//! | file | what it does |
//! |---|---|
//! | `document.rs` | the record as data |
//! | `changed.rs` | who changed each object last, by the audit logs |
//! | `settings.rs` | the settings of an object, without secrets |
//! | `commit.rs` | the commit of the manifests |

use std::collections::{BTreeMap, BTreeSet};

use crate::import::TenantContents;
use crate::import::document::NotCoveredCount;
use crate::kinds::portal::{self, Platform};
use crate::manifest::{Address, Desired, Presence};
use crate::plan::TenantRef;
use crate::plan::reach::{Audience, groups_of};
use crate::tenant::matching::{Binding, bind};
use crate::tenant::reach::{CountSubject, Counts};
use crate::tenant::{CaselessKey, LiveObject, caseless};
use crate::values::payload::redacted;

mod changed;
mod commit;
mod document;
mod settings;
#[cfg(test)]
mod tests;

pub use changed::attribute;
pub use commit::RecordedCommit;
pub use document::{
    AsBuilt, AsBuiltObject, AsBuiltReference, AsBuiltSetting, AsBuiltSummary, RecordedValue,
    UnreadableObject,
};

/// The terms of a record: what it says beside what the tenant has.
pub struct RecordTerms<'a> {
    /// When the tenant was read, RFC 3339.
    pub checked_at: String,
    /// The `--only` globs.
    pub only: Vec<String>,
    /// Whether an object is part of the record: by `kind/name`, the name that of its manifest or else its display name.
    pub takes: &'a dyn Fn(&str) -> bool,
    /// The numbers of objects of other sorts.
    pub not_covered: Vec<NotCoveredCount>,
    /// The numbers of members of groups, where reach is asked for.
    pub(crate) counts: Option<&'a Counts>,
}

/// Returns the groups whose members are needed for the reach of all objects.
pub(crate) fn subjects(contents: &TenantContents) -> BTreeSet<CountSubject> {
    contents.live.objects.iter().flat_map(groups_of).collect()
}

/// Returns the record of a tenant.
pub fn record(desired: &Desired, contents: &TenantContents, terms: &RecordTerms<'_>) -> AsBuilt {
    let bindings = bind(&desired.manifests, &contents.live, false, &|_| false);
    let mut managers: BTreeMap<CaselessKey, &Address> = BTreeMap::new();
    let mut missing = Vec::new();
    for (address, binding) in &bindings.by_address {
        match binding {
            Binding::Bound(object) | Binding::Retyped(object) => {
                managers.insert(caseless(object.family, &object.id), address);
            }
            Binding::Missing => {
                let manifest = desired.manifest(address);
                if manifest.is_none_or(|manifest| manifest.presence == Presence::Present) {
                    missing.push(address.clone());
                }
            }
            Binding::Blocked(_) => {}
        }
    }
    missing.retain(|address| (terms.takes)(&address.to_string()));
    let objects = contents.live.objects.iter().filter_map(|object| {
        let address = managers.get(&caseless(object.family, &object.id)).copied();
        let name = address.map_or(&object.display_name, |address| &address.name);
        let is_taken = (terms.takes)(&format!("{}/{name}", object.kind));
        is_taken.then(|| as_built(desired, contents, terms, object, address))
    });
    let mut items: Vec<AsBuiltObject> = objects.collect();
    items.sort_by(|a, b| {
        let key = |it: &AsBuiltObject| (it.kind.clone(), it.display_name.clone(), it.id.clone());
        key(a).cmp(&key(b))
    });
    let unreadable = unreadable(contents);
    let managed = items.iter().filter(|item| item.address.is_some()).count();
    AsBuilt {
        tenant: TenantRef::from(&desired.tenant),
        checked_at: terms.checked_at.clone(),
        only: terms.only.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: RecordedCommit::of(&desired.root, &desired.base_folders()),
        summary: AsBuiltSummary {
            managed,
            unmanaged: items.len() - managed,
            missing: missing.len(),
            unreadable: unreadable.len(),
        },
        items,
        missing,
        unreadable,
        not_covered: terms.not_covered.clone(),
        warnings: bindings.warnings,
    }
}

fn unreadable(contents: &TenantContents) -> Vec<UnreadableObject> {
    let objects = contents.live.unread.iter().map(|object| UnreadableObject {
        object: redacted(&object.to_string()).into_owned(),
        why: object.error.to_string(),
    });
    let lists = contents.unreadable.iter().map(|(family, error)| UnreadableObject {
        object: format!("all objects of {}", family.path),
        why: error.to_string(),
    });
    let mut all: Vec<UnreadableObject> = objects.chain(lists).collect();
    all.sort();
    all
}

fn as_built(
    desired: &Desired,
    contents: &TenantContents,
    terms: &RecordTerms<'_>,
    object: &LiveObject,
    address: Option<&Address>,
) -> AsBuiltObject {
    let portal = portal::of(&object.kind);
    let platforms = object.body.value();
    let platforms = platforms.get("platforms").and_then(|it| it.as_str());
    let manifest = address.and_then(|address| desired.manifest(address));
    let none = Counts::default();
    let counts = terms.counts.unwrap_or(&none);
    let audience =
        object.family.is_assignable().then(|| Audience::of_live(object, &contents.names, counts));
    let assignments = audience.as_ref().map(|audience| {
        let targets = audience.targets.iter().cloned();
        targets
            .map(|target| if terms.counts.is_some() { target } else { target.uncounted() })
            .collect()
    });
    let references = object.links.iter().filter(|(_, linked)| !linked.is_empty());
    let references = references.map(|(property, linked)| {
        let linked = linked.iter().map(|one| AsBuiltReference {
            display_name: redacted(&one.display_name).into_owned(),
            id: one.id.clone(),
        });
        (property.clone(), linked.collect())
    });
    AsBuiltObject {
        kind: object.kind.clone(),
        portal_name: portal.map(|portal| portal.name.clone()),
        platform: platforms.map(Platform::of_policy).or(portal.map(|portal| portal.platform)),
        display_name: redacted(&object.display_name).into_owned(),
        id: object.id.clone(),
        address: address.cloned(),
        location: manifest.map(|manifest| desired.sources.locate(manifest.span)),
        last_modified: object.last_modified.clone(),
        changed: None,
        digest: object.digest().to_owned(),
        settings: settings::settings(object, &contents.names, desired.catalogue.as_deref()),
        references: references.collect(),
        assignments,
        reach: audience.filter(|_| terms.counts.is_some()),
    }
}
