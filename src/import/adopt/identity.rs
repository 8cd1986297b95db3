//! Objects that are gone, and objects that got another name.

use serde_json::json;

use super::edits::{EditTarget, ObjectEdits, PlannedEdit};
use super::own::OwnManifest;
use super::refusal::WhyNotAdopted;
use super::texts::ManifestTexts;
use super::value::{ObjectContext, target_of};
use super::{AdoptOptions, AdoptedObject, spans};
use crate::manifest::{Desired, Manifest};
use crate::tenant::LiveObject;
use crate::yaml::edit::{Step, YamlChange};
use crate::yaml::node::Node;

/// The member of `metadata` with the earlier names.
const FORMERLY: &str = "formerly";

/// Declares an object that is gone as absent, where that is asked for.
pub(super) fn gone(
    desired: &Desired,
    options: &AdoptOptions,
    manifest: &Manifest,
    object: &mut AdoptedObject,
) {
    if !options.absent || !manifest.family.deletable {
        return object.made.leave_out(WhyNotAdopted::Gone.of(String::new()));
    }
    let texts = ManifestTexts::of(&desired.sources, spans(manifest));
    let is_of_base = desired.is_of_base(manifest.span.file);
    let document = texts.document(manifest.span).filter(|_| options.into_base || !is_of_base);
    object.own = OwnManifest::of(desired, manifest, None, &texts);
    let target = match (document, &object.own) {
        (Some((document, _)), _) => EditTarget::Document(manifest.span.file, document),
        (None, Some(_)) => EditTarget::Overlay,
        (None, None) => {
            return object.made.leave_out(WhyNotAdopted::NoOverlay.of(String::new()));
        }
    };
    object.made.adopted.push("state".to_owned());
    object.made.edits.push(PlannedEdit {
        target,
        path: metadata("state"),
        change: YamlChange::Set(Node::of(&"absent".into())),
    });
}

/// Keeps the name that an object had, where it is adopted by another one.
pub(super) fn former_name(
    context: &ObjectContext<'_>,
    object: &LiveObject,
    own: Option<&OwnManifest>,
    made: &mut ObjectEdits,
) {
    let manifest = context.manifest;
    let property = manifest.family.name_property;
    let is_named = made.adopted.iter().any(|path| path == property);
    let Some(before) = manifest.display_name().filter(|_| is_named) else { return };
    if manifest.family.is_singleton() || before == object.display_name {
        return;
    }
    if manifest.formerly.iter().any(|name| name == before) {
        return;
    }
    let declared = manifest.spec.get(property).and_then(|value| context.texts.at(value.span));
    let declared = declared.filter(|(place, _)| (context.is_editable)(place.file));
    let target = match (&declared, own) {
        (Some((place, _)), _) => target_of(place),
        (None, Some(OwnManifest::There(file, document))) => EditTarget::Document(*file, *document),
        (None, _) => EditTarget::Overlay,
    };
    let written = match target {
        EditTarget::Document(file, _) => {
            let spans = [manifest.spec.get(property).map(|value| value.span), Some(manifest.span)];
            let mut spans = spans.into_iter().flatten().filter(|span| span.file == file);
            spans.next().and_then(|span| context.texts.document(span)).and_then(|(_, root)| {
                let list = root.get("metadata")?.get(FORMERLY)?;
                Some(list.elements().len())
            })
        }
        EditTarget::Overlay => None,
    };
    let (path, node) = match written {
        Some(length) => {
            let mut path = metadata(FORMERLY);
            path.push(Step::Element(length));
            (path, Node::of(&before.into()))
        }
        None => {
            let names = manifest.formerly.iter().map(String::as_str).chain([before]);
            let names: Vec<&str> = names.collect();
            (metadata(FORMERLY), Node::of(&json!(names)).flow())
        }
    };
    made.edits.push(PlannedEdit { target, path, change: YamlChange::Set(node) });
}

fn metadata(name: &str) -> Vec<Step> {
    ["metadata", name].map(|name| Step::Member(name.to_owned())).to_vec()
}
