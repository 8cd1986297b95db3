//! Which live objects belong to the manifests: those that carry the scope tag of `spec.ownership`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::names::unresolved;
use crate::diagnostic::Span;
use crate::kinds;
use crate::manifest::tenant_file::OwnershipSpec;
use crate::manifest::value::{Declared, Member, Value};
use crate::manifest::{Address, Desired, Manifest, Presence};
use crate::schema::model::Structure;
use crate::schema::types::GraphVersion;
use crate::schema::walk::Tree;
use crate::tenant::names::{Named, Names};
use crate::tenant::{Live, LiveObject, ObjectKey};

const TAGS: &str = "roleScopeTagIds";

/// The id of the built-in tag, which an object without any other has (FACTS 1.5).
const DEFAULT_TAG: &str = "0";

/// Returns the declared values of an object, with the owner's tag added to its scope tags. Types without scope tags, as
/// all of v1.0 are, stay as they are.
///
/// `owner` comes with the place of `spec.ownership`, which is where a tag that does not exist is reported.
pub(super) fn claim<'a>(
    owner: Option<(&OwnershipSpec, Span)>,
    names: &Names,
    structure: &Structure,
    spec: &'a Value,
    live: Option<&Json>,
) -> Cow<'a, Value> {
    let Some((owner, place)) = owner.filter(|_| structure.properties.contains_key(TAGS)) else {
        return Cow::Borrowed(spec);
    };
    let text_at = |text: &str, span| Value { declared: Declared::String(text.to_owned()), span };
    let text = |text| text_at(text, spec.span);
    let mut tags = match spec.get(TAGS).map(|tags| &tags.declared) {
        Some(Declared::List(tags)) => tags.clone(),
        Some(_) => vec![text(DEFAULT_TAG)],
        None if live.is_some_and(|live| is_claimed(owner, names, live)) => {
            return Cow::Borrowed(spec);
        }
        None => match live.map(tags_of) {
            Some(tags) if !tags.is_empty() => tags.into_iter().map(text).collect(),
            _ => vec![text(DEFAULT_TAG)],
        },
    };
    tags.push(text_at(&owner.scope_tag, place));
    let span = spec.get(TAGS).map_or(spec.span, |tags| tags.span);
    let declared = Value { declared: Declared::List(tags), span };
    let others = spec.members().iter().filter(|member| member.name != TAGS);
    let mut members: Vec<Member> = others.cloned().collect();
    members.push(Member { name: TAGS.to_owned(), name_span: span, value: declared });
    Cow::Owned(Value { declared: Declared::Object(members), span: spec.span })
}

/// Returns the live objects that carry the owner's tag and that no manifest declares. One that has a
/// manifest's type and name is left out, whether or not that manifest is bound.
pub(super) fn orphans<'a>(
    desired: &Desired,
    live: &'a Live,
    bound: &BTreeSet<ObjectKey<'_>>,
) -> Vec<&'a LiveObject> {
    let owner = desired.tenant.spec.ownership.as_ref();
    let Some(owner) = owner.filter(|owner| owner.prune).and_then(|owner| id_of(owner, &live.names))
    else {
        return Vec::new();
    };
    let objects = live.objects.iter();
    objects
        .filter(|object| !bound.contains(&object.key()))
        .filter(|object| tags_of(&object.body.value()).contains(&owner.as_str()))
        .filter(|object| !desired.manifests.iter().any(|manifest| may_mean(manifest, object)))
        .collect()
}

/// Returns a warning where the owner's tag does not resolve: nothing is tagged then, and nothing pruned.
pub(super) fn tag_warning(desired: &Desired, names: &Names) -> Option<String> {
    let (owner, place) = desired.tenant.spec.ownership.as_ref().zip(desired.ownership)?;
    let why = names.resolve(Named::ScopeTag, &owner.scope_tag).err()?;
    let message = unresolved(Named::ScopeTag, &owner.scope_tag, &why, None).message;
    let place = desired.sources.locate(place);
    Some(format!("{}:{}: {message}", place.file, place.line))
}

/// Returns whether a manifest can declare an object of this type. Only such objects are pruned.
pub(super) fn is_declarable(object: &LiveObject) -> bool {
    object.family.deletable
        && kinds::exists(&object.kind, GraphVersion::Beta)
        && (object.family.foreign.is_empty()
            || object.family.foreign(&object.body.value()).is_none())
}

/// Returns the warning about an object that carries the owner's tag and is not pruned.
pub(super) fn left_warning(object: &LiveObject) -> String {
    let foreign = object.family.foreign(&object.body.value());
    let why = foreign.unwrap_or(match object.family.deletable {
        true => "no manifest can declare its type",
        false => "Graph does not delete objects of its type",
    });
    format!(
        "{} `{}` ({}) carries the scope tag of `spec.ownership` and is not pruned: {why}",
        object.kind, object.display_name, object.id
    )
}

/// Returns whether an object carries the owner's tag beside one that does not resolve. Its tags need no change then.
fn is_claimed(owner: &OwnershipSpec, names: &Names, live: &Json) -> bool {
    let is_known = |tag: &&str| names.resolve(Named::ScopeTag, tag).as_deref() == Ok(*tag);
    let tags = tags_of(live);
    let owned = id_of(owner, names).is_some_and(|id| tags.contains(&id.as_str()));
    owned && !tags.iter().all(is_known)
}

fn id_of(owner: &OwnershipSpec, names: &Names) -> Option<String> {
    let id = names.resolve(Named::ScopeTag, &owner.scope_tag).ok()?;
    // By whatever name: every object has the built-in tag.
    (id != DEFAULT_TAG).then_some(id)
}

/// Returns whether a manifest may be about an object, by id, name or former name.
pub(super) fn may_mean(manifest: &Manifest, object: &LiveObject) -> bool {
    let same = |name: &str| name.eq_ignore_ascii_case(&object.display_name);
    let is_pinned = manifest.id.as_deref() == Some(object.id.as_str());
    is_pinned && manifest.family == object.family
        || manifest.address.kind == object.kind
            && (manifest.display_name().is_some_and(same)
                || manifest.formerly.iter().any(|name| same(name)))
}

fn tags_of(body: &Json) -> Vec<&str> {
    body[TAGS].elements().iter().filter_map(Json::as_str).collect()
}

/// Returns the address under which an object is deleted that no manifest declares.
pub(super) fn address_of(object: &LiveObject) -> Address {
    Address { kind: object.kind.clone(), name: object.id.clone() }
}

/// Returns a manifest that declares an undeclared object as absent.
pub(super) fn manifest_of(object: &LiveObject, span: Span) -> Manifest {
    let spec = Value { declared: Declared::Object(Vec::new()), span };
    let (address, family) = (address_of(object), object.family);
    Manifest {
        id: Some(object.id.clone()),
        presence: Presence::Absent,
        ..Manifest::new(address, family, GraphVersion::Beta, spec, span)
    }
}
