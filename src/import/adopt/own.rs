//! The manifest of the tenant's own, which holds values that a base declares otherwise.

use std::path::{Path, PathBuf};

use super::texts::ManifestTexts;
use crate::diagnostic::FileId;
use crate::import::portal;
use crate::manifest::{self, Address, Desired, Manifest};
use crate::schema::types::GraphVersion;
use crate::tenant::LiveObject;
use crate::text::slug::slug_of_kind;
use crate::yaml::node::{Node, NodeContent, NodeEntry};

/// A document of the tenant's own.
#[derive(Clone, Debug)]
pub(super) enum OwnManifest {
    /// It exists: a document of a file, by its place among those that are not empty.
    There(FileId, usize),
    /// It would be a file of this path.
    New(PathBuf),
}

impl OwnManifest {
    /// Returns the tenant's own document of an object, which may be gone; `None` where there is no place for one.
    pub(super) fn of(
        desired: &Desired,
        manifest: &Manifest,
        object: Option<&LiveObject>,
        texts: &ManifestTexts,
    ) -> Option<Self> {
        let span = manifest.span;
        if !desired.is_of_base(span.file) {
            let (document, _) = texts.document(span)?;
            return Some(Self::There(span.file, document));
        }
        let folder = match &desired.tenant.spec.manifests {
            // What stands in folders is not read then.
            None => desired.root.clone(),
            Some(_) => {
                let folder = manifest::root::of(&desired.tenant.spec)?;
                let (platform, area) = match object {
                    Some(object) => portal::folders(object),
                    None => crate::kinds::portal::folders(&manifest.address.kind, None),
                };
                desired.root.join(folder).join(platform).join(area)
            }
        };
        let Address { kind, name } = &manifest.address;
        let names = [format!("{name}.yaml"), format!("{name}.{}.yaml", slug_of_kind(kind))];
        let mut paths = names.iter().map(|name| folder.join(name));
        paths.find(|path| !path.exists()).map(Self::New)
    }

    /// Returns the path of its file.
    pub(super) fn path<'a>(&'a self, desired: &'a Desired) -> &'a Path {
        match self {
            Self::There(file, _) => &desired.sources.get(*file).path,
            Self::New(path) => path,
        }
    }
}

/// Returns a document that declares nothing yet.
pub(super) fn head(address: &Address, version: GraphVersion) -> Node {
    let text = |text: &str| Node::of(&text.into());
    let map = |entries| Node { content: NodeContent::Map(entries), comment: None, is_flow: false };
    let member = |name: &str, node: Node| NodeEntry::Member(name.to_owned(), node);
    let mut kind = text(&address.kind);
    kind.comment = portal::name_of(&address.kind).map(str::to_owned);
    map(vec![
        member("apiVersion", text(&format!("graph.microsoft.com/{version}"))),
        member("kind", kind),
        member("metadata", map(vec![member("name", text(&address.name))]).flow()),
        member("spec", map(Vec::new())),
    ])
}
