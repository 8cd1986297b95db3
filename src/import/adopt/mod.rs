//! The tenant's values into manifests that exist: in their place, with what stands around them as it is.
//!
//! | file | what it does |
//! |---|---|
//! | `texts.rs` | where values are written |
//! | `value.rs`, `collection.rs`, `settings.rs`, `assignments.rs`, `links.rs` | the edits that a difference needs |
//! | `identity.rs`, `renamed.rs` | objects that are gone or have another name |
//! | `imported.rs` | objects that no manifest managed |
//! | `own.rs` | the manifest of the tenant's own that is laid over a base's |
//! | `drafts.rs` | edits to the new contents of files |
//! | `accepted.rs` | accepted drift: what is adopted of it, and the entries that go |
//! | `bases.rs` | the tenants that an edited base serves |
//! | `check.rs` | whether the plan after the edits is as it was meant |
//! | `write.rs` | writes the files: all or none |
//! | `refusal.rs`, `document.rs` | what is not adopted, and the result |

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::diagnostic::{FileId, Span};
use crate::graph::{Graph, GraphError};
use crate::manifest::{Address, Desired, Manifest};
use crate::plan::{Action, Change, FieldChange, FieldStatus, LeftAlone, Planned};
use crate::schema::model::Model;
use crate::tenant::lookup::{Unlabelled, names_of};
use crate::tenant::matching::ID_GONE;
use crate::tenant::names::Names;
use crate::tenant::{Live, LiveObject};

use super::declare::{ImportExtent, SpecMaker};
use super::place::Place;
use super::variable::VariableNames;
use super::write::is_other;
use drafts::FileChange;
use edits::{EditTarget, ObjectEdits};
use own::OwnManifest;
use refusal::WhyNotAdopted;
use texts::ManifestTexts;
pub(super) use value::is_within;
use value::{AdoptedPlace, LiveValue, ObjectContext, ValueAdopter};

mod accepted;
mod assignments;
mod bases;
pub mod check;
mod collection;
pub mod document;
pub mod drafts;
mod edits;
mod identity;
mod imported;
mod links;
mod own;
pub mod refusal;
mod renamed;
mod settings;
mod texts;
mod value;
pub mod write;

pub use accepted::{OpenedAcceptance, open_accepted};
pub use renamed::read_renamed;

/// An object, or one property of it, whose difference is adopted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptRequest {
    /// The address of the manifest.
    pub address: Address,
    /// The path of the property.
    pub property: Option<String>,
}

/// How differences are adopted.
#[derive(Clone, Debug, Default)]
pub struct AdoptOptions {
    /// The objects; all where there are none.
    pub requests: Vec<AdoptRequest>,
    /// The paths of objects that are not adopted as a whole.
    pub parts: BTreeMap<Address, Vec<String>>,
    /// The paths of settings that no manifest declares and that are drift all the same.
    pub undeclared: BTreeMap<Address, Vec<String>>,
    /// Whether an object that is gone is declared as absent.
    pub absent: bool,
    /// Whether values that the service masks are written in clear.
    pub unmasks: bool,
    /// Whether values of a base are edited there.
    pub into_base: bool,
}

impl FromStr for AdoptRequest {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The path of a value may hold a slash.
        let mut parts = text.splitn(3, '/').map(str::to_owned);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(kind), Some(name), property)
                if !kind.is_empty() && !name.is_empty() && property.as_deref() != Some("") =>
            {
                Ok(Self { address: Address { kind, name }, property })
            }
            _ => Err("write KIND/NAME or KIND/NAME/PROPERTY"),
        }
    }
}

/// Reads the names of what objects refer to.
///
/// # Errors
/// When no further call can be made.
pub async fn names(graph: &Graph, objects: &[&LiveObject]) -> Result<Names, GraphError> {
    let ids: Unlabelled = objects.iter().flat_map(|object| super::names::ids(object)).collect();
    names_of(graph, &ids).await
}

/// The state that differences are adopted from.
pub struct AdoptInput<'a> {
    /// The manifests.
    pub desired: &'a Desired,
    /// The differences, and where references lead.
    pub planned: &'a Planned,
    /// The tenant.
    pub live: &'a Live,
    /// The names of what the objects refer to.
    pub names: &'a Names,
    /// The accepted differences that are adopted by their names.
    pub opened: &'a [OpenedAcceptance],
}

/// The edits that adopt the differences.
pub struct Adoption<'a> {
    desired: &'a Desired,
    objects: Vec<AdoptedObject>,
    opened: &'a [OpenedAcceptance],
}

/// The edits of one object.
#[derive(Debug)]
struct AdoptedObject {
    address: Address,
    display_name: String,
    id: Option<String>,
    own: Option<OwnManifest>,
    made: ObjectEdits,
    /// The files of an object that no manifest managed.
    new_files: Vec<FileChange>,
    /// Why none of them is made.
    refused: Option<WhyNotAdopted>,
}

/// Returns the objects whose names have to be known before their differences are adopted.
pub fn objects<'a>(
    planned: &Planned,
    live: &'a Live,
    options: &AdoptOptions,
) -> Vec<&'a LiveObject> {
    let changes = planned.plan.changes.iter();
    let changes =
        changes.filter(|change| differs(change) || !options.undeclared(change).is_empty());
    let changes = changes.filter(|change| options.takes(&change.address));
    let renamed = |change: &Change| {
        let id = planned.renamed.get(&change.address)?;
        live.objects.get(change.family()?, id)
    };
    changes.filter_map(|change| change.object(live).or_else(|| renamed(change))).collect()
}

fn differs(change: &Change) -> bool {
    change.is_difference() || change.with_status(FieldStatus::Blocked).next().is_some()
}

/// Returns the edits that make the manifests declare what the tenant has. Nothing is written.
pub fn adopt<'a>(input: &AdoptInput<'a>, options: &AdoptOptions) -> Adoption<'a> {
    let changes = input.planned.plan.changes.iter();
    let changes = changes.filter(|change| options.takes(&change.address));
    let objects = changes.filter_map(|change| {
        let object = adopted(input, options, change);
        let is_asked = !options.requests.is_empty();
        object.or_else(|| is_asked.then(|| AdoptedObject::of(change))).map(|mut object| {
            if is_asked {
                object.tell_same(options);
            }
            object
        })
    });
    Adoption { desired: input.desired, objects: objects.collect(), opened: input.opened }
}

impl Adoption<'_> {
    /// Tells of a difference that is not adopted, since the manifest changed, or may have changed.
    pub fn leave_pending(&mut self, change: &Change, path: &str, is_known: bool) {
        let is_told = |object: &AdoptedObject| object.address == change.address;
        if !self.objects.iter().any(is_told) {
            self.objects.push(AdoptedObject::of(change));
            self.objects.sort_by(|a, b| a.address.cmp(&b.address));
        }
        let why = match change.action {
            _ if !is_known => WhyNotAdopted::Untraced,
            Action::Create => WhyNotAdopted::PendingCreate,
            _ => WhyNotAdopted::Pending,
        };
        for object in self.objects.iter_mut().filter(|object| object.address == change.address) {
            // A request for the value found no difference that it takes.
            object.made.left.retain(|one| one.path != path);
            object.made.left.push(why.of(path.to_owned()));
        }
    }
}

impl AdoptOptions {
    /// Returns whether a request is about a difference.
    pub fn asks_for(&self, address: &Address, path: &str) -> bool {
        let is_about = |request: &AdoptRequest| {
            request.address == *address
                && request.property.as_deref().is_none_or(|wanted| {
                    path.is_empty() || is_within(path, wanted) || is_within(wanted, path)
                })
        };
        self.requests.is_empty() || self.requests.iter().any(is_about)
    }

    /// Returns the requested addresses that no manifest has.
    pub fn unmanaged<'a>(&'a self, desired: &Desired) -> Vec<&'a Address> {
        let addresses = self.requests.iter().map(|request| &request.address);
        addresses.filter(|address| desired.manifest(address).is_none()).collect()
    }

    /// Returns the settings of an object that no manifest declares and that are adopted: those that are named, and those
    /// that are drift.
    fn undeclared<'a>(&self, change: &'a Change) -> Vec<&'a LeftAlone> {
        let drift = self.undeclared.get(&change.address);
        let wanted = self.properties(&change.address);
        let is_asked = |setting: &&LeftAlone| {
            let path = setting.path.to_string();
            wanted.iter().any(|wanted| match wanted {
                Some(wanted) => *wanted == path,
                None => drift.is_some_and(|drift| drift.contains(&path)),
            })
        };
        change.left_alone.iter().filter(is_asked).collect()
    }

    fn takes(&self, address: &Address) -> bool {
        self.requests.is_empty() || self.requests.iter().any(|request| request.address == *address)
    }

    /// Returns the properties of an object that are adopted; none stands for all.
    fn properties<'a>(&'a self, address: &Address) -> Vec<Option<&'a str>> {
        let own = self.requests.iter().filter(|request| request.address == *address);
        let own: Vec<Option<&str>> = own.map(|request| request.property.as_deref()).collect();
        let own = if own.is_empty() || own.contains(&None) { vec![None] } else { own };
        let Some(parts) = self.parts.get(address) else { return own };
        let narrower = |wanted: Option<&'a str>, part: &'a str| match wanted {
            None => Some(part),
            Some(wanted) if is_within(part, wanted) => Some(part),
            Some(wanted) => Some(wanted).filter(|wanted| is_within(wanted, part)),
        };
        let pairs = own.into_iter().flat_map(|wanted| parts.iter().map(move |part| (wanted, part)));
        pairs.filter_map(|(wanted, part)| narrower(wanted, part).map(Some)).collect()
    }
}

fn adopted(
    input: &AdoptInput<'_>,
    options: &AdoptOptions,
    change: &Change,
) -> Option<AdoptedObject> {
    let mut object = AdoptedObject::of(change);
    for field in change.with_status(FieldStatus::Unverifiable) {
        let reason = field.reason.clone().unwrap_or_default();
        object.made.leave(&field.path, &WhyNotAdopted::NotComparable(reason));
    }
    object.tell_accepted(change);
    if !differs(change) && options.undeclared(change).is_empty() {
        let is_empty = object.made.left.is_empty();
        return (!is_empty).then_some(object);
    }
    let refuse = |object: &mut AdoptedObject, why: WhyNotAdopted| {
        object.made.leave_out(why.of(String::new()));
    };
    let Some(manifest) = input.desired.manifest(&change.address) else {
        refuse(&mut object, WhyNotAdopted::NoManifest);
        return Some(object);
    };
    if let Some((live, change)) = renamed::renamed(input, manifest, change) {
        object.id = Some(live.id.clone());
        adopt_object(input, options, &change, manifest, live, &mut object);
        return Some(object);
    }
    let is_gone = change.blocked.iter().any(|why| why.code == ID_GONE)
        || change.action == Action::Create && change.blocked.is_empty();
    match change.action {
        _ if is_gone => identity::gone(input.desired, options, manifest, &mut object),
        _ if !change.blocked.is_empty() => {
            for why in &change.blocked {
                refuse(&mut object, WhyNotAdopted::Blocked(why.message.clone()));
            }
        }
        Action::Delete => refuse(&mut object, WhyNotAdopted::DeclaredAbsent),
        Action::Replace => refuse(&mut object, WhyNotAdopted::Retyped),
        Action::Create => {}
        Action::Update | Action::None => match change.object(input.live) {
            Some(live) => adopt_object(input, options, change, manifest, live, &mut object),
            None => refuse(&mut object, WhyNotAdopted::NotShown),
        },
    }
    Some(object)
}

impl AdoptedObject {
    fn of(change: &Change) -> Self {
        Self {
            address: change.address.clone(),
            display_name: change.display_name.clone(),
            id: change.id.clone(),
            own: None,
            made: ObjectEdits::default(),
            new_files: Vec::new(),
            refused: None,
        }
    }

    /// Tells of the requests that there is no difference for.
    fn tell_same(&mut self, options: &AdoptOptions) {
        for property in options.properties(&self.address) {
            let wanted = property.unwrap_or_default();
            let is_told = |path: &str| {
                wanted.is_empty()
                    || path.is_empty()
                    || is_within(path, wanted)
                    || is_within(wanted, path)
            };
            let left = self.made.left.iter().map(|left| left.path.as_str());
            let mut told = self.made.adopted.iter().map(String::as_str).chain(left);
            if !told.any(is_told) {
                self.made.leave_out(WhyNotAdopted::Same.of(wanted.to_owned()));
            }
        }
    }
}

/// Adopts the differences of an object that exists.
fn adopt_object(
    input: &AdoptInput<'_>,
    options: &AdoptOptions,
    change: &Change,
    manifest: &Manifest,
    live: &LiveObject,
    object: &mut AdoptedObject,
) {
    let desired = input.desired;
    let texts = ManifestTexts::of(&desired.sources, spans(manifest));
    let own = OwnManifest::of(desired, manifest, Some(live), &texts);
    let model = Model::of(manifest.version);
    let Some(structure) = model.get(&live.kind) else { return };
    let place =
        Place { folder: String::new(), name: manifest.address.name.clone(), is_shared: false };
    let variables = VariableNames::of(&place, &live.kind);
    let declared =
        SpecMaker::new(model, live, &input.live.clear, ImportExtent { all: true }, None, variables)
            .declare();
    let body = live.body.value();
    let is_editable = |file: FileId| options.into_base || !desired.is_of_base(file);
    let is_taken = |target: EditTarget, file: &super::payload::PayloadFile| {
        let folder = match target {
            EditTarget::Document(file, _) => desired.sources.get(file).path.parent(),
            EditTarget::Overlay => own.as_ref().and_then(|own| own.path(desired).parent()),
        };
        folder.is_some_and(|folder| is_other(&folder.join(&file.name), &file.content))
    };
    for wanted in options.properties(&manifest.address) {
        let context = ObjectContext {
            model,
            manifest,
            declared_names: &input.live.names,
            names: input.names,
            texts: &texts,
            catalogue: desired.catalogue.as_deref(),
            is_editable: &is_editable,
            is_taken: &is_taken,
            has_overlay: own.is_some(),
            unmasks: options.unmasks,
            wanted,
            left_out: &declared.left_out,
        };
        let mut adopter = ValueAdopter { context, made: std::mem::take(&mut object.made) };
        let mut tops: Vec<&str> = Vec::new();
        for top in change.fields.iter().filter(|it| is_different(it)).filter_map(|it| it.path.top())
        {
            if !tops.contains(&top) {
                tops.push(top);
            }
        }
        for top in tops {
            let member = manifest.spec.get(top).zip(structure.properties.get(top));
            if let Some((value, property)) = member {
                let at = AdoptedPlace::top(property);
                let value_of = LiveValue { raw: body.get(top), made: declared.spec.get(top) };
                adopter.value(&at, value, value_of);
            } else if let Some(link) = manifest.links.iter().find(|link| link.property == top)
                && wanted.is_none_or(|wanted| is_within(wanted, top))
            {
                let ValueAdopter { context, made } = &mut adopter;
                links::adopt(context, &input.planned.referents, live, link, made);
            }
        }
        let undeclared = options.undeclared(change).into_iter().filter_map(|one| one.path.top());
        for property in undeclared.filter_map(|top| structure.properties.get(top)) {
            let name = property.name.as_str();
            let value = LiveValue { raw: body.get(name), made: declared.spec.get(name) };
            adopter.undeclared(&AdoptedPlace::top(property), value);
        }
        let ValueAdopter { context, mut made } = adopter;
        let takes_assignments = wanted.is_none_or(|wanted| wanted == "assignments");
        if takes_assignments && !change.assignments.is_empty() {
            assignments::adopt(&context, &desired.sources, live, &change.assignments, &mut made);
        }
        identity::former_name(&context, live, own.as_ref(), &mut made);
        object.made = made;
    }
    object.made.secrets = new_secrets(&declared.secrets, &object.made);
    object.own = own;
}

/// Returns the secrets that a run has to be given for new values.
fn new_secrets(
    secrets: &[super::left_out::NeededSecret],
    made: &ObjectEdits,
) -> Vec<super::left_out::NeededSecret> {
    let texts: Vec<String> = made.edits.iter().map(|edit| format!("{:?}", edit.change)).collect();
    let is_used = |name: &str| texts.iter().any(|text| text.contains(&format!("{name:?}")));
    secrets.iter().filter(|secret| is_used(&secret.variable)).cloned().collect()
}

fn is_different(field: &FieldChange) -> bool {
    field.status != FieldStatus::Unverifiable
}

/// Returns the places of all that a manifest declares.
fn spans(manifest: &Manifest) -> impl Iterator<Item = Span> {
    let values = manifest.spec.descendants().map(|value| value.span);
    let links = manifest.links.iter().map(|link| link.span);
    let assignments = manifest.assignments.iter().flatten().map(|one| one.span);
    values.chain(links).chain(assignments).chain([manifest.span])
}
