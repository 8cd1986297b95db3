//! Makes the manifest of one live object.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::contents::TenantContents;
use super::declare::{ImportExtent, SpecMaker};
use super::layout::Layout;
use super::left_out::{LeftOut, NeededSecret, WhyLeftOut};
use super::payload::PayloadFile;
use super::place::Place;
use super::variable::VariableNames;
use super::{names, portal};
use crate::definitions::{SettingCatalogue, without_template};
use crate::kinds;
use crate::manifest::{Address, trial};
use crate::schema::model::{Model, Shape};
use crate::schema::types::GraphVersion;
use crate::settings_catalog::MERGE;
use crate::tenant::names::is_guid;
use crate::tenant::{CaselessKey, Linked, LiveObject, caseless};
use crate::yaml::node::{Node, NodeContent, NodeEntry};

/// How often values that a check refuses are taken out: what is left may be refused for their lack.
const ROUNDS: usize = 4;

/// All that the manifest of an object depends on beside the object.
pub struct ManifestContext<'a> {
    /// The tenant.
    pub contents: &'a TenantContents,
    /// The manifests that other objects have, or get in the same run.
    pub addresses: &'a BTreeMap<CaselessKey, Address>,
    /// The catalogue of setting definitions, where there is one.
    pub catalogue: Option<&'a SettingCatalogue>,
    /// Whether a file of this path below the tenant's folder exists and has another content.
    pub is_taken: &'a (dyn Fn(&str, &[u8]) -> bool + Sync),
    /// How much of an object is declared.
    pub extent: ImportExtent,
    /// Whether every object is pinned by its id.
    pub pins: bool,
}

/// The manifest of one object.
#[derive(Debug)]
pub struct ImportedManifest {
    /// Its kind and name.
    pub address: Address,
    /// The document.
    pub document: Node,
    /// Whether it has a name or an id that tells which object it declares.
    pub is_bound: bool,
    /// The files that it refers to.
    pub files: Vec<PayloadFile>,
    /// The values of the object that it does not declare.
    pub left_out: Vec<LeftOut>,
    /// The secrets that it takes from the environment.
    pub secrets: Vec<NeededSecret>,
    /// The paths of values that the tenant masks and that it has in clear.
    pub unmasked: Vec<String>,
    /// The names of members that the type documents do not have.
    pub unknown: BTreeSet<String>,
}

impl ManifestContext<'_> {
    /// Returns the manifest of an object in a place.
    pub fn manifest(&self, object: &LiveObject, place: &Place) -> ImportedManifest {
        let address = Address { kind: object.kind.clone(), name: place.name.clone() };
        let version = match kinds::exists(&object.kind, GraphVersion::Beta) {
            true => GraphVersion::Beta,
            false => GraphVersion::V1,
        };
        let model = Model::of(version);
        let variables = VariableNames::of(place, &object.kind);
        let clear = &self.contents.clear;
        let file = self.contents.file_of(object);
        let mut made = SpecMaker::new(model, object, clear, self.extent, file, variables).declare();
        for _ in 0..ROUNDS {
            let refused = trial::refused(&object.kind, object.family, version, &made.spec);
            if refused.is_empty() {
                break;
            }
            for (name, why) in refused {
                // A second finding about a property says no more.
                if made.spec.remove(&name).is_some() {
                    made.drop_within(&name);
                    made.left_out.push(LeftOut::new(&[name], &WhyLeftOut::Refused(why), file));
                }
            }
        }
        self.shorten(model, &object.kind, &mut made.spec);
        // A member that a file has is told with the file; those of the tenant are told by kind.
        for name in std::mem::take(&mut made.unknown) {
            match file {
                Some(_) => {
                    let why = WhyLeftOut::UnknownProperty;
                    made.left_out.push(LeftOut::new(&[name], &why, file));
                }
                None => drop(made.unknown.insert(name)),
            }
        }
        let mut layout = Layout {
            model,
            names: &self.contents.names,
            catalogue: self.catalogue,
            manifest: &place.name,
            is_taken: &|file| {
                (self.is_taken)(&format!("{}/{}", place.folder, file.name), &file.content)
            },
            files: Vec::new(),
        };
        let links = self.links(model, object, &mut made.left_out);
        let spec = layout.spec(&object.kind, &made.spec, links);
        let files = layout.files;
        let assignments = self.assignments(object, &mut made.left_out);
        let is_named = made.spec.contains_key(object.family.name_property);
        let has_id =
            !object.family.is_singleton() && !self.contents.gaps(object).id && is_guid(&object.id);
        let is_pinned = has_id && (self.pins || !is_named || self.contents.has_twin(object));
        let document =
            document(&address, version, is_pinned.then_some(&object.id), spec, assignments);
        ImportedManifest {
            address,
            document,
            is_bound: is_named || has_id || object.family.is_singleton(),
            files,
            left_out: made.left_out,
            secrets: made.secrets,
            unmasked: made.unmasked,
            unknown: made.unknown,
        }
    }

    /// Takes the ids of the policy's template out of settings, where the catalogue puts them in.
    fn shorten(&self, model: &'static Model, kind: &str, spec: &mut Map<String, Json>) {
        let template = spec.get("templateReference").and_then(|it| it.get("templateId"));
        let template = template.and_then(Json::as_str).map(str::to_owned);
        let (Some(catalogue), Some(template), Some(structure)) =
            (self.catalogue, template, model.get(kind))
        else {
            return;
        };
        for (name, value) in spec {
            let property = structure.properties.get(name);
            if property.is_some_and(|property| matches!(property.shape, Shape::Settings(_))) {
                let is_merged = value.get(MERGE).is_some();
                let settings = if is_merged { &mut value[MERGE] } else { value };
                *settings = without_template(settings, &template, catalogue);
            }
        }
    }

    /// Returns the references of an object, by property.
    fn links(
        &self,
        model: &'static Model,
        object: &LiveObject,
        left_out: &mut Vec<LeftOut>,
    ) -> BTreeMap<String, Node> {
        let Some(structure) = model.get(&object.kind) else {
            return BTreeMap::new();
        };
        let mut links = BTreeMap::new();
        for (property, target) in structure.references() {
            let linked = object.links.get(&property.name);
            let references = linked.and_then(|linked| {
                let references = linked.iter().map(|linked| self.reference(target, linked));
                references.collect::<Option<Vec<Node>>>()
            });
            let Some(mut references) = references else {
                let file = self.contents.file_of(object);
                let why = match file {
                    Some(_) => WhyLeftOut::LinkNotInFile,
                    None => WhyLeftOut::LinkUnseen,
                };
                left_out.push(LeftOut::new(std::slice::from_ref(&property.name), &why, file));
                continue;
            };
            let node = match (&property.shape, references.len()) {
                (_, 0) => continue,
                (Shape::Navigation { collection: false, .. }, 1) => references.remove(0),
                _ => Node { content: NodeContent::List(references), comment: None, is_flow: false },
            };
            links.insert(property.name.clone(), node);
        }
        links
    }

    /// Returns a reference to the manifest of an object; to the object itself where it has none, and `None` where nothing
    /// tells which one that is: the id of an object from a file may be of this run alone.
    fn reference(&self, target: &str, linked: &Linked) -> Option<Node> {
        let key = linked.family.map(|family| caseless(family, &linked.id));
        if let Some(address) = key.and_then(|key| self.addresses.get(&key)) {
            let member =
                NodeEntry::Member("$ref".to_owned(), Node::of(&address.to_string().into()));
            let content = NodeContent::Map(vec![member]);
            return Some(Node { content, comment: None, is_flow: true });
        }
        let is_unique = self.contents.is_unique_referent(target, &linked.display_name);
        (is_unique || is_guid(&linked.id))
            .then(|| names::live_reference(&linked.id, &linked.display_name, is_unique))
    }

    fn assignments(&self, object: &LiveObject, left_out: &mut Vec<LeftOut>) -> Option<Node> {
        let is_unknown = !object.family.is_assignable() || self.contents.gaps(object).assignments;
        if is_unknown || object.assignments.is_empty() && !self.extent.all {
            return None;
        }
        let made = names::assignments(object, &self.contents.names);
        let file = self.contents.file_of(object);
        let why = |why| left_out.push(LeftOut::new(&["assignments".to_owned()], &why, file));
        made.map_err(why).ok()
    }
}

fn document(
    address: &Address,
    version: GraphVersion,
    id: Option<&String>,
    spec: Vec<NodeEntry>,
    assignments: Option<Node>,
) -> Node {
    let text = |text: &str| Node::of(&Json::from(text));
    let map = |entries| Node { content: NodeContent::Map(entries), comment: None, is_flow: false };
    let member = |name: &str, node: Node| NodeEntry::Member(name.to_owned(), node);
    let mut kind = text(&address.kind);
    kind.comment = portal::name_of(&address.kind).map(str::to_owned);
    let name = member("name", text(&address.name));
    let id = id.map(|id| member("id", text(id)));
    let metadata = map(std::iter::once(name).chain(id).collect());
    let head = [
        member("apiVersion", text(&format!("graph.microsoft.com/{version}"))),
        member("kind", kind),
        member("metadata", metadata),
        member("spec", map(spec)),
    ];
    let assignments = assignments.map(|assignments| member("assignments", assignments));
    map(head.into_iter().chain(assignments).collect())
}
