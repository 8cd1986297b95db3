//! References to other objects: declared against live.
//!
//! References are not part of an object's body. A new object is bound by `…@odata.bind`, an existing one by requests of
//! their own (FACTS 12).

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::accepted::Acceptances;
use super::planner::Planner;
use super::requests::{self, PlannedRequest};
use super::{Blocked, Change, FieldChange, FieldPath, FieldStatus, Shown};
use crate::diagnostic::Location;
use crate::manifest::reference::{Link, Referent};
use crate::manifest::{Address, Manifest};
use crate::tenant::referents::{ReferenceBinding, UnresolvedReference};
use crate::tenant::{Linked, LiveObject};

impl Planner<'_> {
    /// Returns the members of a new object's body that bind its references.
    pub(super) fn links_of_new(
        &self,
        manifest: &Manifest,
        change: &mut Change,
    ) -> Map<String, Json> {
        let bound = manifest.links.iter().filter_map(|link| {
            let wanted = self.wanted(link, &mut change.blocked)?;
            if wanted.is_empty() {
                return None;
            }
            change.fields.push(self.field(link, &[], &wanted));
            Some(requests::bind(link, wanted.iter().map(|one| &one.id)))
        });
        bound.collect()
    }

    /// Returns the requests that make an object refer to the declared objects.
    pub(super) fn links(
        &self,
        manifest: &Manifest,
        object: &LiveObject,
        change: &mut Change,
        acceptances: &mut Acceptances<'_>,
    ) -> Vec<PlannedRequest> {
        let mut requests = Vec::new();
        for link in &manifest.links {
            let Some(wanted) = self.wanted(link, &mut change.blocked) else {
                continue;
            };
            let Some(live) = object.links.get(&link.property) else {
                change.fields.push(FieldChange {
                    reason: Some("the tenant does not show what it refers to".to_owned()),
                    ..self.withheld(link, FieldStatus::Unverifiable)
                });
                continue;
            };
            let is_new = |one: &&LinkTarget| !live.iter().any(|live| one.leads_to(&live.id));
            let is_gone = |live: &&Linked| !wanted.iter().any(|one| one.leads_to(&live.id));
            let added = wanted.iter().filter(is_new);
            let added: Vec<PlannedRequest> =
                added.map(|one| requests::link(manifest, &object.id, link, &one.id)).collect();
            let removed = live.iter().filter(is_gone);
            let mut removed: Vec<PlannedRequest> = removed
                .map(|live| requests::unlink(manifest, &object.id, link, &live.id))
                .collect();
            if !added.is_empty() || !removed.is_empty() {
                let field = self.field(link, live, &wanted);
                if acceptances.accept(&field, same_ids) {
                    continue;
                }
                change.fields.push(field);
            }
            // A single reference is replaced by the new one.
            if !link.many && !added.is_empty() {
                removed.clear();
            }
            requests.extend(added.into_iter().chain(removed));
        }
        requests
    }

    /// Returns the objects that a link is to refer to, each once; `None` where one does not resolve.
    fn wanted(&self, link: &Link, blocked: &mut Vec<Blocked>) -> Option<Vec<LinkTarget>> {
        let before = blocked.len();
        let mut wanted: Vec<LinkTarget> = Vec::new();
        for reference in &link.references {
            match self.known.referents.find(&link.target, &reference.to) {
                Ok(found) if wanted.iter().any(|one| one.found == found) => {}
                Ok(found) => wanted.push(LinkTarget::new(&reference.to, found)),
                Err(why) => {
                    let location = self.sources.locate(reference.span);
                    blocked.push(unresolved_reference(link, &reference.to, &why, location));
                }
            }
        }
        (blocked.len() == before).then_some(wanted)
    }

    fn field(&self, link: &Link, live: &[Linked], wanted: &[LinkTarget]) -> FieldChange {
        let of_live = live.iter().map(|one| (one.id.clone(), self.known.referents.label(one)));
        let of_wanted = wanted.iter().filter_map(|one| match &one.found {
            ReferenceBinding::Live { id, label } => Some((id.clone(), label.clone())),
            ReferenceBinding::New(_) => None,
        });
        let names = of_live.chain(of_wanted).collect();
        let mut before: Vec<Json> = live.iter().map(|live| live.id.as_str().into()).collect();
        before.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        let after = wanted.iter().map(LinkTarget::shown).collect();
        FieldChange {
            before: shown(link, before),
            after: shown(link, after),
            names,
            ..self.withheld(link, FieldStatus::Change)
        }
    }

    fn withheld(&self, link: &Link, status: FieldStatus) -> FieldChange {
        let path = FieldPath::default().name(&link.property);
        let location = Some(self.sources.locate(link.span));
        FieldChange { path, status, location, ..FieldChange::default() }
    }
}

/// An object that a link is to refer to.
struct LinkTarget {
    found: ReferenceBinding,
    /// The id, or its placeholder until the request is sent.
    id: Json,
}

impl LinkTarget {
    /// An object of a manifest is named by its address even where the object exists: it may be another object by the
    /// time that the request is sent.
    fn new(to: &Referent, found: ReferenceBinding) -> Self {
        let id = match (to, &found) {
            (Referent::Manifest(address), _) | (_, ReferenceBinding::New(address)) => {
                json!({ requests::ID: address.to_string() })
            }
            (_, ReferenceBinding::Live { id, .. }) => id.as_str().into(),
        };
        Self { found, id }
    }

    fn leads_to(&self, to: &str) -> bool {
        matches!(&self.found, ReferenceBinding::Live { id, .. } if id.eq_ignore_ascii_case(to))
    }

    fn shown(&self) -> Json {
        match &self.found {
            ReferenceBinding::Live { id, .. } => id.as_str().into(),
            ReferenceBinding::New(_) => self.id.clone(),
        }
    }
}

/// Returns whether two values are the same ids, in any order.
fn same_ids(one: &Json, other: &Json) -> bool {
    let ids = |value: &Json| -> Option<BTreeSet<String>> {
        value.as_array()?.iter().map(|id| Some(id.as_str()?.to_lowercase())).collect()
    };
    ids(one).is_some() && ids(one) == ids(other)
}

fn shown(link: &Link, mut values: Vec<Json>) -> Shown {
    match (link.many, values.len()) {
        (_, 0) => Shown::Unset,
        (true, _) => Shown::Value(values.into()),
        (false, _) => Shown::Value(values.swap_remove(0)),
    }
}

/// Returns the complaint about a reference that does not resolve.
fn unresolved_reference(
    link: &Link,
    to: &Referent,
    why: &UnresolvedReference,
    location: Location,
) -> Blocked {
    let property = &link.property;
    let (code, message, help) = match why {
        UnresolvedReference::Unknown { near } => (
            "reference/unknown",
            format!("`{property}` refers to `{to}`, and the tenant has no such object"),
            match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "correct it, or declare the object and refer to its manifest".to_owned(),
            },
        ),
        UnresolvedReference::WrongType { kind } => (
            "reference/type",
            format!("`{property}` cannot refer to `{to}`, which is a `{kind}`"),
            format!("it takes a `{}`", link.target),
        ),
        UnresolvedReference::Ambiguous { ids } => (
            "reference/ambiguous",
            format!(
                "{} objects that `{property}` could refer to are called `{to}`: {}",
                ids.len(),
                ids.join(", ")
            ),
            "write the id of the one that you mean: `{ $ref: { id: … } }`".to_owned(),
        ),
        UnresolvedReference::Unread { object } => (
            "reference/unread",
            format!("`{property}` refers to `{to}`, and {object} cannot be read"),
            "plan again; if this remains, look at that object in the Intune admin center"
                .to_owned(),
        ),
        UnresolvedReference::Unbound => (
            "reference/unbound",
            format!("`{property}` refers to `{to}`, whose manifest is not bound to an object"),
            format!("see the message about `{to}`"),
        ),
        UnresolvedReference::NotSelected => (
            "reference/not-selected",
            format!("`{property}` refers to `{to}`, which does not exist yet"),
            format!("create it in the same run: `--only {to}`"),
        ),
    };
    Blocked::new(code, message, help, Some(location))
}

/// Returns the manifests whose objects a manifest refers to.
pub(super) fn named(manifest: &Manifest) -> impl Iterator<Item = &Address> {
    let references = manifest.links.iter().flat_map(|link| &link.references);
    references.filter_map(|reference| match &reference.to {
        Referent::Manifest(address) => Some(address),
        Referent::Id(_) | Referent::Named { .. } => None,
    })
}
