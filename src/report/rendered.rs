//! Manifests as they count: overlays laid over their bases, files read, and each value with the place that it comes from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::diagnostic::{Location, Sources, Span};
use crate::manifest::assignment::{Assignment, Target};
use crate::manifest::reference::{Link, Referent};
use crate::manifest::value::{Declared, Value};
use crate::manifest::{Address, Manifest, Presence};
use crate::schema::model::{Model, Shape};
use crate::schema::walk::TypedPlace;
use crate::values::payload;
use crate::yaml::node::{Node, NodeContent, NodeEntry};
use crate::yaml::write;

/// Manifests as they count, for programs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ManifestsDocument {
    /// The manifests, sorted by address.
    pub items: Vec<RenderedManifest>,
}

/// A manifest as it counts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RenderedManifest {
    /// Its kind and its name.
    pub address: Address,
    /// The whole manifest.
    pub manifest: Json,
    /// The place of each value, by its JSON Pointer in the manifest.
    pub places: BTreeMap<String, Location>,
}

/// Returns the manifests as one document.
pub fn document(manifests: &[Manifest], sources: &Sources) -> ManifestsDocument {
    let items = manifests.iter().map(|manifest| {
        let mut renderer = Renderer::new(sources);
        let node = renderer.manifest(manifest);
        let (address, places) = (manifest.address.clone(), renderer.places);
        RenderedManifest { address, manifest: node.to_json(), places }
    });
    ManifestsDocument { items: items.collect() }
}

/// The first line of rendered manifests, by which a result may overwrite them.
pub const FIRST_LINE: &str =
    "# Rendered by `moorline render`, which overwrites this file: edit the manifests instead.";

/// Returns the manifests as YAML, one document each, with the place of each value as a comment.
pub fn yaml(manifests: &[Manifest], sources: &Sources) -> String {
    let texts = manifests.iter().map(|manifest| {
        let mut renderer = Renderer::new(sources);
        write::document(&renderer.manifest(manifest))
    });
    format!("{FIRST_LINE}\n{}", texts.collect::<Vec<_>>().join("---\n"))
}

/// Makes nodes of one manifest.
struct Renderer<'a> {
    sources: &'a Sources,
    /// The path to the value at hand, as a JSON Pointer.
    pointer: String,
    places: BTreeMap<String, Location>,
}

/// A node, and the line that all of it comes from, where that is one.
struct PlacedNode {
    node: Node,
    line: Option<(String, usize)>,
}

fn map(entries: Vec<NodeEntry>) -> Node {
    Node { content: NodeContent::Map(entries), comment: None, is_flow: false }
}

fn member(name: &str, node: Node) -> NodeEntry {
    NodeEntry::Member(name.to_owned(), node)
}

impl<'a> Renderer<'a> {
    fn new(sources: &'a Sources) -> Self {
        Self { sources, pointer: String::new(), places: BTreeMap::new() }
    }

    fn manifest(&mut self, manifest: &Manifest) -> Node {
        let text = |text: &str| Node::of(&text.into());
        let version = format!("graph.microsoft.com/{}", manifest.version);
        let kind = self.within("kind", |renderer| {
            renderer.placed(text(&manifest.address.kind), manifest.span)
        });
        let mut entries = vec![
            member("apiVersion", text(&version)),
            member("kind", kind),
            member("metadata", Node::of(&metadata(manifest))),
        ];
        let model = Model::of(manifest.version);
        let shape = Shape::Complex(manifest.address.kind.clone());
        let spec = self.within("spec", |renderer| {
            let root = TypedPlace::root(model, &shape);
            let links = manifest.links.iter();
            let links: Vec<NodeEntry> =
                links.map(|link| member(&link.property, renderer.link(link))).collect();
            let mut node = renderer.value(&root, &manifest.spec).node;
            if let NodeContent::Map(members) = &mut node.content {
                members.extend(links);
                node.is_flow = false;
                // The whole has the places of its parts.
                node.comment = None;
            }
            node
        });
        entries.push(member("spec", spec));
        if let Some(assignments) = &manifest.assignments {
            let node = self.within("assignments", |renderer| renderer.assignments(assignments));
            entries.push(member("assignments", node));
        }
        map(entries)
    }

    /// Makes a part with a step added to the path.
    fn within<T>(&mut self, step: &str, make: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        let made = make(self);
        self.pointer.truncate(length);
        made
    }

    /// Records the place of the value at hand, and returns it in words.
    fn locate(&mut self, span: Span) -> (String, usize) {
        let location = self.sources.locate(span);
        let line = (location.file.clone(), location.line);
        self.places.insert(self.pointer.clone(), location);
        line
    }

    /// Returns a node with its place behind it.
    fn placed(&mut self, node: Node, span: Span) -> Node {
        let (file, line) = self.locate(span);
        node.commented(format!("{file}:{line}"))
    }

    fn value(&mut self, place: &TypedPlace<'_, Value>, value: &Value) -> PlacedNode {
        match &value.declared {
            Declared::Object(members) if !members.is_empty() => {
                let structure = place.structure(value);
                let mut parts = Vec::new();
                for one in members {
                    let inner = place.member(structure.as_deref(), &one.name, &one.value);
                    let made =
                        self.within(&one.name, |renderer| renderer.value(&inner, &one.value));
                    parts.push((Some(one.name.clone()), made));
                }
                joined(parts)
            }
            Declared::List(elements) if !elements.is_empty() => {
                let mut parts = Vec::new();
                for (at, element) in elements.iter().enumerate() {
                    let inner = place.element(element);
                    let step = at.to_string();
                    let made = self.within(&step, |renderer| renderer.value(&inner, element));
                    parts.push((None, made));
                }
                joined(parts)
            }
            _ => {
                let line = self.locate(value.span);
                PlacedNode { node: self.leaf(place, value), line: Some(line) }
            }
        }
    }

    /// Returns a value without parts. An encoded text is written as it reads; a text that holds a secret is not.
    fn leaf(&self, place: &TypedPlace<'_, Value>, value: &Value) -> Node {
        let directive = |name: &str, text: &str| Node::of(&json!({ name: text })).flow();
        let text = match &value.declared {
            Declared::Env(name) => return directive("$env", name),
            Declared::String(text) => text,
            _ => return Node::of(&value.to_json()),
        };
        let is_encoded = place.property.is_some_and(|property| property.is_base64());
        let decoded = is_encoded.then(|| payload::decoded(text)).flatten();
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        match decoded {
            Some(decoded) => directive("$text", &payload::redacted(&decoded)),
            None => Node::of(&payload::redacted(text).as_ref().into()),
        }
    }

    fn link(&mut self, link: &Link) -> Node {
        self.within(&link.property, |renderer| {
            let referent = |to: &Referent| match to {
                Referent::Manifest(address) => json!({ "$ref": address.to_string() }),
                Referent::Id(id) => json!({ "$ref": { "id": id } }),
                Referent::Named { display_name, kind: None } => {
                    json!({ "$ref": { "displayName": display_name } })
                }
                Referent::Named { display_name, kind: Some(kind) } => {
                    json!({ "$ref": { "displayName": display_name, "kind": kind } })
                }
            };
            let all: Vec<Json> =
                link.references.iter().map(|reference| referent(&reference.to)).collect();
            let value = match (link.many, &all[..]) {
                (false, []) => Json::Null,
                (false, [one, ..]) => one.clone(),
                (true, _) => all.into(),
            };
            let node = match &value {
                Json::Array(elements) => {
                    let elements = elements.iter().map(|element| Node::of(element).flow());
                    let content = NodeContent::List(elements.collect());
                    Node { content, comment: None, is_flow: false }
                }
                one => Node::of(one).flow(),
            };
            renderer.placed(node, link.span)
        })
    }

    fn assignments(&mut self, assignments: &[Assignment]) -> Node {
        let elements = assignments.iter().enumerate().map(|(at, assignment)| {
            let (key, value) = match &assignment.target {
                Target::Group(name) => ("group", json!(name)),
                Target::ExcludeGroup(name) => ("excludeGroup", json!(name)),
                Target::AllDevices => ("allDevices", true.into()),
                Target::AllUsers => ("allUsers", true.into()),
                Target::Raw(target) => ("target", target.clone()),
            };
            let filter = assignment.filter.as_ref().map(|filter| {
                member("filter", Node::of(&json!({ filter.mode.as_str(): filter.name })))
            });
            let entries = [member(key, Node::of(&value))].into_iter().chain(filter);
            let node = flow_throughout(map(entries.collect()));
            self.within(&at.to_string(), |renderer| renderer.placed(node, assignment.span))
        });
        let content = NodeContent::List(elements.collect());
        Node { content, comment: None, is_flow: false }
    }
}

fn metadata(manifest: &Manifest) -> Json {
    let mut metadata = json!({ "name": manifest.address.name });
    let list = |names: &[String]| (!names.is_empty()).then(|| json!(names));
    let members = [
        ("id", manifest.id.as_deref().map(Json::from)),
        ("formerly", list(&manifest.formerly)),
        ("notFormerly", list(&manifest.not_formerly)),
        ("state", (manifest.presence == Presence::Absent).then(|| "absent".into())),
        ("protect", manifest.protect.then(|| true.into())),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            metadata[name] = value;
        }
    }
    metadata
}

/// Returns a mapping or a list of parts: on one line with one place where all parts come from one line, else each part with
/// its own.
fn joined(parts: Vec<(Option<String>, PlacedNode)>) -> PlacedNode {
    let first = parts.first().and_then(|(_, part)| part.line.clone());
    let is_one_line = first.is_some() && parts.iter().all(|(_, part)| part.line == first);
    let is_map = parts.iter().any(|(name, _)| name.is_some());
    let nodes = parts.into_iter().map(|(name, part)| {
        let node = match part.line {
            Some((file, line)) if !is_one_line => part.node.commented(format!("{file}:{line}")),
            _ => part.node,
        };
        (name, node)
    });
    let content = if is_map {
        let member = |(name, node): (Option<String>, Node)| {
            NodeEntry::Member(name.unwrap_or_default(), node)
        };
        NodeContent::Map(nodes.map(member).collect())
    } else {
        NodeContent::List(nodes.map(|(_, node)| node).collect())
    };
    let line = first.filter(|_| is_one_line);
    PlacedNode { node: Node { content, comment: None, is_flow: is_one_line }, line }
}

/// Returns a node with all its parts on one line.
fn flow_throughout(node: Node) -> Node {
    let content = match node.content {
        NodeContent::Map(entries) => {
            let inner = |entry| match entry {
                NodeEntry::Member(name, node) => NodeEntry::Member(name, flow_throughout(node)),
                comment => comment,
            };
            NodeContent::Map(entries.into_iter().map(inner).collect())
        }
        NodeContent::List(elements) => {
            NodeContent::List(elements.into_iter().map(flow_throughout).collect())
        }
        scalar => scalar,
    };
    Node { content, comment: node.comment, is_flow: true }
}
