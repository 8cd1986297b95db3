//! Reads a whole tenant: every object of every family, each by itself, and the names of what they refer to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use futures_util::future::join_all;

use super::names::ids;
use crate::graph::{Graph, GraphError};
use crate::kinds::{FAMILIES, Family};
use crate::schema::model::Model;
use crate::schema::types::GraphVersion;
use crate::schema::walk::any;
use crate::tenant::lookup::{Unlabelled, names_of};
use crate::tenant::masked::{self, Masked, UnmaskedValues};
use crate::tenant::names::Names;
use crate::tenant::read::{ObjectRef, read_all, referred_to, reread_each};
use crate::tenant::{CaselessKey, Linked, Live, LiveObject, UnreadObject, caseless};
use crate::values::masked as markers;

/// The state of a tenant, as far as it could be read.
#[derive(Debug, Default)]
pub struct TenantContents {
    /// The objects, and those that cannot be read.
    pub live: Live,
    /// The names of groups, users, filters and scope tags that they refer to.
    pub names: Names,
    /// The masked values that were read in clear.
    pub clear: UnmaskedValues,
    /// The objects that others refer to and that no manifest declares, by type.
    pub referred: BTreeMap<String, Vec<Linked>>,
    /// The families that cannot be read, each with the reason.
    pub unreadable: Vec<(&'static Family, GraphError)>,
    /// The gaps of objects that were read from files.
    pub gaps: BTreeMap<CaselessKey, FileGaps>,
    /// The files of these objects.
    pub sources: BTreeMap<CaselessKey, PathBuf>,
    /// How many objects have a type and a name.
    alike: HashMap<(String, String), usize>,
}

/// The gaps of an object's file: what it does not say.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileGaps {
    /// Its id: the one that the object has is of this run alone.
    pub id: bool,
    /// Whether it is assigned.
    pub assignments: bool,
}

/// The part of a tenant that is read.
pub struct ReadScope<'a> {
    /// The families.
    pub families: Vec<&'static Family>,
    /// Whether values that the service masks are read in clear, where the token may.
    pub unmasks: bool,
    /// Is told of each family that was read, with the number of its objects.
    pub read: &'a (dyn Fn(&'static Family, usize) + Sync),
}

impl TenantContents {
    /// Reads a tenant.
    ///
    /// # Errors
    /// When no further call can be made, or no family can be read.
    pub async fn read(graph: &Graph, scope: &ReadScope<'_>) -> Result<Self, GraphError> {
        let mut contents = Self::default();
        let lists = scope.families.iter().map(async |family| {
            let read = read_all(graph, family).await;
            if let Ok((objects, _)) = &read {
                (scope.read)(family, objects.len());
            }
            (*family, read)
        });
        for (family, read) in join_all(lists).await {
            match read {
                Ok((objects, unread)) => {
                    contents.live.objects.insert(family, objects);
                    contents.live.unread.extend(unread);
                }
                Err(error) if error.is_of_call() => contents.unreadable.push((family, error)),
                Err(error) => return Err(error),
            }
        }
        if contents.unreadable.len() == scope.families.len()
            && let Some((_, error)) = contents.unreadable.pop()
        {
            return Err(error);
        }
        contents.read_each(graph).await?;
        let objects: Vec<&LiveObject> = contents.live.objects.iter().collect();
        let ids: Unlabelled = objects.iter().flat_map(|object| ids(object)).collect();
        let masked = match scope.unmasks {
            true => masked_values(&objects),
            false => BTreeSet::new(),
        };
        let targets = foreign_targets(&objects);
        let (names, clear, referred) = tokio::join!(
            names_of(graph, &ids),
            masked::read(graph, masked),
            referred_to(graph, targets),
        );
        (contents.names, contents.clear, contents.referred) = (names?, clear?, referred?);
        contents.count_alike();
        Ok(contents)
    }

    /// Reads each object by itself, with its references: a list may shorten large objects (FACTS 1.3, 12).
    async fn read_each(&mut self, graph: &Graph) -> Result<(), GraphError> {
        let model = Model::of(GraphVersion::Beta);
        let links = |object: &LiveObject| -> Vec<String> {
            let structure = model.get(&object.kind);
            let structure = structure.as_ref();
            let references = structure.into_iter().flat_map(|structure| structure.references());
            references.map(|(property, _)| property.name.clone()).collect()
        };
        let objects = self.live.objects.iter().filter(|object| !object.family.is_singleton());
        let refs: Vec<ObjectRef> =
            objects.map(|object| ObjectRef::of(object, links(object))).collect();
        let mut stale = BTreeSet::new();
        let mut fresh = Vec::new();
        let again = reread_each(graph, &refs).await;
        for (reference, read) in refs.iter().zip(again) {
            match read {
                Ok(object) => fresh.extend(object),
                Err(error) if error.is_of_call() => {
                    let known = self.live.objects.get(reference.family, &reference.id);
                    self.live.unread.extend(known.map(|known| UnreadObject::of(known, error)));
                }
                Err(error) => return Err(error),
            }
            stale.insert(reference.key());
        }
        self.live.objects.refresh(&stale, fresh);
        Ok(())
    }

    /// Counts the objects of a type and a name.
    pub(super) fn count_alike(&mut self) {
        for object in self.live.objects.iter() {
            let known_by = (object.kind.clone(), object.display_name.clone());
            *self.alike.entry(known_by).or_default() += 1;
        }
    }

    /// Returns the file that an object is from, if it is from one.
    pub fn file_of(&self, object: &LiveObject) -> Option<&Path> {
        self.sources.get(&caseless(object.family, &object.id)).map(PathBuf::as_path)
    }

    /// Returns what the file of an object does not say; nothing of one that was read from the tenant.
    pub fn gaps(&self, object: &LiveObject) -> FileGaps {
        let gaps = self.gaps.get(&caseless(object.family, &object.id));
        gaps.copied().unwrap_or_default()
    }

    /// Returns whether another object has the type and the name of an object.
    pub fn has_twin(&self, object: &LiveObject) -> bool {
        let known_by = (object.kind.clone(), object.display_name.clone());
        self.alike.get(&known_by).is_some_and(|number| *number > 1)
    }

    /// Returns whether a display name means one object of a type that no manifest declares.
    pub fn is_unique_referent(&self, target: &str, display_name: &str) -> bool {
        let objects = self.referred.get(target);
        let named = objects.into_iter().flatten().filter(|it| it.display_name == display_name);
        named.count() == 1
    }
}

/// Returns the families of a build.
pub fn families() -> Vec<&'static Family> {
    FAMILIES.to_vec()
}

/// Returns the masked values of objects.
fn masked_values(objects: &[&LiveObject]) -> BTreeSet<Masked> {
    let mut found = BTreeSet::new();
    for object in objects.iter().filter(|object| object.body.is_marked()) {
        any(&object.body.value(), &mut |value| {
            found.extend(markers::reference(value).map(|reference| Masked {
                family: object.family,
                object: object.id.clone(),
                reference: reference.to_owned(),
            }));
            false
        });
    }
    found
}

/// Returns the types of the objects that others refer to, where no family has such objects.
fn foreign_targets(objects: &[&LiveObject]) -> BTreeSet<String> {
    let mut targets = BTreeSet::new();
    for object in objects {
        let Some(structure) = Model::of(GraphVersion::Beta).get(&object.kind) else { continue };
        for (property, target) in structure.references() {
            let linked = object.links.get(&property.name).into_iter().flatten();
            if linked.into_iter().any(|linked| linked.family.is_none()) {
                targets.insert(target.to_owned());
            }
        }
    }
    targets
}
